import type { Clock, HealthReport, Logger, PluginEvents } from "@hotlinejs/core";
import { errorText, isHotlineError } from "@hotlinejs/core";
import type { CaptureFolder } from "./capture-folder.js";
import type { NewRecording } from "./recording-store.js";

/** Says loudly that something is not recorded, without ever touching the call. */
export class RecorderAlarm {
  private last: { at: number; error: string; code: string | undefined } | undefined;
  private failures = 0;

  constructor(
    private readonly clock: Clock,
    private readonly events: Pick<PluginEvents, "publish">,
    private readonly log: Logger,
    private readonly folder: CaptureFolder,
    private readonly minFreeMb: number,
  ) {}

  /** A recording that began then is whole and kept: what failed before is over. */
  kept(startedAt: number): void {
    if (this.last !== undefined && startedAt >= this.last.at) this.last = undefined;
  }

  /** Health is red from now on, until a recording has been kept that began later. */
  raise(recording: Pick<NewRecording, "id" | "interactionId">, error: unknown): void {
    const text = errorText(error);
    this.last = { at: this.clock.now(), error: text, code: isHotlineError(error) ? error.code : undefined };
    this.failures++;
    this.log.error({ err: error, recordingId: recording.id, interactionId: recording.interactionId }, "recording failed");
    this.events.publish("recording.failed", { recordingId: recording.id, interactionId: recording.interactionId, error: text });
  }

  /** Why nothing may be recorded now, if so. */
  async refusal(): Promise<string | undefined> {
    const free = await this.folder.freeMb();
    return free < this.minFreeMb ? `only ${free} MB of disk are free, ${this.minFreeMb} MB are kept for calls and tickets` : undefined;
  }

  async report(details: Readonly<Record<string, unknown>>): Promise<HealthReport> {
    const freeMb = await this.folder.freeMb();
    const facts = { ...details, freeMb, failures: this.failures, ...(this.last?.code === undefined ? {} : { error: this.last.code }) };
    if (freeMb < this.minFreeMb) return { ok: false, message: `recording is off: ${freeMb} MB of disk are free`, details: facts };
    if (this.last !== undefined) return { ok: false, message: `a recording failed: ${this.last.error}`, details: facts };
    return { ok: true, details: facts };
  }
}
