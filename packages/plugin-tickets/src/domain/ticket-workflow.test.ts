import { describe, expect, it } from "vitest";
import { DEFAULT_WORKFLOW, TicketWorkflow } from "./ticket-workflow.js";

const code = (name: string): unknown => expect.objectContaining({ code: `HTL_TICKETS_${name}` });

describe("workflow", () => {
  const workflow = new TicketWorkflow();

  it("lets through what the table has, with what it needs", () => {
    expect(workflow.check("register", "received", {}).to).toBe("accepted");
    expect(workflow.check("reply", "handling", { answer: "已补发" }).to).toBe("replied");
    expect(() => workflow.check("reply", "handling", {})).toThrow(code("VALUE_MISSING") as Error);
    expect(() => workflow.check("reply", "handling", { answer: "" })).toThrow(code("VALUE_MISSING") as Error);
    expect(() => workflow.check("reply", "closed", { answer: "x" })).toThrow(code("NOT_ALLOWED") as Error);
    expect(() => workflow.check("fly", "accepted", {})).toThrow(code("UNKNOWN_ACTION") as Error);
  });

  it("reaches every state from a new ticket, and every open state leads on", () => {
    const reached = new Set(["received", "accepted"]);
    for (let before = 0; before !== reached.size; ) {
      before = reached.size;
      for (const { from, to } of DEFAULT_WORKFLOW.transitions) if (from.some((state) => reached.has(state))) reached.add(to);
    }
    for (const state of DEFAULT_WORKFLOW.states) {
      expect(reached.has(state.id), state.id).toBe(true);
      expect(workflow.actions(state.id).length > 0, state.id).toBe(state.closed !== true);
    }
  });

  it("refuses a table that is not sound", () => {
    const [received, accepted] = [{ id: "received", name: "", prompt: "p" }, { id: "accepted", name: "", prompt: "p" }];
    expect(() => new TicketWorkflow({ states: [received], transitions: [] })).toThrow(/accepted is missing/);
    expect(() => new TicketWorkflow({ states: [received, accepted], transitions: [{ id: "a", name: "", from: ["gone"], to: "accepted" }] })).toThrow(/unknown state gone/);
    const twice = { id: "a", name: "", from: ["received"], to: "accepted" };
    expect(() => new TicketWorkflow({ states: [received, accepted], transitions: [twice, twice] })).toThrow(/two transitions/);
  });
});
