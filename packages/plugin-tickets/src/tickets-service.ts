import { timingSafeEqual } from "node:crypto";
import type { Audit, Clock, Ids, Secrets, TicketGate, UnitOfWork, Uow } from "@hotlinejs/core";
import type { AnswerResult, Asker, CreatedTicket, NewTicket, PublicStatus, TicketKind, Tickets, TicketView, TransitionRequest, TransitionResult } from "./contract.js";
import { isSerial } from "./domain/serial-number.js";
import type { TicketCatalogue } from "./domain/ticket-kinds.js";
import type { TicketWorkflow } from "./domain/ticket-workflow.js";
import { TicketEntity } from "./entities/ticket.entity.js";
import type { TicketRow } from "./entities/ticket.entity.js";
import { TicketEventEntity } from "./entities/ticket-event.entity.js";
import { errors } from "./errors.js";
import type { QueryGuard } from "./query-guard.js";
import type { TicketCreator } from "./ticket-creator.js";
import { contactIndexOf } from "./ticket-creator.js";
import type { TicketDrafts } from "./ticket-drafts.js";
import type { TicketReader } from "./ticket-reader.js";
import { FRESH } from "./ticket-reader.js";

const MOST_TEXT = 20_000;
/** Values of a transition that become columns. */
const COLUMNS = ["answer", "reason", "summary", "category", "departmentCode"] as const;

export interface TicketsServiceParts {
  readonly work: UnitOfWork;
  readonly reader: TicketReader;
  readonly creator: TicketCreator;
  readonly drafts: TicketDrafts;
  readonly guard: QueryGuard;
  readonly gate: TicketGate;
  readonly audit: Audit;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly catalogue: TicketCatalogue;
  readonly workflow: TicketWorkflow;
}

/** The contract. */
export class DefaultTickets implements Tickets {
  constructor(private readonly parts: TicketsServiceParts) {}

  get kinds(): readonly TicketKind[] {
    return this.parts.catalogue.kinds;
  }

  create(input: NewTicket, options: { within?: (uow: Uow, ticket: CreatedTicket) => Promise<void> } = {}): Promise<CreatedTicket> {
    return this.parts.creator.create(input, options.within);
  }

  draft(input: NewTicket & { readonly idempotencyKey: string }, deadline: number): Promise<void> {
    return this.parts.drafts.put(input, deadline);
  }

  discardDraft(idempotencyKey: string): Promise<void> {
    return this.parts.drafts.discard(idempotencyKey);
  }

  get(ticketId: string): Promise<TicketView | undefined> {
    return this.parts.reader.view({ id: ticketId });
  }

  findBySerial(serial: string): Promise<TicketView | undefined> {
    return this.parts.reader.view({ serial });
  }

  async status(serial: string): Promise<PublicStatus> {
    return this.publicStatus(isSerial(serial) ? await this.parts.reader.row({ serial }) : undefined);
  }

  async latestStatus(callerNumber: string): Promise<PublicStatus> {
    if (callerNumber.replace(/\D/g, "") === "") return { found: false };
    return this.publicStatus(await this.parts.reader.newest(contactIndexOf(this.parts.secrets, callerNumber)));
  }

  lockedUntil(asker: Asker, serial?: string): Promise<number | undefined> {
    return this.parts.work.run((uow) => this.parts.guard.lockedUntil(uow, this.parts.guard.keys(asker, serial)));
  }

  noteFailure(asker: Asker, serial: string): Promise<AnswerResult> {
    return this.parts.work.run((uow) => this.refuse(uow, asker, serial));
  }

  async answerFor(serial: string, queryCode: string, asker: Asker): Promise<AnswerResult> {
    const { work, guard, secrets, workflow } = this.parts;
    return work.run(async (uow) => {
      const keys = guard.keys(asker, serial);
      const until = await guard.lockedUntil(uow, keys);
      if (until !== undefined) return { result: "locked", until };
      const row = isSerial(serial) ? await uow.em.findOne(TicketEntity, { serial }, FRESH) : null;
      if (row === null || !sameText(secrets.open(row.queryCodeSealed), queryCode)) return this.refuse(uow, asker, serial);
      await guard.succeed(uow, keys);
      uow.audit({ actor: "citizen", action: "ticket.queried", subject: { type: "ticket", id: row.id }, details: { channel: asker.channel } });
      return { result: "ok", ticketId: row.id, status: row.status, statusName: workflow.state(row.status).name, answer: row.answer ?? row.reason ?? null };
    });
  }

  async transition(request: TransitionRequest): Promise<TransitionResult> {
    const { parts } = this;
    const data = request.data ?? {};
    const row = await parts.reader.row({ id: request.ticketId });
    if (row === undefined) throw errors.NOT_FOUND(request.ticketId);
    if (request.version !== undefined && request.version !== row.version) throw errors.CONFLICT();
    const step = parts.workflow.check(request.action, row.status, data);
    const columns = this.columns(data);
    const along: ((uow: Uow) => Promise<void>)[] = [];
    const veto = await parts.gate.ask({
      ticketId: row.id,
      serial: row.serial,
      kind: row.kind,
      from: row.status,
      to: step.to,
      action: step.id,
      actor: request.actor,
      data,
      within: (fn) => void along.push(fn),
    });
    if (veto !== undefined) {
      await parts.audit.record({ actor: request.actor, action: `ticket.${step.id}`, subject: { type: "ticket", id: row.id }, outcome: "vetoed", details: { code: veto.code } });
      return { done: false, veto };
    }
    await parts.work.run(async (uow) => {
      const now = parts.clock.now();
      const version = row.version + 1;
      // The hook judged what was read: the commit holds only if it is still so.
      const changed = await uow.em.nativeUpdate(TicketEntity, { id: row.id, version: row.version }, { ...columns, status: step.to, updatedAt: now, version });
      if (changed === 0) throw errors.CONFLICT();
      await uow.em.insert(TicketEventEntity, { id: parts.ids.next(), ticketId: row.id, at: now, action: step.id, fromStatus: row.status, toStatus: step.to, actor: request.actor, note: request.note ?? null, data, version });
      uow.audit({ actor: request.actor, action: `ticket.${step.id}`, subject: { type: "ticket", id: row.id }, details: { from: row.status, to: step.to } });
      uow.publish("ticket.transitioned", { ticketId: row.id, serial: row.serial, action: step.id, from: row.status, to: step.to, actor: request.actor }, { aggregate: `ticket:${row.id}` });
      for (const fn of along) await fn(uow);
    });
    const ticket = await parts.reader.view({ id: row.id });
    if (ticket === undefined) throw errors.NOT_FOUND(row.id);
    return { done: true, ticket };
  }

  async attachRecording(ticketId: string, recordingId: string): Promise<void> {
    await this.parts.work.run(async (uow) => {
      const row = await uow.em.findOne(TicketEntity, { id: ticketId }, FRESH);
      if (row === null) throw errors.NOT_FOUND(ticketId);
      await this.parts.creator.attach(uow, ticketId, [recordingId], row.confidentiality !== "normal");
    });
  }

  private async refuse(uow: Uow, asker: Asker, serial: string): Promise<AnswerResult> {
    const outcome = await this.parts.guard.fail(uow, this.parts.guard.keys(asker, serial));
    if ("left" in outcome) return { result: "wrong", left: outcome.left };
    uow.audit({ actor: "citizen", action: "ticket.query-locked", outcome: "refused", details: { channel: asker.channel, serial } });
    return { result: "locked", until: outcome.until };
  }

  private publicStatus(row: TicketRow | undefined): PublicStatus {
    const { catalogue, workflow } = this.parts;
    if (row === undefined || row.confidentiality === "secret" || catalogue.findKind(row.kind)?.codeOnly === true) return { found: false };
    return { found: true, serial: row.serial, status: row.status, statusName: workflow.state(row.status).name };
  }

  private columns(data: Readonly<Record<string, unknown>>): Partial<Record<(typeof COLUMNS)[number], string>> {
    const out: Partial<Record<(typeof COLUMNS)[number], string>> = {};
    for (const name of COLUMNS) {
      const value = data[name];
      if (value === undefined || value === null) continue;
      if (typeof value !== "string" || value.length === 0 || value.length > MOST_TEXT) throw errors.BAD_VALUE(name, MOST_TEXT);
      out[name] = name === "category" ? (this.parts.catalogue.category(value) ?? value) : value;
    }
    return out;
  }
}

function sameText(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
