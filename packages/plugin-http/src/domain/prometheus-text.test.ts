import type { MetricFamily } from "@hotlinejs/core";
import { expect, it } from "vitest";
import { parseMetrics } from "../../test/metrics-parser.js";
import { formatOf, prometheusText } from "./prometheus-text.js";

const families: readonly MetricFamily[] = [
  { name: "hotline_calls", help: 'Calls "now", with a \\ and\na new line.', type: "gauge", samples: [{ value: 3 }] },
  { name: "hotline_calls_total", help: "Calls.", type: "counter", samples: [{ value: 1e21, labels: { queue: 'a "b" \\ c\nd', direction: "in" } }, { value: 0.25, labels: { queue: "综合", direction: "in" } }] },
  { name: "hotline_odd", help: "Odd.", type: "gauge", samples: [{ value: Infinity, labels: { n: "1" } }, { value: -Infinity, labels: { n: "2" } }, { value: NaN, labels: { n: "3" } }] },
  { name: "hotline_nothing", help: "Not known now.", type: "gauge", samples: [] },
];

it.each(["prometheus", "openmetrics"] as const)("metrics in the text format %s are read back as they were", (format) => {
  const named = families.filter(({ name }) => name !== "hotline_calls");
  const read = parseMetrics(prometheusText(named, format), format);
  expect([...read.keys()]).toEqual([format === "openmetrics" ? "hotline_calls" : "hotline_calls_total", "hotline_odd"]);
  expect([...read.values()].map(({ type, samples }) => ({ type, samples }))).toEqual(named.slice(0, 2).map(({ type, samples }) => ({ type, samples })));
});

it("writes the format 0.0.4 to the letter", () => {
  expect(prometheusText(families, "prometheus")).toBe(
    [
      '# HELP hotline_calls Calls "now", with a \\\\ and\\na new line.',
      "# TYPE hotline_calls gauge",
      "hotline_calls 3",
      "# HELP hotline_calls_total Calls.",
      "# TYPE hotline_calls_total counter",
      'hotline_calls_total{queue="a \\"b\\" \\\\ c\\nd",direction="in"} 1e+21',
      'hotline_calls_total{queue="综合",direction="in"} 0.25',
      "# HELP hotline_odd Odd.",
      "# TYPE hotline_odd gauge",
      'hotline_odd{n="1"} +Inf',
      'hotline_odd{n="2"} -Inf',
      'hotline_odd{n="3"} NaN',
      "",
    ].join("\n"),
  );
});

it.each([
  [undefined, "prometheus"],
  ["*/*", "prometheus"],
  ["text/plain;version=0.0.4", "prometheus"],
  ["application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5", "openmetrics"],
] as const)("for Accept %s it is %s", (accept, format) => expect(formatOf(accept)).toBe(format));
