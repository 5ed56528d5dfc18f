import type { Metrics } from "@hotlinejs/core";
import type { DefaultMediaEngine } from "./engine/default-media-engine.js";

/** What the media plane can be measured by. */
export function registerMediaMetrics(metrics: Metrics, engine: () => DefaultMediaEngine | undefined, ports: { readonly min: number; readonly max: number }): void {
  metrics.gauge({ name: "hotline_media_legs", help: "Legs with sound. Each of a telephone or browser holds one pair of UDP ports." }, () => engine()?.legs ?? 0);
  metrics.gauge({ name: "hotline_media_port_pairs", help: "Pairs of UDP ports there are for legs." }, () => Math.floor((ports.max - ports.min + 1) / 2));
  metrics.gauge({ name: "hotline_media_lateness_seconds", help: "How late the sound of the latest worker runs; from 0.02 on it is heard." }, () => (engine()?.latenessMs ?? 0) / 1_000);
  metrics.gauge({ name: "hotline_media_busy_ratio", help: "Part of its time the worker computes that would take the next call, 0 to 1; 0 below half." }, () => engine()?.busyShare ?? 0);
  metrics.gauge({ name: "hotline_media_workers", help: "Media workers that run." }, () => engine()?.slots.filter(({ up }) => up).length ?? 0);
  metrics.counter({ name: "hotline_media_legs_refused_total", help: "Legs that could not be made: no port, no file descriptor, no worker.", labels: ["code"] }, () =>
    [...(engine()?.refused.counts ?? [])].map(([code, value]) => ({ labels: { code }, value })),
  );
  metrics.counter({ name: "hotline_media_worker_failures_total", help: "Media workers that were lost with their calls: died by an error, or hung and were ended.", labels: ["reason"] }, () =>
    (["died", "hung"] as const).map((reason) => ({ labels: { reason }, value: engine()?.slots.reduce((sum, { failures }) => sum + failures[reason], 0) ?? 0 })),
  );
  metrics.counter({ name: "hotline_media_worker_faults_total", help: "Errors in media workers that ended one leg, or nothing." }, () => engine()?.slots.reduce((sum, { faults }) => sum + faults, 0) ?? 0);
  metrics.gauge({ name: "hotline_media_workers_stuck", help: "Threads that hang in native code and could not be ended; they go with the process." }, () => engine()?.slots.reduce((sum, { stuck }) => sum + stuck, 0) ?? 0);
}
