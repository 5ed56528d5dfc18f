import { createReadStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { isHotlineError } from "@hotlinejs/core";
import type { Blobs, Clock, Logger } from "@hotlinejs/core";
import type { AudioEngine } from "./audio/audio-engine.js";
import type { CaptureFolder } from "./capture-folder.js";
import { errors } from "./errors.js";
import type { RecordingStore } from "./recording-store.js";

export interface CompressParts {
  readonly store: RecordingStore;
  readonly folder: CaptureFolder;
  readonly blobs: Blobs;
  readonly engine: AudioEngine;
  readonly clock: Clock;
  readonly log: Logger;
  readonly keepRawMs: number;
}

/**
 * The job `recording.compress`: capture -> Opus file -> blob -> row -> claim -> the capture is removed. Each step may be
 * the last before a crash, so a second run goes on where the first one stopped and does nothing twice.
 */
export async function compressRecording(parts: CompressParts, recordingId: string): Promise<void> {
  const row = await parts.store.row(recordingId);
  if (row === undefined || row.state === "failed" || row.state === "capturing") return;
  if (row.state === "captured") {
    const name = row.captureFile;
    if (name === null || name === undefined || !(await exists(parts.folder.file(name)))) {
      if (await discarded(parts, recordingId)) return;
      parts.log.error({ recordingId }, "the capture file is gone");
      await parts.store.lost(recordingId, "the capture file is gone");
      return;
    }
    const opusPath = parts.folder.opusFile(recordingId);
    try {
      const result = await parts.engine.compress({
        capturePath: parts.folder.file(name),
        opusPath,
        serial: Number.parseInt(recordingId.replaceAll("-", "").slice(-8), 16) >>> 0,
        comments: [`TITLE=${recordingId}`, `DATE=${new Date(row.startedAt).toISOString()}`],
      });
      const blob = await parts.blobs.put(createReadStream(opusPath), { contentType: "audio/ogg", owner: `recording:${recordingId}` });
      if (blob.sha256 !== result.opusSha256) {
        await parts.blobs.remove(blob.id);
        throw new Error(`the stored file differs from the written one (${blob.sha256})`);
      }
      await parts.store.compressed(row, blob.id, result, parts.keepRawMs);
    } catch (error) {
      if (await discarded(parts, recordingId)) return;
      if (!isHotlineError(error, errors.BAD_CAPTURE.code)) throw error;
      // Trying again would not mend it. The file stays for whoever looks into it.
      parts.log.error({ err: error, recordingId }, "the capture cannot be read");
      await parts.store.lost(recordingId, error.message);
      return;
    } finally {
      await rm(opusPath, { force: true });
    }
  }
  const stored = await parts.store.row(recordingId);
  if (stored?.state !== "compressed" || stored.opusBlobId === null || stored.opusBlobId === undefined) return;
  await parts.blobs.claim(stored.opusBlobId);
  if (parts.keepRawMs === 0) await removeRaw(parts, recordingId);
}

/** The job `recording.remove-raw`. */
export async function removeRaw(parts: Pick<CompressParts, "store" | "folder">, recordingId: string): Promise<void> {
  const row = await parts.store.row(recordingId);
  if (row?.state !== "compressed" || row.captureFile === null || row.captureFile === undefined) return;
  await parts.folder.remove(row.captureFile);
  await parts.store.rawRemoved(recordingId);
}

/** An empty message is thrown away as soon as it has ended, perhaps while it is being compressed. */
async function discarded({ store }: Pick<CompressParts, "store">, recordingId: string): Promise<boolean> {
  return (await store.row(recordingId)) === undefined;
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
