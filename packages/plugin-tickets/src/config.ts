import { z } from "zod";
import { DEFAULT_KINDS } from "./domain/ticket-kinds.js";
import { DEFAULT_WORKFLOW } from "./domain/default-workflow.js";
import { DEFAULT_LADDER } from "./domain/urging-ladder.js";

const confidentiality = z.enum(["normal", "confidential", "secret"]);

/** @like TicketKind */
const kind = z.strictObject({
  key: z.string().regex(/^[a-z][a-z0-9-]*$/),
  code: z.string().regex(/^\d$/),
  /** Shown to people. */
  name: z.string().min(1),
  limitDays: z.number().int().min(0).optional(),
  confidentiality: confidentiality.optional(),
  codeOnly: z.boolean().optional(),
  anonymousAllowed: z.boolean().optional(),
});

const category = z.strictObject({
  /** Stored on the ticket. */
  code: z.string().min(1),
  /** Shown to people. */
  name: z.string().min(1),
  /** Code of the category above. */
  parent: z.string().nullable().optional(),
  /** Limit in working days by kind, instead of the kind's own. */
  limitDays: z.record(z.string(), z.number().int().min(0)).optional(),
});

/** @like WorkflowField */
const field = z.strictObject({
  /** Of the value. */
  name: z.string().regex(/^[a-z][a-zA-Z0-9]*$/),
  label: z.string().min(1),
  /** What is asked for; `days` is a whole number of working days. */
  type: z.enum(["text", "longText", "department", "choice", "days", "kind", "category"]),
  required: z.boolean().optional(),
  choices: z.array(z.string().min(1)).optional(),
  max: z.number().int().min(1).optional(),
});

const workflow = z.strictObject({
  /** Where a ticket can be. */
  states: z.array(z.strictObject({ /** Stored on the ticket. */ id: z.string().min(1), /** Shown to people. */ name: z.string().min(1), /** The same in English, for citizens. */ nameEn: z.string().min(1).optional(), /** Id of the prompt that tells it by telephone. */ prompt: z.string().min(1), /** Nothing more will happen to it. */ closed: z.boolean().optional(), /** What the due clock does. Default `running`, of closed states `stopped`. */ clock: z.enum(["running", "paused", "stopped"]).optional() })),
  /** How it gets on. */
  transitions: z.array(
    z.strictObject({
      /** By which routes and events name it. */
      id: z.string().min(1),
      /** On the button. */
      name: z.string().min(1),
      /** States it leads out of. */
      from: z.array(z.string()).min(1),
      /** State it leads to. */
      to: z.string(),
      /** Who may do it. */
      permission: z.string().default(""),
      /** Only people of the handling department, once there is one. Default false. */
      ownDepartment: z.boolean().optional(),
      /** At most once in the life of a ticket. Default false. */
      once: z.boolean().optional(),
      /** Values that must be given. */
      needs: z.array(field).optional(),
      /** Who becomes responsible: the department named, or who does it. */
      assign: z.enum(["department", "actor"]).optional(),
      /** `start`: a new clock; `rest`: at least `minLeftDays` are left; `extend`: the value `days` is added. */
      clock: z.enum(["start", "rest", "extend"]).optional(),
      /** Who is told. */
      notify: z.array(z.strictObject({ /** Name of a template. */ template: z.string().min(1), /** `citizen`, `department`, `handler` or `permission:<name>`. */ to: z.string().min(1) })).optional(),
    }),
  ),
});

/** @like LadderLevel */
const level = z.strictObject({
  /** Unique; `overdue` marks the ticket as late. */
  id: z.string().regex(/^[a-z][a-z0-9-]*$/),
  /** Shown to people. */
  name: z.string().min(1),
  days: z.number().int().min(-60).max(60),
  at: z.enum(["opening", "closing"]),
  to: z.array(z.string().regex(/^(handler|department|permission:[a-z][a-z0-9.-]+)$/)),
  /** Channels it goes by. */
  via: z.array(z.enum(["screen", "email"])),
  template: z.string().min(1),
  /** Shown on the ticket from then on (黄牌, 红牌). */
  card: z.enum(["yellow", "red"]).optional(),
});

export const ticketsConfig = z.strictObject({
  /** Natures of tickets (受理性质). */
  kinds: z.array(kind).min(1).default([...DEFAULT_KINDS]),
  /** Fields of business. Empty: any code is taken. */
  categories: z.array(category).default([]),
  /** States and transitions. */
  workflow: workflow.default(structuredClone(DEFAULT_WORKFLOW) as z.output<typeof workflow>),
  /** Levels of urging. The level `overdue` marks a ticket as late. */
  ladder: z.array(level).default(structuredClone(DEFAULT_LADDER) as unknown as z.output<typeof level>[]),
  /** What people are told, by name; over the built-in ones. Values in braces. */
  templates: z.record(z.string(), z.strictObject({ /** Subject or heading. */ title: z.string().min(1), /** Body, plain text. */ text: z.string().min(1) })).default({}),
  /** Working days that are left at least to a department that gets a ticket another one returned. */
  minLeftDays: z.number().int().min(0).max(60).default(2),
  /** E-mail address of a department by its code, for urging. */
  mailboxes: z.record(z.string(), z.email()).default({}),
  /** Codes of departments that are given no tickets. */
  noDispatch: z.array(z.string()).default([]),
  /** Messages that become tickets, by channel, and the kind they are given. Kinds are corrected when the ticket is registered. */
  intake: z.record(z.string(), z.strictObject({ /** Key of the nature. */ kind: z.string().min(1), /** Queue of plugin-acd that finds an agent for each message. Default: none, they wait in the list of tickets. */ queue: z.string().min(1).optional() })).default({ email: { kind: "help" }, fax: { kind: "help" }, sms: { kind: "help" }, web: { kind: "help" } }),
  /**
   * Source -> hours, round the clock, within which somebody takes up what came that way and waits in `received` (受理时限); after that who may urge is
   * told. Default: messages left in the voice mailbox and e-mails 24, as GB/T 33358 asks of mailboxes.
   */
  acceptWithinHours: z.record(z.string(), z.number().min(0.1).max(720)).default({ voicemail: 24, email: 24 }),
  /** Channels that citizens are told through when their ticket did not come through one of its own. */
  citizenChannels: z.array(z.enum(["email", "sms"])).default(["email"]),
  /** Digits of the query code, 4 to 8; `reports` for kinds whose state is told only with the code. */
  queryCode: z.strictObject({ /** Of most kinds. */ digits: z.number().int().min(4).max(8).default(6), /** Of kinds whose state is told only with the code. */ reports: z.number().int().min(4).max(8).default(6) }).prefault({}),
  /** Wrong codes until serial and asker are shut out, and for how many minutes. */
  lock: z.strictObject({ /** Wrong codes until it locks. */ failures: z.number().int().min(1).max(20).default(3), /** How long it stays locked. */ minutes: z.number().min(1).max(24 * 60).default(30) }).prefault({}),
  /** Calendar whose dates are in the serial numbers. */
  calendar: z.string().min(1).default("default"),
});

export type TicketsConfig = z.output<typeof ticketsConfig>;
