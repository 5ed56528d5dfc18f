import { definePlugin, isHotlineError, READ_POOL, ROUTES } from "@hotlinejs/core";
import type { Dataset, HttpContent, Plugin, Principal } from "@hotlinejs/core";
import { Migration } from "@mikro-orm/migrations";
import { createTestHotline } from "@hotlinejs/testing";
import type { TestHotline } from "@hotlinejs/testing";
import { afterEach, beforeAll, afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { postgresPresent, startPostgres } from "../../core/test/postgres.js";
import type { TestPostgres } from "../../core/test/postgres.js";
import { REPORTS, reports } from "../src/index.js";
import type { ReportDefinition, ReportResult } from "../src/index.js";
import { analyst, EVERYBODY, hotlineWith, madeUp, NOW } from "./support/made-up.js";

interface Answer {
  readonly json: ReportResult & { readonly picture: { readonly svg: string; readonly description: string } | null; readonly items: readonly { readonly id: string }[] };
  readonly text: string;
  readonly content: HttpContent;
}

/** A route as the server would call it: checked input, then the handler. */
async function get(test: TestHotline, path: string, params: Record<string, string>, query: Record<string, unknown> = {}, principal: Principal = analyst): Promise<Answer> {
  const route = test.services.get(ROUTES).find((each) => each.route.path === path)?.route;
  if (route === undefined) throw new Error(`no route ${path}`);
  const answer: unknown = await route.handler({ params: route.params?.parse(params), query: route.query?.parse(query), services: test.services, principal } as never);
  const content = answer as HttpContent;
  let text = "";
  if (content.kind === "content") {
    for await (const chunk of content.open(0, content.size - 1)) text += String(chunk);
    expect(Buffer.byteLength(text)).toBe(content.size);
  }
  return { json: answer as Answer["json"], text, content };
}

/** RFC 4180, read back. */
function parseCsv(text: string): string[][] {
  const lines: string[][] = [[]];
  for (const match of text.replace(/^\uFEFF/, "").matchAll(/("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n|$)/g)) {
    const field = match[1] ?? "";
    lines.at(-1)?.push(field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field);
    if (match[2] === "\r\n") lines.push([]);
    if (match[2] === "") break;
  }
  return lines.filter((line) => line.length > 1);
}

/** What of a document is no well-formed XML: everything that is neither a tag with quoted attributes nor text. */
function malformed(xml: string): string {
  const open: string[] = [];
  const rest = xml.replace(/<(\/?)([a-zA-Z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g, (_tag, end: string, name: string, _attributes: string, alone: string) => {
    if (end === "/") return open.pop() === name ? "" : `[unexpected end of ${name}]`;
    if (alone === "") open.push(name);
    return "";
  });
  return `${/[<>]|&(?!(?:amp|lt|gt|quot|#\d+|#x[\da-f]+);)/i.exec(rest)?.[0] ?? ""}${open.join()}`;
}

describe("one request", () => {
  let test: TestHotline;
  beforeAll(async () => {
    test = await hotlineWith(madeUp());
  }, 60_000);
  afterAll(() => test.close());
  const query = { period: "month", from: "2026-01-01", to: "2026-08-31", compare: "year" };

  it("figures, table, CSV, chart and paper say the same", async () => {
    const { json } = await get(test, "/api/reports/:id", { id: "volume" }, { ...query, chart: "line" });
    const csv = await get(test, "/api/reports/:id", { id: "volume" }, { ...query, format: "csv" });
    expect(csv.text.startsWith("\uFEFF")).toBe(true);
    expect(csv.content).toMatchObject({ contentType: "text/csv; charset=utf-8", fileName: "业务量_2026-01-01_2026-08-31.csv" });
    const [header = [], ...lines] = parseCsv(csv.text);
    expect(lines).toHaveLength(json.rows.length);
    for (const [r, row] of json.rows.entries()) {
      expect(lines[r]?.[0]).toBe(row.labels[0]);
      for (const [c, column] of json.columns.entries()) {
        const place = header.findIndex((name) => name === (column.unit === "" ? column.label : `${column.label}（${column.unit}）`));
        const change = row.changes?.[c];
        expect(lines[r]?.slice(place, place + 4), `${row.labels[0]} ${column.label}`).toEqual([row.cells[c], change?.base, change?.delta, change?.ratio].map((cell) => (cell?.value === null || cell === undefined ? "—" : String(cell.value))));
      }
    }
    const print = await get(test, "/api/reports/:id/print", { id: "volume" }, query);
    // The tables of a wide report stand below each other: side by side again they are the table.
    const printed = [...print.text.matchAll(/<tbody>(.*?)<\/tbody>/gs)].map(([, body = ""]) => [...body.matchAll(/<tr class="(?:row|total|subtotal)">(.*?)<\/tr>/g)].map(([, row = ""]) => [...row.matchAll(/<td class="number">(.*?)<\/td>/g)].map(([, cell]) => cell)));
    expect(printed.length).toBeGreaterThan(1);
    for (const [r, row] of json.rows.entries()) {
      const cells = printed.flatMap((table) => table[r] ?? []);
      expect(cells.filter((_, index) => index % 3 === 0)).toEqual(row.cells.map(({ text }) => text));
      expect(cells.filter((_, index) => index % 3 === 1)).toEqual(row.changes?.map(({ base }) => base.text));
    }
    for (const table of printed) expect(table).toHaveLength(json.rows.length);
    const total = json.rows.at(-1);
    for (const figure of json.figures) {
      const column = json.columns.findIndex(({ id }) => id === figure.id);
      expect([figure.value, figure.year]).toEqual([total?.cells[column], total?.changes?.[column]]);
    }
    // Heights of the bars are the numbers of the table.
    const bars = await get(test, "/api/reports/:id", { id: "volume" }, { period: "month", from: "2026-01-01", to: "2026-08-31", chart: "bar", width: 1200 });
    const shown = [...(bars.json.picture?.svg ?? "").matchAll(/<text [^>]*text-anchor="middle"[^>]*>([\d,]+)<\/text>/g)].map(([, number]) => number);
    expect(shown).toEqual(bars.json.rows.filter(({ kind }) => kind === "row").map((row) => row.cells[0]?.text));
  });

  it("a chart is a drawing: no script, no style sheet, said in words, from 0", async () => {
    for (const chart of ["line", "bar", "pie"]) {
      const { text, content } = await get(test, "/api/reports/:id", { id: "volume" }, { ...query, format: "svg", chart });
      expect(content.contentType).toBe("image/svg+xml; charset=utf-8");
      expect(text).toMatch(/^<svg [^>]*role="img" aria-label="业务量（2026年1月—8月）/);
      expect(text).not.toMatch(/<script|<style|<foreignObject|href=|animat/i);
      expect(text).not.toMatch(/NaN|undefined/);
      expect(malformed(text)).toBe("");
      if (chart !== "pie") expect(text).toContain(">单位：次<");
      // Two spans differ by dash, not by colour.
      if (chart === "line") expect([...text.matchAll(/stroke="#1455B3"[^>]*stroke-dasharray/gi)].length).toBeGreaterThan(0);
    }
    const dark = await get(test, "/api/reports/:id", { id: "volume" }, { ...query, format: "svg", theme: "dark" });
    expect(dark.text).toContain("#74A9FA");
    await expect(get(test, "/api/reports/:id", { id: "comparison" }, { format: "svg" })).rejects.toMatchObject({ code: "HTL_REPORTS_NO_CHART" });
  });

  it("a pie tells name, number and share of each slice; the shares are of what is shown", async () => {
    const { json } = await get(test, "/api/reports/:id", { id: "natures" }, { period: "month", from: "2026-01-01", to: "2026-06-30", chart: "pie" });
    const rows = json.rows.filter(({ kind }) => kind === "row");
    expect(rows.length).toBeGreaterThan(4);
    for (const row of rows) {
      expect(json.picture?.svg).toContain(`>${row.labels[0]}</text>`);
      expect(json.picture?.svg).toContain(`>${row.cells[0]?.text} 件  ${row.cells.at(-1)?.text}</text>`);
      expect(json.picture?.description).toContain(`${row.labels[0]} ${row.cells[0]?.text} 件，占 ${row.cells.at(-1)?.text}`);
    }
  });

  it("paper tells what is counted, when, in which unit; what it holds cannot become part of the page", async () => {
    const { text, content } = await get(test, "/api/reports/:id/print", { id: "natures" }, { ...query, agent: "<b>1601" });
    expect(content.contentType).toBe("text/html; charset=utf-8");
    for (const words of ["受理性质统计", "统计口径：受理件数", "取数时间：2026-08-15 14:32", "单位：件", "制表：徐明辉", "对比上年同期：2025年1月1日—8月15日", "本期未结束", "工号：&lt;b&gt;1601"]) expect(text).toContain(words);
    expect(text).not.toContain("<b>");
    const style = await get(test, "/api/reports/print.css", {});
    expect(style.text).toContain("size: A4 landscape");
    expect(style.text).toContain("table-header-group");
  });

  it("exports are written down", async () => {
    await get(test, "/api/reports/:id", { id: "volume" }, { ...query, format: "csv" });
    const rows = await test.services.get(READ_POOL).read((em) => em.execute<{ action: string; actor: string; details: unknown }[]>("select action, actor, details from core_audit where action = 'reports.exported' order by at desc limit 1"));
    expect(rows[0]).toMatchObject({ actor: "u1" });
    expect(String(typeof rows[0]?.details === "string" ? rows[0].details : JSON.stringify(rows[0]?.details))).toContain('"format":"csv"');
  });

  it("needs the permission of the report and of every dataset it reads", async () => {
    const service = test.services.get(REPORTS);
    const without = (permission: string): Principal => ({ ...analyst, permissions: new Set([...EVERYBODY].filter((each) => each !== permission)) });
    for (const permission of EVERYBODY) await expect(service.run({ report: "volume", principal: without(permission) })).rejects.toMatchObject({ code: "HTL_REPORTS_FORBIDDEN", status: 403, details: { permission } });
    expect(service.list(without("tickets.statistics")).map(({ id }) => id)).toEqual(["service"]);
    expect(service.list(without("core.interactions.read")).map(({ id }) => id)).toEqual(["agents", "natures", "service"]);
    await expect(service.filterValues("volume", "agent", without("acd.queues.read"))).rejects.toMatchObject({ code: "HTL_REPORTS_FORBIDDEN" });
    expect((await get(test, "/api/reports", {})).json.items.map(({ id }) => id)).toEqual(["volume", "agents", "natures", "daily", "service", "comparison"]);
    // How agents spend their time is seen by who may see agents.
    expect(service.list({ ...analyst, permissions: new Set([...EVERYBODY, "acd.agents.read"]) }).map(({ id }) => id)).toContain("workload");
    await expect(service.run({ report: "workload", principal: analyst })).rejects.toMatchObject({ code: "HTL_REPORTS_FORBIDDEN", details: { permission: "acd.agents.read" } });
  });

  it("refuses what cannot be meant, with words", async () => {
    const run = (more: Record<string, unknown>) => test.services.get(REPORTS).run({ report: "volume", principal: analyst, ...more } as never);
    await expect(run({ report: "nothing" })).rejects.toMatchObject({ code: "HTL_REPORTS_UNKNOWN", status: 404 });
    await expect(run({ from: "2026-01-01" })).rejects.toMatchObject({ code: "HTL_REPORTS_BAD_SPAN", status: 400 });
    await expect(run({ from: "2026-02-01", to: "2026-01-01" })).rejects.toMatchObject({ code: "HTL_REPORTS_BAD_SPAN" });
    await expect(run({ from: "2026-08-16", to: "2026-08-20" })).rejects.toMatchObject({ code: "HTL_REPORTS_BAD_SPAN" });
    await expect(run({ period: "day", from: "2023-01-01", to: "2026-01-01" })).rejects.toMatchObject({ code: "HTL_REPORTS_BAD_SPAN" });
    await expect(run({ period: "year", from: "1970-01-01", to: "2026-01-01" })).rejects.toMatchObject({ code: "HTL_REPORTS_BAD_SPAN" });
    await expect(run({ filters: { colour: ["red"] } })).rejects.toMatchObject({ code: "HTL_REPORTS_UNKNOWN_FILTER" });
    await expect(run({ filters: { agent: ["x' or 1=1 --"] } })).resolves.toMatchObject({ rows: expect.arrayContaining([expect.objectContaining({ kind: "total" })]) as unknown });
  });
});

describe("a hotline without", () => {
  let test: TestHotline | undefined;
  afterEach(() => test?.close());

  it("tickets and queues still reports its calls, and says what is missing", async () => {
    test = await createTestHotline({ startAt: NOW, plugins: [reports()] });
    const service = test.services.get(REPORTS);
    expect(service.list(analyst).map(({ id }) => id)).toEqual(["volume", "daily", "comparison"]);
    const result = await service.run({ report: "volume", principal: analyst });
    expect(result.columns.map(({ label }) => label)).toEqual(["来电总量", "自助服务量"]);
    expect(result.notes.join()).toMatch(/未列出：请求人工、人工接通.*受理件数/);
    expect(result.rows).toHaveLength(13);
    expect(result.rows.at(-1)?.cells.map(({ text }) => text)).toEqual(["0", "0"]);
    await expect(service.run({ report: "natures", principal: analyst })).rejects.toMatchObject({ code: "HTL_REPORTS_UNAVAILABLE" });
    const empty = await get(test, "/api/reports/:id", { id: "volume" }, { format: "svg", chart: "bar" });
    expect(empty.text).not.toMatch(/NaN|undefined/);
  });
});

const slowFields: Dataset["fields"] = [
  { name: "business_date", label: "日期", type: "date", sensitivity: "public" },
  { name: "happened_at", label: "时刻", type: "datetime", sensitivity: "public" },
  { name: "number", label: "号码", type: "string", sensitivity: "personal" },
  { name: "secret", label: "秘密", type: "string", sensitivity: "secret" },
  { name: "size", label: "大小", type: "number", sensitivity: "public" },
];

/** Datasets of a plugin's own: views, one of which takes its time. */
function probe(postgres: boolean): Plugin {
  class Init extends Migration {
    static readonly id = "0001-init";
    override up(): void {
      const date = postgres ? "to_char(date '2026-08-01' + (i % 10)::int, 'YYYY-MM-DD')" : "date('2026-08-01', '+' || (i % 10) || ' days')";
      const rows = (most: number): string => `with recursive n(i) as (select 0 union all select i + 1 from n where i < ${most})`;
      // From 23:30 on the last day of July in Shanghai, an hour apart.
      const columns = `${date} as business_date, (1785511800000 + i * ${postgres ? "cast(3600000 as bigint)" : "3600000"}) as happened_at, '13800138000' as number, 'x' as secret, i as size`;
      this.addSql(`create view probe_quick as ${rows(199)} select ${columns} from n`);
      this.addSql(`create view probe_slow as ${rows(40_000_000)} select ${columns} from n`);
    }
  }
  return definePlugin({
    name: "probe",
    version: "0.1.0",
    core: "*",
    config: z.strictObject({}),
    migrations: [Init],
    permissions: [{ name: "probe.read", description: "" }],
    datasets: [
      { name: "probe.quick", version: 1, permission: "probe.read", source: "probe_quick", fields: slowFields },
      { name: "probe.slow", version: 1, permission: "probe.read", source: "probe_slow", fields: slowFields },
    ],
    register: () => undefined,
  })();
}

const counted = (dataset: string, more: object = {}) => ({ id: "rows", label: "件数", labelEn: "Rows", unit: "件", dataset, aggregate: "count" as const, ...more });
const own = (id: string, more: Partial<ReportDefinition>): ReportDefinition => ({ id, title: id, titleEn: id, rows: { kind: "period" }, period: "day", measures: [counted("probe.quick")], basis: [], ...more });
const byNumber = { id: "number", label: "号码", labelEn: "Number", fields: { "probe.quick": "number" }, none: "无" };

describe("reports of one's own on SQLite", () => ownReports(() => Promise.resolve(undefined)));
describe.skipIf(!postgresPresent())("reports of one's own on PostgreSQL", () => {
  let server: TestPostgres | undefined;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());
  ownReports(async () => server?.database());
});

function ownReports(database: () => Promise<string | undefined>): void {
  let test: TestHotline | undefined;
  afterEach(() => test?.close());
  const principal: Principal = { ...analyst, permissions: new Set(["reports.read", "probe.read"]) };
  async function start(definitions: readonly ReportDefinition[], options: object = {}): Promise<TestHotline> {
    const databaseUrl = await database();
    test = await createTestHotline({ startAt: NOW, ...(databaseUrl === undefined ? {} : { databaseUrl }), plugins: [probe(databaseUrl !== undefined), reports({ reports: [...definitions], ...options } as never)] });
    return test;
  }
  const codeOf = (promise: Promise<unknown>): Promise<string | undefined> =>
    promise.then(
      () => undefined,
      (error: unknown) => (isHotlineError(error) ? error.code : String(error)),
    );

  it("count, add up and average fields; moments are of the hotline's day", async () => {
    const measures = [counted("probe.quick"), counted("probe.quick", { id: "sum", aggregate: "sum", field: "size" }), counted("probe.quick", { id: "mean", aggregate: "average", field: "size", decimals: 2 }), counted("probe.quick", { id: "moments", date: "happened_at" })];
    const { services } = await start([own("sizes", { measures })]);
    const result = await services.get(REPORTS).run({ report: "sizes", principal, from: "2026-07-31", to: "2026-08-02" });
    const sizes = (digit: number): number[] => Array.from({ length: 20 }, (_, i) => i * 10 + digit);
    const sum = (list: number[]): number => list.reduce((a, b) => a + b, 0);
    const [first, second] = [sum(sizes(0)), sum(sizes(1))];
    expect(result.rows.map(({ cells }) => cells.map(({ value }) => value))).toEqual([
      [0, 0, null, 1],
      [20, first, first / 20, 24],
      [20, second, second / 20, 24],
      [40, first + second, (first + second) / 40, 49],
    ]);
  });

  it("too many rows and too much time are coded errors; the hotline goes on", async () => {
    const { services } = await start([own("wide", { measures: [counted("probe.quick", { date: "happened_at" })] }), own("slow", { measures: [counted("probe.slow")] }), own("quick", {})], { rowLimit: 100, timeoutSeconds: 0.3 });
    const service = services.get(REPORTS);
    expect(await codeOf(service.run({ report: "wide", principal, from: "2026-08-01", to: "2026-08-15" }))).toBe("HTL_REPORTS_TOO_LARGE");
    expect(await codeOf(service.run({ report: "slow", principal, from: "2026-08-01", to: "2026-08-15" }))).toBe("HTL_REPORTS_TOO_SLOW");
    expect((await service.run({ report: "quick", principal, from: "2026-08-01", to: "2026-08-15" })).rows.at(-1)?.cells[0]?.value).toBe(200);
  }, 60_000);

  it("nobody counts by what is personal or secret", async () => {
    const { services } = await start([own("people", { rows: { kind: "dimension", dimension: byNumber } }), own("hidden", { measures: [counted("probe.quick", { where: { field: "secret", op: "exists" } }), counted("probe.quick", { id: "all" })] })]);
    const service = services.get(REPORTS);
    expect(await codeOf(service.run({ report: "people", principal }))).toBe("HTL_REPORTS_UNAVAILABLE");
    expect((await service.run({ report: "hidden", principal })).columns.map(({ id }) => id)).toEqual(["all"]);
    expect(service.list(principal).map(({ id }) => id)).toEqual(["hidden"]);
  });

  it("mistakes in a definition stop nothing else: the plugin says so when it starts", async () => {
    const { hotline } = await start([own("wrong", { measures: [counted("probe.quick", { where: { field: "size", op: "contains", value: "x" } })] })]);
    const plugin = (await hotline.health()).plugins.find(({ name }) => name === "reports");
    expect(plugin).toMatchObject({ ok: false });
    expect(plugin?.message).toContain("contains");
  });
}
