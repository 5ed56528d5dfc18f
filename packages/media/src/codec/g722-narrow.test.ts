import { expect, test } from "vitest";
import { signalToNoise, speechLike } from "../../test/wideband-sound.js";
import { HalfBandDecimator } from "../audio/half-band.js";
import { sines } from "../audio/tones.js";
import { ALAW_TO_LINEAR, decodeAlaw, encodeAlaw, encodeUlaw, ULAW_TO_LINEAR } from "./g711.js";
import { G722ToAlaw, NarrowToG722 } from "./g722-narrow.js";
import { alawLevel } from "./level.js";

/** Speech of the telephone band, 8 kHz. */
function telephoneSpeech(): Int16Array {
  const narrow = new Int16Array(24_000);
  new HalfBandDecimator().process(speechLike(48_000), narrow, narrow.length);
  return narrow;
}

function thereAndBack(octets: Uint8Array, linear: Int16Array): Int16Array {
  const out = new Uint8Array(octets.length);
  new NarrowToG722().encode(linear, octets, 0, out, 0, octets.length);
  new G722ToAlaw().decode(out, 0, out, 0, out.length);
  return decodeAlaw(out);
}

test("speech of either law survives the way through G.722", () => {
  const speech = telephoneSpeech();
  expect(signalToNoise(speech, thereAndBack(encodeAlaw(speech), ALAW_TO_LINEAR))).toBeGreaterThan(20);
  expect(signalToNoise(speech, thereAndBack(encodeUlaw(speech), ULAW_TO_LINEAR))).toBeGreaterThan(20);
});

test("a tone keeps its level", () => {
  for (const hz of [400, 1000, 2500, 3300]) {
    const alaw = sines([{ hz, level: -12 }], 8000, false);
    const back = encodeAlaw(thereAndBack(alaw, ALAW_TO_LINEAR));
    expect(Math.abs(alawLevel(back.subarray(800)) - alawLevel(alaw)), `${hz} Hz`).toBeLessThan(0.3);
  }
});

test("is made in place, in packets of any length", () => {
  const alaw = encodeAlaw(telephoneSpeech()).subarray(0, 5000);
  const whole = new Uint8Array(5000);
  new NarrowToG722().encode(ALAW_TO_LINEAR, alaw, 0, whole, 0, 5000);
  const encoder = new NarrowToG722();
  const packet = alaw.slice();
  for (let at = 0; at < 5000; at += 240) encoder.encode(ALAW_TO_LINEAR, packet, at, packet, at, Math.min(240, 5000 - at));
  expect(packet).toEqual(whole);
});
