import { createAcdState, reduce } from "../src/index.js";
import type { AcdEffect, AcdEvent, AcdOptions, AcdState, AgentConfig, QueueConfig } from "../src/index.js";
import { checkInvariants } from "./invariants.js";

type Of<T extends AcdEffect["type"]> = Extract<AcdEffect, { type: T }>;

/** A queue `q` with agents `a0`, `a1` ... who have been idle since one millisecond after the other. */
export function acd(queue: Partial<QueueConfig> = {}, agents = 0, options: AcdOptions = {}): Driver {
  const driver = new Driver(options);
  driver.send({ type: "queue.configured", queue: { key: "q", ...queue } });
  for (let i = 0; i < agents; i++) {
    driver.agent(`a${i}`);
    driver.now += 1;
  }
  return driver;
}

/** Runs the reducer under a hand-moved clock and keeps its promises about timers and ids. */
export class Driver {
  readonly state: AcdState;
  now: number;
  readonly timers = new Map<string, number>();
  readonly effects: AcdEffect[] = [];
  /** What the last event caused. */
  last: AcdEffect[] = [];

  constructor(options: AcdOptions = {}, now = 1_000_000) {
    this.state = createAcdState(options);
    this.now = now;
  }

  send(event: AcdEvent): AcdEffect[] {
    const effects = reduce(this.state, event, this.now);
    for (const effect of effects) {
      if (effect.type === "timer") {
        if (!(effect.at >= this.now)) throw new Error(`timer ${effect.id} lies in the past`);
        if (this.timers.has(effect.id)) throw new Error(`timer ${effect.id} twice`);
        this.timers.set(effect.id, effect.at);
      }
      if (effect.type === "timer-cancel") this.timers.delete(effect.id);
    }
    if (event.type === "timer") this.timers.delete(event.id);
    for (const id of this.timers.keys()) if (!this.state.timers.has(id)) throw new Error(`timer ${id} was forgotten without being cancelled`);
    for (const id of this.state.timers.keys()) if (!this.timers.has(id)) throw new Error(`timer ${id} was never set`);
    checkInvariants(this.state);
    this.effects.push(...effects);
    this.last = effects;
    return effects;
  }

  /** Sets the clock; timers count the time that passes, so they are due after the same span. */
  stepClock(ms: number): void {
    this.now += ms;
    for (const [id, at] of this.timers) this.timers.set(id, at + ms);
    this.send({ type: "clock.stepped", ms });
  }

  /** Fires the next timer; false when there is none. */
  fireNext(): boolean {
    let next: [string, number] | undefined;
    for (const entry of this.timers) if (next === undefined || entry[1] < next[1]) next = entry;
    if (next === undefined) return false;
    this.now = Math.max(this.now, next[1]);
    this.send({ type: "timer", id: next[0] });
    return true;
  }

  /** Moves the clock on, firing what falls due. */
  advance(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      let due: number | undefined;
      for (const at of this.timers.values()) if (due === undefined || at < due) due = at;
      if (due === undefined || due > until) break;
      this.fireNext();
    }
    this.now = until;
  }

  of<T extends AcdEffect["type"]>(type: T, effects: readonly AcdEffect[] = this.last): Of<T>[] {
    return effects.filter((effect): effect is Of<T> => effect.type === type);
  }

  all<T extends AcdEffect["type"]>(type: T): Of<T>[] {
    return this.of(type, this.effects);
  }

  agent(id: string, queues: readonly (string | { queue: string; weight?: number; tier?: number })[] = ["q"], extra: Partial<Omit<AgentConfig, "id" | "queues">> = {}): void {
    this.send({ type: "agent.configured", agent: { id, queues: queues.map((queue) => (typeof queue === "string" ? { queue } : queue)), ...extra } });
    this.send({ type: "agent.reachable", agentId: id, reachable: true });
    this.send({ type: "agent.state", agentId: id, state: "available" });
  }

  call(interactionId: string, extra: Partial<Extract<AcdEvent, { type: "interaction.enqueued" }>> = {}): void {
    this.send({ type: "interaction.enqueued", interactionId, queue: "q", ...extra });
  }

  /** The live offer of a caller. */
  offerOf(interactionId: string): Of<"offer"> {
    const offer = this.all("offer").findLast((effect) => effect.interactionId === interactionId);
    if (offer === undefined || !this.state.reservations.has(offer.reservationId)) throw new Error(`${interactionId} is not being offered`);
    return offer;
  }

  answer(interactionId: string): string {
    const offer = this.offerOf(interactionId);
    this.send({ type: "offer.accepted", reservationId: offer.reservationId });
    this.send({ type: "offer.connected", reservationId: offer.reservationId });
    return offer.agentId;
  }
}
