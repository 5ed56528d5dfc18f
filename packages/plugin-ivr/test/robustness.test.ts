import { CALL_CONTROL } from "@hotlinejs/core";
import type { FakeCaller } from "@hotlinejs/testing";
import { afterEach, describe, expect, it } from "vitest";
import type { FlowDefinition, FlowNode } from "../src/contract.js";
import { FLOWS } from "../src/contract.js";
import { FLOW_12333 } from "./flow-12333.js";
import type { Run } from "./harness.js";
import { closeStages, flow, said, stage } from "./harness.js";

afterEach(closeStages);

const probe: FlowNode = { id: "probe", type: "probe", next: "bye" };
const throwing: Run = () => Promise.reject(new Error("boom"));

describe("a node that fails", () => {
  it("leads to the fallback node", async () => {
    const { dial } = await stage({ flows: [flow([probe])], probe: throwing });
    const caller = await dial();
    await caller.hears("感谢来电");
    expect(said(caller)).toEqual(["系统繁忙。", "正在转接人工。", "感谢来电，再见。"]);
  });

  it("leads to its own error edge first", async () => {
    const { dial } = await stage({ flows: [flow([{ ...probe, on: { error: "own" } }, { id: "own", type: "play", prompt: { text: "自己处理" }, next: "bye" }])], probe: throwing });
    const caller = await dial();
    await caller.hears("感谢来电");
    expect(said(caller)).toEqual(["自己处理", "感谢来电，再见。"]);
  });

  it.each<[string, Run]>([
    ["an outcome it never declared", () => Promise.resolve({ outcome: "surprise" })],
    ["nothing at all", () => Promise.resolve(undefined as never)],
  ])("is one that ends with %s, too", async (_name, run) => {
    const { dial } = await stage({ flows: [flow([probe])], probe: run });
    const caller = await dial();
    await caller.hears("系统繁忙");
  });

  it("leads to a person when there is no fallback, or the fallback fails as well", async () => {
    const { dial } = await stage({ flows: [flow([probe], { zero: "agent" })], probe: throwing });
    await (await dial()).hears("正在转接人工。");
    await closeStages();
    const second = await stage({ flows: [flow([probe], { zero: "agent", fallback: "probe" })], probe: throwing });
    const caller = await second.dial();
    await caller.hears("正在转接人工。");
    expect(said(caller)[0]).toBe("抱歉，系统繁忙，正在为您转接人工。");
  });

  it("ends in a goodbye when everything fails, never in silence", async () => {
    const { dial, test } = await stage({ flows: [flow([probe, { id: "p2", type: "probe", next: "bye" }, { id: "p3", type: "probe", next: "bye" }], { zero: "p2", fallback: "p3", goodbye: "P175" })], probe: throwing });
    const caller = await dial();
    await caller.hears("感谢来电");
    await test.advance(5000);
    expect(caller.end).toMatchObject({ reason: "hangup" });
  });

  it("is not tried for ever when the fallback leads back to it", async () => {
    let runs = 0;
    const { dial, test } = await stage({
      flows: [flow([probe, { id: "again", type: "play", prompt: { text: "再试一次" }, next: "probe" }], { zero: "agent", fallback: "again" })],
      probe: () => (runs++, Promise.reject(new Error("boom"))),
    });
    const caller = await dial();
    await caller.hears("正在转接人工。");
    expect(runs).toBeLessThanOrEqual(4);
    await test.advance(10_000);
    expect(caller.end).toBeDefined();
  });
});

describe("a flow that spins", () => {
  it("is stopped and the caller led on", async () => {
    const { dial } = await stage({ flows: [flow([{ id: "a", type: "set", values: { x: 1 }, next: "b" }, { id: "b", type: "branch", var: "x", cases: { "1": "a" }, on: { a: "a", else: "bye" } }])] });
    const caller = await dial();
    await caller.hears("系统繁忙");
    await caller.hears("感谢来电");
  });

  it("is stopped when it only plays what a waiting key cuts short at once", async () => {
    const { dial } = await stage({ flows: [flow([{ id: "a", type: "play", prompt: { text: "甲" }, next: "b" }, { id: "b", type: "play", prompt: { text: "乙" }, next: "a" }], { fallback: "sorry" })] });
    const caller = await dial();
    await caller.press("1");
    await caller.hears("感谢来电", 20_000);
    expect(said(caller)).toContain("系统繁忙。");
  });

  it("does not stop a caller who listens for a long time", async () => {
    const { dial, test } = await stage({ flows: [flow([{ id: "a", type: "play", prompt: { text: "甲" }, next: "b" }, { id: "b", type: "set", next: "a" }], {})] });
    const caller = await dial();
    await test.advance(60_000);
    expect(said(caller).length).toBeGreaterThan(200);
    expect(caller.end).toBeUndefined();
  });

  it("is stopped when flows call each other without end", async () => {
    const one: FlowDefinition = { ...flow([{ id: "a", type: "goto", flow: "two", call: true, next: "bye" }]), id: "main" };
    const two: FlowDefinition = { id: "two", start: "a", nodes: [{ id: "a", type: "goto", flow: "main", call: true, next: "r" }, { id: "r", type: "return" }] };
    const { dial } = await stage({ flows: [one, two] });
    await (await dial()).hears("系统繁忙");
  });
});

describe("the voice", () => {
  it("may be down: the flow goes on and keys work", async () => {
    const { dial, prompts, test } = await stage();
    prompts().broken = true;
    const caller = await dial();
    await test.advance(100);
    await caller.press("2");
    prompts().broken = false;
    await caller.press("1");
    await caller.hears("就业政策请按2");
  });

  it("speaks the language the flow sets, and values of the flow", async () => {
    const { dial } = await stage({
      flows: [flow([{ id: "set", type: "set", values: { name: "执法支队" }, language: "en-US", next: "say" }, { id: "say", type: "play", prompt: [{ text: "由{{name|text}}办理" }, { text: "来电{{callerNumber|digits}}拨打{{calledNumber|digits}}" }], next: "probe" }, probe])],
      probe: ({ session }) => Promise.resolve((expect(session.language).toBe("en-US"), { outcome: "done" })),
    });
    const caller = await dial();
    await caller.hears("感谢来电");
    expect(said(caller).slice(0, 2)).toEqual(["由执法支队办理", "来电13800138000拨打12333"]);
  });
});

describe("hang-up", () => {
  const places = FLOW_12333.nodes.map(({ id }) => id).filter((id) => id !== "hours" && id !== "closed");
  it.each(places)("at %s ends the flow and leaves nothing behind", async (start) => {
    const closed = start === "sorry";
    const entry: FlowDefinition = { ...FLOW_12333, id: "entry", start: "entry", globals: { zero: "agent", fallback: "sorry" }, nodes: [{ id: "entry", type: "goto", flow: "main", node: start }, ...FLOW_12333.nodes.filter(({ id }) => ["sorry", "agent", "bye"].includes(id))] };
    const { dial, test } = await stage({ flows: [entry, FLOW_12333] });
    const before = test.clock.pending;
    const caller = await dial();
    await test.advance(closed ? 100 : 300);
    expect(caller.end).toBeUndefined();
    await caller.hangup();
    await test.advance(10);
    expect(test.services.get(FLOWS).list().map(({ calls }) => calls)).toEqual([0, 0]);
    expect(test.services.get(CALL_CONTROL).legs(caller.call.id)).toEqual([]);
    await test.advance(120_000);
    expect(test.clock.pending).toBeLessThanOrEqual(before + 1);
  });

  it("tells the node, waits for what it still has to do, but not for ever", async () => {
    let done = false;
    const { dial, test } = await stage({
      flows: [flow([probe])],
      probe: async ({ signal, session }) => {
        await session.call.ended;
        expect(signal.aborted).toBe(true);
        await Promise.resolve();
        done = true;
        return { end: true };
      },
    });
    const caller = await dial();
    await caller.hangup();
    expect(done).toBe(true);
    await closeStages();
    const stuck = await stage({ flows: [flow([probe])], probe: () => new Promise(() => undefined) });
    const other = await stuck.dial();
    await other.hangup();
    await stuck.test.advance(6000);
    expect(stuck.test.services.get(FLOWS).list()[0]?.calls).toBe(0);
    expect(test).toBeDefined();
  });

  it("before the answer begins no flow", async () => {
    let ran = false;
    const { test } = await stage({ flows: [flow([probe])], probe: () => ((ran = true), Promise.resolve({ outcome: "done" })), hotline: {} });
    const dialling = test.dial("12333");
    const caller = await dialling;
    await caller.hangup();
    await test.advance(100);
    expect(ran || caller.end !== undefined).toBe(true);
  });
});

describe("several flows", () => {
  const sub: FlowDefinition = { id: "sub", start: "say", nodes: [{ id: "say", type: "play", prompt: { text: "子流程" }, next: "menu" }, { id: "menu", type: "menu", prompt: { text: "子菜单" }, keys: "1", on: { "1": "back", timeout: "back", invalid: "back" } }, { id: "back", type: "return" }] };
  const main = flow([
    { id: "menu", type: "menu", prompt: { text: "主菜单" }, keys: "12", on: { "1": "call", "2": "jump", timeout: "bye", invalid: "bye" } },
    { id: "call", type: "goto", flow: "sub", call: true, on: { returned: "after" } },
    { id: "after", type: "play", prompt: { text: "回来了" }, next: "menu" },
    { id: "jump", type: "goto", flow: "sub" },
  ]);

  it("call each other and come back", async () => {
    const { dial } = await stage({ flows: [main, sub] });
    const caller = await dial();
    await caller.press("1");
    await caller.hears("子菜单");
    await caller.press("1");
    await caller.hears("回来了");
    await caller.hears("主菜单");
  });

  it("jump, and end when there is nowhere to return to", async () => {
    const { dial, test } = await stage({ flows: [main, sub] });
    const caller = await dial();
    await caller.press("2");
    await caller.hears("子菜单");
    await caller.press("1");
    await test.advance(100);
    expect(caller.end).toMatchObject({ by: "local" });
  });

  it("share the way back and the agent key", async () => {
    const { dial, test } = await stage({ flows: [main, sub] });
    const caller = await dial();
    await caller.press("1");
    await caller.hears("子菜单");
    await caller.press("*");
    await test.advance(100);
    expect(caller.hearing).toBe("主菜单");
    await caller.press("1");
    await caller.hears("子流程");
    await caller.press("0");
    await caller.hears("正在转接人工");
  });

  it("are chosen by number, trunk and rest", async () => {
    const named = (id: string): FlowDefinition => ({ id, start: "say", nodes: [{ id: "say", type: "play", prompt: { text: id }, next: "bye" }, { id: "bye", type: "hangup" }] });
    const { test } = await stage({ flows: ["main", "english", "area", "trunk"].map(named), ivr: { routes: [{ number: "12333", flow: "main" }, { number: "12334", flow: "english", language: "en-US" }, { number: "0900*", flow: "area" }, { trunk: "test", number: "5", flow: "trunk" }] } });
    for (const [number, id] of [["12333", "main"], ["12334", "english"], ["09001234", "area"], ["5", "trunk"]] as const) expect(said(await test.dial(number))).toEqual([id]);
    const lost = await test.dial("777");
    expect(lost.answered).toBe(false);
    expect(lost.end).toBeDefined();
  });

  it("with faults stop the start with one error that lists them", async () => {
    await expect(stage({ flows: [flow([{ id: "a", type: "play", prompt: "P999", next: "x" }])], ivr: { routes: [{ flow: "gone" }] } })).rejects.toMatchObject({
      code: "HTL_IVR_FLOW_INVALID",
      details: { problems: [{ path: "flows[0].nodes[0].next" }, { path: "flows[0].nodes[0].prompt" }, { path: "routes[0].flow" }].map((problem) => expect.objectContaining(problem) as object) },
    });
  });
});

describe("transfer", () => {
  const transfer = (more: object = {}) => flow([{ id: "t", type: "transfer", to: "sip:1001", prompt: "P020", timeoutSeconds: 20, on: { failed: "sorry2", answered: "after" }, ...more }, { id: "sorry2", type: "play", prompt: { text: "没有接通{{transferResult|text}}" }, next: "bye" }, { id: "after", type: "play", prompt: { text: "通话结束" }, next: "bye" }]);
  const legs = (caller: FakeCaller) => caller.call.leg?.bridgedWith.size ?? 0;

  it("joins the caller with whoever answers, and goes on when that one has gone", async () => {
    const { dial, test } = await stage({ flows: [transfer()] });
    const agent = await test.agent("1001");
    const caller = await dial();
    await caller.hears("tone:ringback");
    expect(agent.ringing).toBe(true);
    await agent.answer();
    expect(legs(caller)).toBe(1);
    // Keys are part of the conversation now.
    await caller.press("0");
    expect(legs(caller)).toBe(1);
    await agent.hangup();
    await caller.hears("通话结束");
  });

  it.each([
    ["busy", 486, "没有接通busy"],
    ["declined", 603, "没有接通declined"],
  ])("tells that it failed: %s", async (_name, status, heard) => {
    const { dial, test } = await stage({ flows: [transfer()] });
    const agent = await test.agent("1001");
    const caller = await dial();
    await caller.hears("tone:ringback");
    await agent.decline(status);
    await caller.hears(heard);
  });

  it("gives up after its time, and when there is nobody", async () => {
    const { dial, test } = await stage({ flows: [transfer()] });
    await (await dial()).hears("没有接通unreachable");
    const agent = await test.agent("1001");
    const caller = await dial();
    await caller.hears("没有接通no-answer");
    expect(agent.ringing).toBe(false);
  });

  it.each([{}, { x: "not an address" }])("fails on a missing address", async (values) => {
    const { dial } = await stage({ flows: [flow([{ id: "s", type: "set", values, next: "t" }, { id: "t", type: "transfer", toVar: "x", on: { failed: "no" } }, { id: "no", type: "play", prompt: { text: "{{transferResult|text}}" }, next: "bye" }])] });
    await (await dial()).hears("no-address");
  });

  it("takes a number from a variable", async () => {
    const { dial, test } = await stage({ flows: [flow([{ id: "s", type: "set", values: { x: "1002" }, next: "t" }, { id: "t", type: "transfer", toVar: "x", on: { failed: "bye" } }])] });
    await dial();
    await test.advance(100);
    const { FAKE_TELEPHONY } = await import("@hotlinejs/testing");
    expect(test.services.get(FAKE_TELEPHONY).outbound[0]?.to.uri).toBe("tel:1002");
  });

  it.each(["ringing", "talking"])("hangs the other side up when the caller goes while %s", async (when) => {
    const { dial, test } = await stage({ flows: [transfer()] });
    const agent = await test.agent("1001");
    const caller = await dial();
    await caller.hears("tone:ringback");
    if (when === "talking") await agent.answer();
    await caller.hangup();
    await test.advance(100);
    expect(agent.ringing || agent.talking).toBe(false);
    expect(test.services.get(FLOWS).list()[0]?.calls).toBe(0);
  });

  it("stops ringing when the caller presses 0", async () => {
    const { dial, test } = await stage({ flows: [transfer()] });
    const agent = await test.agent("1001");
    const caller = await dial();
    await caller.hears("tone:ringback");
    await caller.press("0");
    await test.advance(200);
    expect(agent.ringing).toBe(false);
    expect(said(caller).at(-1)).toBe("正在转接人工。");
  });

  it("ends the call after the conversation when nothing follows", async () => {
    const { dial, test } = await stage({ flows: [flow([{ id: "t", type: "transfer", to: "sip:1001", on: { failed: "bye" } }])] });
    const agent = await test.agent("1001");
    const caller = await dial();
    await test.advance(100);
    await agent.answer();
    await agent.hangup();
    await test.advance(200);
    expect(caller.end).toMatchObject({ by: "local" });
  });
});
