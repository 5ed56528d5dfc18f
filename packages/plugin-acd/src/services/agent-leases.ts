import type { Clock, Timer } from "@hotlinejs/core";
import type { AgentReason } from "../contract.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** What an agent has chosen, as it matters here. */
export interface LeasedState {
  readonly choice: string;
  readonly reason: AgentReason | undefined;
  readonly choiceAt: number;
  /** `null`: signed out. */
  readonly signedInAt: number | null;
}

export interface AgentLeasesDeps {
  readonly clock: Clock;
  /** Longest time signed in, hours; 0 = no limit. */
  readonly signInMaxHours: number;
  /** A reason lasts longer than it may. Told once. */
  readonly over: (agent: string, reason: AgentReason) => void;
  /** Signed in for too long. */
  readonly expired: (agent: string) => void;
}

/** Chosen states hold for a time only, so that nobody stays on a break, or signed in, that has gone home. */
export class AgentLeases {
  readonly #timers = new Map<string, Timer[]>();

  constructor(private readonly deps: AgentLeasesDeps) {}

  /** The agent is in this state from now on; earlier limits no longer count. */
  watch(agent: string, { choice, reason, choiceAt, signedInAt }: LeasedState): void {
    this.#cancel(agent);
    const { clock, signInMaxHours } = this.deps;
    const timers: Timer[] = [];
    const at = (time: number, then: () => void): void => void timers.push(clock.setTimeout(then, Math.max(0, time - clock.now())));
    if (choice === "not-ready" && typeof reason?.maxMinutes === "number") at(choiceAt + reason.maxMinutes * MINUTE_MS, () => this.deps.over(agent, reason));
    if (choice !== "offline" && signInMaxHours > 0 && signedInAt !== null) at(signedInAt + signInMaxHours * HOUR_MS, () => this.deps.expired(agent));
    if (timers.length > 0) this.#timers.set(agent, timers);
  }

  stop(): void {
    for (const agent of [...this.#timers.keys()]) this.#cancel(agent);
  }

  #cancel(agent: string): void {
    for (const timer of this.#timers.get(agent) ?? []) timer.cancel();
    this.#timers.delete(agent);
  }
}
