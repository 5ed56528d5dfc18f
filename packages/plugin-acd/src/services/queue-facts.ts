import type { BusinessCalendar, Clock, Ids } from "@hotlinejs/core";
import type { AcdEffect } from "@hotlinejs/queueing";
import { AgentStateLogEntity } from "../entities/agent-state-log.entity.js";
import { QueueEntryEntity } from "../entities/queue-entry.entity.js";
import type { FactWriter } from "./fact-writer.js";

type Effect<T extends AcdEffect["type"]> = Extract<AcdEffect, { type: T }>;

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
}

/** Turns decisions into rows and durable events. */
export class QueueFacts {
  readonly #writer: FactWriter;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #calendar: BusinessCalendar;
  readonly #stateSince = new Map<string, number>();

  constructor(deps: { writer: FactWriter; clock: Clock; ids: Ids; calendar: BusinessCalendar }) {
    this.#writer = deps.writer;
    this.#clock = deps.clock;
    this.#ids = deps.ids;
    this.#calendar = deps.calendar;
  }

  entered(owner: EntryOwner, placeAt: number): void {
    const at = this.#clock.now();
    this.#insert(owner, at, placeAt, {});
  }

  offered(owner: EntryOwner, effect: Effect<"offer">): void {
    const at = this.#clock.now();
    this.#writer.push(async ({ em }) => {
      await em.nativeUpdate(QueueEntryEntity, { id: owner.entryId }, { offers: effect.attempt, ...(effect.attempt === 1 ? { firstOfferedAt: at } : {}) });
    });
  }

  /**
   * @param how.entered the entry was written before (a refused caller never entered)
   * @param how.cut the hotline ended the caller's leg
   */
  left(owner: EntryOwner, effect: Effect<"left">, how: { readonly entered: boolean; readonly cut: boolean }): void {
    const at = this.#clock.now();
    const { interactionId, queue } = owner;
    const { waitMs, agentId } = effect;
    const outcome = effect.outcome === "closed" || effect.outcome === "unknown-queue" ? "no-agents" : effect.outcome === "abandoned" && how.cut ? "cut" : effect.outcome;
    const answered = outcome === "answered";
    const values = { outcome, leftAt: at, waitMs, agent: agentId ?? null, answeredAt: answered ? at : null, endedAt: answered ? null : at, inTime: answered ? waitMs <= owner.serviceLevelMs : null };
    if (how.entered) this.#writer.push(async ({ em }) => void (await em.nativeUpdate(QueueEntryEntity, { id: owner.entryId }, values)));
    else this.#insert(owner, at, at, values);
    this.#writer.push((uow) => {
      const options = { aggregate: interactionId };
      if (agentId !== undefined) uow.publish("acd.answered", { interactionId, queue, agent: agentId, waitMs, at }, options);
      else if (outcome === "abandoned") uow.publish("acd.abandoned", { interactionId, queue, waitMs, at }, options);
      else uow.publish("acd.left", { interactionId, queue, outcome, waitMs, at }, options);
      return Promise.resolve();
    });
  }

  ended(owner: EntryOwner, effect: Effect<"ended">): void {
    const at = this.#clock.now();
    this.#writer.push(async (uow) => {
      await uow.em.nativeUpdate(QueueEntryEntity, { id: owner.entryId }, { endedAt: at, talkMs: effect.talkMs });
      uow.publish("acd.ended", { interactionId: owner.interactionId, queue: owner.queue, agent: effect.agentId, talkMs: effect.talkMs, at }, { aggregate: owner.interactionId });
    });
  }

  /** The process stops with the caller still inside. */
  cut(owner: EntryOwner): void {
    const at = this.#clock.now();
    this.#writer.push(async ({ em }) => {
      await em.nativeUpdate(QueueEntryEntity, { id: owner.entryId, leftAt: null }, { leftAt: at, outcome: "cut" });
      await em.nativeUpdate(QueueEntryEntity, { id: owner.entryId, endedAt: null }, { endedAt: at });
    });
  }

  agentStatus(effect: Effect<"agent-status">): void {
    const at = this.#clock.now();
    const since = this.#stateSince.get(effect.agentId) ?? at;
    this.#stateSince.set(effect.agentId, at);
    const row = { id: this.#ids.next(), agent: effect.agentId, at, previous: effect.from, previousMs: Math.max(0, at - since), state: effect.to, reason: effect.reason ?? null, businessDate: this.#calendar.dateOf(at), businessHour: this.#calendar.hourOf(at) };
    this.#writer.push(async ({ em }) => void (await em.insert(AgentStateLogEntity, row)));
  }

  #insert(owner: EntryOwner, at: number, placeAt: number, more: object): void {
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
      inTime: null,
      businessDate: this.#calendar.dateOf(at),
      businessHour: this.#calendar.hourOf(at),
      ...more,
    };
    this.#writer.push(async ({ em }) => void (await em.insert(QueueEntryEntity, row)));
  }
}
