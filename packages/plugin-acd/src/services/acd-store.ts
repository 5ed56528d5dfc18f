import { isDeepStrictEqual } from "node:util";
import type { Clock, ReadPool, UnitOfWork, Uow } from "@hotlinejs/core";
import { queueSettings, agentSettings, profileSettings } from "../config.js";
import type { AcdConfig, AgentSettings, ProfileSettings, QueueSettings } from "../config.js";
import type { AgentChoice } from "../contract.js";
import { AgentIntervalEntity, type AgentIntervalRow } from "../entities/agent-interval.entity.js";
import { AgentStateLogEntity } from "../entities/agent-state-log.entity.js";
import { AgentProfileEntity } from "../entities/agent-profile.entity.js";
import { AgentEntity } from "../entities/agent.entity.js";
import { FactMarkEntity } from "../entities/fact-mark.entity.js";
import { QueueEntity } from "../entities/queue.entity.js";
import { QueueEntryEntity, type QueueEntryRow } from "../entities/queue-entry.entity.js";
import { QueueIntervalEntity, type QueueIntervalRow } from "../entities/queue-interval.entity.js";
import { WrapUpEntity, type WrapUpRow } from "../entities/wrap-up.entity.js";
import { acdErrors } from "../errors.js";
import { issuesOf } from "./checked.js";
import type { IntervalBook } from "./interval-book.js";
import { workHistory } from "./work-history.js";

export interface StoredQueue {
  readonly key: string;
  readonly name: string;
  /** As they count; other ones when rules are changed. */
  settings: QueueSettings;
}

export interface StoredAgent {
  readonly number: string;
  readonly name: string;
  /** As given for the agent; a profile may say otherwise. */
  readonly ownAddress: string;
  /** As given for the agent. */
  own: AgentSettings;
  address: string;
  /** With those of the profile. */
  settings: AgentSettings;
  choice: AgentChoice;
  reason: string | null;
  choiceAt: number;
  /** `null`: signed out. */
  signedInAt: number | null;
}

export interface StoredProfile {
  readonly key: string;
  readonly name: string;
  readonly settings: ProfileSettings;
}

/** A caller who was in a queue, or talking through one, when an earlier process or the line ended. */
export interface LeftPlace {
  readonly callerKey: string;
  readonly queue: string;
  /** The queue they came to first, for who was moved by hand into `queue`. */
  readonly cameTo?: string;
  readonly placeAt: number;
  /** Order among places of the same `placeAt`. */
  readonly placeSeq: number;
  readonly leftAt: number;
  /** Who was talking with the caller. */
  readonly agentId?: string;
  /** What a change of priority had added. */
  readonly raisedBy: number;
}

/** What is configured otherwise than the database has it. */
export interface ConfiguredOtherwise {
  readonly kind: "queue" | "agent" | "profile";
  /** Key, or 工号. */
  readonly key: string;
  /** `name`, `address` and names of settings. */
  readonly settings: readonly string[];
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

  /**
   * Makes the configured queues, agents and profiles, each once for the life of the database; with `managed: "code"` they replace what is there.
   *
   * @returns what the configuration has otherwise than the database, which counts
   */
  async seed(config: AcdConfig): Promise<readonly ConfiguredOtherwise[]> {
    const now = this.#clock.now();
    const otherwise: ConfiguredOtherwise[] = [];
    const replaces = config.managed === "code";
    await this.#unitOfWork.run(async (uow) => {
      const { em } = uow;
      const put = async (kind: ConfiguredOtherwise["kind"], key: string, row: object | null, configured: object, create: () => void): Promise<void> => {
        const first = await uow.seedOnce(`acd.${kind}.${key}`, () => Promise.resolve());
        if (row === null) return void ((first || replaces) && create());
        const settings = differences(row, configured);
        if (settings.length === 0) return;
        if (replaces) em.assign(row, configured);
        else otherwise.push({ kind, key, settings });
      };
      for (const { key, name, ...settings } of config.queues) {
        const configured = { name, settings: changed(settings, queueSettings.parse({})) };
        await put("queue", key, await em.findOne(QueueEntity, { key }), configured, () => em.create(QueueEntity, { key, ...configured, updatedAt: now }));
      }
      for (const { number, name, address = `sip:${number}`, ...settings } of config.agents) {
        const configured = { name, address, settings: changed(settings, agentSettings.parse({})) };
        await put("agent", number, await em.findOne(AgentEntity, { number }), configured, () => em.create(AgentEntity, { number, ...configured, choice: "available", reason: null, choiceAt: now, choiceBy: "system", signedInAt: now }));
      }
      for (const { key, name, ...settings } of config.profiles) {
        const configured = { name, settings: changed(settings, profileSettings.parse({})) };
        await put("profile", key, await em.findOne(AgentProfileEntity, { key }), configured, () => em.create(AgentProfileEntity, { key, ...configured, updatedAt: now }));
      }
      await em.flush();
    });
    return otherwise;
  }

  /** @throws HTL_ACD_QUEUE_UNUSABLE, HTL_ACD_AGENT_UNUSABLE, HTL_ACD_PROFILE_UNUSABLE when a row was changed to something impossible. */
  async load(): Promise<{ queues: StoredQueue[]; agents: StoredAgent[]; profiles: StoredProfile[] }> {
    return this.#reads.read(async (em) => {
      const queues = (await em.find(QueueEntity, {}, { orderBy: { key: "asc" } })).map((row) => {
        const parsed = queueSettings.safeParse(row.settings);
        if (!parsed.success) throw acdErrors.QUEUE_UNUSABLE(row.key, issuesOf(parsed.error));
        return { key: row.key, name: row.name, settings: parsed.data };
      });
      const agents = (await em.find(AgentEntity, {}, { orderBy: { number: "asc" } })).map((row) => {
        const parsed = agentSettings.safeParse(row.settings);
        if (!parsed.success) throw acdErrors.AGENT_UNUSABLE(row.number, issuesOf(parsed.error));
        const { number, name, address, choice, choiceAt } = row;
        return { number, name, ownAddress: address, own: parsed.data, address, settings: parsed.data, choice, reason: row.reason ?? null, choiceAt, signedInAt: row.signedInAt ?? (choice === "offline" ? null : choiceAt) };
      });
      const profiles = (await em.find(AgentProfileEntity, {}, { orderBy: { key: "asc" } })).map((row) => {
        const parsed = profileSettings.safeParse(row.settings);
        if (!parsed.success) throw acdErrors.PROFILE_UNUSABLE(row.key, issuesOf(parsed.error));
        return { key: row.key, name: row.name, settings: parsed.data };
      });
      return { queues, agents, profiles };
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

  /** See `workHistory`. */
  async history(where: Parameters<typeof workHistory>[1]): ReturnType<typeof workHistory> {
    return workHistory(this.#reads, where);
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
  async choose(number: string, { choice, reason, choiceAt, signedInAt }: Pick<StoredAgent, "choice" | "reason" | "choiceAt" | "signedInAt">, actor: string): Promise<void> {
    await this.#unitOfWork.run(async (uow) => {
      await uow.em.nativeUpdate(AgentEntity, { number }, { choice, reason, choiceAt, choiceBy: actor, signedInAt });
      uow.audit({ actor, action: "acd.agent-state", subject: { type: "acd.agent", id: number }, details: { choice, ...(reason === null ? {} : { reason }) } });
    });
  }

  /** What an agent chose earlier has begun. */
  async choiceBegan(number: string, choiceAt: number): Promise<void> {
    await this.#unitOfWork.run((uow) => uow.em.nativeUpdate(AgentEntity, { number }, { choiceAt }));
  }

  async assign(number: string, own: AgentSettings, actor: string): Promise<void> {
    await this.#unitOfWork.run(async (uow) => {
      await uow.em.nativeUpdate(AgentEntity, { number }, { settings: changed(own, agentSettings.parse({})) });
      uow.audit({ actor, action: "acd.agent-assigned", subject: { type: "acd.agent", id: number }, details: { profile: own.profile ?? null, groups: own.groups.join(",") } });
    });
  }

  async putProfile({ key, name, settings }: StoredProfile, actor: string): Promise<void> {
    await this.#unitOfWork.run(async (uow) => {
      const row = { name, settings: changed(settings, profileSettings.parse({})), updatedAt: this.#clock.now() };
      const found = await uow.em.findOne(AgentProfileEntity, { key });
      if (found === null) uow.em.create(AgentProfileEntity, { key, ...row });
      else uow.em.assign(found, row);
      await uow.em.flush();
      uow.audit({ actor, action: "acd.profile-changed", subject: { type: "acd.profile", id: key }, details: { name } });
    });
  }

  /** When the process before wrote last of what callers and agents do, epoch ms: at most a minute before its end. `undefined`: it wrote nothing. */
  async lastSign(before: number): Promise<number | undefined> {
    const newest = { orderBy: { at: "desc" }, limit: 1 } as const;
    return this.#reads.read(async (em) => {
      const [marks, states] = [await em.find(FactMarkEntity, { at: { $lt: before } }, newest), await em.find(AgentStateLogEntity, { at: { $lt: before } }, newest)];
      const open = await em.find(QueueEntryEntity, { endedAt: null });
      const signs = [...[...marks, ...states].map(({ at }) => at), ...open.map(({ enteredAt }) => enteredAt)];
      return signs.length === 0 ? undefined : Math.min(before, Math.max(...signs));
    });
  }

  /** After-call work under way. */
  async wrapUps(): Promise<WrapUpRow[]> {
    return this.#reads.read((em) => em.find(WrapUpEntity, {}, { orderBy: { agent: "asc" } }));
  }

  /** Closes the entries a crashed process left open and returns the places that callers may come back to. @param end when it ended: nobody has waited after that */
  async closeLeftovers(end: number): Promise<LeftPlace[]> {
    const now = this.#clock.now();
    return this.#unitOfWork.run(async (uow) => {
      const { em } = uow;
      const open = await em.find(QueueEntryEntity, { endedAt: null });
      for (const entry of open) {
        if (typeof entry.leftAt !== "number") {
          entry.outcome = "process_restart";
          entry.leftAt = now;
          entry.waitMs = Math.max(0, end - entry.enteredAt);
          await this.#book.queue(uow, entry, entry.enteredAt, { cut: 1 });
          uow.publish("acd.left", { interactionId: entry.interactionId, queue: entry.queue, outcome: entry.outcome, waitMs: entry.waitMs, at: now }, { aggregate: entry.interactionId });
        } else if (entry.outcome === "answered") {
          entry.cutAt = now;
          if (typeof entry.agent === "string") uow.publish("acd.ended", { interactionId: entry.interactionId, queue: entry.queue, agent: entry.agent, talkMs: null, at: now }, { aggregate: entry.interactionId });
        }
        entry.endedAt = now;
      }
      await em.flush();
      const since = now - LONGEST_REGAIN_MS;
      const orderBy = { placeAt: "asc", placeSeq: "asc", id: "asc" } as const;
      const waited = await em.find(QueueEntryEntity, { outcome: { $in: ["process_restart", "cut"] }, leftAt: { $gte: since } }, { orderBy });
      const talked = await em.find(QueueEntryEntity, { cutAt: { $gte: since } }, { orderBy });
      // Who was open when the process ended may have been moved long before: nobody before the earliest place.
      const earliest = Math.min(since, ...[waited[0], talked[0]].map((entry) => entry?.placeAt ?? since));
      const moved = stayBefore(await em.find(QueueEntryEntity, { outcome: "moved", leftAt: { $gte: earliest }, callerKey: { $ne: null } }));
      const given = await givenPlaces(em, since);
      return [...waited, ...talked]
        .filter((entry) => !given(entry))
        .flatMap((entry): LeftPlace[] => {
          const { callerKey, queue, placeAt, placeSeq, raisedBy, leftAt, cutAt, agent } = entry;
          const at = cutAt ?? leftAt;
          const cameTo = moved(entry);
          return typeof callerKey === "string" && typeof at === "number" ? [{ callerKey, queue, ...(cameTo === undefined ? {} : { cameTo }), placeAt, placeSeq, raisedBy, leftAt: at, ...(typeof cutAt === "number" && typeof agent === "string" ? { agentId: agent } : {}) }] : [];
        })
        .sort((a, b) => a.leftAt - b.leftAt);
    });
  }
}

/** Whether the caller has come back into the place since, over however many restarts: it is given once. */
async function givenPlaces(em: Uow["em"], since: number): Promise<(entry: QueueEntryRow) => boolean> {
  const regained = await em.execute<{ caller: string; placed: number | string; seq: number | string; entered: number | string }[]>(
    "select caller_key as caller, place_at as placed, place_seq as seq, entered_at as entered from acd_queue_entry where entered_at >= ? and place_at < entered_at and caller_key is not null",
    [since],
  );
  // The order stays when the clock is set, the time unless it is.
  return ({ callerKey, placeAt, placeSeq, leftAt, cutAt }) =>
    regained.some(({ caller, placed, seq, entered }) => caller === callerKey && Number(entered) >= (cutAt ?? leftAt ?? Infinity) && (Number(placed) === placeAt || (placeSeq > 0 && Number(seq) === placeSeq)));
}

type Stay = Pick<QueueEntryRow, "interactionId" | "queue" | "enteredAt" | "leftAt">;

/** In which queue somebody began to wait who was moved from one to the next: each stay begins at the moment at which the one before was left. `undefined`: not moved. */
function stayBefore(moves: readonly Stay[]): (stay: Stay) => string | undefined {
  const byCall = new Map<string, Stay[]>();
  for (const move of moves) byCall.set(move.interactionId, [...(byCall.get(move.interactionId) ?? []), move]);
  return (stay) => {
    // Each is passed once: moves of one and the same moment may stand in any order.
    const left = new Set(byCall.get(stay.interactionId));
    let first = stay;
    for (;;) {
      const before = [...left].find(({ leftAt }) => leftAt === first.enteredAt);
      if (before === undefined) return first === stay ? undefined : first.queue;
      left.delete(before);
      first = before;
    }
  };
}

/** Only what differs from the defaults is stored. */
function changed(settings: Record<string, unknown>, defaults: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([key, value]) => value !== undefined && JSON.stringify(value) !== JSON.stringify(defaults[key])));
}

/** Names of what a row has otherwise, those of its settings one by one. */
function differences(row: object, configured: object): string[] {
  return Object.entries(configured).flatMap(([name, wanted]) => {
    const had = (row as Record<string, unknown>)[name];
    if (name !== "settings") return isDeepStrictEqual(had, wanted) ? [] : [name];
    const [before, after] = [(had ?? {}) as Record<string, unknown>, wanted as Record<string, unknown>];
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((each) => !isDeepStrictEqual(before[each], after[each]));
  });
}
