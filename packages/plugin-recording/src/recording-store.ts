import type { Blobs, Clock, ReadPool, UnitOfWork, Uow } from "@hotlinejs/core";
import type { ExcludedRange, RecordingKind, RecordingView } from "./contract.js";
import { RecordingEntity } from "./entities/recording.entity.js";
import type { RecordingRow } from "./entities/recording.entity.js";
import { RecordingPauseEntity } from "./entities/recording-pause.entity.js";
import type { RecordingPauseRow } from "./entities/recording-pause.entity.js";
import { pauseView } from "./pause-store.js";
import { RecordingLinkEntity } from "./entities/recording-link.entity.js";
import type { CompressResult } from "./audio/compress-capture.js";
import { errors } from "./errors.js";

/** What is known of a recording when it begins. */
export interface NewRecording {
  readonly id: string;
  readonly interactionId: string;
  readonly legId: string;
  readonly kind: RecordingKind;
  readonly startedAt: number;
  readonly confidential: boolean;
  readonly captureFile: string;
  /** First part of the same call's recording. */
  readonly partOf?: string;
}

/** What is known when its capture is complete. */
export interface CaptureSummary {
  readonly durationMs: number;
  readonly voicedMs: number | null;
  readonly peakLevel: number | null;
  readonly truncated: boolean;
}

export interface RecordingFilter {
  readonly interactionId?: string;
  readonly ticketId?: string;
  /** Epoch ms, inclusive. */
  readonly from?: number;
  /** Epoch ms, exclusive. */
  readonly to?: number;
  readonly limit: number;
  readonly cursor?: string;
}

/** Name of the durable job that compresses. */
export const COMPRESS_JOB = "recording.compress";
export const REMOVE_RAW_JOB = "recording.remove-raw";
const DAY_MS = 86_400_000;
const FRESH = { disableIdentityMap: true } as const;

/** Rows of recordings and their links. */
export class RecordingStore {
  constructor(
    private readonly work: UnitOfWork,
    private readonly pool: ReadPool,
    private readonly blobs: Blobs,
    private readonly clock: Clock,
    private readonly nodeId: string,
    private readonly retentionDays: number | null,
  ) {}

  async begin(recording: NewRecording): Promise<void> {
    await this.work.run((uow) => this.insert(uow, recording));
  }

  /** The capture is complete: row, event and compression job in one. Makes the row when it could not be made at the start. */
  async captured(recording: NewRecording, summary: CaptureSummary): Promise<void> {
    await this.work.run(async (uow) => {
      const changes = { ...summary, state: "captured" as const };
      const changed = await uow.em.nativeUpdate(RecordingEntity, { id: recording.id, state: "capturing" }, changes);
      if (changed === 0) {
        if ((await uow.em.count(RecordingEntity, { id: recording.id })) > 0) return;
        await this.insert(uow, recording);
        await uow.em.nativeUpdate(RecordingEntity, { id: recording.id }, changes);
      }
      uow.publish("recording.captured", { recordingId: recording.id, interactionId: recording.interactionId, kind: recording.kind, durationMs: summary.durationMs }, { aggregate: `recording:${recording.id}` });
      uow.enqueue({ name: COMPRESS_JOB, payload: { recordingId: recording.id }, key: recording.id });
    });
  }

  /** Nothing could be kept. */
  async failed(recording: NewRecording, error: string): Promise<void> {
    await this.work.run(async (uow) => {
      const changes = { state: "failed" as const, error, captureFile: null, durationMs: 0 };
      const changed = await uow.em.nativeUpdate(RecordingEntity, { id: recording.id, state: "capturing" }, changes);
      if (changed === 0 && (await uow.em.count(RecordingEntity, { id: recording.id })) === 0) {
        await this.insert(uow, recording);
        await uow.em.nativeUpdate(RecordingEntity, { id: recording.id }, changes);
      }
    });
  }

  async compressed(recording: RecordingRow, blobId: string, result: CompressResult, keepRawMs: number): Promise<void> {
    await this.work.run(async (uow) => {
      await uow.em.nativeUpdate(
        RecordingEntity,
        { id: recording.id, state: "captured" },
        {
          state: "compressed",
          samples: result.samples,
          durationMs: Math.floor(result.samples / 8),
          opusBlobId: blobId,
          opusBytes: result.opusBytes,
          opusSha256: result.opusSha256,
          wavSha256: result.wavSha256,
          truncated: recording.truncated || result.truncated,
          excluded: result.excluded,
        },
      );
      uow.publish("recording.compressed", { recordingId: recording.id, interactionId: recording.interactionId, size: result.opusBytes }, { aggregate: `recording:${recording.id}` });
      if (keepRawMs > 0) uow.enqueue({ name: REMOVE_RAW_JOB, payload: { recordingId: recording.id }, key: recording.id, runAt: this.clock.now() + keepRawMs });
    });
  }

  /** Captured, but its file has vanished since. */
  async lost(id: string, error: string): Promise<void> {
    await this.work.run((uow) => uow.em.nativeUpdate(RecordingEntity, { id, state: "captured" }, { state: "failed", error, captureFile: null }));
  }

  /** The raw file is gone. */
  async rawRemoved(id: string): Promise<void> {
    await this.work.run((uow) => uow.em.nativeUpdate(RecordingEntity, { id }, { captureFile: null }));
  }

  async enqueueCompression(id: string, key: string): Promise<void> {
    await this.work.run(async (uow) => uow.enqueue({ name: COMPRESS_JOB, payload: { recordingId: id }, key }));
  }

  async attach(id: string, ticketId: string, confidential: boolean): Promise<boolean> {
    return this.work.run(async (uow) => {
      const row = await uow.em.findOne(RecordingEntity, { id }, FRESH);
      if (row === null) return false;
      const first = row.partOf ?? row.id;
      const parts = await uow.em.find(RecordingEntity, { $or: [{ id: first }, { partOf: first }] }, FRESH);
      for (const part of parts.length === 0 ? [row] : parts) {
        if ((await uow.em.count(RecordingLinkEntity, { recordingId: part.id, ticketId })) === 0) await uow.em.insert(RecordingLinkEntity, { recordingId: part.id, ticketId, linkedAt: this.clock.now() });
        if (confidential) await uow.em.nativeUpdate(RecordingEntity, { id: part.id }, { confidential: true });
      }
      return true;
    });
  }

  /** Removes the row unless a ticket has it (or `force`); returns what is left to be cleaned up. */
  async remove(id: string, force: boolean): Promise<{ captureFile: string | null } | undefined> {
    const row = await this.work.run(async (uow) => {
      const found = await uow.em.findOne(RecordingEntity, { id }, FRESH);
      if (found === null) return undefined;
      if (!force && (await uow.em.count(RecordingLinkEntity, { recordingId: id })) > 0) return undefined;
      await uow.em.nativeDelete(RecordingLinkEntity, { recordingId: id });
      await uow.em.nativeDelete(RecordingEntity, { id });
      // What was kept out is known as long as there is something it was kept out of.
      if ((await uow.em.count(RecordingEntity, { interactionId: found.interactionId })) === 0) await uow.em.nativeDelete(RecordingPauseEntity, { interactionId: found.interactionId });
      return found;
    });
    if (row === undefined) return undefined;
    if (row.opusBlobId !== null && row.opusBlobId !== undefined) await this.blobs.remove(row.opusBlobId);
    return { captureFile: row.captureFile ?? null };
  }

  async row(id: string): Promise<RecordingRow | undefined> {
    return (await this.pool.read((em) => em.findOne(RecordingEntity, { id }, FRESH))) ?? undefined;
  }

  async inState(state: "capturing" | "captured"): Promise<readonly RecordingRow[]> {
    return this.pool.read((em) => em.find(RecordingEntity, { state }, { ...FRESH, orderBy: { id: "asc" } }));
  }

  async expired(now: number, limit: number): Promise<readonly string[]> {
    const rows = await this.pool.read((em) => em.find(RecordingEntity, { retentionUntil: { $lt: now }, state: { $ne: "capturing" } }, { ...FRESH, limit, orderBy: { retentionUntil: "asc" } }));
    return rows.map((row) => row.id);
  }

  async view(id: string): Promise<RecordingView | undefined> {
    const row = await this.row(id);
    return row === undefined ? undefined : (await this.views([row]))[0];
  }

  async byInteraction(interactionId: string): Promise<readonly RecordingView[]> {
    const rows = await this.pool.read((em) => em.find(RecordingEntity, { interactionId }, { ...FRESH, orderBy: [{ startedAt: "asc" }, { id: "asc" }] }));
    return this.views(rows);
  }

  /** Newest first. */
  async page(filter: RecordingFilter): Promise<{ items: readonly RecordingView[]; next: string | null }> {
    const after = filter.cursor === undefined ? undefined : decodeCursor(filter.cursor);
    const rows = await this.pool.read(async (em) => {
      const linked = filter.ticketId === undefined ? undefined : (await em.find(RecordingLinkEntity, { ticketId: filter.ticketId }, FRESH)).map((link) => link.recordingId);
      const conditions: object[] = [];
      if (filter.interactionId !== undefined) conditions.push({ interactionId: filter.interactionId });
      if (linked !== undefined) conditions.push({ id: { $in: linked } });
      if (filter.from !== undefined) conditions.push({ startedAt: { $gte: filter.from } });
      if (filter.to !== undefined) conditions.push({ startedAt: { $lt: filter.to } });
      if (after !== undefined) conditions.push({ $or: [{ startedAt: { $lt: after.startedAt } }, { startedAt: after.startedAt, id: { $lt: after.id } }] });
      return em.find(RecordingEntity, conditions.length === 0 ? {} : { $and: conditions }, { ...FRESH, limit: filter.limit + 1, orderBy: [{ startedAt: "desc" }, { id: "desc" }] });
    });
    const items = rows.slice(0, filter.limit);
    const last = items[items.length - 1];
    return { items: await this.views(items), next: rows.length > filter.limit && last !== undefined ? encodeCursor(last) : null };
  }

  private async views(rows: readonly RecordingRow[]): Promise<readonly RecordingView[]> {
    if (rows.length === 0) return [];
    const links = await this.pool.read((em) => em.find(RecordingLinkEntity, { recordingId: { $in: rows.map((row) => row.id) } }, { ...FRESH, orderBy: [{ linkedAt: "asc" }, { ticketId: "asc" }] }));
    const pauses = await this.pool.read((em) => em.find(RecordingPauseEntity, { interactionId: { $in: rows.map((row) => row.interactionId) } }, { ...FRESH, orderBy: [{ startedAt: "asc" }, { id: "asc" }] }));
    return rows.map((row) => ({
      id: row.id,
      interactionId: row.interactionId,
      legId: row.legId,
      kind: row.kind,
      state: row.state,
      startedAt: row.startedAt,
      durationMs: row.durationMs ?? null,
      voicedMs: row.voicedMs ?? null,
      peakLevel: row.peakLevel ?? null,
      truncated: row.truncated,
      partOf: row.partOf ?? null,
      confidential: row.confidential,
      ticketIds: links.filter((link) => link.recordingId === row.id).map((link) => link.ticketId),
      excluded: (row.excluded as readonly ExcludedRange[] | null) ?? [],
      pauses: pauses.filter((pause) => falls(pause, row)).map(pauseView),
      wavSha256: row.wavSha256 ?? null,
      opusSha256: row.opusSha256 ?? null,
    }));
  }

  /** A further part belongs to the same tickets as the first, and is as confidential. */
  private async insert(uow: Uow, recording: NewRecording): Promise<void> {
    const { id, partOf } = recording;
    const first = partOf === undefined ? null : await uow.em.findOne(RecordingEntity, { id: partOf }, FRESH);
    const links = partOf === undefined ? [] : await uow.em.find(RecordingLinkEntity, { recordingId: partOf }, FRESH);
    for (const { ticketId } of links) await uow.em.insert(RecordingLinkEntity, { recordingId: id, ticketId, linkedAt: this.clock.now() });
    await uow.em.insert(RecordingEntity, {
      ...recording,
      partOf: partOf ?? null,
      confidential: recording.confidential || first?.confidential === true,
      state: "capturing",
      truncated: false,
      excluded: [],
      nodeId: this.nodeId,
      retentionUntil: this.retentionDays === null ? null : recording.startedAt + this.retentionDays * DAY_MS,
    });
  }
}

/** Whether something of the pause lies in the recording. */
function falls(pause: RecordingPauseRow, { interactionId, startedAt, durationMs }: RecordingRow): boolean {
  const end = durationMs === null || durationMs === undefined ? Infinity : startedAt + durationMs;
  return pause.interactionId === interactionId && pause.startedAt < end && (pause.endedAt ?? Infinity) > startedAt;
}

function encodeCursor(row: { startedAt: number; id: string }): string {
  return Buffer.from(`${row.startedAt}:${row.id}`).toString("base64url");
}

function decodeCursor(cursor: string): { startedAt: number; id: string } {
  const [startedAt, id] = Buffer.from(cursor, "base64url").toString("utf8").split(":");
  if (startedAt === undefined || id === undefined || !/^\d+$/.test(startedAt)) throw errors.BAD_CURSOR();
  return { startedAt: Number(startedAt), id };
}
