import type { FakeAgent, FakeCall, FakeCaller, FakeTrunk } from "@hotlinejs/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AGENT_CALLS } from "../src/index.js";
import type { AgentCall, AgentCalls } from "../src/index.js";
import { closeStages, hear, stage, team, type Stage } from "./stage.js";

/* Blind transfers: by the agent's own telephone (REFER) and from the screen, where they lead and where the caller is when they fail. */

let at: Stage;
let calls: AgentCalls;
let agent: FakeAgent;
let colleague: FakeAgent;
let caller: FakeCaller;
let carrier: FakeTrunk;
const call = (of = "1001"): AgentCall | undefined => calls.current(of);
const state = (number: string): string | undefined => at.acd.agent(number)?.state;
const together = (phone: FakeAgent): boolean => hear(caller, phone);

/** What the telephone hears of the transfer it asks for. */
function refer(to: string): { readonly heard: number[]; rejected: number | undefined } {
  const told = { heard: [] as number[], rejected: undefined as number | undefined };
  const hear = (status: number): void => void told.heard.push(status);
  (agent.call as FakeCall).tell({ type: "transfer-request", to: `sip:${to}@hotline.test`, accept: () => ({ progress: hear, finish: (status) => Promise.resolve(hear(status)) }), reject: (status = 603) => void (told.rejected = status) });
  return told;
}

/** A caller talks with 1001. 1002 is at the telephone and takes no calls of the queue; 1003 has no telephone. */
beforeEach(async () => {
  at = await stage({ acd: team({ connectPrompt: false, whisper: false }, ["1001", "1002", "1003"], 5), request: {} });
  carrier = at.test.trunk("carrier");
  calls = at.test.services.get(AGENT_CALLS);
  agent = await at.phone("1001");
  colleague = await at.phone("1002");
  await at.acd.setAgentState("1002", "not-ready", { actor: "test" });
  caller = await at.dial();
  await at.test.advance(2_000);
  await agent.answer();
  await at.test.advance(1_000);
  expect(together(agent)).toBe(true);
});
afterEach(closeStages);

describe("by the agent's telephone", () => {
  it("a colleague sees the call at the first ring, is offered nothing else meanwhile, and has the caller as an agent", async () => {
    const told = refer("1002");
    await at.test.advance(200);
    expect(call("1002")).toMatchObject({ state: "ringing", given: { by: "1001", asked: false } });
    expect(state("1002")).toBe("occupied");
    await colleague.answer();
    await at.test.advance(500);
    expect(told).toEqual({ heard: [180, 200], rejected: undefined });
    expect(call("1002")).toMatchObject({ state: "talking" });
    expect(together(colleague)).toBe(true);
    expect(colleague.call?.state).toBe("answered");
    await caller.hangup();
    await at.test.advance(500);
    expect([call("1002"), state("1002")]).toEqual([undefined, "wrap-up"]);
    await at.test.advance(6_000);
    expect([state("1001"), state("1002")]).toEqual(["available", "not-ready"]);
  });

  it("a colleague who does not take it is free again, and the caller is with the agent", async () => {
    const told = refer("1002");
    await at.test.advance(200);
    await calls.reject("1002");
    await at.test.advance(500);
    expect(told.heard).toEqual([180, 603]);
    expect([call("1002"), state("1002"), call()?.state]).toEqual([undefined, "not-ready", "talking"]);
    expect(together(agent)).toBe(true);
  });

  it("a colleague who talks with another caller is busy: nothing rings, and the caller hears nothing of it", async () => {
    await at.acd.setAgentState("1002", "available", { actor: "test" });
    const other = await at.dial("13900000001");
    await at.test.advance(2_000);
    await colleague.answer();
    await at.test.advance(1_000);
    const talk = colleague.call;
    expect(refer("1002")).toEqual({ heard: [], rejected: 486 });
    await at.test.advance(500);
    expect(colleague.call).toBe(talk);
    expect(together(agent)).toBe(true);
    expect(call()?.state).toBe("talking");
    await other.hangup();
  });

  it("a colleague without a telephone cannot be had: the number is not dialled outside", async () => {
    expect(refer("1003")).toEqual({ heard: [], rejected: 480 });
    await at.test.advance(500);
    expect(carrier.attempts).toEqual([]);
    expect(together(agent)).toBe(true);
  });

  it("nobody transfers to oneself", async () => {
    expect(refer("1001")).toEqual({ heard: [], rejected: 603 });
    await at.test.advance(500);
    expect(together(agent)).toBe(true);
  });

  it("whom neither colleague nor agent takes is first in the queue, and not hung up", async () => {
    refer("1002");
    await at.test.advance(200);
    await agent.hangup();
    await colleague.decline(486);
    await at.test.advance(500);
    expect(agent.ringing).toBe(true);
    await at.acd.setAgentState("1001", "not-ready", { actor: "test" });
    await agent.decline(486);
    await at.test.advance(1_000);
    expect(caller.end).toBeUndefined();
    expect(at.acd.queue("q")?.waiting).toBe(1);
    await at.acd.setAgentState("1002", "available", { actor: "test" });
    await at.test.advance(1_000);
    await colleague.answer();
    await at.test.advance(2_000);
    expect(together(colleague)).toBe(true);
    expect(at.results).toEqual([]);
    await colleague.hangup();
    await at.test.advance(500);
    expect(at.results).toMatchObject([{ outcome: "answered", agent: "1002" }]);
  });
});

describe("from the screen", () => {
  it("whom neither colleague nor agent takes is first in the queue, and not hung up", async () => {
    void calls.transfer("1001", "1002", "user:1");
    await at.test.advance(500);
    await colleague.decline();
    await at.test.advance(500);
    expect(agent.ringing).toBe(true);
    await at.acd.setAgentState("1001", "not-ready", { actor: "test" });
    await agent.decline();
    await at.test.advance(1_000);
    expect(caller.end).toBeUndefined();
    expect(at.acd.queue("q")?.waiting).toBe(1);
    await at.acd.setAgentState("1002", "available", { actor: "test" });
    await at.test.advance(1_000);
    await colleague.answer();
    await at.test.advance(2_000);
    expect(together(colleague)).toBe(true);
  });

  it("a caller who hangs up while it fails waits nowhere", async () => {
    void calls.transfer("1001", "1002", "user:1");
    await at.test.advance(500);
    await colleague.decline();
    await at.test.advance(500);
    await caller.hangup();
    await at.test.advance(1_000);
    expect(at.acd.queue("q")?.waiting).toBe(0);
    expect(at.results).toMatchObject([{ outcome: "answered", callerGone: true }]);
  });
});

describe("the agent's phone hangs up while somebody who is asked rings", () => {
  beforeEach(async () => {
    const asked = calls.consult("1001", "1002", "user:1");
    await at.test.advance(300);
    await asked;
    expect(call()?.state).toBe("consult-ringing");
    await agent.hangup();
    await at.test.advance(300);
  });

  it("that is a transfer: the caller hears it ring, then the colleague has the caller", async () => {
    expect([call(), state("1001"), colleague.ringing, caller.hearing]).toEqual([undefined, "wrap-up", true, "tone:ringback"]);
    await colleague.answer();
    await at.test.advance(500);
    expect(together(colleague)).toBe(true);
    expect(call("1002")).toMatchObject({ state: "talking", given: { by: "1001" } });
    expect(state("1002")).toBe("occupied");
    await colleague.hangup();
    await at.test.advance(500);
    expect([call("1002"), state("1002")]).toEqual([undefined, "wrap-up"]);
    expect(at.results).toMatchObject([{ outcome: "answered", agent: "1001" }]);
  });

  it("a colleague who does not take the caller leaves the caller first in the queue", async () => {
    await colleague.decline();
    await at.test.advance(1_000);
    expect(caller.end).toBeUndefined();
    expect([call("1002"), state("1002"), at.acd.queue("q")?.waiting]).toEqual([undefined, "not-ready", 1]);
    await at.test.advance(6_000);
    expect(agent.ringing).toBe(true);
    await agent.answer();
    await at.test.advance(1_000);
    expect(together(agent)).toBe(true);
  });

  it("a caller who hangs up then ends the ringing", async () => {
    await caller.hangup();
    await at.test.advance(500);
    expect([colleague.ringing, state("1002"), at.acd.queue("q")?.waiting]).toEqual([false, "not-ready", 0]);
  });
});

it("at the very moment of the answer: the caller is the colleague's", async () => {
  const asked = calls.consult("1001", "1002", "user:1");
  await at.test.advance(300);
  await asked;
  await Promise.all([colleague.answer(), agent.hangup()]);
  await at.test.advance(500);
  expect(caller.end).toBeUndefined();
  expect(together(colleague)).toBe(true);
  expect(call("1002")).toMatchObject({ state: "talking" });
});
