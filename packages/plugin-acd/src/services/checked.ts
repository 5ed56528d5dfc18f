import { z } from "zod";
import { agentSettings, profileConfig } from "../config.js";
import { acdErrors } from "../errors.js";
import { byName } from "../domain/by-name.js";

const epochMs = z.number();
const place = { placeAt: epochMs.optional(), placeSeq: z.int().min(0).optional(), raisedBy: z.int().optional() };
const asked = { queue: z.string().min(1), priority: z.int().min(-1_000_000).max(1_000_000).optional(), skills: byName(z.record(z.string().min(1), z.number().min(0))).optional(), ...place };
const request = z.object({ ...asked, preferredAgent: z.string().optional(), preferredSeconds: z.number().min(0).optional(), exitKeys: z.string().regex(/^[0-9*#A-D]*$/, "keys like 0*").optional() });

/** What code gives. Only looked at: what is not named here goes along as it is. */
export const INPUTS = {
  profile: profileConfig,
  assignment: z.object({ profile: z.string().min(1).nullable().optional(), groups: agentSettings.shape.groups.optional() }),
  choice: z.enum(["available", "on-demand", "not-ready", "offline"]),
  request,
  work: z.object({ interactionId: z.string().min(1), channel: z.string().min(1), callerKey: z.string().optional() }),
  callback: z.object(asked),
  queueRules: z
    .strictObject({ version: z.int().min(0), rules: byName(z.record(z.string(), z.unknown())).default({}), reset: z.array(z.string()).default([]) })
    .refine(({ rules, reset }) => Object.keys(rules).length + reset.length > 0, "name a rule, in rules or reset")
    .refine(({ rules, reset }) => reset.every((rule) => !Object.hasOwn(rules, rule)), "a rule is either given or set back, not both"),
  priority: asked.priority.unwrap(),
  wrapUpMs: z.number().positive(),
  wrapUpCode: z.string().min(1).max(64),
  span: z.object({ from: epochMs, to: epochMs }),
  keys: z.string().regex(/^[0-9*#A-D]{1,32}$/, "keys: 1 to 32 of 0-9, *, # and A-D"),
  watchMode: z.enum(["listen", "whisper", "barge"]),
  announcedTo: z.enum(["citizen", "both"]),
} as const;

/** @throws HTL_ACD_INPUT_INVALID which says where, and what would do */
export function checked<S extends z.ZodType>(schema: S, given: unknown, what: string): z.output<S> {
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw acdErrors.INPUT_INVALID(what, issuesOf(parsed.error));
  return parsed.data;
}

/** What is wrong, each with its place. */
export function issuesOf(error: { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] }): string {
  return error.issues.map(({ path, message }) => (path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`)).join("; ");
}
