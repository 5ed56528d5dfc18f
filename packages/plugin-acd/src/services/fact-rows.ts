import type { Uow } from "@hotlinejs/core";
import type { EntryKey, QueueFact } from "../domain/facts.js";
import { quarterOf } from "../domain/quarter-hours.js";
import { AgentStateLogEntity } from "../entities/agent-state-log.entity.js";
import { FactMarkEntity } from "../entities/fact-mark.entity.js";
import { QueueEntryEntity } from "../entities/queue-entry.entity.js";
import { WrapUpEntity } from "../entities/wrap-up.entity.js";
import type { IntervalBook } from "./interval-book.js";

type Fact<K extends QueueFact["kind"]> = Extract<QueueFact, { kind: K }>;

/** Marks older than this belong to facts that nobody will write again. */
const MARKS_MS = 30 * 86_400_000;

/**
 * Facts -> rows, sums and durable events. Sums and events come only with the row that tells the fact and was not there before:
 * a fact that is written again counts nothing.
 */
export class FactRows {
  readonly #book: IntervalBook;

  constructor(book: IntervalBook) {
    this.#book = book;
  }

  /** @param again it may have been written before: looked up first */
  async write(uow: Uow, fact: QueueFact, again: boolean): Promise<void> {
    switch (fact.kind) {
      case "entered":
        return this.#entered(uow, fact, again);
      case "offered":
        await uow.em.nativeUpdate(QueueEntryEntity, { id: fact.entryId }, { offers: fact.attempt, ...(fact.attempt === 1 ? { firstOfferedAt: fact.at } : {}) });
        return;
      case "left":
        return this.#left(uow, fact);
      case "ended":
        return this.#ended(uow, fact);
      case "cut":
        return this.#cut(uow, fact);
      case "agent-status":
        return this.#agentStatus(uow, fact, again);
      case "wrap-up":
        await uow.em.nativeDelete(WrapUpEntity, { agent: fact.agent });
        if (fact.row !== null) await uow.em.insert(WrapUpEntity, fact.row as never);
        return;
      case "raised":
        await uow.em.nativeUpdate(QueueEntryEntity, { id: fact.entryId }, { raisedBy: fact.raisedBy });
        return;
      case "agent-spans":
        return this.#agentSpans(uow, fact, again);
    }
  }

  async #entered(uow: Uow, { of, at, row, counts, left }: Fact<"entered">, again: boolean): Promise<void> {
    if (!(await this.#insert(uow, QueueEntryEntity, row, again))) return;
    await this.#book.queue(uow, of, at, counts);
    if (left !== undefined) tell(uow, of, { ...left, agent: null, at });
  }

  async #left(uow: Uow, fact: Fact<"left">): Promise<void> {
    const { of, enteredAt, at, outcome, waitMs, agent, inTime, counts } = fact;
    const answered = outcome === "answered";
    const changed = await uow.em.nativeUpdate(QueueEntryEntity, { id: of.entryId, leftAt: null }, { outcome, leftAt: at, waitMs, agent, answeredAt: answered ? at : null, endedAt: answered ? null : at, inTime });
    if (changed === 0) return;
    await this.#book.queue(uow, of, enteredAt, counts);
    tell(uow, of, fact);
  }

  async #ended(uow: Uow, { of, enteredAt, at, agent, talkMs, broken }: Fact<"ended">): Promise<void> {
    const changed = await uow.em.nativeUpdate(QueueEntryEntity, { id: of.entryId, endedAt: null }, { endedAt: at, talkMs, ...(broken ? { cutAt: at } : {}) });
    if (changed > 0) await this.#talked(uow, of, { enteredAt, at, agent, talkMs });
  }

  async #talked(uow: Uow, of: EntryKey, { enteredAt, at, agent, talkMs }: { readonly enteredAt: number; readonly at: number; readonly agent: string; readonly talkMs: number }): Promise<void> {
    await this.#book.queue(uow, of, enteredAt, { handled: 1, talkMs });
    await this.#book.agent(uow, agent, quarterOf(at), { handled: 1 });
    uow.publish("acd.ended", { interactionId: of.interactionId, queue: of.queue, agent, talkMs, at }, { aggregate: of.interactionId });
  }

  async #cut(uow: Uow, { of, enteredAt, at, waitMs, talkMs: talked, counts }: Fact<"cut">): Promise<void> {
    const { em } = uow;
    const waiting = await em.nativeUpdate(QueueEntryEntity, { id: of.entryId, leftAt: null }, { leftAt: at, outcome: "cut", waitMs });
    if (waiting > 0) await this.#book.queue(uow, of, enteredAt, counts);
    const talk = await em.findOne(QueueEntryEntity, { id: of.entryId, endedAt: null, outcome: "answered" });
    if (talk !== null && typeof talk.answeredAt === "number" && typeof talk.agent === "string") {
      const talkMs = talked ?? Math.max(0, at - talk.answeredAt);
      await em.nativeUpdate(QueueEntryEntity, { id: of.entryId }, { talkMs, cutAt: at });
      await this.#book.queue(uow, of, enteredAt, { handled: 1, talkMs });
      await this.#book.agent(uow, talk.agent, quarterOf(at), { handled: 1 });
    }
    await em.nativeUpdate(QueueEntryEntity, { id: of.entryId, endedAt: null }, { endedAt: at });
  }

  async #agentStatus(uow: Uow, { row, spans, wrapUp }: Fact<"agent-status">, again: boolean): Promise<void> {
    if (!(await this.#insert(uow, AgentStateLogEntity, row, again))) return;
    for (const { agent, startsAt, delta } of spans) await this.#book.agent(uow, agent, startsAt, delta);
    if (wrapUp === undefined) return;
    const { of, enteredAt, counts } = wrapUp;
    await this.#book.queue(uow, of, enteredAt, counts);
    uow.publish("acd.wrapped-up", { interactionId: of.interactionId, queue: of.queue, agent: String(row.agent), wrapUpMs: counts.wrapUpMs ?? 0, at: Number(row.at) }, { aggregate: of.interactionId });
  }

  /** No row tells it: a mark does. */
  async #agentSpans(uow: Uow, { id, at, spans }: Fact<"agent-spans">, again: boolean): Promise<void> {
    if (!(await this.#insert(uow, FactMarkEntity, { id, at }, again))) return;
    await uow.em.nativeDelete(FactMarkEntity, { at: { $lt: at - MARKS_MS } });
    for (const { agent, startsAt, delta } of spans) await this.#book.agent(uow, agent, startsAt, delta);
  }

  /** Whether the row was not there before. */
  async #insert({ em }: Uow, entity: typeof QueueEntryEntity | typeof AgentStateLogEntity | typeof FactMarkEntity, row: Readonly<Record<string, string | number | boolean | null>>, again: boolean): Promise<boolean> {
    const { id } = row;
    if (again && (await em.count(entity as typeof QueueEntryEntity, { id: String(id) })) > 0) return false;
    await em.insert(entity as typeof QueueEntryEntity, row as never);
    return true;
  }
}

/** What others are told of who left, in the same transaction. */
function tell(uow: Uow, { interactionId, queue }: EntryKey, { outcome, waitMs, agent, at }: { readonly outcome: string; readonly waitMs: number; readonly agent: string | null; readonly at: number }): void {
  const options = { aggregate: interactionId };
  if (agent !== null) uow.publish("acd.answered", { interactionId, queue, agent, waitMs, at }, options);
  else if (outcome === "abandoned") uow.publish("acd.abandoned", { interactionId, queue, waitMs, at }, options);
  else uow.publish("acd.left", { interactionId, queue, outcome, waitMs, at }, options);
}
