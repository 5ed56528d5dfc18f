import type { BusinessCalendar, Clock, Ids, Logger, Uow, UnitOfWork, ReadPool } from "@hotlinejs/core";
import type { UrgeRequest, Urging } from "./contract.js";
import { shiftWorkdays } from "./domain/due-clock.js";
import type { TicketWorkflow } from "./domain/ticket-workflow.js";
import { isEarly, levelAt, OVERDUE_LEVEL } from "./domain/urging-ladder.js";
import type { LadderLevel } from "./domain/urging-ladder.js";
import { TicketEventEntity } from "./entities/ticket-event.entity.js";
import { TicketUrgeEntity } from "./entities/ticket-urge.entity.js";
import type { TicketUrgeRow } from "./entities/ticket-urge.entity.js";
import { TicketEntity } from "./entities/ticket.entity.js";
import type { TicketRow } from "./entities/ticket.entity.js";
import { errors } from "./errors.js";
import type { ClockColumns } from "./ticket-clock.js";
import type { TicketNotifier } from "./ticket-notifier.js";
import { FRESH } from "./ticket-reader.js";

export const URGE_JOB = "tickets.urge";
/** Nobody has taken up in time what came by itself. It stands beside the ladder, which is of the due day. */
const ACCEPTANCE: LadderLevel = { id: "accept", name: "受理超时", days: 0, at: "closing", to: ["permission:tickets.urge"], via: ["screen"], template: "accept-late" };
/** Level of what people urge by hand. */
const MANUAL = "manual";
const MANUAL_TEMPLATE = "manual-urge";
const DAY_MS = 86_400_000;
const LATEST_DAYS = 366;

export interface UrgePayload {
  readonly urgeId: string;
  readonly plan: number;
}

/** Plans and fires urging. Each level fires once per ticket and cycle, whatever happens to its job or the clock meanwhile. */
export class TicketUrger {
  constructor(
    private readonly parts: {
      readonly work: UnitOfWork;
      readonly pool: ReadPool;
      readonly clock: Clock;
      readonly ids: Ids;
      readonly calendar: () => BusinessCalendar;
      readonly workflow: TicketWorkflow;
      readonly ladder: readonly LadderLevel[];
      readonly notifier: TicketNotifier;
      readonly log: Logger;
    },
  ) {}

  /** Brings the plan in line with the clock, in the transaction that changes it. What has fired stays. */
  async plan(uow: Uow, ticket: { readonly id: string } & ClockColumns): Promise<void> {
    const { clock, ids, ladder } = this.parts;
    const cycle = ticket.clockCycle ?? null;
    if (cycle === null) return;
    const now = clock.now();
    const running = isSet(ticket.clockStartedAt) && !isSet(ticket.clockStoppedAt) && !isSet(ticket.clockPausedAt);
    const due = running ? (ticket.dueAt ?? null) : null;
    // What a clock before has planned is over with it.
    await uow.em.nativeUpdate(TicketUrgeEntity, { ticketId: ticket.id, cycle: { $lt: cycle }, state: "planned", level: { $in: ladder.map(({ id }) => id) } }, { state: "withdrawn" });
    const rows = new Map((await uow.em.find(TicketUrgeEntity, { ticketId: ticket.id, cycle }, FRESH)).map((row) => [row.level, row]));
    for (const level of ladder) {
      const row = rows.get(level.id);
      if (row?.state === "fired") continue;
      if (due === null) {
        if (row?.state === "planned") await uow.em.nativeUpdate(TicketUrgeEntity, { id: row.id, state: "planned" }, { state: "withdrawn" });
        continue;
      }
      const plannedAt = levelAt(this.parts.calendar(), due, level);
      if (row?.state === "planned" && row.plannedAt === plannedAt) continue;
      const state = (level.days < 0 && plannedAt < now) || (isEarly(level) && due <= now) ? "dropped" : "planned";
      const plan = (row?.plan ?? 0) + 1;
      const id = row?.id ?? ids.next();
      if (row === undefined) {
        await uow.em.insert(TicketUrgeEntity, { id, ticketId: ticket.id, cycle, level: level.id, state, plannedAt, plan, firedAt: null, actor: "system", text: null, createdAt: now });
      } else {
        await uow.em.nativeUpdate(TicketUrgeEntity, { id }, { state, plannedAt, plan });
      }
      if (state === "planned") this.enqueue(uow, id, plan, plannedAt);
    }
  }

  /** Who may urge is told at that time, unless somebody has taken it up. */
  async planAcceptance(uow: Uow, ticketId: string, acceptBy: number): Promise<void> {
    const { clock, ids } = this.parts;
    const id = ids.next();
    await uow.em.insert(TicketUrgeEntity, { id, ticketId, cycle: 0, level: ACCEPTANCE.id, state: "planned", plannedAt: acceptBy, plan: 1, firedAt: null, actor: "system", text: null, createdAt: clock.now() });
    this.enqueue(uow, id, 1, acceptBy);
  }

  /** The job `tickets.urge`. */
  async fire({ urgeId, plan }: UrgePayload): Promise<void> {
    const { pool, work, workflow, notifier, log } = this.parts;
    const before = await pool.read(async (em) => {
      const urge = await em.findOne(TicketUrgeEntity, { id: urgeId }, FRESH);
      return urge === null ? undefined : { urge, row: await em.findOne(TicketEntity, { id: urge.ticketId }, FRESH) };
    });
    if (before?.row === null || before === undefined) return;
    const unit = await notifier.unitName(before.row.handlingDepartment);
    await work.run(async (uow) => {
      const urge = await uow.em.findOne(TicketUrgeEntity, { id: urgeId }, FRESH);
      const row = urge === null ? null : await uow.em.findOne(TicketEntity, { id: urge.ticketId }, FRESH);
      if (urge === null || row === null || urge.state !== "planned" || urge.plan !== plan) return;
      const level = urge.level === ACCEPTANCE.id ? ACCEPTANCE : this.parts.ladder.find(({ id }) => id === urge.level);
      const now = this.parts.clock.now();
      const stopped = workflow.clockOf(row.status) === "stopped";
      const late = isSet(row.dueAt) && row.dueAt <= now;
      const taken = level === ACCEPTANCE && isSet(row.acceptedAt);
      if (stopped || taken || (urge.level.startsWith(MANUAL) ? false : level === undefined || (isEarly(level) && late))) {
        await uow.em.nativeUpdate(TicketUrgeEntity, { id: urgeId, state: "planned" }, { state: "dropped" });
        log.info({ ticketId: row.id, level: urge.level }, "an urging that has become moot is dropped");
        return;
      }
      // Who sets the state fires it: the job may run twice.
      if ((await uow.em.nativeUpdate(TicketUrgeEntity, { id: urgeId, state: "planned", plan }, { state: "fired", firedAt: now })) === 0) return;
      await this.carryOut(uow, row, urge, level, { unit, now });
    });
  }

  async byHand(request: UrgeRequest, row: TicketRow): Promise<Urging> {
    const { clock, ids, work, workflow } = this.parts;
    if (workflow.clockOf(row.status) === "stopped") throw errors.NOTHING_TO_URGE(workflow.state(row.status).name);
    const now = clock.now();
    const at = request.at ?? now;
    if (!(at <= now + LATEST_DAYS * DAY_MS) || (request.at !== undefined && at < now - DAY_MS)) throw errors.BAD_TIME(LATEST_DAYS);
    const id = ids.next();
    const level = `${MANUAL}:${request.idempotencyKey ?? id}`;
    return work.run(async (uow) => {
      const same = await uow.em.findOne(TicketUrgeEntity, { ticketId: row.id, cycle: 0, level }, FRESH);
      if (same !== null) return this.view(same);
      // Not of a cycle: it stands beside the ladder.
      const urge: TicketUrgeRow = { id, ticketId: row.id, cycle: 0, level, state: "planned", plannedAt: at, plan: 1, firedAt: null, actor: request.actor, text: request.text, createdAt: now };
      await uow.em.insert(TicketUrgeEntity, urge);
      this.enqueue(uow, id, 1, at);
      uow.audit({ actor: request.actor, action: "ticket.urge", subject: { type: "ticket", id: row.id }, details: { urgeId: id, at } });
      return this.view(urge);
    });
  }

  async withdraw(ticketId: string, urgeId: string, actor: string): Promise<void> {
    await this.parts.work.run(async (uow) => {
      const changed = await uow.em.nativeUpdate(TicketUrgeEntity, { id: urgeId, ticketId, state: "planned", cycle: 0 }, { state: "withdrawn" });
      if (changed === 0) throw errors.NO_URGE(urgeId);
      uow.audit({ actor, action: "ticket.urge-withdrawn", subject: { type: "ticket", id: ticketId }, details: { urgeId } });
    });
  }

  async list(ticketId: string): Promise<readonly Urging[]> {
    const rows = await this.parts.pool.read((em) => em.find(TicketUrgeEntity, { ticketId }, { ...FRESH, orderBy: [{ plannedAt: "asc" }, { id: "asc" }] }));
    // Levels of the ladder that are off the plan are no news; they come back with the clock.
    return rows.filter((row) => row.state !== "withdrawn" || row.level.startsWith(MANUAL)).map((row) => this.view(row));
  }

  private enqueue(uow: Uow, urgeId: string, plan: number, runAt: number): void {
    uow.enqueue({ name: URGE_JOB, key: `${urgeId}:${plan}`, payload: { urgeId, plan } satisfies UrgePayload, runAt });
  }

  private async carryOut(uow: Uow, row: TicketRow, urge: TicketUrgeRow, level: LadderLevel | undefined, { unit, now }: { unit: string; now: number }): Promise<void> {
    const { ids, notifier } = this.parts;
    const handlingDepartment = row.handlingDepartment ?? null;
    const about = { ticketId: row.id, serial: row.serial, handlingDepartment };
    const aggregate = { aggregate: `ticket:${row.id}` };
    const name = level?.id ?? MANUAL;
    if (level !== undefined && level.days < 0) uow.publish("ticket.due-soon", { ...about, dueAt: row.dueAt ?? now }, aggregate);
    if (name === OVERDUE_LEVEL) uow.publish("ticket.overdue", { ...about, dueAt: row.dueAt ?? now }, aggregate);
    uow.publish("ticket.urged", { ...about, level: name, cycle: urge.cycle, actor: urge.actor }, aggregate);
    const card = level?.card === undefined || row.card === "red" ? {} : { card: level.card };
    const overdue = name === OVERDUE_LEVEL && !isSet(row.overdueAt) ? { overdueAt: row.dueAt ?? now } : {};
    // The version stays: nobody who is writing an answer is to be told that it was changed meanwhile.
    if (Object.keys({ ...card, ...overdue }).length > 0) await uow.em.nativeUpdate(TicketEntity, { id: row.id }, { ...card, ...overdue });
    await uow.em.insert(TicketEventEntity, {
      id: ids.next(),
      ticketId: row.id,
      at: now,
      action: "urge",
      fromStatus: row.status,
      toStatus: row.status,
      actor: urge.actor,
      note: urge.text ?? null,
      data: { level: name, name: level?.name ?? "人工催办", urgeId: urge.id },
      version: row.version,
    });
    const values = { unit, text: urge.text ?? "", overdue: String(this.daysOver(row, now)) };
    const receivers = level?.to ?? ["handler", "department"];
    const via = level?.via ?? ["screen", "email"];
    for (const to of receivers) await notifier.tell(uow, row, { to, template: level?.template ?? MANUAL_TEMPLATE, via, values, cause: `urge:${urge.id}` });
  }

  /** Working days since the due day. */
  private daysOver(row: TicketRow, now: number): number {
    if (!isSet(row.dueAt)) return 0;
    const calendar = this.parts.calendar();
    const today = calendar.dateOf(now);
    let days = 0;
    for (let date = calendar.dateOf(row.dueAt); (date = shiftWorkdays(calendar, date, 1)) <= today; ) days++;
    return days;
  }

  private view(row: TicketUrgeRow): Urging {
    const level = row.level.startsWith(MANUAL) ? MANUAL : row.level;
    const name = level === MANUAL ? "人工催办" : level === ACCEPTANCE.id ? ACCEPTANCE.name : (this.parts.ladder.find(({ id }) => id === level)?.name ?? level);
    return { id: row.id, level, name, state: row.state, plannedAt: row.plannedAt, firedAt: row.firedAt ?? null, actor: row.actor, text: row.text ?? null };
  }
}

/** Levels that cannot work are refused at start. */
export function checkLadder(ladder: readonly LadderLevel[]): void {
  const seen = new Set<string>();
  for (const { id } of ladder) {
    if (seen.has(id) || id.startsWith(MANUAL) || id === ACCEPTANCE.id) throw errors.BAD_LADDER(`the level ${id} ${seen.has(id) ? "is given twice" : "has a name that is taken"}`);
    seen.add(id);
  }
}

function isSet<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}
