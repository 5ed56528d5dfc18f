import { UNIT_OF_WORK, type Principal } from "@hotlinejs/core";
import { acd } from "@hotlinejs/plugin-acd";
import { createTestHotline, type TestHotline } from "@hotlinejs/testing";
import { afterEach, describe, expect, it } from "vitest";
import { REPORTS, reports } from "../src/index.js";
import type { ReportResult } from "../src/index.js";
import { analyst, EVERYBODY, NOW } from "./support/made-up.js";

let test: TestHotline | undefined;
afterEach(async () => {
  await test?.close();
  test = undefined;
});

const leader: Principal = { ...analyst, permissions: new Set([...EVERYBODY, "acd.agents.read"]) };
const wrapUpCodes = [{ code: "answered", name: "即时办结", nameEn: "Answered" }, { code: "nuisance", name: "骚扰来电", nameEn: "Nuisance" }];
type Row = Record<string, string | number | boolean | null>;

async function hotline(options: { readonly codes?: boolean; readonly reports?: Parameters<typeof reports>[0] } = {}): Promise<TestHotline> {
  test = await createTestHotline({ startAt: NOW, plugins: [acd({ queues: [{ key: "general", name: "综合咨询" }, { key: "injury", name: "工伤保险" }], ...(options.codes === true ? { wrapUpCodes } : {}) }), reports(options.reports)] });
  return test;
}

async function insert(at: TestHotline, table: string, rows: readonly Row[]): Promise<void> {
  // One by one: what a row leaves out has the default of its column.
  await at.services.get(UNIT_OF_WORK).run(async ({ em }) => {
    for (const row of rows) await em.execute(em.getKnex()(table).insert(row));
  });
}

const quarter = (date: string, n: number, more: Row): Row => ({ id: `${JSON.stringify(more)}${date}${n}`, starts_at: Date.parse(`${date}T09:00:00+08:00`) + n * 900_000, business_date: date, business_hour: 9, ...more });
const table = ({ columns, rows }: ReportResult): readonly Record<string, string>[] => rows.map((row) => ({ row: row.labels[0] ?? "", ...Object.fromEntries(columns.map(({ label }, at) => [label, row.cells[at]?.text ?? ""])) }));
const days = { period: "day", from: "2026-08-13", to: "2026-08-14" } as const;

describe("the report of service levels", () => {
  it("divides sums of quarters of an hour, of calls alone: SL, SL2, ASA, AHT and the error of the wait told", async () => {
    const at = await hotline();
    const general = { queue: "general", channel: "voice" };
    await insert(at, "acd_queue_interval", [
      quarter("2026-08-13", 0, { ...general, offered: 10, answered: 8, answered_in_time: 6, abandoned: 2, abandoned_in_time: 1, wait_ms: 80_000, handled: 8, talk_ms: 720_000, wrap_up_ms: 80_000, expected: 8, expected_error_ms: 40_000 }),
      quarter("2026-08-13", 1, { ...general, offered: 1, answered: 1, answered_in_time: 0, wait_ms: 100_000, handled: 1, talk_ms: 10_000, wrap_up_ms: 0, expected: 1, expected_error_ms: 50_000 }),
      quarter("2026-08-13", 0, { ...general, channel: "chat", offered: 50, answered: 50, answered_in_time: 0, wait_ms: 9_000_000, handled: 50, talk_ms: 9_000_000, expected: 50, expected_error_ms: 9_000_000 }),
      quarter("2026-08-14", 2, { ...general, queue: "injury", offered: 3, answered: 1, answered_in_time: 1, abandoned: 2, abandoned_in_time: 0, wait_ms: 5_000 }),
    ]);
    const result = await at.services.get(REPORTS).run({ report: "service", principal: analyst, ...days });
    expect(table(result)).toEqual([
      // Of sums: 6 of 9, not the mean of 6/8 and 0/1.
      { row: "2026年8月13日", 进入排队: "11", 人工接通: "9", 放弃: "2", 服务水平: "66.7%", 服务水平2: "63.6%", 平均等待: "20", 平均处理时长: "90", 预计等待误差: "10" },
      { row: "2026年8月14日", 进入排队: "3", 人工接通: "1", 放弃: "2", 服务水平: "100.0%", 服务水平2: "33.3%", 平均等待: "5", 平均处理时长: "—", 预计等待误差: "—" },
      { row: "合计", 进入排队: "14", 人工接通: "10", 放弃: "4", 服务水平: "70.0%", 服务水平2: "57.1%", 平均等待: "19", 平均处理时长: "90", 预计等待误差: "10" },
    ]);
    const injury = await at.services.get(REPORTS).run({ report: "service", principal: analyst, ...days, filters: { queue: ["injury"] } });
    expect(table(injury).at(-1)).toMatchObject({ 人工接通: "1", 服务水平2: "33.3%" });
  });
});

describe("the report of the agents' workload", () => {
  it("tells handling time and occupancy of each agent and of all: work over work and being free for it", async () => {
    const at = await hotline();
    await insert(at, "acd_agent_interval", [
      quarter("2026-08-13", 0, { agent: "1601", available_ms: 300_000, reserved_ms: 60_000, busy_ms: 400_000, occupied_ms: 40_000, wrap_up_ms: 100_000, handled: 5 }),
      quarter("2026-08-13", 1, { agent: "1601", not_ready_ms: 900_000 }),
      quarter("2026-08-14", 0, { agent: "1602", available_ms: 800_000, on_demand_ms: 50_000, held_ms: 50_000 }),
    ]);
    const result = await at.services.get(REPORTS).run({ report: "workload", principal: leader, ...days });
    expect(table(result)).toEqual([
      { row: "1601", 处理: "5", 通话: "7", 其他通话: "1", 话后: "2", 示忙: "15", 平均处理时长: "100", 利用率: "60.0%" },
      { row: "1602", 处理: "0", 通话: "0", 其他通话: "0", 话后: "0", 示忙: "0", 平均处理时长: "—", 利用率: "0.0%" },
      { row: "合计", 处理: "5", 通话: "7", 其他通话: "1", 话后: "2", 示忙: "15", 平均处理时长: "100", 利用率: "30.0%" },
    ]);
  });
});

describe("the report of wrap-up codes", () => {
  const call = (id: string, code: string | null, more: Row = {}): Row => ({ id, channel: "voice", direction: "inbound", caller_number: "1", called_number: "2", queue: "general", agent_id: "1601", started_at: NOW - 1, answered_at: NOW, ended_at: NOW, wrap_up_code: code, data: "{}", node_id: "n", version: 1, business_date: "2026-08-14", business_hour: 9, ...more });

  it("counts what agents said, by its name, also of chats; what nobody said stands last, what no agent served nowhere", async () => {
    const at = await hotline({ codes: true });
    await insert(at, "core_interaction", [call("a", "nuisance"), call("b", "answered"), call("c", "answered", { channel: "chat" }), call("d", "gone"), call("e", null), call("f", null), call("g", null), call("h", "answered", { agent_id: null }), call("i", "answered", { ended_at: null })]);
    const result = await at.services.get(REPORTS).run({ report: "wrap-ups", principal: analyst, ...days });
    expect(table(result).map((row) => [row["row"], row["人工服务"], row["占比"]])).toEqual([["即时办结", "2", "28.6%"], ["gone", "1", "14.3%"], ["骚扰来电", "1", "14.3%"], ["（未填）", "3", "42.9%"], ["合计", "7", "100.0%"]]);
    const chats = await at.services.get(REPORTS).run({ report: "wrap-ups", principal: analyst, ...days, filters: { channel: ["chat"] } });
    expect(table(chats).map((row) => [row["row"], row["人工服务"]])).toEqual([["即时办结", "1"], ["合计", "1"]]);
  });

  it("is not there where agents have no codes", async () => {
    const at = await hotline();
    expect(at.services.get(REPORTS).list(leader).map(({ id }) => id)).not.toContain("wrap-ups");
  });
});

describe("a key figure and its target", () => {
  const entry = (id: string, outcome: string): Row => ({ id, interaction_id: id, queue: "general", channel: "voice", priority: 0, entered_at: NOW, place_at: NOW, offers: 1, outcome, wait_ms: 10_000, business_date: "2026-08-14", business_hour: 9 });
  const rate = async (at: TestHotline): Promise<unknown> => (await at.services.get(REPORTS).run({ report: "daily", principal: analyst, ...days })).figures.find(({ id }) => id === "answerRate")?.target;

  it("接通率 is held against 95 % unless the hotline says otherwise; without a value it is neither met nor missed", async () => {
    const at = await hotline();
    expect(await rate(at)).toEqual({ text: "≥ 95.0%", met: null });
    await insert(at, "acd_queue_entry", [...Array.from({ length: 19 }, (_, n) => entry(`a${n}`, "answered")), entry("x", "abandoned")]);
    expect(await rate(at)).toEqual({ text: "≥ 95.0%", met: true });
    await insert(at, "acd_queue_entry", [entry("y", "timeout")]);
    expect(await rate(at)).toEqual({ text: "≥ 95.0%", met: false });
    const { basis } = await at.services.get(REPORTS).run({ report: "daily", principal: analyst, ...days });
    expect(basis).toContain("接通率目标≥95%（GB/T 33358）");
  });

  it("another target, or none", async () => {
    expect(await rate(await hotline({ reports: { answerRateTarget: 90 } }))).toEqual({ text: "≥ 90.0%", met: null });
    await test?.close();
    const none = await hotline({ reports: { answerRateTarget: null } });
    expect(await rate(none)).toBeNull();
    expect((await none.services.get(REPORTS).run({ report: "daily", principal: analyst, ...days })).basis.join()).not.toContain("目标");
  });
});
