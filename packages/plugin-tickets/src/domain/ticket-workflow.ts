import { errors } from "../errors.js";
import { DEFAULT_WORKFLOW } from "./default-workflow.js";
import type { StateClock, Workflow, WorkflowField, WorkflowState, WorkflowTransition } from "./workflow.js";

const MOST_TEXT = 20_000;
const MOST_DAYS = 365;

/** Who wants to do something. */
export interface Doer {
  readonly permissions: ReadonlySet<string>;
  readonly departmentCode?: string | undefined;
}

/** The ticket as far as it matters to what is allowed. */
export interface Guarded {
  readonly status: string;
  readonly handlingDepartment: string | null;
  /** Ids of the transitions it has gone through. */
  readonly done: ReadonlySet<string>;
}

export type Refusal = { readonly kind: "permission"; readonly permission: string } | { readonly kind: "department"; readonly department: string } | { readonly kind: "once" };

/** May act for every department, as its own people do. */
export const EVERY_DEPARTMENT = "tickets.every-department";

/** States and transitions as data; this only looks things up and says no. */
export class TicketWorkflow {
  private readonly statesById: ReadonlyMap<string, WorkflowState>;

  constructor(readonly workflow: Workflow = DEFAULT_WORKFLOW) {
    this.statesById = new Map(workflow.states.map((state) => [state.id, state]));
    checkSound(workflow);
  }

  /** A state that the workflow no longer knows keeps its id as name. */
  state(id: string): WorkflowState {
    return this.statesById.get(id) ?? { id, name: id, prompt: "tickets.state.accepted" };
  }

  clockOf(status: string): StateClock {
    const state = this.state(status);
    return state.clock ?? (state.closed === true ? "stopped" : "running");
  }

  /** The transition, when it exists, is possible now and has what it needs. */
  check(action: string, status: string, data: Readonly<Record<string, unknown>>): WorkflowTransition {
    const transition = this.workflow.transitions.find((each) => each.id === action);
    if (transition === undefined) throw errors.UNKNOWN_ACTION(action);
    if (!transition.from.includes(status)) throw errors.NOT_ALLOWED(transition.name, this.state(status).name);
    for (const field of transition.needs ?? []) checkValue(transition, field, data[field.name]);
    return transition;
  }

  /** Why this person may not do it; `undefined`: allowed. */
  refusal(transition: WorkflowTransition, ticket: Guarded, doer: Doer): Refusal | undefined {
    if (!doer.permissions.has(transition.permission)) return { kind: "permission", permission: transition.permission };
    const { handlingDepartment } = ticket;
    if (transition.ownDepartment === true && handlingDepartment !== null && doer.departmentCode !== handlingDepartment && !doer.permissions.has(EVERY_DEPARTMENT)) {
      return { kind: "department", department: handlingDepartment };
    }
    return transition.once === true && ticket.done.has(transition.id) ? { kind: "once" } : undefined;
  }

  /** What can be done from here. */
  actions(status: string): readonly WorkflowTransition[] {
    return this.workflow.transitions.filter((transition) => transition.from.includes(status));
  }

  /** Permissions that the data names, with the transition that does. */
  permissions(): readonly { readonly permission: string; readonly transition: string }[] {
    return this.workflow.transitions.flatMap((transition) => [
      { permission: transition.permission, transition: transition.id },
      ...(transition.notify ?? []).filter(({ to }) => to.startsWith("permission:")).map(({ to }) => ({ permission: to.slice("permission:".length), transition: transition.id })),
    ]);
  }

  /** Templates that the data names. */
  templates(): readonly string[] {
    return [...new Set(this.workflow.transitions.flatMap((transition) => (transition.notify ?? []).map(({ template }) => template)))];
  }
}

function checkSound({ states, transitions }: Workflow): void {
  const known = new Set<string>();
  for (const { id } of states) {
    if (known.has(id)) throw errors.BAD_WORKFLOW(`two states are called ${id}`);
    known.add(id);
  }
  for (const needed of ["received", "accepted"]) if (!known.has(needed)) throw errors.BAD_WORKFLOW(`the state ${needed} is missing`);
  const seen = new Set<string>();
  for (const transition of transitions) {
    const { id, from, to, permission } = transition;
    if (seen.has(id)) throw errors.BAD_WORKFLOW(`two transitions are called ${id}`);
    seen.add(id);
    for (const state of [...from, to]) if (!known.has(state)) throw errors.BAD_WORKFLOW(`transition ${id} names the unknown state ${state}`);
    if (permission.trim() === "") throw errors.BAD_WORKFLOW(`transition ${id} names no permission`);
    checkEffects(transition);
  }
  const reached = new Set(["received", "accepted"]);
  for (let before = 0; before !== reached.size; ) {
    before = reached.size;
    for (const { from, to } of transitions) if (from.some((state) => reached.has(state))) reached.add(to);
  }
  for (const { id, closed } of states) {
    if (!reached.has(id)) throw errors.BAD_WORKFLOW(`no way leads to the state ${id}`);
    if (closed !== true && !transitions.some(({ from, to }) => from.includes(id) && to !== id)) throw errors.BAD_WORKFLOW(`no way leads on from the state ${id}, and it is not closed`);
  }
}

function checkEffects({ id, needs = [], assign, clock, notify = [] }: WorkflowTransition): void {
  const names = new Set<string>();
  for (const field of needs) {
    if (names.has(field.name)) throw errors.BAD_WORKFLOW(`transition ${id} needs ${field.name} twice`);
    names.add(field.name);
    if (field.type === "choice" && (field.choices ?? []).length === 0) throw errors.BAD_WORKFLOW(`transition ${id}: the choice ${field.name} offers nothing`);
  }
  const needsType = (name: string, type: string): boolean => needs.some((field) => field.name === name && field.type === type && field.required !== false);
  if (assign === "department" && !needsType("department", "department")) throw errors.BAD_WORKFLOW(`transition ${id} assigns a department but does not need one`);
  if (clock === "extend" && !needsType("days", "days")) throw errors.BAD_WORKFLOW(`transition ${id} extends the time but does not need days`);
  for (const { to } of notify) {
    if (!["citizen", "department", "handler"].includes(to) && !/^permission:[a-z][a-z0-9.-]+$/.test(to)) throw errors.BAD_WORKFLOW(`transition ${id} notifies ${to}, which is nobody`);
  }
}

function checkValue(transition: WorkflowTransition, field: WorkflowField, value: unknown): void {
  if (value === undefined || value === null || value === "" || (typeof value === "string" && value.trim() === "")) {
    if (field.required === false) return;
    throw errors.VALUE_MISSING(transition.name, field.label, { details: { field: field.name } });
  }
  const details = { details: { field: field.name } };
  if (field.type === "days") {
    const most = field.max ?? MOST_DAYS;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > most) throw errors.BAD_NUMBER(field.label, most, details);
    return;
  }
  const most = field.max ?? MOST_TEXT;
  if (typeof value !== "string" || value.length > most) throw errors.BAD_VALUE(field.label, most, details);
  if (field.type === "choice" && field.choices?.includes(value) !== true) throw errors.BAD_CHOICE(field.label, (field.choices ?? []).join("、"), details);
}
