import { READ_POOL } from "@hotlinejs/core";
import type { Principal } from "@hotlinejs/core";
import type { FakeAgent, FakeCall, FakeCaller } from "@hotlinejs/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { z } from "zod";
import { AGENT_CALLS } from "../src/index.js";
import type { AgentCall, AgentCalls, AgentScreen, ScreenHandover } from "../src/index.js";
import { screenRoutes } from "../src/http/screen-routes.js";
import { closeStages, hear, pages, stage, type Stage } from "./stage.js";

let at: Stage;
let calls: AgentCalls;
let phones: Record<"1001" | "1002" | "1003", FakeAgent>;
let caller: FakeCaller;
let id: string;
/** What screens of single agents were told, in order. */
let told: { to: readonly string[]; topic: string; data: unknown }[];

const screens = pages((audience, { topic, data }) => void ("agents" in audience && told.push({ to: audience.agents ?? [], topic, data })));

const of = (number: string): Principal => ({ userId: `u${number}`, username: "u", displayName: "U", roles: [], permissions: new Set(["acd.agents.state"]), agentNumber: number }) as Principal;
function request<T>(method: "GET" | "PUT", number: string, body?: unknown, principal: Principal = of(number), interactionId = id): Promise<T> {
  const route = screenRoutes.find((each) => each.method === method) ?? expect.fail(method);
  return Promise.resolve().then(() => route.handler({ services: at.test.services, params: { number, interactionId }, body, principal } as never)) as Promise<T>;
}
const screen = (content: string, panel = "acd/history"): AgentScreen => ({ drafts: [{ key: `ticket ${id}`, at: at.test.clock.now(), values: { kind: "complaint", content } }], panel });
const give = (number: string, content: string): Promise<void> => request("PUT", number, screen(content));
const read = (number: string): Promise<{ screen: ScreenHandover | null }> => request("GET", number);
const current = (number: string): AgentCall | undefined => calls.current(number);
const toldOf = (topic: string): unknown[] => told.filter((each) => each.topic === topic).map(({ to, data }) => ({ to, data }));
const NOT_YOURS = { code: "HTL_ACD_SCREEN_NOT_YOURS", status: 403 };

async function run(command: Promise<unknown>, ms = 500): Promise<void> {
  // A refusal is looked at by whoever asked; time must go on in any case.
  command.catch(() => undefined);
  await at.test.advance(ms);
  await command;
}

/** A caller talks with 1001; 1002 is of another queue, 1003 of none. */
beforeEach(async () => {
  told = [];
  at = await stage({
    acd: {
      wrapUp: 5,
      queues: [{ key: "q", name: "综合", connectPrompt: false, whisper: false }, { key: "second", name: "社保", connectPrompt: false, whisper: false }],
      agents: [{ number: "1001", name: "李敏", queues: ["q"] }, { number: "1002", name: "张科", queues: ["second"] }, { number: "1003", name: "王强", queues: [] }],
    },
    plugins: [screens],
  });
  calls = at.test.services.get(AGENT_CALLS);
  phones = { "1001": await at.phone("1001"), "1002": await at.phone("1002"), "1003": await at.phone("1003") };
  caller = await at.dial("13812345678");
  await at.test.advance(5_000);
  await phones["1001"].answer();
  await at.test.advance(1_000);
  id = current("1001")?.interactionId ?? expect.fail("nobody talks");
});
afterEach(closeStages);

describe("the screen goes with the caller", () => {
  it("by a direct transfer: the colleague's desk has the call at the first ring and the drafts with the answer", async () => {
    await give("1001", "养老金未到账");
    await run(calls.transfer("1001", "1002", "u1001"));
    expect(current("1002")).toMatchObject({ interactionId: id, state: "ringing", citizenNumber: "13812345678", queueName: "综合", given: { by: "1001", name: "李敏", asked: false }, commands: ["reject"] });
    expect(at.acd.agent("1002")?.state).toBe("occupied");
    await expect(read("1002")).rejects.toMatchObject(NOT_YOURS);
    await phones["1002"].answer();
    await at.test.advance(300);
    expect(current("1002")).toMatchObject({ state: "talking", given: { by: "1001", asked: false } });
    expect(current("1002")?.commands).toContain("transfer");
    expect(hear(caller, phones["1002"])).toBe(true);
    expect((await read("1002")).screen).toMatchObject({ from: "1001", fromName: "李敏", panel: "acd/history", drafts: [{ key: `ticket ${id}`, values: { content: "养老金未到账" } }] });
    expect(toldOf("acd.passed")).toEqual([{ to: ["1001"], data: { agent: "1001", interactionId: id, to: "1002", name: "张科" } }]);
    expect(await at.test.services.get(READ_POOL).read((em) => em.execute("select agent_id from core_interaction where id = ?", [id]))).toEqual([{ agent_id: "1002" }]);
    await caller.hangup();
    await at.test.advance(500);
    expect([current("1002"), at.acd.agent("1002")?.state]).toEqual([undefined, "wrap-up"]);
  });

  it("and on to a third: who had it before reads, but writes no more once the next has gone on", async () => {
    await give("1001", "一");
    await run(calls.transfer("1001", "1002", "u"));
    await phones["1002"].answer();
    await at.test.advance(300);
    const arrived = { to: ["1002"], data: { agent: "1002", interactionId: id } };
    expect(toldOf("acd.screen")).toEqual([arrived]);
    // Typed in the last moment before the colleague answered: it comes after, and the colleague is told again.
    await give("1001", "一，补充");
    expect(toldOf("acd.screen")).toEqual([arrived, arrived]);
    expect((await read("1002")).screen?.drafts[0]?.values).toMatchObject({ content: "一，补充" });
    await give("1002", "二");
    await expect(give("1001", "太晚")).rejects.toMatchObject({ code: "HTL_ACD_SCREEN_PASSED", status: 409 });
    await run(calls.transfer("1002", "1003", "u"));
    await phones["1003"].answer();
    await at.test.advance(300);
    expect((await read("1003")).screen).toMatchObject({ from: "1002", drafts: [{ values: { content: "二" } }] });
    await expect(give("1001", "更晚")).rejects.toMatchObject({ code: "HTL_ACD_SCREEN_PASSED" });
  });

  it("by a consultation that is completed: who is asked sees the call, and has the data only then", async () => {
    await run(calls.consult("1001", "1002", "u"));
    expect(current("1002")).toMatchObject({ state: "ringing", given: { by: "1001", asked: true } });
    await phones["1002"].answer();
    await at.test.advance(300);
    expect(current("1002")).toMatchObject({ state: "consulting", interactionId: id, consult: { number: "1001", name: "李敏", talking: true }, commands: ["hangup"] });
    await run(calls.swap("1001"));
    expect(current("1002")?.consult).toMatchObject({ talking: false });
    await expect(calls.hold("1002")).rejects.toMatchObject({ code: "HTL_ACD_CALL_STATE" });
    await give("1001", "请接手");
    await expect(read("1002")).rejects.toMatchObject(NOT_YOURS);
    await run(calls.complete("1001"));
    expect((await read("1002")).screen?.drafts).toHaveLength(1);
    expect(hear(caller, phones["1002"])).toBe(true);
    expect([current("1001"), current("1002")?.state]).toEqual([undefined, "talking"]);
    // The colleague has the caller like any other.
    await run(calls.hold("1002"));
    expect(current("1002")?.state).toBe("held");
    await phones["1002"].hangup();
    await at.test.advance(500);
    expect([caller.end !== undefined, at.acd.agent("1002")?.state]).toEqual([true, "wrap-up"]);
  });

  it("out of a conference, when the first agent hangs up", async () => {
    await run(calls.consult("1001", "1002", "u"));
    await phones["1002"].answer();
    await at.test.advance(300);
    await run(calls.conference("1001"));
    expect(current("1002")).toMatchObject({ state: "conference", commands: ["hangup"] });
    await phones["1001"].hangup();
    await at.test.advance(500);
    expect(current("1002")).toMatchObject({ state: "talking", given: { by: "1001", asked: false } });
    expect(toldOf("acd.passed")).toHaveLength(1);
    // The desk is told that the caller has gone on, and gives what it has.
    await give("1001", "三方后");
    expect((await read("1002")).screen?.drafts[0]?.values).toMatchObject({ content: "三方后" });
  });

  it("by a queue: whoever answers there", async () => {
    await give("1001", "转社保");
    await run(calls.toQueue("1001", "second", "u"), 2_000);
    expect(phones["1002"].ringing).toBe(true);
    await expect(read("1002")).rejects.toMatchObject(NOT_YOURS);
    await phones["1002"].answer();
    await at.test.advance(1_000);
    expect(current("1002")?.interactionId).toBe(id);
    expect((await read("1002")).screen).toMatchObject({ fromName: "李敏", drafts: [{ values: { content: "转社保" } }] });
    expect(toldOf("acd.passed")).toHaveLength(1);
  });

  it("by the phone's own blind transfer", async () => {
    (phones["1001"].call as FakeCall).tell({ type: "transfer-request", to: "sip:1002@hotline.test", accept: () => ({ progress: () => undefined, finish: () => Promise.resolve() }), reject: () => expect.unreachable() });
    await at.test.advance(500);
    await phones["1002"].answer();
    await at.test.advance(500);
    expect(current("1002")).toMatchObject({ state: "talking", interactionId: id, given: { by: "1001" } });
    expect(at.acd.agent("1002")?.state).toBe("occupied");
    await give("1001", "话机转接");
    expect((await read("1002")).screen?.drafts[0]?.values).toMatchObject({ content: "话机转接" });
  });
});

it("a supervisor who takes the call over has the screen, too; one who only talks along has not", async () => {
  await give("1001", "请班长处理");
  const watching = calls.watch("1001", "barge", { by: "1003", actor: "u1003" });
  await at.test.advance(200);
  await phones["1003"].answer();
  await run(watching);
  expect(hear(caller, phones["1003"])).toBe(true);
  await expect(read("1003")).rejects.toMatchObject(NOT_YOURS);
  await run(calls.takeOver("1001", { by: "1003", actor: "u1003" }));
  expect((await read("1003")).screen).toMatchObject({ from: "1001", drafts: [{ values: { content: "请班长处理" } }] });
  expect(toldOf("acd.passed")).toEqual([{ to: ["1001"], data: { agent: "1001", interactionId: id, to: "1003", name: "王强" } }]);
});

describe("it stays with the first agent", () => {
  it("when nobody answers: the colleague never reads it and is free, the agent has the caller again", async () => {
    await give("1001", "未接");
    await run(calls.transfer("1001", "1002", "u"));
    await at.test.advance(31_000);
    expect(current("1002")).toBeUndefined();
    expect(at.acd.agent("1002")?.state).toBe("available");
    await phones["1001"].answer();
    await at.test.advance(500);
    expect(current("1001")).toMatchObject({ state: "talking", interactionId: id, given: null });
    expect(hear(caller, phones["1001"])).toBe(true);
    expect(toldOf("acd.passed")).toEqual([]);
    // The forms are still on the agent's own screen; what is typed on is given anew with the next transfer.
    expect((await read("1001")).screen).toBeNull();
    await give("1001", "再转");
    await run(calls.transfer("1001", "1003", "u"));
    await phones["1003"].answer();
    await at.test.advance(300);
    expect((await read("1003")).screen?.drafts[0]?.values).toMatchObject({ content: "再转" });
    await expect(read("1002")).rejects.toMatchObject(NOT_YOURS);
  });

  it("when the colleague rejects it at the desk", async () => {
    await run(calls.transfer("1001", "1002", "u"));
    await run(calls.reject("1002"));
    expect([phones["1002"].ringing, phones["1001"].ringing]).toEqual([false, true]);
    await phones["1001"].answer();
    await at.test.advance(500);
    expect(hear(caller, phones["1001"])).toBe(true);
  });

  it("when a consultation is cancelled, while it rings and after the answer, or the colleague leaves it at the desk", async () => {
    await give("1001", "咨询");
    for (const end of [() => calls.cancel("1001"), () => calls.cancel("1001"), () => calls.hangup("1002")]) {
      await run(calls.consult("1001", "1002", "u"));
      if (phones["1002"].calls.length > 1) await phones["1002"].answer();
      await at.test.advance(300);
      await run(end());
      expect(current("1002")).toBeUndefined();
      expect(at.acd.agent("1002")?.state).toBe("available");
      expect(current("1001")?.state).toBe("talking");
      expect(hear(caller, phones["1001"])).toBe(true);
      await expect(read("1002")).rejects.toMatchObject(NOT_YOURS);
    }
    expect(toldOf("acd.passed")).toEqual([]);
  });

  it("when the caller hangs up while the colleague is rung: nobody is left with a call", async () => {
    await run(calls.transfer("1001", "1002", "u"));
    await caller.hangup();
    await at.test.advance(500);
    expect([phones["1002"].ringing, current("1002"), at.acd.agent("1002")?.state]).toEqual([false, undefined, "available"]);
    await expect(read("1001")).rejects.toMatchObject(NOT_YOURS);
  });

  it("when the colleague has a call: refused before anything is done", async () => {
    const second = at.acd.occupy("1002", { interactionId: "another" });
    await expect(run(calls.transfer("1001", "1002", "u"))).rejects.toMatchObject({ code: "HTL_ACD_AGENT_BUSY" });
    await expect(run(calls.consult("1001", "1002", "u"))).rejects.toMatchObject({ code: "HTL_ACD_AGENT_BUSY" });
    expect(hear(caller, phones["1001"])).toBe(true);
    second?.release();
    // A command the state does not allow leaves the colleague free.
    await run(calls.consult("1001", "1003", "u"));
    await expect(run(calls.transfer("1001", "1002", "u"))).rejects.toMatchObject({ code: "HTL_ACD_CALL_STATE" });
    expect(at.acd.agent("1002")?.state).toBe("available");
  });
});

describe("it is nobody else's", () => {
  it("neither colleagues nor supervisors read or write it in the agent's name", async () => {
    await give("1001", "隐私");
    await expect(request("GET", "1001", undefined, of("1003"))).rejects.toMatchObject(NOT_YOURS);
    await expect(request("PUT", "1001", screen("假"), of("1003"))).rejects.toMatchObject(NOT_YOURS);
    await expect(read("1003")).rejects.toMatchObject(NOT_YOURS);
    await expect(give("1003", "假")).rejects.toMatchObject(NOT_YOURS);
  });

  it("gone with the call, and nothing is taken in after it", async () => {
    await give("1001", "结束");
    await caller.hangup();
    await at.test.advance(500);
    await expect(read("1001")).rejects.toMatchObject(NOT_YOURS);
    await expect(give("1001", "之后")).rejects.toMatchObject(NOT_YOURS);
  });

  it("drafts of other calls, and more than fits, are refused with a reason", async () => {
    const put = (drafts: AgentScreen["drafts"]): Promise<unknown> => request("PUT", "1001", { drafts, panel: null });
    await expect(put([{ key: "ticket another", at: 1, values: {} }])).rejects.toMatchObject({ code: "HTL_ACD_SCREEN_UNUSABLE", status: 422 });
    await expect(put([{ key: `ticket ${id}`, at: 1, values: { content: "长".repeat(90_000) } }])).rejects.toMatchObject({ code: "HTL_ACD_SCREEN_UNUSABLE" });
    await put([{ key: `ticket ${id}`, at: 1, values: { content: "长".repeat(40_000) } }]);
    const { body } = screenRoutes.find(({ method }) => method === "PUT") ?? {};
    const fits = (value: unknown): boolean | undefined => (body as z.ZodType | undefined)?.safeParse(value).success;
    expect([fits({ drafts: [], panel: null }), fits({ drafts: [], panel: null, more: 1 }), fits({ drafts: Array.from({ length: 21 }, () => ({ key: "k", at: 1, values: {} })), panel: null }), fits({ drafts: [{ key: "k", at: -1, values: {} }], panel: null })]).toEqual([true, false, false, false]);
  });
});
