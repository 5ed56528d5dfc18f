import { expect, it } from "vitest";
import { sines } from "../src/audio/tones.js";
import { ALAW_SILENCE } from "../src/codec/g711.js";
import { alawPower } from "../src/codec/level.js";
import { gapsIn, runsOf, told } from "./gaps.js";

it("finds what is missing of a tone, not what is before or after it", () => {
  const sound = new Uint8Array(16_000).fill(ALAW_SILENCE);
  sound.set(sines([{ hz: 500, level: -10 }], 8_000), 4_000);
  sound.fill(ALAW_SILENCE, 5_600, 5_600 + 160);
  sound.fill(ALAW_SILENCE, 8_000, 8_000 + 480);
  expect(gapsIn(sound, alawPower)).toEqual([20, 60]);
  expect(gapsIn(new Uint8Array(1_600).fill(ALAW_SILENCE), alawPower)).toEqual([]);
});

it("tells runs and their spread", () => {
  expect(runsOf(new Set([9, 3, 4, 7, 5]))).toEqual([60, 20, 20]);
  expect([told([]), told([20, 60, 20, 20])]).toEqual(["none", "4 (p50 20, p95 60, max 60 ms, 0.1 s in all)"]);
});
