import { describe, expect, it } from "vitest";
import { DEFAULT_WORKFLOW } from "./default-workflow.js";
import { TicketWorkflow } from "./ticket-workflow.js";
import type { Workflow, WorkflowTransition } from "./workflow.js";

const code = (name: string): unknown => expect.objectContaining({ code: `HTL_TICKETS_${name}` });
const state = (id: string, more: object = {}): Workflow["states"][number] => ({ id, name: id, prompt: "p", ...more });
const move = (id: string, from: string, to: string, more: Partial<WorkflowTransition> = {}): WorkflowTransition => ({ id, name: id, from: [from], to, permission: "tickets.handle", ...more });

describe("workflow", () => {
  const workflow = new TicketWorkflow();

  it("lets through what the table has, with what it needs", () => {
    expect(workflow.check("register", "received", {}).to).toBe("accepted");
    expect(workflow.check("reply", "handling", { answer: "已补发" }).to).toBe("replied");
    for (const answer of [undefined, "", "  "]) expect(() => workflow.check("reply", "handling", { answer })).toThrow(code("VALUE_MISSING") as Error);
    expect(() => workflow.check("reply", "closed", { answer: "x" })).toThrow(code("NOT_ALLOWED") as Error);
    expect(() => workflow.check("fly", "accepted", {})).toThrow(code("UNKNOWN_ACTION") as Error);
  });

  it("checks values by their type", () => {
    expect(() => workflow.check("return", "dispatched", { reason: "不想办" })).toThrow(code("BAD_CHOICE") as Error);
    expect(workflow.check("return", "dispatched", { reason: "非本单位职责" }).to).toBe("return-pending");
    for (const days of [0, 11, 1.5, "3", Number.NaN]) expect(() => workflow.check("extend", "handling", { days, reason: "等待对方举证" })).toThrow(code("BAD_NUMBER") as Error);
    expect(workflow.check("extend", "handling", { days: 10, reason: "等待对方举证" }).clock).toBe("extend");
    expect(() => workflow.check("reply", "handling", { answer: "x".repeat(20_001) })).toThrow(code("BAD_VALUE") as Error);
    expect(() => workflow.check("dispatch", "accepted", { department: 204 })).toThrow(code("BAD_VALUE") as Error);
  });

  it("says who may", () => {
    const sign = workflow.check("sign", "dispatched", {});
    const ticket = { status: "dispatched", handlingDepartment: "204", done: new Set<string>() };
    const of = (departmentCode: string | undefined, ...permissions: string[]) => workflow.refusal(sign, ticket, { permissions: new Set(permissions), departmentCode });
    expect(of("204")).toEqual({ kind: "permission", permission: "tickets.sign" });
    expect(of("202", "tickets.sign")).toEqual({ kind: "department", department: "204" });
    expect(of(undefined, "tickets.sign")).toEqual({ kind: "department", department: "204" });
    expect(of("204", "tickets.sign")).toBeUndefined();
    expect(of(undefined, "tickets.sign", "tickets.every-department")).toBeUndefined();
    const ask = workflow.check("ask-citizen", "handling", { need: "工资表" });
    const doer = { permissions: new Set(["tickets.handle"]), departmentCode: "204" };
    expect(workflow.refusal(ask, { ...ticket, status: "handling", done: new Set(["ask-citizen"]) }, doer)).toEqual({ kind: "once" });
    // Nobody's ticket yet: whoever has the permission.
    expect(workflow.refusal(ask, { ...ticket, handlingDepartment: null }, { permissions: doer.permissions })).toBeUndefined();
  });

  it("stops the clock where nothing more is to be done, and holds it while the citizen is asked", () => {
    expect(["received", "dispatched", "handling", "waiting-citizen", "replied", "closed", "gone"].map((each) => workflow.clockOf(each))).toEqual(["running", "running", "running", "paused", "stopped", "stopped", "running"]);
  });

  it("the built-in table reaches every state, every open state leads on, every closed one is the end", () => {
    for (const { id, closed } of DEFAULT_WORKFLOW.states) expect(workflow.actions(id).length > 0, id).toBe(closed !== true);
  });

  const base = [state("received"), state("accepted", { closed: true })];
  const first = move("register", "received", "accepted");
  it.each<[string, Workflow, RegExp]>([
    ["a missing state", { states: [state("received")], transitions: [] }, /accepted is missing/],
    ["an unknown state", { states: base, transitions: [first, move("b", "gone", "accepted")] }, /unknown state gone/],
    ["two of one name", { states: base, transitions: [first, first] }, /two transitions/],
    ["two states of one name", { states: [...base, state("received")], transitions: [first] }, /two states/],
    ["a state nobody reaches", { states: [...base, state("island", { closed: true })], transitions: [first] }, /no way leads to the state island/],
    ["a dead end", { states: [state("received"), state("accepted")], transitions: [first] }, /no way leads on from the state accepted/],
    ["no permission", { states: base, transitions: [{ ...first, permission: "" }] }, /names no permission/],
    ["an assignment without a department", { states: base, transitions: [{ ...first, assign: "department" }] }, /assigns a department/],
    ["an extension without days", { states: base, transitions: [{ ...first, clock: "extend" }] }, /extends the time/],
    ["a choice of nothing", { states: base, transitions: [{ ...first, needs: [{ name: "reason", label: "原因", type: "choice" }] }] }, /offers nothing/],
    ["a value twice", { states: base, transitions: [{ ...first, needs: [{ name: "a", label: "a", type: "text" }, { name: "a", label: "a", type: "text" }] }] }, /needs a twice/],
    ["nobody to tell", { states: base, transitions: [{ ...first, notify: [{ template: "accepted", to: "everybody" }] }] }, /which is nobody/],
  ])("refuses a table with %s", (_what, data, message) => {
    expect(() => new TicketWorkflow(data)).toThrow(message);
    try {
      new TicketWorkflow(data);
    } catch (error) {
      expect(error).toMatchObject({ code: "HTL_TICKETS_BAD_WORKFLOW" });
    }
  });
});
