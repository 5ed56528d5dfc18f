import { writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";

/** A-law of a 16-bit sample (ITU-T G.711), by search: slow and plainly right. */
const CODES = Array.from({ length: 256 }, (_, code) => {
  const value = code ^ 0x55;
  const exponent = (value >> 4) & 7;
  const magnitude = exponent === 0 ? ((value & 15) << 4) + 8 : (((value & 15) << 4) + 0x108) << (exponent - 1);
  return { code, linear: value & 0x80 ? magnitude : -magnitude };
}).sort((a, b) => a.linear - b.linear);

function alaw(sample: number): number {
  let best = CODES[0];
  for (const each of CODES) if (best === undefined || Math.abs(each.linear - sample) < Math.abs(best.linear - sample)) best = each;
  return best?.code ?? 0xd5;
}

/** One period table per tone keeps the search out of long files. */
export function tone(hz: number, samples: number, amplitude = 8000): Uint8Array {
  const period = Array.from({ length: 8000 }, (_, i) => alaw(amplitude * Math.sin((2 * Math.PI * hz * i) / 8000)));
  return Uint8Array.from({ length: samples }, (_, i) => period[i % 8000] ?? 0xd5);
}

export interface CaptureSpec {
  readonly left: Uint8Array;
  /** None: one channel. */
  readonly right?: Uint8Array;
  readonly startedAt?: number;
  /** Samples of one record. Default 4000. */
  readonly record?: number;
  /** Without: as a crash leaves it. Default true. */
  readonly end?: boolean;
  /** Samples marked as left out. */
  readonly excluded?: { readonly from: number; readonly to: number };
}

/** Octets of a capture file, in the format that `@hotlinejs/media` documents. */
export function captureBytes(spec: CaptureSpec): Buffer {
  const channels = spec.right === undefined ? 1 : 2;
  const header = Buffer.alloc(32);
  header.write("HTLCAP01", "latin1");
  header.writeUInt16LE(1, 8);
  header.writeUInt16LE(32, 10);
  header.writeUInt8(channels, 12);
  header.writeUInt8(8, 13);
  header.writeDoubleLE(spec.startedAt ?? 0, 16);
  header.writeUInt32LE(500, 24);
  header.writeUInt32LE(crc32(header.subarray(0, 28)), 28);
  const parts: Buffer[] = [header];
  const size = spec.record ?? 4000;
  for (let at = 0; at < spec.left.length; at += size) {
    const left = spec.left.subarray(at, at + size);
    const excluded = spec.excluded !== undefined && at >= spec.excluded.from && at < spec.excluded.to;
    parts.push(record(excluded ? 1 : 0, channels, at, left.length, Buffer.concat([left, spec.right?.subarray(at, at + left.length) ?? new Uint8Array(0)])));
  }
  if (spec.end !== false) parts.push(record(2, channels, spec.left.length, 0, Buffer.alloc(0)));
  return Buffer.concat(parts);
}

export function writeCapture(path: string, spec: CaptureSpec): void {
  writeFileSync(path, captureBytes(spec));
}

function record(flags: number, channels: number, position: number, samples: number, sound: Buffer): Buffer {
  const head = Buffer.alloc(20);
  head.write("HREC", "latin1");
  head.writeUInt8(flags, 4);
  head.writeUInt8(channels, 5);
  head.writeUInt32LE(position, 8);
  head.writeUInt32LE(samples, 12);
  head.writeUInt32LE(crc32(sound, crc32(head.subarray(0, 16))), 16);
  return Buffer.concat([head, sound]);
}

/** Strength of one frequency in 16-bit samples, 0 to about the amplitude (Goertzel). */
export function strength(pcm: Int16Array, hz: number): number {
  const w = (2 * Math.PI * hz) / 8000;
  let re = 0;
  let im = 0;
  for (let i = 0; i < pcm.length; i++) {
    re += (pcm[i] ?? 0) * Math.cos(w * i);
    im += (pcm[i] ?? 0) * Math.sin(w * i);
  }
  return (2 * Math.hypot(re, im)) / Math.max(1, pcm.length);
}

/** One channel of interleaved 16-bit octets. */
export function channel(bytes: Uint8Array, index: 0 | 1): Int16Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Int16Array.from({ length: bytes.length >> 2 }, (_, i) => view.getInt16(i * 4 + index * 2, true));
}
