import { z } from "zod";
import type { PromptRef } from "@hotlinejs/core";

const values = z.record(z.string(), z.unknown()).optional();
const spoken = { values, language: z.string().optional(), voice: z.string().optional() };

/** A prompt in a node's configuration. */
export const promptRef: z.ZodType<PromptRef> = z.union([z.string().min(1), z.strictObject({ id: z.string().min(1), ...spoken }), z.strictObject({ text: z.string().min(1), ...spoken })]);
