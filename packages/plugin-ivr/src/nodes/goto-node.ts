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

/**
 * Back to the `goto` node that called this flow; without one the call ends.
 *
 * @example { "id": "back", "type": "return" }
 */
export const returnNode = defineIvrNode({
  type: "return",
  config: z.strictObject({}),
  outcomes: () => [],
  run: () => Promise.resolve({ outcome: OWN_OUTCOMES.return }),
});
