import { describe, expect, test } from "vitest";
import { dtmfTone, sines, tonePeriod } from "../audio/tones.js";
import { ALAW_SILENCE } from "../codec/g711.js";
import { CallProgressDetector } from "./call-progress-detector.js";

const quiet = (ms: number): Uint8Array => new Uint8Array(ms * 8).fill(ALAW_SILENCE);
const burst = (ms: number, hz = 450, level = -10): Uint8Array => sines([{ hz, level }], ms * 8);

/** What is told of a sound, with the time in ms. `shift` moves it against the detector's blocks. */
function told(parts: readonly Uint8Array[], shift = 0): readonly string[] {
  const found: string[] = [];
  let ms = 0;
  const detector = new CallProgressDetector({ tone: (tone) => found.push(`${tone}@${ms}`), voice: () => found.push(`voice@${ms}`) });
  const sound = Buffer.concat([quiet(20).subarray(0, shift), ...parts, quiet(20)]);
  for (let at = 0; at + 160 <= sound.length; at += 160) {
    ms = (at + 160) / 8;
    detector.feed(sound, at);
  }
  return found;
}
const names = (found: readonly string[]): readonly string[] => found.map((each) => each.replace(/@.*/, ""));

describe("tones of the exchange", () => {
  test.each([0, 40, 80, 120])("are told by their cadence, wherever they begin (%i samples into a block)", (shift) => {
    expect(names(told([tonePeriod("busy"), tonePeriod("busy"), quiet(500)], shift))).toEqual(["busy"]);
    expect(names(told([tonePeriod("congestion"), tonePeriod("congestion"), quiet(900)], shift))).toEqual(["congestion"]);
    expect(names(told([tonePeriod("ringback"), tonePeriod("ringback")], shift))).toEqual(["ringback", "ringback"]);
    expect(names(told([tonePeriod("dial"), tonePeriod("dial"), tonePeriod("dial")], shift))).toEqual(["dial"]);
  });

  test("busy is told within two periods, and once however long it lasts", () => {
    const found = told(Array.from({ length: 10 }, () => tonePeriod("busy")));
    expect(names(found)).toEqual(["busy"]);
    expect(Number(found[0]?.split("@")[1])).toBeLessThanOrEqual(1_400);
  });

  test("also where line and exchange are off: 425 and 475 Hz, -30 dBm0, a fifth too long", () => {
    for (const hz of [425, 475]) expect(names(told([burst(400, hz), quiet(400), burst(400, hz), quiet(600)]))).toEqual(["busy"]);
    expect(names(told([burst(350, 450, -30), quiet(350), burst(350, 450, -30), quiet(600)]))).toEqual(["busy"]);
  });

  test("a single burst, other tones, keys and silence are no tone of the exchange", () => {
    expect(names(told([burst(350), quiet(2_000)]))).toEqual([]);
    expect(names(told([burst(350, 1_000), quiet(350), burst(350, 1_000), quiet(600)]))).not.toContain("busy");
    expect(names(told([burst(200), quiet(200), burst(200), quiet(200), burst(200), quiet(600)]))).toEqual([]);
    expect(names(told([dtmfTone("1", 100), quiet(100), dtmfTone("2", 100), quiet(1_000)]))).toEqual([]);
    expect(told([quiet(10_000)])).toEqual([]);
  });

  test("somebody who speaks is told, once per spurt, and busy after it is heard", () => {
    const word = (ms: number): Uint8Array => sines([{ hz: 210, level: -20 }, { hz: 830, level: -22 }], ms * 8);
    const speech = [word(180), quiet(60), word(220), quiet(80), word(300)];
    expect(names(told([...speech, quiet(1_500), ...speech, quiet(300), tonePeriod("busy"), tonePeriod("busy")]))).toEqual(["voice", "voice", "busy"]);
    expect(names(told([tonePeriod("ringback"), word(600)]))).toEqual(["ringback", "voice"]);
  });
});
