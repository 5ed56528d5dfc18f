import { z } from "zod";
import { DEFAULT_KINDS } from "./domain/ticket-kinds.js";
import { DEFAULT_WORKFLOW } from "./domain/default-workflow.js";
import { DEFAULT_LADDER } from "./domain/urging-ladder.js";

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

const category = z.strictObject({
  code: z.string().min(1),
  name: z.string().min(1),
  parent: z.string().nullable().optional(),
  limitDays: z.record(z.string(), z.number().int().min(0)).optional(),
});

const field = z.strictObject({
  name: z.string().regex(/^[a-z][a-zA-Z0-9]*$/),
  label: z.string().min(1),
  type: z.enum(["text", "longText", "department", "choice", "days", "kind", "category"]),
  required: z.boolean().optional(),
  choices: z.array(z.string().min(1)).optional(),
  max: z.number().int().min(1).optional(),
});

const workflow = z.strictObject({
  states: z.array(z.strictObject({ id: z.string().min(1), name: z.string().min(1), prompt: z.string().min(1), closed: z.boolean().optional(), clock: z.enum(["running", "paused", "stopped"]).optional() })),
  transitions: z.array(
    z.strictObject({
      id: z.string().min(1),
      name: z.string().min(1),
      from: z.array(z.string()).min(1),
      to: z.string(),
      permission: z.string().default(""),
      ownDepartment: z.boolean().optional(),
      once: z.boolean().optional(),
      needs: z.array(field).optional(),
      assign: z.enum(["department", "actor"]).optional(),
      clock: z.enum(["start", "rest", "extend"]).optional(),
      notify: z.array(z.strictObject({ template: z.string().min(1), to: z.string().min(1) })).optional(),
    }),
  ),
});

const level = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]*$/),
  name: z.string().min(1),
  days: z.number().int().min(-60).max(60),
  at: z.enum(["opening", "closing"]),
  to: z.array(z.string().regex(/^(handler|department|permission:[a-z][a-z0-9.-]+)$/)),
  via: z.array(z.enum(["screen", "email"])),
  template: z.string().min(1),
  card: z.enum(["yellow", "red"]).optional(),
});

export const ticketsConfig = z.strictObject({
  kinds: z.array(kind).min(1).default([...DEFAULT_KINDS]),
  /** Fields of business. Empty: any code is taken. */
  categories: z.array(category).default([]),
  workflow: workflow.default(structuredClone(DEFAULT_WORKFLOW) as z.output<typeof workflow>),
  /** Levels of urging. The level `overdue` marks a ticket as late. */
  ladder: z.array(level).default(structuredClone(DEFAULT_LADDER) as unknown as z.output<typeof level>[]),
  /** What people are told, by name; over the built-in ones. Values in braces. */
  templates: z.record(z.string(), z.strictObject({ title: z.string().min(1), text: z.string().min(1) })).default({}),
  /** Working days that are left at least to a department that gets a ticket another one returned. */
  minLeftDays: z.number().int().min(0).max(60).default(2),
  /** E-mail address of a department by its code, for urging. */
  mailboxes: z.record(z.string(), z.email()).default({}),
  /** Codes of departments that are given no tickets. */
  noDispatch: z.array(z.string()).default([]),
  /** Messages that become tickets, by channel, and the kind they are given. Kinds are corrected when the ticket is registered. */
  intake: z.record(z.string(), z.strictObject({ kind: z.string().min(1) })).default({ email: { kind: "help" }, fax: { kind: "help" }, sms: { kind: "help" }, web: { kind: "help" } }),
  /** Channels that citizens are told through when their ticket did not come through one of its own. */
  citizenChannels: z.array(z.enum(["email", "sms"])).default(["email"]),
  /** Digits of the query code, 4 to 8; `reports` for kinds whose state is told only with the code. */
  queryCode: z.strictObject({ digits: z.number().int().min(4).max(8).default(6), reports: z.number().int().min(4).max(8).default(6) }).prefault({}),
  /** Wrong codes until serial and asker are shut out, and for how many minutes. */
  lock: z.strictObject({ failures: z.number().int().min(1).max(20).default(3), minutes: z.number().min(1).max(24 * 60).default(30) }).prefault({}),
  /** Calendar whose dates are in the serial numbers. */
  calendar: z.string().min(1).default("default"),
});

export type TicketsConfig = z.output<typeof ticketsConfig>;
