import { errors } from "../errors.js";

export interface WorkflowState {
  readonly id: string;
  readonly name: string;
  /** What a citizen is told by phone: prompt id, `{{answer|text}}` and `{{reason|text}}` are known. */
  readonly prompt: string;
  /** Nothing more will happen to it. */
  readonly closed?: boolean;
}

export interface WorkflowTransition {
  readonly id: string;
  readonly name: string;
  readonly from: readonly string[];
  readonly to: string;
  /** Values that must be given. */
  readonly needs?: readonly string[];
}

export interface Workflow {
  readonly states: readonly WorkflowState[];
  readonly transitions: readonly WorkflowTransition[];
}

/**
 * ```
 * received --register--> accepted --start--> handling --reply--> replied --close--> closed
 *     \                     \--answer-at-once--> answered-once --close-------------^
 *      \--reject / void      \--reply / reject / void
 * ```
 */
export const DEFAULT_WORKFLOW: Workflow = {
  states: [
    { id: "received", name: "待受理", prompt: "tickets.state.received" },
    { id: "accepted", name: "已受理", prompt: "tickets.state.accepted" },
    { id: "handling", name: "办理中", prompt: "tickets.state.handling" },
    { id: "answered-once", name: "即时办结", prompt: "tickets.state.replied" },
    { id: "replied", name: "已答复", prompt: "tickets.state.replied" },
    { id: "closed", name: "已办结", prompt: "tickets.state.closed", closed: true },
    { id: "rejected", name: "不予受理", prompt: "tickets.state.rejected", closed: true },
    { id: "void", name: "已作废", prompt: "tickets.state.void", closed: true },
  ],
  transitions: [
    { id: "register", name: "登记受理", from: ["received"], to: "accepted" },
    { id: "answer-at-once", name: "当场答复", from: ["accepted"], to: "answered-once", needs: ["answer"] },
    { id: "start", name: "开始办理", from: ["accepted"], to: "handling" },
    { id: "reply", name: "答复", from: ["accepted", "handling"], to: "replied", needs: ["answer"] },
    { id: "close", name: "办结", from: ["answered-once", "replied"], to: "closed" },
    { id: "reject", name: "不予受理", from: ["received", "accepted"], to: "rejected", needs: ["reason"] },
    { id: "void", name: "作废", from: ["received", "accepted"], to: "void", needs: ["reason"] },
  ],
};

/** States and transitions as data; this only looks things up and says no. */
export class TicketWorkflow {
  private readonly statesById: ReadonlyMap<string, WorkflowState>;

  constructor(readonly workflow: Workflow = DEFAULT_WORKFLOW) {
    this.statesById = new Map(workflow.states.map((state) => [state.id, state]));
    for (const needed of ["received", "accepted"]) if (!this.statesById.has(needed)) throw errors.BAD_WORKFLOW(`the state ${needed} is missing`);
    const seen = new Set<string>();
    for (const { id, from, to } of workflow.transitions) {
      if (seen.has(id)) throw errors.BAD_WORKFLOW(`two transitions are called ${id}`);
      seen.add(id);
      for (const state of [...from, to]) if (!this.statesById.has(state)) throw errors.BAD_WORKFLOW(`transition ${id} names the unknown state ${state}`);
    }
  }

  /** A state that the workflow no longer knows keeps its id as name. */
  state(id: string): WorkflowState {
    return this.statesById.get(id) ?? { id, name: id, prompt: "tickets.state.accepted" };
  }

  /** The transition, when it exists, is possible now and has what it needs. */
  check(action: string, status: string, data: Readonly<Record<string, unknown>>): WorkflowTransition {
    const transition = this.workflow.transitions.find((each) => each.id === action);
    if (transition === undefined) throw errors.UNKNOWN_ACTION(action);
    if (!transition.from.includes(status)) throw errors.NOT_ALLOWED(transition.name, this.state(status).name);
    for (const need of transition.needs ?? []) {
      const value = data[need];
      if (value === undefined || value === null || value === "") throw errors.VALUE_MISSING(transition.name, need);
    }
    return transition;
  }

  /** What can be done from here. */
  actions(status: string): readonly WorkflowTransition[] {
    return this.workflow.transitions.filter((transition) => transition.from.includes(status));
  }
}
