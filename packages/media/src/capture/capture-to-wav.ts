import { open } from "node:fs/promises";
import { ALAW_TO_LINEAR } from "../codec/g711.js";
import { wavHeader } from "../audio/wav-writer.js";
import type { WavFormat } from "../audio/wav-writer.js";
import { openCapture } from "./capture-reader.js";
import type { StereoChunk } from "./capture-reader.js";

export interface CaptureToWavOptions {
  /** `pcm16` (default) plays everywhere; `alaw` is half as long and loses nothing. */
  readonly encoding?: "pcm16" | "alaw";
}

/**
 * Writes a capture as a WAV file with two channels (received left, sent right), positions true,
 * gaps and excluded stretches silent. One channel when the capture has one.
 *
 * @returns what was written; `truncated` as in `openCapture`.
 */
export async function captureToWav(path: string, out: string, options: CaptureToWavOptions = {}): Promise<{ durationMs: number; truncated: boolean }> {
  const capture = await openCapture(path);
  const format: WavFormat = { encoding: options.encoding ?? "pcm16", channels: capture.channels, sampleRate: 8000 };
  const file = await open(out, "w");
  try {
    await file.writeFile(wavHeader(format, capture.samples));
    let bytes = 0;
    for await (const chunk of capture.readStereo()) {
      const octets = interleave(chunk, format);
      bytes += octets.length;
      await file.writeFile(octets);
    }
    if ((bytes & 1) === 1) await file.writeFile(new Uint8Array(1)); // RIFF pads to even length
  } finally {
    await file.close();
  }
  return { durationMs: capture.durationMs, truncated: capture.truncated };
}

/** A chunk of a capture as the data of a WAV file of this format. */
export function interleave({ left, right }: StereoChunk, format: WavFormat): Uint8Array {
  const stereo = format.channels === 2;
  if (format.encoding === "alaw") {
    if (!stereo) return left;
    const out = new Uint8Array(left.length * 2);
    for (let i = 0; i < left.length; i++) {
      out[2 * i] = left[i] as number;
      out[2 * i + 1] = right[i] as number;
    }
    return out;
  }
  const samples = new Int16Array(left.length * format.channels);
  for (let i = 0; i < left.length; i++) {
    if (stereo) {
      samples[2 * i] = ALAW_TO_LINEAR[left[i] as number] as number;
      samples[2 * i + 1] = ALAW_TO_LINEAR[right[i] as number] as number;
    } else samples[i] = ALAW_TO_LINEAR[left[i] as number] as number;
  }
  return new Uint8Array(samples.buffer);
}
