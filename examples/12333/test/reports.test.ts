import { HTTP_SERVER } from "@hotlinejs/plugin-http/contract";
import type { ReportResult } from "@hotlinejs/plugin-reports/contract";
import { afterEach, expect, it } from "vitest";
import { VirtualExample } from "./support/virtual-example.js";

let example: VirtualExample;
afterEach(async () => {
  const { complaints } = example;
  await example.close();
  expect(complaints).toEqual([]);
});

async function signIn(username: string): Promise<Record<string, string>> {
  const response = await fetch(`${url()}/api/auth/login`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ username, password: `demo-${username}` }) });
  expect(response.status).toBe(200);
  const { token } = (await response.json()) as { token: string };
  return { authorization: `Bearer ${token}` };
}
const url = (): string => example.test.services.get(HTTP_SERVER).url ?? "";

/** Rows by their label, columns by their name. */
function figures({ columns, rows }: ReportResult): Record<string, Record<string, string>> {
  return Object.fromEntries(rows.map((row) => [row.labels.join("/"), Object.fromEntries(columns.map(({ label }, index) => [label, row.cells[index]?.text ?? ""]))]));
}

it("calls and tickets of the day appear in the reports of the analyst, over HTTP", async () => {
  example = await VirtualExample.start({ without: ["console"], environment: { HOTLINE_HTTP_PORT: "0" } });
  const phone = await example.test.agent("1001");
  const agent = await signIn("1001");

  // A talk of a minute after a wait of 8 s, and the complaint that came of it.
  const served = await example.call("1");
  await example.test.advance(8_000);
  await phone.answer();
  await served.hears("工号1001为您服务");
  await example.test.advance(60_000);
  const post = (body: object): Promise<Response> => fetch(`${url()}/api/tickets`, { method: "POST", headers: { ...agent, "content-type": "application/json" }, body: JSON.stringify(body) });
  expect((await post({ kind: "投诉", summary: "拖欠工资", contactNumber: "13800138000" })).status).toBe(201);
  expect((await post({ kind: "咨询", summary: "养老金领取" })).status).toBe(201);
  await phone.hangup();
  await example.test.advance(30_000);
  // One who gives up after 9 s in the queue, one at once, one who serves himself.
  const impatient = await example.call("1", "13900139000");
  await example.test.advance(9_000);
  await impatient.hangup();
  await example.test.advance(5_000);
  const hasty = await example.call("1", "13700137000");
  await hasty.hangup();
  await example.test.advance(5_000);
  const alone = await example.call("2", "13600136000");
  await alone.hangup();
  await example.test.advance(20_000);

  const analyst = await signIn("1641");
  const get = async (path: string): Promise<{ status: number; text: string }> => {
    const response = await fetch(`${url()}${path}`, { headers: analyst });
    return { status: response.status, text: await response.text() };
  };
  const report = async (path: string): Promise<ReportResult> => {
    const { status, text } = await get(path);
    expect(status, text).toBe(200);
    return JSON.parse(text) as ReportResult;
  };
  const day = "from=2026-03-02&to=2026-03-02";
  expect(figures(await report(`/api/reports/volume?period=day&${day}`))["合计"]).toMatchObject({
    来电总量: "4",
    自助服务量: "1",
    请求人工: "3",
    人工接通: "1",
    放弃: "2",
    短时放弃: "1",
    // One of the two who did not give up at once.
    接通率: "50.0%",
    "15秒接听率": "100.0%",
    受理件数: "2",
    投诉: "1",
    咨询: "1",
    举报: "0",
    按时办结率: "—",
  });
  const crosstab = figures(await report(`/api/reports/agents?period=day&${day}`));
  expect(crosstab["2026年3月2日/1001"]).toEqual({ 来话: "1", 投诉: "1", 举报: "0", 咨询: "1", 调度: "0", 受理件数: "2" });
  expect(crosstab["总计/"]).toEqual(crosstab["2026年3月2日/小计"]);
  expect(figures(await report(`/api/reports/daily?${day}`))["10:00—11:00"]).toMatchObject({ 来电总量: "4", 受理件数: "2" });
  expect(figures(await report(`/api/reports/natures?${day}`))).toMatchObject({ 投诉: { 受理件数: "1", 占比: "50.0%" }, 咨询: { 受理件数: "1" } });

  const csv = await get(`/api/reports/volume?period=day&${day}&format=csv`);
  expect(csv.text).toContain("2026年3月2日,4,1,3,1,2,1,50,100,");
  const svg = await get(`/api/reports/natures?${day}&format=svg`);
  expect(svg.text).toMatch(/^<svg /);
  expect(svg.text).toContain(">1 件  50.0%<");
  const paper = await get(`/api/reports/volume/print?period=day&${day}`);
  expect(paper.text).toContain("<h1>test 业务量</h1>");
  // Agents do the work, but do not read the statistics of all.
  expect((await fetch(`${url()}/api/reports/volume`, { headers: agent })).status).toBe(403);
}, 60_000);
