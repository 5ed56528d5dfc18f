import { decodeAlaw, decodeUlaw } from "../codec/g711.js";
import { MediaFormatError } from "../media-format-error.js";

export interface WavSound {
  readonly sampleRate: number;
  /** Channels of the file; `pcm` is mixed down to one. */
  readonly channels: number;
  readonly pcm: Int16Array;
}

const PCM = 1;
const ALAW = 6;
const ULAW = 7;
const EXTENSIBLE = 0xfffe;

/**
 * Reads a RIFF/WAVE file: PCM of 8 or 16 bits, A-law or µ-law, mono or stereo (mixed down). Unknown
 * chunks are skipped; a `data` chunk longer than the file (a stream that was cut, or 0xffffffff) is
 * taken up to the end of the file.
 *
 * @throws MediaFormatError `BAD_WAV` that says what is wrong.
 */
export function readWav(file: Uint8Array): WavSound {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 12 || tag(file, 0) !== "RIFF" || tag(file, 8) !== "WAVE") throw new MediaFormatError("BAD_WAV", "no RIFF/WAVE header");
  let format: { code: number; channels: number; sampleRate: number; bits: number; block: number } | undefined;
  for (let at = 12; at + 8 <= file.length; ) {
    const id = tag(file, at);
    const size = view.getUint32(at + 4, true);
    const body = at + 8;
    if (id === "fmt ") {
      if (size < 16 || body + size > file.length) throw new MediaFormatError("BAD_WAV", "the format chunk is too short");
      let code = view.getUint16(body, true);
      if (code === EXTENSIBLE && size >= 26) code = view.getUint16(body + 24, true);
      format = {
        code,
        channels: view.getUint16(body + 2, true),
        sampleRate: view.getUint32(body + 4, true),
        block: view.getUint16(body + 12, true),
        bits: view.getUint16(body + 14, true),
      };
    } else if (id === "data") {
      if (format === undefined) throw new MediaFormatError("BAD_WAV", "sound data comes before its format");
      const octets = file.subarray(body, Math.min(file.length, body + size));
      return { sampleRate: checkRate(format.sampleRate), channels: format.channels, pcm: decode(octets, format) };
    }
    at = body + size + (size & 1); // chunks are padded to even length
  }
  throw new MediaFormatError("BAD_WAV", format === undefined ? "no format chunk" : "no sound data");
}

function decode(octets: Uint8Array, format: { code: number; channels: number; bits: number; block: number }): Int16Array {
  if (format.channels !== 1 && format.channels !== 2) throw new MediaFormatError("BAD_WAV", `${format.channels} channels; 1 or 2 are read`);
  return mixDown(interleaved(octets, format), format.channels);
}

function interleaved(octets: Uint8Array, { code, bits }: { code: number; bits: number }): Int16Array {
  if (code === ALAW && bits === 8) return decodeAlaw(octets);
  if (code === ULAW && bits === 8) return decodeUlaw(octets);
  if (code === PCM && bits === 8) return Int16Array.from(octets, (value) => (value - 128) << 8);
  if (code === PCM && bits === 16) {
    const out = new Int16Array(octets.length >> 1);
    const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
    for (let i = 0; i < out.length; i++) out[i] = view.getInt16(i * 2, true);
    return out;
  }
  throw new MediaFormatError("BAD_WAV", `format ${code} with ${bits} bits; PCM of 8 or 16 bits, A-law and µ-law are read`);
}

function mixDown(samples: Int16Array, channels: number): Int16Array {
  if (channels === 1) return samples;
  const out = new Int16Array(samples.length >> 1);
  for (let i = 0; i < out.length; i++) out[i] = ((samples[2 * i] as number) + (samples[2 * i + 1] as number)) >> 1;
  return out;
}

function checkRate(rate: number): number {
  if (rate < 4000 || rate > 192_000) throw new MediaFormatError("BAD_WAV", `sample rate ${rate}; 4000 to 192000 are read`);
  return rate;
}

function tag(file: Uint8Array, at: number): string {
  return String.fromCharCode(file[at] ?? 0, file[at + 1] ?? 0, file[at + 2] ?? 0, file[at + 3] ?? 0);
}
