import type { Clock, Jobs, Logger } from "@hotlinejs/core";
import type { CaptureFolder } from "./capture-folder.js";
import type { RecordingStore } from "./recording-store.js";

export const SWEEP_JOB = "recording.sweep";
const DAY_MS = 86_400_000;
const BATCH = 100;

/** The job `recording.sweep`: removes what is past its retention, then makes the job of the next day. */
export async function sweepExpired(parts: { store: RecordingStore; folder: CaptureFolder; clock: Clock; jobs: Jobs; log: Logger }, signal: AbortSignal): Promise<void> {
  const now = parts.clock.now();
  let removed = 0;
  for (;;) {
    const ids = await parts.store.expired(now, BATCH);
    for (const id of ids) {
      signal.throwIfAborted();
      const gone = await parts.store.remove(id, true);
      if (gone?.captureFile !== undefined && gone.captureFile !== null) await parts.folder.remove(gone.captureFile);
      removed++;
    }
    if (ids.length < BATCH) break;
  }
  if (removed > 0) parts.log.info({ removed }, "recordings past their retention removed");
  const day = Math.floor(now / DAY_MS) + 1;
  await parts.jobs.enqueue({ name: SWEEP_JOB, key: `day:${day}`, runAt: day * DAY_MS });
}
