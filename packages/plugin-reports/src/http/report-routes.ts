import { Readable } from "node:stream";
import { AUDIT, defineRoute, SETTINGS } from "@hotlinejs/core";
import type { HttpContent, HttpRoute, Principal, Services } from "@hotlinejs/core";
import { z } from "zod";
import { chartData } from "../chart/chart-data.js";
import { renderChart } from "../chart/render-chart.js";
import { REPORTS } from "../contract.js";
import type { ChartKind, ReportRequest, ReportResult } from "../contract.js";
import { reportCsv } from "../output/csv.js";
import { printPage } from "../output/print-page.js";
import { PRINT_STYLE } from "../output/print-style.js";
import { READ } from "../services/default-reports.js";

const STYLE_PATH = "/api/reports/print.css";
const params = z.object({ id: z.string().min(1).max(60) });
const several = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (Array.isArray(value) ? value : value.split(",")).map((each) => each.trim()).filter((each) => each !== ""))
  .pipe(z.array(z.string().max(100)).max(100));

const base = {
  period: z.enum(["day", "week", "month", "quarter", "year"]).optional(),
  /** Business dates, both inclusive. */
  from: z.iso.date().optional(),
  to: z.iso.date().optional(),
  compare: z.enum(["year", "previous"]).optional(),
  chart: z.enum(["line", "bar", "pie"]).optional(),
  /** Ids of the columns a chart shows, by comma. */
  measure: several.optional(),
};
// Whatever else is given are filters: which there are, the report says.
const dataQuery = z
  .object({
    ...base,
    format: z.enum(["json", "csv", "svg"]).default("json"),
    theme: z.enum(["light", "dark"]).default("light"),
    width: z.coerce.number().int().min(320).max(2000).default(960),
    height: z.coerce.number().int().min(200).max(1200).default(360),
  })
  .catchall(several);
const printQuery = z.object(base).catchall(several);

type Query = z.output<typeof printQuery>;

function requestOf(report: string, query: Query, principal: Principal | undefined): ReportRequest {
  const { period, from, to, compare } = query;
  const known = new Set([...Object.keys(base), "format", "theme", "width", "height"]);
  const filters = Object.fromEntries(Object.entries(query).filter((entry): entry is [string, string[]] => !known.has(entry[0]) && Array.isArray(entry[1])));
  return { report, principal: principal as Principal, period, from, to, compare, filters };
}

function content(contentType: string, text: string, fileName?: string): HttpContent {
  const bytes = Buffer.from(text, "utf8");
  return { kind: "content", contentType, size: bytes.length, ...(fileName === undefined ? {} : { fileName }), open: (start, end) => Readable.from([bytes.subarray(start, end + 1)]) };
}

/** Who took figures out of the house, and which. */
function audit(services: Services, principal: Principal | undefined, result: ReportResult, format: string): Promise<void> {
  return services.get(AUDIT).record({ actor: principal?.userId ?? "unknown", action: "reports.exported", subject: { type: "report", id: result.id }, details: { format, period: result.period, from: result.span.from, to: result.span.to } });
}

export const reportRoutes: readonly HttpRoute[] = [
  defineRoute({
    method: "GET",
    path: "/api/reports",
    permission: READ,
    summary: "Reports this person may see; the hotline's date, and the spans that have names",
    async handler({ services, principal }) {
      const reports = services.get(REPORTS);
      return Promise.resolve({ items: reports.list(principal as Principal), next: null, ...reports.calendar() });
    },
  }),
  defineRoute({
    method: "GET",
    path: STYLE_PATH,
    permission: READ,
    summary: "Style of printed reports",
    async handler() {
      return Promise.resolve(content("text/css; charset=utf-8", PRINT_STYLE));
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/reports/:id",
    permission: READ,
    summary: "One report: JSON (with the chart when one is asked for), CSV or its chart as SVG",
    params,
    query: dataQuery,
    async handler({ params: { id }, query, services, principal }) {
      const result = await services.get(REPORTS).run(requestOf(id, query, principal));
      const { format, chart, measure, theme, width, height } = query;
      const draw = async (kind: ChartKind): Promise<{ kind: ChartKind; svg: string; description: string }> => {
        const data = chartData(result, kind, measure);
        return { kind, svg: await renderChart(data, { width, height, theme, patterns: kind === "pie" }), description: data.description };
      };
      if (format === "csv") {
        await audit(services, principal, result, "csv");
        return content("text/csv; charset=utf-8", reportCsv(result), `${result.title}_${result.span.from}_${result.span.to}.csv`);
      }
      if (format === "svg") return content("image/svg+xml; charset=utf-8", (await draw(chart ?? result.chart?.kind ?? "bar")).svg);
      return { ...result, picture: chart === undefined ? null : await draw(chart) };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/reports/:id/filters/:filter",
    permission: READ,
    summary: "Values of a report's filter, the most frequent first",
    params: params.extend({ filter: z.string().min(1).max(60) }),
    async handler({ params: { id, filter }, services, principal }) {
      return { items: await services.get(REPORTS).filterValues(id, filter, principal as Principal), next: null };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/reports/:id/print",
    permission: READ,
    summary: "One report as a page for paper (A4 landscape)",
    params,
    query: printQuery,
    async handler({ params: { id }, query, services, principal }) {
      const result = await services.get(REPORTS).run(requestOf(id, query, principal));
      const kind = query.chart ?? result.chart?.kind;
      const data = kind === undefined ? undefined : chartData(result, kind, query.measure);
      const chart = data && { svg: await renderChart(data, { width: 1000, height: 320, theme: "light", patterns: true }), description: data.description };
      await audit(services, principal, result, "print");
      return content("text/html; charset=utf-8", printPage(result, { hotline: services.get(SETTINGS).name, maker: principal?.displayName ?? "", style: STYLE_PATH, chart }));
    },
  }),
];
