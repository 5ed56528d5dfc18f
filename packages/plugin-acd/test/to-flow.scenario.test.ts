import { definePlugin, READ_POOL, token } from "@hotlinejs/core";
import type { Plugin, Principal } from "@hotlinejs/core";
import { ivr } from "@hotlinejs/plugin-ivr";
import type { FlowDefinition } from "@hotlinejs/plugin-ivr/contract";
import type { FakeAgent, FakeCaller } from "@hotlinejs/testing";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { AGENT_CALLS } from "../src/index.js";
import type { AgentCall, AgentCalls } from "../src/index.js";
import { callRoutes } from "../src/http/call-routes.js";
import { closeStages, stage, team, type Stage } from "./stage.js";

let at: Stage;
let calls: AgentCalls;
let agent: FakeAgent;
let caller: FakeCaller;
/** What the recorder was told, in order. */
let recorder: string[] = [];

afterEach(closeStages);

const pin: FlowDefinition = {
  id: "pin",
  title: "密码核验",
  start: "ask",
  desk: true,
  nodes: [
    { id: "ask", type: "collect", prompt: { text: "请输入六位密码" }, var: "pin", min: 6, max: 6, sensitive: true, maxTries: 2, on: { collected: "check", timeout: "no", invalid: "no" } },
    { id: "check", type: "branch", var: "pin", cases: { "123456": "right" }, on: { right: "yes", else: "no" } },
    { id: "yes", type: "return", result: "verified" },
    { id: "no", type: "return", result: "refused" },
  ],
};
const secret: FlowDefinition = { id: "secret", title: "设置密码", start: "say", desk: true, secret: true, nodes: [{ id: "say", type: "play", prompt: { text: "您的新密码已设置" }, next: "end" }, { id: "end", type: "return" }] };
const broken: FlowDefinition = { id: "broken", start: "q", desk: true, nodes: [{ id: "q", type: "queue", queue: "q", next: "end" }, { id: "end", type: "return" }] };
const inner: FlowDefinition = { id: "inner", start: "end", nodes: [{ id: "end", type: "return" }] };

const RECORDINGS = token<{ pause(id: string): void; resume(id: string): void }>("recording.recordings");
const recording = definePlugin({
  name: "recording",
  version: "0.1.0",
  core: "*",
  config: z.strictObject({}),
  provides: [RECORDINGS],
  register: ({ services }) => services.provide(RECORDINGS, () => ({ pause: () => void recorder.push("pause"), resume: () => void recorder.push("resume") })),
});

const voice = (phone: FakeAgent | FakeCaller): NonNullable<FakeCaller["call"]["leg"]> | undefined => phone.call?.leg;
const hear = (a: FakeAgent | FakeCaller, b: FakeAgent | FakeCaller): boolean => [...(voice(a)?.bridgedWith ?? [])].some((other) => other === voice(b));
const call = (): AgentCall | undefined => calls.current("1001");

async function talking(plugins: readonly Plugin[] = []): Promise<void> {
  recorder = [];
  at = await stage({ acd: team({}, ["1001"], 5), plugins: [ivr({ flows: [pin, secret, broken, inner] }), recording(), ...plugins] });
  calls = at.test.services.get(AGENT_CALLS);
  agent = await at.phone("1001");
  caller = await at.dial();
  await at.test.advance(5_000);
  await agent.answer();
  await at.test.advance(4_000);
  expect(call()?.state).toBe("talking");
}

async function sent(flow: string): Promise<void> {
  const done = calls.toFlow("1001", flow, "user");
  await at.test.advance(300);
  await done;
}

describe("an agent sends the caller to a flow", () => {
  it("hears nothing of the keys, has the caller back at the end with what came of it, and is taken meanwhile", async () => {
    await talking();
    expect(calls.flows()).toEqual([{ id: "pin", title: "密码核验" }, { id: "secret", title: "设置密码" }, { id: "broken", title: "broken" }]);
    await caller.press("9");
    await sent("pin");
    expect(call()).toMatchObject({ state: "in-flow", flow: { id: "pin", title: "密码核验", outcome: null, result: null }, commands: ["cancel", "hangup"] });
    expect(hear(agent, caller)).toBe(false);
    expect(at.acd.agent("1001")?.state).toBe("busy");
    await caller.hears("请输入六位密码");
    expect(recorder).toEqual(["pause"]);
    await caller.press("123456");
    await at.test.advance(1_000);
    expect(recorder).toEqual(["pause", "resume"]);
    expect(call()).toMatchObject({ state: "talking", flow: { id: "pin", outcome: "completed", result: "verified" } });
    expect(hear(agent, caller) && hear(caller, agent)).toBe(true);
    const rows = await at.test.services.get(READ_POOL).read((em) => em.execute<{ actor: string; action: string }[]>("select actor, action from core_audit where action like 'acd.sent%'"));
    expect(rows).toEqual([{ actor: "user", action: "acd.sent-to-flow" }]);
    const events = await at.test.services.get(READ_POOL).read((em) => em.execute<{ type: string; data: unknown }[]>("select type, data from core_interaction_event order by at, id"));
    expect(events.filter(({ type }) => type.startsWith("ivr.visit")).map(({ type }) => type)).toEqual(["ivr.visit-began", "ivr.visit-ended"]);
    expect(JSON.stringify(events)).not.toContain("123456");
  });

  it("a refusal comes back as one; a flow marked secret is recorded in no part", async () => {
    await talking();
    await sent("pin");
    await caller.hears("请输入六位密码");
    await caller.press("000000");
    await at.test.advance(1_000);
    expect(call()).toMatchObject({ state: "talking", flow: { outcome: "completed", result: "refused" } });
    recorder = [];
    await sent("secret");
    expect(recorder).toEqual(["pause"]);
    await caller.hears("您的新密码已设置");
    await at.test.advance(10_000);
    expect(recorder).toEqual(["pause", "resume"]);
    expect(call()).toMatchObject({ state: "talking", flow: { id: "secret", outcome: "completed", result: null } });
  });

  it("takes the caller back in the middle, or has them back by the key 0, or when the flow fails", async () => {
    await talking();
    for (const command of ["cancel", "hangup"] as const) {
      await sent("pin");
      const back = calls[command]("1001");
      await at.test.advance(300);
      await back;
      expect(call()).toMatchObject({ state: "talking", flow: { outcome: "taken-back" } });
      expect(hear(agent, caller)).toBe(true);
    }
    await sent("secret");
    await caller.press("0");
    await at.test.advance(500);
    expect(call()).toMatchObject({ state: "talking", flow: { outcome: "agent" } });
    // A queue in it would take the caller away from the agent who waits.
    await sent("broken");
    await at.test.advance(500);
    expect(call()).toMatchObject({ state: "talking", flow: { outcome: "failed" } });
    expect(hear(agent, caller)).toBe(true);
  });

  it("from hold: the music ends, and the caller is talked with afterwards", async () => {
    await talking();
    await calls.hold("1001");
    await at.test.advance(500);
    await sent("pin");
    await caller.hears("请输入六位密码");
    await caller.press("123456");
    await at.test.advance(1_000);
    expect(call()?.state).toBe("talking");
    expect(hear(agent, caller)).toBe(true);
  });

  it("from the desk", async () => {
    await talking();
    const principal = (agentNumber: string): Principal => ({ userId: "u1", username: "u", displayName: "U", roles: [], permissions: new Set<string>(), agentNumber }) as unknown as Principal;
    const ask = (path: string, body: object, who = "1001"): Promise<unknown> =>
      Promise.resolve().then(() => callRoutes.find((route) => route.path === path)?.handler({ services: at.test.services, params: { number: "1001" }, body, principal: principal(who) } as never));
    expect(await ask("/api/agents/:number/call/flows", {})).toMatchObject({ items: [{ id: "pin", title: "密码核验" }, { id: "secret" }, { id: "broken" }] });
    await expect(ask("/api/agents/:number/call/to-flow", { flow: "pin" }, "1002")).rejects.toMatchObject({ code: "HTL_ACD_NOT_ALLOWED" });
    const asked = ask("/api/agents/:number/call/to-flow", { flow: "pin" });
    await at.test.advance(300);
    expect(await asked).toMatchObject({ call: { state: "in-flow", flow: { id: "pin", outcome: null } } });
  });

  it("only to flows that are for it, and not in the middle of something else", async () => {
    await talking();
    await expect(calls.toFlow("1001", "inner", "user")).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_FLOW" });
    await sent("pin");
    await expect(calls.toFlow("1001", "secret", "user")).rejects.toMatchObject({ code: "HTL_ACD_CALL_STATE" });
    await expect(calls.hold("1001")).rejects.toMatchObject({ code: "HTL_ACD_CALL_STATE" });
  });

  it("the caller who hangs up in it frees the agent", async () => {
    await talking();
    await sent("pin");
    await caller.hangup();
    await at.test.advance(500);
    expect(call()).toBeUndefined();
    expect(at.acd.agent("1001")?.state).toBe("wrap-up");
    expect(recorder).toEqual(["pause", "resume"]);
  });

  it("the agent who hangs up is free at once; the caller goes on when the flow is through", async () => {
    await talking();
    await sent("pin");
    await agent.hangup();
    await at.test.advance(500);
    expect(call()).toBeUndefined();
    expect(at.acd.agent("1001")?.state).toBe("wrap-up");
    expect(caller.answered).toBe(true);
    await caller.press("123456");
    await at.test.advance(2_000);
    // Nobody is left to talk with: the queue's part is over.
    expect(caller.end).toBeDefined();
  });

  it("a phone that breaks off meanwhile finds the caller in the flow, or waiting after it", async () => {
    await talking();
    await sent("pin");
    agent.call?.finish("media-timeout", "system");
    await at.test.advance(500);
    // The phone is there, it is rung again at once.
    expect(call()?.state).toBe("reconnecting");
    await agent.answer();
    await at.test.advance(500);
    expect(call()?.state).toBe("in-flow");
    expect(hear(agent, caller)).toBe(false);
    agent.call?.finish("media-timeout", "system");
    await at.test.advance(500);
    await caller.press("123456");
    await at.test.advance(1_000);
    expect(call()?.state).toBe("reconnecting");
    await agent.answer();
    await at.test.advance(500);
    expect(call()).toMatchObject({ state: "talking", flow: { result: "verified" } });
    expect(hear(agent, caller)).toBe(true);
  });
});
