import { defineIvrNode } from "@hotlinejs/core";
import { z } from "zod";

const config = z.strictObject({
  /** Variables and their values; `null` takes one away. */
  values: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).default({}),
  /** Language of everything said from here on. */
  language: z.string().min(2).max(35).optional(),
});

/**
 * Sets variables or the language.
 *
 * @outcome done - Always.
 * @example { "id": "english", "type": "set", "language": "en", "next": "main" }
 */
export const setNode = defineIvrNode({
  type: "set",
  config,
  outcomes: () => [{ name: "done" }],
  run({ config: { values, language }, vars, session }) {
    for (const [name, value] of Object.entries(values)) {
      if (value === null) delete vars[name];
      else vars[name] = value;
    }
    if (language !== undefined) {
      session.language = language;
      session.interaction.update({ language });
    }
    return Promise.resolve({ outcome: "done" });
  },
});
