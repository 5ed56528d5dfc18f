import { token } from "@hotlinejs/core";
import type { PromptRef } from "@hotlinejs/core";

/** Which of the keys that work everywhere work at a node. */
export interface GlobalKeys {
  /** `0` leads to the agent node. Default true where the flow names one. */
  readonly zero?: boolean;
  /** `*` leads back to the menu before (in menus). Default true. */
  readonly star?: boolean;
  /** `#` repeats (in menus). Default true. */
  readonly hash?: boolean;
}

/** One step of a flow. The keys not listed here are the node type's own configuration. */
export interface FlowNode {
  /** Unique in the flow. */
  readonly id: string;
  /** A node type of a plugin present: `play`, `menu`, `queue` ... */
  readonly type: string;
  /** Shown to agents and in journals instead of the id. */
  readonly label?: string;
  /** Where outcomes lead that `on` does not name. */
  readonly next?: string;
  /** Outcome -> node id. `error` is an outcome every node may have: it failed. */
  readonly on?: Readonly<Record<string, string>>;
  /** `false`: none of the global keys work here. */
  readonly globals?: boolean | GlobalKeys;
  readonly [key: string]: unknown;
}

export interface FlowGlobals {
  /** Node that leads to a person: where `0` goes, and the last resort before a goodbye. */
  readonly zero?: string;
  readonly star?: boolean;
  readonly hash?: boolean;
  /** Node that takes over when a node fails. A caller is never dropped for our fault. */
  readonly fallback?: string;
  /** Said after a wrong key. Default `ivr.invalid`. */
  readonly invalid?: PromptRef;
  /** Said after silence. Default `ivr.silence`. */
  readonly silence?: PromptRef;
  /** Said before a call is ended because nothing else is left. Default `ivr.goodbye`. */
  readonly goodbye?: PromptRef;
  /** Wrong keys in one menu before its outcome `invalid`. Default 3. */
  readonly maxInvalid?: number;
}

/** A conversation as data. */
export interface FlowDefinition {
  readonly id: string;
  readonly title?: string;
  /** Id of the first node. */
  readonly start: string;
  /** BCP 47. Default `zh-CN`. */
  readonly language?: string;
  readonly globals?: FlowGlobals;
  /** Agents may send callers here in a talk and get them back at the end: at a `return` node, by the key 0, or when the flow fails. */
  readonly desk?: boolean;
  /** Of such a visit nothing is recorded, prompts included. Nodes that take secrets (`collect` with `sensitive`, `lookup`) pause the recording by themselves. */
  readonly secret?: boolean;
  readonly nodes: readonly FlowNode[];
}

export interface FlowInfo {
  readonly id: string;
  readonly title: string;
  /** Changes with the content. A call that is under way keeps the version it began with. */
  readonly version: string;
  readonly nodes: number;
  /** Calls in the flow now, whatever version. */
  readonly calls: number;
}

/** The flows of a hotline. */
export interface Flows {
  list(): readonly FlowInfo[];
  /** The flow as it was written. */
  get(id: string): FlowDefinition | undefined;
  /** Adds a flow or replaces it for the calls to come. Checked together with all others: `HTL_IVR_FLOW_INVALID`, and nothing changes. */
  put(flow: FlowDefinition): FlowInfo;
}

export const FLOWS = token<Flows>("ivr.flows");

/**
 * Outcomes any node may return without declaring them; the runner knows what they mean.
 * `agent`: the caller wants a person (the key 0). `back`: to the menu before. `repeat`: the node again.
 */
export const GLOBAL_OUTCOMES = { agent: "$agent", back: "$back", repeat: "$repeat" } as const;
