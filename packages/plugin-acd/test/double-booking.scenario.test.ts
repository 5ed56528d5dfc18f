import { CALL_CONTROL } from "@hotlinejs/core";
import type { FakeAgent } from "@hotlinejs/testing";
import { afterEach, describe, expect, it } from "vitest";
import { AGENT_CALLS, type AgentCalls } from "../src/index.js";
import { addsUp } from "./adds-up.js";
import { closeStages, hear, stage, type Stage } from "./stage.js";

let at: Stage;
let calls: AgentCalls;

afterEach(closeStages);

const live = (phone: FakeAgent): number => phone.calls.filter(({ state }) => state !== "ended").length;
const state = (number: string): string | undefined => at.acd.agent(number)?.state;

/** A queue with agent 1001; 1002 and 9001 serve none. No words, no after-call work: who is free is rung at once. */
async function open(wrapUp = 0): Promise<void> {
  at = await stage({
    acd: {
      wrapUp,
      queues: [{ key: "q", name: "综合咨询", connectPrompt: false, whisper: false, joinEmpty: true, leaveEmpty: false }],
      agents: [{ number: "1001", name: "甲", queues: ["q"] }, { number: "1002", name: "乙", queues: ["q"] }, { number: "9001", name: "班长", queues: [] }],
    },
  });
  calls = at.test.services.get(AGENT_CALLS);
}

async function talking(): Promise<{ readonly agent: FakeAgent; readonly caller: Awaited<ReturnType<Stage["dial"]>> }> {
  const agent = await at.phone("1001");
  const caller = await at.dial("13800000001");
  await agent.answer();
  await at.test.advance(1_000);
  expect(hear(agent.call, caller.call)).toBe(true);
  return { agent, caller };
}

describe("a transfer that reaches nobody", () => {
  it("rings at nobody who has the next caller by now: the caller is first in line again, and served", async () => {
    await open();
    const { agent, caller } = await talking();
    const office = await at.phone("2101");
    const given = calls.transfer("1001", "2101", "u");
    await at.test.advance(500);
    await given;
    expect(office.ringing).toBe(true);
    const next = await at.dial("13800000002");
    const last = await at.dial("13800000003");
    await agent.answer();
    await at.test.advance(500);
    expect(hear(agent.call, next.call)).toBe(true);
    await office.decline();
    await at.test.advance(1_000);
    expect(live(agent)).toBe(1);
    expect(calls.current("1001")).toMatchObject({ state: "talking", citizenNumber: "13800000002" });
    expect(caller.end).toBeUndefined();
    expect(at.acd.waiting("q").map(({ callerNumber }) => callerNumber)).toEqual(["13800000001", "13800000003"]);
    await agent.hangup();
    await at.test.advance(1_000);
    await agent.answer();
    await at.test.advance(1_000);
    expect(hear(agent.call, caller.call)).toBe(true);
    for (const each of [caller, next, last]) await each.hangup();
    await at.test.advance(2_000);
    expect((await at.entries()).map(({ outcome }) => outcome).sort()).toEqual(["abandoned", "answered", "answered", "answered"]);
    await addsUp(at);
  });

  it("rings at the agent again, and no queue does so meanwhile", async () => {
    await open();
    const { agent, caller } = await talking();
    const office = await at.phone("2101");
    const given = calls.transfer("1001", "2101", "u");
    await at.test.advance(500);
    await given;
    await office.decline();
    await at.test.advance(200);
    expect([live(agent), state("1001")]).toEqual([1, "occupied"]);
    await at.dial("13800000002");
    await at.test.advance(1_000);
    expect(live(agent)).toBe(1);
    await agent.answer();
    await at.test.advance(500);
    expect(hear(agent.call, caller.call)).toBe(true);
    expect(calls.current("1001")).toMatchObject({ state: "talking", citizenNumber: "13800000001" });
    await agent.hangup();
    await at.test.advance(1_000);
    expect(calls.current("1001")).toMatchObject({ state: "ringing", citizenNumber: "13800000002" });
  });

  it("and then the agent neither: the caller waits, first in line, and is not sent away", async () => {
    await open();
    const { agent, caller } = await talking();
    const office = await at.phone("2101");
    const given = calls.transfer("1001", "2101", "u");
    await at.test.advance(500);
    await given;
    await office.decline();
    await at.test.advance(200);
    await agent.decline();
    await at.test.advance(1_000);
    expect(caller.end).toBeUndefined();
    expect(at.acd.waiting("q").map(({ callerNumber }) => callerNumber)).toEqual(["13800000001"]);
    await at.test.advance(10_000);
    await agent.answer();
    await at.test.advance(1_000);
    expect(hear(agent.call, caller.call)).toBe(true);
  });
});

describe("a colleague who is called by an agent", () => {
  it("by number from the screen: is offered nothing else until that call is over, and is not called into a talk", async () => {
    await open();
    const [agent, colleague] = [await at.phone("1001"), await at.phone("1002")];
    await at.acd.setAgentState("1001", "not-ready", { actor: "t" });
    const dialling = calls.dial("1001", "1002", "u");
    await at.test.advance(200);
    await agent.answer();
    await dialling;
    await at.test.advance(200);
    expect([colleague.ringing, state("1002")]).toEqual([true, "occupied"]);
    const caller = await at.dial("13800000001");
    await at.test.advance(1_000);
    expect(live(colleague)).toBe(1);
    await colleague.answer();
    await at.test.advance(1_000);
    expect(live(colleague)).toBe(1);
    await agent.hangup();
    await at.test.advance(1_000);
    expect(calls.current("1002")).toMatchObject({ state: "ringing" });
    await colleague.answer();
    await at.test.advance(500);
    expect(hear(colleague.call, caller.call)).toBe(true);
    await expect(calls.dial("9001", "1002", "u")).rejects.toMatchObject({ code: "HTL_ACD_AGENT_UNREACHABLE" });
    await at.phone("9001");
    await expect(calls.dial("9001", "1002", "u")).rejects.toMatchObject({ code: "HTL_ACD_AGENT_BUSY" });
    expect(state("9001")).toBe("available");
  });

  it("who is signed out, and signs in meanwhile: no queue rings the same phone", async () => {
    await open();
    const { agent, caller } = await talking();
    const colleague = await at.phone("1002");
    await at.acd.setAgentState("1002", "offline", { actor: "t" });
    const asking = calls.consult("1001", "1002", "u");
    await at.test.advance(200);
    await asking;
    await at.acd.setAgentState("1002", "available", { actor: "t" });
    const next = await at.dial("13800000002");
    await at.test.advance(1_000);
    expect([live(colleague), state("1002")]).toEqual([1, "occupied"]);
    await colleague.answer();
    await at.test.advance(500);
    const joining = calls.complete("1001");
    await at.test.advance(500);
    await joining;
    expect(hear(colleague.call, caller.call)).toBe(true);
    expect(live(colleague)).toBe(1);
    await agent.answer();
    await at.test.advance(500);
    expect(hear(agent.call, next.call)).toBe(true);
  });
});

describe("a supervisor who is quicker than the own phone", () => {
  it("listens, and wants to talk along before it is answered: is in the call once, and heard", async () => {
    await open();
    const { agent, caller } = await talking();
    const leader = await at.phone("9001");
    const both = Promise.allSettled([calls.watch("1001", "listen", { by: "9001", actor: "u" }), at.test.advance(100).then(() => calls.watch("1001", "barge", { by: "9001", actor: "u" }))]);
    await at.test.advance(1_000);
    expect(leader.ringing).toBe(true);
    expect(calls.watching("9001")).toMatchObject({ inside: false });
    await leader.answer();
    await at.test.advance(1_000);
    expect((await both).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
    expect(calls.watching("9001")).toMatchObject({ inside: true, mode: "barge" });
    expect(calls.current("1001")?.supervisor).toBe("barge");
    expect(hear(caller.call, leader.call)).toBe(true);
    expect(hear(agent.call, leader.call)).toBe(true);
    expect(at.test.services.get(CALL_CONTROL).legs(calls.current("1001")?.interactionId ?? "")).toHaveLength(3);
  });

  it("twice at the same moment, then hangs up while it rings: both are refused, nobody is held", async () => {
    await open();
    await talking();
    const leader = await at.phone("9001");
    const both = Promise.allSettled([calls.watch("1001", "listen", { by: "9001", actor: "u" }), calls.takeOver("1001", { by: "9001", actor: "u" })]);
    await at.test.advance(500);
    expect(live(leader)).toBe(1);
    await leader.decline();
    await at.test.advance(1_000);
    expect((await both).map((each) => (each.status === "rejected" ? (each.reason as { code: string }).code : "done"))).toEqual(["HTL_ACD_AGENT_UNREACHABLE", expect.stringMatching(/AGENT_(UNREACHABLE|BUSY)/)]);
    expect([state("9001"), calls.watching("9001")]).toEqual(["available", undefined]);
    expect(calls.current("1001")).toMatchObject({ state: "talking", supervisor: null });
  });
});
