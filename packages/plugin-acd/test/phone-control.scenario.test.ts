import { CALL_PIPELINE, definePlugin, READ_POOL } from "@hotlinejs/core";
import type { Plugin } from "@hotlinejs/core";
import type { FakeAgent, FakeCaller } from "@hotlinejs/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { AGENT_CALLS } from "../src/index.js";
import type { AgentCall, AgentCalls } from "../src/index.js";
import { closeStages, stage, team, type Stage } from "./stage.js";

let at: Stage;
let calls: AgentCalls;
let agent: FakeAgent;
let caller: FakeCaller;

afterEach(closeStages);

type Leg = NonNullable<FakeCaller["call"]["leg"]>;
const voice = (phone: FakeAgent | FakeCaller): Leg | undefined => phone.call?.leg;
/** Whom a leg hears; who has hung up says nothing. */
const heardBy = (leg: Leg | undefined): readonly unknown[] => [...(leg?.bridgedWith ?? [])].filter((other) => !other.ended);
/** Whether these, and nobody else, hear each other. */
function talkTogether(...phones: readonly (FakeAgent | FakeCaller)[]): boolean {
  const legs = phones.map(voice);
  return legs.every((leg) => leg !== undefined && heardBy(leg).length === legs.length - 1 && legs.every((other) => other === leg || heardBy(leg).includes(other)));
}
const alone = (phone: FakeAgent | FakeCaller): boolean => voice(phone) !== undefined && heardBy(voice(phone)).length === 0;
const call = (): AgentCall | undefined => calls.current("1001");
const settled = async <T>(work: Promise<T>, ms = 300): Promise<T> => {
  const done = work.then(
    (value) => () => value,
    (error: unknown) => () => {
      throw error;
    },
  );
  await at.test.advance(ms);
  return (await done)();
};

/** A caller talks with agent 1001; 1002 is there but signed out, so that no queue rings that phone. */
async function talking(plugins: readonly Plugin[] = []): Promise<void> {
  at = await stage({ acd: team({}, ["1001", "1002"], 5), plugins });
  calls = at.test.services.get(AGENT_CALLS);
  agent = await at.phone("1001");
  await at.acd.setAgentState("1002", "offline", { actor: "test" });
  caller = await at.dial();
  await at.test.advance(5_000);
  await agent.answer();
  await at.test.advance(4_000);
  expect(call()?.state).toBe("talking");
  expect(talkTogether(agent, caller)).toBe(true);
}

describe("what an agent sees of a call", () => {
  it("rings with number, queue, wait and what can be done; then it is talked on, then it is gone", async () => {
    at = await stage({ acd: team({ joinEmpty: true }) });
    calls = at.test.services.get(AGENT_CALLS);
    caller = await at.dial("13812345678");
    await at.test.advance(5_000);
    agent = await at.phone("1001");
    await at.test.advance(100);
    expect(call()).toMatchObject({ state: "ringing", direction: "inbound", citizenNumber: "13812345678", queue: "q", queueName: "综合咨询", commands: ["reject"], answeredAt: null });
    expect(call()?.waitMs).toBeGreaterThanOrEqual(5_000);
    expect((call()?.ringUntil ?? 0) - at.test.clock.now()).toBeGreaterThan(15_000);
    expect(call()?.joining).toBe(false);
    expect(at.acd.agent("1001")).toMatchObject({ state: "reserved", offered: "voice" });
    // Answered: the caller is told by whom, and until then nothing is said to ring on.
    await agent.answer();
    await at.test.advance(300);
    expect(call()).toMatchObject({ state: "ringing", joining: true, ringUntil: null, answeredAt: null });
    await at.test.advance(3_700);
    expect(call()).toMatchObject({ state: "talking", joining: false, ringUntil: null });
    expect(at.acd.agent("1001")?.offered).toBeNull();
    await caller.hangup();
    await at.test.advance(200);
    expect(call()).toBeUndefined();
    expect(at.acd.agent("1001")?.state).toBe("wrap-up");
  });

  it("is gone when the caller gives up, or the phone is not picked up", async () => {
    at = await stage();
    calls = at.test.services.get(AGENT_CALLS);
    agent = await at.phone("1001");
    caller = await at.dial();
    await at.test.advance(5_000);
    expect(call()?.state).toBe("ringing");
    await caller.hangup();
    await at.test.advance(100);
    expect(call()).toBeUndefined();
    await at.dial("13900000000");
    await at.test.advance(3_000);
    expect(call()?.state).toBe("ringing");
    await at.test.advance(20_500);
    expect(agent.ringing).toBe(false);
    expect(call()).toBeUndefined();
  });

  it("can be given back: the next agent is rung", async () => {
    at = await stage();
    calls = at.test.services.get(AGENT_CALLS);
    agent = await at.phone("1001");
    caller = await at.dial();
    await at.test.advance(5_000);
    const other = await at.phone("1002");
    expect(agent.ringing).toBe(true);
    await settled(calls.reject("1001"));
    expect(agent.ringing).toBe(false);
    expect(call()).toBeUndefined();
    expect(other.ringing).toBe(true);
    expect(at.events("acd.requeued")[0]).toMatchObject({ agent: "1001", cause: "declined" });
    await expect(calls.reject("1001")).rejects.toMatchObject({ code: "HTL_ACD_NO_CALL" });
  });
});

describe("an agent in a call", () => {
  beforeEach(() => talking());

  it("holds and takes back: music for the caller, time from the server", async () => {
    await settled(calls.hold("1001"));
    expect(call()).toMatchObject({ state: "held", since: expect.any(Number) as number });
    expect(call()?.commands).toContain("retrieve");
    expect(alone(caller)).toBe(true);
    expect(alone(agent)).toBe(true);
    // The melody of the queue, which has been heard while waiting.
    expect(caller.heard.filter((what) => what === caller.hearing && /^[0-9a-f]{64}$/.test(what)).length).toBeGreaterThan(1);
    await expect(calls.hold("1001")).rejects.toMatchObject({ code: "HTL_ACD_CALL_STATE" });
    await settled(calls.retrieve("1001"));
    expect(call()?.state).toBe("talking");
    expect(talkTogether(agent, caller)).toBe(true);
  });

  it("two holds at once: one is carried out, the other refused", async () => {
    const both = Promise.allSettled([calls.hold("1001"), calls.hold("1001")]);
    await at.test.advance(300);
    expect((await both).map((each) => each.status)).toEqual(["fulfilled", "rejected"]);
    expect(call()?.state).toBe("held");
  });

  it("sends keys to the caller", async () => {
    await settled(calls.dtmf("1001", "12#"));
    expect(caller.call.leg?.sent).toBe("12#");
  });

  it("hangs up: the caller's way in the hotline goes on, the agent has wrap-up", async () => {
    await settled(calls.hangup("1001"));
    expect(agent.call).toBeUndefined();
    expect(call()).toBeUndefined();
    expect(at.acd.agent("1001")?.state).toBe("wrap-up");
  });

  it("transfers blindly and is free at once; the colleague takes over", async () => {
    const office = await at.phone("2101");
    const done = calls.transfer("1001", "21-01", "user:1");
    await at.test.advance(500);
    await done;
    expect(call()).toBeUndefined();
    expect(agent.call).toBeUndefined();
    expect(caller.hearing).toBe("tone:ringback");
    await office.answer();
    await at.test.advance(500);
    expect(talkTogether(office, caller)).toBe(true);
    await office.hangup();
    await at.test.advance(500);
    expect(caller.end).toBeDefined();
  });

  it("gets the call back when nobody answers the transfer", async () => {
    await at.phone("2101");
    void calls.transfer("1001", "2101", "user:1");
    await at.test.advance(31_000);
    expect(agent.ringing).toBe(true);
    await agent.answer();
    await at.test.advance(500);
    expect(call()).toMatchObject({ state: "talking", queue: "q" });
    expect(talkTogether(agent, caller)).toBe(true);
    // No queue rings an agent who talks.
    expect(at.acd.agent("1001")?.state).not.toBe("available");
    await settled(calls.hold("1001"));
    expect(call()?.state).toBe("held");
    await caller.hangup();
    await at.test.advance(6_000);
    expect(call()).toBeUndefined();
    expect(at.acd.agent("1001")?.state).toBe("available");
  });

  it("is told what cannot be called, and keeps the caller", async () => {
    await expect(calls.transfer("1001", "张科长", "user:1")).rejects.toMatchObject({ code: "HTL_ACD_TARGET_UNKNOWN", status: 422 });
    await expect(calls.consult("1001", "1001", "user:1")).rejects.toMatchObject({ code: "HTL_ACD_TARGET_SELF" });
    expect(talkTogether(agent, caller)).toBe(true);
  });
});

describe("a consultation", () => {
  let colleague: FakeAgent;
  beforeEach(async () => {
    await talking();
    colleague = await at.phone("1002");
  });

  async function consulting(): Promise<void> {
    await settled(calls.consult("1001", "1002", "user:1"), 500);
    expect(call()).toMatchObject({ state: "consult-ringing", consult: { number: "1002", name: "坐席1002", answeredAt: null } });
    expect(alone(caller)).toBe(true);
    await colleague.answer();
    await at.test.advance(300);
    expect(call()).toMatchObject({ state: "consulting", consult: { talking: true } });
    expect(talkTogether(agent, colleague)).toBe(true);
    expect(alone(caller)).toBe(true);
  }

  it("ends with the transfer: caller and colleague talk, the agent is free", async () => {
    await consulting();
    await settled(calls.complete("1001"), 500);
    expect(talkTogether(colleague, caller)).toBe(true);
    expect(agent.call).toBeUndefined();
    expect(call()).toBeUndefined();
    await at.test.advance(6_000);
    expect(talkTogether(colleague, caller)).toBe(true);
    await caller.hangup();
    await at.test.advance(500);
    expect(colleague.call).toBeUndefined();
  });

  it("goes to and fro between the two", async () => {
    await consulting();
    await settled(calls.swap("1001"));
    expect(talkTogether(agent, caller)).toBe(true);
    expect(alone(colleague)).toBe(true);
    expect(call()?.consult?.talking).toBe(false);
    await settled(calls.swap("1001"));
    expect(talkTogether(agent, colleague)).toBe(true);
    await settled(calls.swap("1001"));
    await settled(calls.complete("1001"), 500);
    expect(talkTogether(colleague, caller)).toBe(true);
  });

  it("becomes a conference; whoever leaves, the others talk on", async () => {
    await consulting();
    await settled(calls.conference("1001"));
    expect(call()?.state).toBe("conference");
    expect(talkTogether(agent, colleague, caller)).toBe(true);
    await colleague.hangup();
    await at.test.advance(300);
    expect(call()?.state).toBe("talking");
    expect(talkTogether(agent, caller)).toBe(true);
  });

  it("a conference the agent leaves goes on without", async () => {
    await consulting();
    await settled(calls.conference("1001"));
    await settled(calls.hangup("1001"), 500);
    expect(call()).toBeUndefined();
    expect(talkTogether(colleague, caller)).toBe(true);
    await caller.hangup();
    await at.test.advance(500);
    expect(colleague.call).toBeUndefined();
  });

  it("is ended by the agent: the caller is taken off hold", async () => {
    await consulting();
    await settled(calls.hangup("1001"));
    expect(call()?.state).toBe("talking");
    expect(talkTogether(agent, caller)).toBe(true);
    expect(colleague.call).toBeUndefined();
  });

  it("the colleague declines, or hangs up: back to the caller", async () => {
    await settled(calls.consult("1001", "1002", "user:1"), 500);
    await colleague.decline();
    await at.test.advance(300);
    expect(call()).toMatchObject({ state: "talking", consult: null });
    expect(talkTogether(agent, caller)).toBe(true);
    await consulting();
    await colleague.hangup();
    await at.test.advance(300);
    expect(call()).toMatchObject({ state: "talking", consult: null });
    expect(talkTogether(agent, caller)).toBe(true);
  });

  it("the caller hangs up meanwhile: nobody is left ringing or talking to nobody", async () => {
    await settled(calls.consult("1001", "1002", "user:1"), 500);
    await caller.hangup();
    await at.test.advance(500);
    expect([agent.call, colleague.call, call()]).toEqual([undefined, undefined, undefined]);
  });

  it("the caller hangs up while the two talk", async () => {
    await consulting();
    await caller.hangup();
    await at.test.advance(500);
    expect([agent.call, colleague.call, call()]).toEqual([undefined, undefined, undefined]);
    expect(at.test.services.get(CALL_PIPELINE).active).toBe(0);
  });

  it("the agent's phone hangs up in a consultation: the two are joined, the caller is not dropped", async () => {
    await consulting();
    await agent.hangup();
    await at.test.advance(500);
    expect(talkTogether(colleague, caller)).toBe(true);
    expect(call()).toBeUndefined();
  });

  it("that is not allowed is refused before anybody is rung, and leaves agent and caller together", async () => {
    await closeStages();
    const rule = definePlugin({ name: "rule", version: "0.1.0", core: "*", config: z.strictObject({}), register: ({ hooks }) => void hooks.callOutbound.tap(({ purpose }) => (purpose === "consult" ? { refused: true, code: "not-permitted", message: "no" } : undefined)) });
    await talking([rule()]);
    await expect(settled(calls.consult("1001", "1002", "user:1"))).rejects.toMatchObject({ code: "HTL_CORE_OUTBOUND_REFUSED" });
    expect(call()).toMatchObject({ state: "talking", consult: null });
    expect(talkTogether(agent, caller)).toBe(true);
  });
});

describe("an agent who dials", () => {
  beforeEach(async () => {
    at = await stage();
    calls = at.test.services.get(AGENT_CALLS);
    agent = await at.phone("1001");
  });

  it("has the own phone rung, then the number; both talk; the interaction is an outbound one of this agent", async () => {
    const other = await at.phone("2101");
    const done = calls.dial("1001", "2101", "user:1");
    await at.test.advance(300);
    expect(agent.ringing).toBe(true);
    expect(at.acd.agent("1001")?.state).toBe("occupied");
    await agent.answer();
    await at.test.advance(500);
    expect(await done).toMatchObject({ direction: "outbound", state: "dialling", citizenNumber: "2101" });
    expect(other.ringing).toBe(true);
    await other.answer();
    await at.test.advance(500);
    expect(call()?.state).toBe("talking");
    expect(talkTogether(agent, other)).toBe(true);
    await settled(calls.hold("1001"));
    expect(call()?.state).toBe("held");
    await settled(calls.retrieve("1001"));
    await settled(calls.hangup("1001"), 500);
    expect(other.call).toBeUndefined();
    expect(call()).toBeUndefined();
    expect(at.acd.agent("1001")?.state).toBe("wrap-up");
    await at.test.advance(10_000);
    expect(at.acd.agent("1001")?.state).toBe("available");
    const rows = await at.test.services.get(READ_POOL).read((em) => em.execute<{ direction: string; agent_id: string; called_number: string }[]>("select direction, agent_id, called_number from core_interaction"));
    expect(rows).toEqual([{ direction: "outbound", agent_id: "1001", called_number: "2101" }]);
  });

  it("hears a busy tone when nobody answers, and is free again", async () => {
    const other = await at.phone("2101");
    void calls.dial("1001", "2101", "user:1");
    await at.test.advance(300);
    await agent.answer();
    await at.test.advance(500);
    const leg = agent.call?.leg;
    await other.decline(486);
    await at.test.advance(500);
    expect(leg?.texts.at(-1)).toBe("tone:busy");
    await at.test.advance(3_000);
    expect(agent.call).toBeUndefined();
    expect(call()).toBeUndefined();
    expect(at.acd.agent("1001")?.state).toBe("available");
  });

  it("gives up while it rings", async () => {
    const other = await at.phone("2101");
    void calls.dial("1001", "2101", "user:1");
    await at.test.advance(300);
    await agent.answer();
    await at.test.advance(500);
    await settled(calls.hangup("1001"), 500);
    expect(other.ringing).toBe(false);
    expect(call()).toBeUndefined();
    expect(at.acd.agent("1001")?.state).toBe("available");
  });

  it("does not when the own phone is not picked up, is not there, or is busy", async () => {
    await at.phone("2101");
    const missed = expect(calls.dial("1001", "2101", "user:1")).rejects.toMatchObject({ code: "HTL_ACD_AGENT_UNREACHABLE" });
    await at.test.advance(21_000);
    await missed;
    expect(at.acd.agent("1001")?.state).toBe("available");
    await expect(calls.dial("1002", "2101", "user:1")).rejects.toMatchObject({ code: "HTL_ACD_AGENT_UNREACHABLE" });
    caller = await at.dial();
    await at.test.advance(5_000);
    await expect(calls.dial("1001", "2101", "user:1")).rejects.toMatchObject({ code: "HTL_ACD_AGENT_BUSY" });
    await expect(calls.dial("9999", "2101", "user:1")).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_AGENT" });
  });
});
