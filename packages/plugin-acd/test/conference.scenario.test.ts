import { CLOCK, definePlugin, MEDIA, READ_POOL } from "@hotlinejs/core";
import type { MediaBridge } from "@hotlinejs/core";
import type { FakeAgent, FakeCall, FakeCaller, FakeTrunk } from "@hotlinejs/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { AGENT_CALLS } from "../src/index.js";
import type { AgentCall, AgentCalls } from "../src/index.js";
import { acdRoutes } from "../src/http/routes.js";
import { closeStages, stage, team, type Stage } from "./stage.js";

/* Conferences of more than three: who hears whom, who has the caller in the end, and what comes in between. */

const OUTSIDE = "13900139000";
const MELODY = /^[0-9a-f]{64}$/;

let at: Stage;
let calls: AgentCalls;
let agent: FakeAgent;
let second: FakeAgent;
let third: FakeAgent;
let caller: FakeCaller;
let carrier: FakeTrunk;
/** The rules for calls out let consultations through. */
let allowed: boolean;
const rule = definePlugin({
  name: "rule",
  version: "0.1.0",
  core: "*",
  config: z.strictObject({}),
  register({ hooks }) {
    hooks.callOutbound.tap(({ purpose }) => (purpose === "consult" && !allowed ? { refused: true, code: "not-permitted", message: "no" } : undefined));
    // What a phone of the house dials is for the number dialled.
    hooks.callRoute.tap((plan, { call: dialled }) => (dialled.via.kind === "account" ? { ...plan, handler: "none" } : plan));
  },
});

const call = (of = "1001"): AgentCall | undefined => calls.current(of);
const state = (number: string): string | undefined => at.acd.agent(number)?.state;
const outside = (): FakeCall => carrier.attempts.at(-1)?.call as FakeCall;
type Somebody = FakeAgent | FakeCaller | FakeCall | undefined;
const legOf = (one: Somebody): FakeCall["leg"] => (one === undefined ? undefined : "call" in one ? one.call?.leg : one.leg);
/** By name, those this one hears. */
function hears(ear: Somebody): string[] {
  const all: readonly (readonly [string, Somebody])[] = [["citizen", caller], ["1001", agent], ["1002", second], ["1003", third], ["outside", carrier.attempts.length > 0 ? outside() : undefined]];
  return all.flatMap(([name, mouth]) => {
    const leg = legOf(mouth);
    return leg !== undefined && !leg.ended && legOf(ear)?.hears.has(leg) === true ? [name] : [];
  });
}
/** These hear each other, all of them. */
const together = (...those: readonly Somebody[]): boolean => those.every((ear) => those.every((mouth) => ear === mouth || legOf(ear)?.hears.has(legOf(mouth) as never) === true));
const members = (of = "1001"): string[] => (call(of)?.members ?? []).map(({ kind, number }) => (kind === "citizen" ? "citizen" : number));
const idOf = (number: string, of = "1001"): string => call(of)?.members.find((each) => each.number === number)?.id ?? "nobody";
const timeline = async (): Promise<string[]> => {
  await at.test.advance(1_000);
  return (await at.test.services.get(READ_POOL).read((em) => em.execute<{ type: string }[]>("select type from core_interaction_event where type like 'conference.%' order by at, id"))).map(({ type }) => type);
};
const openLegs = async (): Promise<number> => {
  await at.test.advance(1_000);
  return (await at.test.services.get(READ_POOL).read((em) => em.execute<unknown[]>("select id from core_leg where ended_at is null"))).length;
};

/** A command that takes its time. */
async function step(command: Promise<unknown>, ms = 300): Promise<void> {
  const done = command.then(() => undefined, (error: unknown) => error);
  await at.test.advance(ms);
  const error = await done;
  if (error !== undefined) throw error;
}

/** 1001 asks somebody, who answers. */
async function asked(phone: FakeAgent | undefined, to: string): Promise<void> {
  await step(calls.consult("1001", to, "user:1"));
  await (phone === undefined ? outside().answer() : phone.answer());
  await at.test.advance(300);
  expect(call()).toMatchObject({ state: "consulting", consult: { number: to, talking: true } });
}

/** A caller talks with 1001; 1002 and 1003 are there and take no calls of the queue. */
beforeEach(async () => {
  at = await stage({ acd: { ...team({ connectPrompt: false, whisper: false }, ["1001", "1002", "1003"], 5), conferenceMaxMembers: 5 }, plugins: [rule()], request: {} });
  allowed = true;
  carrier = at.test.trunk("carrier");
  calls = at.test.services.get(AGENT_CALLS);
  agent = await at.phone("1001");
  second = await at.phone("1002");
  third = await at.phone("1003");
  for (const number of ["1002", "1003"]) await at.acd.setAgentState(number, "not-ready", { actor: "test" });
  caller = await at.dial("13812345678");
  await at.test.advance(2_000);
  await agent.answer();
  await at.test.advance(1_000);
  expect(together(caller, agent)).toBe(true);
});
afterEach(closeStages);

/** Citizen, 1001, 1002 and 1003 talk. */
async function four(): Promise<void> {
  await asked(second, "1002");
  await step(calls.conference("1001"));
  await asked(third, "1003");
  await step(calls.conference("1001"));
  expect(call()).toMatchObject({ state: "conference", consult: null });
  expect(members()).toEqual(["citizen", "1002", "1003"]);
  expect(together(caller, agent, second, third)).toBe(true);
}

describe("one more is asked from a conference", () => {
  beforeEach(async () => {
    await asked(second, "1002");
    expect(members()).toEqual([]);
    await step(calls.conference("1001"));
    expect(call()?.commands).toEqual(["consult", "complete", "remove", "mute", "dtmf", "hangup", "end"]);
  });

  it("the others talk on without the agent while it rings and is asked; then to and fro, and all together", async () => {
    await step(calls.consult("1001", OUTSIDE, "user:1"));
    expect(call()).toMatchObject({ state: "consult-ringing", consult: { number: OUTSIDE }, members: [{ kind: "citizen" }, { number: "1002" }] });
    expect([hears(caller), hears(second), hears(agent)]).toEqual([["1002"], ["citizen"], []]);
    await outside().answer();
    await at.test.advance(300);
    expect([hears(caller), hears(second), hears(agent), hears(outside())]).toEqual([["1002"], ["citizen"], ["outside"], ["1001"]]);
    expect(call("1002")).toMatchObject({ state: "conference", commands: ["hangup"] });
    await step(calls.swap("1001"));
    expect([hears(caller), hears(agent), hears(outside())]).toEqual([["1001", "1002"], ["citizen", "1002"], []]);
    expect(outside().leg?.texts.at(-1)).toMatch(MELODY);
    await step(calls.swap("1001"));
    expect(hears(agent)).toEqual(["outside"]);
    await step(calls.conference("1001"));
    expect(members()).toEqual(["citizen", "1002", OUTSIDE]);
    expect(together(caller, agent, second, outside())).toBe(true);
    // The colleague sees who else is there, and can do nothing but leave.
    expect(members("1002")).toEqual(["citizen", "1001", OUTSIDE]);
    expect(await timeline()).toEqual(["conference.joined", "conference.joined"]);
    expect(at.events("acd.conference")).toMatchObject([{ agent: "1001", change: "joined", member: { kind: "agent", number: "1002" }, members: 3 }, { change: "joined", member: { kind: "other", number: OUTSIDE }, members: 4 }]);
    await caller.hangup();
    expect(await openLegs()).toBe(0);
    expect([call(), call("1002")]).toEqual([undefined, undefined]);
  });

  it("given up, unanswered or hung up by them: the agent is in the conference again", async () => {
    const back = (): void => {
      expect(call()).toMatchObject({ state: "conference", consult: null });
      expect(members()).toEqual(["citizen", "1002"]);
      expect(together(caller, agent, second)).toBe(true);
    };
    await step(calls.consult("1001", "1003", "user:1"));
    await step(calls.cancel("1001"));
    back();
    expect(third.call).toBeUndefined();
    await step(calls.consult("1001", "1003", "user:1"));
    await third.decline();
    await at.test.advance(300);
    back();
    await asked(third, "1003");
    await third.hangup();
    await at.test.advance(300);
    back();
    await asked(third, "1003");
    await step(calls.hangup("1001"));
    back();
    expect([state("1003"), state("1002")]).toEqual(["not-ready", "occupied"]);
  });

  it("refused: by the rules for calls out, for a colleague who is busy, for no number; the conference goes on as it was", async () => {
    for (const [to, code] of [["1002", "HTL_ACD_AGENT_BUSY"], ["1001", "HTL_ACD_TARGET_SELF"], ["张科长", "HTL_ACD_TARGET_UNKNOWN"]] as const) await expect(step(calls.consult("1001", to, "user:1"))).rejects.toMatchObject({ code });
    allowed = false;
    const since = call()?.since;
    await expect(step(calls.consult("1001", OUTSIDE, "user:1"))).rejects.toMatchObject({ code: "HTL_CORE_OUTBOUND_REFUSED" });
    expect(call()).toMatchObject({ state: "conference", since });
    expect(together(caller, agent, second)).toBe(true);
  });

  it("beyond the bound nobody is rung, and the order is not offered", async () => {
    for (const _ of [1, 2]) {
      await asked(undefined, OUTSIDE);
      await step(calls.conference("1001"));
    }
    expect(call()?.members).toHaveLength(4);
    expect(call()?.commands).not.toContain("consult");
    await expect(step(calls.consult("1001", "1003", "user:1"))).rejects.toMatchObject({ code: "HTL_ACD_CONFERENCE_FULL", message: expect.stringContaining("5 people") });
    expect([state("1003"), third.ringing]).toEqual(["not-ready", false]);
    await step(calls.remove("1001", idOf("1002"), "user:1"));
    expect(call()?.commands).toContain("consult");
    await asked(third, "1003");
  });

  it("a member hangs up while it rings or is asked: the citizen alone hears music, and the agent talks on apart", async () => {
    await step(calls.consult("1001", "1003", "user:1"));
    await second.hangup();
    await at.test.advance(300);
    expect(call()).toMatchObject({ state: "consult-ringing", members: [] });
    expect([hears(caller), hears(agent)]).toEqual([[], []]);
    expect(caller.hearing).toMatch(MELODY);
    await third.answer();
    await at.test.advance(300);
    expect(hears(agent)).toEqual(["1003"]);
    await step(calls.cancel("1001"));
    expect(call()).toMatchObject({ state: "talking", members: [] });
    expect(together(caller, agent)).toBe(true);
    expect(await timeline()).toEqual(["conference.joined", "conference.left"]);
  });

  it("who is asked and joined at the moment of hanging up leaves the conference as it was", async () => {
    await asked(third, "1003");
    third.call?.finish("remote-hangup", "remote");
    await calls.conference("1001").catch((error: unknown) => expect(error).toMatchObject({ code: "HTL_ACD_CALL_STATE" }));
    await at.test.advance(500);
    expect(call()?.state).toBe("conference");
    expect(members()).toEqual(["citizen", "1002"]);
    expect(together(caller, agent, second)).toBe(true);
  });

  it("the citizen hangs up while it rings, or is asked: all are let go", async () => {
    await step(calls.consult("1001", "1003", "user:1"));
    await caller.hangup();
    await at.test.advance(500);
    expect([agent.call, second.call, third.call]).toEqual([undefined, undefined, undefined]);
    expect(await openLegs()).toBe(0);
    expect([state("1001"), state("1002"), state("1003")]).toEqual(["wrap-up", "not-ready", "not-ready"]);
  });

  it("completed while apart: all others talk, and who was asked last has the caller", async () => {
    await asked(third, "1003");
    await step(calls.complete("1001"));
    expect(call()).toBeUndefined();
    expect(state("1001")).toBe("wrap-up");
    expect(together(caller, second, third)).toBe(true);
    expect(call("1003")).toMatchObject({ state: "conference", given: { by: "1001", asked: false } });
    expect(members("1003")).toEqual(["citizen", "1002"]);
    expect(call("1002")).toMatchObject({ state: "conference", given: { by: "1003", name: "坐席1003", asked: true } });
    expect(members("1002")).toEqual(["citizen", "1003"]);
  });

  it("the agent's phone hangs up while it rings: who is rung comes to the others all the same", async () => {
    await step(calls.consult("1001", "1003", "user:1"));
    await agent.hangup();
    await at.test.advance(300);
    expect(call()).toBeUndefined();
    expect(together(caller, second)).toBe(true);
    expect(call("1002")).toMatchObject({ state: "talking" });
    // The others' calls are not held up by the ringing.
    await step(calls.hold("1002"));
    await step(calls.retrieve("1002"));
    await third.answer();
    await at.test.advance(500);
    expect(together(caller, second, third)).toBe(true);
    expect(call("1002")).toMatchObject({ state: "conference" });
    expect(members("1002")).toEqual(["citizen", "1003"]);
    await second.hangup();
    await at.test.advance(500);
    expect(call("1003")).toMatchObject({ state: "talking", given: { by: "1002" } });
    await third.hangup();
    await at.test.advance(500);
    expect(at.results).toMatchObject([{ outcome: "answered" }]);
  });

  it("the agent's phone hangs up while it rings, and nobody answers: the others talk on", async () => {
    await step(calls.consult("1001", "1003", "user:1"));
    await agent.hangup();
    await at.test.advance(300);
    await third.decline();
    await at.test.advance(500);
    expect(together(caller, second)).toBe(true);
    expect(call("1002")).toMatchObject({ state: "talking", members: [] });
    expect(state("1003")).toBe("not-ready");
    expect(at.acd.queue("q")?.waiting).toBe(0);
  });
});

describe("one is removed", () => {
  beforeEach(four);

  it("is hung up; the others talk on; with the last one gone it is a call like any other", async () => {
    const removed = idOf("1002");
    await step(calls.remove("1001", removed, "user:1"));
    expect(second.call).toBeUndefined();
    expect([call("1002"), state("1002")]).toEqual([undefined, "not-ready"]);
    expect(members()).toEqual(["citizen", "1003"]);
    expect(together(caller, agent, third)).toBe(true);
    await expect(step(calls.remove("1001", removed, "user:1"))).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_MEMBER", status: 404 });
    await expect(step(calls.remove("1001", "citizen", "user:1"))).rejects.toMatchObject({ code: "HTL_ACD_CALLER_STAYS", status: 422 });
    await step(calls.remove("1001", idOf("1003"), "user:1"));
    expect(call()).toMatchObject({ state: "talking", members: [] });
    expect(together(caller, agent)).toBe(true);
    await expect(step(calls.remove("1001", "citizen", "user:1"))).rejects.toMatchObject({ code: "HTL_ACD_CALL_STATE" });
    expect(await timeline()).toEqual(["conference.joined", "conference.joined", "conference.removed", "conference.removed"]);
    const audit = await at.test.services.get(READ_POOL).read((em) => em.execute<{ actor: string; details: unknown }[]>("select actor, details from core_audit where action = 'acd.member-removed' order by id"));
    expect(audit.map(({ actor, details }) => [actor, typeof details === "string" ? JSON.parse(details) : details])).toContainEqual(["user:1", { agent: "1001", member: "1002" }]);
  });

  it("two orders at once, and a hang-up between them: each member is let go once", async () => {
    const [one, two] = [idOf("1002"), idOf("1003")];
    const first = calls.remove("1001", one, "user:1");
    const again = calls.remove("1001", one, "user:1").then(() => "done", (error: { code: string }) => error.code);
    third.call?.finish("remote-hangup", "remote");
    const other = calls.remove("1001", two, "user:1").then(() => "done", (error: { code: string }) => error.code);
    await step(first);
    expect(["HTL_ACD_UNKNOWN_MEMBER", "HTL_ACD_CALL_STATE"]).toContain(await again);
    expect(["done", "HTL_ACD_UNKNOWN_MEMBER", "HTL_ACD_CALL_STATE"]).toContain(await other);
    expect(call()).toMatchObject({ state: "talking", members: [] });
    expect(together(caller, agent)).toBe(true);
    expect(await openLegs()).toBe(2);
  });

  it("a colleague whose phone broke off is not waited for any more", async () => {
    await second.unplug();
    expect(call()?.members[1]).toMatchObject({ number: "1002", until: expect.any(Number) });
    await step(calls.remove("1001", idOf("1002"), "user:1"));
    expect(members()).toEqual(["citizen", "1003"]);
    await second.plugIn();
    await at.test.advance(2_000);
    expect(second.ringing).toBe(false);
    expect([call("1002"), together(caller, agent, third)]).toEqual([undefined, true]);
  });
});

describe("one is muted", () => {
  beforeEach(four);

  it("hears all and is heard by nobody, until it is heard again; also the citizen", async () => {
    await step(calls.mute("1001", idOf("1002"), { muted: true, actor: "user:1" }));
    expect([hears(caller), hears(agent), hears(third), hears(second)]).toEqual([["1001", "1003"], ["citizen", "1003"], ["citizen", "1001"], ["citizen", "1001", "1003"]]);
    expect(call()?.members.map(({ muted }) => muted)).toEqual([false, true, false]);
    expect(call("1003")?.members.find(({ number }) => number === "1002")?.muted).toBe(true);
    await step(calls.mute("1001", idOf("1002"), { muted: true, actor: "user:1" }));
    await step(calls.mute("1001", "citizen", { muted: true, actor: "user:1" }));
    expect(hears(third)).toEqual(["1001"]);
    await step(calls.mute("1001", idOf("1002"), { muted: false, actor: "user:1" }));
    expect(hears(third)).toEqual(["1001", "1002"]);
    expect(await timeline()).toEqual(["conference.joined", "conference.joined", "conference.muted", "conference.muted", "conference.unmuted"]);
    // Alone with the agent again, a citizen nobody can see to be muted is heard.
    await step(calls.remove("1001", idOf("1002"), "user:1"));
    await step(calls.remove("1001", idOf("1003"), "user:1"));
    expect(together(caller, agent)).toBe(true);
  });

  it("stays so while another is asked, and on a phone that breaks off and comes back", async () => {
    await step(calls.mute("1001", idOf("1002"), { muted: true, actor: "user:1" }));
    await asked(undefined, OUTSIDE);
    expect([hears(caller), hears(second)]).toEqual([["1003"], ["citizen", "1003"]]);
    await second.unplug();
    await second.plugIn();
    await second.answer();
    await at.test.advance(300);
    expect([hears(caller), hears(second)]).toEqual([["1003"], ["citizen", "1003"]]);
    await step(calls.conference("1001"));
    expect(hears(caller)).toEqual(["1001", "1003", "outside"]);
    expect(call()?.members[1]).toMatchObject({ number: "1002", muted: true, until: null });
  });

  it("the agent who did so leaves: with a colleague who has the conference it stays so, with none they are heard again", async () => {
    await step(calls.mute("1001", idOf("1003"), { muted: true, actor: "user:1" }));
    await step(calls.complete("1001"));
    expect(call("1002")?.members.find(({ number }) => number === "1003")?.muted).toBe(true);
    expect([hears(caller), hears(third)]).toEqual([["1002"], ["citizen", "1002"]]);
    await step(calls.mute("1002", idOf("1003", "1002"), { muted: false, actor: "user:2" }));
    expect(together(caller, second, third)).toBe(true);
  });
});

it("over HTTP: orders by the agent or a supervisor, answered with the call as it is then, numbers masked", async () => {
  await four();
  await asked(undefined, OUTSIDE);
  await step(calls.conference("1001"));
  const post = async (name: string, body: object): Promise<{ call: AgentCall | null }> => {
    const route = acdRoutes.find(({ path, method }) => method === "POST" && path === `/api/agents/:number/call/${name}`);
    const answer = Promise.resolve(route?.handler({ services: at.test.services, params: { number: "1001" }, body: route.body?.parse(body), principal: { userId: "u1", agentNumber: "1001", permissions: new Set() } } as never));
    await at.test.advance(300);
    const told = await answer;
    expect(route?.output?.safeParse(told).error).toBeUndefined();
    return told as { call: AgentCall | null };
  };
  const muted = await post("mute", { member: idOf("1002") });
  expect(muted.call?.members.map(({ number, muted: silent }) => [number, silent])).toEqual([["138****5678", false], ["1002", true], ["1003", false], ["139****9000", false]]);
  expect((await post("mute", { member: idOf("1002"), muted: false })).call?.members[1]?.muted).toBe(false);
  expect((await post("remove", { member: idOf("1002") })).call?.members).toHaveLength(3);
  expect(await post("end", {})).toEqual({ call: null });
});

describe("it is left, or over", () => {
  beforeEach(four);

  it("left by the agent it goes on with the colleague who joined first, who has the caller and all orders", async () => {
    await step(calls.complete("1001"));
    expect([call(), state("1001")]).toEqual([undefined, "wrap-up"]);
    expect(together(caller, second, third)).toBe(true);
    expect(call("1002")).toMatchObject({ state: "conference", given: { by: "1001", asked: false }, citizenNumber: "13812345678" });
    await step(calls.consult("1002", OUTSIDE, "user:2"));
    await outside().answer();
    await at.test.advance(300);
    await step(calls.conference("1002"));
    expect(together(caller, second, third, outside())).toBe(true);
    await step(calls.remove("1002", idOf("1003", "1002"), "user:2"));
    expect(members("1002")).toEqual(["citizen", OUTSIDE]);
    await step(calls.end("1002", "user:2"));
    expect([outside().state, call("1002"), state("1002")]).toEqual(["ended", undefined, "wrap-up"]);
    expect(at.results).toMatchObject([{ outcome: "answered", callerGone: false }]);
  });

  it("left by the agent's phone, one after the other, until the citizen has nobody", async () => {
    await agent.hangup();
    await at.test.advance(500);
    expect(together(caller, second, third)).toBe(true);
    await second.hangup();
    await at.test.advance(500);
    expect(together(caller, third)).toBe(true);
    expect(call("1003")).toMatchObject({ state: "talking", given: { by: "1002", asked: false } });
    await third.hangup();
    await at.test.advance(500);
    expect(at.results).toMatchObject([{ outcome: "answered" }]);
  });

  it("left to a number outside nobody has the desk: they talk until one of them hangs up", async () => {
    await step(calls.remove("1001", idOf("1002"), "user:1"));
    await step(calls.remove("1001", idOf("1003"), "user:1"));
    for (const _ of [1, 2]) {
      await asked(undefined, OUTSIDE);
      await step(calls.conference("1001"));
    }
    const [one, two] = carrier.attempts.map((attempt) => attempt.call);
    await step(calls.mute("1001", call()?.members[1]?.id ?? "", { muted: true, actor: "user:1" }));
    await step(calls.complete("1001"));
    expect(together(caller, one, two)).toBe(true);
    one?.finish("remote-hangup", "remote");
    await at.test.advance(500);
    expect(together(caller, two)).toBe(true);
    await caller.hangup();
    expect(await openLegs()).toBe(0);
  });

  it("ended for all: members and agent are let go, the citizen goes on as after any call", async () => {
    await step(calls.end("1001", "user:1"));
    expect([agent.call, second.call, third.call]).toEqual([undefined, undefined, undefined]);
    expect(at.results).toMatchObject([{ outcome: "answered", callerGone: false }]);
    expect([state("1001"), state("1002"), state("1003")]).toEqual(["wrap-up", "not-ready", "not-ready"]);
    expect((await timeline()).at(-1)).toBe("conference.ended");
    expect(at.events("acd.conference").at(-1)).toMatchObject({ change: "ended", member: null });
    await expect(calls.end("1001", "user:1")).rejects.toMatchObject({ code: "HTL_ACD_NO_CALL" });
  });

  it("ended, left and asked from at once: the first order is carried out, the others are told that it is too late", async () => {
    const outcomes = [calls.complete("1001"), calls.end("1001", "user:1"), calls.consult("1001", OUTSIDE, "user:1"), calls.mute("1001", "citizen", { muted: true, actor: "user:1" })].map((order) => order.then(() => "done", (error: { code: string }) => error.code));
    await at.test.advance(500);
    expect(await Promise.all(outcomes)).toEqual(["done", "HTL_ACD_CALL_STATE", "HTL_ACD_CALL_STATE", "HTL_ACD_CALL_STATE"]);
    expect(together(caller, second, third)).toBe(true);
    expect(carrier.attempts).toHaveLength(0);
  });

  it("the citizen hangs up: it is over for all", async () => {
    await caller.hangup();
    await at.test.advance(500);
    expect([agent.call, second.call, third.call]).toEqual([undefined, undefined, undefined]);
    expect(await openLegs()).toBe(0);
    expect([call(), call("1002"), call("1003")]).toEqual([undefined, undefined, undefined]);
  });

  it("a supervisor takes the agent's place: the conference is the supervisor's", async () => {
    await step(calls.remove("1001", idOf("1003"), "user:1"));
    const entering = calls.takeOver("1001", { by: "1003", actor: "user:3" });
    await at.test.advance(300);
    await third.answer();
    await step(entering, 500);
    expect(call()).toBeUndefined();
    expect(together(caller, second, third)).toBe(true);
    expect(call("1003")).toMatchObject({ state: "conference" });
    expect(members("1003")).toEqual(["citizen", "1002"]);
    expect(call("1002")).toMatchObject({ state: "conference", given: { by: "1003", asked: true } });
    await step(calls.remove("1003", idOf("1002", "1003"), "user:3"));
    expect(call("1003")).toMatchObject({ state: "talking" });
    expect(together(caller, third)).toBe(true);
  });

  it("a supervisor takes the agent's place while one only rings: that one is let go", async () => {
    await step(calls.remove("1001", idOf("1003"), "user:1"));
    await step(calls.remove("1001", idOf("1002"), "user:1"));
    const entering = calls.takeOver("1001", { by: "1003", actor: "user:3" });
    await step(calls.consult("1001", "1002", "user:1"));
    await third.answer();
    await step(entering, 500);
    expect(second.call).toBeUndefined();
    expect(call("1003")).toMatchObject({ state: "talking", members: [] });
    expect(together(caller, third)).toBe(true);
  });

  describe("by the phone's own attended transfer (REFER with Replaces)", () => {
    let first: FakeCall;
    let asking: FakeCall;
    const refer = async (): Promise<number[]> => {
      const told: number[] = [];
      first.tell({ type: "transfer-request", to: asking.to.uri, replaces: asking, accept: () => ({ progress: (status) => void told.push(status), finish: (status) => Promise.resolve(void told.push(status)) }), reject: (status = 603) => void told.push(status) });
      await at.test.advance(1_000);
      return told;
    };
    beforeEach(async () => {
      await step(calls.remove("1001", idOf("1003"), "user:1"));
      first = agent.call as FakeCall;
    });

    it("who was asked has the agent's place in the conference, and all orders", async () => {
      asking = await agent.dial("1003");
      await at.test.advance(500);
      await third.answer();
      await at.test.advance(500);
      expect([together(asking, third), together(caller, second)]).toEqual([true, true]);
      expect(await refer()).toEqual([200]);
      expect([first.state, asking.state, call(), state("1001")]).toEqual(["ended", "ended", undefined, "wrap-up"]);
      expect(together(caller, second, third)).toBe(true);
      expect(call("1003")).toMatchObject({ state: "conference", given: { by: "1001", asked: false } });
      expect(members("1003")).toEqual(["citizen", "1002"]);
      expect(call("1002")).toMatchObject({ state: "conference", given: { by: "1003", asked: true } });
      await third.hangup();
      await at.test.advance(500);
      expect(together(caller, second)).toBe(true);
      expect([call("1002")?.state, call("1003"), state("1003")]).toEqual(["talking", undefined, "wrap-up"]);
      await second.hangup();
      await at.test.advance(500);
      expect([call("1002"), state("1002")]).toEqual([undefined, "wrap-up"]);
      expect(at.results).toMatchObject([{ outcome: "answered" }]);
    });

    it("a number outside talks along, and the colleague who was in it has the conference", async () => {
      asking = await agent.dial(OUTSIDE);
      await at.test.advance(500);
      await outside().answer();
      await at.test.advance(500);
      expect(await refer()).toEqual([200]);
      expect(together(caller, second, outside())).toBe(true);
      expect([call(), call("1002")?.given]).toMatchObject([undefined, { by: "1001", asked: false }]);
      await caller.hangup();
      await at.test.advance(500);
      expect([outside().state, call("1002")]).toEqual(["ended", undefined]);
      expect(await openLegs()).toBe(0);
    });
  });

  it("the phone's own blind transfer is refused: whom of them all would it send away?", async () => {
    const told: number[] = [];
    (agent.call as FakeCall).tell({ type: "transfer-request", to: "sip:1002@hotline.test", accept: () => expect.unreachable(), reject: (status = 603) => void told.push(status) });
    await at.test.advance(500);
    expect(told).toEqual([603]);
    expect(call()?.state).toBe("conference");
  });
});

describe("a phone breaks off", () => {
  beforeEach(four);

  it("the agent's: the others talk on, and it is in it again when it is back; members who leave meanwhile are gone", async () => {
    await agent.unplug();
    expect(call()).toMatchObject({ state: "reconnecting" });
    expect(together(caller, second, third)).toBe(true);
    await second.hangup();
    await at.test.advance(300);
    await agent.plugIn();
    await agent.answer();
    await at.test.advance(300);
    expect(call()?.state).toBe("conference");
    expect(members()).toEqual(["citizen", "1003"]);
    expect(together(caller, agent, third)).toBe(true);
    await agent.unplug();
    await third.hangup();
    await at.test.advance(300);
    expect(caller.hearing).toMatch(MELODY);
    await agent.plugIn();
    await agent.answer();
    await at.test.advance(300);
    expect(call()).toMatchObject({ state: "talking", members: [] });
    expect(together(caller, agent)).toBe(true);
  });

  it("the agent's, while another is asked: the asked one hears music, the others talk on; then all is as before", async () => {
    await asked(undefined, OUTSIDE);
    await agent.unplug();
    expect([hears(caller), hears(second), hears(outside())]).toEqual([["1002", "1003"], ["citizen", "1003"], []]);
    await agent.plugIn();
    await agent.answer();
    await at.test.advance(300);
    expect(call()).toMatchObject({ state: "consulting", consult: { number: OUTSIDE } });
    expect([hears(agent), hears(caller)]).toEqual([["outside"], ["1002", "1003"]]);
  });

  it("the agent's, for good: a colleague has the conference", async () => {
    await agent.unplug();
    await at.test.advance(30_500);
    expect(call()).toBeUndefined();
    expect(call("1002")).toMatchObject({ state: "conference", given: { by: "1001" } });
    expect(together(caller, second, third)).toBe(true);
    expect(at.acd.queue("q")?.waiting).toBe(0);
  });

  it("a member's, while the agent leaves: another colleague has the caller, and waits for it", async () => {
    await second.unplug();
    await step(calls.complete("1001"));
    expect(call("1003")).toMatchObject({ state: "conference", members: [{ kind: "citizen" }, { number: "1002", until: expect.any(Number) }] });
    expect(together(caller, third)).toBe(true);
    await second.plugIn();
    await second.answer();
    await at.test.advance(300);
    expect(together(caller, second, third)).toBe(true);
    expect(call("1003")?.members[1]).toMatchObject({ number: "1002", until: null });
    expect(call("1002")).toMatchObject({ state: "conference", given: { by: "1003" } });
  });

  it("the last colleague's, while the agent hangs up: the caller waits for it, then for the next agent", async () => {
    await step(calls.remove("1001", idOf("1003"), "user:1"));
    await second.unplug();
    expect(call()?.commands).not.toContain("complete");
    await expect(calls.complete("1001")).rejects.toMatchObject({ code: "HTL_ACD_CALL_STATE" });
    await agent.hangup();
    await at.test.advance(300);
    expect(caller.hearing).toMatch(MELODY);
    await at.test.advance(30_500);
    expect(at.events("acd.queued")).toHaveLength(2);
    expect(agent.ringing).toBe(true);
  });
});

/* Whoever hangs up, or breaks off, in the middle of whatever order: joining takes its time here, as it does where media live in another thread. */
describe("an order is under way", () => {
  const orders: Readonly<Record<string, () => Promise<void>>> = {
    ask: () => calls.consult("1001", OUTSIDE, "user:1"),
    join: () => calls.conference("1001"),
    swap: () => calls.swap("1001"),
    cancel: () => calls.cancel("1001"),
    leave: () => calls.complete("1001"),
    remove: () => calls.remove("1001", idOf("1002"), "user:1"),
    mute: () => calls.mute("1001", idOf("1002"), { muted: true, actor: "user:1" }),
    end: () => calls.end("1001", "user:1"),
  };
  const APART = new Set(["join", "swap", "cancel"]);
  const accidents: Readonly<Record<string, () => void>> = {
    "the citizen hangs up": () => caller.call.finish("remote-hangup", "remote"),
    "the agent hangs up": () => agent.call?.finish("remote-hangup", "remote"),
    "the agent's phone breaks off": () => void agent.unplug(),
    "a member hangs up": () => second.call?.finish("remote-hangup", "remote"),
    "a member's phone breaks off": () => void second.unplug(),
    "who came last hangs up": () => third.call?.finish("remote-hangup", "remote"),
  };

  async function slowBridges(): Promise<void> {
    const bridges = Object.getPrototypeOf(await at.test.services.get(MEDIA).createBridge()) as MediaBridge;
    const join = Reflect.get(bridges, "join") as MediaBridge["join"];
    vi.spyOn(bridges, "join").mockImplementation(async function (this: MediaBridge, leg, options) {
      await at.test.services.get(CLOCK).sleep(100);
      return join.call(this, leg, options);
    });
  }
  afterEach(() => void vi.restoreAllMocks());

  it.each(Object.keys(orders).flatMap((order) => Object.keys(accidents).flatMap((accident) => [5, 150].map((ms) => [order, accident, ms] as const))))("%s: %s after %i ms", async (order, accident, ms) => {
    await (APART.has(order) ? (async () => (await asked(second, "1002"), await step(calls.conference("1001")), await asked(third, "1003")))() : four());
    await slowBridges();
    const done = orders[order]?.().then(() => "done", (error: { code?: string }) => error.code ?? error);
    await at.test.advance(ms);
    accidents[accident]?.();
    await at.test.advance(4_000);
    expect(await done).toMatch(/^(done|HTL_ACD_(CALL_STATE|NO_CALL|UNKNOWN_MEMBER)|HTL_CORE_CALL_ENDED)$/);
    const phones = [caller, agent, second, third].filter((each) => each.call?.state === "answered");
    if (accident === "the citizen hangs up") {
      // One that had let go of the caller in time has nobody left to talk with either.
      expect(await openLegs()).toBe(0);
      expect([call(), call("1002"), call("1003")]).toEqual([undefined, undefined, undefined]);
      return;
    }
    // Whoever waits for a phone gives up, and whoever is asked apart is let go: those who are left talk, all with all.
    await at.test.advance(31_000);
    for (const of of ["1001", "1002", "1003"]) if (["consulting", "consult-ringing"].includes(call(of)?.state ?? "") && call(of)?.given?.asked !== true) await step(calls.cancel(of), 2_000);
    const talking = [caller, agent, second, third].filter((each) => phones.includes(each) && each.call?.state === "answered");
    for (const of of ["1001", "1002", "1003"]) {
      const mine = call(of);
      if (mine?.state === "conference" && mine.given?.asked !== true) for (const { id, muted } of mine.members) if (muted) await step(calls.mute(of, id, { muted: false, actor: "user:1" }), 1_000);
    }
    if (talking.length > 1) expect(talking.map((one) => hears(one).filter((name) => name !== "outside"))).toEqual(talking.map((one) => [...(one === caller ? [] : ["citizen"]), ...[agent, second, third].flatMap((phone) => (phone !== one && talking.includes(phone) ? [phone.number] : []))]));
    // Whose desk shows a call has one, and one of them has the caller.
    const owners = ["1001", "1002", "1003"].filter((of) => ["talking", "conference"].includes(call(of)?.state ?? "") && call(of)?.given?.asked !== true);
    expect(owners).toHaveLength(talking.length > 1 ? 1 : 0);
    await caller.hangup();
    await at.test.advance(1_000);
    expect(await openLegs()).toBe(0);
    expect([call(), call("1002"), call("1003")]).toEqual([undefined, undefined, undefined]);
  });
});
