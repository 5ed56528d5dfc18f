import { runFlow, type FlowStep } from "@hotlinejs/testing";
import { describe, expect, it } from "vitest";
import type { FlowDefinition } from "../src/contract.js";
import { ivr } from "../src/plugin.js";

const flow: FlowDefinition = {
  id: "main",
  start: "hello",
  nodes: [
    { id: "hello", type: "play", prompt: "WELCOME", next: "choice" },
    { id: "choice", type: "menu", prompt: { text: "编号请按1，其他请按2。" }, keys: "12", maxTries: 1, on: { "1": "number", "2": "elsewhere", timeout: "bye", invalid: "bye" } },
    { id: "number", type: "collect", prompt: { text: "请输入编号，以井号键结束。" }, var: "code", min: 1, max: 8, next: "said", on: { timeout: "bye", invalid: "bye" } },
    { id: "said", type: "play", prompt: { text: "编号{{code|digits}}" }, next: "bye" },
    { id: "elsewhere", type: "goto", flow: "other" },
    { id: "bye", type: "hangup", prompt: { text: "{{town}}再见" } },
  ],
};
const other: FlowDefinition = { id: "other", start: "end", nodes: [{ id: "end", type: "hangup", prompt: { text: "在别处" } }] };

const run = (...script: FlowStep[]) => runFlow(flow, script, { plugins: [ivr()], flows: [other], prompts: [{ id: "WELCOME", text: "欢迎" }], vars: { town: "海晏" } });

describe("one flow and one caller", () => {
  it("keys: what was heard, the way through the nodes, the values at the end", async () => {
    const { outcome, heard, vars, path, end } = await run({ hears: "编号请按1" }, "1", "4711#");
    expect(outcome).toBe("ended");
    expect(end).toMatchObject({ by: "local" });
    expect(heard).toEqual(["欢迎", "编号请按1，其他请按2。", "请输入编号，以井号键结束。", "编号4711", "海晏再见"]);
    expect(vars).toMatchObject({ code: "4711", town: "海晏", callerNumber: "13800138000" });
    expect(path.map(({ node, outcome: came }) => `${node}:${came}`)).toEqual(["hello:done", "choice:1", "number:collected", "said:done", "bye:end"]);
  });

  it("silence, another flow, hanging up", async () => {
    expect((await run({ silence: "30s" })).path.map(({ node }) => node)).toEqual(["hello", "choice", "bye"]);
    const elsewhere = await run({ hears: "编号请按1" }, { keys: "2" });
    expect([elsewhere.heard.at(-1), elsewhere.path.at(-1)?.flow]).toEqual(["在别处", "other"]);
    const gone = await run({ hears: "编号请按1" }, { hangsUp: true });
    expect([gone.outcome, gone.path.at(-1)]).toEqual(["hung-up", { flow: "main", node: "choice", type: "menu", outcome: "gone" }]);
  });

  it("fails where the script expects what is not said, and for a flow with faults", async () => {
    await expect(run({ hears: "请留言", within: "5s" })).rejects.toThrow("did not hear");
    await expect(runFlow({ id: "bad", start: "nowhere", nodes: [] }, [], { plugins: [ivr()] })).rejects.toMatchObject({ code: "HTL_IVR_FLOW_INVALID" });
  });
});
