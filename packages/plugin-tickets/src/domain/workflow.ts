/** What a value of a transition is, for forms and for checks. `days` is a whole number of working days. */
export type FieldType = "text" | "longText" | "department" | "choice" | "days" | "kind" | "category";

export interface WorkflowField {
  readonly name: string;
  /** Shown to people. */
  readonly label: string;
  readonly type: FieldType;
  /** Default true. */
  readonly required?: boolean;
  /** For `choice`. */
  readonly choices?: readonly string[];
  /** Largest number of `days`, most characters of texts. */
  readonly max?: number;
}

/** What the due clock does while a ticket is in a state. */
export type StateClock = "running" | "paused" | "stopped";

export interface WorkflowState {
  readonly id: string;
  readonly name: string;
  /** The same in English, for citizens. */
  readonly nameEn?: string;
  /** What a citizen is told by phone: prompt id. */
  readonly prompt: string;
  /** Nothing more will happen to it. */
  readonly closed?: boolean;
  /** Default `running`, of closed states `stopped`. */
  readonly clock?: StateClock;
}

/**
 * `start`: a new clock from now, a new cycle of urging. `rest`: the clock runs on, but at least `minLeftDays` are left.
 * `extend`: the value `days` is added to the due day.
 */
export type ClockEffect = "start" | "rest" | "extend";

/**
 * Who becomes responsible. `department`: the value `department` becomes the handling department and nobody in it the handler;
 * `actor`: who does it becomes the handler.
 */
export type Assignment = "department" | "actor";

export interface WorkflowNotice {
  /** Name of a template. */
  readonly template: string;
  /** `citizen`, `department`, `handler`, or everybody with a permission: `permission:<name>`. */
  readonly to: string;
}

export interface WorkflowTransition {
  readonly id: string;
  readonly name: string;
  readonly from: readonly string[];
  readonly to: string;
  /** Who may do it. */
  readonly permission: string;
  /** Only people of the handling department, once there is one. Default false. */
  readonly ownDepartment?: boolean;
  /** At most once in the life of a ticket. Default false. */
  readonly once?: boolean;
  readonly needs?: readonly WorkflowField[];
  readonly assign?: Assignment;
  readonly clock?: ClockEffect;
  readonly notify?: readonly WorkflowNotice[];
}

export interface Workflow {
  readonly states: readonly WorkflowState[];
  readonly transitions: readonly WorkflowTransition[];
}
