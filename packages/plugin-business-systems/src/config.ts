import { isLoopback, promptRef } from "@hotlinejs/core";
import { z } from "zod";
import type { BusinessTransport } from "./services/transport.js";

/** Begins with a small letter; letters, digits and dashes, at most 40. */
const name = z.string().regex(/^[a-z][a-zA-Z0-9-]{0,39}$/, "begins with a small letter; letters, digits and dashes, at most 40");
const secret = z.string().min(1).max(1000);

/** How the hotline proves itself to the system. Never logged. */
const credential = z.discriminatedUnion("type", [
  z.strictObject({ /** How the system wants it: `bearer`, `basic` or a `header` of its own. */ type: z.literal("bearer"), /** Sent as `Authorization: Bearer`. */ token: secret }),
  z.strictObject({ type: z.literal("basic"), /** Of the hotline at the system (RFC 7617). */ username: z.string().min(1), /** Belongs to `username`. */ password: secret }),
  z.strictObject({ type: z.literal("header"), /** Of the header, for example `X-Api-Key`. */ name: z.string().regex(/^[A-Za-z0-9-]{1,60}$/), /** Of the header. */ value: secret }),
]);

const system = z
  .strictObject({
    /** By which kinds name it; shown in health and logs. */
    key: name,
    /** Root of its addresses; a function for one that is known only while running. Beyond this machine it must be https, unless `plain` allows http. */
    baseUrl: z.union([z.url({ protocol: /^https?$/ }), z.custom<() => string>((value) => typeof value === "function", "a URL, or a function that gives it")]),
    /** Personal data may go over http beyond this machine. */
    plain: z.boolean().default(false),
    credential: credential.optional(),
    /** Milliseconds for one try. */
    timeoutMs: z.number().int().min(50).max(60_000).default(3_000),
    /** Milliseconds for all tries of a look-up together. */
    totalMs: z.number().int().min(50).max(120_000).default(5_000),
    /** Tries after the first, for requests that may be repeated. */
    retries: z.number().int().min(0).max(5).default(1),
    /** Wait before the second try; doubled each time. */
    retryDelayMs: z.number().int().min(0).max(10_000).default(200),
    /** The circuit opens after so many failures in a row and lets one request through after `openMs`. */
    breaker: z.strictObject({ /** Failures in a row until it opens. */ failures: z.number().int().min(1).max(100).default(5), /** How long it stays open, milliseconds. */ openMs: z.number().int().min(100).max(3_600_000).default(30_000) }).prefault({}),
  })
  .superRefine(({ baseUrl, plain }, context) => {
    if (typeof baseUrl !== "string" || plain) return;
    const url = new URL(baseUrl);
    if (url.protocol === "http:" && !isLoopback(url.hostname.replace(/^\[|\]$/g, ""))) context.addIssue({ code: "custom", path: ["baseUrl"], message: "personal data would go over http: use https, or set plain" });
  });

const entry = {
  /** Shown to people. */
  label: z.string().min(1).max(40),
  /** The same in English. */
  labelEn: z.string().min(1).max(60).optional(),
  /** Places, all of them. */
  length: z.number().int().min(1).max(40),
  /** What it must look like besides. */
  pattern: z.string().refine(isPattern, "no regular expression").optional(),
  /** Asks for it on the telephone. */
  prompt: promptRef,
};

const field = z.strictObject({
  /** For prompts and pages: `{{name|format}}`. */
  name,
  /** Shown to people. */
  label: z.string().min(1).max(40),
  /** The same in English. */
  labelEn: z.string().min(1).max(60).optional(),
  /** How it is checked and spoken: money in yuan, dates as `2026-01-31`. */
  type: z.enum(["text", "digits", "number", "money", "date"]).default("text"),
  /** Where it is in the answer, by dots. Default its name. */
  from: z.string().min(1).max(200).optional(),
  /** Instead of codes: `{ active: "正常" }`. A code that is not listed makes the answer a bad one. */
  words: z.record(z.string(), z.string().min(1)).optional(),
  /** The same codes in English, for pages in English. */
  wordsEn: z.record(z.string(), z.string().min(1)).optional(),
});

const kind = z.strictObject({
  /** By which flows and pages name it. */
  key: name,
  /** Shown to people: 养老保险个人账户. */
  name: z.string().min(1).max(60),
  /** The same in English. */
  nameEn: z.string().min(1).max(80).optional(),
  /** Key of the system that is asked. */
  system: name,
  /** With POST keys go into the body and stay out of the logs of proxies. */
  method: z.enum(["GET", "POST"]).default("POST"),
  /** Below the system's root. `{name}` is replaced by a key; keys not named go into the body (POST) or the query (GET). */
  path: z.string().regex(/^\//),
  /** Whether asking twice does no harm; only then it is tried again. Default: GET yes, POST no. */
  idempotent: z.boolean().optional(),
  /** What identifies a record. */
  keys: z.array(z.strictObject({ /** In path, body or query. */ name, ...entry, /** Letter for the star key: the X of identity numbers. */ starAs: z.string().length(1).optional() })).min(1),
  /** What the citizen proves to be the person with. Goes into the body (POST), or into the header (GET). */
  proof: z.strictObject({ /** In the body. */ name, ...entry, /** Header that carries it with GET: a proof never goes into an address. */ header: z.string().regex(/^[A-Za-z0-9-]{1,60}$/).optional(), /** An agent who knows the person otherwise may look without it. */ deskMayOmit: z.boolean().default(false) }).optional(),
  /** Statuses that mean: no such record, or the proof does not fit. */
  notFound: z.array(z.number().int().min(400).max(499)).default([404]),
  /** What is taken of the answer; nothing else of it enters the hotline. */
  fields: z.array(field).min(1),
  /** Says the record; values are its fields. Default: all fields by their labels. */
  prompt: promptRef.optional(),
  /** How long a found record is kept in memory; 0 = never. */
  cacheSeconds: z.number().min(0).max(3_600).default(0),
});

export const businessConfig = z
  .strictObject({
    /** Where records are kept. */
    systems: z.array(system).default([]),
    /** What can be looked up. */
    kinds: z.array(kind).default([]),
    /** Failures until the asker, and the person asked about, are shut out, and for how many minutes. */
    lock: z.strictObject({ /** Wrong proofs until it locks. */ failures: z.number().int().min(1).max(20).default(3), /** How long it stays locked. */ minutes: z.number().min(1).max(24 * 60).default(30) }).prefault({}),
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
