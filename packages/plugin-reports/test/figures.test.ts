import type { TestHotline } from "@hotlinejs/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgresPresent, startPostgres } from "../../core/test/postgres.js";
import type { TestPostgres } from "../../core/test/postgres.js";
import { REPORTS } from "../src/index.js";
import type { CompareKind, PeriodUnit, ReportResult, ReportRow } from "../src/index.js";
import { buckets, change, count, value, wholeBase } from "./support/brute-force.js";
import type { Choice, Exact, Range } from "./support/brute-force.js";
import { analyst, hotlineWith, madeUp } from "./support/made-up.js";

const TODAY = "2026-08-15";
const data = madeUp();

// Fourteen months against brute force: minutes on a busy machine.
const limits = { timeout: 180_000 };

describe("on SQLite", limits, () => figuresAgree(() => Promise.resolve(undefined)));
describe.skipIf(!postgresPresent())("on PostgreSQL", limits, () => {
  let server: TestPostgres | undefined;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());
  figuresAgree(async () => server?.database());
});

/** Every figure of every row of the built-in reports against a count by hand, on 14 months of made-up calls and tickets. */
function figuresAgree(database: () => Promise<string | undefined>): void {
  let test: TestHotline;
  beforeAll(async () => {
    const databaseUrl = await database();
    test = await hotlineWith(data, databaseUrl === undefined ? {} : { databaseUrl });
  }, 60_000);
  afterAll(() => test.close());

  const run = (report: string, period: PeriodUnit, range: Range | undefined, compare?: CompareKind, filters?: Record<string, string[]>): Promise<ReportResult> =>
    test.services.get(REPORTS).run({ report, principal: analyst, period, ...(range === undefined ? {} : { from: range[0], to: range[1] }), ...(compare === undefined ? {} : { compare }), ...(filters === undefined ? {} : { filters }) });

  function agrees(result: ReportResult, row: ReportRow | undefined, own: Readonly<Record<string, Exact>>, base?: Readonly<Record<string, Exact>>): void {
    for (const [index, { id }] of result.columns.entries()) {
      const where = `${result.id} ${result.period} ${row?.labels.join(" ")} ${id}`;
      const exact = own[id];
      expect(exact, where).toBeDefined();
      expect(row?.cells[index]?.value, where).toBe(value(id, exact));
      if (base === undefined || exact === undefined) continue;
      const against = base[id] as Exact;
      expect(row?.changes?.[index]?.base.value, `${where} base`).toBe(value(id, against));
      expect({ delta: row?.changes?.[index]?.delta.value, ratio: row?.changes?.[index]?.ratio.value }, `${where} change`).toEqual(change(id, exact, against));
    }
  }
  const none = (result: ReportResult): Readonly<Record<string, Exact>> => Object.fromEntries(result.columns.map(({ id }) => [id, { top: 0, below: 0 }]));

  const spans: readonly (readonly [PeriodUnit, Range])[] = [
    ["day", ["2026-08-01", "2026-08-31"]],
    ["day", ["2026-02-10", "2026-03-09"]],
    ["week", ["2025-12-22", "2026-01-18"]],
    ["week", ["2026-07-01", "2026-08-16"]],
    ["month", ["2026-01-01", "2026-12-31"]],
    ["month", ["2026-02-10", "2026-06-20"]],
    ["quarter", ["2025-07-01", "2026-09-30"]],
    ["year", ["2025-01-01", "2026-12-31"]],
  ];
  for (const [unit, range] of spans) {
    for (const compare of ["year", "previous"] as const) {
      it(`业务量 by ${unit} ${range.join("..")}, compared with ${compare}`, async () => {
        const result = await run("volume", unit, range, compare);
        const rows = buckets(range, unit, TODAY, compare);
        expect(result.rows.filter(({ kind }) => kind === "row")).toHaveLength(rows.length);
        for (const [index, { own, base }] of rows.entries()) agrees(result, result.rows[index], count(data, own), base === undefined ? none(result) : count(data, base));
        const end = range[1] < TODAY ? range[1] : TODAY;
        const base = wholeBase(range, TODAY, compare);
        expect([result.compare?.from, result.compare?.to]).toEqual(base);
        agrees(result, result.rows.at(-1), count(data, [range[0], end]), count(data, base));
        for (const figure of result.figures) {
          const exact = count(data, [range[0], end])[figure.id] as Exact;
          expect(figure.value.value).toBe(value(figure.id, exact));
          for (const kind of ["year", "previous"] as const) {
            const { delta, ratio } = change(figure.id, exact, count(data, wholeBase(range, TODAY, kind))[figure.id] as Exact);
            expect([figure[kind].delta.value, figure[kind].ratio.value], `${figure.id} ${kind}`).toEqual([delta, ratio]);
          }
        }
      });
    }
  }

  it("热线日报 by hour, of a day and of a month", async () => {
    for (const range of [["2026-08-14", "2026-08-14"], ["2026-07-01", "2026-07-31"]] as const) {
      const result = await run("daily", "day", range, "previous");
      expect(result.rows).toHaveLength(25);
      const base = wholeBase(range, TODAY, "previous");
      for (let hour = 0; hour < 24; hour++) agrees(result, result.rows[hour], count(data, range, { hour }), count(data, base, { hour }));
      agrees(result, result.rows[24], count(data, range), count(data, base));
    }
  });

  it("受理日期 × 工号, with subtotals of both and the total", async () => {
    const range: Range = ["2026-07-20", "2026-08-15"];
    const result = await run("agents", "day", range, "year");
    const agents = ["987", "1601", "1602", null] as const;
    const label = (agent: string | null): string => agent ?? "（无工号）";
    const present = (choice: Choice, of: Range | undefined): boolean => Object.entries(count(data, of, choice)).some(([id, { top }]) => ["taken", "accepted"].includes(id) && top > 0);
    let at = 0;
    for (const { own, base } of buckets(range, "day", TODAY, "year")) {
      const here = agents.filter((agent) => present({ agents: [agent] }, own) || present({ agents: [agent] }, base));
      for (const agent of here) {
        const row = result.rows[at++];
        expect(row?.labels[1]).toBe(label(agent));
        expect(row?.key.slice(0, 10)).toBe(own[0]);
        agrees(result, row, count(data, own, { agents: [agent] }), base === undefined ? none(result) : count(data, base, { agents: [agent] }));
      }
      if (here.length > 0) agrees(result, result.rows[at++], count(data, own), base === undefined ? none(result) : count(data, base));
    }
    const whole = wholeBase(range, TODAY, "year");
    for (const agent of agents) {
      const row = result.rows[at++];
      expect(row?.labels).toEqual(["全部日期", label(agent)]);
      agrees(result, row, count(data, range, { agents: [agent] }), count(data, whole, { agents: [agent] }));
    }
    agrees(result, result.rows[at++], count(data, range), count(data, whole));
    expect(result.rows).toHaveLength(at);
    expect(result.columns.map(({ label: name }) => name)).toEqual(expect.arrayContaining(["来话", "投诉", "举报", "咨询", "调度"]));
  });

  it("受理性质统计 with its shares", async () => {
    const range: Range = ["2026-01-01", "2026-06-30"];
    const result = await run("natures", "month", range, "year");
    const all = count(data, range).accepted as Exact;
    const allBefore = count(data, wholeBase(range, TODAY, "year")).accepted as Exact;
    const kinds = ["consultation", "help", "complaint", "report", "suggestion", "praise"];
    const share = (of: Exact, whole: Exact): Exact => ({ top: of.top * 100, below: whole.top });
    for (const kind of kinds) {
      const row = result.rows.find(({ key }) => key === `=${kind}`);
      const own = count(data, range, { kinds: [kind] }).accepted as Exact;
      const base = count(data, wholeBase(range, TODAY, "year"), { kinds: [kind] }).accepted as Exact;
      const before = count(data, wholeBase(range, TODAY, "year"), { kinds: [kind] });
      agrees(result, row, { ...count(data, range, { kinds: [kind] }), share: share(own, all) }, { ...before, share: share(base, allBefore) });
    }
    expect(result.rows).toHaveLength(kinds.length + 1);
    expect(result.rows.slice(0, -1).map(({ cells }) => cells[0]?.value)).toEqual(result.rows.slice(0, -1).map(({ cells }) => cells[0]?.value ?? 0).sort((a, b) => b - a));
    expect(result.rows[0]?.labels).toEqual(["咨询"]);
    agrees(result, result.rows.at(-1), { ...count(data, range), share: share(all, all) }, { ...count(data, wholeBase(range, TODAY, "year")), share: share(allBefore, allBefore) });
  });

  it("同期比: each figure, the span before, last year", async () => {
    const range: Range = ["2026-07-01", "2026-07-31"];
    const result = await run("comparison", "month", range);
    const own = count(data, range);
    const year = count(data, wholeBase(range, TODAY, "year"));
    const previous = count(data, wholeBase(range, TODAY, "previous"));
    expect(result.rows.length).toBeGreaterThan(15);
    for (const row of result.rows) {
      const [a, p, y] = [own[row.key], previous[row.key], year[row.key]] as [Exact, Exact, Exact];
      const rate = row.labels[1] === "%";
      const of = (base: Exact): number | null => (rate ? change(row.key, a, base).delta : change(row.key, a, base).ratio);
      expect(row.cells.map((cell) => cell.value), row.key).toEqual([value(row.key, a), value(row.key, p), value(row.key, y), of(p), of(y)]);
    }
  });

  it("counts what was chosen; figures that cannot be chosen by are left out and named", async () => {
    const range: Range = ["2026-05-01", "2026-06-30"];
    const byAgent = await run("volume", "month", range, undefined, { agent: ["1601", "987"] });
    agrees(byAgent, byAgent.rows.at(-1), count(data, range, { agents: ["1601", "987"] }));
    const byQueue = await run("volume", "month", range, undefined, { queue: ["injury"] });
    agrees(byQueue, byQueue.rows.at(-1), count(data, range, { queues: ["injury"] }));
    expect(byQueue.columns.map(({ id }) => id)).not.toContain("accepted");
    expect(byQueue.notes.join()).toContain("未列出：受理件数");
    expect(byQueue.filters).toEqual([{ id: "queue", label: "技能组", text: "工伤保险" }]);
    const byKind = await run("volume", "month", range, undefined, { kind: ["complaint", "report"] });
    agrees(byKind, byKind.rows.at(-1), count(data, range, { kinds: ["complaint", "report"] }));
    expect(byKind.columns.map(({ id }) => id)).not.toContain("calls");
  });

  it("offers the values there are", async () => {
    const values = await test.services.get(REPORTS).filterValues("volume", "kind", analyst);
    const counts = new Map<string, number>();
    for (const ticket of data.tickets) counts.set(ticket.kind, (counts.get(ticket.kind) ?? 0) + (ticket.at >= Date.parse("2025-07-11T00:00:00+08:00") ? 1 : 0));
    expect(values.map((each) => each.value)).toEqual([...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([kind]) => kind));
    expect(values[0]).toEqual({ value: "consultation", label: "咨询" });
    expect((await test.services.get(REPORTS).filterValues("agents", "agent", analyst)).map((each) => each.value).sort()).toEqual(["1601", "1602", "987"]);
  });
}
