import { describe, expect, test } from "vitest";
import { ALAW_SILENCE, alawOf, ALAW_TO_ULAW, ULAW_TO_ALAW } from "../codec/g711.js";
import { levelToAmplitude } from "../codec/level.js";
import { DTMF_FREQUENCIES, dtmfTone } from "../audio/tones.js";
import { DtmfDetector } from "./dtmf-detector.js";
import { FaxToneDetector } from "./fax-tone-detector.js";

let state = 1;
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 0x1_0000_0000;
}
/** Gaussian enough. */
const noise = (rms: number): number => (random() + random() + random() + random() - 2) * rms * Math.sqrt(3);

/** Samples of a key: levels in dBm0, frequencies off by a share, noise 20 dB and more below. */
function key(digit: keyof typeof DTMF_FREQUENCIES, ms: number, { low = -10, high = -10, offset = 0, noiseRms = 0 } = {}): number[] {
  const [f1, f2] = DTMF_FREQUENCIES[digit];
  return Array.from({ length: ms * 8 }, (_, i) => levelToAmplitude(low) * Math.sin((2 * Math.PI * f1 * (1 + offset) * i) / 8000) + levelToAmplitude(high) * Math.sin((2 * Math.PI * f2 * (1 + offset) * i) / 8000) + noise(noiseRms));
}
const quiet = (ms: number, rms = 0): number[] => Array.from({ length: ms * 8 }, () => noise(rms));

/** Voiced syllables: glottal pulses of gliding pitch through three moving resonances, with breath. */
function speech(ms: number): number[] {
  const out: number[] = [];
  const states = [0, 0, 0, 0, 0, 0];
  let phase = 0;
  let glottis = 0;
  while (out.length < ms * 8) {
    const length = 800 + Math.floor(random() * 1200);
    const pitch = [90 + random() * 180, 90 + random() * 180] as const;
    const from = [300 + random() * 600, 900 + random() * 1300, 2300 + random() * 700];
    const to = [300 + random() * 600, 900 + random() * 1300, 2300 + random() * 700];
    for (let i = 0; i < length; i++) {
      const at = i / length;
      phase += (pitch[0] + (pitch[1] - pitch[0]) * at) / 8000;
      const pulse = phase >= 1 ? 1 : 0;
      phase -= pulse;
      glottis = 0.85 * glottis + pulse + noise(0.01); // the voice falls off towards high frequencies
      let value = glottis;
      for (let f = 0; f < 3; f++) {
        const hz = (from[f] as number) + ((to[f] as number) - (from[f] as number)) * at;
        const r = Math.exp((-Math.PI * (60 + 40 * f)) / 8000);
        const b = 2 * r * Math.cos((2 * Math.PI * hz) / 8000);
        const next = (1 - b + r * r) * value + b * (states[2 * f] as number) - r * r * (states[2 * f + 1] as number);
        states[2 * f + 1] = states[2 * f] as number;
        states[2 * f] = next;
        value = next;
      }
      out.push(value * 30_000);
    }
  }
  return out;
}

function hears(samples: readonly number[]): string {
  let digits = "";
  const detector = new DtmfDetector({ down: (digit) => (digits += digit), up: () => undefined });
  const alaw = Uint8Array.from(samples, (sample) => alawOf(Math.max(-32768, Math.min(32767, Math.round(sample)))));
  for (let at = 0; at < alaw.length; at += 160) detector.feed(alaw, at, Math.min(160, alaw.length - at));
  detector.flush();
  return digits;
}

describe("DtmfDetector", () => {
  test("all sixteen keys of our own generator, with their length", () => {
    for (const digit of Object.keys(DTMF_FREQUENCIES) as (keyof typeof DTMF_FREQUENCIES)[]) {
      const said: string[] = [];
      const detector = new DtmfDetector({ down: (d) => said.push(`+${d}`), up: (d, ms) => said.push(ms >= 75 && ms <= 115 ? `-${d}` : `-${d} ${ms}`) });
      const tone = dtmfTone(digit, 100);
      detector.feed(tone, 0, tone.length);
      detector.feed(new Uint8Array(800).fill(ALAW_SILENCE), 0, 800);
      expect(said).toEqual([`+${digit}`, `-${digit}`]);
    }
  });

  test("µ-law through its table", () => {
    const tone = dtmfTone("5", 100).map((octet) => ALAW_TO_ULAW[octet] as number);
    let digits = "";
    new DtmfDetector({ down: (digit) => (digits += digit), up: () => undefined }).feed(tone, 0, tone.length, ULAW_TO_ALAW);
    expect(digits).toBe("5");
  });

  test("40 ms tones with 40 ms pauses at any alignment", () => {
    for (let shift = 0; shift < 13; shift++) {
      const samples = quiet(shift + 5);
      for (const digit of ["1", "2", "2", "5", "0", "#"] as const) samples.push(...key(digit, 40), ...quiet(40));
      expect(hears(samples)).toBe("12250#");
    }
  });

  test("tones of 20 ms and less are no keys", () => {
    for (let shift = 0; shift < 13; shift++) expect(hears([...quiet(shift), ...key("5", 20), ...quiet(100)])).toBe("");
  });

  test("a dropout of 10 ms does not make two keys of one", () => {
    for (let shift = 0; shift < 13; shift++) {
      const samples = [...quiet(shift + 20), ...key("8", 60), ...quiet(10), ...key("8", 60), ...quiet(60)];
      expect(hears(samples)).toBe("8");
    }
  });

  test("frequencies off by 1.5 %, levels from -3 to -25 dBm0, twist of the lines", () => {
    for (const offset of [-0.015, 0.015]) expect(hears([...key("9", 80, { offset }), ...quiet(60)])).toBe("9");
    for (const digit of ["1", "D", "3", "0"] as const) {
      for (const [low, high] of [[-3, -3], [-25, -25], [-10, -18], [-14, -10]] as const) expect(hears([...quiet(7), ...key(digit, 80, { low, high }), ...quiet(60)])).toBe(digit);
    }
  });

  test("noise 15 dB below the tones", () => {
    let good = 0;
    for (let i = 0; i < 50; i++) if (hears([...quiet(40, 500), ...key("4", 60, { noiseRms: 1100 }), ...quiet(60, 500)]) === "4") good++;
    expect(good).toBeGreaterThanOrEqual(49);
  });

  test("too quiet, too twisted, or far off the frequency is no key", () => {
    expect(hears(key("5", 100, { low: -40, high: -40 }))).toBe("");
    expect(hears(key("5", 100, { low: -5, high: -25 }))).toBe("");
    expect(hears(key("5", 100, { offset: 0.04 }))).toBe("");
  });

  test("one tone alone, the 450 Hz tones, noise and voice-like sound give no key", () => {
    expect(hears(Array.from({ length: 8000 }, (_, i) => 8000 * Math.sin((2 * Math.PI * 1336 * i) / 8000)))).toBe("");
    expect(hears(Array.from({ length: 8000 }, (_, i) => 8000 * Math.sin((2 * Math.PI * 450 * i) / 8000)))).toBe("");
    expect(hears(quiet(20_000, 4000))).toBe("");
    let keys = "";
    for (let voice = 0; voice < 60; voice++) keys += hears(speech(1000));
    expect(keys).toBe("");
  });
});

describe("FaxToneDetector", () => {
  const tone = (hz: number, ms: number, level = -15): Uint8Array => Uint8Array.from({ length: ms * 8 }, (_, i) => alawOf(Math.round(levelToAmplitude(level) * Math.sin((2 * Math.PI * hz * i) / 8000))));
  const found = (...parts: Uint8Array[]): string[] => {
    const tones: string[] = [];
    const detector = new FaxToneDetector((name) => tones.push(name));
    for (const part of parts) detector.feed(part, 0, part.length);
    return tones;
  };

  test("CNG of half a second within its tolerance, CED with phase reversals", () => {
    for (const hz of [1062, 1100, 1138]) expect(found(tone(hz, 500))).toEqual(["cng"]);
    expect(found(tone(2100, 450), tone(2100, 450).map((octet) => octet ^ 0x80))).toEqual(["ced"]);
    expect(found(tone(1100, 500), tone(0, 3000), tone(1100, 500))).toEqual(["cng", "cng"]);
  });

  test("shorter tones, neighbours and keys are neither", () => {
    expect(found(tone(1100, 300))).toEqual([]);
    expect(found(tone(1000, 1000), tone(1250, 1000), tone(450, 1000), tone(2250, 1000))).toEqual([]);
    expect(found(dtmfTone("1", 1000))).toEqual([]);
    expect(found(tone(1100, 500, -60))).toEqual([]);
  });
});
