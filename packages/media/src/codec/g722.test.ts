import { describe, expect, test } from "vitest";
import { chirp, noise, signalToNoise, sine, speechLike } from "../../test/wideband-sound.js";
import { G722Decoder, G722Encoder } from "./g722.js";
import { goertzel } from "../dsp/goertzel.js";

function encoded(pcm: Int16Array): Uint8Array {
  const octets = new Uint8Array(pcm.length / 2);
  new G722Encoder().encode(pcm, octets);
  return octets;
}

function decoded(octets: Uint8Array, mode: 1 | 2 | 3 = 1): Int16Array {
  const pcm = new Int16Array(octets.length * 2);
  new G722Decoder(mode).decode(octets, 0, octets.length, pcm);
  return pcm;
}

function expectInRange(coder: G722Encoder | G722Decoder): void {
  for (const [i, band] of coder.bands.entries()) {
    const { log, poles: [a1, a2], others } = band.state;
    expect(band.scale).toBeGreaterThanOrEqual(i === 0 ? 32 : 8);
    expect(band.scale).toBeLessThanOrEqual(16_384);
    expect(log).toBeGreaterThanOrEqual(0);
    expect(log).toBeLessThanOrEqual(i === 0 ? 18_432 : 22_528);
    expect(Math.abs(a2)).toBeLessThanOrEqual(12_288);
    expect(Math.abs(a1)).toBeLessThanOrEqual(15_360 - a2);
    for (const value of others) {
      expect(Number.isInteger(value)).toBe(true);
      expect(value).toBeGreaterThanOrEqual(-32_768);
      expect(value).toBeLessThanOrEqual(32_767);
    }
  }
}

describe("G.722", () => {
  test.each([
    ["speech", speechLike(48_000), 20],
    ["a tone of 1000 Hz", sine(1000, 10_000, 16_000), 35],
    ["a tone of 5000 Hz", sine(5000, 5000, 16_000), 12],
    ["a soft tone", sine(1000, 100, 16_000), 20],
  ])("%s comes back", (_, pcm, least) => {
    expect(signalToNoise(pcm, decoded(encoded(pcm)))).toBeGreaterThan(least);
  });

  test("is at a level what it was, over its whole band", () => {
    for (const hz of [200, 1000, 3000, 3700, 4300, 5000, 6000, 7000]) {
      const back = decoded(encoded(sine(hz, 8000, 16_000))).subarray(4000, 12_000);
      // `goertzel` counts in 8 kHz: a frequency of 16 kHz is half of it there.
      expect(10 * Math.log10(goertzel(back, 0, back.length, hz / 2) / (8000 ** 2 / 2)), `${hz} Hz`).toBeGreaterThan(-0.5);
    }
  });

  test("silence stays silent", () => {
    expect(Math.max(...decoded(encoded(new Int16Array(8000))).map(Math.abs))).toBeLessThan(8);
  });

  test("fewer bits cost sound and nothing else", () => {
    const pcm = speechLike(32_000);
    const octets = encoded(pcm);
    const [all, less, least] = ([1, 2, 3] as const).map((mode) => signalToNoise(pcm, decoded(octets, mode))) as [number, number, number];
    expect(all).toBeGreaterThan(less);
    expect(less).toBeGreaterThan(least);
    expect(least).toBeGreaterThan(15);
    // What is in the data bits is not heard.
    expect(decoded(octets.map((octet, i) => (octet & 0xfc) | (i & 3)), 3)).toEqual(decoded(octets, 3));
  });

  test("is the same in packets of any length", () => {
    const pcm = chirp(100, 7000, 9000, 16_000);
    const whole = encoded(pcm);
    const encoder = new G722Encoder();
    const decoder = new G722Decoder();
    const octets = new Uint8Array(whole.length + 3);
    const back = new Int16Array(pcm.length);
    for (let at = 0, n = 1; at < whole.length; at += n, n = (n * 7 + 3) % 331) {
      n = Math.min(n, whole.length - at);
      encoder.encode(pcm.subarray(2 * at), octets, 3 + at, n);
      decoder.decode(octets, 3 + at, n, back.subarray(2 * at));
    }
    expect(octets.subarray(3)).toEqual(whole);
    expect(back).toEqual(decoded(whole));
  });

  test("finds its way into a stream that has begun", () => {
    const pcm = speechLike(48_000);
    const octets = encoded(pcm);
    const late = decoded(octets.subarray(8000));
    const whole = decoded(octets).subarray(16_000);
    expect(signalToNoise(whole.subarray(1600), late.subarray(1600), 0)).toBeGreaterThan(20);
  });

  test("whatever comes, nothing throws and nothing leaves its range", () => {
    const kinds = [noise(32_767, 4000), sine(50, 32_767, 4000), sine(7900, 32_767, 4000), Int16Array.from({ length: 4000 }, (_, i) => (i % 40 < 20 ? 32_767 : -32_768)), new Int16Array(4000), new Int16Array(4000).fill(-32_768)];
    const encoder = new G722Encoder();
    for (let round = 0; round < 30; round++) {
      const octets = new Uint8Array(2000);
      encoder.encode(kinds[(round * 5) % kinds.length] as Int16Array, octets);
      expectInRange(encoder);
      // Table of codes: the first four bits of the lower band are never all 0.
      expect(octets.every((octet) => (octet & 0x3c) !== 0)).toBe(true);
    }
    const decoder = new G722Decoder();
    const pcm = new Int16Array(3000);
    for (let seed = 1; seed < 40; seed++) {
      const random = Uint8Array.from(noise(32_767, 1500, seed), (value) => value);
      const octets = seed % 4 === 0 ? new Uint8Array(1500).fill(seed * 13) : random;
      decoder.decode(octets, seed, 1500 - seed, pcm);
      expectInRange(decoder);
    }
  });

  test("a copy goes on as its original would", () => {
    const octets = encoded(speechLike(16_000));
    const first = new G722Decoder();
    first.decode(octets, 0, 4000, new Int16Array(8000));
    const second = new G722Decoder();
    second.copy(first);
    const [a, b] = [new Int16Array(8000), new Int16Array(8000)];
    first.decode(octets, 4000, 4000, a);
    second.decode(octets, 4000, 4000, b);
    expect(b).toEqual(a);
  });
});
