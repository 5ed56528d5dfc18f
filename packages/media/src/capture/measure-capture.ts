import { alawPower, levelToPower, powerToLevel, SILENCE_LEVEL } from "../codec/level.js";
import type { CaptureFile } from "./capture-reader.js";

const FRAME = 160;
/** As while capturing: a frame louder than this is voice. */
const VOICED_LEVEL = -45;

/** What a capture file without an end holds of the received side: milliseconds of voice and the loudest frame in dBm0. */
export async function measureCapture(capture: CaptureFile): Promise<{ voicedMs: number; peakLevel: number }> {
  const voicedPower = levelToPower(VOICED_LEVEL);
  let peak = 0;
  let voiced = 0;
  for await (const { left } of capture.readStereo()) {
    for (let at = 0; at + FRAME <= left.length; at += FRAME) {
      const power = alawPower(left, at, FRAME);
      peak = Math.max(peak, power);
      if (power > voicedPower) voiced += FRAME;
    }
  }
  return { voicedMs: voiced / 8, peakLevel: peak === 0 ? SILENCE_LEVEL : powerToLevel(peak) };
}
