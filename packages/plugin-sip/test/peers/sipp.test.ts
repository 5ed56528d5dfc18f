import { fileURLToPath } from "node:url";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Call } from "@hotlinejs/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HotlineSide, until } from "../support/hotline-side.js";
import { freeMediaPort, freePort, peerPresent, PeerProcess } from "../support/peers.js";

const SIPP = "/usr/bin/sipp";
const present = peerPresent("SIPp", SIPP);

let hotline: HotlineSide;
let folder: string;
const running: PeerProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hotline-sipp-"));
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((peer) => peer.stop()));
  await hotline.stop();
  await rm(folder, { recursive: true, force: true });
  expect(hotline.media.open).toBe(0);
});

async function sipp(...args: string[]): Promise<PeerProcess> {
  const peer = new PeerProcess(SIPP, ["-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin", "-mp", String(await freeMediaPort()), "-timeout", "30", "-timeout_error", "-trace_err", "-error_file", join(folder, "errors.log"), ...args], { cwd: folder });
  running.push(peer);
  return peer;
}

async function run(...args: string[]): Promise<void> {
  const peer = await sipp("-p", String(await freePort()), ...args);
  const code = await peer.ended;
  const errors = await readFile(join(folder, "errors.log"), "utf8").catch(() => peer.output.slice(-3000));
  expect(code, errors.slice(0, 3000)).toBe(0);
}

/** SIPp may hang up before it is told of the end of the answer. */
const answer = (call: Call): void => void call.answer().catch(() => undefined);

const scenario = (name: string): string => fileURLToPath(new URL(`scenarios/${name}.xml`, import.meta.url));

describe.skipIf(!present)("with SIPp", () => {
  it("takes 60 calls at 30 a second, each answered and hung up by the caller", { timeout: 40_000 }, async () => {
    hotline = await new HotlineSide().start();
    hotline.onCall = (call) => {
      void call.ring();
      answer(call);
    };
    await run("-sn", "uac", "-s", "12333", "-r", "30", "-m", "60", "-d", "300", `127.0.0.1:${hotline.port}`);
    await until(() => hotline.adapter.calls === 0, "the last call to end");
    expect(hotline.arrived).toHaveLength(60);
    const ends = await Promise.all(hotline.arrived.map((call) => call.ended));
    expect(ends.every((end) => end.reason === "remote-hangup")).toBe(true);
  });

  it("takes them over TCP too", { timeout: 40_000 }, async () => {
    hotline = await new HotlineSide().start();
    hotline.onCall = answer;
    const tcp = hotline.adapter.agent?.endpoints.find((e) => e.kind === "tcp")?.port ?? 0;
    await run("-t", "t1", "-sn", "uac", "-s", "12333", "-r", "10", "-m", "10", "-d", "100", `127.0.0.1:${tcp}`);
    expect(hotline.arrived).toHaveLength(10);
  });

  it("chooses A-law, is held and taken back, and takes a key by INFO", { timeout: 40_000 }, async () => {
    hotline = await new HotlineSide().start();
    hotline.onCall = answer;
    await run("-sf", scenario("hold"), "-s", "12333", "-m", "5", "-r", "5", `127.0.0.1:${hotline.port}`);
    expect(hotline.media.made).toHaveLength(5);
    for (const leg of hotline.media.made) {
      expect(leg.injected).toEqual(["7"]);
      expect(leg.remote).toMatchObject({ codec: "PCMA", direction: "recvonly" });
    }
  });

  it("speaks G.722 with one that offers nothing else, where that is among the codecs, and is held by it", { timeout: 40_000 }, async () => {
    hotline = await new HotlineSide({ codecs: ["PCMA", "PCMU", "G722"] }).start();
    hotline.onCall = answer;
    await run("-sf", scenario("g722"), "-s", "12333", "-m", "5", "-r", "5", `127.0.0.1:${hotline.port}`);
    expect(hotline.media.made).toHaveLength(5);
    for (const leg of hotline.media.made) expect(leg.remote).toMatchObject({ codec: "G722", payloadType: 9, telephoneEventPayloadType: 101, direction: "recvonly" });
  });

  it.each([[undefined], [["MD5", "SHA-256"]]])("registers it by digest (%j)", { timeout: 40_000 }, async (algorithms) => {
    hotline = await new HotlineSide(algorithms === undefined ? {} : { algorithms }).start();
    await run("-sf", scenario("register"), "-m", "1", `127.0.0.1:${hotline.port}`);
    expect(hotline.registrar.lookup("1001")).toHaveLength(1);
  });

  it("calls it by a trunk", { timeout: 40_000 }, async () => {
    const port = await freePort();
    const peer = await sipp("-p", String(port), "-sn", "uas", "-m", "3");
    hotline = await new HotlineSide({ trunks: [{ key: "out", outbound: { host: "127.0.0.1", port } }] }).start();
    for (let i = 0; i < 3; i++) {
      const call = await hotline.adapter.originate(`tel:1380013800${i}`);
      expect(await call.answered).toBe(true);
      expect(hotline.media.last.remote).toMatchObject({ codec: "PCMU" });
      await call.hangup();
    }
    expect(await peer.ended, peer.output.slice(-3000)).toBe(0);
  });

  it("goes to the second carrier when the first has no line, to each with its way of writing numbers", { timeout: 40_000 }, async () => {
    const [first, second] = [await freePort(), await freePort()];
    const full = await sipp("-p", String(first), "-sf", scenario("carrier-full"), "-m", "1");
    const takes = await sipp("-p", String(second), "-sf", scenario("carrier-takes"), "-m", "2");
    hotline = await new HotlineSide({
      trunks: [
        { key: "second", callerId: "12333", outbound: { host: "127.0.0.1", port: second, priority: 2, rewrite: [{ of: "called", prefix: "1", minLength: 11, maxLength: 11, prepend: "0" }] } },
        {
          key: "first", callerId: "12333", identity: "asserted",
          outbound: { host: "127.0.0.1", port: first, priority: 1, rewrite: [{ of: "called", prefix: "1", minLength: 11, maxLength: 11, prepend: "+86" }, { of: "caller", prefix: "12333", prepend: "+8610" }] },
        },
      ],
    }).start();
    // The second call does not ask the first carrier, which said Retry-After.
    for (const attempts of [["first 503", "second 200"], []]) {
      const call = await hotline.adapter.originate("tel:13800138000");
      const told: string[] = [];
      call.subscribe((event) => void (event.type === "attempt" && told.push(`${event.via.key} ${event.status}`)));
      expect(await call.answered).toBe(true);
      expect(told).toEqual(attempts);
      expect([call.via.key, call.from.number, call.to.number]).toEqual(["second", "12333", "13800138000"]);
      await call.hangup();
    }
    expect(await full.ended, full.output.slice(-3000)).toBe(0);
    expect(await takes.ended, takes.output.slice(-3000)).toBe(0);
  });
});
