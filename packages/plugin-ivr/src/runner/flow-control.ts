import type { CallSession, Collected, CollectOptions, IvrNodeContext, PromptRef } from "@hotlinejs/core";
import type { GlobalKeys } from "../contract.js";

/** What the nodes of this plugin may do besides what every node may. */
export interface FlowControl {
  readonly invalid: PromptRef;
  readonly silence: PromptRef;
  readonly goodbye: PromptRef;
  readonly maxInvalid: number;
  readonly limits: FlowLimits;
  /** Which global keys work at this node; `zero` only where an agent node is named. */
  readonly globals: Required<GlobalKeys>;
  /** As `ask`, but a lone 0 comes back as a digit. */
  ask(ref: PromptRef, options?: CollectOptions): Promise<Collected>;
  /** Where `goto` leads; taken up when the node has ended with `$goto`. */
  enter(target: { flow: string; node?: string; call: boolean }): void;
  /** What a `return` node says of the visit that ends with it. */
  returning(result: string | undefined): void;
  /** While a conversation goes on the caller's keys are nobody's business. */
  conversing(on: boolean): void;
}

export interface FlowLimits {
  /** Milliseconds a caller has for the first key. */
  readonly firstDigitMs: number;
  /** Milliseconds between keys. */
  readonly interDigitMs: number;
  /** How often a menu is played to a silent caller. */
  readonly maxTries: number;
  /** Nodes in a row without a word to the caller before the flow counts as failed. */
  readonly maxSilentNodes: number;
  /** Nodes in one call. */
  readonly maxNodes: number;
}

/** Outcomes of this plugin's own nodes, besides GLOBAL_OUTCOMES. */
export const OWN_OUTCOMES = { goto: "$goto", return: "$return" } as const;

// By session: the kernel hands the context through hooks, the session is always the same object.
const controls = new WeakMap<CallSession, FlowControl>();

export function setControl(session: CallSession, control: FlowControl): void {
  controls.set(session, control);
}

/** The control of the flow the node runs in; only a node outside any flow has none. */
export function controlOf(context: IvrNodeContext<unknown>): FlowControl {
  const control = controls.get(context.session);
  if (!control) throw new Error(`node ${context.nodeId} does not run in a flow`);
  return control;
}
