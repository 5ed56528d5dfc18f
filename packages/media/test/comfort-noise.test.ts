import { afterEach, describe, expect, test } from "vitest";
import { sineSecond } from "../src/audio/tones.js";
import { alawLevel } from "../src/codec/level.js";
import { delay, MediaBench, until } from "./engine-setup.js";
import type { RtpPeer } from "./rtp-peer.js";

const CN = 13;
/** -53.85 dBm0, with reflection coefficients behind it. */
const NOISE = Uint8Array.of(60, 100, 120, 140);

describe("comfort noise", () => {
  let bench: MediaBench;
  afterEach(() => bench.stop());

  /** Half a second of speech, then a pause told by one packet, then silence on the wire. */
  async function speakAndPause(peer: RtpPeer, port: number): Promise<void> {
    await peer.speak(port, sineSecond(500).subarray(0, 4000));
    peer.sendPacket(port, NOISE, { payloadType: CN });
  }

  test("a peer that was not told of it may send it: no loss, and the other hears that noise until speech comes", async () => {
    bench = await MediaBench.start();
    const a = await bench.call();
    const b = await bench.call({ near: a.leg });
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await Promise.all([bridge.join(a.leg), bridge.join(b.leg)]);
    await speakAndPause(a.peer, a.leg.localPort);
    await until(() => b.peer.sound.length >= 25 + 20);
    expect(b.peer.packets.every(({ payloadType }) => payloadType === 8)).toBe(true);
    for (const { payload } of b.peer.sound.slice(30, 45)) {
      expect(payload).toHaveLength(160);
      expect(alawLevel(payload)).toBeGreaterThan(-57);
      expect(alawLevel(payload)).toBeLessThan(-50);
    }
    a.peer.timestamp += 8000;
    await a.peer.speak(a.leg.localPort, sineSecond(500).subarray(0, 1600));
    await until(() => b.peer.sound.filter(({ payload }) => alawLevel(payload) > -20).length === 35);
    await delay(100);
    const after = b.peer.sound.length;
    await delay(100);
    expect(b.peer.sound).toHaveLength(after); // no noise any more
    expect((await a.leg.stats()).packetsLost).toBe(0);
    const numbers = b.peer.packets.map(({ sequence }) => sequence);
    expect(numbers.every((sequence, i) => i === 0 || sequence === (((numbers[i - 1] as number) + 1) & 0xffff))).toBe(true);
    // The noise ends with the pair.
    a.peer.sendPacket(a.leg.localPort, NOISE, { payloadType: CN });
    await until(() => b.peer.sound.length > after + 3);
    await bridge.leave(a.leg);
    const left = b.peer.sound.length;
    await delay(200);
    expect(b.peer.sound.length).toBeLessThanOrEqual(left + 3);
  });

  test("is passed on to a peer that takes it", async () => {
    bench = await MediaBench.start();
    const a = await bench.call();
    const b = await bench.call({ near: a.leg, remote: { comfortNoise: true } });
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await Promise.all([bridge.join(a.leg), bridge.join(b.leg)]);
    await speakAndPause(a.peer, a.leg.localPort);
    await until(() => b.peer.packets.some(({ payloadType }) => payloadType === CN));
    expect([...(b.peer.packets.at(-1) as { payload: Uint8Array }).payload]).toEqual([...NOISE]);
    expect(b.peer.packets).toHaveLength(26);
  });

  test("in a conference the others hear it in the pause", async () => {
    bench = await MediaBench.start();
    const legs = [await bench.call(), await bench.call(), await bench.call()] as const;
    const bridge = await bench.engine.createBridge({ near: legs[0].leg });
    await Promise.all(legs.map(({ leg }) => bridge.join(leg)));
    await speakAndPause(legs[0].peer, legs[0].leg.localPort);
    const noisy = (): number => legs[1].peer.sound.filter(({ payload }) => alawLevel(payload) > -57 && alawLevel(payload) < -50).length;
    await until(() => noisy() >= 30);
    expect((await legs[0].leg.stats()).packetsLost).toBe(0);
  });
});
