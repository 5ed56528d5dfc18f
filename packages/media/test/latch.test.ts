import { udpBatchMissing } from "@hotlinejs/udp-batch";
import type { RtpLeg } from "@hotlinejs/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sineSecond } from "../src/audio/tones.js";
import { delay, MediaBench, purity, until } from "./engine-setup.js";
import type { RtpPeer } from "./rtp-peer.js";

const NAT = "127.0.0.3";
const ATTACKER = "127.0.0.66";
/** What a phone behind a NAT knows of itself: nobody is there. */
const PRIVATE = { address: "127.0.0.200", port: 4000, codec: "PCMA", payloadType: 8, telephoneEventPayloadType: 101 } as const;

const kinds = [false, true].filter((batched) => !batched || udpBatchMissing() === undefined);

describe.each(kinds)("the peer's source (batched sockets: %s)", (batchedUdp) => {
  let bench: MediaBench;
  beforeAll(async () => {
    bench = await MediaBench.start({ batchedUdp });
  });
  afterAll(() => bench.stop());

  async function heardFrom(leg: RtpLeg, packets: number): Promise<void> {
    while ((await leg.stats()).packetsReceived < packets) await delay(5);
  }

  /** What the leg says now comes to this peer alone. */
  async function speaksTo(leg: RtpLeg, peer: RtpPeer, others: readonly RtpPeer[]): Promise<void> {
    const before = peer.packets.length;
    const elsewhere = others.map(({ packets }) => packets.length);
    await leg.play({ kind: "sine", hz: 600, durationMs: 100 }).done;
    await until(() => peer.packets.length >= before + 5);
    expect(others.map(({ packets }) => packets.length)).toEqual(elsewhere);
  }

  test("who sprays packets does not get the sound of a caller behind a NAT, nor is it heard beside the caller", async () => {
    const leg = await bench.engine.createRtpLeg({ remote: { ...PRIVATE, signalledFrom: NAT } });
    const attacker = await bench.peer(ATTACKER);
    const caller = await bench.peer(NAT);
    // Before the caller says a word. Random packets find nobody; those in sequence are heard for want of a better.
    for (let i = 0; i < 50; i++) attacker.sendPacket(leg.localPort, new Uint8Array(160), { sequence: (i * 7919) & 0xffff });
    await delay(50);
    expect((await leg.stats()).packetsReceived).toBe(0);
    await attacker.speak(leg.localPort, sineSecond(400, -12).subarray(0, 1600));
    await caller.speak(leg.localPort, sineSecond(700, -12).subarray(0, 160));
    await heardFrom(leg, 8);
    await speaksTo(leg, caller, [attacker]);
    const key = leg.collect({ max: 3, firstDigitTimeoutMs: 5000, interDigitTimeoutMs: 1000 });
    const heard = (await leg.stats()).packetsReceived;
    await Promise.all([attacker.press(leg.localPort, 9), caller.speak(leg.localPort, sineSecond(700, -12).subarray(0, 1600)), attacker.speak(leg.localPort, sineSecond(400, -12))]);
    await caller.press(leg.localPort, 5);
    expect(await key).toMatchObject({ digits: "5" });
    expect((await leg.stats()).packetsReceived).toBe(heard + 10 + 7);
    await speaksTo(leg, caller, [attacker]);
    await leg.close();
  });

  test("nor of one who speaks from where it was announced and then is silent for long", { timeout: 15_000 }, async () => {
    const { leg, peer } = await bench.call();
    const attacker = await bench.peer(ATTACKER);
    await peer.speak(leg.localPort, sineSecond(700, -12).subarray(0, 320));
    await heardFrom(leg, 2);
    await delay(2500);
    await attacker.speak(leg.localPort, sineSecond(400, -12).subarray(0, 4000));
    expect((await leg.stats()).packetsReceived).toBe(2);
    await speaksTo(leg, peer, [attacker]);
    await leg.close();
  });

  test("a caller whose NAT gives it a new port is followed after two seconds", { timeout: 15_000 }, async () => {
    const leg = await bench.engine.createRtpLeg({ remote: { ...PRIVATE, signalledFrom: NAT } });
    const before = await bench.peer(NAT);
    const after = await bench.peer(NAT);
    await before.speak(leg.localPort, sineSecond(700, -12).subarray(0, 160));
    await before.speak(leg.localPort, Buffer.concat([sineSecond(700, -12), sineSecond(700, -12), sineSecond(700, -12).subarray(0, 800)])); // settled
    await heardFrom(leg, 106);
    await speaksTo(leg, before, [after]);
    const speaking = after.speak(leg.localPort, Buffer.concat([1, 2, 3].map(() => sineSecond(700, -12))));
    await heardFrom(leg, 120);
    await speaksTo(leg, after, [before]);
    await speaking;
    await leg.close();
  });

  test("a caller behind a proxy, whom nothing but the sound makes known, is heard, and in a bridge with its own sound", async () => {
    const a = await bench.engine.createRtpLeg({ remote: { ...PRIVATE, signalledFrom: "127.0.0.150" } });
    const caller = await bench.peer(NAT);
    const b = await bench.call({ near: a });
    const bridge = await bench.engine.createBridge({ near: a });
    await Promise.all([bridge.join(a), bridge.join(b.leg)]);
    await caller.speak(a.localPort, sineSecond(700, -12));
    await until(() => b.peer.packets.length >= 47);
    expect(b.peer.packets).toHaveLength(47);
    expect(purity(b.peer.heard, 700)).toBeGreaterThan(0.95);
    await speaksTo(a, caller, []);
    await bridge.close();
    await Promise.all([a.close(), b.leg.close()]);
  });
});
