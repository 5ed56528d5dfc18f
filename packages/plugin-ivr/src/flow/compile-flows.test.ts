import type { IvrNodeType } from "@hotlinejs/core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { FLOW_12333, PROMPTS_12333 } from "../../test/flow-12333.js";
import { errors } from "../errors.js";
import { ivrNodes } from "../nodes/index.js";
import type { FlowDefinition, FlowNode } from "../contract.js";
import type { FlowChecks } from "./compile-flows.js";
import { compileFlows } from "./compile-flows.js";
import { FlowRegistry } from "./flow-registry.js";

const prompts = new Set([...PROMPTS_12333.map(({ id }) => id), "ivr.invalid"]);
const checks: FlowChecks = {
  types: new Map<string, IvrNodeType<unknown>>([
    ...ivrNodes.map((node) => [node.type, node as IvrNodeType<unknown>] as const),
    ["schemaless", { type: "schemaless", config: z.looseObject({}).transform(() => { throw new Error("no schema today"); }), outcomes: () => [], run: () => Promise.resolve({ end: true }) }],
    ["broken", { type: "broken", config: z.looseObject({}), outcomes: () => { throw new Error("no outcomes today"); }, run: () => Promise.resolve({ end: true }) }],
  ]),
  hasPrompt: (id) => prompts.has(id),
  hasCalendar: (key) => key === "default",
};
const problems = (...flows: unknown[]) => compileFlows(flows, checks).problems.map(({ path, message }) => `${path}: ${message}`);
const flow = (nodes: unknown[], more: object = {}) => ({ id: "f", start: "a", nodes, ...more });
const bye = { id: "bye", type: "hangup" };

describe("compileFlows", () => {
  it("takes the 12333 flow", () => {
    const { flows, problems: found } = compileFlows([FLOW_12333], checks);
    expect(found).toEqual([]);
    const main = flows.get("main");
    expect(main?.nodes.size).toBe(FLOW_12333.nodes.length);
    expect(main?.nodes.get("welcome")).toMatchObject({ label: "欢迎", globals: { zero: false, star: true, hash: true } });
    expect(main?.nodes.get("serial")?.config).toMatchObject({ finishOn: "#", sensitive: false });
    expect(main?.version).toMatch(/^[0-9a-f]{12}$/);
  });

  it.each<[string, unknown, string]>([
    ["unknown type", flow([{ id: "a", type: "plaay", prompt: "P001", next: "bye" }, bye]), 'flows[0].nodes[0].type: unknown node type "plaay"; known are branch, broken, collect, goto, hangup, hours, menu, play, redirect, return, schemaless, set, transfer'],
    ["dead end", flow([{ id: "a", type: "menu", prompt: "P002", keys: "1", on: { "1": "bye", invalid: "bye" } }, bye]), 'flows[0].nodes[0].on.timeout: dead end: node "a" can end with "timeout", which leads nowhere'],
    ["edge to nowhere", flow([{ id: "a", type: "play", prompt: "P001", next: "nirvana" }]), 'flows[0].nodes[0].next: there is no node "nirvana" in this flow'],
    ["edge by outcome to nowhere", flow([{ id: "a", type: "hours", on: { open: "bye", closed: "x" } }, bye]), 'flows[0].nodes[0].on.closed: there is no node "x" in this flow'],
    ["start to nowhere", flow([{ id: "b", type: "hangup" }]), 'flows[0].start: there is no node "a" in this flow'],
    ["outcome that never comes", flow([{ id: "a", type: "play", prompt: "P001", next: "bye", on: { timeout: "bye" } }, bye]), 'flows[0].nodes[0].on.timeout: a node of type "play" never ends with "timeout"; it can end with done, error'],
    ["unreachable", flow([{ id: "a", type: "hangup" }, { id: "lost", type: "hangup" }]), 'flows[0].nodes[1]: node "lost" can never be reached'],
    ["missing prompt", flow([{ id: "a", type: "play", prompt: "P999", next: "bye" }, bye]), 'flows[0].nodes[0].prompt: there is no prompt "P999"'],
    ["missing prompt in a list", flow([{ id: "a", type: "play", prompt: ["P001", { id: "P998" }], next: "bye" }, bye]), 'flows[0].nodes[0].prompt[1].id: there is no prompt "P998"'],
    ["missing prompt of the flow", flow([{ id: "a", type: "hangup" }], { globals: { silence: "P997" } }), 'flows[0].globals.silence: there is no prompt "P997"'],
    ["missing prompt after a wrong key", flow([{ id: "a", type: "menu", prompt: "P002", invalidPrompt: "P996", keys: "1", next: "bye" }, bye]), 'flows[0].nodes[0].invalidPrompt: there is no prompt "P996"'],
    ["duplicate id", flow([{ id: "a", type: "hangup" }, { id: "a", type: "hangup" }]), 'flows[0].nodes[1].id: there is already a node "a" in this flow'],
    ["missing calendar", flow([{ id: "a", type: "hours", calendar: "moon", next: "bye" }, bye]), 'flows[0].nodes[0].calendar: there is no calendar "moon"'],
    ["unknown key in a node", flow([{ id: "a", type: "hangup", promt: "P001" }]), 'flows[0].nodes[0]: Unrecognized key: "promt"'],
    ["bad value in a node", flow([{ id: "a", type: "menu", prompt: "P002", keys: "12x", next: "bye" }, bye]), "flows[0].nodes[0].keys: expected keys 0-9 * #"],
    ["key twice", flow([{ id: "a", type: "menu", prompt: "P002", keys: "11", next: "bye" }, bye]), "flows[0].nodes[0].keys: a key is listed twice"],
    ["min over max", flow([{ id: "a", type: "collect", prompt: "P100", var: "x", min: 5, max: 4, next: "bye" }, bye]), "flows[0].nodes[0].min: min is more than max"],
    ["bad pattern", flow([{ id: "a", type: "collect", prompt: "P100", var: "x", max: 4, pattern: "(", next: "bye" }, bye]), "flows[0].nodes[0].pattern: no regular expression"],
    ["both to and toVar", flow([{ id: "a", type: "transfer", to: "sip:1", toVar: "x", next: "bye" }, bye]), "flows[0].nodes[0]: give either to or toVar"],
    ["agent node missing", flow([{ id: "a", type: "hangup" }], { globals: { zero: "agent" } }), 'flows[0].globals.zero: there is no node "agent" in this flow'],
    ["fallback missing", flow([{ id: "a", type: "hangup" }], { globals: { fallback: "f" } }), 'flows[0].globals.fallback: there is no node "f" in this flow'],
    ["goto to nowhere", flow([{ id: "a", type: "goto", flow: "english" }]), 'flows[0].nodes[0].flow: there is no flow "english" (f)'],
    ["goto to a node that is not there", flow([{ id: "a", type: "goto", flow: "f", node: "z" }]), 'flows[0].nodes[0].node: flow "f" has no node "z"'],
    ["called flow has nowhere to return", flow([{ id: "a", type: "goto", flow: "f", call: true }]), 'flows[0].nodes[0].on.returned: dead end: node "a" can end with "returned", which leads nowhere'],
    ["type whose schema throws", flow([{ id: "a", type: "schemaless" }]), 'flows[0].nodes[0]: node type "schemaless" cannot use this configuration: no schema today'],
    ["type that throws", flow([{ id: "a", type: "broken" }]), 'flows[0].nodes[0]: node type "broken" cannot use this configuration: no outcomes today'],
    ["unknown key in a flow", flow([{ id: "a", type: "hangup" }], { strat: "a" }), 'flows[0]: Unrecognized key: "strat"'],
  ])("finds: %s", (_name, given, problem) => expect(problems(given)).toEqual([problem]));

  it.each([null, 7, "flow", [], {}, { id: "f", start: "a", nodes: [] }, { id: "f", start: "a", nodes: "many" }, { id: "f", start: "a", nodes: [null, 3, {}] }])("survives nonsense: %j", (given) => {
    expect(problems(given).length).toBeGreaterThan(0);
  });

  it("finds everything at once, in every flow", () => {
    const found = problems(
      { id: "one", start: "a", nodes: [{ id: "a", type: "play", prompt: "P999", next: "x" }, { id: "b", type: "huh" }] },
      { id: "one", start: "a", nodes: [{ id: "a", type: "menu", prompt: "P002", keys: "1" }] },
    );
    expect(found).toHaveLength(7);
    expect(found.filter((line) => line.startsWith("flows[1]"))).toHaveLength(4);
  });

  it("reaches nodes by the agent key, the fallback, error edges and from other flows", () => {
    const one = { id: "one", start: "a", globals: { zero: "z", fallback: "f" }, nodes: [{ id: "a", type: "goto", flow: "two", node: "side", on: { error: "e" } }, ...["z", "f", "e"].map((id) => ({ id, type: "hangup" }))] };
    const two = { id: "two", start: "s", nodes: [{ id: "s", type: "hangup" }, { id: "side", type: "hangup" }] };
    expect(problems(one, two)).toEqual([]);
  });

  it("names the place of words whose placeholders are malformed", () => {
    const textFault = (text: string): Error | undefined => (text.includes("{{") && !text.includes("}}") ? new Error("Prompt text is malformed at position 2: {{ is never closed") : undefined);
    const own = [flow([{ id: "a", type: "play", prompt: ["P002", { text: "您好{{name" }], next: "bye" }, { ...bye, prompt: { text: "{{name}}再见" } }])];
    expect(compileFlows(own, { ...checks, textFault }).problems).toEqual([{ path: expect.stringContaining("flows[0].nodes[0]"), message: "Prompt text is malformed at position 2: {{ is never closed" }]);
  });

  it("does not check prompts when nobody speaks them", () => {
    expect(compileFlows([flow([{ id: "a", type: "hangup", prompt: "P999" }])], { ...checks, hasPrompt: undefined }).problems).toEqual([]);
  });
});

describe("FlowRegistry", () => {
  it("throws one coded error with all problems, and keeps what it had", () => {
    const registry = new FlowRegistry(() => checks);
    registry.load([FLOW_12333]);
    const bad: FlowDefinition = { id: "bad", start: "a", nodes: [{ id: "a", type: "play", prompt: "P999", next: "x" }] };
    let thrown: unknown;
    try {
      registry.put(bad);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: errors.FLOW_INVALID.code, message: expect.stringContaining("given to tts({ prompts })") as string, details: { problems: [{ path: "flows[1].nodes[0].next" }, { path: "flows[1].nodes[0].prompt" }] } });
    expect(registry.list().map(({ id }) => id)).toEqual(["main"]);
  });

  it("replaces a flow for the calls to come, with a new version", () => {
    const registry = new FlowRegistry(() => checks);
    registry.load([FLOW_12333]);
    const before = registry.current;
    const [old] = registry.list();
    const changed = { ...FLOW_12333, title: "changed", nodes: [...FLOW_12333.nodes] as FlowNode[] };
    const info = registry.put(changed);
    expect(info.version).not.toBe(old?.version);
    expect(before.get("main")?.title).toBe("12333");
    expect(registry.get("main")?.title).toBe("changed");
    changed.nodes.length = 0;
    expect(registry.get("main")?.nodes.length).toBe(FLOW_12333.nodes.length);
    expect(registry.put(FLOW_12333).version).toBe(old?.version);
  });
});
