import type { RtpLeg } from "@hotlinejs/core";
import { afterEach, describe, expect, test } from "vitest";
import { sineSecond } from "../src/audio/tones.js";
import { alawLevel } from "../src/codec/level.js";
import { buildRtcp, parseRtcp } from "../src/rtp/rtcp-packet.js";
import { delay, MediaBench, purity, until } from "./engine-setup.js";
import { overLink } from "./lossy-link.js";
import type { RtpPeer } from "./rtp-peer.js";

const FRAME = sineSecond(500).subarray(0, 160);

/** Sends packets by their numbers, in the order given; the numbers left out are lost. No socket overflows: it waits for each sixteen to be taken. */
async function send(peer: RtpPeer, leg: RtpLeg, numbers: readonly number[], base = { sequence: 65_500, timestamp: 1_000 }): Promise<void> {
  for (const [i, number] of numbers.entries()) {
    peer.sendPacket(leg.localPort, FRAME, { sequence: (base.sequence + number) & 0xffff, timestamp: base.timestamp + number * 160 });
    if (i % 16 === 15 || i === numbers.length - 1) while ((await leg.stats()).packetsReceived <= i) await delay(1);
  }
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe("quality of a leg", () => {
  let bench: MediaBench;
  afterEach(() => bench.stop());

  test("what came in is counted exactly: lost, late, twice, in bursts", async () => {
    bench = await MediaBench.start();
    const { leg, peer } = await bench.call();
    const numbers = range(1000).filter((n) => n % 20 !== 7 && !(n >= 503 && n <= 506)); // 50 lost one by one, and four more beside one of them
    [numbers[30], numbers[31]] = [numbers[31]!, numbers[30]!]; // one late
    numbers.splice(200, 0, numbers[199]!); // one twice
    await send(peer, leg, numbers);
    const stats = await leg.close();
    expect(stats).toMatchObject({ packetsReceived: 947, packetsLost: 54, packetsLate: 1, packetsDuplicated: 1 });
    expect(stats.quality?.received).toMatchObject({ packets: 1000, lost: 54, lossPercent: 5.4, burstRatio: 1.02 }); // 503 to 507 are one gap
    expect(stats.quality?.mos).toBeLessThan(4.1);
    expect(stats.quality?.mos).toBeGreaterThan(3);
    expect(stats.quality?.sent).toBeUndefined();
    // Once, however often it is closed, and it goes into the figures of all legs.
    await leg.close();
    const silent = await bench.call();
    await silent.leg.close();
    expect(bench.engine.quality.legs).toEqual({ good: 0, fair: 1, bad: 0 });
    expect(bench.engine.quality.sums.received).toMatchObject({ streams: 1, packets: 1000, lost: 54, mos: stats.quality?.mos });
    expect(bench.engine.quality.sums.sent.streams).toBe(0);
  });

  test("losses in a row are worse than the same number of single ones", async () => {
    bench = await MediaBench.start();
    const { leg, peer } = await bench.call();
    await send(peer, leg, range(500).filter((n) => n % 100 < 90 || n > 490));
    const { quality } = await leg.close();
    // Five gaps, four of ten and the last of one (490).
    expect(quality?.received).toMatchObject({ packets: 500, lost: 41 });
    expect(quality?.received?.burstRatio).toBeCloseTo((41 / 5) * (1 - 41 / 500), 1);
  });

  test("what went out is told by the peer's reports; what was lost before it was relayed is not the peer's", { timeout: 30_000 }, async () => {
    bench = await MediaBench.start();
    const a = await bench.call();
    const b = await bench.call({ near: a.leg });
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await Promise.all([bridge.join(a.leg), bridge.join(b.leg)]);
    await send(a.peer, a.leg, range(300).filter((n) => n % 30 !== 5)); // ten lost on the way from a
    await until(() => b.peer.sound.length === 290);
    await until(() => b.peer.rtcp.length > 0);
    const [sr] = parseRtcp(b.peer.rtcp[0]!) ?? [];
    if (sr?.type !== "sr") throw new Error("no sender report");
    const highest = b.peer.sound.at(-1)!.sequence;
    // The peer misses the ten and three more of its own.
    b.peer.sendRtcp(b.leg.localPort + 1, buildRtcp(b.peer.ssrc, "phone", { block: { ssrc: sr.ssrc, fractionLost: 0, cumulativeLost: 13, highestSequence: 65_536 + highest, jitter: 80, lastSr: sr.ntpMiddle, delaySinceLastSr: 0 } }));
    while ((await b.leg.stats()).roundTripMs === undefined) await delay(5);
    const stats = await b.leg.close();
    expect(stats.quality?.sent).toMatchObject({ packets: 290, lost: 3, lossPercent: 1.03, jitterMs: 10, maxJitterMs: 10 });
    expect(stats.quality?.roundTripMs).toBeGreaterThanOrEqual(0);
    expect(stats.quality?.received).toBeUndefined();
    expect((await a.leg.close()).quality?.received).toMatchObject({ packets: 300, lost: 10 });
  });

  test("VoIP metrics go to a peer that asks for them, and only there; those it sends are kept with the leg's quality", { timeout: 30_000 }, async () => {
    bench = await MediaBench.start();
    const [asking, other] = [await bench.call({ remote: { voipMetrics: true } }), await bench.call()];
    for (const { leg, peer } of [asking, other]) await send(peer, leg, range(400).filter((n) => ![30, 100, 103, 110].includes(n)));
    for (const { peer } of [asking, other]) await until(() => peer.rtcp.length > 0);
    const told = parseRtcp(asking.peer.rtcp[0]!)?.find((item) => item.type === "xr")?.metrics[0];
    expect(told).toMatchObject({ ssrc: asking.peer.ssrc, lossRate: 2 / 256, discardRate: 0, burstDensity: 69 / 256, gapDensity: 0, burstMs: 220, gapMs: 3_890, endSystemMs: 0, jitterBuffer: undefined });
    const quality = (await asking.leg.stats()).quality!.received!;
    expect(told!.rating).toBe(Math.round(quality.rating));
    expect(told!.mosCq).toBe(Math.round(quality.mos * 10) / 10);
    expect(told!.mosLq).toBeGreaterThanOrEqual(told!.mosCq!);
    expect(parseRtcp(other.peer.rtcp[0]!)?.map(({ type }) => type)).toEqual(["rr", "sdes"]);

    const { leg, peer } = other;
    await leg.play({ kind: "silence", durationMs: 1_200 }).done;
    await until(() => peer.sound.length === 60);
    const { ssrc, sequence } = peer.sound.at(-1)!;
    const metrics = { ssrc, lossRate: 5 / 256, discardRate: 13 / 256, burstDensity: 64 / 256, gapDensity: 1 / 256, burstMs: 480, gapMs: 5_000, roundTripMs: 40, endSystemMs: 70, rating: 71, mosLq: 3.7, mosCq: 3.5, jitterBuffer: { nominalMs: 60, maximumMs: 80, absoluteMs: 200 } };
    const report = { ssrc, fractionLost: 0, cumulativeLost: 1, highestSequence: sequence, jitter: 40, lastSr: 0, delaySinceLastSr: 0 };
    peer.sendRtcp(leg.localPort + 1, buildRtcp(peer.ssrc, "phone", { metrics: { ...metrics, ssrc: ssrc ^ 1, rating: 1 } })); // of somebody else's stream
    peer.sendRtcp(leg.localPort + 1, buildRtcp(peer.ssrc, "phone", { block: report, metrics }));
    while ((await leg.stats()).quality?.sent === undefined) await delay(5);
    const stats = await leg.close();
    expect(stats.quality?.reported).toEqual({ lossPercent: 1.95, discardPercent: 5.08, burstDensityPercent: 25, gapDensityPercent: 0.39, burstMs: 480, gapMs: 5_000, endSystemMs: 70, rating: 71, mosLq: 3.7, mosCq: 3.5 });
    expect(stats.quality?.sent).toMatchObject({ packets: 60, lost: 1, discarded: 3, lossPercent: 6.67 });
    expect((await asking.leg.close()).quality?.reported).toBeUndefined();
  });

  test("VoIP metrics: what came too late for a conference is in the bursts with what was lost", { timeout: 30_000 }, async () => {
    bench = await MediaBench.start();
    const asking = await bench.call({ remote: { voipMetrics: true } });
    const others = [await bench.call({ near: asking.leg }), await bench.call({ near: asking.leg })];
    const bridge = await bench.engine.createBridge({ near: asking.leg });
    await Promise.all([asking, ...others].map(({ leg }) => bridge.join(leg)));
    const { leg, peer } = asking;
    const send = (number: number): void => peer.sendPacket(leg.localPort, sineSecond(500).subarray(0, 160), { sequence: (65_400 + number) & 0xffff, timestamp: number * 160 });
    const start = performance.now();
    const late = [103, 105, 107];
    for (let number = 0; number < 260; number++) {
      await delay(Math.max(0, start + number * 20 - performance.now()));
      if (number !== 101 && !late.includes(number)) send(number);
      if (number === 135) late.forEach(send); // half a second late
    }
    while ((await leg.stats()).packetsReceived < 259) await delay(5);
    peer.rtcp.length = 0; // what is told from now on knows that 101 will not come any more
    await until(() => peer.rtcp.length > 0);
    const told = peer.rtcp.flatMap((packet) => parseRtcp(packet) ?? []).flatMap((item) => (item.type === "xr" ? item.metrics : [])).at(-1);
    // 101 was lost, 103, 105 and 107 thrown away: a burst with four of them. A lost packet alone would be none.
    expect(told?.burstDensity).toBeGreaterThan(0);
    expect(told?.burstMs).toBeGreaterThan(0);
    await Promise.all([leg.close(), ...others.map((other) => other.leg.close())]);
  });

  test("over a bad line into a conference: counted exactly, and the others hear the sound whole", { timeout: 60_000 }, async () => {
    bench = await MediaBench.start();
    const [a, b, c] = [await bench.call(), await bench.call(), await bench.call()];
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await Promise.all([a, b, c].map(({ leg }) => bridge.join(leg)));
    const packets = 250;
    const link = overLink(packets, { loss: 0.05, reorder: 0.03, duplicate: 0.02, jitterMs: 30 }, 5);
    const tone = sineSecond(500);
    const start = performance.now();
    for (const { number, at } of link.arrivals) {
      const wait = start + at / 8 - performance.now();
      if (wait > 1) await delay(wait);
      const from = (number * 160) % 8000;
      a.peer.sendPacket(a.leg.localPort, tone.subarray(from, from + 160), { sequence: (65_400 + number) & 0xffff, timestamp: number * 160 });
    }
    while ((await a.leg.stats()).packetsReceived < link.arrivals.length) await delay(5);
    await delay(200);
    const stats = await a.leg.close();
    expect(stats).toMatchObject({ packetsReceived: link.arrivals.length, packetsLost: link.lost.size, packetsLate: link.overtaken, packetsDuplicated: link.duplicated });
    expect(stats.quality?.received).toMatchObject({ packets, lost: link.lost.size });
    // From the first sound to the last: one frame in fifty may have been cut by a busy machine.
    const frames = b.peer.sound.map(({ payload }) => payload);
    const spoken = frames.map((payload) => alawLevel(payload) > -20 && purity(payload, 500) > 0.8);
    const within = spoken.slice(spoken.indexOf(true), spoken.lastIndexOf(true) + 1);
    expect(within.length).toBeGreaterThan(packets * 0.9);
    expect(within.filter((each) => each).length / within.length).toBeGreaterThan(0.9);
  });
});
