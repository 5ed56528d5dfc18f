import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sineSecond } from "../src/audio/tones.js";
import { buildRtcp } from "../src/rtp/rtcp-packet.js";
import { writeRtpHeader } from "../src/rtp/rtp-packet.js";
import { delay, eventOf, MediaBench, until } from "./engine-setup.js";

const SOUND = sineSecond(700, -12);
const frame = (i: number): Uint8Array => SOUND.subarray((i * 160) % 8000, ((i * 160) % 8000) + 160);

function packet(sequence: number, timestamp: number, payload: Uint8Array, { ssrc = 7, payloadType = 8, marker = false } = {}): Uint8Array {
  const out = new Uint8Array(12 + payload.length);
  writeRtpHeader(out, payloadType, marker, sequence & 0xffff, timestamp >>> 0, ssrc);
  out.set(payload, 12);
  return out;
}

/** A telephone-event payload (RFC 4733 section 2.3). */
function event(digit: number, end: boolean, duration: number): Uint8Array {
  return Uint8Array.of(digit, (end ? 0x80 : 0) | 10, duration >> 8, duration & 0xff);
}

/** A reproducible stream of numbers below 2^32. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
}

describe("packets no phone should send", () => {
  let bench: MediaBench;
  beforeAll(async () => {
    bench = await MediaBench.start({ keepAliveSilence: false });
  });
  afterAll(() => bench.stop());

  test("every size from nothing to 1500 octets, of every payload type: the worker lives, the call talks on, what is recorded is readable", { timeout: 60_000 }, async () => {
    const a = await bench.call();
    const b = await bench.call({ near: a.leg });
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await Promise.all([bridge.join(a.leg), bridge.join(b.leg)]);
    const capture = await a.leg.capture({ path: `${bench.folder}/odd.cap`, flushMs: 100 });
    for (let size = 0; size <= 1500; size++) {
      const octets = new Uint8Array(size).fill(size & 0xff);
      a.peer.sendRaw(a.leg.localPort, octets);
      a.peer.sendRaw(a.leg.localPort, packet(size, size * 160, octets.subarray(0, Math.max(0, size - 12)), { payloadType: [8, 0, 13, 101, 18, size & 0x7f][size % 6] as number }));
      a.peer.sendRtcp(a.leg.localPort + 1, octets);
      if (size % 100 === 0) await delay(5);
    }
    const key = a.leg.collect({ firstDigitTimeoutMs: 5_000, flush: true });
    await delay(300);
    a.leg.setRemote(a.peer.remote);
    const before = b.peer.packets.length;
    await a.peer.speak(a.leg.localPort, SOUND.subarray(0, 3200));
    await until(() => b.peer.packets.length >= before + 15);
    await a.peer.press(a.leg.localPort, 4);
    expect((await key).digits).not.toBe("");
    const result = await capture.stop();
    expect(result.reason).toBe("stopped");
    expect(bench.engine.slots[a.leg.worker]!.up).toBe(true);
    await bridge.close();
    await Promise.all([a.leg.close(), b.leg.close()]);
  });

  test("the sequence wraps, the sender is another one in mid-call, its numbers jump and its timestamps go backwards: each is followed", { timeout: 60_000 }, async () => {
    const a = await bench.call();
    const b = await bench.call({ near: a.leg });
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await Promise.all([bridge.join(a.leg), bridge.join(b.leg)]);
    const listener = await a.leg.capture({ path: `${bench.folder}/jumps.cap`, flushMs: 100 });
    let sent = 0;
    const say = async (count: number, sequence: number, timestamp: number, ssrc: number, step = 160): Promise<void> => {
      for (let i = 0; i < count; i++) {
        a.peer.sendRaw(a.leg.localPort, packet(sequence + i, timestamp + i * step, frame(sent++), { ssrc }));
        await delay(18);
      }
    };
    await say(30, 65_520, 0xffff_f000, 7); // both wrap
    await say(30, 40_000, 5_000, 7); // a restart under the same SSRC (RFC 3550 appendix A.1)
    await say(30, 3, 900_000_000, 8); // another SSRC
    await say(30, 33, 899_000_000, 8); // the clock set back
    await say(30, 63, 899_004_800, 8, -160); // and running backwards
    await until(() => b.peer.packets.length >= 150);
    const { packetsReceived } = await a.leg.stats();
    expect(packetsReceived).toBe(150);
    // What goes out is one stream: one SSRC, numbers that only go up.
    const out = b.peer.packets;
    expect(new Set(out.map(({ ssrc }) => ssrc)).size).toBe(1);
    const steps = out.slice(1).map(({ sequence }, i) => (sequence - (out[i]?.sequence ?? 0)) & 0xffff);
    expect(steps.every((step) => step > 0 && step < 0x8000)).toBe(true);
    const result = await listener.stop();
    // Real time, not what the timestamps say.
    expect(result.durationMs).toBeLessThan(60_000);
    expect(result.voicedMs).toBeGreaterThan(1_000);
    await bridge.close();
    await Promise.all([a.leg.close(), b.leg.close()]);
  });

  test("events: no duration, the longest, shrinking ones, all ends lost, ends alone, unknown keys: each key once, and none stays down", { timeout: 30_000 }, async () => {
    const { leg, peer, events } = await bench.call();
    let sequence = 0;
    const send = (timestamp: number, payload: Uint8Array, marker = false): void => peer.sendRaw(leg.localPort, packet(sequence++, timestamp, payload, { payloadType: 101, marker }));
    send(1_000, event(1, false, 0), true);
    for (let i = 0; i < 3; i++) send(1_000, event(1, true, 0));
    await delay(30);
    send(20_000, event(2, false, 0xffff), true);
    for (let i = 0; i < 3; i++) send(20_000, event(2, true, 0xffff));
    await delay(30);
    for (const duration of [800, 320, 160, 480]) send(120_000, event(3, false, duration), duration === 800);
    for (let i = 0; i < 3; i++) send(120_000, event(3, true, 640));
    await delay(30);
    send(130_000, event(4, true, 800)); // the end alone
    await delay(30);
    for (const unknown of [16, 32, 99, 255]) send(140_000 + unknown * 1_000, event(unknown, true, 800), true);
    send(500_000, Uint8Array.of(5), true); // cut short
    send(501_000, new Uint8Array(0), true);
    send(510_000, event(5, false, 160), true); // all ends are lost
    await until(() => events.filter(({ type }) => type === "dtmf").length >= 5);
    await delay(300);
    const keys = events.flatMap((each) => (each.type === "dtmf" ? [each] : []));
    expect(keys.map(({ digit }) => digit)).toEqual(["1", "2", "3", "4", "5"]);
    for (const { durationMs } of keys) expect(durationMs).toBeGreaterThanOrEqual(0);
    const next = leg.collect({ firstDigitTimeoutMs: 3_000, flush: true });
    await leg.stats();
    await peer.press(leg.localPort, 6);
    expect(await next).toMatchObject({ digits: "6" });
    await leg.close();
  });

  test("RTCP of every broken form: nothing is believed that does not add up, the next good report is", { timeout: 30_000 }, async () => {
    const { leg, peer } = await bench.call();
    await peer.speak(leg.localPort, SOUND.subarray(0, 320));
    await leg.play({ kind: "silence", durationMs: 1_200 }).done;
    await until(() => peer.packets.length >= 60);
    const { ssrc, sequence } = peer.packets.at(-1)!;
    const good = buildRtcp(peer.ssrc, "phone", { block: { ssrc, fractionLost: 0, cumulativeLost: 3, highestSequence: sequence, jitter: 0, lastSr: 0, delaySinceLastSr: 0 } });
    const next = numbers(4711);
    for (let i = 0; i < 3_000; i++) {
      const broken = Uint8Array.from(good.subarray(0, i % 4 === 0 ? next() % (good.length + 1) : good.length));
      for (let flips = 1 + (i % 5); flips > 0 && broken.length > 0; flips--) {
        const at = i % 3 === 0 ? next() % Math.min(4, broken.length) : next() % broken.length;
        broken[at] = next() & 0xff;
      }
      peer.sendRtcp(leg.localPort + 1, broken);
      if (i % 100 === 0) await delay(2);
    }
    // BYE of everybody, and counts that point beyond the end.
    for (const type of [200, 201, 202, 203, 204, 205, 206, 207]) {
      for (const count of [0, 1, 31]) {
        for (const words of [0, 1, 6, 0xffff]) peer.sendRtcp(leg.localPort + 1, Uint8Array.of(0x80 | count, type, words >> 8, words & 0xff, 0, 0, 0, 7, ssrc >>> 24, (ssrc >>> 16) & 0xff, (ssrc >>> 8) & 0xff, ssrc & 0xff));
      }
    }
    await delay(100);
    peer.sendRtcp(leg.localPort + 1, good);
    while ((await leg.stats()).quality?.sent?.lost !== 3) await delay(5);
    await peer.speak(leg.localPort, SOUND.subarray(0, 320));
    await leg.play({ kind: "silence", durationMs: 60 }).done;
    const stats = await leg.close();
    // None of them answers a report of ours.
    expect(stats.roundTripMs).toBeUndefined();
    expect(stats.quality?.sent?.mos).toBeGreaterThan(1);
  });

  test("sound and keys before there is a remote description are nobody's; after it the peer is heard at once", async () => {
    const leg = await bench.engine.createRtpLeg();
    const peer = await bench.peer();
    await peer.speak(leg.localPort, SOUND.subarray(0, 1600));
    await peer.press(leg.localPort, 9);
    expect((await leg.stats()).packetsReceived).toBe(0);
    const key = leg.collect({ firstDigitTimeoutMs: 5_000 });
    leg.setRemote(peer.remote);
    await leg.stats();
    await peer.press(leg.localPort, 3);
    expect(await key).toMatchObject({ digits: "3" });
    await leg.close();
  });

  test("of two sources nobody has told of, who comes later does not take the stream of the one who is heard", { timeout: 20_000 }, async () => {
    const leg = await bench.engine.createRtpLeg({ remote: { address: "127.0.0.200", port: 4000, codec: "PCMA", payloadType: 8, telephoneEventPayloadType: 101 } });
    const gateway = await bench.peer("127.0.0.3");
    const stranger = await bench.peer("127.0.0.66");
    await gateway.speak(leg.localPort, SOUND.subarray(0, 1600));
    while ((await leg.stats()).packetsReceived === 0) await delay(5);
    const flows = gateway.speak(leg.localPort, Buffer.concat([1, 2, 3, 4].map(() => SOUND)));
    await stranger.speak(leg.localPort, Buffer.concat([1, 2, 3].map(() => SOUND)));
    expect(stranger.packets).toHaveLength(0);
    await leg.play({ kind: "silence", durationMs: 100 }).done;
    await until(() => gateway.packets.length >= 5);
    expect(stranger.packets).toHaveLength(0);
    await flows;
    // Four packets were on trial; of one source in sequence there are no more than these.
    while ((await leg.stats()).packetsReceived < 10 - 3 + 200) await delay(5);
    await delay(50);
    expect((await leg.stats()).packetsReceived).toBe(10 - 3 + 200);
    await leg.close();
  });

  test("the main thread stands still for three seconds: calls talk on, keys of that time are collected, what comes then is served", { timeout: 30_000 }, async () => {
    const a = await bench.call();
    const b = await bench.call({ near: a.leg });
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await Promise.all([bridge.join(a.leg), bridge.join(b.leg)]);
    const c = await bench.call();
    c.leg.play({ kind: "tone", tone: "dial" });
    await until(() => c.peer.packets.length > 5);
    const capture = await c.leg.capture({ path: `${bench.folder}/blocked.cap`, flushMs: 100 });
    const { packetsSent } = await c.leg.stats();
    const over = performance.now() + 3_000;
    while (performance.now() < over) Math.sqrt(2);
    // Asked for after the standstill, sent in it.
    expect((await c.leg.stats()).packetsSent - packetsSent).toBeGreaterThan(100);
    const d = await bench.call();
    const ended = eventOf(d.leg, "ended");
    await d.leg.play({ kind: "silence", durationMs: 60 }).done;
    await until(() => d.peer.packets.length === 3);
    await d.leg.close();
    expect(await ended).toMatchObject({ reason: "closed" });
    expect((await capture.stop()).durationMs).toBeGreaterThan(2_900);
    await bridge.close();
    await Promise.all([a.leg.close(), b.leg.close(), c.leg.close()]);
  });
});
