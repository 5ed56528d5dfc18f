import type { Metrics } from "@hotlinejs/core";
import type { DefaultMediaEngine } from "./engine/default-media-engine.js";
import type { QualityClass, StreamSums } from "./quality/quality-tally.js";

const CLASSES = ["good", "fair", "bad"] as const satisfies readonly QualityClass[];

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
  registerQuality(metrics, engine);
}

/** How good legs were that are over. There is no histogram: classes of the E-model, and sums whose quotients are means over any time. */
function registerQuality(metrics: Metrics, engine: () => DefaultMediaEngine | undefined): void {
  metrics.counter({ name: "hotline_media_legs_by_quality_total", help: "Legs that were closed, by the rating R of their worse direction (ITU-T G.107 Annex B): good from 80 on (MOS 4.03), fair from 70 on (3.60), bad below.", labels: ["quality"] }, () =>
    CLASSES.map((quality) => ({ labels: { quality }, value: engine()?.quality.legs[quality] ?? 0 })),
  );
  const sum = (name: string, help: string, of: keyof StreamSums): void =>
    metrics.counter({ name: `hotline_media_streams${name}_total`, help, labels: ["direction"] }, () => (["received", "sent"] as const).map((direction) => ({ labels: { direction }, value: engine()?.quality.sums[direction][of] ?? 0 })));
  sum("", "Directions of closed legs that could be judged.", "streams");
  sum("_packets", "Packets of these streams that were sent to the receiver.", "packets");
  sum("_packets_lost", "Of them: those that were not heard, lost or too late.", "lost");
  sum("_jitter_seconds", "Sum of the mean interarrival jitter of each of these streams.", "jitterSeconds");
  sum("_mos", "Sum of the estimated mean opinion score of each of these streams.", "mos");
}
