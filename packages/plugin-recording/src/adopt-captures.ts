import { measureCapture, openCapture } from "@hotlinejs/media/capture";
import type { Logger } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import type { CaptureFolder } from "./capture-folder.js";
import type { NewRecording, RecordingStore } from "./recording-store.js";

/**
 * Takes over what a crash left behind: captures without an end (also those whose row was never committed), and
 * compressions that were given up. Runs before anything is answered.
 *
 * @param run differs from start to start: a compression that failed for good gets another chance.
 */
export async function adoptCaptures(folder: CaptureFolder, store: RecordingStore, log: Logger, run: string): Promise<{ adopted: number; lost: number }> {
  let adopted = 0;
  let lost = 0;
  const files = new Map((await folder.list()).map((recording) => [recording.id, recording]));
  const open = new Map((await store.inState("capturing")).map((row) => [row.id, row]));
  const unfinished: NewRecording[] = [];
  for (const row of open.values()) {
    const { id, interactionId, legId, kind, startedAt, confidential, partOf } = row;
    unfinished.push({ id, interactionId, legId, kind, startedAt, confidential, captureFile: row.captureFile ?? files.get(id)?.captureFile ?? "", ...(partOf === null || partOf === undefined ? {} : { partOf }) });
  }
  for (const recording of files.values()) {
    if (open.has(recording.id)) continue;
    const row = await store.row(recording.id);
    if (row === undefined) unfinished.push(recording);
    // Stored and paid for; the process died between the commit and the removal.
    else if (row.state === "compressed" && row.captureFile === null) await folder.remove(recording.captureFile);
  }
  for (const recording of unfinished) {
    try {
      const file = await openCapture(folder.file(recording.captureFile));
      const { voicedMs, peakLevel } = await measureCapture(file);
      await store.captured(recording, { durationMs: Math.round(file.durationMs), voicedMs: Math.round(voicedMs), peakLevel: Math.round(peakLevel), truncated: file.truncated });
      adopted++;
    } catch (error) {
      log.error({ err: error, recordingId: recording.id }, "a capture found at the start is not readable");
      await store.failed(recording, errorText(error));
      lost++;
    }
  }
  for (const row of await store.inState("captured")) await store.enqueueCompression(row.id, unfinished.some((one) => one.id === row.id) ? row.id : `${row.id}:${run}`);
  if (adopted + lost > 0) log.warn({ adopted, lost }, "recordings left by a crash");
  return { adopted, lost };
}
