import type { Clock, Delivery, Notification, Page, Principal, ReadPool, Screens, UnitOfWork } from "@hotlinejs/core";
import { audiencesOf, readAudience } from "../domain/audience.js";
import { InboxEntity, type InboxRow } from "../entities/inbox.entity.js";
import { InboxReadEntity } from "../entities/inbox-read.entity.js";
import { consoleErrors } from "../errors.js";

export interface InboxMessage {
  readonly id: string;
  readonly at: number;
  readonly template: string;
  readonly title: string | null;
  readonly text: string;
  readonly subject: { readonly type: string; readonly id: string } | null;
  readonly read: boolean;
}

const DAY_MS = 86_400_000;
/** Unread counts go up to here. */
export const UNREAD_MOST = 99;

/** Notifications of the channel `screen`: kept, told to open pages, read per person. */
export class Inbox {
  constructor(
    private readonly units: UnitOfWork,
    private readonly reads: ReadPool,
    private readonly clock: Clock,
    private readonly screens: Screens,
    /** Kept for so many days, read or not. */
    private readonly days: number,
  ) {}

  /** Delivers one; again is the same message. Nobody known as receiver: no delivery, the notification fails in the end. */
  async deliver(notification: Notification): Promise<Delivery | undefined> {
    const audience = readAudience(notification.to);
    if (audience === undefined) return undefined;
    const { id, to, template, title, text, subject } = notification;
    await this.units.run(async (uow) => {
      const row = { id, at: this.clock.now(), audience: to, template, title, text, subjectType: subject?.type ?? null, subjectId: subject?.id ?? null };
      const known = await uow.em.findOne(InboxEntity, { id }, { disableIdentityMap: true });
      if (known === null) await uow.em.insert(InboxEntity, row);
    });
    this.screens.tell(audience, { topic: "console.inbox", data: { id, template, title, text, subject } });
    return { delivered: true, ref: id, state: "delivered" };
  }

  /** What concerns a person, newest first. */
  async list(principal: Principal, query: { readonly limit: number; readonly before?: string }): Promise<Page<InboxMessage>> {
    const after = query.before === undefined ? undefined : decode(query.before);
    const rows = await this.reads.read((em) =>
      em.find(
        InboxEntity,
        { audience: { $in: [...audiencesOf(principal)] }, ...(after === undefined ? {} : { $or: [{ at: { $lt: after.at } }, { at: after.at, id: { $lt: after.id } }] }) },
        { disableIdentityMap: true, orderBy: [{ at: "desc" }, { id: "desc" }], limit: query.limit + 1 },
      ),
    );
    const shown = rows.slice(0, query.limit);
    const read = await this.#readOf(principal, shown);
    const last = shown.at(-1);
    return { items: shown.map((row) => message(row, read.has(row.id))), next: rows.length > shown.length && last !== undefined ? encode(last) : null };
  }

  /** How many a person has not read, at most UNREAD_MOST. */
  async unread(principal: Principal): Promise<number> {
    const rows = await this.reads.read((em) => {
      const knex = em.getKnex();
      const query = knex("console_inbox as m")
        .select("m.id")
        .leftJoin("console_inbox_read as r", (join) => {
          join.on("r.message_id", "m.id").andOn("r.user_id", knex.raw("?", [principal.userId]));
        })
        .whereIn("m.audience", [...audiencesOf(principal)])
        .whereNull("r.message_id")
        .limit(UNREAD_MOST);
      return em.execute<{ id: string }[]>(query);
    });
    return rows.length;
  }

  /** Marks messages as read by this person; those that are not for this person are left alone. */
  async markRead(principal: Principal, ids: readonly string[]): Promise<void> {
    const rows = await this.reads.read((em) => em.find(InboxEntity, { id: { $in: [...ids] }, audience: { $in: [...audiencesOf(principal)] } }, { disableIdentityMap: true }));
    await this.units.run(async (uow) => {
      for (const { id } of rows) {
        const known = await uow.em.findOne(InboxReadEntity, { userId: principal.userId, messageId: id }, { disableIdentityMap: true });
        if (known === null) await uow.em.insert(InboxReadEntity, { userId: principal.userId, messageId: id, at: this.clock.now() });
      }
    });
    this.screens.tell({ users: [principal.userId] }, { topic: "console.inbox-read", data: { ids: rows.map(({ id }) => id) } });
  }

  /** Throws away what is too old. */
  async sweep(): Promise<void> {
    const before = this.clock.now() - this.days * DAY_MS;
    await this.units.run(async (uow) => {
      await uow.em.nativeDelete(InboxEntity, { at: { $lt: before } });
      await uow.em.nativeDelete(InboxReadEntity, { at: { $lt: before } });
    });
  }

  async #readOf(principal: Principal, rows: readonly InboxRow[]): Promise<ReadonlySet<string>> {
    if (rows.length === 0) return new Set();
    const read = await this.reads.read((em) => em.find(InboxReadEntity, { userId: principal.userId, messageId: { $in: rows.map(({ id }) => id) } }, { disableIdentityMap: true }));
    return new Set(read.map(({ messageId }) => messageId));
  }
}

function message(row: InboxRow, read: boolean): InboxMessage {
  const { id, at, template, title, text, subjectType, subjectId } = row;
  return { id, at, template, title: title ?? null, text, subject: subjectType === null || subjectType === undefined ? null : { type: subjectType, id: subjectId ?? "" }, read };
}

function encode({ at, id }: InboxRow): string {
  return Buffer.from(`${at}:${id}`).toString("base64url");
}

function decode(cursor: string): { at: number; id: string } {
  const [, at, id] = /^(\d{1,15}):([\w-]{1,64})$/.exec(Buffer.from(cursor, "base64url").toString("utf8")) ?? [];
  if (at === undefined || id === undefined) throw consoleErrors.BAD_CURSOR();
  return { at: Number(at), id };
}
