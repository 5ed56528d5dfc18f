import type { CallCounts } from "../calls/call-counts.js";
import type { Jobs } from "../contracts/data.js";
import type { DataHealth } from "../contracts/http.js";
import type { ConsumerBacklog } from "../events/outbox.js";
import type { MetricRegistry } from "./metric-registry.js";

export interface CoreMetricsParts {
  readonly version: string;
  readonly running: () => boolean;
  /** Voice interactions in progress. */
  readonly live: () => number;
  readonly counts: () => CallCounts;
  /** Changes to the rows of calls that are not written yet. */
  readonly journal: () => number;
  readonly units: () => DataHealth;
  readonly jobs: () => Pick<Jobs, "stats">;
  readonly outbox: () => Promise<readonly ConsumerBacklog[]>;
}

/** What core itself can be measured by. */
export function registerCoreMetrics(metrics: MetricRegistry, parts: CoreMetricsParts): void {
  const { version, running, live, counts, journal, units, jobs, outbox } = parts;
  // One look at the database for both.
  let backlog: Promise<readonly ConsumerBacklog[]> | undefined;
  const consumers = (): Promise<readonly ConsumerBacklog[]> => (backlog ??= outbox().finally(() => (backlog = undefined)));

  metrics.gauge({ name: "hotline_info", help: "1; the label says which version of the core runs.", labels: ["version"] }, () => [{ value: 1, labels: { version } }]);
  metrics.gauge({ name: "hotline_running", help: "1 while the hotline takes calls, 0 before and while it drains." }, () => (running() ? 1 : 0));
  metrics.gauge({ name: "hotline_calls_live", help: "Voice interactions in progress." }, live);
  metrics.counter({ name: "hotline_calls_total", help: "Voice interactions begun, without callers turned away before.", labels: ["direction"] }, () => [
    { value: counts().inbound, labels: { direction: "inbound" } },
    { value: counts().outbound, labels: { direction: "outbound" } },
  ]);
  metrics.counter({ name: "hotline_calls_refused_total", help: "Callers refused, by reason (turned-away: draining, or no channel left) and SIP status.", labels: ["reason", "status"] }, () => counts().refused().map(({ reason, status, count }) => ({ value: count, labels: { reason, status: String(status) } })));
  metrics.counter({ name: "hotline_calls_ended_total", help: "Voice interactions that are over, by end reason.", labels: ["reason"] }, () => counts().ended().map(({ reason, count }) => ({ value: count, labels: { reason } })));
  metrics.gauge({ name: "hotline_journal_backlog_rows", help: "Changes to the records of calls that are not written yet; more than a few hundred for seconds: the database does not keep up." }, journal);
  metrics.gauge({ name: "hotline_database_units_waiting", help: "Units of work that wait for their turn to write." }, () => units().waiting);
  metrics.gauge({ name: "hotline_database_units_long", help: "Units of work open for more than 5 s." }, () => units().long);
  metrics.counter({ name: "hotline_database_unit_timeouts_total", help: "Units of work rolled back since they took 30 s." }, () => units().timeouts);
  metrics.gauge({ name: "hotline_jobs", help: "Durable jobs by state.", labels: ["state"] }, async () => Object.entries(await jobs().stats()).map(([state, value]) => ({ value, labels: { state } })));
  metrics.gauge({ name: "hotline_outbox_backlog_events", help: "Durable events a consumer has not been given yet, 10000 at most.", labels: ["consumer"] }, async () => (await consumers()).map(({ consumer, waiting }) => ({ value: waiting, labels: { consumer } })));
  metrics.gauge({ name: "hotline_outbox_held_events", help: "Durable events set aside since a consumer failed on them.", labels: ["consumer"] }, async () => (await consumers()).map(({ consumer, held }) => ({ value: held, labels: { consumer } })));
  metrics.gauge({ name: "hotline_metrics_unread", help: "Metrics left out of the reading before since they could not be read." }, () => metrics.unread);
}
