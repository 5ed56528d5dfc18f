import type { ReadPool } from "@hotlinejs/core";
import type { ContactBook } from "./contact-book.js";
import type { TicketView } from "./contract.js";
import type { ClockPause } from "./domain/due-clock.js";
import { servedType } from "./domain/served-type.js";
import type { TicketCatalogue } from "./domain/ticket-kinds.js";
import type { TicketWorkflow } from "./domain/ticket-workflow.js";
import { TicketAttachmentEntity } from "./entities/ticket-attachment.entity.js";
import type { TicketAttachmentRow } from "./entities/ticket-attachment.entity.js";
import { TicketPauseEntity } from "./entities/ticket-pause.entity.js";
import { TicketEntity } from "./entities/ticket.entity.js";
import type { TicketRow } from "./entities/ticket.entity.js";
import { TicketEventEntity } from "./entities/ticket-event.entity.js";
import type { TicketEventRow } from "./entities/ticket-event.entity.js";
import { errors } from "./errors.js";
import type { TicketClock } from "./ticket-clock.js";

export const FRESH = { disableIdentityMap: true } as const;

export interface TicketFilter {
  readonly status?: readonly string[];
  readonly kind?: readonly string[];
  readonly source?: readonly string[];
  readonly interactionId?: string;
  /** Epoch ms, inclusive. */
  readonly from?: number;
  /** Epoch ms, exclusive. */
  readonly to?: number;
  /** Serial number, or how it begins. */
  readonly q?: string;
  /** Leave out tickets of the level `secret`. */
  readonly withoutSecret: boolean;
  /** 承办单位. */
  readonly handlingDepartment?: string;
  /** 承办人. */
  readonly handler?: string;
  /** Only those that are late, or only those that are not. */
  readonly overdue?: boolean;
  /** Blind index of the citizen's number. */
  readonly contactIndex?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** Reads tickets on the read pool and gives them their readable form. */
export class TicketReader {
  constructor(
    private readonly pool: ReadPool,
    private readonly contacts: ContactBook,
    private readonly catalogue: TicketCatalogue,
    private readonly workflow: TicketWorkflow,
    private readonly dueClock: TicketClock,
  ) {}

  async row(where: { id: string } | { serial: string } | { idempotencyKey: string }): Promise<TicketRow | undefined> {
    return (await this.pool.read((em) => em.findOne(TicketEntity, where, FRESH))) ?? undefined;
  }

  async view(where: { id: string } | { serial: string }): Promise<TicketView | undefined> {
    const row = await this.row(where);
    return row === undefined ? undefined : (await this.views([row]))[0];
  }

  /** Newest of these kinds whose state may be told, by the blind index of the caller's number. */
  async newest(contactIndex: string): Promise<TicketRow | undefined> {
    const [row] = await this.pool.read((em) => em.find(TicketEntity, { contactIndex, confidentiality: { $ne: "secret" } }, { ...FRESH, orderBy: [{ createdAt: "desc" }, { id: "desc" }], limit: 1 }));
    return row;
  }

  async history(ticketId: string): Promise<readonly TicketEventRow[]> {
    return this.pool.read((em) => em.find(TicketEventEntity, { ticketId }, { ...FRESH, orderBy: [{ at: "asc" }, { version: "asc" }] }));
  }

  /** Transitions it has gone through. */
  async doneActions(ticketId: string): Promise<ReadonlySet<string>> {
    const rows = await this.pool.read((em) => em.execute<{ action: string }[]>("select distinct action from tickets_event where ticket_id = ?", [ticketId]));
    return new Set(rows.map((row) => row.action));
  }

  /** Pauses of the clock that runs now. */
  async pauses(row: Pick<TicketRow, "id" | "clockCycle">): Promise<readonly ClockPause[]> {
    if (row.clockCycle === null || row.clockCycle === undefined) return [];
    const where = { ticketId: row.id, cycle: row.clockCycle };
    const rows = await this.pool.read((em) => em.find(TicketPauseEntity, where, { ...FRESH, orderBy: { fromAt: "asc" } }));
    return rows.map(({ fromAt, toAt }) => ({ from: fromAt, to: toAt ?? null }));
  }

  async file(ticketId: string, reference: string): Promise<TicketAttachmentRow | undefined> {
    return (await this.pool.read((em) => em.findOne(TicketAttachmentEntity, { ticketId, reference, kind: "file" }, FRESH))) ?? undefined;
  }

  /** Newest first. */
  async page(filter: TicketFilter): Promise<{ items: readonly TicketView[]; next: string | null }> {
    const after = filter.cursor === undefined ? undefined : decodeCursor(filter.cursor);
    const conditions: object[] = [];
    if (filter.status !== undefined) conditions.push({ status: { $in: [...filter.status] } });
    if (filter.kind !== undefined) conditions.push({ kind: { $in: [...filter.kind] } });
    if (filter.source !== undefined) conditions.push({ source: { $in: [...filter.source] } });
    if (filter.interactionId !== undefined) conditions.push({ interactionId: filter.interactionId });
    if (filter.from !== undefined) conditions.push({ createdAt: { $gte: filter.from } });
    if (filter.to !== undefined) conditions.push({ createdAt: { $lt: filter.to } });
    // Digits only (the route sees to it), so nothing in it is a wildcard.
    if (filter.q !== undefined) conditions.push({ serial: { $like: `${filter.q}%` } });
    if (filter.handlingDepartment !== undefined) conditions.push({ handlingDepartment: filter.handlingDepartment });
    if (filter.handler !== undefined) conditions.push({ handler: filter.handler });
    if (filter.overdue !== undefined) conditions.push({ overdueAt: filter.overdue ? { $ne: null } : null });
    if (filter.contactIndex !== undefined) conditions.push({ contactIndex: filter.contactIndex });
    if (filter.withoutSecret) conditions.push({ confidentiality: { $ne: "secret" } });
    if (after !== undefined) conditions.push({ $or: [{ createdAt: { $lt: after.at } }, { createdAt: after.at, id: { $lt: after.id } }] });
    const rows = await this.pool.read((em) =>
      em.find(TicketEntity, conditions.length === 0 ? {} : { $and: conditions }, { ...FRESH, limit: filter.limit + 1, orderBy: [{ createdAt: "desc" }, { id: "desc" }] }),
    );
    const items = rows.slice(0, filter.limit);
    const last = items[items.length - 1];
    return { items: await this.views(items), next: rows.length > filter.limit && last !== undefined ? encodeCursor(last) : null };
  }

  async views(rows: readonly TicketRow[]): Promise<readonly TicketView[]> {
    if (rows.length === 0) return [];
    const attachments = await this.pool.read((em) =>
      em.find(TicketAttachmentEntity, { ticketId: { $in: rows.map((row) => row.id) } }, { ...FRESH, orderBy: [{ position: "asc" }, { reference: "asc" }] }),
    );
    return rows.map((row) => {
      const contact = this.contacts.of(row);
      const own = attachments.filter((each) => each.ticketId === row.id);
      return {
        id: row.id,
        serial: row.serial,
        kind: row.kind,
        kindName: this.catalogue.findKind(row.kind)?.name ?? row.kind,
        category: row.category ?? null,
        categoryName: this.catalogue.categoryName(row.category ?? null),
        status: row.status,
        statusName: this.workflow.state(row.status).name,
        source: row.source,
        summary: row.summary ?? null,
        content: row.content ?? null,
        answer: row.answer ?? null,
        reason: row.reason ?? null,
        confidentiality: row.confidentiality,
        anonymous: row.anonymous,
        contactName: contact.name,
        contactNumber: contact.number,
        contactEmail: contact.email,
        departmentCode: row.departmentCode ?? null,
        staffCode: row.staffCode ?? null,
        handlingDepartment: row.handlingDepartment ?? null,
        handler: row.handler ?? null,
        acceptBy: row.acceptBy ?? null,
        acceptedAt: row.acceptedAt ?? null,
        clock: this.dueClock.view(row),
        interactionId: row.interactionId ?? null,
        recordings: own.filter((each) => each.kind === "recording").map((each) => each.reference),
        files: own
          .filter((each) => each.kind === "file")
          .map((each) => ({ id: each.reference, fileName: each.fileName ?? "", contentType: servedType(each.contentType ?? ""), size: each.size ?? 0 })),
        createdBy: row.createdBy,
        createdAt: row.createdAt,
        updatedAt: row.updatedAt,
        businessDate: row.businessDate,
        version: row.version,
      };
    });
  }
}

function encodeCursor(row: { createdAt: number; id: string }): string {
  return Buffer.from(`${row.createdAt}:${row.id}`).toString("base64url");
}

function decodeCursor(cursor: string): { at: number; id: string } {
  const [at, id] = Buffer.from(cursor, "base64url").toString("utf8").split(":");
  if (at === undefined || id === undefined || !/^\d+$/.test(at)) throw errors.BAD_CURSOR();
  return { at: Number(at), id };
}
