import { randomInt } from "node:crypto";
import type { Audit, Blobs, BusinessCalendar, Clock, Ids, Secrets, Services, TicketGate, UnitOfWork, Uow } from "@hotlinejs/core";
import { token } from "@hotlinejs/core";
import type { Recordings } from "@hotlinejs/plugin-recording/contract";
import type { ContactBook } from "./contact-book.js";
import type { CreatedTicket, NewTicket, TicketKind } from "./contract.js";
import { servedType } from "./domain/served-type.js";
import type { TicketCatalogue } from "./domain/ticket-kinds.js";
import { higher } from "./domain/ticket-kinds.js";
import type { TicketWorkflow } from "./domain/ticket-workflow.js";
import { TicketAttachmentEntity } from "./entities/ticket-attachment.entity.js";
import { TicketDraftEntity } from "./entities/ticket-draft.entity.js";
import { TicketEntity } from "./entities/ticket.entity.js";
import type { TicketRow } from "./entities/ticket.entity.js";
import { TicketEventEntity } from "./entities/ticket-event.entity.js";
import { errors } from "./errors.js";
import { allocateSerial } from "./serial-allocator.js";
import type { TicketClock } from "./ticket-clock.js";
import type { TicketReader } from "./ticket-reader.js";
import { FRESH } from "./ticket-reader.js";
import type { TicketUrger } from "./ticket-urger.js";

/** An optional partner: only its types are imported, the token is found by its name. */
export const RECORDINGS = token<Recordings>("recording.recordings");

export interface TicketCreatorParts {
  readonly work: UnitOfWork;
  readonly reader: TicketReader;
  readonly gate: TicketGate;
  readonly audit: Audit;
  readonly blobs: Blobs;
  readonly secrets: Secrets;
  readonly contacts: ContactBook;
  readonly clock: Clock;
  readonly dueClock: TicketClock;
  readonly urger: TicketUrger;
  readonly workflow: TicketWorkflow;
  readonly ids: Ids;
  readonly calendar: () => BusinessCalendar;
  readonly catalogue: TicketCatalogue;
  readonly services: Services;
  /** Source -> hours within which somebody is to take up what waits for a person. */
  readonly acceptWithinHours: Readonly<Record<string, number>>;
  readonly codeDigits: { readonly digits: number; readonly reports: number };
}

/** Here a ticket waits for a person. */
export const WAITING = "received";
const HOUR_MS = 3_600_000;
/** Longest texts kept. */
const MOST_SUMMARY = 500;
const MOST_CONTENT = 20_000;
const MOST_FILE_NAME = 200;

/** Makes tickets: the hook first, then everything in one unit of work. */
export class TicketCreator {
  constructor(private readonly parts: TicketCreatorParts) {}

  async create(input: NewTicket, within?: (uow: Uow, ticket: CreatedTicket) => Promise<void>): Promise<CreatedTicket> {
    const { parts } = this;
    const kind = parts.catalogue.kind(input.kind);
    const category = parts.catalogue.category(input.category);
    const status = input.status ?? (input.source === "agent" || input.source === "phone" ? "accepted" : WAITING);
    checkText("summary", input.summary, MOST_SUMMARY);
    checkText("content", input.content, MOST_CONTENT);
    if (input.anonymous === true && kind.anonymousAllowed !== true) throw errors.ANONYMOUS_NOT_ALLOWED(kind.name);
    if (input.idempotencyKey !== undefined) {
      const earlier = await parts.reader.row({ idempotencyKey: input.idempotencyKey });
      if (earlier !== undefined) return this.again(earlier, input.idempotencyKey);
    }

    const id = parts.ids.next();
    const along: ((uow: Uow) => Promise<void>)[] = [];
    const veto = await parts.gate.ask({
      ticketId: id,
      serial: null,
      kind: kind.key,
      from: null,
      to: status,
      action: "create",
      actor: input.actor,
      data: { source: input.source, category, interactionId: input.interactionId ?? null, departmentCode: input.departmentCode ?? null },
      within: (fn) => void along.push(fn),
    });
    if (veto !== undefined) {
      await parts.audit.record({ actor: input.actor, action: "ticket.created", subject: { type: "ticket", id }, outcome: "vetoed", details: { code: veto.code, kind: kind.key, source: input.source } });
      throw errors.VETOED(veto.message, { details: { veto: veto.code } });
    }
    // Before the rows that name them: a file too many is better than one swept away.
    for (const { blobId } of input.files ?? []) await parts.blobs.claim(blobId);
    try {
      return await parts.work.run(async (uow) => {
        const { ticket, fresh } = await this.insert(uow, id, input, kind, category, status);
        if (!fresh) return ticket;
        for (const fn of along) await fn(uow);
        await within?.(uow, ticket);
        return ticket;
      });
    } catch (error) {
      // Two at once with one key (PostgreSQL): the other one's ticket is the ticket.
      const other = input.idempotencyKey === undefined ? undefined : await parts.reader.row({ idempotencyKey: input.idempotencyKey });
      if (other === undefined) throw error;
      return this.ticketOf(other);
    }
  }

  private async insert(uow: Uow, id: string, input: NewTicket, kind: TicketKind, category: string | null, status: string): Promise<{ ticket: CreatedTicket; fresh: boolean }> {
    const { parts } = this;
    const idempotencyKey = input.idempotencyKey ?? null;
    if (idempotencyKey !== null) {
      await uow.em.nativeDelete(TicketDraftEntity, { key: idempotencyKey });
      const earlier = await uow.em.findOne(TicketEntity, { idempotencyKey }, FRESH);
      if (earlier !== null) return { ticket: this.ticketOf(earlier), fresh: false };
    }
    const now = parts.clock.now();
    const calendar = parts.calendar();
    const { serial, businessDate } = await allocateSerial(uow, calendar, now);
    const queryCode = randomDigits(kind.codeOnly === true ? parts.codeDigits.reports : parts.codeDigits.digits);
    const confidentiality = higher(kind.confidentiality ?? "normal", input.confidentiality ?? "normal");
    const clock = parts.dueClock.begin(kind.key, category, parts.workflow.clockOf(status), now);
    const hours = status === WAITING ? parts.acceptWithinHours[input.source] : undefined;
    const acceptBy = hours === undefined ? null : now + Math.round(hours * HOUR_MS);
    await uow.em.insert(TicketEntity, {
      id,
      serial,
      kind: kind.key,
      category,
      status,
      source: input.source,
      summary: input.summary ?? null,
      content: input.content ?? null,
      answer: null,
      reason: null,
      confidentiality,
      anonymous: input.anonymous === true,
      ...parts.contacts.columns(parts.contacts.given(input), kind, confidentiality !== "normal"),
      departmentCode: input.departmentCode ?? null,
      staffCode: input.staffCode ?? null,
      interactionId: input.interactionId ?? null,
      queryCodeSealed: parts.secrets.seal(queryCode),
      idempotencyKey,
      createdBy: input.actor,
      agent: input.agent ?? null,
      createdAt: now,
      updatedAt: now,
      businessDate,
      businessHour: calendar.hourOf(now),
      version: 1,
      handlingDepartment: null,
      handler: null,
      acceptBy,
      acceptedAt: null,
      ...clock,
    });
    await parts.urger.plan(uow, { id, ...clock });
    if (acceptBy !== null) await parts.urger.planAcceptance(uow, id, acceptBy);
    await uow.em.insert(TicketEventEntity, { id: parts.ids.next(), ticketId: id, at: now, action: "create", fromStatus: null, toStatus: status, actor: input.actor, note: null, data: { source: input.source }, version: 1 });
    await this.attach(uow, id, input.recordingIds ?? [], confidentiality !== "normal");
    await this.attachFiles(uow, id, input.files ?? []);
    uow.audit({ actor: input.actor, action: "ticket.created", subject: { type: "ticket", id }, details: { serial, kind: kind.key, source: input.source } });
    uow.publish("ticket.created", { ticketId: id, serial, kind: kind.key, source: input.source, status, interactionId: input.interactionId ?? null }, { aggregate: `ticket:${id}` });
    return { ticket: { id, serial, queryCode, status }, fresh: true };
  }

  /** Links recordings, in the given order, after those it has. A recording that does not exist (any more) is linked here all the same: it may be adopted later. */
  async attach(uow: Uow, ticketId: string, recordingIds: readonly string[], confidential: boolean): Promise<void> {
    const present = await uow.em.find(TicketAttachmentEntity, { ticketId }, FRESH);
    const known = new Set(present.map((each) => each.reference));
    const recordings = this.parts.services.optional(RECORDINGS);
    for (const reference of recordingIds) {
      if (known.has(reference)) continue;
      known.add(reference);
      await uow.em.insert(TicketAttachmentEntity, { ticketId, reference, kind: "recording", position: known.size, attachedAt: this.parts.clock.now(), fileName: null, contentType: null, size: null });
      await recordings?.attach(reference, ticketId, { confidential });
    }
  }

  /** Adds files after what it has. Their blobs are claimed by whoever put them. */
  async attachFiles(uow: Uow, ticketId: string, files: NonNullable<NewTicket["files"]>): Promise<void> {
    if (files.length === 0) return;
    const present = await uow.em.find(TicketAttachmentEntity, { ticketId }, FRESH);
    const known = new Set(present.map((each) => each.reference));
    for (const { blobId, fileName, contentType, size } of files) {
      if (known.has(blobId)) continue;
      known.add(blobId);
      await uow.em.insert(TicketAttachmentEntity, {
        ticketId,
        reference: blobId,
        kind: "file",
        position: known.size,
        attachedAt: this.parts.clock.now(),
        fileName: fileName.replace(/[\p{Cc}/\\]/gu, "_").slice(0, MOST_FILE_NAME) || "附件",
        contentType: servedType(contentType),
        size,
      });
    }
  }

  /** The same request once more: the draft it was about is settled. */
  private async again(row: TicketRow, key: string): Promise<CreatedTicket> {
    await this.parts.work.run((uow) => uow.em.nativeDelete(TicketDraftEntity, { key }));
    return this.ticketOf(row);
  }

  private ticketOf(row: TicketRow): CreatedTicket {
    return { id: row.id, serial: row.serial, queryCode: this.parts.secrets.open(row.queryCodeSealed), status: row.status };
  }
}

function randomDigits(count: number): string {
  return Array.from({ length: count }, () => randomInt(10)).join("");
}

function checkText(name: string, text: string | null | undefined, most: number): void {
  if (text !== null && text !== undefined && text.length > most) throw errors.BAD_VALUE(name, most);
}
