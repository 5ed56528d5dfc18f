/**
 * The capture file: an append-only sequence of records, so that what a crash leaves is readable up
 * to the last whole record. All numbers are little endian.
 *
 * ```
 * header, 32 octets   magic "HTLCAP01" | version u16 | header length u16 | channels u8 | codec u8 (8 = A-law) |
 *                     reserved u16 | start, epoch ms f64 | flush ms u32 | CRC-32 of the 28 octets before
 * record, 20 octets   magic "HREC" | flags u8 | channels u8 | reserved u16 | first sample u32 | samples u32 | CRC-32
 *   then              samples octets of A-law of the left channel, then as many of the right one
 * ```
 * The CRC of a record covers its header up to the CRC, and its sound. Positions count samples of
 * 1/8000 s since the start; what no record covers is silence. 32 bits reach 149 hours.
 */
export const CAPTURE_HEADER_BYTES = 32;
export const CAPTURE_RECORD_BYTES = 20;
export const CAPTURE_VERSION = 1;
export const CAPTURE_MAGIC = "HTLCAP01";
export const RECORD_MAGIC = 0x43455248; // "HREC"

/** Sound was left out on purpose (PIN entry): the record holds silence. */
export const FLAG_EXCLUDED = 1;
/** Last record: the capture was closed in order; it holds no sound and its position is the length. */
export const FLAG_END = 2;

/** Longest record that is believed, 60 s; anything longer is a broken length. */
export const MAX_RECORD_SAMPLES = 480_000;

export interface CaptureHeader {
  readonly channels: 1 | 2;
  /** Epoch ms of position 0. */
  readonly startedAt: number;
  readonly flushMs: number;
}

/** CRC-32 as in zlib, over several pieces. */
export type Crc32 = (data: Uint8Array, value?: number) => number;

export function writeCaptureHeader(header: CaptureHeader, crc32: Crc32): Uint8Array {
  const out = new Uint8Array(CAPTURE_HEADER_BYTES);
  const view = new DataView(out.buffer);
  for (let i = 0; i < 8; i++) out[i] = CAPTURE_MAGIC.charCodeAt(i);
  view.setUint16(8, CAPTURE_VERSION, true);
  view.setUint16(10, CAPTURE_HEADER_BYTES, true);
  out[12] = header.channels;
  out[13] = 8;
  view.setFloat64(16, header.startedAt, true);
  view.setUint32(24, header.flushMs, true);
  view.setUint32(28, crc32(out.subarray(0, 28)), true);
  return out;
}

/** Undefined when this is no capture file or its header is damaged. */
export function readCaptureHeader(data: Uint8Array, crc32: Crc32): CaptureHeader | undefined {
  if (data.length < CAPTURE_HEADER_BYTES) return undefined;
  for (let i = 0; i < 8; i++) if (data[i] !== CAPTURE_MAGIC.charCodeAt(i)) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const channels = data[12];
  if (view.getUint16(8, true) !== CAPTURE_VERSION || (channels !== 1 && channels !== 2)) return undefined;
  if (view.getUint32(28, true) !== crc32(data.subarray(0, 28))) return undefined;
  return { channels, startedAt: view.getFloat64(16, true), flushMs: view.getUint32(24, true) };
}

export interface RecordHeader {
  readonly flags: number;
  readonly channels: 1 | 2;
  /** First sample. */
  readonly position: number;
  readonly samples: number;
  readonly crc: number;
}

/**
 * Writes the header of a record in front of its sound, which must stand in `out` already.
 *
 * @param out the whole record: 20 octets, then the sound.
 */
export function sealRecord(out: Uint8Array, flags: number, channels: 1 | 2, position: number, samples: number, crc32: Crc32): void {
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  view.setUint32(0, RECORD_MAGIC, true);
  out[4] = flags;
  out[5] = channels;
  view.setUint16(6, 0, true);
  view.setUint32(8, position, true);
  view.setUint32(12, samples, true);
  const headCrc = crc32(out.subarray(0, 16));
  view.setUint32(16, samples === 0 ? headCrc : crc32(out.subarray(CAPTURE_RECORD_BYTES), headCrc), true);
}

/** Undefined when no sound record header stands here. */
export function readRecordHeader(data: Uint8Array): RecordHeader | undefined {
  if (data.length < CAPTURE_RECORD_BYTES) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const channels = data[5];
  const samples = view.getUint32(12, true);
  if (view.getUint32(0, true) !== RECORD_MAGIC || (channels !== 1 && channels !== 2) || samples > MAX_RECORD_SAMPLES) return undefined;
  return { flags: data[4] as number, channels, position: view.getUint32(8, true), samples, crc: view.getUint32(16, true) };
}
