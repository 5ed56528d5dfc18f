import { createHash } from "node:crypto";
import type { AudioAsset } from "@hotlinejs/core";

/**
 * A cached sound as a file: 8 octets of magic with the format's version, the number of samples
 * (uint32, big endian), their SHA-256, then A-law octets. Whatever does not fit is a corrupt entry.
 */
const MAGIC = Buffer.from("HTLTTS\x00\x01", "latin1");
const HEADER = MAGIC.length + 4 + 32;

export function packAsset(asset: AudioAsset): Buffer {
  const samples = Buffer.from(asset.samples);
  const count = Buffer.alloc(4);
  count.writeUInt32BE(samples.length);
  return Buffer.concat([MAGIC, count, createHash("sha256").update(samples).digest(), samples]);
}

/** `undefined` when the file is not whole. */
export function unpackAsset(file: Buffer): AudioAsset | undefined {
  if (file.length < HEADER || !file.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const samples = file.subarray(HEADER);
  if (samples.length !== file.readUInt32BE(MAGIC.length)) return undefined;
  if (!createHash("sha256").update(samples).digest().equals(file.subarray(MAGIC.length + 4, HEADER))) return undefined;
  return makeAsset(samples);
}

/** An asset in shared memory, so that media workers read it without a copy. */
export function makeAsset(samples: Uint8Array): AudioAsset {
  const shared = new Uint8Array(new SharedArrayBuffer(samples.length));
  shared.set(samples);
  return { id: `tts-${createHash("sha256").update(samples).digest("hex").slice(0, 32)}`, samples: shared, durationMs: samples.length / 8 };
}

/** Drops silence at both ends (quieter than -48 dBFS for whole 5 ms), leaving 5 ms, so that pauses between pieces are exactly those asked for. */
export function trimSilence(pcm: Int16Array, sampleRate: number): Int16Array {
  const frame = Math.max(1, Math.round(sampleRate / 200));
  const frames = Math.ceil(pcm.length / frame);
  const loud = (index: number): boolean => {
    const end = Math.min(pcm.length, (index + 1) * frame);
    for (let at = index * frame; at < end; at++) if (Math.abs(pcm[at] ?? 0) > 130) return true;
    return false;
  };
  let first = 0;
  while (first < frames && !loud(first)) first++;
  let last = frames - 1;
  while (last > first && !loud(last)) last--;
  if (first >= frames) return pcm.subarray(0, 0);
  return pcm.subarray(Math.max(0, (first - 1) * frame), Math.min(pcm.length, (last + 2) * frame));
}
