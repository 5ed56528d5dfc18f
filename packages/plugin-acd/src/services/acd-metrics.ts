import type { Metrics, MetricSample } from "@hotlinejs/core";
import type { Acd } from "../contract/acd.js";
import type { AgentSnapshot, AgentState } from "../contract/agents.js";
import type { QueueSnapshot } from "../contract/queues.js";

const STATES: readonly AgentState[] = ["offline", "unreachable", "not-ready", "available", "on-demand", "held", "occupied", "reserved", "busy", "wrap-up"];

/** What call distribution can be measured by. Figures of the day begin at midnight of the hotline's time zone. */
export function registerAcdMetrics(metrics: Metrics, acd: () => Acd): void {
  const byQueue = (value: (queue: QueueSnapshot) => number | null) => (): MetricSample[] => acd().queues().flatMap((queue) => (value(queue) === null ? [] : [{ value: Number(value(queue)), labels: { queue: queue.key } }]));
  metrics.gauge({ name: "hotline_acd_queue_waiting", help: "Callers and other work that wait, nobody being rung for them yet.", labels: ["queue"] }, byQueue((queue) => queue.waiting));
  metrics.gauge({ name: "hotline_acd_queue_ringing", help: "Callers for whom an agent is being rung.", labels: ["queue"] }, byQueue((queue) => queue.ringing));
  metrics.gauge({ name: "hotline_acd_queue_longest_wait_seconds", help: "Wait of the first in line, 0 when nobody waits.", labels: ["queue"] }, byQueue((queue) => queue.oldestWaitMs / 1_000));
  metrics.gauge({ name: "hotline_acd_queue_expected_wait_seconds", help: "What a caller who came now would have to expect.", labels: ["queue"] }, byQueue((queue) => queue.expectedWaitMs / 1_000));
  metrics.gauge({ name: "hotline_acd_queue_agents", help: "Agents of the queue by state; one of several queues counts in each.", labels: ["queue", "state"] }, () => {
    const agents = acd().agents();
    return acd().queues().flatMap(({ key }) => byState(agents.filter(({ queues }) => queues.includes(key)), { queue: key }));
  });
  metrics.gauge({ name: "hotline_acd_agents", help: "Agents by state.", labels: ["state"] }, () => byState(acd().agents(), {}));
  metrics.gauge({ name: "hotline_acd_queue_offered_today", help: "Callers since midnight.", labels: ["queue"] }, byQueue((queue) => queue.today.offered));
  metrics.gauge({ name: "hotline_acd_queue_answered_today", help: "Callers answered since midnight.", labels: ["queue"] }, byQueue((queue) => queue.today.answered));
  metrics.gauge({ name: "hotline_acd_queue_abandoned_today", help: "Callers who gave up since midnight.", labels: ["queue"] }, byQueue((queue) => queue.today.abandoned));
  metrics.gauge({ name: "hotline_acd_queue_service_level_today_ratio", help: "Share of the answered who were answered within the threshold of the queue, since midnight, 0 to 1; left out while nobody was answered.", labels: ["queue"] }, byQueue((queue) => queue.today.serviceLevel));
}

/** Each state, also those nobody is in: a series that comes and goes cannot be watched. */
function byState(agents: readonly AgentSnapshot[], labels: Readonly<Record<string, string>>): MetricSample[] {
  return STATES.map((state) => ({ value: agents.filter((agent) => agent.state === state).length, labels: { ...labels, state } }));
}
