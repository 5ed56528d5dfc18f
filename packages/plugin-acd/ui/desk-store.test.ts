import { beforeEach, describe, expect, it, vi } from "vitest";
import type { AgentCall } from "../src/contract.js";

vi.stubGlobal("sessionStorage", { getItem: () => null, setItem: () => undefined, removeItem: () => undefined });
const { sessionStore } = await import("@hotlinejs/plugin-console/sdk");
const { callNews, deskStore, loadDesk, newsOfCall, putCall } = await import("./desk-store.js");

const call = (state: AgentCall["state"]): AgentCall => ({ interactionId: "a", state, answeredAt: null, given: null }) as unknown as AgentCall;
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
