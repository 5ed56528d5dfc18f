import type { Audit, Call, CallSession, Clock, EventMap, EventName, Logger, RoutePlan } from "@hotlinejs/core";
import { isHotlineError } from "@hotlinejs/core";
import type { AgentCall, AgentSnapshot, PickupOptions } from "../contract.js";
import { acdErrors } from "../errors.js";
import type { AgentOffer } from "./agent-offer.js";
import type { AgentTalk } from "./agent-talk.js";

/** Handler of calls that agents' phones make to the pickup code. */
export const PICKUP_HANDLER = "agent-pickup";

export interface CallPickupDeps {
  /** Pickup code of telephones; `false`: none. */
  readonly code: string | false;
  readonly clock: Pick<Clock, "now">;
  readonly log: Logger;
  readonly audit: () => Pick<Audit, "record">;
  readonly agent: (number: string) => AgentSnapshot | undefined;
  /** 工号 of the agent with this phone. */
  readonly agentAt: (address: string) => string | undefined;
  /** Whether the hotline has groups of agents at all. */
  readonly hasGroups: () => boolean;
  /** Calls of queues that ring, by agent. */
  readonly offers: ReadonlyMap<string, AgentOffer>;
  readonly talk: (agent: string) => AgentTalk | undefined;
  /** Gives the reservation to another agent, if that may be. */
  readonly take: (reservationId: string, agent: string) => void;
  readonly publish: <N extends EventName>(name: N, payload: EventMap[N]) => void;
}

/**
 * Call pickup (代接): a call that rings at a colleague rings at the own phone instead, which is asked to answer by itself (RFC 5373).
 * Colleagues are those of a group in common; where there are no groups, those of a queue in common. By the screen, or by
 * telephone: the code alone takes the call that rings longest, followed by a 工号 that agent's.
 */
export class CallPickup {
  readonly #deps: CallPickupDeps;

  constructor(deps: CallPickupDeps) {
    this.#deps = deps;
  }

  async pickUp(agent: string, { from, anybody = false, actor }: PickupOptions): Promise<AgentCall> {
    const { audit, clock, publish, talk: talkOf } = this.#deps;
    this.#requireFree(agent);
    const colleague = this.#ringing(agent, from, anybody);
    const { id, queue } = this.#about(colleague);
    await audit().record({ actor, action: "acd.picked-up", subject: { type: "interaction", id }, details: { agent, from: colleague } });
    // Answered, or given back, meanwhile.
    const offer = this.#deps.offers.get(colleague);
    const session = talkOf(colleague)?.session;
    if (offer === undefined || session?.interaction.id !== id) throw acdErrors.NOTHING_TO_PICK_UP(agent);
    this.#deps.take(offer.reservationId, agent);
    const taken = talkOf(agent);
    if (taken?.session !== session) throw acdErrors.AGENT_BUSY(agent);
    session.interaction.event("queue.picked-up", { agent, from: colleague, ...(queue === null ? {} : { queue }) });
    publish("acd.picked-up", { interactionId: id, queue: queue ?? "", agent, from: colleague, at: clock.now() });
    return taken.view();
  }

  /** Where the code leads when an agent's phone dials it; `undefined`: it is not the code. */
  route(plan: RoutePlan, { via, to }: Pick<Call, "via" | "to">): RoutePlan | undefined {
    const { code, agentAt } = this.#deps;
    if (code === false || via.kind !== "account" || !to.number.startsWith(code)) return undefined;
    const agent = agentAt(`sip:${via.key}`);
    const from = to.number.slice(code.length);
    if (agent === undefined || !/^[\w.-]{0,32}$/.test(from)) return undefined;
    return { ...plan, handler: PICKUP_HANDLER, target: agent, params: { ...plan.params, ...(from === "" ? {} : { from }) } };
  }

  /** The phone has to be free before it can be rung: its own call ends first. */
  async serve({ call }: CallSession, { target: agent, params }: RoutePlan): Promise<void> {
    const options: PickupOptions = { actor: `agent:${agent}`, ...(typeof params?.from === "string" ? { from: params.from } : {}) };
    try {
      this.#requireFree(agent);
      this.#ringing(agent, options.from, false);
      await call.answer();
      await call.hangup();
      await this.pickUp(agent, options);
    } catch (error) {
      if (!isHotlineError(error)) throw error;
      this.#deps.log.info({ agent, code: error.code }, "a call was not picked up");
      await call.hangup({ status: error.status === 403 ? 403 : 480, reason: "declined" });
    }
  }

  #requireFree(agent: string): void {
    const own = this.#deps.agent(agent);
    if (own === undefined) throw acdErrors.UNKNOWN_AGENT(agent);
    if (own.choice === "offline") throw acdErrors.SIGNED_OUT(agent);
    if (!own.reachable) throw acdErrors.AGENT_UNREACHABLE(agent);
    if (this.#deps.talk(agent) !== undefined || own.state === "occupied") throw acdErrors.AGENT_BUSY(agent);
  }

  /** 工号 of the colleague at whom it rings, of several the one at whom it rings longest. */
  #ringing(agent: string, from: string | undefined, anybody: boolean): string {
    const { agent: agentOf, offers, talk } = this.#deps;
    if (from !== undefined) {
      if (from === agent) throw acdErrors.TARGET_SELF();
      if (agentOf(from) === undefined) throw acdErrors.UNKNOWN_AGENT(from);
      if (!anybody && !this.#colleagues(agent, from)) throw acdErrors.PICKUP_NOT_ALLOWED(agent, from);
      if (!this.#rings(from)) throw acdErrors.NOTHING_TO_PICK_UP(agent);
      return from;
    }
    const since = (number: string): number => talk(number)?.view().since ?? Number.POSITIVE_INFINITY;
    const [first] = [...offers.keys()].filter((number) => number !== agent && this.#rings(number) && (anybody || this.#colleagues(agent, number))).sort((a, b) => since(a) - since(b));
    if (first === undefined) throw acdErrors.NOTHING_TO_PICK_UP(agent);
    return first;
  }

  #rings(agent: string): boolean {
    return this.#deps.offers.has(agent) && this.#deps.talk(agent)?.state === "ringing";
  }

  #colleagues(one: string, other: string): boolean {
    const { agent, hasGroups } = this.#deps;
    const of = (number: string): readonly string[] => (hasGroups() ? agent(number)?.groups : agent(number)?.queues) ?? [];
    const others = of(other);
    return of(one).some((each) => others.includes(each));
  }

  #about(colleague: string): { readonly id: string; readonly queue: string | null } {
    const call = this.#deps.talk(colleague)?.view();
    if (call === undefined) throw acdErrors.NO_CALL(colleague);
    return { id: call.interactionId, queue: call.queue };
  }
}
