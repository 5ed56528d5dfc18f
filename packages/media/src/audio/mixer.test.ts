import { describe, expect, test } from "vitest";
import { ALAW_SILENCE, ALAW_TO_LINEAR, alawOf } from "../codec/g711.js";
import { Mixer } from "./mixer.js";
import type { MixerParty } from "./mixer.js";

const party = (value: number | undefined, hears: (other: MixerParty) => boolean = () => true): MixerParty => ({
  input: value === undefined ? undefined : new Uint8Array(160).fill(alawOf(value)),
  output: new Uint8Array(160),
  heardBy: hears,
});
const heard = (p: MixerParty): number => ALAW_TO_LINEAR[p.output[80] as number] as number;

describe("Mixer", () => {
  test("everyone hears the sum of the others", () => {
    const [a, b, c] = [party(1000), party(2000), party(4000)];
    new Mixer().mix([a, b, c]);
    expect(heard(a)).toBeCloseTo(6000, -3);
    expect(heard(b)).toBeCloseTo(5000, -3);
    expect(heard(c)).toBeCloseTo(3000, -3);
  });

  test("loud sums saturate and do not wrap", () => {
    const parties = [party(30_000), party(30_000), party(30_000), party(-30_000)];
    new Mixer().mix(parties);
    expect(heard(parties[3] as MixerParty)).toBe(32256);
    const low = [party(-32_000), party(-32_000), party(-32_000), party(0)];
    new Mixer().mix(low);
    expect(heard(low[3] as MixerParty)).toBe(-32256);
  });

  test("one speaker is passed on octet by octet, none is silence", () => {
    const [a, b, c] = [party(1234), party(undefined), party(undefined)];
    new Mixer().mix([a, b, c]);
    expect(b.output).toEqual(a.input);
    expect(c.output).toEqual(a.input);
    expect(a.output.every((octet) => octet === ALAW_SILENCE)).toBe(true);
  });

  test("a whisper reaches its target alone", () => {
    const citizen = party(1000);
    const agent = party(2000);
    const supervisor = party(4000, (other) => other === agent);
    new Mixer().mix([citizen, agent, supervisor]);
    expect(heard(citizen)).toBeCloseTo(2000, -2);
    expect(heard(agent)).toBeCloseTo(5000, -3);
    expect(heard(supervisor)).toBeCloseTo(3000, -3);
  });
});
