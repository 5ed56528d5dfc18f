import { timingSafeEqual } from "node:crypto";
import type { Secrets, UnitOfWork, Uow } from "@hotlinejs/core";
import type { ContactBook } from "./contact-book.js";
import type { AnswerResult, Asker, CreatedTicket, DueExplanation, NewTicket, PublicStatus, TicketKind, Tickets, TicketView, TransitionRequest, TransitionResult, UrgeRequest, Urging } from "./contract.js";
import { isSerial } from "./domain/serial-number.js";
import type { TicketCatalogue } from "./domain/ticket-kinds.js";
import type { TicketWorkflow } from "./domain/ticket-workflow.js";
import { TicketEntity } from "./entities/ticket.entity.js";
import type { TicketRow } from "./entities/ticket.entity.js";
import { errors } from "./errors.js";
import type { QueryGuard } from "./query-guard.js";
import type { TicketCreator } from "./ticket-creator.js";
import type { TicketClock } from "./ticket-clock.js";
import type { TicketDrafts } from "./ticket-drafts.js";
import type { TicketMover } from "./ticket-mover.js";
import type { TicketReader } from "./ticket-reader.js";
import { FRESH } from "./ticket-reader.js";
import { mayFind } from "./ticket-scope.js";
import type { TicketUrger } from "./ticket-urger.js";

/** Urge by hand. */
export const URGE = "tickets.urge";

export interface TicketsServiceParts {
  readonly work: UnitOfWork;
  readonly reader: TicketReader;
  readonly creator: TicketCreator;
  readonly drafts: TicketDrafts;
  readonly mover: TicketMover;
  readonly urger: TicketUrger;
  readonly dueClock: TicketClock;
  readonly contacts: ContactBook;
  readonly guard: QueryGuard;
  readonly secrets: Secrets;
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
    return this.publicStatus(await this.parts.reader.newest(this.parts.contacts.indexOf(callerNumber)));
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
      const { name, nameEn } = workflow.state(row.status);
      return { result: "ok", ticketId: row.id, status: row.status, statusName: name, ...(nameEn === undefined ? {} : { statusNameEn: nameEn }), answer: row.answer ?? row.reason ?? null };
    });
  }

  async transition(request: TransitionRequest): Promise<TransitionResult> {
    const vetoed = await this.parts.mover.move(request);
    if (vetoed !== undefined) return { done: false, veto: vetoed.veto };
    const ticket = await this.parts.reader.view({ id: request.ticketId });
    if (ticket === undefined) throw errors.NOT_FOUND(request.ticketId);
    return { done: true, ticket };
  }

  async due(ticketId: string): Promise<DueExplanation | undefined> {
    const { dueClock, reader } = this.parts;
    const row = await reader.row({ id: ticketId });
    return row === undefined ? undefined : dueClock.explain(row, await reader.pauses(row));
  }

  async urge(request: UrgeRequest): Promise<Urging> {
    const row = await this.parts.reader.row({ id: request.ticketId });
    if (row === undefined || (request.principal !== undefined && !mayFind(row, request.principal))) throw errors.NOT_FOUND(request.ticketId);
    if (request.principal !== undefined && !request.principal.permissions.has(URGE)) throw errors.FORBIDDEN(URGE);
    return this.parts.urger.byHand(request, row);
  }

  urgings(ticketId: string): Promise<readonly Urging[]> {
    return this.parts.urger.list(ticketId);
  }

  withdrawUrging(ticketId: string, urgingId: string, actor: string): Promise<void> {
    return this.parts.urger.withdraw(ticketId, urgingId, actor);
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
}

function sameText(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
