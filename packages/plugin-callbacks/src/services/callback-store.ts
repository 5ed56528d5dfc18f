import { LockMode } from "@mikro-orm/core";
import type { BusinessCalendar, Clock, Ids, Page, ReadPool, UnitOfWork, Uow } from "@hotlinejs/core";
import type { CallbackAttempt, CallbackReason, CallbackResult, CallbackStatus, CallbackTask } from "../contract.js";
import { spellings, telephoneOf } from "../domain/phone-number.js";
import { CallbackAttemptEntity } from "../entities/callback-attempt.entity.js";
import type { CallbackAttemptRow } from "../entities/callback-attempt.entity.js";
import { CallbackTaskEntity } from "../entities/callback-task.entity.js";
import type { CallbackTaskRow } from "../entities/callback-task.entity.js";
import { errors } from "../errors.js";
import { decodeCursor, encodeCursor } from "./cursor.js";

export const DUE_JOB = "callbacks.due";

export interface StoreDeps {
  readonly unitOfWork: UnitOfWork;
  readonly readPool: ReadPool;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Whose dates are kept with the rows. */
  readonly calendar: () => BusinessCalendar;
  /** Hours in which citizens may be called. */
  readonly hours: () => BusinessCalendar;
  readonly dueMs: number;
}

export interface NewTask {
  readonly number: string;
  readonly reason: CallbackReason;
  readonly queue: string | null;
  readonly missedAt: number;
  readonly note?: string | null;
  readonly ticketId?: string | null;
  readonly interactionId: string | null;
  readonly createdBy: string;
  /** Not before; default now. */
  readonly at?: number;
  /** Wished for: the time is the citizen's own. */
  readonly wished?: boolean;
}

export interface TaskFilter {
  readonly status?: readonly CallbackStatus[];
  readonly reason?: string;
  readonly queue?: string;
  /** Due before this instant. */
  readonly dueBefore?: number;
  readonly limit: number;
  readonly cursor?: string;
}

type Patch = Partial<Omit<CallbackTaskRow, "id" | "version">>;

/** Rows of callbacks. Whoever changes one names the version that was read. */
export class CallbackStore {
  constructor(private readonly deps: StoreDeps) {}

  /** The first instant from `at` on at which citizens may be called. */
  callableFrom(at: number): number {
    return this.deps.hours().nextOpening(at) ?? at;
  }

  /** As it stands, and stays until this unit of work ends: who else would change it waits, on PostgreSQL too. */
  present(uow: Uow, which: { readonly id: string } | { readonly placeId: string }): Promise<CallbackTaskRow | null> {
    return uow.em.findOne(CallbackTaskEntity, which, { lockMode: LockMode.PESSIMISTIC_WRITE });
  }

  /** The open one of a telephone, however its number is written, `present` as above. */
  openOf(uow: Uow, number: string): Promise<CallbackTaskRow | null> {
    // Older rows hold the number as it was written then.
    return uow.em.findOne(CallbackTaskEntity, { openKey: { $in: [...spellings(number)] } }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  }

  /** The open one of a telephone is told of once more, or a new one is made. */
  async put(uow: Uow, task: NewTask): Promise<CallbackTaskRow> {
    const open = await this.openOf(uow, task.number);
    if (open !== null) return this.#again(uow, open, task);
    const { ids, clock, calendar, dueMs } = this.deps;
    const now = clock.now();
    const wanted = task.at ?? now;
    const row: CallbackTaskRow = {
      id: ids.next(),
      number: task.number,
      openKey: telephoneOf(task.number),
      reason: task.reason,
      queue: task.queue,
      status: "open",
      result: null,
      firstMissedAt: task.missedAt,
      lastMissedAt: task.missedAt,
      missed: task.reason === "wish" ? 0 : 1,
      dueAt: Math.max(task.missedAt + dueMs, task.at ?? 0),
      nextAt: task.wished === true && task.at !== undefined ? wanted : this.callableFrom(wanted),
      attempts: 0,
      lastAttemptAt: null,
      reachedAt: null,
      note: task.note ?? null,
      ticketId: task.ticketId ?? null,
      interactionId: task.interactionId,
      placeId: null,
      createdBy: task.createdBy,
      createdAt: now,
      closedAt: null,
      closedBy: null,
      inTime: null,
      businessDate: calendar().dateOf(task.missedAt),
      businessHour: calendar().hourOf(task.missedAt),
      version: 1,
    } as CallbackTaskRow;
    await uow.em.upsert(CallbackTaskEntity, row, { onConflictFields: ["openKey"], onConflictAction: "ignore" });
    const made = await this.openOf(uow, task.number);
    if (made === null) throw errors.CONFLICT();
    // Somebody else noted the same number in this moment.
    if (made.id !== row.id) return this.#again(uow, made, task);
    uow.publish("callback.created", { taskId: row.id, reason: row.reason, queue: row.queue ?? null, dueAt: row.dueAt, at: now }, { aggregate: row.id });
    this.wakeAt(uow, row);
    return row;
  }

  async #again(uow: Uow, open: CallbackTaskRow, task: NewTask): Promise<CallbackTaskRow> {
    await this.change(uow, open, {
      missed: task.reason === "wish" ? open.missed : open.missed + 1,
      lastMissedAt: Math.max(open.lastMissedAt, task.missedAt),
      interactionId: task.interactionId ?? open.interactionId,
      note: task.note ?? open.note,
      ticketId: task.ticketId ?? open.ticketId,
      ...(task.at === undefined || open.status !== "open" ? {} : { nextAt: task.at }),
    });
    return open;
  }

  /** @throws HTL_CALLBACKS_CONFLICT when it has changed since it was read */
  async change(uow: Uow, task: CallbackTaskRow, patch: Patch): Promise<void> {
    const changed = await uow.em.nativeUpdate(CallbackTaskEntity, { id: task.id, version: task.version }, { ...patch, version: task.version + 1 });
    if (changed === 0) throw errors.CONFLICT();
    Object.assign(task, patch, { version: task.version + 1 });
  }

  async close(uow: Uow, task: CallbackTaskRow, result: CallbackResult, by: string, patch: Patch = {}): Promise<void> {
    const at = this.deps.clock.now();
    await this.change(uow, task, { ...patch, status: "closed", result, openKey: null, closedAt: at, closedBy: by, inTime: at <= task.dueAt });
    uow.publish("callback.closed", { taskId: task.id, result, at }, { aggregate: task.id });
  }

  /** A durable reminder for the plan. */
  wakeAt(uow: Uow, task: Pick<CallbackTaskRow, "id" | "nextAt">): void {
    uow.enqueue({ name: DUE_JOB, key: `${task.id}:${task.nextAt}`, payload: { taskId: task.id }, runAt: task.nextAt });
  }

  find(id: string): Promise<CallbackTaskRow | null> {
    return this.deps.readPool.read((em) => em.findOne(CallbackTaskEntity, { id }));
  }

  attempts(taskId: string): Promise<CallbackAttemptRow[]> {
    return this.deps.readPool.read((em) => em.find(CallbackAttemptEntity, { taskId }, { orderBy: { startedAt: "asc", id: "asc" } }));
  }

  /** Those the plan may call now, the most urgent first. */
  ready(now: number, limit: number): Promise<CallbackTaskRow[]> {
    return this.deps.readPool.read((em) => em.find(CallbackTaskEntity, { status: "open", nextAt: { $lte: now } }, { orderBy: { dueAt: "asc", id: "asc" }, limit }));
  }

  /** Earliest due first. */
  async page(filter: TaskFilter): Promise<Page<CallbackTaskRow>> {
    const after = filter.cursor === undefined ? undefined : decodeCursor(filter.cursor);
    const where = {
      ...(filter.status === undefined ? {} : { status: { $in: [...filter.status] } }),
      ...(filter.reason === undefined ? {} : { reason: filter.reason as CallbackReason }),
      ...(filter.queue === undefined ? {} : { queue: filter.queue }),
      $and: [...(filter.dueBefore === undefined ? [] : [{ dueAt: { $lt: filter.dueBefore } }]), ...(after === undefined ? [] : [{ $or: [{ dueAt: { $gt: after.at } }, { dueAt: after.at, id: { $gt: after.id } }] }])],
    };
    const rows = await this.deps.readPool.read((em) => em.find(CallbackTaskEntity, where, { orderBy: { dueAt: "asc", id: "asc" }, limit: filter.limit + 1 }));
    const items = rows.slice(0, filter.limit);
    const last = items.at(-1);
    return { items, next: rows.length > filter.limit && last !== undefined ? encodeCursor({ at: last.dueAt, id: last.id }) : null };
  }
}

export function taskView(row: CallbackTaskRow): CallbackTask {
  const { id, number, reason, status, firstMissedAt, lastMissedAt, missed, dueAt, nextAt, attempts, createdBy, createdAt } = row;
  return {
    id, number, reason, status, firstMissedAt, lastMissedAt, missed, dueAt, nextAt, attempts, createdBy, createdAt,
    queue: row.queue ?? null,
    result: row.result ?? null,
    lastAttemptAt: row.lastAttemptAt ?? null,
    note: row.note ?? null,
    ticketId: row.ticketId ?? null,
    interactionId: row.interactionId ?? null,
    placeId: row.placeId ?? null,
    closedAt: row.closedAt ?? null,
    closedBy: row.closedBy ?? null,
  };
}

export function attemptView(row: CallbackAttemptRow): CallbackAttempt {
  const { id, taskId, interactionId, agent, actor, startedAt } = row;
  return { id, taskId, interactionId, agent, actor, startedAt, dialledAt: row.dialledAt ?? null, answeredAt: row.answeredAt ?? null, endedAt: row.endedAt ?? null, result: row.result ?? null };
}
