import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dtmfTone, sineSecond } from "../src/audio/tones.js";
import { openCapture } from "../src/capture/capture-reader.js";
import { alawLevel } from "../src/codec/level.js";
import { sequenceDistance, timestampDistance } from "../src/rtp/rtp-packet.js";
import { eventOf, MediaBench, purity, until, written } from "./engine-setup.js";
import type { RtpPeer } from "./rtp-peer.js";

/** The sound of a phone that is loud, without the silence before and after it. */
function loud(sound: Uint8Array): Uint8Array {
  let from = 0;
  while (from + 80 <= sound.length && alawLevel(sound, from, 80) < -30) from += 80;
  let to = sound.length;
  while (to - 80 > from && alawLevel(sound, to - 80, 80) < -30) to -= 80;
  return sound.subarray(from, to);
}

const lengths = (peer: RtpPeer): number[] => [...new Set(peer.sound.map(({ payload }) => payload.length))].sort((a, b) => a - b);

describe.each([10, 30, 40, 60])("a phone that sends packets of %i ms", (packetMs) => {
  let bench: MediaBench;
  beforeAll(async () => {
    bench = await MediaBench.start({ workers: 1 });
  });
  afterAll(() => bench.stop());

  test("is relayed octet by octet in its own packets, and recorded whole", async () => {
    const a = await bench.call();
    const b = await bench.call({ near: a.leg });
    const path = join(bench.folder, "relayed.cap");
    const capture = await a.leg.capture({ path, flushMs: 50 });
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await Promise.all([bridge.join(a.leg), bridge.join(b.leg)]);
    const sound = sineSecond(1000, -12);
    await a.peer.speak(a.leg.localPort, sound, { packetMs });
    await until(() => b.peer.packets.length >= Math.ceil(1000 / packetMs));
    expect(Buffer.compare(b.peer.heard, sound)).toBe(0);
    expect(b.peer.sound[0]!.payload.length).toBe(packetMs * 8);
    await written(path, 1_200);
    await capture.stop();
    const left: Uint8Array[] = [];
    for await (const chunk of (await openCapture(path)).readStereo()) left.push(chunk.left);
    const recorded = loud(Buffer.concat(left));
    expect(recorded.length).toBeGreaterThanOrEqual(7_900);
    expect(purity(recorded.subarray(80, 7_900), 1000)).toBeGreaterThan(0.99);
    expect(await a.leg.stats()).toMatchObject({ packetsReceived: Math.ceil(1000 / packetMs), packetsLost: 0, packetsLate: 0 });
    await Promise.all([bridge.close(), a.leg.close(), b.leg.close()]);
  });

  test("is heard without a gap where it is mixed, hears frames of 20 ms, and a lost packet is made up for", async () => {
    const a = await bench.call();
    const b = await bench.call({ near: a.leg });
    const c = await bench.call({ near: a.leg });
    const bridge = await bench.engine.createBridge({ near: a.leg });
    for (const { leg } of [a, b, c]) await bridge.join(leg);
    await a.peer.speak(a.leg.localPort, sineSecond(1000, -12), { packetMs });
    await until(() => loud(b.peer.heard).length >= 7_400 && loud(c.peer.heard).length >= 7_400);
    for (const { peer } of [b, c]) expect(purity(loud(peer.heard).subarray(800, 7_200), 1000)).toBeGreaterThan(0.99);
    expect(lengths(a.peer)).toEqual([160]);
    expect(await a.leg.stats()).toMatchObject({ packetsLost: 0, packetsLate: 0 });
    for (const { peer } of [b, c]) peer.packets.length = 0;
    // 600 Hz has ten periods in each length, so that what is made up joins on.
    await a.peer.speak(a.leg.localPort, sineSecond(600, -12), { packetMs, drop: [Math.floor(500 / packetMs)] });
    await until(() => loud(b.peer.heard).length >= 7_400);
    const heard = loud(b.peer.heard);
    for (let at = 800; at < 7_000; at += 160) expect(alawLevel(heard, at, 160)).toBeGreaterThan(-25);
    await Promise.all([bridge.close(), ...[a, b, c].map(({ leg }) => leg.close())]);
  });

  test("its keys are known in the sound and as events", async () => {
    const { leg, peer } = await bench.call({ inbandDtmf: true });
    for (const digit of ["5", "#"] as const) {
      const heard = eventOf(leg, "dtmf");
      const tone = new Uint8Array(2_400).fill(0xd5);
      tone.set(dtmfTone(digit, 120), 480);
      await peer.speak(leg.localPort, tone, { packetMs });
      expect(await heard).toMatchObject({ digit, via: "inband" });
    }
    const heard = eventOf(leg, "dtmf");
    await peer.press(leg.localPort, 7);
    expect(await heard).toMatchObject({ digit: "7", via: "rfc4733" });
    await leg.close();
  });
});

describe("a phone that takes no packets of 20 ms (maxptime)", () => {
  let bench: MediaBench;
  beforeAll(async () => {
    bench = await MediaBench.start({ workers: 1 });
  });
  afterAll(() => bench.stop());

  test.each([["PCMA"], ["PCMU"], ["G722"]] as const)("gets prompts in packets of 10 ms that follow each other without a gap (%s)", async (codec) => {
    const { leg, peer } = await bench.call({ remote: { maxPacketMs: 10, codec, payloadType: { PCMA: 8, PCMU: 0, G722: 9 }[codec] } });
    await leg.play({ kind: "sine", hz: 1000, durationMs: 400 }).done;
    await until(() => peer.sound.length >= 40);
    expect(lengths(peer)).toEqual([80]);
    const [first] = peer.sound;
    expect(peer.sound.slice(0, 40).map(({ sequence }) => sequenceDistance(first!.sequence, sequence))).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expect(peer.sound.slice(0, 40).map(({ timestamp }) => timestampDistance(first!.timestamp, timestamp))).toEqual(Array.from({ length: 40 }, (_, i) => i * 80));
    if (codec === "PCMA") expect(purity(peer.heard.subarray(160, 3_000), 1000)).toBeGreaterThan(0.99);
    await leg.close();
  });

  test("hears the other side of a bridge so too, whose packets are longer, and keys go on", async () => {
    const a = await bench.call();
    const b = await bench.call({ near: a.leg, remote: { maxPacketMs: 15 } });
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await Promise.all([bridge.join(a.leg), bridge.join(b.leg)]);
    await a.peer.speak(a.leg.localPort, sineSecond(1000, -12));
    await until(() => loud(b.peer.heard).length >= 7_400);
    expect(lengths(b.peer)).toEqual([80]);
    expect(purity(loud(b.peer.heard).subarray(800, 7_200), 1000)).toBeGreaterThan(0.99);
    await a.peer.press(a.leg.localPort, 7);
    await until(() => b.peer.packets.some(({ payloadType, payload }) => payloadType === 101 && payload[0] === 7));
    await Promise.all([bridge.close(), a.leg.close(), b.leg.close()]);
  });

  test("says so in the middle of a bridge: nothing is relayed from then on, until it takes all again", async () => {
    const a = await bench.call();
    const b = await bench.call({ near: a.leg });
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await Promise.all([bridge.join(a.leg), bridge.join(b.leg)]);
    const speak = async (): Promise<void> => {
      b.peer.packets.length = 0;
      await a.peer.speak(a.leg.localPort, sineSecond(1000, -12).subarray(0, 3_200));
      await until(() => loud(b.peer.heard).length >= 2_800);
    };
    await speak();
    expect(lengths(b.peer)).toEqual([160]);
    b.leg.setRemote({ ...b.peer.remote, maxPacketMs: 10 });
    await speak();
    expect(lengths(b.peer)).toEqual([80]);
    b.leg.setRemote(b.peer.remote);
    await speak();
    expect(lengths(b.peer)).toEqual([160]);
    await Promise.all([bridge.close(), a.leg.close(), b.leg.close()]);
  });

  test("a limit that the other side's packets are above ends the relaying; what is within it goes on as it comes", async () => {
    const a = await bench.call();
    const b = await bench.call({ near: a.leg, remote: { maxPacketMs: 40 } });
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await Promise.all([bridge.join(a.leg), bridge.join(b.leg)]);
    const sound = sineSecond(1000, -12);
    await a.peer.speak(a.leg.localPort, sound.subarray(0, 3_200), { packetMs: 40 });
    await until(() => b.peer.packets.length >= 10);
    expect(lengths(b.peer)).toEqual([320]);
    b.peer.packets.length = 0;
    await a.peer.speak(a.leg.localPort, sound, { packetMs: 60 });
    await until(() => loud(b.peer.heard).length >= 7_400);
    expect(lengths(b.peer)).toEqual([160]);
    expect(purity(loud(b.peer.heard).subarray(800, 7_200), 1000)).toBeGreaterThan(0.99);
    await Promise.all([bridge.close(), a.leg.close(), b.leg.close()]);
  });
});
