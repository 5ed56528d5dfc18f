import type { Interactions, LiveInteraction } from "@hotlinejs/core";
import { agentView } from "@hotlinejs/queueing";
import type { AcdConfig } from "../config.js";
import type { AgentWrapUp, WrapUpCode } from "../contract.js";
import type { QueueFact } from "../domain/facts.js";
import type { WrapUpRow } from "../entities/wrap-up.entity.js";
import { acdErrors } from "../errors.js";
import type { Floor } from "./floor.js";
import type { TalkOwner } from "./queue-facts.js";
import type { LastLife } from "./sign-of-life.js";

/** Who comes back later than this has nothing left of the after-call work. */
const BACK_MS = 15 * 60_000;

/** The conversation an agent's after-call work belongs to. */
export interface WrappedUp extends Pick<Partial<TalkOwner>, "entryId" | "channel" | "enteredAt" | "cut" | "spentMs"> {
  readonly interactionId: string;
  /** `null`: no queue gave it. */
  readonly queue: string | null;
  /** Its record, which may have been closed by now; `undefined`: there is none that can be written into. */
  readonly record?: Pick<LiveInteraction, "event" | "update"> | undefined;
  /** Set here. */
  wrapUpCode?: string;
}

export interface WrapUpsDeps {
  readonly floor: Floor;
  readonly config: Pick<AcdConfig, "wrapUpCodes">;
  readonly writer: { push(fact: QueueFact): void };
  readonly interactions: Pick<Interactions, "past">;
  /** What the agent's work goes on with belongs to this talk of a queue, or to none. */
  readonly restoring: (agent: string, talk: TalkOwner | undefined) => void;
}

/** What agents say in the after-call work of the conversation they had: one of the configured codes, which goes into its record. */
export class WrapUps {
  readonly #floor: Floor;
  readonly #codes: readonly WrapUpCode[];
  readonly #writer: WrapUpsDeps["writer"];
  readonly #records: WrapUpsDeps["interactions"];
  readonly #restoring: WrapUpsDeps["restoring"];
  /** By 工号: what the agent had last. */
  readonly #last = new Map<string, WrappedUp>();
  /** Whose after-call work is in the database. */
  readonly #stored = new Set<string>();

  constructor({ floor, config, writer, interactions, restoring }: WrapUpsDeps) {
    this.#floor = floor;
    this.#codes = config.wrapUpCodes;
    this.#writer = writer;
    this.#records = interactions;
    this.#restoring = restoring;
  }

  /**
   * What was under way when the process before ended goes on with the time that was left then: nobody could do it meanwhile.
   *
   * @param lived when that was
   * @param now epoch ms
   */
  restore(rows: readonly WrapUpRow[], { seen, end }: LastLife, now: number): void {
    for (const { agent, interactionId, queue, entryId, channel, enteredAt, code, since, until } of rows) {
      this.#stored.add(agent);
      if (!this.#floor.agents.has(agent)) {
        this.#forget(agent);
        continue;
      }
      const spentMs = Math.max(0, end - since);
      if (typeof interactionId === "string") {
        const talk = { interactionId, queue: queue ?? null, record: this.#records.past(interactionId), spentMs, ...(typeof code === "string" ? { wrapUpCode: code } : {}) };
        const own = typeof entryId === "string" && typeof queue === "string" ? { ...talk, queue, entryId, channel: channel ?? "voice", enteredAt: enteredAt ?? since } : undefined;
        this.#last.set(agent, own ?? talk);
        this.#restoring(agent, own);
      }
      // Over in the same moment where nothing is left: it is told and counted as any other.
      this.#floor.engine.dispatch({ type: "agent.wrap-up-restored", agentId: agent, ms: Math.max(1, now - end > BACK_MS ? 0 : until - Math.max(since, seen)), spentMs });
    }
  }

  /** All that are configured. */
  all(): readonly WrapUpCode[] {
    return this.#codes;
  }

  /** The agent has, or had, this conversation: the after-call work that comes next is its. */
  had(agent: string, talk: WrappedUp): void {
    this.#last.set(agent, talk);
    if (this.#stored.has(agent)) this.changed(agent);
  }

  /** The agent is in after-call work, or has another time for it. */
  changed(agent: string): void {
    const view = agentView(this.#floor.engine.state, agent);
    const last = this.#last.get(agent);
    if (view?.status !== "wrap-up" || view.wrapUntil === undefined || last?.cut === true) return;
    const { interactionId = null, queue = null, entryId = null, channel = null, enteredAt = null, wrapUpCode: code = null, spentMs = 0 } = last ?? {};
    this.#stored.add(agent);
    this.#writer.push({ kind: "wrap-up", agent, row: { agent, interactionId, queue, entryId, channel, enteredAt, code, since: view.statusSince - spentMs, until: view.wrapUntil } });
  }

  /** The agent is at something else than after-call work. */
  over(agent: string): void {
    this.#last.delete(agent);
    this.#forget(agent);
  }

  /** The clock was set: all that is under way goes along. */
  clockStepped(): void {
    for (const agent of this.#stored) this.changed(agent);
  }

  #forget(agent: string): void {
    if (this.#stored.delete(agent)) this.#writer.push({ kind: "wrap-up", agent, row: null });
  }

  /** As people see it; `undefined`: nothing is known of what it is after, or there are no codes. */
  view(agent: string): AgentWrapUp | undefined {
    const last = this.#last.get(agent);
    if (last === undefined || last.record === undefined || this.#codes.length === 0) return undefined;
    const { interactionId, queue, wrapUpCode = null } = last;
    return { interactionId, queue, code: wrapUpCode, codes: this.#offered(queue), required: this.#required(queue) };
  }

  /** @throws HTL_ACD_UNKNOWN_WRAP_UP_CODE, HTL_ACD_NOT_IN_WRAP_UP where no conversation is known that it would be said of */
  set(agent: string, given: string): void {
    const last = this.#last.get(agent);
    if (agentView(this.#floor.engine.state, agent)?.status !== "wrap-up" || last?.record === undefined) throw acdErrors.NOT_IN_WRAP_UP(agent);
    const offered = this.#offered(last.queue);
    if (!offered.includes(given)) throw acdErrors.UNKNOWN_WRAP_UP_CODE(given.slice(0, 64), offered.join(", ") || "none");
    if (last.wrapUpCode === given) return;
    last.wrapUpCode = given;
    last.record.update({ wrapUpCode: given });
    last.record.event("queue.wrap-up-code", { agent, code: given });
    this.changed(agent);
  }

  /** The agent is done with it. Nothing happens outside of it. @throws HTL_ACD_WRAP_UP_CODE_NEEDED */
  end(agent: string): void {
    const { engine } = this.#floor;
    const view = agentView(engine.state, agent)?.status === "wrap-up" ? this.view(agent) : undefined;
    if (view?.required === true && view.code === null) throw acdErrors.WRAP_UP_CODE_NEEDED(agent, view.codes.join(", "));
    engine.dispatch({ type: "agent.wrap-up-done", agentId: agent });
  }

  /** @throws HTL_ACD_NOT_IN_WRAP_UP */
  extend(agent: string, ms: number): void {
    const { engine } = this.#floor;
    if (agentView(engine.state, agent)?.wrapUntil === undefined) throw acdErrors.NOT_IN_WRAP_UP(agent);
    engine.dispatch({ type: "agent.wrap-up-extended", agentId: agent, ms });
    this.changed(agent);
  }

  #offered(queue: string | null): readonly string[] {
    const known = this.#codes.map(({ code }) => code);
    const own = queue === null ? undefined : this.#floor.queues.get(queue)?.settings.wrapUpCodes;
    // In the order of the hotline's list, whatever a stored queue names that is gone left out.
    return own === undefined ? known : known.filter((code) => own.includes(code));
  }

  #required(queue: string | null): boolean {
    return queue !== null && this.#floor.queues.get(queue)?.settings.wrapUpCodeRequired === true && this.#offered(queue).length > 0;
  }
}
