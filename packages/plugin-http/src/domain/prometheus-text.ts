import type { MetricFamily, MetricSample } from "@hotlinejs/core";

/** The two text formats of Prometheus. */
export type MetricsFormat = "prometheus" | "openmetrics";

export const METRICS_TYPES: Readonly<Record<MetricsFormat, string>> = {
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** OpenMetrics for whoever asks for it (Prometheus does), else the older format. */
export function formatOf(accept: string | undefined): MetricsFormat {
  return /(?:^|[\s,])application\/openmetrics-text\b/i.test(accept ?? "") ? "openmetrics" : "prometheus";
}

/** Metrics as text: Prometheus exposition format 0.0.4, or OpenMetrics 1.0, in which a counter's family has no `_total`. */
export function prometheusText(families: readonly MetricFamily[], format: MetricsFormat): string {
  const lines = families.filter(({ samples }) => samples.length > 0).flatMap(({ name, help, type, samples }) => {
    const family = format === "openmetrics" && type === "counter" ? name.replace(/_total$/, "") : name;
    return [`# HELP ${family} ${escaped(help, format)}`, `# TYPE ${family} ${type}`, ...samples.map((sample) => `${name}${labelsOf(sample)} ${numberText(sample.value)}`)];
  });
  return [...lines, ...(format === "openmetrics" ? ["# EOF"] : []), ""].join("\n");
}

function labelsOf({ labels = {} }: MetricSample): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value, "openmetrics")}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** Of help in the older format a quotation mark stands for itself. */
function escaped(text: string, format: MetricsFormat): string {
  const plain = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return format === "openmetrics" ? plain.replaceAll('"', '\\"') : plain;
}

function numberText(value: number): string {
  return value === Infinity ? "+Inf" : value === -Infinity ? "-Inf" : String(value);
}
