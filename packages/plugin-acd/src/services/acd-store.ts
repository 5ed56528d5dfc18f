import type { Clock, ReadPool, UnitOfWork } from "@hotlinejs/core";
import { queueSettings, agentSettings } from "../config.js";
import type { AcdConfig, AgentSettings, QueueSettings } from "../config.js";
import type { AgentChoice } from "../contract.js";
import { AgentIntervalEntity, type AgentIntervalRow } from "../entities/agent-interval.entity.js";
import { AgentEntity } from "../entities/agent.entity.js";
import { QueueEntity } from "../entities/queue.entity.js";
import { QueueEntryEntity } from "../entities/queue-entry.entity.js";
import { QueueIntervalEntity, type QueueIntervalRow } from "../entities/queue-interval.entity.js";
import { acdErrors } from "../errors.js";
import type { IntervalBook } from "./interval-book.js";

export interface StoredQueue {
  readonly key: string;
  readonly name: string;
  readonly settings: QueueSettings;
}

export interface StoredAgent {
  readonly number: string;
  readonly name: string;
  readonly address: string;
  readonly settings: AgentSettings;
  choice: AgentChoice;
  reason: string | null;
}

/** A caller who was in a queue when an earlier process ended. */
export interface LeftPlace {
  readonly callerKey: string;
  readonly queue: string;
  readonly placeAt: number;
  readonly leftAt: number;
}

/** Places older than this are not looked for; the queue's own limit counts besides. */
const LONGEST_REGAIN_MS = 86_400_000;

/** Reads and writes what the database knows of queues and agents. */
export class AcdStore {
  readonly #unitOfWork: UnitOfWork;
  readonly #reads: ReadPool;
  readonly #clock: Clock;

  readonly #book: IntervalBook;

  constructor(deps: { unitOfWork: UnitOfWork; reads: ReadPool; clock: Clock; book: IntervalBook }) {
    this.#book = deps.book;
    this.#unitOfWork = deps.unitOfWork;
    this.#reads = deps.reads;
    this.#clock = deps.clock;
  }

  /** Makes the configured queues and agents, each once for the life of the database. */
  async seed(config: AcdConfig): Promise<void> {
    const now = this.#clock.now();
    await this.#unitOfWork.run(async (uow) => {
      for (const { key, name, ...settings } of config.queues) {
        await uow.seedOnce(`acd.queue.${key}`, async ({ em }) => {
          if ((await em.findOne(QueueEntity, { key })) !== null) return;
          em.create(QueueEntity, { key, name, settings: changed(settings, queueSettings.parse({})), updatedAt: now });
          await em.flush();
        });
      }
      for (const { number, name, address, ...settings } of config.agents) {
        await uow.seedOnce(`acd.agent.${number}`, async ({ em }) => {
          if ((await em.findOne(AgentEntity, { number })) !== null) return;
          em.create(AgentEntity, { number, name, address: address ?? `sip:${number}`, settings: changed(settings, agentSettings.parse({})), choice: "available", reason: null, choiceAt: now, choiceBy: "system" });
          await em.flush();
        });
      }
    });
  }

  /** @throws HTL_ACD_QUEUE_UNUSABLE, HTL_ACD_AGENT_UNUSABLE when a row was changed to something impossible. */
  async load(): Promise<{ queues: StoredQueue[]; agents: StoredAgent[] }> {
    return this.#reads.read(async (em) => {
      const queues = (await em.find(QueueEntity, {}, { orderBy: { key: "asc" } })).map((row) => {
        const parsed = queueSettings.safeParse(row.settings);
        if (!parsed.success) throw acdErrors.QUEUE_UNUSABLE(row.key, issues(parsed.error));
        return { key: row.key, name: row.name, settings: parsed.data };
      });
      const agents = (await em.find(AgentEntity, {}, { orderBy: { number: "asc" } })).map((row) => {
        const parsed = agentSettings.safeParse(row.settings);
        if (!parsed.success) throw acdErrors.AGENT_UNUSABLE(row.number, issues(parsed.error));
        return { number: row.number, name: row.name, address: row.address, settings: parsed.data, choice: row.choice, reason: row.reason ?? null };
      });
      return { queues, agents };
    });
  }

  /** Quarter hours of a queue (or all) in a span, oldest first. */
  async queueIntervals(where: { readonly queue?: string; readonly from: number; readonly to: number }): Promise<QueueIntervalRow[]> {
    const { queue, from, to } = where;
    return this.#reads.read((em) => em.find(QueueIntervalEntity, { startsAt: { $gte: from, $lt: to }, ...(queue === undefined ? {} : { queue }) }, { orderBy: { startsAt: "asc", id: "asc" } }));
  }

  /** Quarter hours of all queues on a business date. */
  async queueDay(businessDate: string): Promise<QueueIntervalRow[]> {
    return this.#reads.read((em) => em.find(QueueIntervalEntity, { businessDate }));
  }

  /** Quarter hours of agents in a span. */
  async agentIntervals(where: { readonly agents: readonly string[]; readonly from: number; readonly to: number }): Promise<AgentIntervalRow[]> {
    const { agents, from, to } = where;
    return this.#reads.read((em) => em.find(AgentIntervalEntity, { startsAt: { $gte: from, $lt: to }, agent: { $in: [...agents] } }, { orderBy: { agent: "asc", startsAt: "asc" } }));
  }

  /** Quarter hours of all agents on a business date. */
  async agentDay(businessDate: string): Promise<AgentIntervalRow[]> {
    return this.#reads.read((em) => em.find(AgentIntervalEntity, { businessDate }));
  }

  /** Who last spoke to the caller with this key, since then. */
  async lastAgent(callerKey: string, since: number): Promise<string | undefined> {
    const [last] = await this.#reads.read((em) => em.find(QueueEntryEntity, { callerKey, enteredAt: { $gte: since }, agent: { $ne: null } }, { orderBy: { enteredAt: "desc" }, limit: 1 }));
    return last?.agent ?? undefined;
  }

  /** Stores what an agent chose, with its audit row. */
  async choose(number: string, choice: AgentChoice, reason: string | null, actor: string): Promise<void> {
    await this.#unitOfWork.run(async (uow) => {
      await uow.em.nativeUpdate(AgentEntity, { number }, { choice, reason, choiceAt: this.#clock.now(), choiceBy: actor });
      uow.audit({ actor, action: "acd.agent-state", subject: { type: "acd.agent", id: number }, details: { choice, ...(reason === null ? {} : { reason }) } });
    });
  }

  /** Closes the entries a crashed process left open and returns the places that callers may come back to. */
  async closeLeftovers(): Promise<LeftPlace[]> {
    const now = this.#clock.now();
    return this.#unitOfWork.run(async (uow) => {
      const { em } = uow;
      for (const entry of await em.find(QueueEntryEntity, { endedAt: null })) {
        if (typeof entry.leftAt !== "number") {
          entry.outcome = "process_restart";
          entry.leftAt = now;
          entry.waitMs = Math.max(0, now - entry.enteredAt);
          await this.#book.queue(uow, entry, entry.enteredAt, { cut: 1 });
        }
        entry.endedAt = now;
      }
      await em.flush();
      const cut = await em.find(QueueEntryEntity, { outcome: { $in: ["process_restart", "cut"] }, leftAt: { $gte: now - LONGEST_REGAIN_MS } }, { orderBy: { leftAt: "asc" } });
      return cut.flatMap(({ callerKey, queue, placeAt, leftAt }) => (typeof callerKey === "string" && typeof leftAt === "number" ? [{ callerKey, queue, placeAt, leftAt }] : []));
    });
  }
}

/** Only what differs from the defaults is stored. */
function changed(settings: Record<string, unknown>, defaults: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([key, value]) => value !== undefined && JSON.stringify(value) !== JSON.stringify(defaults[key])));
}

function issues(error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] }): string {
  return error.issues.map((issue) => `${issue.path.map(String).join(".")}: ${issue.message}`).join("; ");
}
