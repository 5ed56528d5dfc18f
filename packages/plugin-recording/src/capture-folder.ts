import { mkdir, readdir, rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@hotlinejs/core";
import type { RecordingKind } from "./contract.js";
import type { NewRecording } from "./recording-store.js";

const SUFFIX = ".capture";
const KINDS: readonly string[] = ["call", "voicemail", "segment"] satisfies RecordingKind[];
const PROBE = "probe.part";
/** Half a minute of one call. */
const PROBE_BYTES = 512 * 1024;
/** How long a look at the disk is believed. */
const DISK_MS = 5000;

/**
 * `<dataDir>/captures`. A file's name tells the recording whole, so that one whose row was never committed can be
 * adopted: `<start>_<kind>_<confidential 0|1>_<interaction>_<leg>_<recording>[_<first part>].capture`.
 */
export class CaptureFolder {
  private freeBytes: { at: number; value: number } | undefined;
  private probe: { at: number; taken: Promise<boolean> } | undefined;

  constructor(
    readonly path: string,
    private readonly clock: Clock,
  ) {}

  async create(): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
  }

  fileName(recording: Omit<NewRecording, "captureFile">): string {
    return `${[recording.startedAt, recording.kind, recording.confidential ? 1 : 0, recording.interactionId, recording.legId, recording.id, ...(recording.partOf === undefined ? [] : [recording.partOf])].join("_")}${SUFFIX}`;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Where the compressed form is built. */
  opusFile(recordingId: string): string {
    return join(this.path, `${recordingId}.opus.part`);
  }

  /** Capture files found, with what their names tell; half-written compressed files are removed. */
  async list(): Promise<readonly NewRecording[]> {
    const found: NewRecording[] = [];
    for (const name of await readdir(this.path)) {
      if (name.endsWith(".opus.part")) await this.remove(name);
      const recording = parse(name);
      if (recording !== undefined) found.push(recording);
    }
    return found;
  }

  /** No error when it is gone already. */
  async remove(name: string): Promise<void> {
    await rm(this.file(name), { force: true });
  }

  /** Whether the disk takes anything: free space says nothing of quotas and faults. A few seconds old at most. */
  takes(): Promise<boolean> {
    const now = this.clock.monotonic();
    if (this.probe === undefined || now - this.probe.at > DISK_MS) this.probe = { at: now, taken: this.tryWriting() };
    return this.probe.taken;
  }

  private async tryWriting(): Promise<boolean> {
    const path = this.file(PROBE);
    try {
      await writeFile(path, Buffer.alloc(PROBE_BYTES), { mode: 0o600, flush: true });
      return true;
    } catch {
      return false;
    } finally {
      await rm(path, { force: true }).catch(() => undefined);
    }
  }

  /** Free space for us in MB, a few seconds old at most. */
  async freeMb(): Promise<number> {
    const now = this.clock.monotonic();
    if (this.freeBytes === undefined || now - this.freeBytes.at > DISK_MS) {
      const { bavail, bsize } = await statfs(this.path);
      this.freeBytes = { at: now, value: bavail * bsize };
    }
    return Math.floor(this.freeBytes.value / 1_000_000);
  }
}

function parse(name: string): NewRecording | undefined {
  if (!name.endsWith(SUFFIX)) return undefined;
  const [startedAt, kind, confidential, interactionId, legId, id, partOf, more] = name.slice(0, -SUFFIX.length).split("_");
  if (!/^\d+$/.test(startedAt ?? "") || kind === undefined || !KINDS.includes(kind) || !interactionId || !legId || !id || partOf === "" || more !== undefined) return undefined;
  return { id, interactionId, legId, kind: kind as RecordingKind, startedAt: Number(startedAt), confidential: confidential === "1", captureFile: name, ...(partOf === undefined ? {} : { partOf }) };
}
