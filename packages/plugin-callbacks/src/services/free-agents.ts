import type { Clock, Timer } from "@hotlinejs/core";
import type { Acd, AgentSnapshot } from "@hotlinejs/plugin-acd/contract";

export interface FreeAgentsDeps {
  readonly acd: Acd | undefined;
  readonly clock: Clock;
  /** Rest of an agent who did not pick up. */
  readonly pauseMs: number;
  /** Somebody is free again, or agents on demand come in: whoever plans calls looks anew. */
  readonly wake: () => void;
}

/** Agents who may be rung for an outgoing call that nobody of them asked for. */
export class FreeAgents {
  /** Agents who did not answer, until when (monotonic ms). */
  readonly #resting = new Map<string, number>();
  readonly #timers = new Set<Timer>();
  /** When agents on demand come in next. */
  #demand: { readonly at: number; readonly timer: Timer } | undefined;

  constructor(private readonly deps: FreeAgentsDeps) {}

  stop(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#demand?.timer.cancel();
    this.#demand = undefined;
  }

  all(): readonly AgentSnapshot[] {
    const now = this.deps.clock.monotonic();
    return (this.deps.acd?.agents() ?? []).filter((agent) => (agent.state === "available" || agent.state === "on-demand") && (this.#resting.get(agent.number) ?? 0) <= now);
  }

  /**
   * Free longest, of those whom no caller needs: callers on the line come first. Agents on demand (待命) when nobody else is, and
   * the call has been due as long as a caller of the queue would have to wait for them.
   *
   * @param call.queue whose agents; `null`: any
   * @param call.dueAt epoch ms
   */
  for(call: { readonly queue: string | null; readonly dueAt: number }): AgentSnapshot | undefined {
    const { acd, clock } = this.deps;
    const now = clock.now();
    const free = this.all()
      .filter((agent) => (call.queue === null || agent.queues.includes(call.queue)) && acd?.wanted(agent.number) === false)
      .sort((a, b) => a.since - b.since);
    const ready = free.find(({ state }) => state === "available");
    if (ready !== undefined) return ready;
    const from = free.map((agent) => ({ agent, at: this.#onDemandFrom(call, agent) }));
    const due = from.find(({ at }) => at <= now);
    if (due === undefined) this.#wakeAt(Math.min(...from.map(({ at }) => at)));
    return due?.agent;
  }

  /** The agent did not pick up, and is left alone for a while. */
  rest(agent: string): void {
    const { clock, pauseMs, wake } = this.deps;
    this.#resting.set(agent, clock.monotonic() + pauseMs);
    const timer = clock.setTimeout(() => {
      this.#timers.delete(timer);
      wake();
    }, pauseMs);
    this.#timers.add(timer);
  }

  /** From when on this agent on demand may be rung, epoch ms. */
  #onDemandFrom(call: { readonly queue: string | null; readonly dueAt: number }, { queues }: AgentSnapshot): number {
    const afterMs = this.deps.acd?.queue(call.queue ?? queues[0] ?? "")?.onDemandAfterMs ?? null;
    return afterMs === null ? Number.POSITIVE_INFINITY : call.dueAt + afterMs;
  }

  #wakeAt(at: number): void {
    if (at === Number.POSITIVE_INFINITY || (this.#demand !== undefined && this.#demand.at <= at)) return;
    this.#demand?.timer.cancel();
    const { clock, wake } = this.deps;
    const timer = clock.setTimeout(() => {
      this.#demand = undefined;
      wake();
    }, Math.max(0, at - clock.now()));
    this.#demand = { at, timer };
  }
}
