import { z } from "zod";
import type { PromptRef } from "./ivr.js";

const spoken = { values: z.record(z.string(), z.unknown()).optional(), language: z.string().min(2).optional(), voice: z.string().min(1).optional() };

/** A prompt in the configuration of a node, queue or survey: an id, `{ id, values }` or `{ text, values }`. */
export const promptRef: z.ZodType<PromptRef> = z.union([z.string().min(1), z.strictObject({ id: z.string().min(1), ...spoken }), z.strictObject({ text: z.string().min(1), ...spoken })], {
  error: "expected a prompt: an id, { id, values } or { text, values }",
});
