import { defineIvrNode } from "@hotlinejs/core";
import { z } from "zod";
import { controlOf, OWN_OUTCOMES } from "../runner/flow-control.js";

const config = z.strictObject({
  /** Id of the flow. */
  flow: z.string().min(1),
  /** Default the flow's start. */
  node: z.string().min(1).optional(),
  /** Come back here when the other flow reaches a `return` node. */
  call: z.boolean().default(false),
});

/**
 * On to another flow.
 *
 * @outcome returned - With `call`: the other flow has reached a `return` node.
 * @example { "id": "to-topics", "type": "goto", "flow": "topics", "call": true, "on": { "returned": "more" } }
 */
export const gotoNode = defineIvrNode({
  type: "goto",
  config,
  outcomes: ({ call }) => (call ? [{ name: "returned" }] : []),
  run(context) {
    controlOf(context).enter(context.config);
    return Promise.resolve({ outcome: OWN_OUTCOMES.goto });
  },
});

const returnConfig = z.strictObject({
  /** What is told to the agent who sent the caller here: `verified`, `refused`. */
  result: z.string().min(1).max(40).optional(),
});

/**
 * Back to the `goto` node that called this flow, or to the agent who sent the caller here; without either the call ends.
 *
 * @example { "id": "back", "type": "return" }
 */
export const returnNode = defineIvrNode({
  type: "return",
  config: returnConfig,
  outcomes: () => [],
  run(context) {
    controlOf(context).returning(context.config.result);
    return Promise.resolve({ outcome: OWN_OUTCOMES.return });
  },
});
