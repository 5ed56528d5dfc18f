import type { BusinessCalendar, Clock, Ids, LiveInteraction } from "@hotlinejs/core";
import type { AcdEffect, AgentStatus } from "@hotlinejs/queueing";
import type { AgentSpan, EntryKey, QueueFact } from "../domain/facts.js";
import { quarterOf } from "../domain/quarter-hours.js";
import { addAgentSums, type AgentSums, type QueueDelta } from "../domain/queue-figures.js";
import { stateSpans } from "../domain/state-columns.js";
import { DayFigures } from "./day-figures.js";

type Effect<T extends AcdEffect["type"]> = Extract<AcdEffect, { type: T }>;

/** Whose talk the after-call work belongs to. */
export interface TalkOwner {
  readonly entryId: string;
  readonly interactionId: string;
  readonly queue: string;
  readonly channel: string;
  /** Where the after-call work is told, which comes after its end. */
  readonly record?: Pick<LiveInteraction, "event" | "update"> | undefined;
  /** What the agent said of it in the after-call work. */
  wrapUpCode?: string;
  /** Set on entering. */
  enteredAt?: number;
  /** The end of the hotline cut it off: who rings back goes on with the agent, who has nothing to do afterwards then. */
  cut?: boolean;
  /** After-call work of it that is over since before this process, ms. */
  readonly spentMs?: number;
}

/** Who a queue entry belongs to. */
export interface EntryOwner extends TalkOwner {
  readonly priority: number;
  readonly callerKey: string | null;
  /** Answered within so many ms counts as in time. */
  readonly serviceLevelMs: number;
  /** Giving up within so many ms counts as a short abandon. */
  readonly shortAbandonMs: number;
  expectedWaitMs?: number;
  /** The same, and when an agent answered, by the clock that is never set: for what the end of the process cuts off. */
  enteredMono?: number;
  answeredMono?: number;
}

/** Turns decisions into facts, of the time at which they were decided, and keeps the figures of the day. */
export class QueueFacts {
  readonly #writer: { push(fact: QueueFact): void };
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #calendar: BusinessCalendar;
  readonly #stateSince = new Map<string, number>();
  /** State of an agent whose time is booked up to `at`. */
  readonly #booked = new Map<string, { readonly state: AgentStatus; at: number }>();
  /** Whose talk an agent's after-call work belongs to. */
  readonly #lastOf = new Map<string, TalkOwner>();
  /** Live figures. */
  readonly today: DayFigures;

  constructor(deps: { writer: { push(fact: QueueFact): void }; clock: Clock; ids: Ids; calendar: BusinessCalendar }) {
    this.today = new DayFigures(deps.clock, deps.calendar);
    this.#writer = deps.writer;
    this.#clock = deps.clock;
    this.#ids = deps.ids;
    this.#calendar = deps.calendar;
  }

  entered(owner: EntryOwner, { placeAt, placeSeq, expectedWaitMs, priority, raisedBy }: Effect<"entered">, at: number): void {
    owner.enteredAt = at;
    owner.enteredMono = this.#clock.monotonic();
    owner.expectedWaitMs = expectedWaitMs;
    this.#insert(owner, at, { placeAt, placeSeq, expectedWaitMs, priority, raisedBy }, { offered: 1 });
  }

  offered(owner: EntryOwner, effect: Effect<"offer">, at: number): void {
    this.#writer.push({ kind: "offered", entryId: owner.entryId, attempt: effect.attempt, at });
  }

  /**
   * @param how.at when it was decided
   * @param how.entered the entry was written before (a refused caller never entered)
   * @param how.cut the hotline ended the caller's leg
   */
  left(owner: EntryOwner, effect: Effect<"left">, how: { readonly at: number; readonly entered: boolean; readonly cut: boolean }): void {
    const { at } = how;
    const { waitMs, agentId } = effect;
    const outcome = effect.outcome === "unknown-queue" ? "no-agents" : effect.outcome === "abandoned" && how.cut ? "cut" : effect.outcome;
    const enteredAt = owner.enteredAt ?? at;
    const counts = this.#counts(owner, outcome, waitMs);
    if (outcome === "answered") owner.answeredMono = this.#clock.monotonic();
    if (how.entered) {
      this.today.add(owner.queue, enteredAt, counts);
      this.#writer.push({ kind: "left", of: keyOf(owner), enteredAt, at, outcome, waitMs, agent: agentId ?? null, inTime: outcome === "answered" ? waitMs <= owner.serviceLevelMs : null, counts });
    } else this.#insert(owner, at, { placeAt: at, outcome, leftAt: at, waitMs, endedAt: at }, { offered: 1, ...counts }, { outcome, waitMs });
  }

  /** @param broken the caller's line broke off: the place is kept */
  ended(owner: EntryOwner, effect: Effect<"ended">, at: number, broken: boolean): void {
    const enteredAt = owner.enteredAt ?? at;
    const { agentId: agent, talkMs } = effect;
    this.#lastOf.set(agent, owner);
    this.today.add(owner.queue, enteredAt, { handled: 1, talkMs });
    this.today.addAgent(agent, quarterOf(at), { handled: 1 });
    this.#writer.push({ kind: "ended", of: keyOf(owner), enteredAt, at, agent, talkMs, broken });
  }

  /** The process stops with the caller still inside, waiting or talking. */
  cut(owner: EntryOwner): void {
    const at = this.#clock.now();
    const enteredAt = owner.enteredAt ?? at;
    const now = this.#clock.monotonic();
    const waitMs = Math.round(now - (owner.enteredMono ?? now));
    const talk = owner.answeredMono === undefined ? {} : { talkMs: Math.round(now - owner.answeredMono) };
    this.#writer.push({ kind: "cut", of: keyOf(owner), enteredAt, at, waitMs, ...talk, counts: this.#counts(owner, "cut", waitMs) });
  }

  agentStatus(effect: Effect<"agent-status">, at: number): void {
    const { agentId, from, to } = effect;
    const since = this.#stateSince.get(agentId) ?? at;
    this.#stateSince.set(agentId, at);
    const row = { id: this.#ids.next(), agent: agentId, at, previous: from, previousMs: Math.max(0, at - since), state: to, reason: effect.reason ?? null, businessDate: this.#calendar.dateOf(at), businessHour: this.#calendar.hourOf(at) };
    const spans = this.#spans(agentId, from, at);
    for (const { startsAt, delta } of spans) this.today.addAgent(agentId, startsAt, delta);
    const talk = from === "wrap-up" ? this.#lastOf.get(agentId) : undefined;
    const counts = { wrapUpMs: row.previousMs + (talk?.spentMs ?? 0) };
    if (from === "wrap-up") this.#lastOf.delete(agentId);
    if (talk !== undefined) {
      this.today.add(talk.queue, talk.enteredAt ?? at, counts);
      talk.record?.event("queue.wrapped-up", { queue: talk.queue, agent: agentId, wrapUpMs: counts.wrapUpMs, ...(talk.wrapUpCode === undefined ? {} : { code: talk.wrapUpCode }) });
    }
    this.#booked.set(agentId, { state: to, at });
    this.#writer.push({ kind: "agent-status", id: row.id, row, spans, ...(talk === undefined ? {} : { wrapUp: { of: keyOf(talk), enteredAt: talk.enteredAt ?? at, counts } }) });
  }

  /** The after-call work that comes next is a rest of what an earlier process began. */
  wrappingUp(agent: string, talk: TalkOwner): void {
    this.#lastOf.set(agent, talk);
  }

  /** The priority of who waits is another. */
  raised({ entryId }: EntryOwner, raisedBy: number): void {
    this.#writer.push({ kind: "raised", entryId, raisedBy });
  }

  /** The clock was set: no state has lasted the longer or shorter for it. */
  clockStepped(ms: number): void {
    for (const [agent, since] of this.#stateSince) this.#stateSince.set(agent, since + ms);
    for (const booked of this.#booked.values()) booked.at += ms;
  }

  /** Books the states that last, so that a crash loses little of them. */
  bookStates(): void {
    const at = this.#clock.now();
    const spans = [...this.#booked].flatMap(([agent, { state }]) => this.#spans(agent, state, at));
    for (const { agent, startsAt, delta } of spans) this.today.addAgent(agent, startsAt, delta);
    for (const booked of this.#booked.values()) booked.at = at;
    if (spans.length > 0) this.#writer.push({ kind: "agent-spans", id: this.#ids.next(), at, spans });
  }

  /** How the agent has spent the business day, with the state that lasts. */
  agentDay(agent: string): AgentSums {
    const sums = this.today.agent(agent);
    const state = this.#booked.get(agent)?.state;
    if (state !== undefined) for (const { startsAt, delta } of this.#spans(agent, state, this.#clock.now())) if (this.today.counts(startsAt)) addAgentSums(sums, delta);
    return sums;
  }

  /** What is not yet booked of the agent's state. */
  #spans(agent: string, state: AgentStatus, at: number): AgentSpan[] {
    const booked = this.#booked.get(agent);
    return booked === undefined ? [] : stateSpans(agent, state, booked.at, at);
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

  #insert(owner: EntryOwner, at: number, more: Readonly<Record<string, string | number | boolean | null>>, counts: QueueDelta, left?: { readonly outcome: string; readonly waitMs: number }): void {
    this.today.add(owner.queue, at, counts);
    const row = {
      id: owner.entryId,
      interactionId: owner.interactionId,
      queue: owner.queue,
      channel: owner.channel,
      priority: owner.priority,
      raisedBy: 0,
      enteredAt: at,
      placeSeq: 0,
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
    this.#writer.push({ kind: "entered", of: keyOf(owner), at, row, counts, ...(left === undefined ? {} : { left }) });
  }
}

function keyOf({ entryId, interactionId, queue, channel }: TalkOwner): EntryKey {
  return { entryId, interactionId, queue, channel };
}
