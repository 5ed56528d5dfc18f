import { defineRoute, METRICS, type HttpReply, type HttpRoute } from "@hotlinejs/core";
import { formatOf, METRICS_TYPES, prometheusText } from "../domain/prometheus-text.js";

/** Whoever has it, and the program with `metricsToken`, may read the metrics. */
export const METRICS_READ = "core.metrics.read";

export const metricsRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/metrics",
    permission: METRICS_READ,
    summary: "Metrics for Prometheus, as text; in OpenMetrics where that is asked for. Programs send `metricsToken` as bearer token",
    handler: async ({ services, headers }): Promise<HttpReply> => {
      const format = formatOf(headers.accept);
      return { kind: "reply", status: 200, headers: { "Content-Type": METRICS_TYPES[format] }, text: prometheusText(await services.get(METRICS).read(), format) };
    },
  }),
];
