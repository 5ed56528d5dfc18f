import type { AgentStatus } from "@hotlinejs/queueing";
import type { AgentDelta, AgentSpan } from "./facts.js";
import { quartersOf } from "./quarter-hours.js";

/** Time signed out is nobody's figure. */
const STATE_COLUMNS: Readonly<Partial<Record<AgentStatus, keyof AgentDelta>>> = {
  available: "availableMs",
  "on-demand": "onDemandMs",
  reserved: "reservedMs",
  busy: "busyMs",
  occupied: "occupiedMs",
  "wrap-up": "wrapUpMs",
  held: "heldMs",
  "not-ready": "notReadyMs",
  unreachable: "unreachableMs",
};

/** How long an agent was in a state, by quarters of an hour. */
export function stateSpans(agent: string, state: AgentStatus, from: number, to: number): AgentSpan[] {
  const column = STATE_COLUMNS[state];
  return column === undefined ? [] : quartersOf(from, to).map(({ startsAt, ms }) => ({ agent, startsAt, delta: { [column]: ms } }));
}
