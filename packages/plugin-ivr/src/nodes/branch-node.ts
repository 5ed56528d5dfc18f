import { defineIvrNode } from "@hotlinejs/core";
import { z } from "zod";

const config = z.strictObject({
  /** The variable asked. */
  var: z.string().min(1),
  /** Its values as text -> outcome. Several values may share one. */
  cases: z.record(z.string(), z.string().regex(/^[A-Za-z0-9_-]+$/)).refine((cases) => Object.keys(cases).length > 0, "a branch needs a case"),
});

/**
 * Parts ways by a variable.
 *
 * @outcome the cases - Each outcome that `cases` names.
 * @outcome else - Any other value, or none.
 * @example { "id": "which", "type": "branch", "var": "topic", "cases": { "1": "pension", "2": "medical" }, "on": { "pension": "pension-menu", "medical": "medical-menu", "else": "agent" } }
 */
export const branchNode = defineIvrNode({
  type: "branch",
  config,
  outcomes: ({ cases }) => [...new Set([...Object.values(cases), "else"])].map((name) => ({ name })),
  run({ config: { var: name, cases }, vars }) {
    const value = Object.hasOwn(vars, name) ? vars[name] : undefined;
    const key = typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
    return Promise.resolve({ outcome: key !== undefined && Object.hasOwn(cases, key) ? (cases[key] ?? "else") : "else" });
  },
});
