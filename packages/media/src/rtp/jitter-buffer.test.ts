import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { overLink } from "../../test/lossy-link.js";
import type { LinkFaults, LinkResult } from "../../test/lossy-link.js";
import { sines } from "../audio/tones.js";
import { ALAW_SILENCE, decodeAlaw } from "../codec/g711.js";
import { alawLevel } from "../codec/level.js";
import { goertzel } from "../dsp/goertzel.js";
import { JitterBuffer } from "./jitter-buffer.js";
import type { JitterBufferOptions } from "./jitter-buffer.js";
import { PlayoutFigures } from "./playout-figures.js";
import { Reception } from "./reception.js";

const payload = (n: number, length = 160): Uint8Array => new Uint8Array(length).fill(n);
const out = new Uint8Array(160);

/** A buffer on a clock: packets come at its time, and each pull is the next tick. */
class Desk {
  now = 1_000_000;
  readonly buffer: JitterBuffer;

  constructor(options?: JitterBufferOptions) {
    this.buffer = new JitterBuffer(options);
  }

  put(ssrc: number, timestamp: number, octets: Uint8Array): void {
    this.buffer.put(ssrc, timestamp, octets, 0, octets.length, this.now);
  }

  /** An octet of the next frame's end; -1: nothing to hear. */
  pull(): number {
    this.now += 160;
    return this.buffer.pull(out, this.now) ? (out[150] as number) : -1;
  }

  pulls(count: number): number[] {
    return Array.from({ length: count }, () => this.pull());
  }
}

describe("JitterBuffer", () => {
  test("packets come out in order after the delay", () => {
    const desk = new Desk({ minDelayMs: 40 });
    desk.put(1, 0, payload(1));
    desk.put(1, 320, payload(3));
    desk.put(1, 160, payload(2));
    desk.put(1, 160, payload(2)); // twice
    expect(desk.pulls(5)).toEqual([-1, -1, 1, 2, 3]);
    expect(desk.buffer.concealed).toBe(0);
  });

  test("the timestamp wraps", () => {
    const desk = new Desk();
    const start = 0xffffffff - 200;
    for (let i = 0; i < 5; i++) desk.put(1, (start + i * 160) >>> 0, payload(i + 1));
    desk.pulls(2);
    expect(desk.pulls(5)).toEqual([1, 2, 3, 4, 5]);
  });

  test("10 ms and 60 ms packets make 20 ms frames", () => {
    for (const length of [80, 480]) {
      const desk = new Desk();
      for (let at = 0; at < 1440; at += length) desk.put(1, at, Uint8Array.from({ length }, (_, i) => 1 + Math.floor((at + i) / 160)));
      desk.pulls(2);
      expect(desk.pulls(9)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
  });

  test("what is missing is concealed for 60 ms, then silent; a loss within a frame too", () => {
    const tone = sines([{ hz: 500, level: -10 }], 8000, false);
    const desk = new Desk();
    for (const n of [0, 1, 2, 8, 9]) desk.put(1, n * 160, tone.subarray(n * 160, n * 160 + 160));
    desk.put(1, 1600, tone.subarray(1600, 1680)); // 10 ms and nothing behind
    desk.put(1, 1760, tone.subarray(1760, 1920));
    desk.pulls(2);
    const levels: number[] = [];
    const heard: boolean[] = [];
    for (let i = 0; i < 12; i++) {
      heard.push(desk.pull() >= 0);
      levels.push(Math.round(alawLevel(out)));
    }
    expect(heard).toEqual([true, true, true, true, true, true, false, false, true, true, true, true]);
    expect(levels[3]).toBeGreaterThan(-12);
    expect(levels[5]).toBeLessThan(-17);
    expect(levels[6]).toBe(-90);
    expect(levels[10]).toBeGreaterThan(-11);
    expect(desk.buffer.concealed).toBe(480 + 80);
  });

  test("a late packet makes the delay grow at once and is heard; later ones are then in time", () => {
    const desk = new Desk({ minDelayMs: 40, maxDelayMs: 200 });
    desk.put(1, 0, payload(9));
    desk.pulls(6);
    desk.put(1, 160, payload(8)); // its frame was number 4
    expect(desk.buffer.late).toBe(1);
    expect(desk.pulls(1)).toEqual([8]);
    for (let i = 2; i < 8; i++) {
      desk.put(1, i * 160, payload(i));
      expect(desk.pull()).toBe(i);
    }
    expect(desk.buffer).toMatchObject({ late: 1, discarded: 0 });
  });

  test("the delay grows to its bound and no further: what comes later still is counted and left out", () => {
    const figures = new PlayoutFigures();
    const desk = new Desk({ minDelayMs: 40, maxDelayMs: 100, figures });
    for (let i = 0; i < 10; i++) {
      desk.put(1, i * 160, payload(1));
      desk.pull();
    }
    desk.pulls(9);
    desk.put(1, 1600, payload(2)); // 180 ms after its time of arrival
    expect(desk.buffer).toMatchObject({ late: 1, discarded: 1 });
    expect(figures.discarded).toBe(1);
    expect(desk.buffer.delayMs).toBeLessThanOrEqual(100);
  });

  test("a steady stream in bursts of five packets is heard whole after it has adapted", () => {
    const desk = new Desk();
    let heard = 0;
    for (let tick = 0; tick < 500; tick++) {
      if (tick % 5 === 4) for (let i = 4; i >= 0; i--) desk.put(1, (tick - i) * 160, payload(7));
      if (desk.pull() === 7 && tick >= 100) heard++;
    }
    expect(heard).toBe(400);
    expect(desk.buffer.concealed).toBeLessThan(1600);
  });

  test.each([["silence", 0xd5, 60], ["speech without a pause", 0x2a, 700]] as const)("the delay shrinks again when the network is calm, in %s", (_, octet, within) => {
    const desk = new Desk({ minDelayMs: 40 });
    let sequence = 0;
    const step = (packet: boolean): void => {
      if (packet) desk.put(1, sequence++ * 160, payload(octet));
      desk.pull();
    };
    for (let i = 0; i < 100; i++) step(true);
    for (let i = 0; i < 8; i++) step(false);
    for (let i = 0; i < 8; i++) desk.put(1, sequence++ * 160, payload(octet));
    for (let i = 0; i < 10; i++) step(true);
    expect(desk.buffer.delayMs).toBeGreaterThan(150);
    // The delayed ones are forgotten after five seconds.
    for (let i = 0; i < 260; i++) step(true);
    const concealed = desk.buffer.concealed;
    for (let i = 0; i < within * 2; i++) step(true);
    expect(desk.buffer.delayMs).toBeLessThan(75);
    expect(desk.buffer.delayMs).toBeGreaterThanOrEqual(40);
    expect(desk.buffer.concealed).toBe(concealed); // nothing broke off by it
  });

  test("another source resets, and so does one that leaps", () => {
    const desk = new Desk();
    for (let i = 0; i < 10; i++) desk.put(1, i * 160, payload(1));
    desk.put(2, 999_999, payload(2));
    expect(desk.pulls(3)[2]).toBe(2);
    desk.put(2, 5_000_000, payload(3));
    expect(desk.pulls(3)[2]).toBe(3);
  });

  test("a pause of which the source tells the noise is that noise, however long, and is no loss", () => {
    const tone = sines([{ hz: 500, level: -10 }], 8000, false);
    const desk = new Desk();
    for (let n = 0; n < 5; n++) desk.put(1, n * 160, tone.subarray(n * 160, n * 160 + 160));
    desk.buffer.rest(1, 800, -50, desk.now);
    desk.pulls(7);
    expect(desk.pulls(100).every((octet) => octet >= 0)).toBe(true);
    expect(alawLevel(out)).toBeGreaterThan(-53);
    expect(alawLevel(out)).toBeLessThan(-47);
    expect(desk.buffer.concealed).toBe(0);
    // Sound goes on with the time that has passed.
    const at = desk.now - 1_000_000;
    for (let n = 0; n < 3; n++) desk.put(1, at + n * 160, tone.subarray(n * 160, n * 160 + 160));
    desk.pulls(4);
    expect(alawLevel(out)).toBeGreaterThan(-11);
    desk.pulls(1);
    desk.pulls(2);
    expect(alawLevel(out)).toBeGreaterThan(-40); // concealed now, since no pause was told
  });

  test("any sequence of packets is survived, and frames are always whole", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant(undefined), fc.tuple(fc.nat(2), fc.integer({ min: 0, max: 0xffffffff }), fc.nat(500))), { maxLength: 200 }), (steps) => {
        const desk = new Desk();
        for (const step of steps) {
          if (step === undefined) {
            const frame = new Uint8Array(160).fill(1);
            desk.now += 160;
            if (!desk.buffer.pull(frame, desk.now)) expect(frame.every((octet) => octet === ALAW_SILENCE)).toBe(true);
          } else if (step[2] % 50 === 0) desk.buffer.rest(step[0], step[1], -step[2] / 10, desk.now);
          else desk.put(step[0], step[1], payload(7, step[2]));
        }
        expect(desk.buffer.delayMs).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe("over a bad network", () => {
  const SECONDS = 60;
  const tone = sines([{ hz: 500, level: -10 }], 8000 * SECONDS, false);

  /** Plays a minute of tone over a link in virtual time. */
  function played(faults: LinkFaults, seed: number): { link: LinkResult; reception: Reception; buffer: JitterBuffer; sound: Uint8Array; heard: boolean[] } {
    const link = overLink(50 * SECONDS, faults, seed);
    const reception = new Reception();
    const buffer = new JitterBuffer();
    const frames: Uint8Array[] = [];
    const heard: boolean[] = [];
    const sequenceBase = 65_000;
    const timeBase = 0xffff_0000;
    let next = 0;
    for (let tick = 1; tick <= 50 * SECONDS + 20; tick++) {
      const now = tick * 160;
      for (; next < link.arrivals.length && (link.arrivals[next] as { at: number }).at < now; next++) {
        const { number, at } = link.arrivals[next] as { number: number; at: number };
        const timestamp = (timeBase + number * 160) >>> 0;
        if (reception.packet(7, (sequenceBase + number) & 0xffff, timestamp, 160, at) === "duplicate") continue;
        buffer.put(7, timestamp, tone, number * 160, 160, at);
      }
      const frame = new Uint8Array(160);
      heard.push(buffer.pull(frame, now));
      frames.push(frame);
    }
    const sound = new Uint8Array(frames.length * 160);
    for (const [i, frame] of frames.entries()) sound.set(frame, i * 160);
    return { link, reception, buffer, sound, heard };
  }

  /** Share of the frames in which the tone is what is heard, and the longest time without anything, ms. */
  function judged(sound: Uint8Array): { clear: number; longestGapMs: number } {
    const pcm = decodeAlaw(sound);
    const [first, last] = [25, pcm.length / 160 - 25];
    let clear = 0;
    let gap = 0;
    let longest = 0;
    for (let frame = first; frame < last; frame++) {
      const at = frame * 160;
      const power = pcm.slice(at, at + 160).reduce((sum, value) => sum + value * value, 0) / 160;
      const level = alawLevel(sound, at, 160);
      if (level > -16 && goertzel(pcm, at, 160, 500) / power > 0.8) clear++;
      gap = level < -45 ? gap + 20 : 0;
      longest = Math.max(longest, gap);
    }
    return { clear: clear / (last - first), longestGapMs: longest };
  }

  test.each([1, 2, 3])("of 100 packets 5 lost, 3 out of order, 2 twice, and 30 ms jitter: counted exactly, and the tone stays (seed %i)", (seed) => {
    const { link, reception, buffer, sound } = played({ loss: 0.05, reorder: 0.03, duplicate: 0.02, jitterMs: 30 }, seed);
    expect(link.lost.size).toBeGreaterThan(100);
    expect({ lost: reception.lost, late: reception.late, duplicates: reception.duplicates, expected: reception.expected }).toEqual({ lost: link.lost.size, late: link.overtaken, duplicates: link.duplicated, expected: 3000 });
    const { clear, longestGapMs } = judged(sound);
    expect(clear).toBeGreaterThan(0.98);
    expect(longestGapMs).toBeLessThanOrEqual(20);
    expect(buffer.discarded).toBe(0);
    // Lost packets, and what the delay was grown by.
    expect(buffer.concealed / 160).toBeGreaterThan(link.lost.size * 0.9);
    expect(buffer.concealed / 160).toBeLessThan(link.lost.size + 30);
    expect(buffer.delayMs).toBeLessThan(110);
  });

  test("without faults nothing is made up and nothing held back for longer than at the least", () => {
    const { buffer, sound, reception } = played({}, 1);
    expect(judged(sound)).toEqual({ clear: 1, longestGapMs: 0 });
    expect(buffer).toMatchObject({ late: 0, discarded: 0 });
    expect(buffer.delayMs).toBeLessThanOrEqual(60);
    expect(reception).toMatchObject({ lost: 0, burstRatio: 1, maxJitterMs: 0 });
  });

  test("where everything is lost for a while, sound is gone after 60 ms and back at once", () => {
    const link = overLink(500, {});
    const buffer = new JitterBuffer();
    const heard: boolean[] = [];
    const frame = new Uint8Array(160);
    for (let tick = 1; tick <= 500; tick++) {
      const packet = link.arrivals[tick - 1] as { number: number; at: number };
      if (tick < 200 || tick >= 225) buffer.put(7, packet.number * 160, tone, packet.number * 160, 160, packet.at);
      heard.push(buffer.pull(frame, tick * 160));
    }
    expect(heard.slice(100).filter((each) => !each)).toHaveLength(25 - 3 - 1); // in this silence the delay shrinks by one frame to its least
    expect(buffer.delayMs).toBe(40);
  });
});
