import { z } from "zod";
import { DEFAULT_KINDS } from "./domain/ticket-kinds.js";
import { DEFAULT_WORKFLOW } from "./domain/ticket-workflow.js";

const confidentiality = z.enum(["normal", "confidential", "secret"]);

const kind = z.strictObject({
  key: z.string().regex(/^[a-z][a-z0-9-]*$/),
  code: z.string().regex(/^\d$/),
  name: z.string().min(1),
  limitDays: z.number().int().min(0).optional(),
  confidentiality: confidentiality.optional(),
  codeOnly: z.boolean().optional(),
  anonymousAllowed: z.boolean().optional(),
});

const category = z.strictObject({ code: z.string().min(1), name: z.string().min(1), parent: z.string().nullable().optional() });

const workflow = z.strictObject({
  states: z.array(z.strictObject({ id: z.string().min(1), name: z.string().min(1), prompt: z.string().min(1), closed: z.boolean().optional() })),
  transitions: z.array(z.strictObject({ id: z.string().min(1), name: z.string().min(1), from: z.array(z.string()).min(1), to: z.string(), needs: z.array(z.string()).optional() })),
});

export const ticketsConfig = z.strictObject({
  kinds: z.array(kind).min(1).default([...DEFAULT_KINDS]),
  /** Fields of business. Empty: any code is taken. */
  categories: z.array(category).default([]),
  workflow: workflow.default(structuredClone(DEFAULT_WORKFLOW) as z.output<typeof workflow>),
  /** Digits of the query code, 4 to 8; `reports` for kinds whose state is told only with the code. */
  queryCode: z.strictObject({ digits: z.number().int().min(4).max(8).default(6), reports: z.number().int().min(4).max(8).default(6) }).prefault({}),
  /** Wrong codes until serial and asker are shut out, and for how many minutes. */
  lock: z.strictObject({ failures: z.number().int().min(1).max(20).default(3), minutes: z.number().min(1).max(24 * 60).default(30) }).prefault({}),
  /** Calendar whose dates are in the serial numbers. */
  calendar: z.string().min(1).default("default"),
});

export type TicketsConfig = z.output<typeof ticketsConfig>;
