import type { BusinessCalendar, Clock, Ids } from "@hotlinejs/core";
import type { AcdEffect, AgentStatus } from "@hotlinejs/queueing";
import { quarterOf, quartersOf } from "../domain/quarter-hours.js";
import { addAgentSums, type AgentSums, type QueueDelta } from "../domain/queue-figures.js";
import { AgentStateLogEntity } from "../entities/agent-state-log.entity.js";
import { QueueEntryEntity } from "../entities/queue-entry.entity.js";
import { DayFigures } from "./day-figures.js";
import type { FactWriter } from "./fact-writer.js";
import type { AgentDelta, IntervalBook } from "./interval-book.js";

type Effect<T extends AcdEffect["type"]> = Extract<AcdEffect, { type: T }>;

/** Time signed out is nobody's figure. */
const STATE_COLUMNS: Readonly<Partial<Record<AgentStatus, keyof AgentDelta>>> = {
  available: "availableMs",
  "on-demand": "onDemandMs",
  reserved: "reservedMs",
  busy: "busyMs",
  occupied: "occupiedMs",
  "wrap-up": "wrapUpMs",
  held: "heldMs",
  "not-ready": "notReadyMs",
  unreachable: "unreachableMs",
};

/** Who a queue entry belongs to. */
export interface EntryOwner {
  readonly entryId: string;
  readonly interactionId: string;
  readonly queue: string;
  readonly channel: string;
  readonly priority: number;
  readonly callerKey: string | null;
  /** Answered within so many ms counts as in time. */
  readonly serviceLevelMs: number;
  /** Giving up within so many ms counts as a short abandon. */
  readonly shortAbandonMs: number;
  /** Set on entering. */
  enteredAt?: number;
  expectedWaitMs?: number;
}

/** Turns decisions into rows and durable events, of the time at which they were decided. */
export class QueueFacts {
  readonly #writer: FactWriter;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #calendar: BusinessCalendar;
  readonly #book: IntervalBook;
  readonly #stateSince = new Map<string, number>();
  /** State of an agent whose time is booked up to `at`. */
  readonly #booked = new Map<string, { readonly state: AgentStatus; at: number }>();
  /** Whose talk an agent's after-call work belongs to. */
  readonly #lastOf = new Map<string, EntryOwner>();
  /** Live figures. */
  readonly today: DayFigures;

  constructor(deps: { writer: FactWriter; clock: Clock; ids: Ids; calendar: BusinessCalendar; book: IntervalBook }) {
    this.#book = deps.book;
    this.today = new DayFigures(deps.clock, deps.calendar);
    this.#writer = deps.writer;
    this.#clock = deps.clock;
    this.#ids = deps.ids;
    this.#calendar = deps.calendar;
  }

  entered(owner: EntryOwner, { placeAt, expectedWaitMs }: Effect<"entered">, at: number): void {
    owner.enteredAt = at;
    owner.expectedWaitMs = expectedWaitMs;
    this.#insert(owner, at, placeAt, { expectedWaitMs }, { offered: 1 });
  }

  offered(owner: EntryOwner, effect: Effect<"offer">, at: number): void {
    this.#writer.push(async ({ em }) => {
      await em.nativeUpdate(QueueEntryEntity, { id: owner.entryId }, { offers: effect.attempt, ...(effect.attempt === 1 ? { firstOfferedAt: at } : {}) });
    });
  }

  /**
   * @param how.at when it was decided
   * @param how.entered the entry was written before (a refused caller never entered)
   * @param how.cut the hotline ended the caller's leg
   */
  left(owner: EntryOwner, effect: Effect<"left">, how: { readonly at: number; readonly entered: boolean; readonly cut: boolean }): void {
    const { at } = how;
    const { interactionId, queue } = owner;
    const { waitMs, agentId } = effect;
    const outcome = effect.outcome === "unknown-queue" ? "no-agents" : effect.outcome === "abandoned" && how.cut ? "cut" : effect.outcome;
    const answered = outcome === "answered";
    const enteredAt = owner.enteredAt ?? at;
    const counts = this.#counts(owner, outcome, waitMs);
    const values = { outcome, leftAt: at, waitMs, agent: agentId ?? null, answeredAt: answered ? at : null, endedAt: answered ? null : at, inTime: answered ? waitMs <= owner.serviceLevelMs : null };
    if (how.entered) {
      this.today.add(queue, enteredAt, counts);
      this.#writer.push(async (uow) => {
        await uow.em.nativeUpdate(QueueEntryEntity, { id: owner.entryId }, values);
        await this.#book.queue(uow, owner, enteredAt, counts);
      });
    } else this.#insert(owner, at, at, values, { offered: 1, ...counts });
    this.#writer.push((uow) => {
      const options = { aggregate: interactionId };
      if (agentId !== undefined) uow.publish("acd.answered", { interactionId, queue, agent: agentId, waitMs, at }, options);
      else if (outcome === "abandoned") uow.publish("acd.abandoned", { interactionId, queue, waitMs, at }, options);
      else uow.publish("acd.left", { interactionId, queue, outcome, waitMs, at }, options);
      return Promise.resolve();
    });
  }

  /** @param broken the caller's line broke off: the place is kept */
  ended(owner: EntryOwner, effect: Effect<"ended">, at: number, broken: boolean): void {
    const enteredAt = owner.enteredAt ?? at;
    const counts = { handled: 1, talkMs: effect.talkMs };
    this.#lastOf.set(effect.agentId, owner);
    this.today.add(owner.queue, enteredAt, counts);
    this.today.addAgent(effect.agentId, quarterOf(at), { handled: 1 });
    this.#writer.push(async (uow) => {
      await uow.em.nativeUpdate(QueueEntryEntity, { id: owner.entryId }, { endedAt: at, talkMs: effect.talkMs, ...(broken ? { cutAt: at } : {}) });
      await this.#book.queue(uow, owner, enteredAt, counts);
      await this.#book.agent(uow, effect.agentId, quarterOf(at), { handled: 1 });
      uow.publish("acd.ended", { interactionId: owner.interactionId, queue: owner.queue, agent: effect.agentId, talkMs: effect.talkMs, at }, { aggregate: owner.interactionId });
    });
  }

  /** The process stops with the caller still inside, waiting or talking. */
  cut(owner: EntryOwner): void {
    const at = this.#clock.now();
    const enteredAt = owner.enteredAt ?? at;
    const waitMs = Math.max(0, at - enteredAt);
    this.#writer.push(async (uow) => {
      const { em } = uow;
      const waiting = await em.nativeUpdate(QueueEntryEntity, { id: owner.entryId, leftAt: null }, { leftAt: at, outcome: "cut", waitMs });
      if (waiting > 0) await this.#book.queue(uow, owner, enteredAt, this.#counts(owner, "cut", waitMs));
      const talk = await em.findOne(QueueEntryEntity, { id: owner.entryId, endedAt: null, outcome: "answered" });
      if (talk !== null && typeof talk.answeredAt === "number" && typeof talk.agent === "string") {
        const talkMs = Math.max(0, at - talk.answeredAt);
        await em.nativeUpdate(QueueEntryEntity, { id: owner.entryId }, { talkMs, cutAt: at });
        await this.#book.queue(uow, owner, enteredAt, { handled: 1, talkMs });
        await this.#book.agent(uow, talk.agent, quarterOf(at), { handled: 1 });
      }
      await em.nativeUpdate(QueueEntryEntity, { id: owner.entryId, endedAt: null }, { endedAt: at });
    });
  }

  agentStatus(effect: Effect<"agent-status">, at: number): void {
    const { agentId, from, to } = effect;
    const since = this.#stateSince.get(agentId) ?? at;
    this.#stateSince.set(agentId, at);
    const row = { id: this.#ids.next(), agent: agentId, at, previous: from, previousMs: Math.max(0, at - since), state: to, reason: effect.reason ?? null, businessDate: this.#calendar.dateOf(at), businessHour: this.#calendar.hourOf(at) };
    const spans = this.#spans(agentId, from, at);
    for (const { startsAt, delta } of spans) this.today.addAgent(agentId, startsAt, delta);
    const talk = from === "wrap-up" ? this.#lastOf.get(agentId) : undefined;
    const counts = { wrapUpMs: row.previousMs };
    if (from === "wrap-up") this.#lastOf.delete(agentId);
    if (talk !== undefined) this.today.add(talk.queue, talk.enteredAt ?? at, counts);
    this.#booked.set(agentId, { state: to, at });
    this.#writer.push(async (uow) => {
      await uow.em.insert(AgentStateLogEntity, row);
      for (const { startsAt, delta } of spans) await this.#book.agent(uow, agentId, startsAt, delta);
      if (talk !== undefined) await this.#book.queue(uow, talk, talk.enteredAt ?? at, counts);
    });
  }

  /** The clock was set: no state has lasted the longer or shorter for it. */
  clockStepped(ms: number): void {
    for (const [agent, since] of this.#stateSince) this.#stateSince.set(agent, since + ms);
    for (const booked of this.#booked.values()) booked.at += ms;
  }

  /** Books the states that last, so that a crash loses little of them. */
  bookStates(): void {
    const at = this.#clock.now();
    const all = [...this.#booked].flatMap(([agent, { state }]) => this.#spans(agent, state, at).map((span) => ({ agent, ...span })));
    for (const { agent, startsAt, delta } of all) this.today.addAgent(agent, startsAt, delta);
    for (const booked of this.#booked.values()) booked.at = at;
    if (all.length === 0) return;
    this.#writer.push(async (uow) => {
      for (const { agent, startsAt, delta } of all) await this.#book.agent(uow, agent, startsAt, delta);
    });
  }

  /** How the agent has spent the business day, with the state that lasts. */
  agentDay(agent: string): AgentSums {
    const sums = this.today.agent(agent);
    const state = this.#booked.get(agent)?.state;
    if (state !== undefined) for (const { startsAt, delta } of this.#spans(agent, state, this.#clock.now())) if (this.today.counts(startsAt)) addAgentSums(sums, delta);
    return sums;
  }

  /** What is not yet booked of the agent's state. */
  #spans(agent: string, state: AgentStatus, at: number): { startsAt: number; delta: AgentDelta }[] {
    const booked = this.#booked.get(agent);
    const column = STATE_COLUMNS[state];
    if (booked === undefined || column === undefined) return [];
    return quartersOf(booked.at, at).map(({ startsAt, ms }) => ({ startsAt, delta: { [column]: ms } }));
  }

  #counts(owner: EntryOwner, outcome: string, waitMs: number): QueueDelta {
    const inTime = waitMs <= owner.serviceLevelMs ? 1 : 0;
    const longestWaitMs = waitMs;
    switch (outcome) {
      case "answered":
        return { answered: 1, answeredInTime: inTime, waitMs, longestWaitMs, ...(owner.expectedWaitMs === undefined ? {} : { expected: 1, expectedErrorMs: Math.abs(owner.expectedWaitMs - waitMs) }) };
      case "abandoned":
        return { abandoned: 1, abandonedInTime: inTime, abandonedShort: waitMs <= owner.shortAbandonMs ? 1 : 0, abandonedWaitMs: waitMs, longestWaitMs };
      case "timeout":
        return { timeouts: 1, longestWaitMs };
      case "diverted":
        return { diverted: 1, longestWaitMs };
      case "exit":
        return { exits: 1, longestWaitMs };
      case "moved":
        return { moved: 1, longestWaitMs };
      case "cut":
        return { cut: 1, longestWaitMs };
      default:
        return { refused: 1, longestWaitMs };
    }
  }

  #insert(owner: EntryOwner, at: number, placeAt: number, more: object, counts: QueueDelta): void {
    this.today.add(owner.queue, at, counts);
    const row = {
      id: owner.entryId,
      interactionId: owner.interactionId,
      queue: owner.queue,
      channel: owner.channel,
      priority: owner.priority,
      enteredAt: at,
      placeAt,
      callerKey: owner.callerKey,
      offers: 0,
      firstOfferedAt: null,
      answeredAt: null,
      leftAt: null,
      endedAt: null,
      agent: null,
      outcome: null,
      waitMs: null,
      talkMs: null,
      cutAt: null,
      inTime: null,
      expectedWaitMs: null,
      businessDate: this.#calendar.dateOf(at),
      businessHour: this.#calendar.hourOf(at),
      ...more,
    };
    this.#writer.push(async (uow) => {
      await uow.em.insert(QueueEntryEntity, row);
      await this.#book.queue(uow, owner, at, counts);
    });
  }
}
