import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { READ_POOL } from "@hotlinejs/core";
import type { Principal } from "@hotlinejs/core";
import { afterEach, describe, expect, it } from "vitest";
import { acdConfig } from "../src/config.js";
import type { AcdPluginOptions, AgentSnapshot } from "../src/index.js";
import { AgentIntervalEntity } from "../src/entities/agent-interval.entity.js";
import { AgentStateLogEntity } from "../src/entities/agent-state-log.entity.js";
import { acdRoutes } from "../src/http/routes.js";
import { closeStages, crash, pages, stage, team } from "./stage.js";

afterEach(closeStages);

const by = { actor: "u1" };
const supervisor = { userId: "u9", username: "u9", displayName: "班长", roles: [], permissions: new Set(["acd.agents.state", "acd.agents.manage"]), agentNumber: null } as unknown as Principal;

function ask(at: Awaited<ReturnType<typeof stage>>, method: string, path: string, { params = {}, body = {}, query = {} }: { params?: object; body?: object; query?: object } = {}): Promise<unknown> {
  const route = acdRoutes.find((each) => each.method === method && each.path === path) ?? expect.fail(`no ${method} ${path}`);
  return Promise.resolve()
    .then(() => route.handler({ services: at.test.services, params, body, query: route.query?.parse(query) ?? query, principal: supervisor } as never))
    .then((answer) => route.output?.parse(answer) ?? answer);
}

describe("on demand", () => {
  it("the phone rings only when nobody else is free; booked as time of its own", async () => {
    const at = await stage();
    const [one, two] = [await at.phone("1001"), await at.phone("1002")];
    expect(await at.acd.setAgentState("1001", "on-demand", by)).toMatchObject({ state: "on-demand", choice: "on-demand", reason: null });
    const first = await at.dial("111");
    expect([one.ringing, two.ringing]).toEqual([false, true]);
    await two.answer();
    await at.dial("222");
    expect(one.ringing).toBe(true);
    await first.hangup();
    await at.test.advance(60_000);
    const rows = await at.test.services.get(READ_POOL).read((em) => em.find(AgentIntervalEntity, { agent: "1001" }));
    expect(rows.reduce((sum, row) => sum + row.onDemandMs, 0)).toBeGreaterThan(0);
  });

  it("takes nothing but directed calls where the queue says never", async () => {
    const at = await stage({ acd: team({ onDemandAfterSeconds: null }, ["1001"]), request: { preferredAgent: "1001" } });
    const phone = await at.phone("1001");
    await at.acd.setAgentState("1001", "on-demand", by);
    expect(at.acd.queue("q")).toMatchObject({ staffed: 0, available: 1 });
    await at.dial();
    expect(at.results).toMatchObject([{ outcome: "no-agents" }]);
    expect(phone.ringing).toBe(false);
  });
});

describe("reasons", () => {
  it("are codes of a list: unknown ones are refused, the log keeps the code, people see the name", async () => {
    const at = await stage({ acd: { ...team(), reasons: [{ code: "meal", name: "用餐", nameEn: "Meal" }, { code: "home", name: "下班", nameEn: "Going home", choice: "offline" }], reasonRequired: true } });
    await at.phone("1001");
    await expect(at.acd.setAgentState("1001", "not-ready", { ...by, reason: "小睡" })).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_REASON", status: 422, message: expect.stringContaining("meal") as string });
    await expect(at.acd.setAgentState("1001", "not-ready", { ...by, reason: "home" })).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_REASON" });
    await expect(at.acd.setAgentState("1001", "not-ready", { ...by, reason: "forced" })).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_REASON" });
    await expect(at.acd.setAgentState("1001", "not-ready", by)).rejects.toMatchObject({ code: "HTL_ACD_REASON_NEEDED" });
    expect(at.acd.agent("1001")).toMatchObject({ state: "available" });
    expect(await at.acd.setAgentState("1001", "not-ready", { ...by, reason: "用餐" })).toMatchObject({ reason: "meal", reasonName: "用餐" });
    const shown = (await ask(at, "GET", "/api/agent-states")) as { choices: string[]; reasons: { code: string; own: boolean }[] };
    expect(shown.choices).toEqual(["available", "on-demand", "not-ready", "offline"]);
    expect(shown.reasons.filter(({ own }) => !own).map(({ code }) => code)).toEqual(["meal", "home"]);
    await at.test.advance(100);
    const log = await at.test.services.get(READ_POOL).read((em) => em.find(AgentStateLogEntity, { agent: "1001" }, { orderBy: { at: "desc", id: "desc" }, limit: 1 }));
    expect(log).toMatchObject([{ state: "not-ready", reason: "meal" }]);
  });

  it("that last too long are told to the supervisors, once, and sign out where configured", async () => {
    const at = await stage({ acd: { ...team(), reasons: [{ code: "rest", name: "小休", nameEn: "Rest", maxMinutes: 15 }, { code: "meal", name: "用餐", nameEn: "Meal", maxMinutes: 60, whenOver: "sign-out" }] } });
    await at.phone("1001");
    await at.phone("1002");
    await at.acd.setAgentState("1001", "not-ready", { ...by, reason: "rest" });
    await at.acd.setAgentState("1002", "not-ready", { ...by, reason: "meal" });
    await at.test.advance(14 * 60_000);
    expect(at.events("acd.agent-overdue")).toEqual([]);
    await at.test.advance(2 * 60_000);
    expect(at.events("acd.agent-overdue")).toMatchObject([{ agent: "1001", reason: "rest" }]);
    const told = await at.test.services.get(READ_POOL).read((em) => em.execute<{ recipient: string; text: string }[]>("select recipient, text from core_notification where template = 'acd.agent-overdue'"));
    expect(told).toMatchObject([{ recipient: "permission:acd.agents.state", text: "坐席1001（1001）小休已15分钟" }]);
    await at.test.advance(45 * 60_000);
    expect(at.acd.agent("1001")).toMatchObject({ state: "not-ready", reason: "rest" });
    expect(at.acd.agent("1002")).toMatchObject({ state: "offline", reason: "overdue", reasonName: "超时签出" });
  });
});

describe("a break chosen during a call (之后小休)", () => {
  it("begins after the wrap-up, and so does the time it may last; before that it can be taken back", async () => {
    const at = await stage({ acd: { ...team({ connectPrompt: false, whisper: false }, ["1001"], 60), reasons: [{ code: "rest", name: "小休", nameEn: "Rest", maxMinutes: 15 }] } });
    const phone = await at.phone("1001");
    const caller = await at.dial();
    await at.test.advance(2_000);
    await phone.answer();
    await at.test.advance(1_000);
    expect(await at.acd.setAgentState("1001", "not-ready", { ...by, reason: "rest" })).toMatchObject({ state: "busy", choice: "not-ready", reason: "rest" });
    await at.test.advance(20 * 60_000);
    expect(at.events("acd.agent-overdue")).toEqual([]);
    await caller.hangup();
    await at.test.advance(500);
    expect(at.acd.agent("1001")).toMatchObject({ state: "wrap-up", choice: "not-ready" });
    expect(await at.acd.setAgentState("1001", "available", { ...by, keepWrapUp: true })).toMatchObject({ state: "wrap-up", choice: "available" });
    await at.acd.setAgentState("1001", "not-ready", { ...by, reason: "rest" });
    await at.test.advance(60_000);
    expect(at.acd.agent("1001")).toMatchObject({ state: "not-ready", reason: "rest" });
    await at.test.advance(14 * 60_000);
    expect(at.events("acd.agent-overdue")).toEqual([]);
    await at.test.advance(2 * 60_000);
    expect(at.events("acd.agent-overdue")).toMatchObject([{ agent: "1001", reason: "rest" }]);
    // A restart counts from when it began, too.
    const [row] = await at.test.services.get(READ_POOL).read((em) => em.execute<{ choice_at: number | string }[]>("select choice_at from acd_agent where number = '1001'"));
    expect(at.test.clock.now() - Number(row?.choice_at)).toBeLessThan(17 * 60_000);
  });
});

describe("states that do not stick", () => {
  it("whoever is signed in too long is signed out when the call is over; a restart does not begin the time anew", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "acd-"));
    try {
      const acd = { ...team({}, ["1001"], 0), signInMaxHours: 10 };
      const before = await stage({ dataDir, acd });
      await before.acd.setAgentState("1001", "offline", by);
      await before.acd.setAgentState("1001", "available", by);
      await before.test.advance(6 * 3_600_000);
      await crash(before);
      const at = await stage({ dataDir, startAt: before.test.clock.now() + 1_000, acd });
      const phone = await at.phone("1001");
      await at.test.advance(3.99 * 3_600_000);
      const caller = await at.dial();
      await phone.answer();
      await at.test.advance(10 * 60_000);
      expect(at.acd.agent("1001")).toMatchObject({ state: "busy", choice: "offline" });
      expect(caller.call.leg?.bridgedWith.size).toBe(1);
      await caller.hangup();
      await at.test.advance(100);
      expect(at.acd.agent("1001")).toMatchObject({ state: "offline", reason: "overdue" });
    } finally {
      await closeStages();
      rmSync(dataDir, { recursive: true, force: true });
    }
  });

  it("after-call work that is extended for ever ends as not-ready", async () => {
    const at = await stage({ acd: { ...team({}, ["1001"]), wrapUpMaxSeconds: 180 } });
    const phone = await at.phone("1001");
    const caller = await at.dial();
    await phone.answer();
    await at.test.advance(5_000);
    await caller.hangup();
    await at.test.advance(100);
    for (let i = 0; i < 5; i++) at.acd.extendWrapUp("1001", 60_000);
    await at.test.advance(170_000);
    expect(at.acd.agent("1001")?.state).toBe("wrap-up");
    await at.test.advance(11_000);
    expect(at.acd.agent("1001")).toMatchObject({ state: "not-ready", reason: "wrap-up" });
  });

  it("a supervisor signs an agent out: what rings goes on to the next, a talk goes on unless it is to end; audited", async () => {
    const at = await stage();
    const [one, two] = [await at.phone("1001"), await at.phone("1002")];
    await at.dial("111");
    expect(one.ringing).toBe(true);
    expect(await ask(at, "POST", "/api/agents/:number/sign-out", { params: { number: "1001" }, body: { endCall: false } })).toMatchObject({ state: "offline", reason: "forced" });
    await at.test.advance(100);
    expect([one.ringing, two.ringing]).toEqual([false, true]);
    await two.answer();
    await at.test.advance(5_000);
    await at.acd.signOut("1002", by);
    expect(at.acd.agent("1002")).toMatchObject({ state: "busy", choice: "offline" });
    await at.acd.signOut("1002", { ...by, endCall: true });
    await at.test.advance(15_000);
    expect(at.acd.agent("1002")).toMatchObject({ state: "offline", interactionId: null });
    const rows = await at.test.services.get(READ_POOL).read((em) => em.execute<{ actor: string }[]>("select actor from core_audit where action = 'acd.agent-state' order by id"));
    expect(rows.map(({ actor }) => actor)).toEqual(["u9", "u1", "u1"]);
  });
});

describe("profiles and groups", () => {
  const acd: AcdPluginOptions = {
    queues: [{ key: "q", name: "综合咨询" }, { key: "en", name: "English", skills: { english: 2 } }],
    groups: [{ key: "day", name: "白班" }, { key: "night", name: "夜班" }],
    profiles: [
      { key: "general", name: "综合坐席", queues: ["q"] },
      { key: "english", name: "英语坐席", queues: ["q", "en"], skills: { english: 2 }, wrapUpSeconds: 0 },
      { key: "home", name: "居家坐席", queues: ["q"], address: "sip:home-{number}" },
    ],
    agents: [
      { number: "1001", name: "甲", profile: "general", groups: ["day"] },
      { number: "1002", name: "乙", profile: "english", groups: ["night"], skills: { english: 3 } },
    ],
  };

  it("a profile brings queues and skills; another one counts at once, also for who waits; it survives a restart", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "acd-"));
    try {
      const at = await stage({ dataDir, acd });
      const [one, two] = [await at.phone("1001"), await at.phone("1002")];
      expect(at.acd.agents()).toMatchObject([{ queues: ["q"], profile: "general", groups: ["day"] }, { queues: ["q", "en"], profile: "english", groups: ["night"] }]);
      expect(await ask(at, "GET", "/api/agents", { query: { group: "night" } })).toMatchObject({ items: [{ number: "1002" }] });
      expect(await ask(at, "GET", "/api/agent-groups")).toMatchObject({ items: [{ key: "day", agents: ["1001"] }, { key: "night", agents: ["1002"] }] });
      await at.dial("111");
      expect(one.ringing).toBe(true);
      await one.answer();
      await at.test.advance(1_000);
      await ask(at, "PATCH", "/api/agents/:number", { params: { number: "1002" }, body: { profile: null, groups: ["day", "night"] } });
      expect(at.acd.agent("1002")).toMatchObject({ queues: [], profile: null, groups: ["day", "night"] });
      await at.dial("222");
      expect(two.ringing).toBe(false);
      await at.acd.assign("1002", { profile: "general" }, by);
      await at.test.advance(100);
      expect(two.ringing).toBe(true);
      await expect(at.acd.assign("1002", { profile: "nil" }, by)).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_PROFILE" });
      await expect(at.acd.assign("1002", { groups: ["nil"] }, by)).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_GROUP" });
      await expect(at.acd.assign("77", { groups: [] }, by)).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_AGENT" });
      await crash(at);
      const after = await stage({ dataDir, startAt: at.test.clock.now() + 1_000, acd });
      expect(after.acd.agent("1002")).toMatchObject({ queues: ["q"], profile: "general", groups: ["day", "night"] });
    } finally {
      await closeStages();
      rmSync(dataDir, { recursive: true, force: true });
    }
  });

  it("a profile says where its agents are rung, and is changed by route for all of them", async () => {
    const at = await stage({ acd });
    const home = await at.test.agent("home-1001");
    await at.acd.assign("1001", { profile: "home" }, by);
    expect(at.acd.agent("1001")).toMatchObject({ address: "sip:home-1001", state: "available" });
    await at.dial();
    expect(home.ringing).toBe(true);
    expect(await ask(at, "PUT", "/api/agent-profiles/:key", { params: { key: "home" }, body: { name: "居家", queues: ["en"] } })).toMatchObject({ key: "home", name: "居家", queues: ["en"] });
    expect(at.acd.agent("1001")).toMatchObject({ queues: ["en"], address: "sip:1001" });
    expect(await ask(at, "GET", "/api/agent-profiles")).toMatchObject({ items: [{ key: "english" }, { key: "general" }, { key: "home", name: "居家" }] });
    await expect(at.acd.setProfile({ key: "x", name: "X", queues: ["nowhere"], skills: {} }, by)).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_QUEUE" });
  });

  it.each([
    ["agents.0.profile", { agents: [{ number: "1", name: "1", profile: "x" }] }],
    ["agents.0.groups.0", { agents: [{ number: "1", name: "1", groups: ["x"] }] }],
    ["profiles.0.queues.0", { profiles: [{ key: "p", name: "P", queues: ["x"] }] }],
    ["reasons.0.code", { reasons: [{ code: "forced", name: "x", nameEn: "x" }] }],
    ["capacity.channels", { capacity: { channels: { voice: 2 } } }],
  ])("a configuration with a fault at %s is refused", (path, config) => {
    expect(acdConfig.safeParse(config).error?.issues.map((issue) => issue.path.join("."))).toEqual([path]);
  });
});

describe("capacity", () => {
  const acd: AcdPluginOptions = { ...team({ wrapUpSeconds: 0 }, ["1001"]), capacity: { channels: { voice: 1, chat: 2 }, rules: [{ while: "voice", exclude: ["chat"] }] } };

  it("an agent has two chats and a call at once, the call keeps further chats away, and no second call comes", async () => {
    const at = await stage({ acd });
    const phone = await at.phone("1001");
    const ends: (() => void)[] = [];
    const served: string[] = [];
    const chat = (id: string): void => {
      const ended = new Promise<void>((resolve) => ends.push(resolve));
      void at.acd.serveWork({ interactionId: id, channel: "chat", ended, offer: () => Promise.resolve("accepted"), connected: () => void served.push(id) }, { queue: "q" });
    };
    chat("c1");
    await at.test.advance(10);
    chat("c2");
    chat("c3");
    await at.test.advance(10);
    expect(served).toEqual(["c1", "c2"]);
    expect(at.acd.agent("1001")).toMatchObject({ state: "busy", work: [{ interactionId: "c1", channel: "chat" }, { interactionId: "c2", channel: "chat" }] });
    await at.dial("111");
    expect(phone.ringing).toBe(true);
    await phone.answer();
    await at.test.advance(5_000);
    expect(at.acd.agent("1001")?.work.map(({ channel }) => channel)).toEqual(["voice", "chat", "chat"]);
    const second = await at.dial("222");
    ends[0]?.();
    await at.test.advance(100);
    expect(served).toEqual(["c1", "c2"]);
    expect(at.acd.queue("q")?.waiting).toBe(2);
    expect(phone.calls).toHaveLength(1);
    await second.hangup();
    await phone.hangup();
    await at.test.advance(500);
    expect(served).toEqual(["c1", "c2", "c3"]);
    for (const end of ends) end();
    await at.test.advance(100);
    expect(at.acd.agent("1001")).toMatchObject({ state: "available", work: [] });
  });

  it("pages are told who has room for a call, and for whom colleagues may be asked, also when work ends beside other work", async () => {
    const told: AgentSnapshot[] = [];
    const at = await stage({ acd: { ...team({ wrapUpSeconds: 0 }, ["1001", "1002"]), capacity: { channels: { voice: 1, chat: 2 }, total: 2 } }, plugins: [pages((_to, { topic, data }) => (topic === "acd.agent" ? void told.push(structuredClone(data) as AgentSnapshot) : undefined))] });
    await at.phone("1001");
    const ends: (() => void)[] = [];
    const chat = async (id: string): Promise<void> => {
      void at.acd.serveWork({ interactionId: id, channel: "chat", ended: new Promise((resolve) => ends.push(resolve)), offer: () => Promise.resolve("accepted"), connected: () => undefined }, { queue: "q" });
      await at.test.advance(10);
    };
    const page = (): readonly unknown[] => [told.at(-1)?.number, told.at(-1)?.state, told.at(-1)?.roomForCall, told.at(-1)?.work.length];
    const asked = (channel: string): readonly unknown[] => at.acd.colleagues("1002", channel).map(({ number, state, channels, free }) => [number, state, channels.length, free]);
    expect(page()).toEqual(["1001", "available", true, 0]);
    await chat("c1");
    expect(page()).toEqual(["1001", "busy", true, 1]);
    expect([asked("voice"), asked("chat")]).toEqual([[["1001", "busy", 1, true]], [["1001", "busy", 1, true]]]);
    await chat("c2");
    expect(page()).toEqual(["1001", "busy", false, 2]);
    expect(asked("chat")).toEqual([["1001", "busy", 2, false]]);
    // The state stays as it was, and is no news.
    ends[0]?.();
    await at.test.advance(10);
    expect(page()).toEqual(["1001", "busy", true, 1]);
    await at.phone("1002");
    await at.acd.setAgentState("1002", "not-ready", { actor: "u", reason: "rest" });
    expect(at.acd.colleagues("1003", "chat").map(({ number, free, reasonNameEn }) => [number, free, reasonNameEn])).toEqual([["1001", true, null], ["1002", false, at.acd.reasons().find(({ code }) => code === "rest")?.nameEn]]);
  });

  it("who only writes may be taken for a call of another kind", async () => {
    const at = await stage({ acd });
    await at.phone("1001");
    let end = (): void => undefined;
    void at.acd.serveWork({ interactionId: "c1", channel: "chat", ended: new Promise((resolve) => (end = resolve)), offer: () => Promise.resolve("accepted"), connected: () => undefined }, { queue: "q" });
    await at.test.advance(10);
    const occupation = at.acd.occupy("1001", { interactionId: "x" });
    expect(occupation).toBeDefined();
    expect(at.acd.occupy("1001", { interactionId: "y" })).toBeUndefined();
    end();
    await at.test.advance(10);
    expect(at.acd.agent("1001")?.state).toBe("occupied");
    occupation?.release();
    expect(at.acd.agent("1001")?.state).toBe("available");
  });
});
