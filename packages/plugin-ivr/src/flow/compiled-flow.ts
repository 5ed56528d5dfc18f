import type { PromptRef } from "@hotlinejs/core";
import type { FlowDefinition, GlobalKeys } from "../contract.js";

export interface CompiledNode {
  readonly id: string;
  readonly type: string;
  readonly label: string;
  /** Parsed by the type's schema, defaults filled in. */
  readonly config: unknown;
  /** Outcome -> node id, `next` already applied to the outcomes the type declares. */
  readonly edges: ReadonlyMap<string, string>;
  /** Outcomes that may end the flow. */
  readonly optional: ReadonlySet<string>;
  readonly globals: Required<GlobalKeys>;
}

/** A flow that has passed every check. Never changes; calls keep the one they began with. */
export interface CompiledFlow {
  readonly id: string;
  readonly title: string;
  readonly version: string;
  readonly language: string;
  readonly start: string;
  readonly nodes: ReadonlyMap<string, CompiledNode>;
  readonly zero: string | undefined;
  readonly fallback: string | undefined;
  readonly invalid: PromptRef;
  readonly silence: PromptRef;
  readonly goodbye: PromptRef;
  readonly maxInvalid: number;
  /** See FlowDefinition. */
  readonly desk: boolean;
  /** See FlowDefinition. */
  readonly secret: boolean;
  readonly definition: FlowDefinition;
}

/** All flows at one time, by id. */
export type FlowSet = ReadonlyMap<string, CompiledFlow>;

/** One thing that is wrong, and where: `flows[0].nodes[3].on.timeout`. */
export interface FlowProblem {
  readonly path: string;
  readonly message: string;
}
