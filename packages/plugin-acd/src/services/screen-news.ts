import { SCREENS, type Clock, type Services, type Timer } from "@hotlinejs/core";
import type { Acd, AgentCall, Watching } from "../contract.js";
import { maskedCall } from "../domain/masked-call.js";

/** Changes of one queue are told together, at most so often. */
const QUEUE_NEWS_MS = 250;

/** Tells the open pages of the staff what changes in call distribution. Without the console nobody is told. */
export class ScreenNews {
  readonly #queues = new Set<string>();
  #timer: Timer | undefined;

  constructor(
    private readonly services: Services,
    private readonly clock: Clock,
    private readonly acd: Pick<Acd, "agent" | "agents" | "queue">,
  ) {}

  /** The queues count who serves them, also in a change that leaves the agent's state as it is (a choice during a call, a telephone that is gone). */
  agent(number: string): void {
    const data = this.acd.agent(number);
    if (data === undefined) return;
    this.services.optional(SCREENS)?.tell({ permission: "acd.agents.read" }, { topic: "acd.agent", data });
    for (const key of data.queues) this.queue(key);
  }

  call(agent: string, call: AgentCall | null): void {
    this.services.optional(SCREENS)?.tell({ agents: [agent] }, { topic: "acd.call", data: { agent, call: call === null ? null : maskedCall(call) } });
  }

  /** Who gave the caller on: another agent has the caller now. */
  passed(from: string, change: { readonly interactionId: string; readonly to: string; readonly name: string }): void {
    this.services.optional(SCREENS)?.tell({ agents: [from] }, { topic: "acd.passed", data: { agent: from, ...change } });
  }

  /** What another agent's screen showed of the call is there. */
  screenGiven(holder: string, interactionId: string): void {
    this.services.optional(SCREENS)?.tell({ agents: [holder] }, { topic: "acd.screen", data: { agent: holder, interactionId } });
  }

  /** Supervisors see the calls of all. */
  calls(agent: string, call: AgentCall | null): void {
    this.services.optional(SCREENS)?.tell({ permission: "acd.calls.read" }, { topic: "acd.calls", data: { agent, call: call === null ? null : maskedCall(call) } });
  }

  /** A supervisor's own page knows which call the supervisor is in. */
  watch(by: string, watching: Watching | undefined): void {
    this.services.optional(SCREENS)?.tell({ agents: [by] }, { topic: "acd.watch", data: { watching: watching ?? null } });
  }

  /** The figures of all agents grow while a state lasts: told together, now and then. */
  figures(): void {
    const today = Object.fromEntries(this.acd.agents().flatMap((agent) => (agent.state === "offline" ? [] : [[agent.number, agent.today]])));
    this.services.optional(SCREENS)?.tell({ permission: "acd.calls.read" }, { topic: "acd.agents-today", data: { today } });
  }

  /** Whoever has the rules before them reads them anew. */
  rules(queue: string, version: number): void {
    this.services.optional(SCREENS)?.tell({ permission: "acd.queues.read" }, { topic: "acd.queue-rules", data: { queue, version } });
  }

  queue(key: string): void {
    this.#queues.add(key);
    this.#timer ??= this.clock.setTimeout(() => this.#tellQueues(), QUEUE_NEWS_MS);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #tellQueues(): void {
    this.#timer = undefined;
    const screens = this.services.optional(SCREENS);
    for (const key of this.#queues) {
      const data = this.acd.queue(key);
      if (data !== undefined) screens?.tell({ permission: "acd.queues.read" }, { topic: "acd.queue", data });
    }
    this.#queues.clear();
  }
}
