import type { Clock, Jobs, Logger, ReadPool, Services, UnitOfWork } from "@hotlinejs/core";
import { JOBS } from "@hotlinejs/core";
import type { TicketWorkflow } from "./domain/ticket-workflow.js";
import { TicketEntity } from "./entities/ticket.entity.js";
import type { TicketRow } from "./entities/ticket.entity.js";
import type { TicketClock } from "./ticket-clock.js";
import type { TicketReader } from "./ticket-reader.js";
import { FRESH } from "./ticket-reader.js";
import type { TicketUrger } from "./ticket-urger.js";

export const RECOUNT_JOB = "tickets.recount-due";
const BATCH = 200;

/**
 * After each start the due days of open tickets are counted again: the calendar is configuration, and the holidays of a
 * year are published late in the one before. What has been urged already is not urged again. Open tickets of a version
 * that had no clock begin theirs.
 */
export class DueRecount {
  constructor(
    private readonly parts: {
      readonly work: UnitOfWork;
      readonly pool: ReadPool;
      readonly clock: Clock;
      readonly services: Services;
      readonly workflow: TicketWorkflow;
      readonly reader: TicketReader;
      readonly dueClock: TicketClock;
      readonly urger: TicketUrger;
      readonly log: Logger;
    },
  ) {}

  async ask(): Promise<void> {
    const jobs: Jobs = this.parts.services.get(JOBS);
    await jobs.enqueue({ name: RECOUNT_JOB });
  }

  /** The job `tickets.recount-due`. */
  async run(signal: AbortSignal): Promise<void> {
    const { pool, workflow, log } = this.parts;
    const states = workflow.workflow.states.filter((state) => workflow.clockOf(state.id) === "running").map((state) => state.id);
    let changed = 0;
    for (let after = ""; !signal.aborted; ) {
      const rows = await pool.read((em) => em.find(TicketEntity, { status: { $in: states }, id: { $gt: after } }, { ...FRESH, orderBy: { id: "asc" }, limit: BATCH }));
      const last = rows.at(-1);
      if (last === undefined) break;
      after = last.id;
      for (const row of rows) if (await this.recount(row)) changed++;
    }
    if (changed > 0) log.info({ tickets: changed }, "due days counted again");
  }

  private async recount(row: TicketRow): Promise<boolean> {
    const { clock, dueClock, reader, urger, work } = this.parts;
    const next =
      row.clockStartedAt === null || row.clockStartedAt === undefined
        ? dueClock.begin(row.kind, row.category ?? null, "running", clock.now())
        : { ...row, ...dueClock.dueColumns(row, await reader.pauses(row)) };
    if (next.clockStartedAt === (row.clockStartedAt ?? null) && next.dueAt === (row.dueAt ?? null) && next.dueProvisional === (row.dueProvisional ?? null)) return false;
    const { limitDays, clockStartedAt, clockCycle, dueAt, dueProvisional } = next;
    return work.run(async (uow) => {
      // Whoever moved it meanwhile has counted by the new calendar.
      if ((await uow.em.nativeUpdate(TicketEntity, { id: row.id, version: row.version }, { limitDays, clockStartedAt, clockCycle, dueAt, dueProvisional })) === 0) return false;
      await urger.plan(uow, { ...row, ...next });
      return true;
    });
  }
}
