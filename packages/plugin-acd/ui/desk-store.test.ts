import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { AgentCall, AgentSnapshot } from "../src/contract.js";

vi.stubGlobal("sessionStorage", { getItem: () => null, setItem: () => undefined, removeItem: () => undefined });
const { connectLive, sessionStore } = await import("@hotlinejs/plugin-console/sdk");
const { agentNews, callNews, deskStore, followDesk, loadDesk, newsOfAgent, newsOfCall, putAgent, putCall } = await import("./desk-store.js");

const call = (state: AgentCall["state"]): AgentCall => ({ interactionId: "a", state, answeredAt: null, given: null }) as unknown as AgentCall;
const agent = (number: string, state: AgentSnapshot["state"]): AgentSnapshot => ({ number, state }) as AgentSnapshot;
const stateOf = (number: string): string | undefined => deskStore.get().agents.get(number)?.state;
const shown = (): string | undefined => deskStore.get().call?.state;

afterAll(() => void vi.unstubAllGlobals());
beforeEach(() => {
  sessionStore.set({ user: { id: "u1", agentNumber: "1001" } } as never);
  newsOfCall(null);
});

describe("the call at the desk", () => {
  it("the answer to a command is shown, unless the server has told of the call meanwhile", () => {
    putCall(call("talking"), callNews());
    expect(shown()).toBe("talking");
    // The event was faster than the answer, which tells what was before.
    const asked = callNews();
    newsOfCall(call("held"));
    putCall(call("talking"), asked);
    expect(shown()).toBe("held");
    putCall(call("talking"), callNews());
    expect(shown()).toBe("talking");
  });

  it("nor does what was loaded put back what came while it was loaded", async () => {
    const answers = new Map<string, unknown>([["/api/agents/1001/call", { call: call("ringing") }], ["/api/agents", { items: [{ number: "1001" }] }], ["/api/queues", { items: [] }]]);
    let meanwhile = (): void => undefined;
    vi.stubGlobal("fetch", (path: string) => {
      const of = path.split("?")[0] ?? "";
      if (of.endsWith("/call")) meanwhile();
      return Promise.resolve(new Response(JSON.stringify(answers.get(of)), { headers: { "content-type": "application/json" } }));
    });
    await loadDesk();
    expect([deskStore.get().error, shown()]).toEqual([undefined, "ringing"]);
    meanwhile = () => newsOfCall(call("talking"));
    await loadDesk();
    expect([deskStore.get().error, shown()]).toEqual([undefined, "talking"]);
  });
});

it("what the server tells of my call before the desk is loaded counts: what is being loaded is older", async () => {
  deskStore.set({ number: null, agents: new Map(), queues: new Map(), call: null, loaded: false, error: undefined });
  const wire: { onmessage?: (event: { data: string }) => void; close(): void } = { close: () => undefined };
  vi.stubGlobal("window", { addEventListener: () => undefined, removeEventListener: () => undefined });
  vi.stubGlobal("WebSocket", function () {
    return wire;
  });
  const answers = new Map<string, unknown>([["/api/agents/1001/call", { call: call("ringing") }], ["/api/agents", { items: [agent("1001", "available")] }], ["/api/queues", { items: [] }]]);
  const tell = (message: object): void => wire.onmessage?.({ data: JSON.stringify(message) });
  vi.stubGlobal("fetch", (path: string) => {
    const of = path.split("?")[0] ?? "";
    const answer = new Response(JSON.stringify(answers.get(of)), { headers: { "content-type": "application/json" } });
    // Answered at the server while the page reads that it rings; a colleague's call is none of the desk's.
    if (of.endsWith("/call")) ["1001", "1002"].forEach((number, index) => tell({ type: "event", id: index + 1, topic: "acd.call", data: { agent: number, call: call(number === "1001" ? "talking" : "held") } }));
    return Promise.resolve(answer);
  });
  const disconnect = connectLive("ws://desk/live");
  tell({ type: "hello", epoch: "e", id: 0 });
  const leave = followDesk();
  await vi.waitFor(() => expect(deskStore.get().loaded).toBe(true));
  expect([deskStore.get().error, shown()]).toEqual([undefined, "talking"]);
  leave();
  disconnect();
});

describe("the agents at the desk", () => {
  it("the answer to a command is shown, unless the server has told of that agent meanwhile; news of another do not count", () => {
    putAgent(agent("1001", "available"), agentNews("1001"));
    expect(stateOf("1001")).toBe("available");
    // Rung before the answer arrived, which tells what was before.
    const asked = agentNews("1001");
    newsOfAgent(agent("1001", "reserved"));
    putAgent(agent("1001", "available"), asked);
    expect(stateOf("1001")).toBe("reserved");
    const other = agentNews("1001");
    newsOfAgent(agent("1002", "busy"));
    putAgent(agent("1001", "not-ready"), other);
    expect([stateOf("1001"), stateOf("1002")]).toEqual(["not-ready", "busy"]);
  });

  it("nor does what was loaded put back an agent of whom something came while it was loaded", async () => {
    const answers = new Map<string, unknown>([["/api/agents", { items: [agent("1001", "available"), agent("1002", "available")] }], ["/api/agents/1001/call", { call: null }], ["/api/queues", { items: [] }]]);
    vi.stubGlobal("fetch", (path: string) => {
      const of = path.split("?")[0] ?? "";
      if (of.endsWith("/queues")) newsOfAgent(agent("1002", "busy"));
      return Promise.resolve(new Response(JSON.stringify(answers.get(of)), { headers: { "content-type": "application/json" } }));
    });
    await loadDesk();
    expect([stateOf("1001"), stateOf("1002")]).toEqual(["available", "busy"]);
  });
});
