import type { LiveInteraction } from "@hotlinejs/core";
import type { AcdConfig } from "../config.js";
import type { AgentWrapUp, WrapUpCode } from "../contract.js";
import { acdErrors } from "../errors.js";
import type { Floor } from "./floor.js";

/** The conversation an agent's after-call work belongs to. */
export interface WrappedUp {
  readonly interactionId: string;
  /** `null`: no queue gave it. */
  readonly queue: string | null;
  /** Its record, which may have been closed by now; `undefined`: there is none that can be written into. */
  readonly record?: Pick<LiveInteraction, "event" | "update"> | undefined;
  /** Set here. */
  wrapUpCode?: string;
}

/** What agents say in the after-call work of the conversation they had: one of the configured codes, which goes into its record. */
export class WrapUps {
  readonly #floor: Floor;
  readonly #codes: readonly WrapUpCode[];
  /** By 工号: what the agent had last. */
  readonly #last = new Map<string, WrappedUp>();

  constructor(floor: Floor, { wrapUpCodes }: Pick<AcdConfig, "wrapUpCodes">) {
    this.#floor = floor;
    this.#codes = wrapUpCodes;
  }

  /** All that are configured. */
  all(): readonly WrapUpCode[] {
    return this.#codes;
  }

  /** The agent has, or had, this conversation: the after-call work that comes next is its. */
  had(agent: string, talk: WrappedUp): void {
    this.#last.set(agent, talk);
  }

  /** The agent is at something else than after-call work. */
  over(agent: string): void {
    this.#last.delete(agent);
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
    if (last?.record === undefined) throw acdErrors.NOT_IN_WRAP_UP(agent);
    const offered = this.#offered(last.queue);
    if (!offered.includes(given)) throw acdErrors.UNKNOWN_WRAP_UP_CODE(given.slice(0, 64), offered.join(", ") || "none");
    if (last.wrapUpCode === given) return;
    last.wrapUpCode = given;
    last.record.update({ wrapUpCode: given });
    last.record.event("queue.wrap-up-code", { agent, code: given });
  }

  /** @throws HTL_ACD_WRAP_UP_CODE_NEEDED */
  mayEnd(agent: string): void {
    const view = this.view(agent);
    if (view?.required === true && view.code === null) throw acdErrors.WRAP_UP_CODE_NEEDED(agent, view.codes.join(", "));
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
