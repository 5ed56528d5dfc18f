import { describe, expect, it } from "vitest";
import { levelSpeech, voicedRms } from "./level.js";

const RATE = 22_050;
const db = (value: number) => 20 * Math.log10(value);
const peak = (pcm: Int16Array) => db(pcm.reduce((top, sample) => Math.max(top, Math.abs(sample)), 0) / 32_768);
const rms = (pcm: Int16Array) => db(voicedRms(Float64Array.from(pcm, (sample) => sample / 32_768), RATE));
const sine = (seconds: number, amplitude: number) => Int16Array.from({ length: seconds * RATE }, (_, n) => Math.round(Math.sin(n * 0.1) * amplitude * 32_767));

describe("levelSpeech", () => {
  it.each([0.01, 0.1, 0.5, 1])("brings a tone of amplitude %f to -18 dBFS", (amplitude) => {
    const out = levelSpeech(sine(1, amplitude), RATE);
    expect(rms(out)).toBeGreaterThan(-18.5);
    expect(rms(out)).toBeLessThan(-17.5);
    expect(peak(out)).toBeLessThan(-3);
  });

  it("holds peaks down without clipping when speech is far below them", () => {
    const spiky = sine(1, 0.05);
    for (let at = 500; at < spiky.length; at += 2205) spiky[at] = 32_767;
    const out = levelSpeech(spiky, RATE);
    expect(peak(out)).toBeLessThanOrEqual(-3.15);
    // Clipping would show as runs of samples at the ceiling.
    const ceiling = Math.max(...out);
    let run = 0;
    let longest = 0;
    for (const sample of out) longest = Math.max(longest, (run = sample >= ceiling - 1 ? run + 1 : 0));
    expect(longest).toBeLessThan(3);
  });

  it("cuts silence at both ends and fades", () => {
    const pcm = new Int16Array(RATE * 2);
    pcm.set(sine(0.5, 0.5), RATE);
    const out = levelSpeech(pcm, RATE);
    expect(out.length / RATE).toBeCloseTo(0.516, 2);
    expect(Math.abs(out[0] ?? 1)).toBe(0);
    expect(Math.abs(out.at(-1) ?? 1)).toBe(0);
  });

  it("is empty for silence, nothing and noise", () => {
    expect(levelSpeech(new Int16Array(5000), RATE)).toHaveLength(0);
    expect(levelSpeech(new Int16Array(0), RATE)).toHaveLength(0);
    expect(levelSpeech(Int16Array.from({ length: 5000 }, (_, n) => (n % 2 === 0 ? 50 : -50)), RATE)).toHaveLength(0);
  });

  it("takes sounds shorter than its windows", () => {
    for (const length of [1, 2, 10, 100]) expect(() => levelSpeech(new Int16Array(length).fill(20_000), RATE)).not.toThrow();
  });
});
