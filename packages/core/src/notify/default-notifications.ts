import type { Jobs, ReadPool, UnitOfWork, Uow } from "../contracts/data.js";
import type { Delivery, NewNotification, Notification, NotificationRecord, Notifications, NotificationState } from "../contracts/notification.js";
import type { Clock, Ids } from "../contracts/time.js";
import { NotificationEntity, type NotificationRow } from "../db/entities/notification.entity.js";
import { coreErrors } from "../errors/core-errors.js";
import { errorText } from "../errors/define-errors.js";
import type { Logger } from "../log/logger.js";

const JOB = "core.notify";
/** RFC 5321 section 4.5.4.1: try again each half hour, give up after four to five days. */
const LONGEST_WAIT_MS = 1_800_000;
const MOST_ATTEMPTS = 240;
/** Of the hook (30 s) and a little more. */
const TIMEOUT_MS = 40_000;
const MOST_ERROR = 500;

export interface NotificationsDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly unitOfWork: UnitOfWork;
  readonly readPool: ReadPool;
  readonly jobs: Jobs;
  /** Runs the hook `notify.for(channel)`. */
  readonly notify: (notification: Notification) => Promise<Delivery | undefined>;
}

/** See Notifications. The row is the intent; the job of the same transaction carries it out. */
export class DefaultNotifications implements Notifications {
  readonly #deps: NotificationsDeps;

  constructor(deps: NotificationsDeps) {
    this.#deps = deps;
    deps.jobs.define<{ id: string }>(JOB, {
      maxAttempts: MOST_ATTEMPTS,
      timeoutMs: TIMEOUT_MS,
      backoffMs: (attempt) => Math.min(1000 * 2 ** Math.min(attempt - 1, 20), LONGEST_WAIT_MS),
      handler: ({ id }, { attempt }) => this.#deliver(id, attempt),
    });
  }

  send(notification: NewNotification): Promise<{ readonly id: string }> {
    const { clock, ids, unitOfWork } = this.#deps;
    return unitOfWork.run(async (uow) => {
      const key = notification.key ?? null;
      if (key !== null) {
        const earlier = await uow.em.findOne(NotificationEntity, { key }, { fields: ["id"] });
        if (earlier !== null) return { id: earlier.id };
      }
      const id = ids.next();
      await uow.em.insert(NotificationEntity, {
        id,
        channel: notification.channel,
        recipient: notification.to,
        template: notification.template,
        title: notification.title ?? null,
        text: notification.text,
        html: notification.html ?? null,
        attachments: (notification.attachments ?? []).map(({ blobId, fileName, contentType }) => ({ blobId, fileName, contentType })),
        headers: { ...notification.headers },
        subjectType: notification.subject?.type ?? null,
        subjectId: notification.subject?.id ?? null,
        key,
        state: "pending",
        ref: null,
        attempts: 0,
        lastError: null,
        forget: notification.forget === true,
        notBefore: notification.notBefore ?? null,
        createdAt: clock.now(),
        settledAt: null,
      });
      uow.enqueue({ name: JOB, key: id, payload: { id }, runAt: notification.notBefore });
      return { id };
    });
  }

  cancel(id: string): Promise<boolean> {
    const { clock, jobs, unitOfWork } = this.#deps;
    return unitOfWork.run(async (uow) => {
      if (!(await jobs.cancel(JOB, id))) return false;
      const changed = await uow.em.nativeUpdate(NotificationEntity, { id, state: "pending" }, { state: "cancelled", settledAt: clock.now() });
      await forgetWords(uow, id);
      return changed > 0;
    });
  }

  get(id: string): Promise<NotificationRecord | undefined> {
    return this.#deps.readPool.read(async (em) => {
      const row = await em.findOne(NotificationEntity, { id });
      return row === null ? undefined : recordOf(row as NotificationRow);
    });
  }

  about(subject: { readonly type: string; readonly id: string }): Promise<readonly NotificationRecord[]> {
    return this.#deps.readPool.read(async (em) => {
      const rows = await em.find(NotificationEntity, { subjectType: subject.type, subjectId: subject.id }, { orderBy: { createdAt: "desc", id: "desc" }, limit: 500 });
      return rows.map((row) => recordOf(row as NotificationRow));
    });
  }

  async report(id: string, state: "delivered" | "failed", details: { readonly ref?: string; readonly error?: string } = {}): Promise<void> {
    await this.#settle(id, ["pending", "sent", "uncertain"], state, { ref: details.ref, error: details.error });
  }

  async #deliver(id: string, attempt: number): Promise<void> {
    const { log, notify, readPool, unitOfWork } = this.#deps;
    const row = (await readPool.read((em) => em.findOne(NotificationEntity, { id }))) as NotificationRow | null;
    // Told already: the process died between the delivery's commit and the job's.
    if (row === null || row.state !== "pending") return;
    let delivery: Delivery | undefined;
    let problem: unknown;
    try {
      delivery = await notify({ ...notificationOf(row), attempt });
    } catch (error) {
      problem = error;
    }
    if (delivery?.delivered === false) {
      log.warn({ notificationId: id, channel: row.channel, template: row.template, error: delivery.error }, "a notification cannot be delivered");
      await this.#settle(id, ["pending"], "failed", { error: delivery.error, attempts: attempt });
      return;
    }
    if (delivery !== undefined) {
      await this.#settle(id, ["pending"], delivery.state, { ref: delivery.ref, attempts: attempt });
      return;
    }
    const error = problem ?? coreErrors.NOTIFICATION_UNDELIVERED(row.channel);
    if (attempt >= MOST_ATTEMPTS) {
      log.error({ notificationId: id, channel: row.channel, template: row.template, error: errorText(error) }, "a notification could not be delivered and is given up");
      await this.#settle(id, ["pending"], "failed", { error: errorText(error), attempts: attempt });
      return;
    }
    await unitOfWork.run((uow) => uow.em.nativeUpdate(NotificationEntity, { id }, { attempts: attempt, lastError: errorText(error).slice(0, MOST_ERROR) }));
    throw error;
  }

  async #settle(id: string, from: readonly NotificationState[], state: NotificationState, facts: { ref?: string; error?: string; attempts?: number }): Promise<void> {
    const { clock, unitOfWork } = this.#deps;
    await unitOfWork.run(async (uow) => {
      const patch = {
        state,
        settledAt: clock.now(),
        ...(facts.ref === undefined ? {} : { ref: facts.ref }),
        ...(facts.attempts === undefined ? {} : { attempts: facts.attempts }),
        lastError: facts.error?.slice(0, MOST_ERROR) ?? null,
      };
      if ((await uow.em.nativeUpdate(NotificationEntity, { id, state: { $in: [...from] } }, patch)) === 0) return;
      await forgetWords(uow, id);
      const row = await uow.em.findOneOrFail(NotificationEntity, { id }, { refresh: true });
      const { channel, template } = row;
      const subject = subjectOf(row as NotificationRow);
      if (state === "failed") uow.publish("notification.failed", { notificationId: id, channel, template, error: facts.error ?? "", subject }, { aggregate: `notification:${id}` });
      else uow.publish("notification.sent", { notificationId: id, channel, template, state, subject }, { aggregate: `notification:${id}` });
    });
  }
}

/** Of a notification that asked for it, once no later try will need them. */
async function forgetWords(uow: Uow, id: string): Promise<void> {
  await uow.em.nativeUpdate(NotificationEntity, { id, forget: true, state: { $ne: "pending" } }, { text: "", html: null });
}

function subjectOf(row: NotificationRow): { type: string; id: string } | null {
  const { subjectType, subjectId } = row;
  return typeof subjectType === "string" && typeof subjectId === "string" ? { type: subjectType, id: subjectId } : null;
}

function notificationOf(row: NotificationRow): Omit<Notification, "attempt"> {
  return {
    id: row.id,
    channel: row.channel,
    to: row.recipient,
    template: row.template,
    title: row.title ?? null,
    text: row.text,
    html: row.html ?? null,
    attachments: row.attachments,
    headers: row.headers,
    subject: subjectOf(row),
    createdAt: row.createdAt,
  };
}

function recordOf(row: NotificationRow): NotificationRecord {
  return {
    ...notificationOf(row),
    state: row.state as NotificationState,
    ref: row.ref ?? null,
    attempts: row.attempts,
    lastError: row.lastError ?? null,
    notBefore: row.notBefore ?? null,
    settledAt: row.settledAt ?? null,
  };
}
