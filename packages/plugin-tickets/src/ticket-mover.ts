import type { Audit, Clock, Ids, Services, TicketGate, UnitOfWork, Uow } from "@hotlinejs/core";
import { DIRECTORY } from "@hotlinejs/core";
import type { ContactBook } from "./contact-book.js";
import type { TransitionRequest } from "./contract.js";
import type { ClockPause } from "./domain/due-clock.js";
import type { TicketCatalogue } from "./domain/ticket-kinds.js";
import { higher } from "./domain/ticket-kinds.js";
import type { Refusal, TicketWorkflow } from "./domain/ticket-workflow.js";
import type { WorkflowTransition } from "./domain/workflow.js";
import { TicketEventEntity } from "./entities/ticket-event.entity.js";
import { TicketPauseEntity } from "./entities/ticket-pause.entity.js";
import { TicketEntity } from "./entities/ticket.entity.js";
import type { TicketRow } from "./entities/ticket.entity.js";
import { errors } from "./errors.js";
import type { QueuedMessageStore } from "./queued-message-store.js";
import type { TicketClock } from "./ticket-clock.js";
import type { TicketNotifier } from "./ticket-notifier.js";
import { WAITING } from "./ticket-creator.js";
import type { TicketReader } from "./ticket-reader.js";
import { confidentialOnly, mayFind } from "./ticket-scope.js";
import type { TicketUrger } from "./ticket-urger.js";
import type { Veto } from "@hotlinejs/core";

export interface TicketMoverParts {
  readonly work: UnitOfWork;
  readonly reader: TicketReader;
  readonly gate: TicketGate;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly services: Services;
  readonly catalogue: TicketCatalogue;
  readonly workflow: TicketWorkflow;
  readonly contacts: ContactBook;
  readonly dueClock: TicketClock;
  readonly urger: TicketUrger;
  readonly notifier: TicketNotifier;
  readonly queued: QueuedMessageStore;
  readonly noDispatch: readonly string[];
}

type Data = Readonly<Record<string, unknown>>;

/**
 * Moves a ticket on. In order: the workflow and who may, the hook `ticketTransition` on what was read, then one
 * transaction with the version checked: row, history, clock, urging, notifications, audit, event.
 */
export class TicketMover {
  constructor(private readonly parts: TicketMoverParts) {}

  async move(request: TransitionRequest): Promise<{ readonly veto: Veto } | undefined> {
    const { parts } = this;
    const data = request.data ?? {};
    const row = await parts.reader.row({ id: request.ticketId });
    if (row === undefined) throw errors.NOT_FOUND(request.ticketId);
    const step = await this.allowed(row, request, data);
    await this.checkDepartment(row, step, data);
    const columns = this.columns(row, step, data, request.actor);
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
      return { veto };
    }
    const unit = await parts.notifier.unitName(columns.handlingDepartment ?? row.handlingDepartment);
    await parts.work.run((uow) => this.write(uow, row, { step, data, columns, unit, request, along }));
    return undefined;
  }

  /** Workflow, version and person; in this order, so that a form is told what is really wrong. */
  private async allowed(row: TicketRow, { action, principal, version }: TransitionRequest, data: Data): Promise<WorkflowTransition> {
    const { reader, workflow } = this.parts;
    if (principal !== undefined) {
      if (!mayFind(row, principal)) throw errors.NOT_FOUND(row.id);
      const needed = confidentialOnly(row, principal);
      if (needed !== undefined) throw errors.FORBIDDEN(needed);
    }
    if (version !== undefined && version !== row.version) throw errors.CONFLICT();
    const step = workflow.check(action, row.status, data);
    const done = await reader.doneActions(row.id);
    if (principal !== undefined) {
      const refusal = workflow.refusal(step, { status: row.status, handlingDepartment: row.handlingDepartment ?? null, done }, principal);
      if (refusal !== undefined) throw refusalError(step, refusal);
    } else if (step.once === true && done.has(step.id)) {
      throw errors.ONCE_ONLY(step.name);
    }
    return step;
  }

  private async checkDepartment(row: TicketRow, step: WorkflowTransition, data: Data): Promise<void> {
    const directory = this.parts.services.optional(DIRECTORY);
    for (const field of step.needs ?? []) {
      const code = data[field.name];
      if (field.type !== "department" || typeof code !== "string" || code === "") continue;
      if (this.parts.noDispatch.includes(code) || (directory !== undefined && (await directory.departmentByCode(code)) === undefined)) throw errors.UNKNOWN_DEPARTMENT(code);
    }
    // Nobody is given what was confided about them.
    if (step.assign === "department" && row.confidentiality !== "normal" && data["department"] === row.departmentCode) throw errors.ACCUSED_DEPARTMENT(String(data["department"]));
  }

  private columns(row: TicketRow, step: WorkflowTransition, data: Data, actor: string): Partial<TicketRow> {
    const { catalogue, contacts, workflow } = this.parts;
    const given = (name: string): string | undefined => {
      const value = data[name];
      return (step.needs ?? []).some((field) => field.name === name) && typeof value === "string" && value.trim() !== "" ? value : undefined;
    };
    const out: Partial<TicketRow> = {};
    const [answer, summary, category, kindName] = [given("answer"), given("summary"), given("category"), given("kind")];
    if (answer !== undefined) out.answer = answer;
    if (summary !== undefined) out.summary = summary;
    if (category !== undefined) out.category = catalogue.category(category);
    // Told to the citizen with the state: not what departments write to each other.
    if (workflow.state(step.to).closed === true) out.reason = given("reason") ?? row.reason ?? null;
    if (step.assign === "department") Object.assign(out, { handlingDepartment: given("department"), handler: null });
    if (step.assign === "actor") out.handler = actor;
    if (kindName !== undefined) {
      const kind = catalogue.kind(kindName);
      const confidentiality = higher(row.confidentiality, kind.confidentiality ?? "normal");
      Object.assign(out, { kind: kind.key, confidentiality, ...contacts.columns(contacts.of(row), kind, confidentiality !== "normal") });
    }
    return out;
  }

  private async write(
    uow: Uow,
    row: TicketRow,
    change: { step: WorkflowTransition; data: Data; columns: Partial<TicketRow>; unit: string; request: TransitionRequest; along: readonly ((uow: Uow) => Promise<void>)[] },
  ): Promise<void> {
    const { clock, dueClock, ids, notifier, urger, workflow } = this.parts;
    const { step, data, columns, request } = change;
    const now = clock.now();
    const version = row.version + 1;
    const before = await pausesOf(uow, row);
    const { columns: due, pauses } = dueClock.advance(row, before, {
      effect: step.clock,
      to: workflow.clockOf(step.to),
      kind: columns.kind ?? row.kind,
      category: columns.category ?? row.category ?? null,
      limitDays: asNumber(data["limitDays"]),
      extendDays: asNumber(data["days"]),
      corrected: columns.kind !== undefined || columns.category !== undefined,
      now,
    });
    // 受理工号: what came by itself belongs to the agent who accepts it.
    const agent = row.status === WAITING && step.to === "accepted" ? (row.agent ?? request.principal?.agentNumber) : undefined;
    const taken = row.status === WAITING && step.to !== WAITING ? { acceptedAt: row.acceptedAt ?? now } : {};
    const changed = { ...columns, ...due, ...taken, ...(agent === undefined ? {} : { agent }), status: step.to, updatedAt: now, version };
    // The hook judged what was read: the commit holds only if it is still so.
    if ((await uow.em.nativeUpdate(TicketEntity, { id: row.id, version: row.version }, changed)) === 0) throw errors.CONFLICT();
    await this.writePauses(uow, row, before, pauses, due.clockCycle ?? 0);
    const eventId = ids.next();
    await uow.em.insert(TicketEventEntity, { id: eventId, ticketId: row.id, at: now, action: step.id, fromStatus: row.status, toStatus: step.to, actor: request.actor, note: request.note ?? null, data, version });
    const after: TicketRow = { ...row, ...changed };
    await urger.plan(uow, after);
    const values = { unit: change.unit, ...texts(data) };
    for (const { template, to } of step.notify ?? []) await notifier.tell(uow, after, { to, template, values, cause: eventId });
    uow.audit({ actor: request.actor, action: `ticket.${step.id}`, subject: { type: "ticket", id: row.id }, details: { from: row.status, to: step.to } });
    uow.publish("ticket.transitioned", { ticketId: row.id, serial: row.serial, action: step.id, from: row.status, to: step.to, actor: request.actor }, { aggregate: `ticket:${row.id}` });
    await this.parts.queued.settle(uow, row.id);
    for (const fn of change.along) await fn(uow);
  }

  private async writePauses(uow: Uow, row: TicketRow, before: readonly ClockPause[], after: readonly ClockPause[], cycle: number): Promise<void> {
    const open = before.find((pause) => pause.to === null);
    const ended = open === undefined ? undefined : after.find((pause) => pause.from === open.from);
    if (open !== undefined && ended?.to !== null) await uow.em.nativeUpdate(TicketPauseEntity, { ticketId: row.id, toAt: null }, { toAt: ended?.to ?? this.parts.clock.now() });
    const begun = after.find((pause) => pause.to === null);
    if (begun !== undefined && open === undefined) await uow.em.insert(TicketPauseEntity, { id: this.parts.ids.next(), ticketId: row.id, cycle, fromAt: begun.from, toAt: null });
  }
}

/** Pauses of the clock that runs now. */
async function pausesOf(uow: Uow, row: TicketRow): Promise<readonly ClockPause[]> {
  if (row.clockCycle === null || row.clockCycle === undefined) return [];
  const rows = await uow.em.find(TicketPauseEntity, { ticketId: row.id, cycle: row.clockCycle }, { disableIdentityMap: true, orderBy: { fromAt: "asc" } });
  return rows.map(({ fromAt, toAt }) => ({ from: fromAt, to: toAt ?? null }));
}

function refusalError(step: WorkflowTransition, refusal: Refusal): Error {
  if (refusal.kind === "permission") return errors.FORBIDDEN(refusal.permission);
  return refusal.kind === "department" ? errors.OTHER_DEPARTMENT(refusal.department) : errors.ONCE_ONLY(step.name);
}

function asNumber(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** What templates may say of a transition's values. */
function texts(data: Data): { reason?: string; need?: string; answer?: string; days?: string } {
  const out: Record<string, string> = {};
  for (const name of ["reason", "need", "answer", "days"]) if (typeof data[name] === "string" || typeof data[name] === "number") out[name] = String(data[name]);
  return out;
}
