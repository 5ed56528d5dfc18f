import { CALL_CONTROL, READ_POOL, type Principal } from "@hotlinejs/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { AGENT_CALLS, type Watching } from "../src/contract.js";
import { supervisionRoutes } from "../src/http/supervision-routes.js";
import { closeStages, pages, stage, team, type Stage } from "./stage.js";

let at: Stage;
const screen: { topic: string; data: { key?: string; waiting?: number; watching?: Watching | null; call?: { supervisor: string | null } | null } }[] = [];
const told = (topic: string) => screen.filter((news) => news.topic === topic).map(({ data }) => data);

beforeAll(async () => {
  const acd = team({ connectPrompt: false, whisper: false }, ["1001", "9001"]);
  at = await stage({
    acd: { ...acd, queues: [...(acd.queues ?? []), { key: "law", name: "法律咨询", connectPrompt: false, whisper: false, joinEmpty: true, leaveEmpty: false }], agents: [{ number: "1001", name: "坐席", queues: ["q"] }, { number: "9001", name: "班长", queues: ["law"] }] },
    plugins: [pages((_to, news) => void screen.push(news as (typeof screen)[number]))],
  });
});

afterAll(closeStages);

const principal = (agentNumber: string | null): Principal => ({ userId: "u9", username: "u", displayName: "U", roles: [], permissions: new Set<string>(), agentNumber }) as unknown as Principal;
const post = (path: string, params: object, body: object = {}, who = principal("9001")): Promise<unknown> =>
  Promise.resolve().then(() => supervisionRoutes.find((route) => route.path === path)?.handler({ services: at.test.services, params, body, principal: who } as never) ?? expect.fail(`no ${path}`));
const get = (path: string): Promise<unknown> => Promise.resolve(supervisionRoutes.find((route) => route.path === path)?.handler({ services: at.test.services, params: {}, principal: principal("9001") } as never));
const state = (number: string): string | undefined => at.acd.agent(number)?.state;
const audit = async (): Promise<string[]> => (await at.test.services.get(READ_POOL).read((em) => em.execute<{ action: string }[]>("select action from core_audit where actor = 'u9' order by at, id"))).map(({ action }) => action);

it("listens, whispers, talks along and takes over, each step in the audit; the agent is free afterwards", async () => {
  const [agent, leader] = [await at.phone("1001"), await at.phone("9001")];
  await at.acd.setAgentState("9001", "not-ready", { actor: "system" });
  await expect(post("/api/agents/:number/call/listen", { number: "1001" })).rejects.toMatchObject({ code: "HTL_ACD_NO_CALL" });
  const caller = await at.dial("13800000001");
  await agent.answer();
  await at.test.advance(500);
  expect(state("1001")).toBe("busy");
  await expect(post("/api/agents/:number/call/listen", { number: "1001" }, {}, principal(null))).rejects.toMatchObject({ code: "HTL_ACD_NO_OWN_PHONE" });

  const control = at.test.services.get(CALL_CONTROL);
  const interactionId = at.acd.agent("1001")?.interactionId ?? "";
  const entering = post("/api/agents/:number/call/listen", { number: "1001" });
  await at.test.advance(200);
  expect(leader.ringing).toBe(true);
  expect(at.test.services.get(AGENT_CALLS).watching("9001")).toMatchObject({ agent: "1001", mode: "listen", inside: false });
  await leader.answer();
  await entering;
  expect(await get("/api/supervision")).toMatchObject({ calls: [{ agent: "1001", state: "talking", citizenNumber: "138****0001", supervisor: null }], watching: { by: "9001", agent: "1001", interactionId, mode: "listen", inside: true } });
  expect(state("9001")).toBe("occupied");
  expect(control.legs(interactionId)).toHaveLength(3);
  await post("/api/agents/:number/call/whisper", { number: "1001" });
  // The agent sees who is heard; whoever only listens is not shown.
  expect(at.test.services.get(AGENT_CALLS).current("1001")?.supervisor).toBe("whisper");
  await post("/api/agents/:number/call/barge", { number: "1001" });
  await post("/api/agents/:number/call/take-over", { number: "1001" });
  await at.test.advance(500);
  expect(agent.talking).toBe(false);
  expect(state("1001")).toBe("wrap-up");
  expect(at.test.services.get(AGENT_CALLS).current("9001")).toMatchObject({ state: "talking", interactionId });
  expect(told("acd.watch").map(({ watching }) => watching && `${watching.mode} ${watching.inside}`)).toEqual(["listen false", "listen true", "whisper true", "barge true", null]);
  expect(told("acd.calls").map(({ call }) => call?.supervisor).filter((mode) => mode !== null)).toEqual(["whisper", "barge", undefined]);
  expect(await audit()).toEqual(["acd.listened", "acd.whispered", "acd.barged", "acd.taken-over"]);
  await at.test.services.get(AGENT_CALLS).unwatch("9001");
  expect(leader.talking).toBe(true);
  await caller.hangup();
  await at.test.advance(500);
  expect(leader.talking).toBe(false);
  expect(state("9001")).toBe("wrap-up");
  await at.test.advance(20_000);
  expect([state("1001"), state("9001")]).toEqual(["available", "not-ready"]);
});

it("a supervisor's phone that is not picked up leaves all as it was; the agent's end is the end of listening", async () => {
  const [agent, leader] = [await at.phone("1001"), await at.phone("9001")];
  const caller = await at.dial("13800000002");
  await agent.answer();
  await at.test.advance(500);
  const calls = at.test.services.get(AGENT_CALLS);
  const unheard = calls.watch("1001", "listen", { by: "9001", actor: "u9" });
  const refused = expect(unheard).rejects.toMatchObject({ code: "HTL_ACD_AGENT_UNREACHABLE" });
  await at.test.advance(25_000);
  await refused;
  expect([state("1001"), state("9001")]).toEqual(["busy", "not-ready"]);
  const heard = calls.watch("1001", "listen", { by: "9001", actor: "u9" });
  await at.test.advance(200);
  await leader.answer();
  await heard;
  await agent.hangup();
  await at.test.advance(500);
  expect(leader.talking).toBe(false);
  expect(state("9001")).toBe("not-ready");
  await caller.hangup();
  await at.test.advance(20_000);
});

it("takes over without having listened, also from an agent who was signed out meanwhile: the caller talks on", async () => {
  const [agent, leader] = [await at.phone("1001"), await at.phone("9001")];
  const caller = await at.dial("13800000007");
  await agent.answer();
  await at.test.advance(500);
  await at.acd.setAgentState("1001", "offline", { actor: "u9" });
  const calls = at.test.services.get(AGENT_CALLS);
  // Listened before, left, and now to stay.
  const heard = calls.watch("1001", "listen", { by: "9001", actor: "u9" });
  await at.test.advance(200);
  await leader.answer();
  await heard;
  await calls.unwatch("9001");
  await at.test.advance(2_000);
  const taking = calls.takeOver("1001", { by: "9001", actor: "u9" });
  await at.test.advance(200);
  await leader.answer();
  await taking;
  await at.test.advance(10_000);
  expect(caller.end).toBeUndefined();
  expect([agent.talking, leader.talking]).toEqual([false, true]);
  expect(calls.current("9001")).toMatchObject({ state: "talking" });
  await caller.hangup();
  await at.test.advance(20_000);
  await at.acd.setAgentState("1001", "available", { actor: "system" });
});

it("moves a waiting caller and changes priorities live; pages are told without asking", async () => {
  const leader = await at.phone("9001");
  await at.acd.setAgentState("1001", "not-ready", { actor: "system" });
  const callers = [await at.dial("13800000003"), await at.dial("13800000004")];
  const [first, second] = at.acd.waiting("q");
  expect([first?.ahead, second?.ahead]).toEqual([0, 1]);
  await expect(post("/api/waiting/:interactionId/priority", { interactionId: second?.interactionId }, { priority: 5 })).resolves.toMatchObject({ ahead: 0, priority: 5 });
  expect(at.acd.waiting("q").map((caller) => caller.interactionId)).toEqual([second?.interactionId, first?.interactionId]);
  await at.test.advance(1_000);
  screen.length = 0;
  await expect(post("/api/waiting/:interactionId/move", { interactionId: second?.interactionId }, { queue: "nowhere" })).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_QUEUE" });
  await expect(post("/api/waiting/:interactionId/move", { interactionId: second?.interactionId }, { queue: "law" })).resolves.toMatchObject({ queue: "law", placeAt: second?.placeAt });
  await at.test.advance(1_000);
  expect(screen.filter(({ topic }) => topic === "acd.queue").map(({ data }) => [data.key, data.waiting]).sort()).toEqual([["law", 1], ["q", 1]]);
  // 9001 serves the other queue: the caller is answered there, as an entry of its own.
  await at.acd.setAgentState("9001", "available", { actor: "system" });
  await at.test.advance(500);
  await leader.answer();
  await at.test.advance(500);
  expect(state("9001")).toBe("busy");
  await expect(at.acd.move(second?.interactionId ?? "", "q", { actor: "u9" })).rejects.toMatchObject({ code: "HTL_ACD_NOT_WAITING" });
  for (const caller of callers) await caller.hangup();
  await at.test.advance(500);
  const stays = (await at.entries()).filter((entry) => entry.interactionId === second?.interactionId).map(({ queue, outcome }) => [queue, outcome]);
  expect(stays).toEqual([["q", "moved"], ["law", "answered"]]);
  expect((await audit()).slice(-2)).toEqual(["acd.caller-priority", "acd.caller-moved"]);
});

it("an agent gives the caller to another queue: the data stays, the agent has wrap-up, the next agent answers; an unknown queue changes nothing", async () => {
  await at.test.advance(20_000);
  await at.acd.setAgentState("1001", "available", { actor: "system" });
  const [agent, leader] = [await at.phone("1001"), await at.phone("9001")];
  const caller = await at.dial("13800000006");
  await agent.answer();
  await at.test.advance(500);
  const calls = at.test.services.get(AGENT_CALLS);
  const interactionId = at.acd.agent("1001")?.interactionId ?? "";
  at.test.services.get(CALL_CONTROL).session(interactionId)?.interaction.note({ topic: "社保卡" });
  await expect(calls.toQueue("1001", "nowhere", "u9")).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_QUEUE" });
  expect(state("1001")).toBe("busy");
  await calls.toQueue("1001", "law", "u9");
  await at.test.advance(500);
  expect(state("1001")).toBe("wrap-up");
  expect(leader.ringing).toBe(true);
  await leader.answer();
  await at.test.advance(500);
  expect(at.acd.agent("9001")).toMatchObject({ state: "busy", interactionId });
  expect(at.test.services.get(CALL_CONTROL).session(interactionId)?.interaction.data).toMatchObject({ topic: "社保卡" });
  await caller.hangup();
  await at.test.advance(20_000);
  expect((await at.entries()).filter((entry) => entry.interactionId === interactionId).map(({ queue, outcome }) => [queue, outcome])).toEqual([["q", "answered"], ["law", "answered"]]);
});

it("a state without a call behind it is put right: an agent held for a call that has ended is free again", async () => {
  await at.test.advance(20_000);
  await at.acd.setAgentState("1001", "available", { actor: "system" });
  const agent = await at.phone("1001");
  const caller = await at.dial("13800000005");
  await agent.answer();
  await at.test.advance(500);
  const interactionId = at.acd.agent("1001")?.interactionId ?? "";
  // As a plugin that forgets to let go of the agent.
  await at.acd.setAgentState("9001", "available", { actor: "system" });
  expect(at.acd.occupy("9001", { interactionId })).toBeDefined();
  await at.test.advance(20_000);
  expect(state("9001")).toBe("occupied");
  await caller.hangup();
  await at.test.advance(35_000);
  expect(state("9001")).toBe("available");
});
