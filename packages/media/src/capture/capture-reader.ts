import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { ALAW_SILENCE } from "../codec/g711.js";
import { mediaErrors } from "../errors.js";
import { CAPTURE_HEADER_BYTES, CAPTURE_RECORD_BYTES, FLAG_END, FLAG_EXCLUDED, readCaptureHeader, readRecordHeader } from "./capture-format.js";
import type { RecordHeader } from "./capture-format.js";

/** Sound of both directions, A-law, 8 octets per millisecond. */
export interface StereoChunk {
  /** Received. */
  readonly left: Uint8Array;
  /** Sent; silence in captures of one channel. */
  readonly right: Uint8Array;
}

/** A capture file as found on disk. */
export interface CaptureFile {
  readonly durationMs: number;
  /** Length in samples of 1/8000 s. */
  readonly samples: number;
  readonly channels: 1 | 2;
  /** Epoch ms of position 0. */
  readonly startedAt: number;
  /** The file has no proper end (the process died); everything up to the last whole record is here. */
  readonly truncated: boolean;
  /** Stretches left out on purpose, in samples. */
  readonly excluded: readonly { readonly from: number; readonly to: number }[];
  /** The sound from `from` to `to` (samples; default all), gaps filled with silence, in pieces of at most a few seconds. */
  readStereo(from?: number, to?: number): AsyncIterable<StereoChunk>;
}

interface Entry {
  readonly position: number;
  readonly samples: number;
  readonly channels: 1 | 2;
  /** Where its sound begins in the file. */
  readonly offset: number;
}

/** Longest stretch of silence handed out at once. */
const GAP_CHUNK = 8000 * 4;

/**
 * Opens a capture file and builds its index; every record's CRC is checked. Reading stops at the
 * first record that is not whole.
 *
 * @throws `HTL_MEDIA_BAD_CAPTURE` when the file is no capture; file system errors as they are.
 */
export async function openCapture(path: string): Promise<CaptureFile> {
  const file = await open(path, "r");
  try {
    const head = new Uint8Array(CAPTURE_HEADER_BYTES);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    const header = readCaptureHeader(head.subarray(0, bytesRead), crc32);
    if (header === undefined) throw mediaErrors.BAD_CAPTURE(path);
    const { entries, excluded, length, ended } = await index(file);
    return {
      samples: length,
      durationMs: length / 8,
      channels: header.channels,
      startedAt: header.startedAt,
      truncated: !ended,
      excluded,
      readStereo: (from = 0, to = length) => stereo(path, entries, Math.max(0, Math.floor(from)), Math.min(length, Math.floor(to))),
    };
  } finally {
    await file.close();
  }
}

async function index(file: FileHandle): Promise<{ entries: Entry[]; excluded: { from: number; to: number }[]; length: number; ended: boolean }> {
  const entries: Entry[] = [];
  const excluded: { from: number; to: number }[] = [];
  const head = new Uint8Array(CAPTURE_RECORD_BYTES);
  let sound = new Uint8Array(0);
  let length = 0;
  let ended = false;
  for (let at = CAPTURE_HEADER_BYTES; ; ) {
    const { bytesRead } = await file.read(head, 0, head.length, at);
    const record = readRecordHeader(head.subarray(0, bytesRead));
    if (record === undefined) break;
    const bytes = record.samples * record.channels;
    if (sound.length < bytes) sound = new Uint8Array(bytes);
    const body = sound.subarray(0, bytes);
    if (bytes > 0 && (await file.read(body, 0, bytes, at + CAPTURE_RECORD_BYTES)).bytesRead !== bytes) break;
    const headCrc = crc32(head.subarray(0, 16));
    if ((bytes === 0 ? headCrc : crc32(body, headCrc)) !== record.crc) break; // zlib starts anew for an empty buffer without memory
    length = Math.max(length, record.position + record.samples);
    if ((record.flags & FLAG_END) !== 0) {
      ended = true;
      break;
    }
    entries.push({ position: record.position, samples: record.samples, channels: record.channels, offset: at + CAPTURE_RECORD_BYTES });
    if ((record.flags & FLAG_EXCLUDED) !== 0) exclude(excluded, record);
    at += CAPTURE_RECORD_BYTES + bytes;
  }
  return { entries, excluded, length, ended };
}

/** Neighbouring excluded records are one stretch. */
function exclude(excluded: { from: number; to: number }[], record: RecordHeader): void {
  const last = excluded.at(-1);
  const to = record.position + record.samples;
  if (last !== undefined && last.to === record.position) last.to = to;
  else excluded.push({ from: record.position, to });
}

async function* stereo(path: string, entries: readonly Entry[], from: number, to: number): AsyncGenerator<StereoChunk> {
  if (from >= to) return;
  const file = await open(path, "r");
  try {
    let at = from;
    for (const entry of entries) {
      const end = entry.position + entry.samples;
      if (end <= at) continue;
      if (entry.position >= to) break;
      if (entry.position > at) yield* silence(entry.position - at);
      const first = Math.max(at, entry.position);
      at = first;
      const count = Math.min(end, to) - first;
      const skip = first - entry.position;
      const left = await octets(file, entry.offset + skip, count);
      const right = entry.channels === 2 ? await octets(file, entry.offset + entry.samples + skip, count) : quiet(count);
      yield { left, right };
      at += count;
    }
    if (at < to) yield* silence(to - at);
  } finally {
    await file.close();
  }
}

async function octets(file: FileHandle, offset: number, count: number): Promise<Uint8Array> {
  const out = new Uint8Array(count);
  const { bytesRead } = await file.read(out, 0, count, offset);
  out.fill(ALAW_SILENCE, bytesRead);
  return out;
}

function* silence(samples: number): Generator<StereoChunk> {
  for (let left = samples; left > 0; left -= GAP_CHUNK) yield { left: quiet(Math.min(left, GAP_CHUNK)), right: quiet(Math.min(left, GAP_CHUNK)) };
}

function quiet(samples: number): Uint8Array {
  return new Uint8Array(samples).fill(ALAW_SILENCE);
}
