import type { AcdEvent, AcdOptions, AgentConfig, QueueConfig } from "../src/index.js";
import type { InteractionState } from "../src/acd/state.js";
import { Driver } from "./driver.js";

/** What a process that dies leaves behind in the database: configurations, choices, places of callers who were waiting. */
export class Lives {
  driver: Driver;
  /** Callers who were inside when a process died, by life. */
  readonly cut: { readonly id: string; readonly state: InteractionState["state"] }[] = [];
  /** Drivers of lives that are over. */
  readonly past: Driver[] = [];
  readonly #queues = new Map<string, QueueConfig>();
  readonly #agents = new Map<string, AgentConfig>();
  readonly #options: AcdOptions;

  constructor(options: AcdOptions = {}) {
    this.#options = options;
    this.driver = new Driver({ ...options, reservationPrefix: "r0-" });
  }

  send(event: AcdEvent): void {
    if (event.type === "queue.configured") this.#queues.set(event.queue.key, event.queue);
    else if (event.type === "queue.removed") this.#queues.delete(event.queue);
    else if (event.type === "agent.configured") this.#agents.set(event.agent.id, event.agent);
    else if (event.type === "agent.removed") this.#agents.delete(event.agentId);
    this.driver.send(event);
  }

  /** The process dies and another one starts after `downMs`, in the order in which a hotline does it. Timers of the old one never fire. */
  restart(downMs: number, back: (agent: string) => boolean): void {
    const before = this.driver;
    const choices = new Map([...before.state.agents.values()].map(({ id, choice }) => [id, choice]));
    const inside = [...before.state.interactions.values()];
    this.past.push(before);
    for (const { id, state } of inside) this.cut.push({ id, state });
    const after = new Driver({ ...this.#options, reservationPrefix: `r${this.past.length}-` }, before.now + downMs);
    this.driver = after;
    for (const queue of this.#queues.values()) after.send({ type: "queue.configured", queue });
    for (const agent of this.#agents.values()) {
      after.send({ type: "agent.configured", agent });
      after.send({ type: "agent.state", agentId: agent.id, state: choices.get(agent.id) ?? "offline" });
    }
    for (const { callerKey, queue, cameTo, placeAt, state } of inside) {
      if (callerKey !== undefined && state !== "connected") after.send({ type: "place.restored", callerKey, queue: queue.config.key, cameTo, placeAt, leftAt: after.now });
    }
    for (const agent of after.state.agents.values()) {
      if (agent.choice !== (choices.get(agent.id) ?? "offline")) throw new Error(`${agent.id} is not as it chose`);
      if (["available", "reserved", "busy", "wrap-up", "held", "occupied"].includes(agent.status)) throw new Error(`${agent.id} is ${agent.status} before its phone is there`);
    }
    if (after.state.interactions.size > 0 || after.state.reservations.size > 0) throw new Error("a restarted queue holds somebody");
    for (const id of this.#agents.keys()) if (back(id)) after.send({ type: "agent.reachable", agentId: id, reachable: true });
  }
}
