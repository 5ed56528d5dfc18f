import { PROMPTS, READ_POOL } from "@hotlinejs/core";
import type { EventMap, Plugin, Principal } from "@hotlinejs/core";
import { definePlugin } from "@hotlinejs/core";
import type { FakeAgent, FakeCaller } from "@hotlinejs/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { AGENT_CALLS } from "../src/index.js";
import type { AcdPluginOptions, AgentCall, AgentCalls } from "../src/index.js";
import { callRoutes } from "../src/http/call-routes.js";
import { supervisionRoutes } from "../src/http/supervision-routes.js";
import { closeStages, stage, team, type Stage } from "./stage.js";

let at: Stage;
let calls: AgentCalls;
let agent: FakeAgent;
let caller: FakeCaller;
let told: EventMap["acd.announcement"][] = [];

afterEach(closeStages);

/** The fake voice takes a quarter of a second for each character. */
const LONG = "用人单位应当自用工之日起三十日内办理社会保险登记。".repeat(20);
/** The voice fails at this. */
const MUTE = "念不出来。";
const announcements: NonNullable<AcdPluginOptions["announcements"]> = [
  { key: "1001", kind: "article", title: "养老保险怎么参保", topic: "社会保障信息", keywords: ["上社保"], prompt: { text: LONG } },
  { key: "wait", title: "请稍候", prompt: { text: "正在为您查询，请稍候。" } },
  { key: "draft", title: "还没有批准", status: "draft", prompt: { text: "草稿" } },
  { key: "old", title: "已经撤回", status: "withdrawn", prompt: { text: "旧的" } },
  { key: "past", title: "过期", validTo: "2020-01-01", prompt: { text: "过期的" } },
  { key: "future", title: "未到", validFrom: "2999-01-01", prompt: { text: "以后的" } },
  { key: "broken", title: "念不出来", prompt: { text: MUTE } },
];

const voice = (phone: FakeAgent | FakeCaller): NonNullable<FakeCaller["call"]["leg"]> | undefined => phone.call?.leg;
const call = (): AgentCall | undefined => calls.current("1001");
const shown = (): AgentCall["announcement"] => call()?.announcement ?? null;
const journal = async (): Promise<{ type: string; data: Record<string, unknown> }[]> => {
  const rows = await at.test.services.get(READ_POOL).read((em) => em.execute<{ type: string; data: string | Record<string, unknown> }[]>("select type, data from core_interaction_event where type like 'announcement.%' order by at, id"));
  return rows.map(({ type, data }) => ({ type, data: typeof data === "string" ? (JSON.parse(data) as Record<string, unknown>) : data }));
};

const listener = (): Plugin =>
  definePlugin({
    name: "listener",
    version: "0.1.0",
    core: "*",
    config: z.strictObject({}),
    register: ({ events }) => events.handle("acd.announcement", (payload) => void told.push(payload)),
  })();

async function talking(): Promise<void> {
  told = [];
  at = await stage({ acd: { ...team({ connectPrompt: false, whisper: false }, ["1001", "1002"], 5), announcements }, plugins: [listener()] });
  const prompts = at.test.services.get(PROMPTS);
  const resolve = prompts.resolve.bind(prompts);
  vi.spyOn(prompts, "resolve").mockImplementation((ref, options) => (typeof ref === "string" && prompts.definition?.(ref)?.text === MUTE ? Promise.reject(new Error("no voice")) : resolve(ref, options)));
  calls = at.test.services.get(AGENT_CALLS);
  agent = await at.phone("1001");
  caller = await at.dial();
  await at.test.advance(500);
  await agent.answer();
  await at.test.advance(500);
  expect(call()?.state).toBe("talking");
}

async function play(key: string, to: "citizen" | "both" = "citizen"): Promise<void> {
  await calls.announce("1001", key, { to, actor: "user" });
  await at.test.advance(10);
}

describe("an agent plays an announcement into the call", () => {
  it("finds the approved and valid ones, by words of title, topic, keywords and text", async () => {
    await talking();
    const keys = (search?: string): string[] => calls.announcements(search).map(({ key }) => key);
    expect(keys()).toEqual(["1001", "wait", "broken"]);
    for (const search of ["养老", "社会保障 参保", "上社保", "三十日内", "1001"]) expect(keys(search)).toEqual(["1001"]);
    expect(keys("养老 查询")).toEqual([]);
    expect(calls.announcements("请稍候")[0]).toEqual({ key: "wait", kind: "prompt", title: "请稍候", topic: null, excerpt: "正在为您查询，请稍候。", aboutMs: 2_000 });
    for (const key of ["draft", "old", "past", "future", "none"]) await expect(calls.announce("1001", key, { to: "citizen", actor: "user" })).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_ANNOUNCEMENT" });
  });

  it("the citizen hears it, the agent talks on; heard to the end it is over, in the journal and the audit", async () => {
    await talking();
    expect(call()?.commands).toContain("announce");
    await play("wait");
    expect(shown()).toMatchObject({ key: "wait", title: "请稍候", to: "citizen", durationMs: 2_750, result: null, playedMs: null });
    expect(call()?.commands).toContain("stop-announcement");
    expect(caller.hearing).toBe("正在为您查询，请稍候。");
    expect(voice(agent)?.texts).not.toContain("正在为您查询，请稍候。");
    await at.test.advance(2_700);
    expect(shown()?.result).toBeNull();
    await at.test.advance(100);
    expect(shown()).toMatchObject({ result: "completed", playedMs: 2_750 });
    expect(call()).toMatchObject({ state: "talking" });
    expect(call()?.commands).not.toContain("stop-announcement");
    expect(told.map(({ announcement, result, playedMs }) => ({ announcement, result, playedMs }))).toEqual([
      { announcement: "wait", result: null, playedMs: null },
      { announcement: "wait", result: "completed", playedMs: 2_750 },
    ]);
    await at.test.advance(1_000);
    const [began, over] = await journal();
    expect(began).toMatchObject({ type: "announcement.started", data: { agent: "1001", key: "wait", title: "请稍候", to: "citizen", durationMs: 2_750 } });
    expect(over).toMatchObject({ type: "announcement.ended", data: { key: "wait", playedMs: 2_750, result: "completed" } });
    expect(Number(over?.data.until) - Number(over?.data.from)).toBe(2_750);
    const rows = await at.test.services.get(READ_POOL).read((em) => em.execute<{ actor: string; action: string }[]>("select actor, action from core_audit where action = 'acd.announced'"));
    expect(rows).toEqual([{ actor: "user", action: "acd.announced" }]);
  });

  it("is stopped in the middle: so much was heard; both hear it where the agent wants to", async () => {
    await talking();
    await play("1001", "both");
    expect(caller.hearing).toBe(LONG);
    expect(voice(agent)?.texts.at(-1)).toBe(LONG);
    await at.test.advance(12_000);
    await calls.stopAnnouncement("1001");
    expect(shown()).toMatchObject({ to: "both", result: "stopped" });
    expect(shown()?.playedMs).toBeGreaterThanOrEqual(12_000);
    expect(shown()?.playedMs).toBeLessThan(12_100);
    // Nothing runs: no effect.
    await calls.stopAnnouncement("1001");
    expect(told.map(({ result }) => result)).toEqual([null, "stopped"]);
  });

  it("a supervisor who listens hears it too, whoever else does; the two go on to talk", async () => {
    await talking();
    const leader = await at.phone("1002");
    const principal = { userId: "u2", username: "u", displayName: "U", roles: [], permissions: new Set<string>(), agentNumber: "1002" } as unknown as Principal;
    const listening = Promise.resolve(supervisionRoutes.find(({ path }) => path === "/api/agents/:number/call/listen")?.handler({ services: at.test.services, params: { number: "1001" }, body: {}, principal } as never));
    await at.test.advance(200);
    await leader.answer();
    await listening;
    const text = "正在为您查询，请稍候。";
    await play("wait");
    expect([voice(caller)?.texts.at(-1), voice(leader)?.texts.at(-1)]).toEqual([text, text]);
    expect(voice(agent)?.texts).not.toContain(text);
    const agentLeg = voice(agent);
    expect(agentLeg !== undefined && voice(caller)?.bridgedWith.has(agentLeg)).toBe(true);
    await at.test.advance(3_000);
    await play("wait", "both");
    expect([caller, agent, leader].map((phone) => voice(phone)?.texts.filter((each) => each === text).length)).toEqual([2, 1, 2]);
  });

  it.each([
    ["hold", () => calls.hold("1001"), "held"],
    ["consultation", () => calls.consult("1001", "1002", "user"), "consult-ringing"],
  ] as const)("%s cuts it", async (_what, command, state) => {
    await talking();
    await at.phone("1002");
    await play("1001");
    await at.test.advance(5_000);
    await command();
    await at.test.advance(100);
    expect(call()).toMatchObject({ state, announcement: { result: "cut" } });
    expect(call()?.announcement?.playedMs).toBeLessThan(5_200);
    await expect(calls.announce("1001", "wait", { to: "citizen", actor: "user" })).rejects.toMatchObject({ code: "HTL_ACD_CALL_STATE" });
  });

  it("transfer and hang-up by either cut it, and the journal tells how much was heard", async () => {
    const ends: Record<string, () => Promise<unknown>> = { transfer: () => calls.transfer("1001", "1002", "user"), "the agent's screen": () => calls.hangup("1001"), "the agent's phone": () => agent.hangup(), "the citizen": () => caller.hangup() };
    for (const end of Object.values(ends)) {
      await talking();
      await at.phone("1002");
      await play("1001");
      await at.test.advance(4_000);
      const ended = end();
      await at.test.advance(500);
      await ended;
      expect(told.at(-1)).toMatchObject({ announcement: "1001", result: "cut" });
      expect(told.at(-1)?.playedMs).toBeGreaterThanOrEqual(4_000);
      await at.test.advance(2_000);
      expect((await journal()).map(({ type, data }) => [type, data.result])).toEqual([
        ["announcement.started", undefined],
        ["announcement.ended", "cut"],
      ]);
      await closeStages();
    }
  });

  it("another one takes its place, and one that cannot be spoken fails without harm", async () => {
    await talking();
    await play("1001");
    await at.test.advance(1_000);
    await play("wait");
    expect(caller.hearing).toBe("正在为您查询，请稍候。");
    await at.test.advance(3_000);
    await play("broken");
    expect(call()).toMatchObject({ state: "talking", announcement: { key: "broken", startedAt: null, result: "failed", playedMs: 0 } });
    expect(told.map(({ announcement, result }) => [announcement, result])).toEqual([["1001", null], ["1001", "cut"], ["wait", null], ["wait", "completed"], ["broken", "failed"]]);
  });

  it("from the desk, by the agent and nobody else", async () => {
    await talking();
    const principal = (agentNumber: string): Principal => ({ userId: "u1", username: "u", displayName: "U", roles: [], permissions: new Set(["acd.announcements.play"]), agentNumber }) as unknown as Principal;
    const ask = (path: string, more: object, who = "1001"): Promise<unknown> =>
      Promise.resolve().then(() => callRoutes.find((route) => route.path === path)?.handler({ services: at.test.services, params: { number: "1001" }, principal: principal(who), ...more } as never));
    expect(callRoutes.filter(({ path }) => path === "/api/announcements" || path.endsWith("/announce")).map(({ permission }) => permission)).toEqual(["acd.announcements.play", "acd.announcements.play"]);
    expect(await ask("/api/announcements", { query: { limit: 10, search: "参保" } })).toMatchObject({ items: [{ key: "1001", topic: "社会保障信息" }], next: null });
    await expect(ask("/api/agents/:number/call/announce", { body: { announcement: "wait", to: "citizen" } }, "1002")).rejects.toMatchObject({ code: "HTL_ACD_NOT_ALLOWED" });
    expect(await ask("/api/agents/:number/call/announce", { body: { announcement: "wait", to: "citizen" } })).toMatchObject({ call: { announcement: { key: "wait" } } });
    await at.test.advance(500);
    expect(await ask("/api/agents/:number/call/stop-announcement", { body: {} })).toMatchObject({ call: { announcement: { key: "wait", result: "stopped" } } });
  });
});

describe("the configuration of announcements", () => {
  it.each([
    [{ key: "a", title: "A", prompt: "p", validFrom: "2026-02-01", validTo: "2026-01-01" }, "ends before it begins"],
    [{ key: "a b", title: "A", prompt: "p" }, "key"],
    [{ key: "a", title: "A", prompt: "p", validFrom: "tomorrow" }, "validFrom"],
  ])("refuses %j", async (bad, words) => {
    await expect(stage({ acd: { ...team(), announcements: [bad] } })).rejects.toMatchObject({ code: "HTL_CORE_CONFIG_INVALID", message: expect.stringContaining(words) as string });
  });

  it("refuses one key twice", async () => {
    await expect(stage({ acd: { ...team(), announcements: [{ key: "a", title: "A", prompt: "p" }, { key: "a", title: "B", prompt: "p" }] } })).rejects.toMatchObject({ code: "HTL_CORE_CONFIG_INVALID" });
  });
});
