import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HEALTH, READ_POOL, ROUTES } from "@hotlinejs/core";
import { ivr } from "@hotlinejs/plugin-ivr";
import type { FlowDefinition } from "@hotlinejs/plugin-ivr/contract";
import { createTestHotline } from "@hotlinejs/testing";
import type { TestHotline } from "@hotlinejs/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { surveys, SURVEYS } from "./index.js";
import type { SurveyDefinition } from "./index.js";

let dataDir: string;
let test: TestHotline;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "surveys-"));
});
afterEach(async () => {
  await test.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const service: SurveyDefinition = {
  key: "service",
  title: "窗口服务满意度调查",
  question: { text: "您对窗口服务满意吗？" },
  options: ["非常满意", "满意", "基本满意", "不满意", "非常不满意"].map((label, index) => ({ key: String(index + 1), label })),
};
const flow: FlowDefinition = {
  id: "main",
  start: "survey",
  nodes: [
    { id: "survey", type: "survey", survey: "service", on: { done: "bye", none: "nothing" } },
    { id: "nothing", type: "play", prompt: { text: "没有参加" }, next: "bye" },
    { id: "bye", type: "hangup" },
  ],
};

async function start(definition: SurveyDefinition = service, startAt?: number): Promise<void> {
  const options = { surveys: [definition] } as Parameters<typeof surveys>[0];
  test = await createTestHotline({ dataDir, plugins: [surveys(options), ivr({ flows: [flow], routes: [{ flow: "main" }] })], ...(startAt === undefined ? {} : { startAt }) });
}
const rows = (): Promise<{ option: string; business_date: string }[]> => test.services.get(READ_POOL).read((em) => em.execute("select * from surveys_answer order by answered_at"));

describe("survey by phone", () => {
  it("stores one answer with the business date, and thanks", async () => {
    await start(service, Date.parse("2026-03-09T23:30:00+08:00"));
    const caller = await test.dial("12333");
    await caller.hears("您对窗口服务满意吗");
    await caller.press("7");
    await caller.hears("输入有误");
    await caller.hears("您对窗口服务满意吗");
    await caller.press("2");
    await caller.hears("谢谢您的参与");
    expect(await rows()).toMatchObject([{ option: "2", business_date: "2026-03-09" }]);
  });

  it("counts silence and hang-up as no answer", async () => {
    await start();
    const silent = await test.dial("12333");
    await silent.hears("没有参加");
    const gone = await test.dial("12333");
    await gone.hears("您对窗口服务满意吗");
    await gone.hangup();
    await test.advance(6000);
    expect(await rows()).toEqual([]);
  });

  it("says so when the survey is closed", async () => {
    await start({ ...service, active: false });
    const caller = await test.dial("12333");
    await caller.hears("目前没有进行中的调查");
    await caller.hears("没有参加");
  });
});

describe("results", () => {
  it("are counted by answer over dates, one per interaction", async () => {
    await start(service, Date.parse("2026-03-09T12:00:00+08:00"));
    const one = test.services.get(SURVEYS);
    const say = (interactionId: string, option: string): Promise<void> => one.answer("service", option, { interactionId, channel: "phone" });
    await say("a", "1");
    await say("a", "2");
    await say("b", "2");
    await test.advance(86_400_000);
    await say("c", "5");
    expect(await one.results("service")).toMatchObject({ total: 3, options: [{ count: 0 }, { count: 2, share: 2 / 3 }, { count: 0 }, { count: 0 }, { count: 1 }] });
    expect(await one.results("service", { from: "2026-03-10" })).toMatchObject({ total: 1 });
    expect(await one.results("service", { to: "2026-03-09" })).toMatchObject({ total: 2 });
    expect(await one.results("service", { from: "2027-01-01" })).toMatchObject({ total: 0, options: [{ share: null }, {}, {}, {}, {}] });
    await expect(say("d", "9")).rejects.toMatchObject({ code: "HTL_SURVEYS_BAD_ANSWER" });
    await expect(one.answer("none", "1", { interactionId: "d", channel: "phone" })).rejects.toMatchObject({ code: "HTL_SURVEYS_UNKNOWN" });
    const route = test.services.get(ROUTES).find(({ route: { path } }) => path === "/api/surveys/:key/results")?.route;
    expect(await route?.handler({ params: { key: "service" }, query: {}, services: test.services } as never)).toMatchObject({ total: 3 });
  });

  it("a question with a malformed placeholder is not written, and the plugin says which and why", async () => {
    await start({ ...service, question: { text: "{{name您对窗口服务满意吗？" } });
    const plugin = (await test.services.get(HEALTH).report()).plugins.find(({ name }) => name === "surveys");
    expect(plugin).toMatchObject({ ok: false, code: "HTL_SURVEYS_BAD_QUESTION", message: expect.stringContaining("survey service cannot be spoken") as string });
    expect(await test.services.get(READ_POOL).read((em) => em.execute("select * from surveys_survey"))).toEqual([]);
  });

  it("configuration seeds once: what the database says stays", async () => {
    await start();
    await test.close();
    await start({ ...service, title: "另一个标题" });
    expect(await test.services.get(SURVEYS).list()).toMatchObject([{ key: "service", title: "窗口服务满意度调查" }]);
  });
});
