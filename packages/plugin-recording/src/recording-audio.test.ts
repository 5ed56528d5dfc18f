import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { Readable } from "node:stream";
import type { Blobs, HttpContent } from "@hotlinejs/core";
import { SystemClock } from "@hotlinejs/core";
import { WAV_HEADER_BYTES } from "@hotlinejs/media/capture";
import { afterEach, beforeEach, expect, it } from "vitest";
import { channel, strength, tone, writeCapture } from "../test/capture-writer.js";
import type { AudioEngine } from "./audio/audio-engine.js";
import { BLOCK_SAMPLES } from "./audio/opus-blocks.js";
import { CaptureFolder } from "./capture-folder.js";
import type { RecordingRow } from "./entities/recording.entity.js";
import { RecordingAudio } from "./recording-audio.js";

const SAMPLES = BLOCK_SAMPLES + 12_000;
/** Square wave of another pitch than the capture's, so that it is seen where the sound is from. */
const engine = {
  decodeBlock: (_key: string, index: number) => {
    const block = Buffer.alloc(BLOCK_SAMPLES * 4);
    for (let i = 0; i < BLOCK_SAMPLES; i++) {
      const value = Math.floor((index * BLOCK_SAMPLES + i) / 10) % 2 === 0 ? 4000 : -4000;
      block.writeInt16LE(value, i * 4);
      block.writeInt16LE(value, i * 4 + 2);
    }
    return Promise.resolve(new Uint8Array(block));
  },
} as unknown as AudioEngine;
const blobs = { open: () => Promise.resolve(Readable.from([])) } as unknown as Blobs;

let root: string;
let folder: CaptureFolder;
let stored: RecordingRow;
let audio: RecordingAudio;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "hotline-audio-"));
  folder = new CaptureFolder(root, new SystemClock());
  await folder.create();
  writeCapture(folder.file("one.cap"), { left: tone(1000, SAMPLES), right: tone(700, SAMPLES) });
  stored = { id: "one", state: "captured", captureFile: "one.cap", opusBlobId: null, opusSha256: null, samples: null } as unknown as RecordingRow;
  audio = new RecordingAudio(folder, blobs, engine, { row: () => Promise.resolve(stored) });
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** What the job does while somebody is about to listen. */
async function compress(): Promise<void> {
  stored = { ...stored, state: "compressed", captureFile: null, opusBlobId: "blob", opusSha256: "sum", samples: SAMPLES };
  await rm(folder.file("one.cap"));
}

async function octets(content: HttpContent, start = 0, end = content.size - 1): Promise<Buffer> {
  return buffer(content.open(start, end));
}

it("is read from the capture", async () => {
  const all = await octets(await audio.wav(stored));
  expect(all.length).toBe(WAV_HEADER_BYTES + SAMPLES * 4);
  expect(strength(channel(all.subarray(WAV_HEADER_BYTES), 0), 1000)).toBeGreaterThan(4000);
});

it("is whole when it is compressed, and its capture removed, between the look and the reading", async () => {
  const content = await audio.wav(stored);
  await compress();
  const all = await octets(content);
  expect(all.length).toBe(content.size);
  expect(strength(channel(all.subarray(WAV_HEADER_BYTES), 0), 400)).toBeGreaterThan(3000);
  const part = await octets(content, 1_000_001, 1_000_500);
  expect(part.equals(all.subarray(1_000_001, 1_000_501))).toBe(true);
});

it("is found when it was compressed since the row was read", async () => {
  const before = stored;
  await compress();
  const content = await audio.wav(before);
  expect(content.etag).toBe('"sum-wav"');
  expect((await octets(content)).length).toBe(WAV_HEADER_BYTES + SAMPLES * 4);
});

it("is a coded error where the capture is gone and nothing has taken its place", async () => {
  const content = await audio.wav(stored);
  await rm(folder.file("one.cap"));
  await expect(octets(content)).rejects.toMatchObject({ code: "HTL_RECORDING_NO_AUDIO" });
  await expect(audio.wav(stored)).rejects.toMatchObject({ code: "HTL_RECORDING_NO_AUDIO" });
});
