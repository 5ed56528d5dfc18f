import type { Audit, Clock, EventMap, EventName } from "@hotlinejs/core";
import { aheadOf, interactionView } from "@hotlinejs/queueing";
import type { AcdEvent } from "@hotlinejs/queueing";
import type { WaitingCaller } from "../contract.js";
import { citizenNumber } from "../domain/citizen-number.js";
import { acdErrors } from "../errors.js";
import type { Floor } from "./floor.js";
import type { QueueFacts } from "./queue-facts.js";

export interface LineSteeringDeps {
  readonly floor: Floor;
  readonly audit: () => Pick<Audit, "record">;
  readonly queueChanged: (key: string) => void;
  readonly clock: Pick<Clock, "now">;
  readonly facts: Pick<QueueFacts, "raised">;
  readonly publish: <N extends EventName>(name: N, payload: EventMap[N]) => void;
}

/** Supervisors see who waits, move them and change their priority; each step is in the audit before it is taken. */
export class LineSteering {
  readonly #deps: LineSteeringDeps;

  constructor(deps: LineSteeringDeps) {
    this.#deps = deps;
  }

  /** @throws HTL_ACD_UNKNOWN_QUEUE */
  waiting(key: string): readonly WaitingCaller[] {
    const { floor } = this.#deps;
    floor.queue(key);
    return [...floor.entries].flatMap(([id, { owner }]) => (owner.queue === key ? (this.#waiting(id) ?? []) : [])).sort((a, b) => a.ahead - b.ahead || Number(b.ringing !== null) - Number(a.ringing !== null) || a.placeAt - b.placeAt);
  }

  /** @throws HTL_ACD_UNKNOWN_QUEUE, HTL_ACD_NOT_WAITING, HTL_ACD_ALREADY_THERE, HTL_ACD_QUEUE_FROZEN, HTL_ACD_AGENT_NOT_IN_QUEUE */
  async move(interactionId: string, queue: string, actor: string): Promise<WaitingCaller> {
    const { floor } = this.#deps;
    floor.queue(queue);
    const possible = (from: string, onlyAgent: string | undefined): void => {
      if (from === queue) throw acdErrors.ALREADY_THERE(interactionId, queue);
      floor.open(queue);
      if (onlyAgent !== undefined) floor.server(onlyAgent, queue);
    };
    return this.#steer(interactionId, actor, "acd.caller-moved", { queue }, (id) => ({ type: "interaction.moved", interactionId: id, queue, ...this.#priorityIn(queue, id) }), possible);
  }

  /** @throws HTL_ACD_NOT_WAITING */
  async setPriority(interactionId: string, priority: number, actor: string): Promise<WaitingCaller> {
    const now = await this.#steer(interactionId, actor, "acd.caller-priority", { priority }, (id) => ({ type: "interaction.priority", interactionId: id, priority }));
    this.#raised(interactionId, priority);
    this.#deps.publish("acd.priority-changed", { interactionId, queue: now.queue, priority, at: this.#deps.clock.now() });
    return now;
  }

  /** What holds after a restart too, for who rings back or is called. */
  #raised(interactionId: string, priority: number): void {
    const { floor, facts } = this.#deps;
    for (const [id, { owner, kept, call }] of floor.entries) {
      const view = owner.interactionId === interactionId ? interactionView(floor.engine.state, id) : undefined;
      if (view === undefined || view.state === "connected") continue;
      if (kept === undefined) facts.raised(owner, view.raisedBy);
      else call.prioritized?.(priority - floor.queue(view.queue).settings.priority);
    }
  }

  /** What the caller brought, or was given since, with the new queue's own instead of the old one's. */
  #priorityIn(queue: string, id: string): { priority?: number } {
    const { floor } = this.#deps;
    const view = interactionView(floor.engine.state, id);
    return view === undefined ? {} : { priority: view.priority - floor.queue(view.queue).settings.priority + floor.queue(queue).settings.priority };
  }

  async #steer(interactionId: string, actor: string, action: string, details: Readonly<Record<string, string | number>>, event: (id: string) => AcdEvent, possible: (from: string, onlyAgent: string | undefined) => void = () => undefined): Promise<WaitingCaller> {
    const find = (): { readonly id: string; readonly queue: string } => {
      for (const [id, { owner }] of this.#deps.floor.entries) {
        const view = owner.interactionId === interactionId ? this.#waiting(id) : undefined;
        if (view === undefined) continue;
        // What the engine would not do is refused, not told as done.
        possible(view.queue, interactionView(this.#deps.floor.engine.state, id)?.onlyAgent);
        return { id, queue: view.queue };
      }
      throw acdErrors.NOT_WAITING(interactionId);
    };
    const { queue: from } = find();
    await this.#deps.audit().record({ actor, action, subject: { type: "interaction", id: interactionId }, details: { ...details, from } });
    // An agent may have answered meanwhile, or the hotline be stopping.
    const { id } = find();
    this.#deps.floor.engine.dispatch(event(id));
    const now = this.#waiting(id);
    if (now === undefined) throw acdErrors.NOT_WAITING(interactionId);
    this.#deps.queueChanged(now.queue);
    return now;
  }

  #waiting(id: string): WaitingCaller | undefined {
    const { engine, entries, serving } = this.#deps.floor;
    const view = interactionView(engine.state, id);
    const entry = entries.get(id);
    if (view === undefined || entry === undefined || view.state === "connected") return undefined;
    const { queue, priority, enteredAt, placeAt } = view;
    const { owner, kept } = entry;
    const session = serving.get(owner.interactionId)?.session;
    const callerNumber = kept ?? (session === undefined ? "" : citizenNumber(session));
    return { interactionId: owner.interactionId, queue, channel: owner.channel, callerNumber, priority, enteredAt, placeAt, ahead: aheadOf(engine.state, id) ?? 0, ringing: view.agentId ?? null };
  }
}
