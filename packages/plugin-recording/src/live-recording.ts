import type { Capture, CaptureOptions, CaptureResult, Clock, EventMap, Logger, MediaLeg } from "@hotlinejs/core";
import { measureCapture, openCapture } from "@hotlinejs/media/capture";
import type { CaptureFolder } from "./capture-folder.js";
import { errors } from "./errors.js";
import type { RecorderAlarm } from "./recorder-alarm.js";
import type { CaptureSummary, NewRecording, RecordingStore } from "./recording-store.js";

export interface RecorderParts {
  readonly store: RecordingStore;
  readonly folder: CaptureFolder;
  readonly alarm: RecorderAlarm;
  readonly clock: Clock;
  readonly log: Logger;
  readonly flushMs: number;
  /** A call is recorded again that the disk had not taken. */
  readonly resumed: (part: EventMap["recording.resumed"]) => void;
}

/** Waits between tries to commit a finished recording while the database does not take it. */
const RETRY_MS = [1000, 5000, 10_000];

/**
 * One recording from its first sample to its committed row. Nothing here rejects: a call never suffers from its recording.
 *
 * ```
 * begun --(capture ended: stop, hang-up, silence, disk)--> finished; `cut` where the disk did it
 * ```
 */
export class LiveRecording {
  /** The row exists (or could not be made, which is settled at the end). */
  readonly rowMade: Promise<void>;
  /** The row says how it ended. Undefined: nothing was captured. */
  readonly finished: Promise<CaptureResult | undefined>;
  private capture: Capture | undefined;
  private paused: boolean;
  private stopping = false;
  private fault = false;

  constructor(
    private readonly parts: RecorderParts,
    readonly recording: NewRecording,
    media: MediaLeg,
    options: Pick<CaptureOptions, "channels" | "endOnSilenceMs" | "maxMs">,
    paused: boolean,
    private readonly closing: AbortSignal,
  ) {
    this.paused = paused;
    // The sound first: the row may wait for the database.
    const capturing = this.begin(media, options);
    this.rowMade = parts.store.begin(recording).then(undefined, (error: unknown) => parts.alarm.raise(recording, error));
    this.finished = this.run(capturing);
  }

  /** Once finished: the disk took no more of it, or nothing at all. */
  get cut(): boolean {
    return this.fault;
  }

  pause(): void {
    this.paused = true;
    this.capture?.pause();
  }

  resume(): void {
    this.paused = false;
    this.capture?.resume();
  }

  stop(): Promise<CaptureResult | undefined> {
    this.stopping = true;
    this.stopCapture();
    return this.finished;
  }

  private async begin(media: MediaLeg, options: Pick<CaptureOptions, "channels" | "endOnSilenceMs" | "maxMs">): Promise<Capture> {
    const refusal = await this.parts.alarm.refusal();
    if (refusal !== undefined) throw errors.NO_ROOM(this.recording.id, refusal);
    return media.capture({ ...options, path: this.parts.folder.file(this.recording.captureFile), flushMs: this.parts.flushMs });
  }

  private async run(capturing: Promise<Capture>): Promise<CaptureResult | undefined> {
    let capture: Capture;
    try {
      capture = await capturing;
    } catch (error) {
      // Who hangs up in the moment of the answer leaves nothing to record: no fault of ours, and nothing any caller may turn health red with.
      if (legEnded(error)) this.parts.log.debug({ recordingId: this.recording.id }, "the call ended before its recording began");
      else {
        this.fault = true;
        this.parts.alarm.raise(this.recording, error);
      }
      await this.commit(() => this.parts.store.failed(this.recording, String(error)));
      return undefined;
    }
    this.capture = capture;
    if (this.paused) capture.pause();
    if (this.stopping) this.stopCapture();
    let result: CaptureResult | undefined;
    let truncated = false;
    try {
      result = await capture.done;
      truncated = result.reason === "disk";
      this.fault = truncated;
      if (truncated) this.parts.alarm.raise(this.recording, errors.DISK(this.recording.id));
    } catch (error) {
      this.parts.alarm.raise(this.recording, error);
      truncated = true;
      result = await this.salvage(error);
      if (result === undefined) return undefined;
    }
    const summary: CaptureSummary = { durationMs: Math.round(result.durationMs), voicedMs: Math.round(result.voicedMs), peakLevel: Math.round(result.peakLevel), truncated };
    if ((await this.commit(() => this.parts.store.captured(this.recording, summary))) && !truncated) this.parts.alarm.kept(this.recording.startedAt);
    return result;
  }

  /** The engine lost the capture (its worker died): what is in the file counts. */
  private async salvage(cause: unknown): Promise<CaptureResult | undefined> {
    const path = this.parts.folder.file(this.recording.captureFile);
    try {
      const file = await openCapture(path);
      return { path, durationMs: file.durationMs, ...(await measureCapture(file)), reason: "leg-ended" };
    } catch (error) {
      this.parts.log.warn({ err: error, recordingId: this.recording.id }, "nothing of the capture is readable");
      await this.commit(() => this.parts.store.failed(this.recording, String(cause)));
      return undefined;
    }
  }

  private stopCapture(): void {
    this.capture?.stop().then(undefined, (error: unknown) => this.parts.log.debug({ err: error }, "stop of a failed capture"));
  }

  /** Resolves after the first try, with whether it succeeded; later ones go on beside. What is never committed is adopted at the next start. */
  private async commit(write: () => Promise<void>): Promise<boolean> {
    await this.rowMade;
    try {
      await write();
      return true;
    } catch (error) {
      this.parts.alarm.raise(this.recording, error);
      void this.commitLater(write);
      return false;
    }
  }

  private async commitLater(write: () => Promise<void>): Promise<void> {
    // A disk may be full for long: the last wait again and again, until it is not or the hotline ends.
    for (let tried = 0; ; tried++) {
      try {
        await this.parts.clock.sleep(RETRY_MS[Math.min(tried, RETRY_MS.length - 1)] as number, this.closing);
        await write();
        return;
      } catch (error) {
        if (this.closing.aborted) return;
        this.parts.log.warn({ err: error, recordingId: this.recording.id }, "the database still does not take the recording");
      }
    }
  }
}

/** Whether an error, or what caused it, is that the leg was over. */
function legEnded(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ("code" in cause && cause.code === "HTL_MEDIA_LEG_ENDED") return true;
  }
  return false;
}
