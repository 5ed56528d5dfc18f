import type { z } from "zod";

/**
 * Refuses the name `__proto__`, which a record leaves out without a word: who was to need that skill would need none. The schema given is
 * changed and stays what it is, also to who describes it; wrapped by a transform its defaults would be described no more.
 *
 * @param schema of the record, or a union with one: which then says it in its own words
 */
export function byName<S extends z.ZodType>(schema: S): S {
  const { run } = schema._zod;
  schema._zod.run = (payload, context) => {
    const { value } = payload;
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, "__proto__")) return run(payload, context);
    payload.issues.push({ code: "custom", message: "__proto__ cannot be a name here: give it another", path: ["__proto__"], input: value });
    return payload;
  };
  return schema;
}
