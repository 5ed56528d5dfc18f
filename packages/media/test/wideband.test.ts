import { join } from "node:path";
import type { RtpLeg, RtpLegOptions } from "@hotlinejs/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dtmfTone, sines } from "../src/audio/tones.js";
import { openCapture } from "../src/capture/capture-reader.js";
import { ALAW_SILENCE, ALAW_TO_LINEAR, ALAW_TO_ULAW, ULAW_TO_ALAW } from "../src/codec/g711.js";
import { G722Encoder } from "../src/codec/g722.js";
import { G722ToAlaw, NarrowToG722 } from "../src/codec/g722-narrow.js";
import { alawLevel } from "../src/codec/level.js";
import { DtmfDetector } from "../src/dsp/dtmf-detector.js";
import { sequenceDistance, timestampDistance } from "../src/rtp/rtp-packet.js";
import { delay, MediaBench, powerAt, purity, until } from "./engine-setup.js";
import type { RtpPeer } from "./rtp-peer.js";
import { sine } from "./wideband-sound.js";

const G722 = { codec: "G722", payloadType: 9 } as const;
const LEVEL = -12;
const tone = (hz: number, length = 8000): Uint8Array => sines([{ hz, level: LEVEL }], length);

/** A-law as a phone that speaks G.722 sends it. */
function asG722(alaw: Uint8Array): Uint8Array {
  const octets = new Uint8Array(alaw.length);
  new NarrowToG722().encode(ALAW_TO_LINEAR, alaw, 0, octets, 0, alaw.length);
  return octets;
}

/** What a phone that speaks G.722 heard, as A-law. */
function heardOf(peer: RtpPeer): Uint8Array {
  const octets = Buffer.concat(peer.sound.map(({ payload }) => payload));
  const alaw = new Uint8Array(octets.length);
  new G722ToAlaw().decode(octets, 0, alaw, 0, octets.length);
  return alaw;
}

/** In the middle of it there is this tone, at its level, and nothing else to speak of. */
function expectTone(alaw: Uint8Array, hz: number): void {
  const middle = alaw.subarray(2400, 6400);
  expect(middle).toHaveLength(4000);
  expect(purity(middle, hz)).toBeGreaterThan(0.98);
  expect(Math.abs(alawLevel(middle) - LEVEL)).toBeLessThan(0.5);
}

/** A capture puts packets where they came; on a busy machine a phone stumbles, and the tone with it: piece by piece it is that tone, at its level. */
function expectCaptured(alaw: readonly number[], hz: number): void {
  const pieces = Array.from({ length: 10 }, (_, i) => Uint8Array.from(alaw.slice(2400 + i * 400, 2800 + i * 400)));
  const right = pieces.filter((piece) => purity(piece, hz) > 0.97 && Math.abs(alawLevel(piece) - LEVEL) < 0.5);
  expect(right.length, `of ${alaw.length} samples`).toBeGreaterThanOrEqual(6);
}

/** One stream: every packet follows the one before. */
function expectEven(peer: RtpPeer): void {
  peer.packets.reduce((last, packet) => {
    expect(packet.ssrc).toBe(last.ssrc);
    expect(packet.payload.length).toBe(160);
    expect(sequenceDistance(last.sequence, packet.sequence)).toBe(1);
    expect(timestampDistance(last.timestamp, packet.timestamp)).toBe(160);
    return packet;
  });
}

describe("legs that speak G.722", () => {
  let bench: MediaBench;
  beforeEach(async () => {
    bench = await MediaBench.start();
  });
  afterEach(() => bench.stop());

  type Called = Awaited<ReturnType<MediaBench["call"]>>;
  const wide = (near?: RtpLeg, remote: Partial<NonNullable<RtpLegOptions["remote"]>> = {}): Promise<Called> => bench.call({ ...(near === undefined ? {} : { near }), remote: { ...G722, ...remote } });

  async function bridged(...legs: readonly Called[]): Promise<Awaited<ReturnType<MediaBench["engine"]["createBridge"]>>> {
    const bridge = await bench.engine.createBridge({ near: legs[0]!.leg });
    await Promise.all(legs.map(({ leg }) => bridge.join(leg)));
    return bridge;
  }

  test("a prompt is heard, in packets of 160 octets and with the clock of 8000", async () => {
    const { leg, peer } = await wide();
    await leg.play({ kind: "sine", hz: 1000, level: LEVEL, durationMs: 1000 }).done;
    await until(() => peer.sound.length >= 50);
    expect(peer.packets.every(({ payloadType }) => payloadType === 9)).toBe(true);
    expectEven(peer);
    expectTone(heardOf(peer), 1000);
  });

  test("two of them are relayed octet by octet, and what one captures of both is right", async () => {
    const a = await wide();
    const b = await wide(a.leg);
    const path = join(bench.folder, "wide.cap");
    const capture = await a.leg.capture({ path, flushMs: 100 });
    await bridged(a, b);
    // 5 kHz: more than any other way through the hotline lets pass.
    const toA = new Uint8Array(8000);
    new G722Encoder().encode(sine(5000, 8000, 16_000), toA);
    const toB = asG722(tone(1000));
    await Promise.all([a.peer.speak(a.leg.localPort, toB), b.peer.speak(b.leg.localPort, toA)]);
    await until(() => a.peer.sound.length >= 50 && b.peer.sound.length >= 50);
    expect(Buffer.compare(a.peer.heard, toA)).toBe(0);
    expect(Buffer.compare(b.peer.heard, toB)).toBe(0);
    await b.peer.speak(b.leg.localPort, asG722(tone(700, 4000)));
    await delay(50);
    await capture.stop();
    const left: number[] = [];
    const right: number[] = [];
    for await (const chunk of (await openCapture(path)).readStereo()) {
      left.push(...chunk.left);
      right.push(...chunk.right);
    }
    expectCaptured(left, 1000);
    // What is beyond the recording's band is not in it, neither as it is nor folded back.
    const beyond = Uint8Array.from(right.slice(2400, 6400));
    expect(alawLevel(beyond)).toBeLessThan(-40);
    expect(powerAt(beyond, 3000)).toBeLessThan(powerAt(tone(3000), 3000) / 1e5);
    // What came of it later is: the last half second of the capture.
    expectCaptured(right.slice(-2400 - 4000 - 400), 700);
  });

  test.each([
    ["PCMA", 8, undefined],
    ["PCMU", 0, ULAW_TO_ALAW],
  ] as const)("one of them and one of %s hear each other at the right level, packet by packet, and are captured", async (codec, payloadType, toAlaw) => {
    const a = await wide();
    const b = await bench.call({ near: a.leg, remote: { codec, payloadType } });
    const path = join(bench.folder, "mixed.cap");
    const capture = await b.leg.capture({ path, flushMs: 100 });
    await bridged(a, b);
    const said = tone(700);
    await Promise.all([a.peer.speak(a.leg.localPort, asG722(tone(1000))), b.peer.speak(b.leg.localPort, toAlaw === undefined ? said : said.map((octet) => ALAW_TO_ULAW[octet]!))]);
    await until(() => a.peer.sound.length >= 50 && b.peer.sound.length >= 50);
    await delay(50);
    await capture.stop();
    for (const { peer } of [a, b]) expectEven(peer);
    expect(a.peer.packets.every((packet) => packet.payloadType === 9)).toBe(true);
    expectTone(heardOf(a.peer), 700);
    expectTone(toAlaw === undefined ? b.peer.heard : b.peer.heard.map((octet) => toAlaw[octet]!), 1000);
    const left: number[] = [];
    const right: number[] = [];
    for await (const chunk of (await openCapture(path)).readStereo()) {
      left.push(...chunk.left);
      right.push(...chunk.right);
    }
    expectCaptured(left, 700);
    expectCaptured(right, 1000);
  });

  test("in a conference all hear the sum of the others; an announcement comes to both of a relay, which goes on after it", async () => {
    const a = await wide();
    const b = await bench.call({ near: a.leg });
    const c = await wide(a.leg);
    const bridge = await bridged(a, b, c);
    await Promise.all([a.peer.speak(a.leg.localPort, asG722(tone(500))), b.peer.speak(b.leg.localPort, tone(1000)), c.peer.speak(c.leg.localPort, asG722(tone(2000)))]);
    const share = (heard: Uint8Array, hz: number): number => powerAt(heard.subarray(2400, 6400), hz) / powerAt(tone(hz), hz);
    for (const [heard, hears, not] of [[heardOf(a.peer), [1000, 2000], 500], [b.peer.heard, [500, 2000], 1000], [heardOf(c.peer), [500, 1000], 2000]] as const) {
      for (const hz of hears) expect(share(heard, hz)).toBeGreaterThan(0.6);
      expect(share(heard, not)).toBeLessThan(0.02);
    }
    await bridge.leave(b.leg);
    for (const { peer } of [a, c]) peer.packets.length = 0;
    await bridge.play({ kind: "sine", hz: 1500, level: LEVEL, durationMs: 400 }).done;
    await until(() => heardOf(a.peer).length >= 3200 && heardOf(c.peer).length >= 3200);
    for (const { peer } of [a, c]) expect(purity(heardOf(peer).subarray(1600, 2880), 1500)).toBeGreaterThan(0.95);
    const last = asG722(tone(800, 1600));
    await a.peer.speak(a.leg.localPort, last);
    await until(() => Buffer.concat(c.peer.sound.slice(-10).map(({ payload }) => payload)).equals(Buffer.from(last)));
  });

  test("a whisper reaches the one who speaks G.722 alone", async () => {
    const citizen = await bench.call();
    const agent = await wide(citizen.leg);
    const supervisor = await wide(citizen.leg);
    const bridge = await bench.engine.createBridge({ near: citizen.leg });
    await bridge.join(citizen.leg);
    await bridge.join(agent.leg);
    await bridge.join(supervisor.leg, { role: "whisper", whisperTo: [agent.leg] });
    await supervisor.peer.speak(supervisor.leg.localPort, asG722(tone(1000)));
    await until(() => agent.peer.sound.length >= 50 && citizen.peer.sound.length >= 50);
    expectTone(heardOf(agent.peer), 1000);
    expect(alawLevel(citizen.peer.heard)).toBe(-90);
  });

  test("keys in the sound are taken, and sent as sound to a phone that takes no others", async () => {
    const { leg, peer } = await wide(undefined, { telephoneEventPayloadType: undefined });
    const entry = leg.collect({ max: 3, firstDigitTimeoutMs: 15_000 });
    const quiet = new Uint8Array(800).fill(ALAW_SILENCE);
    await peer.speak(leg.localPort, asG722(Buffer.concat([..."159"].flatMap((digit) => [dtmfTone(digit as "1", 100), quiet]))));
    expect(await entry).toMatchObject({ digits: "159" });
    await leg.sendDtmf("260");
    let digits = "";
    const heard = heardOf(peer);
    new DtmfDetector({ down: (digit) => (digits += digit), up: () => undefined }).feed(heard, 0, heard.length);
    expect(digits).toBe("260");
  });

  test("losses are counted with the clock of 8000 and concealed, and packets out of order are put in order", async () => {
    const a = await wide();
    const b = await bench.call({ near: a.leg });
    const c = await bench.call({ near: a.leg });
    await bridged(a, b, c);
    const octets = asG722(tone(1000, 16_000));
    const start = performance.now();
    const [sequence, timestamp] = [a.peer.sequence, a.peer.timestamp];
    for (let slot = 0; slot < 100; slot++) {
      await delay(Math.max(0, start + slot * 20 - performance.now()));
      if (slot % 20 === 10) continue; // lost
      const number = slot % 20 === 15 ? slot + 1 : slot % 20 === 16 ? slot - 1 : slot;
      a.peer.sendPacket(a.leg.localPort, octets.subarray(number * 160, number * 160 + 160), { sequence: (sequence + number) & 0xffff, timestamp: (timestamp + number * 160) >>> 0 });
    }
    await delay(200);
    const stats = await a.leg.stats();
    expect(stats).toMatchObject({ packetsReceived: 95, packetsLost: 5, packetsLate: 5 });
    expect(stats.jitterMs).toBeLessThan(40);
    for (const { peer } of [b, c]) {
      const middle = peer.heard.subarray(4000, 12_000);
      expect(purity(middle, 1000)).toBeGreaterThan(0.9);
      expect(Math.abs(alawLevel(middle) - LEVEL)).toBeLessThan(1);
    }
  });

  test("a peer that turns to another codec during the call is followed, both ways", async () => {
    const { leg, peer } = await bench.call();
    void leg.play({ kind: "sine", hz: 1000, level: LEVEL }, { loop: true });
    await until(() => peer.sound.length >= 10);
    leg.setRemote({ ...peer.remote, ...G722 });
    await until(() => peer.packets.at(-1)?.payloadType === 9);
    peer.payloadType = 9;
    await until(() => peer.sound.length >= 50);
    expectTone(heardOf(peer), 1000);
    leg.setRemote(peer.remote);
    await until(() => peer.packets.at(-1)?.payloadType === 8);
    peer.payloadType = 8;
    expect(purity(peer.sound.at(-1)!.payload, 1000)).toBeGreaterThan(0.98);
    expect(new Set(peer.packets.map(({ ssrc }) => ssrc)).size).toBe(1);
  });

  test("the pauses of one that speaks G.711 are heard as noise of their level", async () => {
    const a = await bench.call();
    const b = await wide(a.leg);
    await bridged(a, b);
    await a.peer.speak(a.leg.localPort, tone(500, 1600));
    a.peer.sendPacket(a.leg.localPort, Uint8Array.of(50), { payloadType: 13 }); // -43.85 dBm0
    await until(() => b.peer.sound.length >= 60);
    // White noise of 4 kHz, of which the filter takes the last bit.
    expect(Math.abs(alawLevel(heardOf(b.peer).subarray(3200, 8000)) + 44.3)).toBeLessThan(1);
  });

  test("packets of any length, and rubbish, do no harm", async () => {
    const a = await wide();
    const b = await bench.call({ near: a.leg });
    await bridged(a, b);
    for (let length = 1; length < 1400; length = length * 2 + 1) a.peer.sendPacket(a.leg.localPort, Uint8Array.from({ length }, (_, i) => (i * 181 + length) & 0xff), { timestamp: (a.peer.timestamp += length) >>> 0 });
    await until(() => b.peer.packets.length >= 10);
    await a.peer.speak(a.leg.localPort, asG722(tone(1000)));
    await until(() => b.peer.packets.length >= 60);
    expect(purity(Buffer.concat(b.peer.packets.slice(-40).map(({ payload }) => payload)), 1000)).toBeGreaterThan(0.98);
  });
});
