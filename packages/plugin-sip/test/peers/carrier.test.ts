import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HotlineSide, until } from "../support/hotline-side.js";
import { freeMediaPort, freePort, peerPresent, PeerProcess } from "../support/peers.js";

/** A stack of another's making must agree with ours on what RFC 3262, 3311 and 4028 mean: SIPp with scenarios after the RFCs' figures. One hotline for all. */
const SIPP = "/usr/bin/sipp";
const present = peerPresent("SIPp", SIPP);

let hotline: HotlineSide;
let folder: string;
let carrierPort: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hotline-carrier-"));
  carrierPort = await freePort();
  hotline = await new HotlineSide({ reliableProvisionals: "required", trunks: [{ key: "carrier", match: ["127.0.0.1"], outbound: { host: "127.0.0.1", port: carrierPort } }] }).start();
});

afterAll(async () => {
  await hotline.stop();
  await rm(folder, { recursive: true, force: true });
  expect(hotline.media.open).toBe(0);
});

async function sipp(name: string, port: number, ...args: string[]): Promise<PeerProcess> {
  const scenario = fileURLToPath(new URL(`scenarios/${name}.xml`, import.meta.url));
  return new PeerProcess(SIPP, ["-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin", "-p", String(port), "-mp", String(await freeMediaPort()), "-sf", scenario, "-timeout", "20", "-timeout_error", "-trace_err", "-error_file", join(folder, `${name}.log`), ...args], { cwd: folder });
}

async function succeeded(peer: PeerProcess, name: string): Promise<void> {
  const code = await peer.ended;
  const errors = await readFile(join(folder, `${name}.log`), "utf8").catch(() => peer.output.slice(-3000));
  expect(code, errors.slice(0, 3000)).toBe(0);
}

describe.skipIf(!present)("with SIPp as a carrier", () => {
  it("takes an INVITE without offer: offer in a reliable 180, answer in PRACK, session timer, UPDATE", { timeout: 30_000 }, async () => {
    hotline.onCall = (call) => void call.answer();
    const peer = await sipp("carrier-calls", await freePort(), "-s", "12333", "-m", "3", "-r", "3", `127.0.0.1:${hotline.port}`);
    await succeeded(peer, "carrier-calls");
    await until(() => hotline.adapter.calls === 0, "the last call to end");
    expect(hotline.media.made.map((leg) => leg.remote?.codec)).toEqual(["PCMA", "PCMA", "PCMA"]);
  });

  it("calls: raises its session interval after 422, acknowledges a reliable 183 that answers", { timeout: 30_000 }, async () => {
    const peer = await sipp("carrier-answers", carrierPort, "-m", "1");
    const call = await hotline.adapter.originate("tel:13900139000");
    expect(await call.answered).toBe(true);
    expect(hotline.media.last.remote).toMatchObject({ codec: "PCMA", direction: "sendrecv" });
    await call.hangup();
    await succeeded(peer, "carrier-answers");
  });
});
