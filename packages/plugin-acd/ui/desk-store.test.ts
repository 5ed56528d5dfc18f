import { beforeEach, describe, expect, it, vi } from "vitest";
import type { AgentCall, AgentSnapshot } from "../src/contract.js";

vi.stubGlobal("sessionStorage", { getItem: () => null, setItem: () => undefined, removeItem: () => undefined });
const { sessionStore } = await import("@hotlinejs/plugin-console/sdk");
const { agentNews, callNews, deskStore, loadDesk, newsOfAgent, newsOfCall, putAgent, putCall } = await import("./desk-store.js");

const call = (state: AgentCall["state"]): AgentCall => ({ interactionId: "a", state, answeredAt: null, given: null }) as unknown as AgentCall;
const agent = (number: string, state: AgentSnapshot["state"]): AgentSnapshot => ({ number, state }) as AgentSnapshot;
const stateOf = (number: string): string | undefined => deskStore.get().agents.get(number)?.state;
const shown = (): string | undefined => deskStore.get().call?.state;

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
