import type { FakeAgent, FakeCaller } from "@hotlinejs/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AGENT_CALLS } from "../src/index.js";
import type { AgentCall, AgentCalls } from "../src/index.js";
import { closeStages, stage, team, type Stage } from "./stage.js";

let at: Stage;
let calls: AgentCalls;
let agent: FakeAgent;
let caller: FakeCaller;

afterEach(closeStages);

const call = (of = "1001"): AgentCall | undefined => calls.current(of);
const together = (): boolean => caller.call.leg !== undefined && agent.call?.leg !== undefined && [...caller.call.leg.bridgedWith].includes(agent.call.leg);
const MELODY = /^[0-9a-f]{64}$/;
/** The browser is reloaded: its leg dies, its registration is gone. */
const breakOff = (): Promise<void> => agent.unplug();

beforeEach(async () => {
  at = await stage({ acd: team({}, ["1001", "1002"], 5), request: {} });
  calls = at.test.services.get(AGENT_CALLS);
  agent = await at.phone("1001");
  caller = await at.dial();
  await at.test.advance(5_000);
  await agent.answer();
  await at.test.advance(4_000);
  expect(call()?.state).toBe("talking");
  expect(together()).toBe(true);
});

/** A command that takes its time. */
async function step(command: Promise<unknown>): Promise<void> {
  await at.test.advance(300);
  await command;
}

/** 1001 asks 1002, who has answered. */
async function consulted(): Promise<FakeAgent> {
  const other = await at.phone("1002");
  await at.acd.setAgentState("1002", "not-ready", { actor: "test" });
  await step(calls.consult("1001", "1002", "test"));
  await other.answer();
  await at.test.advance(300);
  expect(call()).toMatchObject({ state: "consulting", consult: { talking: true, until: null } });
  return other;
}

describe("an agent's phone that breaks off in the talk", () => {
  it("comes back within the time: the caller hears music, then talks on; the agent was busy all along", async () => {
    await breakOff();
    expect(call()).toMatchObject({ state: "reconnecting", commands: ["hangup"] });
    expect((call()?.ringUntil ?? 0) - at.test.clock.now()).toBeGreaterThan(29_000);
    expect(caller.call.state).toBe("answered");
    expect(caller.hearing).toMatch(MELODY);
    expect(at.acd.agent("1001")?.state).toBe("busy");
    await at.test.advance(12_000);
    await agent.plugIn();
    expect(agent.ringing).toBe(true);
    await agent.answer();
    await at.test.advance(300);
    expect(call()).toMatchObject({ state: "talking", ringUntil: null });
    expect(together()).toBe(true);
    expect(at.events("acd.ended")).toEqual([]);
    await agent.hangup();
    await at.test.advance(300);
    expect(at.results).toMatchObject([{ outcome: "answered", agent: "1001" }]);
    expect(at.events("acd.ended")).toHaveLength(1);
    expect(at.acd.agent("1001")?.state).toBe("wrap-up");
  });

  it("may break off again and come back again; the caller's hang-up then ends all of it", async () => {
    for (let i = 0; i < 2; i++) {
      await breakOff();
      await agent.plugIn();
      await agent.answer();
      await at.test.advance(300);
      expect(together()).toBe(true);
    }
    await caller.hangup();
    await at.test.advance(300);
    expect(agent.call).toBeUndefined();
    expect(call()).toBeUndefined();
    expect(at.acd.agent("1001")?.state).toBe("wrap-up");
  });

  it("on hold stays on hold: the caller goes on hearing music until the agent takes the call back", async () => {
    const held = calls.hold("1001");
    await at.test.advance(300);
    await held;
    await breakOff();
    await agent.plugIn();
    await agent.answer();
    await at.test.advance(300);
    expect(call()?.state).toBe("held");
    expect(caller.hearing).toMatch(MELODY);
    const back = calls.retrieve("1001");
    await at.test.advance(300);
    await back;
    expect(together()).toBe(true);
  });

  it("does not come back: after 30 s the caller is first in the queue again, before who came later", async () => {
    const other = await at.phone("1002");
    await at.acd.setAgentState("1002", "not-ready", { actor: "test" });
    const later = await at.dial("13900000001");
    await at.test.advance(1_000);
    await breakOff();
    await at.test.advance(30_500);
    expect(call()).toBeUndefined();
    expect(at.acd.queue("q")?.waiting).toBe(2);
    expect(at.events("acd.queued").at(-1)).toMatchObject({ ahead: 0 });
    await at.acd.setAgentState("1002", "available", { actor: "test" });
    await at.test.advance(200);
    expect(call("1002")?.interactionId).toBe(at.events("acd.queued")[0]?.interactionId);
    await other.answer();
    await at.test.advance(4_000);
    expect([...(other.call?.leg?.bridgedWith ?? [])]).toContain(caller.call.leg);
    await other.hangup();
    await at.test.advance(300);
    // One result of the whole stay, with both talks.
    expect(at.results).toMatchObject([{ outcome: "answered", agent: "1002" }]);
    await later.hangup();
  });

  it("goes to another device of the agent: who registers while a phone rings is rung instead of waiting for that one", async () => {
    await breakOff();
    await agent.plugIn();
    expect(agent.ringing).toBe(true);
    const second = await at.phone("1001");
    expect(agent.ringing).toBe(false);
    expect(second.ringing).toBe(true);
    await second.answer();
    await at.test.advance(300);
    expect(call()?.state).toBe("talking");
    expect([...(second.call?.leg?.bridgedWith ?? [])]).toContain(caller.call.leg);
  });

  it("is there, but the agent does not want it: the caller waits for another one at once", async () => {
    await breakOff();
    await agent.plugIn();
    await agent.decline();
    await at.test.advance(300);
    expect(call()).toBeUndefined();
    expect(at.acd.queue("q")?.waiting).toBe(1);
  });

  it("is given up from the screen: that is a hang-up, the caller's way goes on", async () => {
    await breakOff();
    const done = calls.hangup("1001");
    await at.test.advance(300);
    await done;
    expect(at.results).toMatchObject([{ outcome: "answered", agent: "1001" }]);
    expect(at.acd.queue("q")?.waiting).toBe(0);
  });

  it("while the caller hangs up, nobody is called back", async () => {
    await breakOff();
    await caller.hangup();
    await at.test.advance(200);
    expect(call()).toBeUndefined();
    await agent.plugIn();
    await at.test.advance(1_000);
    expect(agent.ringing).toBe(false);
    expect(at.acd.agent("1001")?.interactionId).toBeNull();
  });

  it("hung up by the agent is no break: the caller's way goes on at once", async () => {
    await agent.hangup();
    await at.test.advance(300);
    expect(at.results).toMatchObject([{ outcome: "answered", agent: "1001" }]);
  });

  it("in a consultation that rings ends that, and comes back to the caller", async () => {
    const other = await at.phone("1002");
    await at.acd.setAgentState("1002", "not-ready", { actor: "test" });
    const consult = calls.consult("1001", "1002", "test");
    await at.test.advance(300);
    await consult;
    expect(other.ringing).toBe(true);
    await breakOff();
    expect(other.ringing).toBe(false);
    await agent.plugIn();
    await agent.answer();
    await at.test.advance(300);
    expect(call()).toMatchObject({ state: "talking", consult: null });
    expect(together()).toBe(true);
  });
});

describe("an agent's phone that breaks off while somebody else is asked", () => {
  let other: FakeAgent;
  const with1002 = (): boolean => caller.call.leg !== undefined && other.call?.leg !== undefined && [...caller.call.leg.bridgedWith].includes(other.call.leg);
  const both = (): boolean => agent.call?.leg !== undefined && other.call?.leg !== undefined && [...agent.call.leg.bridgedWith].includes(other.call.leg);
  const comesBack = async (): Promise<void> => {
    await agent.plugIn();
    await agent.answer();
    await at.test.advance(300);
  };

  beforeEach(async () => {
    other = await consulted();
  });

  it("both of them wait with music; the consultation goes on as it was", async () => {
    await breakOff();
    expect(call()).toMatchObject({ state: "reconnecting", consult: { number: "1002" } });
    expect(other.call?.leg?.texts.at(-1)).toMatch(MELODY);
    expect(caller.hearing).toMatch(MELODY);
    expect(with1002()).toBe(false);
    await comesBack();
    expect(call()).toMatchObject({ state: "consulting", consult: { talking: true } });
    expect(both()).toBe(true);
    expect(together()).toBe(false);
    await step(calls.complete("1001"));
    expect(with1002()).toBe(true);
  });

  it("also where the agent talked with the caller at that moment", async () => {
    await step(calls.swap("1001"));
    await breakOff();
    expect(caller.hearing).toMatch(MELODY);
    await comesBack();
    expect(call()).toMatchObject({ state: "consulting", consult: { talking: false } });
    expect(together()).toBe(true);
    expect(both()).toBe(false);
  });

  it("who was asked hangs up meanwhile: the agent comes back to the caller", async () => {
    await breakOff();
    await other.hangup();
    await at.test.advance(300);
    expect(call()).toMatchObject({ state: "reconnecting", consult: null });
    expect(caller.hearing).toMatch(MELODY);
    await comesBack();
    expect(call()).toMatchObject({ state: "talking", consult: null });
    expect(together()).toBe(true);
  });

  it("does not come back: who was asked has the caller, as when the agent hangs up", async () => {
    await breakOff();
    await at.test.advance(30_500);
    expect(call()).toBeUndefined();
    expect(with1002()).toBe(true);
    expect(call("1002")).toMatchObject({ state: "talking", given: { by: "1001" } });
    expect(at.acd.queue("q")?.waiting).toBe(0);
  });

  it("in a conference the others talk on until it is back in it", async () => {
    await step(calls.conference("1001"));
    await breakOff();
    expect(call()?.state).toBe("reconnecting");
    expect(with1002()).toBe(true);
    await comesBack();
    expect(call()?.state).toBe("conference");
    expect([together(), with1002(), both()]).toEqual([true, true, true]);
    await step(calls.complete("1001"));
    expect(with1002()).toBe(true);
  });

  it("the colleague's, once the caller is the colleague's, is awaited too; lost for good, the caller is first in the queue", async () => {
    await step(calls.complete("1001"));
    expect(call("1002")?.state).toBe("talking");
    await at.acd.setAgentState("1001", "not-ready", { actor: "test" });
    await other.unplug();
    expect(call("1002")?.state).toBe("reconnecting");
    expect(at.acd.agent("1002")?.state).toBe("occupied");
    await other.plugIn();
    await other.answer();
    await at.test.advance(300);
    expect(call("1002")?.state).toBe("talking");
    expect(with1002()).toBe(true);
    const later = await at.dial("13900000001");
    await other.unplug();
    await at.test.advance(30_500);
    expect(call("1002")).toBeUndefined();
    expect(at.acd.queue("q")?.waiting).toBe(2);
    expect(at.events("acd.queued").at(-1)).toMatchObject({ ahead: 0 });
    await at.acd.setAgentState("1001", "available", { actor: "test" });
    await at.test.advance(300);
    await agent.answer();
    await at.test.advance(4_000);
    expect(together()).toBe(true);
    await agent.hangup();
    await at.test.advance(300);
    expect(at.results).toMatchObject([{ outcome: "answered" }]);
    await later.hangup();
  });
});

describe("a colleague's phone that breaks off while the colleague is asked", () => {
  let other: FakeAgent;
  const linked = (one: FakeAgent | FakeCaller, two: FakeAgent | FakeCaller): boolean => one.call?.leg !== undefined && two.call?.leg !== undefined && [...one.call.leg.bridgedWith].includes(two.call.leg);
  const comesBack = async (): Promise<void> => {
    await other.plugIn();
    expect(other.ringing).toBe(true);
    await other.answer();
    await at.test.advance(300);
  };

  beforeEach(async () => {
    other = await consulted();
  });

  it("comes back within the time: who asks and the caller hear music, then the consultation goes on", async () => {
    await other.unplug();
    expect(call()).toMatchObject({ state: "consulting", consult: { number: "1002", talking: true } });
    expect((call()?.consult?.until ?? 0) - at.test.clock.now()).toBeGreaterThan(29_000);
    expect(call()?.commands).toEqual(["swap", "conference", "cancel", "hangup"]);
    expect(call("1002")).toMatchObject({ state: "reconnecting", commands: ["hangup"], given: { by: "1001", asked: true } });
    expect((call("1002")?.ringUntil ?? 0) - at.test.clock.now()).toBeGreaterThan(29_000);
    expect(agent.call?.leg?.texts.at(-1)).toMatch(MELODY);
    expect(caller.hearing).toMatch(MELODY);
    expect(linked(agent, caller)).toBe(false);
    // The colleague is offered nothing else meanwhile.
    expect(at.acd.agent("1002")?.state).toBe("occupied");
    await at.test.advance(12_000);
    await comesBack();
    expect(call()).toMatchObject({ state: "consulting", consult: { talking: true, until: null } });
    expect(call("1002")).toMatchObject({ state: "consulting", given: { by: "1001" }, consult: { talking: true } });
    expect([linked(agent, other), linked(agent, caller), linked(other, caller)]).toEqual([true, false, false]);
    await step(calls.complete("1001"));
    expect(linked(other, caller)).toBe(true);
    expect(call("1002")).toMatchObject({ state: "talking", given: { by: "1001", asked: false } });
    await other.hangup();
    await at.test.advance(300);
    expect(at.acd.agent("1002")?.interactionId).toBeNull();
  });

  it("in a conference agent and caller talk on until it is back in it; it may break off again", async () => {
    await step(calls.conference("1001"));
    for (let i = 0; i < 2; i++) {
      await other.unplug();
      expect(call()?.state).toBe("conference");
      expect(call("1002")?.state).toBe("reconnecting");
      expect(linked(agent, caller)).toBe(true);
      await at.test.advance(5_000);
      await comesBack();
      expect([linked(agent, caller), linked(other, caller), linked(agent, other)]).toEqual([true, true, true]);
      expect(call("1002")?.state).toBe("conference");
    }
    await step(calls.complete("1001"));
    expect(linked(other, caller)).toBe(true);
  });

  it("while the agent talks with the caller does not disturb them, and comes back to the music", async () => {
    await step(calls.swap("1001"));
    await other.unplug();
    expect(linked(agent, caller)).toBe(true);
    await comesBack();
    expect(linked(agent, caller)).toBe(true);
    expect([linked(agent, other), linked(other, caller)]).toEqual([false, false]);
    expect(other.call?.leg?.texts.at(-1)).toMatch(MELODY);
    await step(calls.swap("1001"));
    expect([linked(agent, other), linked(agent, caller)]).toEqual([true, false]);
  });

  it("is not waited for in silence: the agent talks with the caller meanwhile, or ends the consultation", async () => {
    await other.unplug();
    await step(calls.swap("1001"));
    expect(linked(agent, caller)).toBe(true);
    await step(calls.swap("1001"));
    expect(linked(agent, caller)).toBe(false);
    expect(agent.call?.leg?.texts.at(-1)).toMatch(MELODY);
    await expect(calls.complete("1001")).rejects.toMatchObject({ code: "HTL_ACD_CALL_STATE" });
    await step(calls.cancel("1001"));
    expect(call()).toMatchObject({ state: "talking", consult: null });
    expect(linked(agent, caller)).toBe(true);
    expect(call("1002")).toBeUndefined();
    expect(at.acd.agent("1002")?.interactionId).toBeNull();
    await other.plugIn();
    await at.test.advance(1_000);
    expect(other.ringing).toBe(false);
  });

  it("does not come back: agent and caller talk again after 30 s, the colleague is free", async () => {
    await other.unplug();
    await at.test.advance(30_500);
    expect(call()).toMatchObject({ state: "talking", consult: null });
    expect(linked(agent, caller)).toBe(true);
    expect(call("1002")).toBeUndefined();
    expect(at.acd.agent("1002")?.interactionId).toBeNull();
  });

  it("comes back, but the colleague declines, or gives it up from the screen: that is a hang-up", async () => {
    await other.unplug();
    await other.plugIn();
    await other.decline();
    await at.test.advance(300);
    expect(call()).toMatchObject({ state: "talking", consult: null });
    await step(calls.consult("1001", "1002", "test"));
    await other.answer();
    await at.test.advance(300);
    await other.unplug();
    await step(calls.hangup("1002"));
    expect(call()).toMatchObject({ state: "talking", consult: null });
    expect(linked(agent, caller)).toBe(true);
    expect(call("1002")).toBeUndefined();
  });

  it("is waited for also when the agent hangs up meanwhile: the caller hears music, then talks with the colleague", async () => {
    await other.unplug();
    await agent.hangup();
    await at.test.advance(300);
    expect(caller.call.state).toBe("answered");
    expect(caller.hearing).toMatch(MELODY);
    expect(call()).toBeUndefined();
    await comesBack();
    expect(linked(other, caller)).toBe(true);
    expect(call("1002")).toMatchObject({ state: "talking", given: { by: "1001", asked: false } });
    // It is the colleague's own call now, and waited for as such.
    await other.unplug();
    expect(call("1002")?.state).toBe("reconnecting");
    await comesBack();
    expect(linked(other, caller)).toBe(true);
    await other.hangup();
    await at.test.advance(300);
    expect(at.results).toMatchObject([{ outcome: "answered" }]);
    expect(at.acd.agent("1002")?.interactionId).toBeNull();
  });

  it("of which neither agent nor colleague comes back: the caller is first in the queue", async () => {
    await at.acd.setAgentState("1001", "not-ready", { actor: "test" });
    await other.unplug();
    await agent.hangup();
    await at.test.advance(30_500);
    expect(caller.call.state).toBe("answered");
    expect(at.acd.queue("q")?.waiting).toBe(1);
    expect(at.acd.agent("1002")?.interactionId).toBeNull();
  });

  it("together with the agent's: each comes back to what there was", async () => {
    await breakOff();
    await other.unplug();
    expect(call()).toMatchObject({ state: "reconnecting", consult: { number: "1002" } });
    expect(caller.hearing).toMatch(MELODY);
    await agent.plugIn();
    await agent.answer();
    await at.test.advance(300);
    expect(call()?.state).toBe("consulting");
    expect(together()).toBe(false);
    expect(agent.call?.leg?.texts.at(-1)).toMatch(MELODY);
    await comesBack();
    expect(linked(agent, other)).toBe(true);
    expect(together()).toBe(false);
  });

  it("while the caller hangs up, nobody is called back", async () => {
    await other.unplug();
    await caller.hangup();
    await at.test.advance(300);
    expect(call()).toBeUndefined();
    expect(call("1002")).toBeUndefined();
    expect(at.acd.agent("1002")?.interactionId).toBeNull();
    await other.plugIn();
    await at.test.advance(1_000);
    expect(other.ringing).toBe(false);
  });
});
