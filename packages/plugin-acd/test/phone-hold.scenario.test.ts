import type { FakeAgent, FakeCall, FakeCaller } from "@hotlinejs/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { AGENT_CALLS } from "../src/index.js";
import type { AgentCallState, AgentCalls } from "../src/index.js";
import { closeStages, hear, stage, team, type Stage } from "./stage.js";

/* Hold by the agent's own telephone. */

let at: Stage;
let calls: AgentCalls;
let agent: FakeAgent;
let caller: FakeCaller;
const state = (): AgentCallState | undefined => calls.current("1001")?.state;
const together = (): boolean => hear(caller, agent);
/** The melody of the queue, by its hash. */
const music = (): boolean => /^[0-9a-f]{64}$/.test(caller.hearing ?? "");

function phoneSays(held: boolean): void {
  (agent.call as FakeCall).tell({ type: "remote-hold", held });
}

beforeEach(async () => {
  at = await stage({ acd: team({ connectPrompt: false, whisper: false }, ["1001", "1002"], 5), request: {} });
  calls = at.test.services.get(AGENT_CALLS);
  agent = await at.phone("1001");
  caller = await at.dial();
  await at.test.advance(2_000);
  await agent.answer();
  await at.test.advance(1_000);
  expect([together(), state()]).toEqual([true, "talking"]);
});
afterEach(closeStages);

it("the caller hears music and the screen says so, until the phone takes the call back", async () => {
  phoneSays(true);
  await at.test.advance(100);
  expect([together(), state(), music()]).toEqual([false, "held", true]);
  phoneSays(false);
  await at.test.advance(100);
  expect([together(), state()]).toEqual([true, "talking"]);
});

it("a phone that takes the call back at once finds it as it was", async () => {
  phoneSays(true);
  phoneSays(false);
  await at.test.advance(100);
  expect([together(), state()]).toEqual([true, "talking"]);
});

it("what is on hold from the screen is not taken back by the phone, and the other way round", async () => {
  await calls.hold("1001");
  phoneSays(true);
  await at.test.advance(100);
  phoneSays(false);
  await at.test.advance(100);
  expect([together(), state()]).toEqual([false, "held"]);
  await calls.retrieve("1001");
  phoneSays(true);
  await at.test.advance(100);
  await calls.retrieve("1001");
  expect([together(), state()]).toEqual([true, "talking"]);
  phoneSays(false);
  await at.test.advance(100);
  expect([together(), state()]).toEqual([true, "talking"]);
});

it("a transfer by the phone takes the caller off hold, and one that fails puts the caller there again", async () => {
  const colleague = await at.phone("1002");
  await at.acd.setAgentState("1002", "not-ready", { actor: "test" });
  phoneSays(true);
  await at.test.advance(100);
  (agent.call as FakeCall).tell({ type: "transfer-request", to: "sip:1002@hotline.test", accept: () => ({ progress: () => undefined, finish: () => Promise.resolve() }), reject: () => undefined });
  await at.test.advance(200);
  expect([state(), caller.hearing]).toEqual(["transferring", "tone:ringback"]);
  await colleague.decline(486);
  await at.test.advance(500);
  expect([together(), state(), music()]).toEqual([false, "held", true]);
  phoneSays(false);
  await at.test.advance(100);
  expect([together(), state()]).toEqual([true, "talking"]);
});

it("a phone that hangs up while it holds ends the talk as any other", async () => {
  phoneSays(true);
  await at.test.advance(100);
  expect(music()).toBe(true);
  await agent.hangup();
  await at.test.advance(6_000);
  expect([state(), at.acd.agent("1001")?.state]).toEqual([undefined, "available"]);
});
