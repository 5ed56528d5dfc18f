import libsamplerate from "@alexanderolsen/libsamplerate-js";
import { MediaFormatError } from "../media-format-error.js";

/** Samples handed to the library at once; it copies through a fixed window of its own. */
const CHUNK = 512 * 1024;

/**
 * Changes the sample rate by a band-limited sinc (libsamplerate, SINC_MEDIUM), so that nothing above
 * half the new rate folds back. Synchronous after the first call and heavy: not for media threads.
 */
export async function resample(pcm: Int16Array, from: number, to: number): Promise<Int16Array> {
  if (!Number.isFinite(from) || from < 4000 || from > 192_000) throw new MediaFormatError("BAD_AUDIO", `sample rate ${from}; 4000 to 192000 are taken`);
  if (from === to || pcm.length === 0) return pcm;
  const converter = await libsamplerate.create(1, from, to, { converterType: libsamplerate.ConverterType.SRC_SINC_MEDIUM_QUALITY });
  try {
    const wanted = Math.round((pcm.length * to) / from);
    const out = new Int16Array(wanted);
    const whole = pcm.length <= CHUNK;
    // The streaming call holds back its filter's tail; silence pushes it out.
    const total = whole ? pcm.length : pcm.length + from / 10;
    let written = 0;
    for (let at = 0; at < total; at += CHUNK) {
      const piece = new Float32Array(Math.min(CHUNK, Math.ceil(total) - at));
      for (let i = 0; i < piece.length; i++) piece[i] = (pcm[at + i] ?? 0) / 32768;
      const converted = whole ? converter.simple(piece) : converter.full(piece);
      for (let i = 0; i < converted.length && written < wanted; i++) {
        out[written++] = Math.max(-32768, Math.min(32767, Math.round((converted[i] as number) * 32768)));
      }
    }
    return out;
  } finally {
    converter.destroy();
  }
}
