import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { IntervalHistogram } from "node:perf_hooks";
import type { Metrics } from "../contracts/metrics.js";
import type { Clock } from "../contracts/time.js";

/** Between two looks at the event loop, ms: a delay is what goes beyond. */
const LOOK_EVERY_MS = 10;

/**
 * The process itself, under the names that dashboards for Node know (those of prom-client). The event loop is watched from the first reading on,
 * and what is told of it is since the reading before.
 *
 * @returns ends the watching
 */
export function registerProcessMetrics(metrics: Metrics, clock: Clock): () => void {
  let delays: IntervalHistogram | undefined;
  let p99 = 0;
  let max = 0;
  let before = performance.eventLoopUtilization();
  const seconds = (nanoseconds: number): number => (Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - LOOK_EVERY_MS / 1e3) : 0);
  metrics.counter({ name: "process_cpu_user_seconds_total", help: "Processor time of the process in user mode, worker threads included." }, () => process.cpuUsage().user / 1e6);
  metrics.counter({ name: "process_cpu_system_seconds_total", help: "Processor time of the process in system mode, worker threads included." }, () => process.cpuUsage().system / 1e6);
  metrics.gauge({ name: "process_resident_memory_bytes", help: "Resident memory of the process." }, () => process.memoryUsage.rss());
  metrics.gauge({ name: "process_start_time_seconds", help: "When the process was started, seconds since 1970." }, () => clock.now() / 1e3 - process.uptime());
  metrics.gauge({ name: "nodejs_heap_size_used_bytes", help: "Used heap of the main thread." }, () => process.memoryUsage().heapUsed);
  metrics.gauge({ name: "nodejs_heap_size_total_bytes", help: "Heap of the main thread." }, () => process.memoryUsage().heapTotal);
  metrics.gauge({ name: "nodejs_external_memory_bytes", help: "Memory of buffers outside the heap." }, () => process.memoryUsage().external);
  metrics.gauge({ name: "nodejs_eventloop_lag_p99_seconds", help: "How late the main thread came to its work, 99th percentile since the reading before." }, () => {
    if (delays === undefined) {
      delays = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS });
      delays.enable();
    } else {
      p99 = seconds(delays.percentile(99));
      max = seconds(delays.max);
      delays.reset();
    }
    return p99;
  });
  metrics.gauge({ name: "nodejs_eventloop_lag_max_seconds", help: "The same, the worst." }, () => max);
  metrics.gauge({ name: "nodejs_eventloop_utilization_ratio", help: "Share of time the main thread was at work since the reading before, 0 to 1." }, () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return Number.isFinite(utilization) ? utilization : 0;
  });
  return () => {
    delays?.disable();
    delays = undefined;
  };
}
