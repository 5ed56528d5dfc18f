import { once } from "node:events";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { fileURLToPath } from "node:url";
import { SystemClock, UuidIds } from "@hotlinejs/core";
import type { Call, Timer } from "@hotlinejs/core";
import { createMediaEngine, decodeAlaw, G722Decoder, G722Encoder, goertzel, openCapture } from "@hotlinejs/media";
import type { DefaultMediaEngine } from "@hotlinejs/media";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ensureWorkerBuilt } from "../../../media/test/built-worker.js";
import { RtpPeer } from "../../../media/test/rtp-peer.js";
import { HotlineSide, until } from "../support/hotline-side.js";
import { ManualClock } from "../support/manual-clock.js";
import { freePort, peerPresent, PeerProcess } from "../support/peers.js";

const BARESIP = "/usr/bin/baresip";
const present = peerPresent("baresip", BARESIP);

let hotline: HotlineSide;
let folder: string;
let phone: PeerProcess | undefined;
let control = 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hotline-baresip-"));
  phone = undefined;
});

afterEach(async () => {
  await phone?.stop();
  await hotline.stop();
  await rm(folder, { recursive: true, force: true });
  expect(hotline.media.open).toBe(0);
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const certificates = fileURLToPath(new URL("../fixtures/tls/", import.meta.url));

interface Setting {
  readonly side?: HotlineSide;
  readonly mediaenc?: string;
  /** Default PCMA. */
  readonly codec?: string;
}

async function begin(password: string, transport: "udp" | "tcp" | "tls", setting: Setting = {}, ...commands: string[]): Promise<PeerProcess> {
  const { side = new HotlineSide({ tlsCert: `${certificates}hotline.pem`, tlsKey: `${certificates}hotline.key`, tlsCa: `${certificates}ca.pem` }), mediaenc, codec = "PCMA/8000/1" } = setting;
  hotline = await side.start();
  const port = hotline.adapter.agent?.endpoints.find((e) => e.kind === transport)?.port ?? 0;
  control = await freePort();
  await writeFile(
    join(folder, "config"),
    [
      `ctrl_tcp_listen 127.0.0.1:${control}`,
      `sip_listen 127.0.0.1:${await freePort()}`,
      `sip_cafile ${certificates}ca.pem`,
      `sip_certificate ${join(folder, "phone.pem")}`,
      "audio_source aubridge,a",
      "audio_player aubridge,a",
      "audio_alert aubridge,b",
      "module_path /usr/lib/baresip/modules",
      "module g711.so",
      "module g722.so",
      "module aubridge.so",
      "module srtp.so",
      "module_app account.so",
      "module_app menu.so",
      "module_app ctrl_tcp.so",
      "",
    ].join("\n"),
  );
  await writeFile(join(folder, "phone.pem"), (await readFile(`${certificates}hotline.key`, "utf8")) + (await readFile(`${certificates}hotline.pem`, "utf8")));
  await writeFile(join(folder, "accounts"), `<sip:1001@127.0.0.1:${port};transport=${transport}>;auth_user=1001;auth_pass=${password};answermode=auto;regint=120;audio_codecs=${codec}${mediaenc === undefined ? "" : `;mediaenc=${mediaenc}`}\n`);
  await writeFile(join(folder, "contacts"), "\n");
  phone = new PeerProcess(BARESIP, ["-4", "-n", "127.0.0.1", "-f", folder, "-t", "90", ...commands.flatMap((command) => ["-e", command])], { cwd: folder });
  return phone;
}

/** Looks at files five times a second, and not every 30 s. */
class QuickLook extends SystemClock {
  override setInterval(fn: () => void, ms: number): Timer {
    return super.setInterval(fn, ms === 30_000 ? 200 : ms);
  }
}

/** The name on the certificate that a new connection is shown. */
async function shownCertificate(): Promise<string> {
  const socket = connectTls({ host: "127.0.0.1", port: hotline.adapter.agent?.endpoints.find(({ kind }) => kind === "tls")?.port ?? 0, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}

/** Does what somebody would do at the phone: `hold`, `resume`, `transfer` ... */
async function press(command: string, params = ""): Promise<void> {
  const text = JSON.stringify({ command, params, token: "t" });
  const socket = connect(control, "127.0.0.1");
  await new Promise<void>((resolve, reject) => socket.once("error", reject).once("data", () => resolve()).write(`${Buffer.byteLength(text)}:${text},`));
  socket.destroy();
}

describe.skipIf(!present)("with baresip", () => {
  it.each(["udp", "tcp", "tls"] as const)("registers by digest over %s, is rung, answers, is held, and is hung up", { timeout: 40_000 }, async (transport) => {
    const peer = await begin("demo-1001", transport);
    await until(() => hotline.registrar.lookup("1001").length === 1, () => `the registration: ${peer.output.slice(-2000)}`, 15);
    expect(hotline.registrar.lookup("1001")[0]?.destination.kind).toBe(transport);
    const call = await hotline.adapter.originate("sip:1001", { from: { number: "13800138000" } });
    expect(await call.answered, peer.output.slice(-2000)).toBe(true);
    expect(hotline.media.last.remote).toMatchObject({ codec: "PCMA", payloadType: 8, direction: "sendrecv" });
    expect(hotline.media.last.remote?.telephoneEventPayloadType).toBe(101);
    await call.hold();
    expect(hotline.media.last.remote).toMatchObject({ direction: "sendonly" });
    await call.unhold();
    expect(hotline.media.last.remote).toMatchObject({ direction: "sendrecv" });
    await call.hangup();
    await expect(call.ended).resolves.toMatchObject({ reason: "hangup", by: "local" });
  });

  it("answers when it is asked whether it is there; without its network it is not rung, and it is again when it answers", { timeout: 60_000 }, async () => {
    const clock = new ManualClock();
    const peer = await begin("demo-1001", "udp", { side: new HotlineSide({ registrar: { keepAliveSeconds: 10, keepAliveMisses: 2 } }, clock) });
    await until(() => hotline.registrar.lookup("1001").length === 1, () => `the registration: ${peer.output.slice(-2000)}`, 15);
    const { adapter, keepAlive } = hotline;
    const counts = (): { asked: number; missed: number } => ({ asked: keepAlive?.asked ?? 0, missed: keepAlive?.missed ?? 0 });
    /** Asks once more; whether it was answered. */
    const asks = async (): Promise<boolean> => {
      const { asked, missed } = counts();
      for (let tick = 0; tick < 200 && counts().asked === asked; tick++) await clock.advance(100);
      await Promise.race([until(() => adapter.agent?.metrics().clientTransactions === 0, () => "the answer", 3), pause(1_000)]).catch(() => undefined);
      await clock.advance(5_000);
      return counts().asked === asked + 1 && counts().missed === missed;
    };
    expect([await asks(), await asks(), adapter.reachable("sip:1001")]).toEqual([true, true, true]);
    peer.freeze();
    expect([await asks(), adapter.reachable("sip:1001")]).toEqual([false, true]);
    expect([await asks(), adapter.reachable("sip:1001")]).toEqual([false, false]);
    // Registered it is still; rung it is not.
    expect([hotline.registrar.lookup("1001").length, hotline.registrar.silent]).toEqual([1, 1]);
    await expect((await adapter.originate("sip:1001")).ended).resolves.toMatchObject({ reason: "unreachable" });
    peer.resume();
    expect([await asks(), adapter.reachable("sip:1001")]).toEqual([true, true]);
    expect(hotline.events.filter((event) => event.startsWith("1001 "))).toEqual(["1001 silent", "1001 back"]);
  });

  it("is refused with a wrong password", { timeout: 40_000 }, async () => {
    const peer = await begin("wrong", "udp");
    await until(() => hotline.audit.length > 0, () => `the refusal: ${peer.output.slice(-2000)}`, 15);
    expect(hotline.registrar.all()).toEqual([]);
  });

  it.each(["udp", "tls"] as const)("calls in as an account, by digest, over %s", { timeout: 40_000 }, async (transport) => {
    let dialled = "";
    const peer = await begin("demo-1001", transport, {}, "/dial 12333");
    hotline.onCall = (call) => {
      dialled = call.to.number;
      void call.answer();
    };
    await until(() => hotline.arrived.length > 0 && hotline.arrived[0]?.state === "answered", () => `the call: ${peer.output.slice(-2000)}`, 15);
    expect(dialled).toBe("12333");
    expect(hotline.arrived[0]?.via).toEqual({ kind: "account", key: "1001" });
    await hotline.arrived[0]?.hangup();
  });
});

/** Real media. */
let engine: DefaultMediaEngine;
const clock = new SystemClock();
beforeAll(async () => {
  if (!present) return;
  await ensureWorkerBuilt();
  engine = createMediaEngine({ clock, ids: new UuidIds(clock), workers: 1, rtpPorts: { min: 28_000, max: 29_999 } });
  await engine.start();
}, 90_000);
afterAll(() => engine?.stop());

/** Its microphone is its ear: what it understands comes back. */
async function hearsSine(call: Call, peer: PeerProcess): Promise<void> {
  const sine = call.play({ kind: "sine", hz: 440 }, { loop: true });
  const path = join(folder, `${Math.random()}.cap`);
  const capture = await call.media!.capture({ path, channels: "received" });
  await clock.sleep(1_500);
  await capture.stop();
  sine.stop();
  const left: number[] = [];
  for await (const chunk of (await openCapture(path)).readStereo()) left.push(...chunk.left);
  expect(purest(decodeAlaw(Uint8Array.from(left)), 440), peer.output.slice(-3000)).toBeGreaterThan(0.7);
}

/** Share of a tone in the piece of sound that has most of it. Its bridge of two sound cards drops a block now and then: a tenth of a second of the pure tone is enough. */
function purest(pcm: Int16Array, hz: number): number {
  const purity = Array.from({ length: Math.floor(pcm.length / 800) }, (_, i) => pcm.subarray(i * 800, i * 800 + 800)).map((part) => {
    const power = part.reduce((sum, value) => sum + value * value, 0) / part.length;
    return power < 1_000 ? 0 : goertzel(part, 0, part.length, hz) / power;
  });
  return Math.max(...purity);
}

describe.skipIf(!present)("G.722 with baresip", () => {
  const codecs = ["PCMA", "PCMU", "G722"];

  it("calls in with nothing else, hears a prompt, and is heard", { timeout: 60_000 }, async () => {
    const peer = await begin("demo-1001", "udp", { side: new HotlineSide({ codecs }, clock, engine), codec: "G722/16000/1" }, "/dial 12333");
    const call = await hotline.next();
    await call.answer();
    await hearsSine(call, peer);
    const stats = await call.media!.stats();
    expect(stats.packetsLost).toBe(0);
    // 50 packets a second of 160 octets, counted with the clock of 8000: with another one the jitter would be of the size of a packet.
    expect(stats.octetsReceived).toBe(stats.packetsReceived * 160);
    expect(stats.jitterMs).toBeLessThan(15);
    await call.hangup();
    expect(peer.output).toMatch(/G722/);
  });

  it("is rung beside a caller of the same codec, whose sound comes to it as it is, and its own back", { timeout: 60_000 }, async () => {
    const peer = await begin("demo-1001", "udp", { side: new HotlineSide({ codecs }, clock, engine), codec: "G722/16000/1" });
    await until(() => hotline.registrar.lookup("1001").length === 1, () => `the registration: ${peer.output.slice(-2000)}`, 15);
    const caller = await RtpPeer.open();
    caller.payloadType = 9;
    const leg = await engine.createRtpLeg({ remote: { ...caller.remote, codec: "G722", payloadType: 9 } });
    const call = await hotline.adapter.originate("sip:1001", { from: { number: "13800138000" }, near: leg });
    expect(await call.answered, peer.output.slice(-2000)).toBe(true);
    const bridge = await engine.createBridge({ near: leg });
    await Promise.all([bridge.join(leg), bridge.join(call.media!)]);
    // 5 kHz comes through no narrow band.
    const octets = new Uint8Array(16_000);
    new G722Encoder().encode(Int16Array.from({ length: 32_000 }, (_, i) => Math.round(8000 * Math.sin((2 * Math.PI * 5000 * i) / 16_000))), octets);
    await caller.speak(leg.localPort, octets);
    await until(() => caller.sound.length >= 60, () => `sound of the phone: ${peer.output.slice(-2000)}`, 5);
    const pcm = new Int16Array(caller.heard.length * 2);
    new G722Decoder().decode(caller.heard, 0, caller.heard.length, pcm);
    // `goertzel` counts in 8 kHz: a frequency of 16 kHz is half of it there.
    expect(purest(pcm, 2500), peer.output.slice(-3000)).toBeGreaterThan(0.7);
    await call.hangup();
    await Promise.all([bridge.close(), leg.close()]);
    caller.close();
  });
});

describe.skipIf(!present)("SRTP with baresip", () => {
  it.each([
    { mode: "srtp-mand", policy: "require" },
    { mode: "srtp-mandf", policy: "require" },
    { mode: "srtp", policy: "offer" },
  ])("with $mode: it calls in and is rung with protected sound, which comes back from it, and may be held", { timeout: 60_000 }, async ({ mode, policy }) => {
    const peer = await begin("demo-1001", "udp", { side: new HotlineSide({ srtp: policy }, clock, engine), mediaenc: mode }, "/dial 12333");
    const inbound = await hotline.next();
    await inbound.answer();
    await hearsSine(inbound, peer);
    await inbound.hold();
    await inbound.unhold();
    // Its audio bridge stays silent after a hold, with and without SRTP: what comes back can be heard only before.
    await inbound.hangup();
    // This one insists on RTP/SAVPF, and RTP/SAVP is what phones are offered.
    if (mode !== "srtp-mandf") {
      const call = await hotline.adapter.originate("sip:1001", { from: { number: "13800138000" } });
      expect(await call.answered, peer.output.slice(-2000)).toBe(true);
      await hearsSine(call, peer);
      await call.hangup();
    }
    expect(peer.output).toContain("SRTP is Enabled (cryptosuite=AES_CM_128_HMAC_SHA1_80)");
  });

  it.each(["udp", "tcp", "tls"] as const)("registers over %s; its user calls with protected sound, holds, resumes and passes the call on", { timeout: 60_000 }, async (transport) => {
    const side = new HotlineSide({ srtp: "require", tlsCert: `${certificates}hotline.pem`, tlsKey: `${certificates}hotline.key`, tlsCa: `${certificates}ca.pem` }, clock, engine);
    const peer = await begin("demo-1001", transport, { side, mediaenc: "srtp-mand" });
    await until(() => hotline.registrar.lookup("1001")[0]?.destination.kind === transport, () => `the registration: ${peer.output.slice(-2000)}`, 15);
    await press("dial", "12333");
    await until(() => hotline.arrived.length > 0, () => `the call: ${peer.output.slice(-2000)}`, 15);
    const call = hotline.arrived[0] as Call;
    const events: string[] = [];
    call.subscribe((event) => {
      if (event.type === "remote-hold") events.push(event.held ? "held" : "unheld");
      if (event.type === "transfer-request") {
        events.push(event.to);
        void event.accept().finish(200);
      }
    });
    await call.answer();
    await hearsSine(call, peer);
    await press("hold");
    await until(() => events.includes("held"), () => `the hold: ${events.join(" ")} ${peer.output.slice(-2000)}`, 15);
    await press("resume");
    await until(() => events.includes("unheld"), () => `the end of the hold: ${events.join(" ")} ${peer.output.slice(-2000)}`, 15);
    await press("transfer", "sip:1002@127.0.0.1");
    await until(() => events.includes("sip:1002@127.0.0.1"), () => `the transfer: ${events.join(" ")} ${peer.output.slice(-2000)}`, 15);
    // Told by NOTIFY that the other took it, the phone hangs up.
    await expect(call.ended).resolves.toMatchObject({ by: "remote" });
    expect(peer.output).toContain("SRTP is Enabled (cryptosuite=AES_CM_128_HMAC_SHA1_80)");
  });

  it("a certificate that is renewed in the middle of a call over TLS: sound, hold, resume and transfer go on over the old connection, the next phone sees the new one", { timeout: 90_000 }, async () => {
    const files = { tlsCert: join(folder, "hotline.pem"), tlsKey: join(folder, "hotline.key") };
    const place = async (name: string): Promise<void> => {
      await copyFile(`${certificates}${name}.pem`, files.tlsCert);
      await copyFile(`${certificates}${name}.key`, files.tlsKey);
    };
    await place("hotline");
    const side = new HotlineSide({ srtp: "require", ...files, tlsCa: `${certificates}ca.pem` }, new QuickLook(), engine);
    const peer = await begin("demo-1001", "tls", { side, mediaenc: "srtp-mand" });
    await until(() => hotline.registrar.lookup("1001").length === 1, () => `the registration: ${peer.output.slice(-2000)}`, 15);
    const { flow } = hotline.registrar.lookup("1001")[0]!.destination;
    await press("dial", "12333");
    await until(() => hotline.arrived.length > 0, () => `the call: ${peer.output.slice(-2000)}`, 15);
    const call = hotline.arrived[0] as Call;
    const events: string[] = [];
    call.subscribe((event) => {
      if (event.type === "remote-hold") events.push(event.held ? "held" : "unheld");
      if (event.type === "transfer-request") {
        events.push(event.to);
        void event.accept().finish(200);
      }
    });
    await call.answer();
    await hearsSine(call, peer);
    expect(await shownCertificate()).toBe("hotline");

    await place("renewed");
    while ((await shownCertificate()) !== "renewed") await clock.sleep(50);
    // What comes back from it are the hotline's own words: sound both ways.
    await hearsSine(call, peer);
    for (const [command, heard] of [["hold", "held"], ["resume", "unheld"]] as const) {
      await press(command);
      await until(() => events.includes(heard), () => `${heard}: ${events.join(" ")} ${peer.output.slice(-2000)}`, 15);
    }
    await call.hold();
    await call.unhold();
    await press("transfer", "sip:1002@127.0.0.1");
    await until(() => events.includes("sip:1002@127.0.0.1"), () => `the transfer: ${events.join(" ")} ${peer.output.slice(-2000)}`, 15);
    await expect(call.ended).resolves.toMatchObject({ by: "remote" });

    // The connection it registered over is the same, and is called by and hung up over still.
    expect(hotline.registrar.lookup("1001").map(({ destination }) => destination.flow)).toEqual([flow]);
    const back = await hotline.adapter.originate("sip:1001", { from: { number: "13800138000" } });
    expect(await back.answered, peer.output.slice(-2000)).toBe(true);
    await hearsSine(back, peer);
    await back.hangup();
    await expect(back.ended).resolves.toMatchObject({ reason: "hangup", by: "local" });
  });

  it("refuses plain sound where protection is required", { timeout: 40_000 }, async () => {
    const peer = await begin("demo-1001", "udp", { side: new HotlineSide({ srtp: "require" }, clock, engine) }, "/dial 12333");
    await until(() => /488|Not Acceptable/.test(peer.output), () => `the refusal: ${peer.output.slice(-2000)}`, 15);
    expect(hotline.arrived).toEqual([]);
  });
});
