import { isLoopback, promptRef } from "@hotlinejs/core";
import { z } from "zod";
import type { BusinessTransport } from "./services/transport.js";

const name = z.string().regex(/^[a-z][a-zA-Z0-9-]{0,39}$/, "begins with a small letter; letters, digits and dashes, at most 40");
const secret = z.string().min(1).max(1000);

/** How the hotline proves itself to the system. Never logged. */
const credential = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("bearer"), token: secret }),
  z.strictObject({ type: z.literal("basic"), username: z.string().min(1), password: secret }),
  z.strictObject({ type: z.literal("header"), name: z.string().regex(/^[A-Za-z0-9-]{1,60}$/), value: secret }),
]);

const system = z
  .strictObject({
    key: name,
    /** Root of its addresses; a function for one that is known only while running. Beyond this machine it must be https, unless `plain` allows http. */
    baseUrl: z.union([z.url({ protocol: /^https?$/ }), z.custom<() => string>((value) => typeof value === "function", "a URL, or a function that gives it")]),
    plain: z.boolean().default(false),
    credential: credential.optional(),
    /** Milliseconds for one try, and for all tries of a look-up together. */
    timeoutMs: z.number().int().min(50).max(60_000).default(3_000),
    totalMs: z.number().int().min(50).max(120_000).default(5_000),
    /** Tries after the first, for requests that may be repeated. */
    retries: z.number().int().min(0).max(5).default(1),
    /** Wait before the second try; doubled each time. */
    retryDelayMs: z.number().int().min(0).max(10_000).default(200),
    /** The circuit opens after so many failures in a row and lets one request through after `openMs`. */
    breaker: z.strictObject({ failures: z.number().int().min(1).max(100).default(5), openMs: z.number().int().min(100).max(3_600_000).default(30_000) }).prefault({}),
  })
  .superRefine(({ baseUrl, plain }, context) => {
    if (typeof baseUrl !== "string" || plain) return;
    const url = new URL(baseUrl);
    if (url.protocol === "http:" && !isLoopback(url.hostname.replace(/^\[|\]$/g, ""))) context.addIssue({ code: "custom", path: ["baseUrl"], message: "personal data would go over http: use https, or set plain" });
  });

const entry = {
  label: z.string().min(1).max(40),
  /** Places, all of them. */
  length: z.number().int().min(1).max(40),
  /** What it must look like besides. */
  pattern: z.string().refine(isPattern, "no regular expression").optional(),
  /** Asks for it on the telephone. */
  prompt: promptRef,
};

const field = z.strictObject({
  name,
  label: z.string().min(1).max(40),
  /** How it is checked and spoken: money in yuan, dates as `2026-01-31`. */
  type: z.enum(["text", "digits", "number", "money", "date"]).default("text"),
  /** Where it is in the answer, by dots. Default its name. */
  from: z.string().min(1).max(200).optional(),
  /** Instead of codes: `{ active: "正常" }`. A code that is not listed makes the answer a bad one. */
  words: z.record(z.string(), z.string().min(1)).optional(),
});

const kind = z.strictObject({
  key: name,
  name: z.string().min(1).max(60),
  system: name,
  method: z.enum(["GET", "POST"]).default("POST"),
  /** Below the system's root. `{name}` is replaced by a key; keys not named go into the body (POST) or the query (GET). */
  path: z.string().regex(/^\//),
  /** Whether asking twice does no harm; only then it is tried again. Default: GET yes, POST no. */
  idempotent: z.boolean().optional(),
  keys: z.array(z.strictObject({ name, ...entry, /** Letter for the star key: the X of identity numbers. */ starAs: z.string().length(1).optional() })).min(1),
  /** What the citizen proves to be the person with. Goes into the body (POST), or into the header (GET). */
  proof: z.strictObject({ name, ...entry, header: z.string().regex(/^[A-Za-z0-9-]{1,60}$/).optional(), /** An agent who knows the person otherwise may look without it. */ deskMayOmit: z.boolean().default(false) }).optional(),
  /** Statuses that mean: no such record, or the proof does not fit. */
  notFound: z.array(z.number().int().min(400).max(499)).default([404]),
  fields: z.array(field).min(1),
  /** Says the record; values are its fields. Default: all fields by their labels. */
  prompt: promptRef.optional(),
  /** How long a found record is kept in memory; 0 = never. */
  cacheSeconds: z.number().min(0).max(3_600).default(0),
});

export const businessConfig = z
  .strictObject({
    systems: z.array(system).default([]),
    kinds: z.array(kind).default([]),
    /** Failures until the asker, and the person asked about, are shut out, and for how many minutes. */
    lock: z.strictObject({ failures: z.number().int().min(1).max(20).default(3), minutes: z.number().min(1).max(24 * 60).default(30) }).prefault({}),
    /** Records kept at most. */
    cacheSize: z.number().int().min(0).max(100_000).default(500),
    /** Carries requests instead of the built-in `fetch`: mutual TLS, a message bus, a test. */
    transport: z.custom<BusinessTransport>((value) => typeof value === "function", "a function").optional(),
  })
  .superRefine((config, context) => {
    const issue = (path: (string | number)[], message: string): void => context.addIssue({ code: "custom", path, message });
    const twice = (list: readonly string[], path: (string | number)[]): void => list.forEach((each, index) => (list.indexOf(each) === index ? undefined : issue([...path, index], `${each} is given twice`)));
    twice(config.systems.map((each) => each.key), ["systems"]);
    twice(config.kinds.map((each) => each.key), ["kinds"]);
    config.kinds.forEach((each, index) => {
      if (!config.systems.some((one) => one.key === each.system)) issue(["kinds", index, "system"], `there is no system ${each.system}`);
      twice([...each.keys.map((key) => key.name), ...(each.proof === undefined ? [] : [each.proof.name])], ["kinds", index, "keys"]);
      twice(each.fields.map((one) => one.name), ["kinds", index, "fields"]);
      for (const [, placeholder = ""] of each.path.matchAll(/\{(\w+)\}/g)) if (!each.keys.some((key) => key.name === placeholder)) issue(["kinds", index, "path"], `there is no key ${placeholder}`);
      if (each.method === "GET" && each.proof !== undefined && each.proof.header === undefined) issue(["kinds", index, "proof", "header"], "a proof never goes into an address: name the header that carries it");
    });
  });

export type BusinessConfig = z.output<typeof businessConfig>;
export type BusinessOptions = z.input<typeof businessConfig>;
export type SystemConfig = BusinessConfig["systems"][number];
export type KindConfig = BusinessConfig["kinds"][number];

function isPattern(text: string): boolean {
  try {
    return new RegExp(`^(?:${text})$`) instanceof RegExp;
  } catch {
    return false;
  }
}
