import type { Clock, Logger, Secrets, Services, UnitOfWork, ReadPool } from "@hotlinejs/core";
import type { NewTicket } from "./contract.js";
import { TicketDraftEntity } from "./entities/ticket-draft.entity.js";
import { RECORDINGS } from "./ticket-creator.js";
import type { TicketCreator } from "./ticket-creator.js";
import { FRESH } from "./ticket-reader.js";

export const FINISH_DRAFT_JOB = "tickets.finish-draft";
/** A message with less voice than this is empty; where the voice is not known, with less sound than MIN_SOUND_MS. */
const MIN_VOICED_MS = 300;
const MIN_SOUND_MS = 1000;

/** Tickets that are made by themselves when the process dies while the citizen speaks. */
export class TicketDrafts {
  constructor(
    private readonly parts: {
      readonly work: UnitOfWork;
      readonly pool: ReadPool;
      readonly secrets: Secrets;
      readonly clock: Clock;
      readonly services: Services;
      readonly creator: TicketCreator;
      readonly log: Logger;
    },
  ) {}

  async put(input: NewTicket & { readonly idempotencyKey: string }, deadline: number): Promise<void> {
    const key = input.idempotencyKey;
    const inputSealed = this.parts.secrets.seal(JSON.stringify(input));
    await this.parts.work.run(async (uow) => {
      if ((await uow.em.nativeUpdate(TicketDraftEntity, { key }, { inputSealed, deadline })) === 0) await uow.em.insert(TicketDraftEntity, { key, inputSealed, deadline });
      uow.enqueue({ name: FINISH_DRAFT_JOB, payload: { key }, key, runAt: deadline });
    });
  }

  async discard(key: string): Promise<void> {
    await this.parts.work.run((uow) => uow.em.nativeDelete(TicketDraftEntity, { key }));
  }

  /** After a start nobody is speaking: what drafts there are were left behind. */
  async resume(): Promise<void> {
    const drafts = await this.parts.pool.read((em) => em.find(TicketDraftEntity, {}, { ...FRESH, orderBy: { key: "asc" } }));
    if (drafts.length === 0) return;
    const now = this.parts.clock.now();
    await this.parts.work.run(async (uow) => {
      for (const { key } of drafts) uow.enqueue({ name: FINISH_DRAFT_JOB, payload: { key }, key: `${key}@${now}` });
    });
    this.parts.log.warn({ drafts: drafts.length }, "tickets left unmade by a crash");
  }

  /** The job `tickets.finish-draft`. */
  async finish(key: string): Promise<void> {
    const draft = await this.parts.pool.read((em) => em.findOne(TicketDraftEntity, { key }, FRESH));
    if (draft === null) return;
    const input = JSON.parse(this.parts.secrets.open(draft.inputSealed)) as NewTicket;
    if (!(await this.somethingWasSaid(input.recordingIds?.[0]))) return this.discard(key);
    const ticket = await this.parts.creator.create(input);
    this.parts.log.info({ ticketId: ticket.id, serial: ticket.serial }, "ticket made of a draft");
  }

  /** The message is the first recording; the whole call's may follow. */
  private async somethingWasSaid(recordingId: string | undefined): Promise<boolean> {
    if (recordingId === undefined) return true;
    const recording = await this.parts.services.optional(RECORDINGS)?.get(recordingId);
    if (recording === undefined) return false;
    // Also of one that was lost since: that somebody spoke must not be lost with it.
    return recording.voicedMs === null ? (recording.durationMs ?? 0) >= MIN_SOUND_MS : recording.voicedMs >= MIN_VOICED_MS;
  }
}
