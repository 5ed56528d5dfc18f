export interface WavFormat {
  readonly encoding: "pcm16" | "pcm8" | "alaw" | "ulaw";
  readonly channels: 1 | 2;
  readonly sampleRate: number;
}

/** Octets of `wavHeader`, the same for every format, so that ranges can be computed without reading. */
export const WAV_HEADER_BYTES = 58;

const CODES = { pcm16: 1, pcm8: 1, alaw: 6, ulaw: 7 } as const;

/** Octets of one sample frame (all channels). */
export function wavBlock(format: WavFormat): number {
  return (format.encoding === "pcm16" ? 2 : 1) * format.channels;
}

/** Length of a file with this many sample frames, its padding octet included. */
export function wavLength(format: WavFormat, frames: number): number {
  const data = frames * wavBlock(format);
  return WAV_HEADER_BYTES + data + (data & 1);
}

/**
 * The header of a WAV file whose length is known beforehand: for streaming and for byte ranges. It
 * always carries a `fact` chunk, as the companded formats need one.
 *
 * @param frames sample frames (samples of one channel) that follow.
 */
export function wavHeader(format: WavFormat, frames: number): Uint8Array {
  const out = new Uint8Array(WAV_HEADER_BYTES);
  const view = new DataView(out.buffer);
  const block = wavBlock(format);
  const data = frames * block;
  put(out, 0, "RIFF");
  view.setUint32(4, clamp(WAV_HEADER_BYTES - 8 + data + (data & 1)), true);
  put(out, 8, "WAVEfmt ");
  view.setUint32(16, 18, true);
  view.setUint16(20, CODES[format.encoding], true);
  view.setUint16(22, format.channels, true);
  view.setUint32(24, format.sampleRate, true);
  view.setUint32(28, format.sampleRate * block, true);
  view.setUint16(32, block, true);
  view.setUint16(34, (block / format.channels) * 8, true);
  view.setUint16(36, 0, true);
  put(out, 38, "fact");
  view.setUint32(42, 4, true);
  view.setUint32(46, clamp(frames), true);
  put(out, 50, "data");
  view.setUint32(54, clamp(data), true);
  return out;
}

/** A whole WAV file of 16-bit samples (interleaved where there are two channels). */
export function writeWav(pcm: Int16Array, sampleRate: number, channels: 1 | 2 = 1): Uint8Array {
  const format: WavFormat = { encoding: "pcm16", channels, sampleRate };
  const frames = Math.floor(pcm.length / channels);
  const out = new Uint8Array(wavLength(format, frames));
  out.set(wavHeader(format, frames));
  const view = new DataView(out.buffer);
  for (let i = 0; i < frames * channels; i++) view.setInt16(WAV_HEADER_BYTES + i * 2, pcm[i] as number, true);
  return out;
}

/** A whole WAV file of octets that are already encoded (A-law, µ-law or 8-bit PCM). */
export function writeWavOctets(octets: Uint8Array, format: WavFormat): Uint8Array {
  const frames = Math.floor(octets.length / wavBlock(format));
  const out = new Uint8Array(wavLength(format, frames));
  out.set(wavHeader(format, frames));
  out.set(octets.subarray(0, frames * wavBlock(format)), WAV_HEADER_BYTES);
  return out;
}

/** RIFF lengths are 32 bits; longer sound says "to the end of the file". */
function clamp(value: number): number {
  return Math.min(0xffffffff, value);
}

function put(out: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i);
}
