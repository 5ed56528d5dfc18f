import type { AcdEvent } from "./events.js";
import { SMOOTHING } from "./reservations.js";
import type { AgentState, QueueState } from "./state.js";
import { refreshAgent } from "./step.js";
import type { Step } from "./step.js";

/** Who is back so soon after an earlier process has been idle all along. */
const BACK_MS = 60_000;

/** What an agent has done before this process, or counts from now on. */
export function agentHistory(step: Step, agent: AgentState, { callsTaken, talkMs, lastCallEndedAt, idleSince }: AcdEvent & { type: "agent.history" }): void {
  const sound = (value: number | undefined, before: number): number => (value !== undefined && value >= 0 && Number.isFinite(value) ? value : before);
  agent.callsTaken = sound(callsTaken, agent.callsTaken);
  agent.talkMs = sound(talkMs, agent.talkMs);
  agent.lastCallEndedAt = Math.min(step.now, sound(lastCallEndedAt, agent.lastCallEndedAt));
  if (idleSince !== undefined && Number.isFinite(idleSince)) agent.idleFrom = { since: Math.min(step.now, idleSince), until: step.now + BACK_MS };
  refreshAgent(step, agent);
}

/** What a queue has seen before this process. */
export function queueHistory(step: Step, queue: QueueState, { lastAgentId, handled }: AcdEvent & { type: "queue.history" }): void {
  const last = lastAgentId === undefined ? undefined : step.state.agents.get(lastAgentId);
  if (last !== undefined) queue.lastOrder = last.order;
  if (handled === undefined || !(handled.count > 0) || !(handled.averageMs >= 0) || !Number.isFinite(handled.averageMs)) return;
  // As so many calls of this length, one after the other, would have left it.
  queue.handleMs = handled.averageMs + (queue.handleMs - handled.averageMs) * (1 - SMOOTHING) ** handled.count;
}
