import { describe, expect, test } from "vitest";
import { ALAW_SILENCE, ALAW_TO_LINEAR, ALAW_TO_ULAW, alawOf, decodeAlaw, decodeUlaw, encodeAlaw, encodeUlaw, LINEAR_TO_ULAW, mapOctets, ULAW_SILENCE, ULAW_TO_ALAW, ULAW_TO_LINEAR } from "./g711.js";
import { alawLevel, levelToAmplitude, powerToLevel } from "./level.js";
import { sines } from "../audio/tones.js";

/** ITU-T G.711 tables 1a and 2a: decision value -> character signal, on the 16-bit scale. */
describe("G.711", () => {
  test("known octets of A-law", () => {
    expect(ALAW_TO_LINEAR[0xd5]).toBe(8);
    expect(ALAW_TO_LINEAR[0x55]).toBe(-8);
    expect(ALAW_TO_LINEAR[0xaa]).toBe(32256);
    expect(ALAW_TO_LINEAR[0x2a]).toBe(-32256);
    expect(alawOf(0)).toBe(ALAW_SILENCE);
    expect(alawOf(32767)).toBe(0xaa);
    expect(alawOf(-32768)).toBe(0x2a);
  });

  test("known octets of µ-law", () => {
    expect(ULAW_TO_LINEAR[0xff]).toBe(0);
    expect(ULAW_TO_LINEAR[0x7f]).toBe(0);
    expect(ULAW_TO_LINEAR[0x80]).toBe(32124);
    expect(ULAW_TO_LINEAR[0x00]).toBe(-32124);
    expect(LINEAR_TO_ULAW[32768 >> 2]).toBe(ULAW_SILENCE);
  });

  test("every A-law octet survives decoding and encoding", () => {
    const octets = Uint8Array.from({ length: 256 }, (_, i) => i);
    expect(encodeAlaw(decodeAlaw(octets))).toEqual(octets);
  });

  test("every µ-law octet survives, but for the two zeros", () => {
    const octets = Uint8Array.from({ length: 256 }, (_, i) => i);
    const back = encodeUlaw(decodeUlaw(octets));
    for (let i = 0; i < 256; i++) expect(back[i]).toBe(i === 0x7f ? 0xff : i);
  });

  test("the error of a sample is at most half a step of its segment, and encoding is monotonic", () => {
    let before = -40_000;
    for (let sample = -32768; sample <= 32767; sample++) {
      const alaw = ALAW_TO_LINEAR[alawOf(sample)] as number;
      expect(Math.abs(alaw - sample)).toBeLessThanOrEqual(Math.max(16, Math.abs(sample) / 16));
      if (alaw < before) throw new Error(`not monotonic at ${sample}`);
      before = alaw;
      const ulaw = ULAW_TO_LINEAR[LINEAR_TO_ULAW[(sample + 32768) >> 2] as number] as number;
      expect(Math.abs(ulaw - sample)).toBeLessThanOrEqual(Math.max(16, Math.abs(sample) / 16 + 600 * Number(Math.abs(sample) > 32000)));
    }
  });

  test("transcoding by table stays within a step both ways", () => {
    for (let i = 0; i < 256; i++) {
      const linear = ALAW_TO_LINEAR[i] as number;
      const via = ULAW_TO_LINEAR[ALAW_TO_ULAW[i] as number] as number;
      expect(Math.abs(via - linear)).toBeLessThanOrEqual(Math.max(16, Math.abs(linear) / 16));
      const from = ULAW_TO_LINEAR[i] as number;
      const alaw = ALAW_TO_LINEAR[ULAW_TO_ALAW[i] as number] as number;
      expect(Math.abs(alaw - from)).toBeLessThanOrEqual(Math.max(16, Math.abs(from) / 16));
    }
    expect(ALAW_TO_ULAW[ALAW_SILENCE]! & 0xf0).toBe(0xf0);
    expect(ULAW_TO_ALAW[ULAW_SILENCE]).toBe(ALAW_SILENCE);
  });

  test("mapOctets works in place", () => {
    const data = Uint8Array.from([1, 2, 3, 4]);
    const table = Uint8Array.from({ length: 256 }, (_, i) => (i + 10) & 0xff);
    mapOctets(table, data, 1, data, 1, 2);
    expect([...data]).toEqual([1, 12, 13, 4]);
  });
});

describe("level", () => {
  test("a sine of a level measures that level", () => {
    for (const level of [3, 0, -10, -20, -40]) expect(alawLevel(sines([{ hz: 1000, level }], 8000, false))).toBeCloseTo(level, 0);
  });

  test("digital silence is the floor, full scale is 3.14 dBm0", () => {
    expect(alawLevel(new Uint8Array(160).fill(ALAW_SILENCE))).toBe(-90);
    expect(powerToLevel((32768 * 32768) / 2)).toBeCloseTo(3.14, 5);
    expect(levelToAmplitude(20)).toBe(32767);
  });
});
