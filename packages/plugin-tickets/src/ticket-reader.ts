import type { ReadPool, Secrets } from "@hotlinejs/core";
import type { TicketView } from "./contract.js";
import type { TicketCatalogue } from "./domain/ticket-kinds.js";
import type { TicketWorkflow } from "./domain/ticket-workflow.js";
import { TicketAttachmentEntity } from "./entities/ticket-attachment.entity.js";
import { TicketEntity } from "./entities/ticket.entity.js";
import type { TicketRow } from "./entities/ticket.entity.js";
import { TicketEventEntity } from "./entities/ticket-event.entity.js";
import type { TicketEventRow } from "./entities/ticket-event.entity.js";
import { errors } from "./errors.js";

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
  readonly limit: number;
  readonly cursor?: string;
}

/** Reads tickets on the read pool and gives them their readable form. */
export class TicketReader {
  constructor(
    private readonly pool: ReadPool,
    private readonly secrets: Pick<Secrets, "open">,
    private readonly catalogue: TicketCatalogue,
    private readonly workflow: TicketWorkflow,
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
      em.find(TicketAttachmentEntity, { ticketId: { $in: rows.map((row) => row.id) }, kind: "recording" }, { ...FRESH, orderBy: [{ position: "asc" }, { reference: "asc" }] }),
    );
    return rows.map((row) => {
      const contact = this.contact(row);
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
        confidentiality: row.confidentiality,
        anonymous: row.anonymous,
        contactName: contact.name,
        contactNumber: contact.number,
        departmentCode: row.departmentCode ?? null,
        staffCode: row.staffCode ?? null,
        interactionId: row.interactionId ?? null,
        recordings: attachments.filter((each) => each.ticketId === row.id).map((each) => each.reference),
        createdBy: row.createdBy,
        createdAt: row.createdAt,
        updatedAt: row.updatedAt,
        businessDate: row.businessDate,
        version: row.version,
      };
    });
  }

  private contact(row: TicketRow): { name: string | null; number: string | null } {
    if (row.contactSealed === null || row.contactSealed === undefined) return { name: row.contactName ?? null, number: row.contactNumber ?? null };
    return JSON.parse(this.secrets.open(row.contactSealed)) as { name: string | null; number: string | null };
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
