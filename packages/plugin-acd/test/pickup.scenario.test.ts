import { AUDIT, CALL_PIPELINE, definePlugin, READ_POOL, ROUTES } from "@hotlinejs/core";
import type { EventMap, OutboundContext } from "@hotlinejs/core";
import type { FakeAgent } from "@hotlinejs/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { AGENT_CALLS } from "../src/index.js";
import type { AcdPluginOptions, AgentCall, AgentCalls, AgentSnapshot } from "../src/index.js";
import { closeStages, pages, stage, type Stage } from "./stage.js";

let at: Stage;
let calls: AgentCalls;
let ringing: FakeAgent;
let picked: EventMap["acd.picked-up"][];
/** What open pages were told of agents, in order. */
let shown: AgentSnapshot[];
/** Headers of the legs to agents, in order. */
let asked: (Readonly<Record<string, string>> | undefined)[];

afterEach(closeStages);

const options = (groups: readonly string[] = ["one", "two"]): AcdPluginOptions => ({
  wrapUp: 0,
  queues: [{ key: "q", name: "综合咨询", pauseAfterMisses: 1 }, { key: "other", name: "投诉举报" }],
  groups: groups.map((key) => ({ key, name: key })),
  agents: [
    { number: "1001", name: "甲", queues: ["q"], groups: groups.slice(0, 1) },
    { number: "1002", name: "乙", queues: ["other"], groups: [...groups] },
    { number: "1003", name: "丙", queues: ["q"], groups: groups.slice(1) },
  ],
});

/** A call rings at 1001; 1002 is a colleague by group, 1003 by queue. Both are not ready. */
async function begin(groups?: readonly string[]): Promise<void> {
  picked = [];
  asked = [];
  shown = [];
  const listener = definePlugin({
    name: "listener",
    version: "0.1.0",
    core: "*",
    after: ["acd"],
    config: z.strictObject({}),
    register({ events, hooks }) {
      events.handle("acd.picked-up", (event) => void picked.push(event));
      hooks.callOutbound.tap((context: OutboundContext) => {
        asked.push((context as { headers?: Readonly<Record<string, string>> }).headers);
        return undefined;
      });
    },
  });
  at = await stage({ acd: options(groups), request: {}, plugins: [listener(), pages((_to, { topic, data }) => void (topic === "acd.agent" ? shown.push(data as AgentSnapshot) : undefined))] });
  calls = at.test.services.get(AGENT_CALLS);
  ringing = await at.phone("1001");
  for (const number of ["1002", "1003"]) {
    await at.phone(number);
    await at.acd.setAgentState(number, "not-ready", { actor: "test" });
  }
}

const rows = <T>(sql: string): Promise<readonly T[]> => at.test.services.get(READ_POOL).read((em) => em.execute<T[]>(sql));
const by = { actor: "u1" };

async function pickUp(agent: string, more: { readonly from?: string; readonly anybody?: boolean } = {}): Promise<AgentCall> {
  const done = calls.pickUp(agent, { ...by, ...more });
  // Looked at only once time has passed.
  done.catch(() => undefined);
  await at.test.advance(300);
  return done;
}

describe("a call that rings at a colleague", () => {
  beforeEach(() => begin());

  it("is told to pages while it can be picked up, and no longer; so is a phone that comes and goes in a break", async () => {
    const told = (number: string): AgentSnapshot | undefined => shown.filter((each) => each.number === number).at(-1);
    expect(told("1002")).toMatchObject({ state: "not-ready", reachable: true });
    const phone = await at.phone("1003");
    await phone.unplug();
    await at.test.advance(200);
    expect(told("1003")).toMatchObject({ state: "not-ready", reachable: false });

    await at.dial();
    expect(told("1001")).toMatchObject({ state: "reserved", offered: "voice" });
    await ringing.answer();
    await at.test.advance(300);
    // The caller still hears who answers.
    expect(calls.current("1001")).toMatchObject({ state: "ringing", joining: true });
    expect(told("1001")).toMatchObject({ state: "reserved", offered: null });
  });

  it("is picked up: it rings at the other phone, which answers by itself; nobody has missed anything", async () => {
    const caller = await at.dial();
    const phone = await at.phone("1002");
    expect(ringing.ringing).toBe(true);
    expect(await pickUp("1002")).toMatchObject({ agent: "1002", state: "ringing", queue: "q" });
    expect(ringing.ringing).toBe(false);
    expect(calls.current("1001")).toBeUndefined();
    expect(at.acd.agent("1001")).toMatchObject({ state: "available" });
    expect(phone.ringing).toBe(true);
    expect(asked).toEqual([undefined, { "Answer-Mode": "Auto" }]);
    await phone.answer();
    await at.test.advance(4_000);
    expect([...(phone.call?.leg?.bridgedWith ?? [])]).toContain(caller.call.leg);
    expect(calls.current("1002")).toMatchObject({ state: "talking", queue: "q" });
    const { interactionId } = at.events("acd.answered")[0] ?? { interactionId: "" };
    expect(at.events("acd.answered")).toMatchObject([{ agent: "1002", queue: "q" }]);
    expect(at.events("acd.requeued")).toEqual([]);
    expect(picked).toMatchObject([{ interactionId, queue: "q", agent: "1002", from: "1001" }]);
    await phone.hangup();
    await at.test.advance(300);
    expect(at.results).toMatchObject([{ outcome: "answered", agent: "1002" }]);
    expect(at.acd.agent("1002")).toMatchObject({ state: "not-ready" });
    expect((await at.entries()).map(({ agent, outcome }) => [agent, outcome])).toEqual([["1002", "answered"]]);
    expect(await rows<{ type: string; data: unknown }>("select type, data from core_interaction_event where type = 'queue.picked-up'")).toHaveLength(1);
    const [entry] = await rows<{ actor: string; details: unknown }>("select actor, details from core_audit where action = 'acd.picked-up'");
    expect(entry?.actor).toBe("u1");
    expect(JSON.stringify(entry?.details)).toMatch(/1001/);
  });

  it("by the phone's code: the phone's own call ends, then it is rung; the record of that call is none of the caller's", async () => {
    const caller = await at.dial();
    const phone = await at.phone("1002");
    const code = await phone.dial("*8");
    await at.test.advance(300);
    expect(code.state).toBe("ended");
    expect(phone.ringing).toBe(true);
    await phone.answer();
    await at.test.advance(4_000);
    expect([...(phone.call?.leg?.bridgedWith ?? [])]).toContain(caller.call.leg);
    expect(picked).toMatchObject([{ agent: "1002", from: "1001" }]);
    expect(await rows<{ queue: string | null }>("select queue from core_interaction where called_number = '*8'")).toEqual([{ queue: null }]);
  });

  it("by the phone's code with a number: that agent's, though another rings longer", async () => {
    await at.acd.assign("1003", { groups: ["one"] }, by);
    const third = await at.phone("1003");
    await at.dial("13800000001");
    await at.acd.setAgentState("1003", "available", by);
    await at.dial("13800000002");
    expect([ringing.ringing, third.ringing]).toEqual([true, true]);
    const phone = await at.phone("1002");
    await phone.dial("*81003");
    await at.test.advance(300);
    expect(phone.ringing).toBe(true);
    expect(third.ringing).toBe(false);
    expect(ringing.ringing).toBe(true);
    expect(calls.current("1002")?.citizenNumber).toBe("13800000002");
  });

  it("is not picked up by who is no colleague, but by a supervisor", async () => {
    await at.dial();
    await expect(pickUp("1003", { from: "1001" })).rejects.toMatchObject({ code: "HTL_ACD_PICKUP_NOT_ALLOWED" });
    await expect(pickUp("1003")).rejects.toMatchObject({ code: "HTL_ACD_NOTHING_TO_PICK_UP" });
    const third = await at.phone("1003");
    const code = await third.dial("*81001");
    await at.test.advance(300);
    expect((await code.ended).status).toBe(403);
    expect(ringing.ringing).toBe(true);
    await pickUp("1003", { from: "1001", anybody: true });
    expect(third.ringing).toBe(true);
  });

  it("is refused with the reason to who is signed out, has no phone, talks, or means the own call; and when nothing rings", async () => {
    await expect(pickUp("1002")).rejects.toMatchObject({ code: "HTL_ACD_NOTHING_TO_PICK_UP" });
    const phone = await at.phone("1002");
    const code = await phone.dial("*8");
    await at.test.advance(300);
    expect((await code.ended).status).toBe(480);
    await at.dial();
    await expect(pickUp("1001", { from: "1001" })).rejects.toMatchObject({ code: "HTL_ACD_AGENT_BUSY" });
    await expect(pickUp("1002", { from: "1002" })).rejects.toMatchObject({ code: "HTL_ACD_TARGET_SELF" });
    await expect(pickUp("1002", { from: "4711" })).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_AGENT" });
    await expect(pickUp("4711")).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_AGENT" });
    await at.acd.setAgentState("1002", "offline", by);
    await expect(pickUp("1002")).rejects.toMatchObject({ code: "HTL_ACD_SIGNED_OUT" });
    await at.acd.setAgentState("1002", "not-ready", by);
    await phone.unplug();
    await expect(pickUp("1002")).rejects.toMatchObject({ code: "HTL_ACD_AGENT_UNREACHABLE" });
    expect(ringing.ringing).toBe(true);
  });

  it("that is not answered there either waits in its old place for the next agent", async () => {
    await at.dial();
    const phone = await at.phone("1002");
    await pickUp("1002");
    await at.acd.setAgentState("1003", "available", by);
    await phone.decline();
    await at.test.advance(300);
    expect(at.events("acd.requeued")).toMatchObject([{ agent: "1002", cause: "declined" }]);
    expect(at.events("acd.offered").at(-1)).toMatchObject({ agent: "1003" });
  });

  it("that was answered in that moment stays where it is", async () => {
    const caller = await at.dial();
    const audit = at.test.services.get(AUDIT);
    const record = audit.record.bind(audit);
    // The colleague is faster while the audit is written.
    Object.assign(audit, { record: async (entry: Parameters<typeof record>[0]) => {
      await record(entry);
      if (entry.action === "acd.picked-up") await ringing.call?.answer();
    } });
    await expect(pickUp("1002")).rejects.toMatchObject({ code: "HTL_ACD_AGENT_BUSY" });
    await at.test.advance(4_000);
    expect([...(ringing.call?.leg?.bridgedWith ?? [])]).toContain(caller.call.leg);
    expect(picked).toEqual([]);
  });

  it("over HTTP by the agent, and by a supervisor for anybody", async () => {
    await at.dial();
    const found = at.test.services.get(ROUTES).find(({ route }) => route.method === "POST" && route.path === "/api/agents/:number/call/pickup")?.route;
    expect(found?.permission).toBe("acd.calls.pickup");
    const post = async (agent: string, body: object, permissions: readonly string[] = []): Promise<unknown> => {
      const done = found?.handler({ params: { number: agent }, query: {}, body, services: at.test.services, principal: { userId: "u1", agentNumber: agent, permissions: new Set(["acd.calls.pickup", ...permissions]) } } as never);
      done?.catch(() => undefined);
      await at.test.advance(300);
      return done;
    };
    await expect(post("1003", { from: "1001" })).rejects.toMatchObject({ code: "HTL_ACD_PICKUP_NOT_ALLOWED" });
    expect(await post("1003", { from: "1001" }, ["acd.calls.pickup-any"])).toMatchObject({ call: { agent: "1003", state: "ringing" } });
  });
});

describe("where there are no groups", () => {
  it("colleagues are those of a queue in common", async () => {
    await begin([]);
    await at.dial();
    await expect(pickUp("1002")).rejects.toMatchObject({ code: "HTL_ACD_NOTHING_TO_PICK_UP" });
    expect(await pickUp("1003")).toMatchObject({ agent: "1003", state: "ringing" });
    expect(at.test.services.get(CALL_PIPELINE).active).toBe(1);
  });
});
