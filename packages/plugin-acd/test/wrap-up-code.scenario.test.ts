import { INTERACTIONS, READ_POOL, type HttpRoute, type Principal } from "@hotlinejs/core";
import { afterEach, describe, expect, it } from "vitest";
import { acdRoutes } from "../src/http/routes.js";
import { AGENT_CALLS } from "../src/index.js";
import type { AcdPluginOptions, AgentSnapshot } from "../src/index.js";
import { closeStages, pages, stage, team, type Stage } from "./stage.js";

afterEach(closeStages);

const wrapUpCodes = [
  { code: "answered", name: "当场答复", nameEn: "Answered at once" },
  { code: "dispatched", name: "登记转办", nameEn: "Passed on" },
  { code: "nuisance", name: "骚扰来电", nameEn: "Nuisance" },
];
const coded = (queue: Parameters<typeof team>[0] = {}, wrapUp = 30): AcdPluginOptions => ({ ...team({ connectPrompt: false, whisper: false, ...queue }, ["1001"], wrapUp), wrapUpCodes });

/** The agent has talked with a caller and is in after-call work. */
async function talked(at: Stage, from = "13800000001"): Promise<void> {
  const phone = await at.phone("1001");
  const caller = await at.dial(from);
  await phone.answer();
  await at.test.advance(5_000);
  await caller.hangup();
  await at.test.advance(500);
  expect(at.acd.agent("1001")?.state).toBe("wrap-up");
}

async function records(at: Stage): Promise<readonly (readonly [string, string | null])[]> {
  // The journal writes what has changed soon after.
  await at.test.advance(1_000);
  const rows = await at.test.services.get(READ_POOL).read((em) => em.execute<{ channel: string; wrap_up_code: string | null }[]>("select channel, wrap_up_code from core_interaction order by started_at, id"));
  return rows.map(({ channel, wrap_up_code: code }) => [channel, code]);
}

async function timeline(at: Stage, type: string): Promise<readonly object[]> {
  const rows = await at.test.services.get(READ_POOL).read((em) => em.execute<{ data: string | object }[]>("select data from core_interaction_event where type = ? order by at, id", [type]));
  return rows.map(({ data }) => (typeof data === "string" ? (JSON.parse(data) as object) : data));
}

const refused = (code: string, status: number): Error => expect.objectContaining({ code, status }) as Error;

describe("what an agent says of a conversation in the after-call work", () => {
  it("goes into its record, though the call is over; may be changed until the after-call work is over, and is told to the pages", async () => {
    const told: AgentSnapshot[] = [];
    const at = await stage({ acd: coded(), plugins: [pages((_to, { topic, data }) => (topic === "acd.agent" ? void told.push(structuredClone(data) as AgentSnapshot) : undefined))] });
    expect(at.acd.wrapUpCodes()).toEqual(wrapUpCodes);
    expect(at.acd.agent("1001")?.wrapUp).toBeNull();
    await talked(at);
    const open = at.acd.agent("1001")?.wrapUp;
    expect(open).toMatchObject({ queue: "q", code: null, codes: ["answered", "dispatched", "nuisance"], required: false });
    expect(at.acd.setWrapUpCode("1001", "nuisance").wrapUp).toEqual({ ...open, code: "nuisance" });
    expect(await records(at)).toEqual([["voice", "nuisance"]]);
    expect(told.at(-1)?.wrapUp?.code).toBe("nuisance");
    expect(at.acd.finishWrapUp("1001", { code: "dispatched" })).toMatchObject({ state: "available", wrapUp: null });
    expect(await records(at)).toEqual([["voice", "dispatched"]]);
    expect(() => at.acd.setWrapUpCode("1001", "answered")).toThrow(refused("HTL_ACD_NOT_IN_WRAP_UP", 409));
    expect(() => at.acd.finishWrapUp("1001", { code: "answered" })).toThrow(refused("HTL_ACD_NOT_IN_WRAP_UP", 409));
    expect(await records(at)).toEqual([["voice", "dispatched"]]);
    expect(await timeline(at, "queue.wrap-up-code")).toEqual([{ agent: "1001", code: "nuisance" }, { agent: "1001", code: "dispatched" }]);
    expect(await timeline(at, "queue.wrapped-up")).toMatchObject([{ queue: "q", agent: "1001", code: "dispatched" }]);
  });

  it("is one of the codes there are: of the queue's, where it names some; what is no code is refused, and nothing is written", async () => {
    const at = await stage({ acd: coded({ wrapUpCodes: ["nuisance", "answered"] }) });
    await talked(at);
    expect(at.acd.agent("1001")?.wrapUp?.codes).toEqual(["answered", "nuisance"]);
    expect(() => at.acd.setWrapUpCode("1001", "dispatched")).toThrow(refused("HTL_ACD_UNKNOWN_WRAP_UP_CODE", 422));
    expect(() => at.acd.finishWrapUp("1001", { code: "constructor" })).toThrow(refused("HTL_ACD_UNKNOWN_WRAP_UP_CODE", 422));
    expect(() => at.acd.setWrapUpCode("1001", "")).toThrow(refused("HTL_ACD_INPUT_INVALID", 422));
    expect(() => at.acd.setWrapUpCode("9", "answered")).toThrow(refused("HTL_ACD_UNKNOWN_AGENT", 404));
    expect(at.acd.agent("1001")).toMatchObject({ state: "wrap-up", wrapUp: { code: null } });
    expect(await records(at)).toEqual([["voice", null]]);
  });

  it("where a queue requires it the after-call work is not ended without; it ends by itself all the same", async () => {
    const at = await stage({ acd: coded({ wrapUpCodeRequired: true }) });
    await talked(at);
    expect(() => at.acd.finishWrapUp("1001")).toThrow(refused("HTL_ACD_WRAP_UP_CODE_NEEDED", 422));
    expect(at.acd.agent("1001")?.state).toBe("wrap-up");
    at.acd.setWrapUpCode("1001", "answered");
    expect(at.acd.finishWrapUp("1001").state).toBe("available");
    await talked(at, "13800000002");
    await at.test.advance(30_000);
    expect(at.acd.agent("1001")?.state).toBe("available");
    // Outside of after-call work there is nothing to end, and nothing to ask.
    expect(at.acd.finishWrapUp("1001").state).toBe("available");
    expect(await records(at)).toEqual([["voice", "answered"], ["voice", null]]);
  });

  it("belongs to the last conversation: a code of the one before is not taken over", async () => {
    const at = await stage({ acd: coded() });
    await talked(at);
    at.acd.finishWrapUp("1001", { code: "answered" });
    await talked(at, "13800000002");
    expect(at.acd.agent("1001")?.wrapUp?.code).toBeNull();
    at.acd.finishWrapUp("1001");
    expect(await records(at)).toEqual([["voice", "answered"], ["voice", null]]);
  });

  it("is said of a chat too, and of a call that the agent dialled", async () => {
    const at = await stage({ acd: coded() });
    const phone = await at.phone("1001");
    const record = at.test.services.get(INTERACTIONS).open({ channel: "chat", direction: "inbound", from: "citizen", to: "chat" });
    let end = (): void => undefined;
    const served = at.acd.serveWork({ interactionId: record.id, channel: "chat", ended: new Promise((resolve) => (end = resolve)), offer: () => Promise.resolve("accepted"), connected: () => undefined }, { queue: "q" });
    await at.test.advance(10_000);
    end();
    await served;
    record.close("completed");
    at.acd.finishWrapUp("1001", { code: "answered" });
    const calls = at.test.services.get(AGENT_CALLS);
    const other = await at.phone("2101");
    const dialled = calls.dial("1001", "2101", "user:1");
    await at.test.advance(300);
    await phone.answer();
    await at.test.advance(500);
    await dialled;
    await other.answer();
    await at.test.advance(3_000);
    await other.hangup();
    await at.test.advance(1_000);
    expect(at.acd.agent("1001")).toMatchObject({ state: "wrap-up", wrapUp: { queue: null, code: null, required: false, codes: ["answered", "dispatched", "nuisance"] } });
    at.acd.finishWrapUp("1001", { code: "dispatched" });
    expect(await records(at)).toEqual([["chat", "answered"], ["voice", "dispatched"]]);
  });

  it("a hotline without codes asks nothing", async () => {
    const at = await stage({ acd: team({ connectPrompt: false, whisper: false }, ["1001"]) });
    await talked(at);
    expect(at.acd.agent("1001")?.wrapUp).toBeNull();
    expect(() => at.acd.setWrapUpCode("1001", "answered")).toThrow(refused("HTL_ACD_UNKNOWN_WRAP_UP_CODE", 422));
    expect(at.acd.finishWrapUp("1001").state).toBe("available");
  });

  it("over HTTP: the agent's own, or a supervisor's", async () => {
    const at = await stage({ acd: coded({ wrapUpCodeRequired: true }) });
    const route = (path: string, method: string): HttpRoute => acdRoutes.find((each) => each.path === path && each.method === method) ?? expect.fail(`no ${method} ${path}`);
    const ask = (path: string, body: object, who: Partial<Principal>): Promise<unknown> =>
      route(path, "POST").handler({ services: at.test.services, params: { number: "1001" }, body, query: {}, principal: { userId: "u", agentNumber: null, permissions: new Set<string>(), ...who } as Principal } as never) as Promise<unknown>;
    expect(await route("/api/agent-states", "GET").handler({ services: at.test.services } as never)).toMatchObject({ wrapUpCodes });
    await talked(at);
    const own = { agentNumber: "1001" };
    await expect(ask("/api/agents/:number/wrap-up/code", { code: "answered" }, { agentNumber: "1002" })).rejects.toMatchObject({ code: "HTL_ACD_NOT_ALLOWED" });
    await expect(ask("/api/agents/:number/wrap-up/done", {}, own)).rejects.toMatchObject({ code: "HTL_ACD_WRAP_UP_CODE_NEEDED" });
    await expect(ask("/api/agents/:number/wrap-up/code", { code: "nothing" }, own)).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_WRAP_UP_CODE" });
    expect(await ask("/api/agents/:number/wrap-up/code", { code: "answered" }, { permissions: new Set(["acd.agents.state"]) })).toMatchObject({ wrapUp: { code: "answered" } });
    expect(await ask("/api/agents/:number/wrap-up/done", { code: "nuisance" }, own)).toMatchObject({ state: "available" });
    expect(await records(at)).toEqual([["voice", "nuisance"]]);
  });
});

describe("codes that would do nothing", () => {
  it("are refused at the start, with their place", async () => {
    await expect(stage({ acd: coded({ wrapUpCodes: ["gone"] }) })).rejects.toThrow(/queues\.0\.wrapUpCodes\.0.*there is no wrap-up code gone/s);
    await expect(stage({ acd: team({ wrapUpCodeRequired: true }) })).rejects.toThrow(/wrapUpCodeRequired.*there is no wrap-up code to choose/s);
    await expect(stage({ acd: { ...team(), wrapUpCodes: [...wrapUpCodes, ...wrapUpCodes.slice(0, 1)] } })).rejects.toThrow(/answered is given twice/);
  });
});
