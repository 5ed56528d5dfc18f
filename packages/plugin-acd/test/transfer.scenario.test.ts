import { CALL_CONTROL, CLOCK, definePlugin, MEDIA, READ_POOL } from "@hotlinejs/core";
import type { Call, MediaBridge, TransferReport } from "@hotlinejs/core";
import type { FakeAgent, FakeCall, FakeCaller, TestHotline } from "@hotlinejs/testing";
import { createTestHotline } from "@hotlinejs/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { ACD, acd, AGENT_CALLS } from "../src/index.js";
import { hear } from "./stage.js";

const toQueue = definePlugin({ name: "route", version: "0.1.0", core: "*", config: z.strictObject({}), register: ({ hooks }) => void hooks.callRoute.tap(() => ({ handler: "queue", target: "general" })) });

it("an agent who transfers the caller is free for the next one, while the caller talks on", async () => {
  const test = await createTestHotline({ plugins: [toQueue(), acd({ wrapUp: 1, queues: [{ key: "general", name: "综合" }], agents: [{ number: "1001", name: "A", queues: ["general"] }] })] });
  try {
    const agent = await test.agent("1001");
    const office = await test.agent("2101");
    const caller = await test.dial("12333");
    await test.advance(5_000);
    await agent.answer();
    await test.advance(5_000);
    (agent.call as FakeCall).tell({ type: "transfer-request", to: "sip:2101@hotline.test", accept: () => ({ progress: () => undefined, finish: () => Promise.resolve() }), reject: () => expect.unreachable() });
    await test.advance(500);
    await office.answer();
    await test.advance(3_000);
    expect(test.services.get(ACD).agent("1001")?.state).toBe("available");
    expect(caller.answered).toBe(true);
    const next = await test.dial("12333", { from: "13900139000" });
    await test.advance(5_000);
    expect(agent.ringing).toBe(true);
    await agent.answer();
    await test.advance(4_000);
    expect(next.answered).toBe(true);
    await office.hangup();
    await test.advance(2_000);
    // The first caller's call is over with the office's; the second talks on.
    expect(caller.end).toBeDefined();
    expect(next.answered).toBe(true);
  } finally {
    await test.close();
  }
});

describe("an agent consults from the telephone and joins both (REFER with Replaces)", () => {
  let test: TestHotline;
  let agent: FakeAgent;
  let colleague: FakeAgent;
  let caller: FakeCaller;
  afterEach(async () => {
    vi.restoreAllMocks();
    await test.close();
  });

  /** The caller talks with 1001, whose phone has called 1002; both phones' calls are there. */
  async function consulting(to = "1002"): Promise<{ readonly first: FakeCall; readonly second: FakeCall }> {
    const onTrunk = definePlugin({ name: "route", version: "0.1.0", core: "*", config: z.strictObject({}), register: ({ hooks }) => void hooks.callRoute.tap((_plan, { call }) => (call.via.kind === "trunk" ? { handler: "queue", target: "general" } : undefined)) });
    test = await createTestHotline({
      plugins: [onTrunk(), acd({ wrapUp: 5, queues: [{ key: "general", name: "综合", connectPrompt: false, whisper: false }], agents: [{ number: "1001", name: "A", queues: ["general"] }, { number: "1002", name: "B", queues: [] }] })],
    });
    test.trunk("out");
    agent = await test.agent("1001");
    colleague = await test.agent("1002");
    caller = await test.dial("12333", { from: "13812345678" });
    await test.advance(5_000);
    await agent.answer();
    await test.advance(2_000);
    const first = agent.call as FakeCall;
    const second = await agent.dial(to);
    await test.advance(500);
    return { first, second };
  }

  function refer(from: Call, replaces: Call): { readonly heard: number[]; rejected: number | undefined } {
    const told = { heard: [] as number[], rejected: undefined as number | undefined };
    const call = from as FakeCall;
    const hear = (status: number): void => void (call.signal.aborted ? undefined : told.heard.push(status));
    const accept = (): TransferReport => ({ progress: hear, finish: (status) => Promise.resolve(hear(status)) });
    call.tell({ type: "transfer-request", to: "sip:1002@hotline.test", replaces, accept, reject: (status = 603) => void (told.rejected = status) });
    return told;
  }
  /** Joining a bridge takes its time from now on, as it does where media live in another thread. */
  async function slowBridges(): Promise<void> {
    const bridges = Object.getPrototypeOf(await test.services.get(MEDIA).createBridge()) as MediaBridge;
    const join = Reflect.get(bridges, "join") as MediaBridge["join"];
    vi.spyOn(bridges, "join").mockImplementation(async function (this: MediaBridge, leg, options) {
      await test.services.get(CLOCK).sleep(200);
      return join.call(this, leg, options);
    });
  }
  const state = (number: string): string | undefined => test.services.get(ACD).agent(number)?.state;
  const rows = <T>(sql: string): Promise<T[]> => test.services.get(READ_POOL).read((em) => em.execute<T[]>(sql));

  it("caller and colleague talk in the caller's interaction, both legs of the agent are free, both agents are what they are", async () => {
    const { first, second } = await consulting();
    expect(state("1001")).toBe("busy");
    expect(state("1002")).toBe("occupied");
    await colleague.answer();
    await test.advance(500);
    expect(second.state).toBe("answered");
    expect(hear(second, colleague.call)).toBe(true);
    expect(hear(caller.call, first)).toBe(true);
    const told = refer(first, second);
    await test.advance(500);
    expect(told.heard).toEqual([200]);
    expect(first.state).toBe("ended");
    expect(second.state).toBe("ended");
    expect(hear(caller.call, colleague.call)).toBe(true);
    expect(state("1001")).toBe("wrap-up");
    expect(state("1002")).toBe("occupied");
    const calls = test.services.get(AGENT_CALLS);
    expect(calls.current("1001")).toBeUndefined();
    const mine = calls.current("1002");
    expect(mine).toMatchObject({ state: "talking", citizenNumber: "13812345678" });
    // All legs of the caller's call stand in one interaction; the consultation's is over.
    await test.advance(500);
    const legs = await rows<{ to_number: string; ended_at: number | null }>(`select to_number, ended_at from core_leg where interaction_id = '${mine?.interactionId ?? ""}' order by started_at`);
    expect(legs.map((leg) => [leg.to_number.replace(/^sip:/, ""), leg.ended_at === null])).toEqual([["12333", true], ["1001", false], ["1002", true]]);
    expect(await rows("select id from core_interaction where ended_at is null")).toHaveLength(1);
    expect(await rows("select id from core_bridge_membership where left_at is null")).toHaveLength(2);
    // The lease finds the colleague's call; a minute later all is as it was.
    await test.advance(60_000);
    expect(state("1002")).toBe("occupied");
    expect(hear(caller.call, colleague.call)).toBe(true);
    // The colleague has the caller like any other: hold, and the end.
    const held = calls.hold("1002");
    await test.advance(300);
    await held;
    expect(calls.current("1002")?.state).toBe("held");
    await colleague.hangup();
    await test.advance(500);
    expect(state("1002")).toBe("wrap-up");
    expect(caller.end).toBeDefined();
    await test.advance(10_000);
    expect(await rows("select id from core_leg where ended_at is null")).toEqual([]);
  });

  it("the same when the phone asks in the other of its two calls", async () => {
    const { first, second } = await consulting();
    await colleague.answer();
    await test.advance(500);
    const told = refer(second, first);
    await test.advance(500);
    expect(told.heard).toEqual([200]);
    expect([first.state, second.state]).toEqual(["ended", "ended"]);
    expect(hear(caller.call, colleague.call)).toBe(true);
    await caller.hangup();
    await test.advance(500);
    expect(colleague.talking).toBe(false);
    expect(await rows("select id from core_leg where ended_at is null")).toEqual([]);
  });

  it("with a number outside", async () => {
    const { first, second } = await consulting("13900139000");
    const outside = test.services.get(CALL_CONTROL).legs(test.journal.open.at(-1)?.id ?? "").find((leg) => leg !== second) as FakeCall;
    await outside.answer();
    await test.advance(500);
    expect(second.state).toBe("answered");
    refer(first, second);
    await test.advance(500);
    expect(hear(caller.call, outside)).toBe(true);
    expect(state("1001")).toBe("wrap-up");
    await caller.hangup();
    await test.advance(500);
    expect(outside.state).toBe("ended");
  });

  it("who was asked hangs up at that moment: the caller stays with the agent, who hears that it failed", async () => {
    const { first, second } = await consulting();
    await colleague.answer();
    await test.advance(500);
    colleague.call?.finish("remote-hangup", "remote");
    const told = refer(first, second);
    await test.advance(500);
    expect(told.rejected ?? told.heard.at(-1)).toBeGreaterThanOrEqual(480);
    expect(hear(caller.call, first)).toBe(true);
    expect(state("1001")).toBe("busy");
    expect(state("1002")).toBe("available");
  });

  it("the caller hangs up at that moment: agent and colleague talk on", async () => {
    const { first, second } = await consulting();
    await colleague.answer();
    await test.advance(500);
    caller.call.finish("remote-hangup", "remote");
    const told = refer(first, second);
    await test.advance(500);
    expect(told.heard).not.toContain(200);
    expect(hear(second, colleague.call)).toBe(true);
    await colleague.hangup();
    await test.advance(500);
    expect(second.state).toBe("ended");
  });

  it("the caller hangs up while they are being joined: agent and colleague talk on", async () => {
    const { first, second } = await consulting();
    await colleague.answer();
    await test.advance(500);
    await slowBridges();
    const told = refer(first, second);
    await test.advance(5);
    caller.call.finish("remote-hangup", "remote");
    await test.advance(2_000);
    expect(told.heard).not.toContain(200);
    expect(hear(second, colleague.call)).toBe(true);
    await colleague.hangup();
    await test.advance(500);
    expect(second.state).toBe("ended");
  });

  it("the caller hangs up before that: the agent is on the telephone until the consultation is over", async () => {
    const { second } = await consulting();
    await colleague.answer();
    await test.advance(500);
    await caller.hangup();
    await test.advance(8_000);
    expect(second.state).toBe("answered");
    expect([state("1001"), state("1002")]).toEqual(["occupied", "occupied"]);
    const next = await test.dial("12333", { from: "13900000002" });
    await test.advance(3_000);
    expect(next.end).toBeUndefined();
    expect(test.services.get(ACD).queue("general")?.waiting).toBe(1);
    second.finish("remote-hangup", "remote");
    await test.advance(1_000);
    expect(agent.ringing).toBe(true);
  });

  it("a phone that lets go of both its calls at once does not take the others along", async () => {
    const { first, second } = await consulting();
    await colleague.answer();
    await test.advance(500);
    await slowBridges();
    refer(first, second);
    for (const call of [first, second]) {
      await test.advance(5);
      call.finish("remote-hangup", "remote");
    }
    await test.advance(500);
    // As joined as the records say.
    expect(hear(caller.call, colleague.call)).toBe(true);
    expect(test.services.get(AGENT_CALLS).current("1002")).toMatchObject({ state: "talking", citizenNumber: "13812345678" });
    expect([state("1001"), state("1002")]).toEqual(["wrap-up", "occupied"]);
    await caller.hangup();
    await test.advance(500);
    expect(await rows("select id from core_leg where ended_at is null")).toEqual([]);
  });

  it("a phone and a caller that let go at once leave nobody behind: who was asked is let go", async () => {
    const { first, second } = await consulting();
    await colleague.answer();
    await test.advance(500);
    await slowBridges();
    refer(first, second);
    for (const call of [caller.call, first, second]) {
      await test.advance(5);
      call.finish("remote-hangup", "remote");
    }
    await test.advance(5_000);
    expect(colleague.call === undefined).toBe(true);
    expect(await rows("select id from core_leg where ended_at is null")).toEqual([]);
    expect(await rows("select id from core_interaction where ended_at is null")).toEqual([]);
  });

  it("while the other only rings: the address is rung for the caller, who hears it ring", async () => {
    const { first, second } = await consulting();
    expect(second.state).toBe("ringing");
    const told = refer(first, second);
    await test.advance(500);
    expect(second.state).toBe("ended");
    expect(caller.hearing).toBe("tone:ringback");
    expect(test.services.get(AGENT_CALLS).current("1001")?.state).toBe("transferring");
    await colleague.answer();
    await test.advance(500);
    expect(told.heard).toEqual([180, 200]);
    expect(hear(caller.call, colleague.call)).toBe(true);
    expect(state("1001")).toBe("wrap-up");
  });

  it("a colleague on a call is busy to it; one who gives up the dialling frees both", async () => {
    const { second } = await consulting();
    second.finish("cancelled", "remote");
    await test.advance(500);
    expect(colleague.ringing).toBe(false);
    expect(state("1002")).toBe("available");
    test.services.get(ACD).occupy("1002", { interactionId: "other" });
    const again = await agent.dial("1002");
    await test.advance(500);
    expect(again.lastHangup?.status).toBe(486);
  });
});
