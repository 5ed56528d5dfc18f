import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { ALAW_SILENCE } from "../codec/g711.js";
import { JitterBuffer } from "./jitter-buffer.js";

const payload = (n: number, length = 160): Uint8Array => new Uint8Array(length).fill(n);
const out = new Uint8Array(160);
const pulled = (buffer: JitterBuffer): number => (buffer.pull(out) ? (out[80] as number) : -1);

describe("JitterBuffer", () => {
  test("packets come out in order after the delay", () => {
    const buffer = new JitterBuffer({ minDelayMs: 40 });
    buffer.put(1, 0, payload(1), 0, 160);
    buffer.put(1, 320, payload(3), 0, 160);
    buffer.put(1, 160, payload(2), 0, 160);
    buffer.put(1, 160, payload(2), 0, 160); // twice
    expect([1, 2, 3, 4, 5].map(() => pulled(buffer))).toEqual([-1, -1, 1, 2, 3].map((v, i) => (i === 0 ? ALAW_SILENCE : v)));
  });

  test("the timestamp wraps", () => {
    const buffer = new JitterBuffer();
    const start = 0xffffffff - 200;
    for (let i = 0; i < 5; i++) buffer.put(1, (start + i * 160) >>> 0, payload(i + 1), 0, 160);
    for (let i = 0; i < 2; i++) buffer.pull(out);
    expect([1, 2, 3, 4, 5].map(() => pulled(buffer))).toEqual([1, 2, 3, 4, 5]);
  });

  test("10 ms and 60 ms packets make 20 ms frames", () => {
    for (const length of [80, 480]) {
      const buffer = new JitterBuffer();
      for (let at = 0; at < 1440; at += length) {
        const octets = Uint8Array.from({ length }, (_, i) => 1 + Math.floor((at + i) / 160));
        buffer.put(1, at, octets, 0, length);
      }
      for (let i = 0; i < 2; i++) buffer.pull(out);
      expect([1, 2, 3, 4, 5, 6, 7, 8, 9].map(() => pulled(buffer))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
  });

  test("one missing frame repeats the last, more are silence", () => {
    const buffer = new JitterBuffer();
    buffer.put(1, 0, payload(1), 0, 160);
    buffer.put(1, 640, payload(5), 0, 160);
    for (let i = 0; i < 2; i++) buffer.pull(out);
    expect([1, 2, 3, 4, 5].map(() => pulled(buffer))).toEqual([1, 1, -1, -1, 5]);
    expect(out[0]).toBe(5);
  });

  test("late packets make the delay grow; later ones are then in time", () => {
    const buffer = new JitterBuffer({ minDelayMs: 40, maxDelayMs: 200 });
    buffer.put(1, 0, payload(9), 0, 160);
    for (let i = 0; i < 6; i++) buffer.pull(out);
    buffer.put(1, 160, payload(9), 0, 160); // its frame was number 4
    expect(buffer.late).toBe(1);
    expect(buffer.delayMs).toBe(60);
  });

  test("a steady stream 100 ms late in its network is heard whole after it has adapted", () => {
    const buffer = new JitterBuffer();
    let heard = 0;
    for (let tick = 0; tick < 500; tick++) {
      // bursts: every fifth tick five packets
      if (tick % 5 === 4) for (let i = 4; i >= 0; i--) buffer.put(1, (tick - i) * 160, payload(7), 0, 160);
      if (pulled(buffer) === 7 && tick >= 100) heard++;
    }
    expect(heard).toBeGreaterThanOrEqual(395);
  });

  test("the delay shrinks again when the network is calm", () => {
    const buffer = new JitterBuffer({ minDelayMs: 40 });
    let sequence = 0;
    const step = (late: boolean): void => {
      if (!late) buffer.put(1, sequence++ * 160, payload(1), 0, 160);
      buffer.pull(out);
    };
    for (let i = 0; i < 20; i++) step(false);
    for (let i = 0; i < 6; i++) step(true);
    for (let i = 0; i < 6; i++) buffer.put(1, sequence++ * 160, payload(1), 0, 160);
    for (let i = 0; i < 10; i++) step(false);
    const grown = buffer.delayMs;
    for (let i = 0; i < 3000; i++) step(false);
    expect(grown).toBeGreaterThan(40);
    expect(buffer.delayMs).toBeLessThan(grown);
  });

  test("another source resets, and so does one that leaps", () => {
    const buffer = new JitterBuffer();
    for (let i = 0; i < 10; i++) buffer.put(1, i * 160, payload(1), 0, 160);
    buffer.put(2, 999_999, payload(2), 0, 160);
    expect([1, 2, 3].map(() => pulled(buffer))[2]).toBe(2);
    buffer.put(2, 5_000_000, payload(3), 0, 160);
    expect([1, 2, 3].map(() => pulled(buffer))[2]).toBe(3);
  });

  test("any sequence of packets is survived, and frames are always whole", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant(undefined), fc.tuple(fc.nat(2), fc.integer({ min: 0, max: 0xffffffff }), fc.nat(500))), { maxLength: 200 }), (steps) => {
        const buffer = new JitterBuffer();
        for (const step of steps) {
          if (step === undefined) {
            const frame = new Uint8Array(160).fill(1);
            if (!buffer.pull(frame)) expect(frame.every((octet) => octet === ALAW_SILENCE)).toBe(true);
          } else buffer.put(step[0], step[1], payload(7, step[2]), 0, step[2]);
        }
        expect(buffer.delayMs).toBeLessThanOrEqual(240);
      }),
    );
  });
});
