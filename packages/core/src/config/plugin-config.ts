import { z } from "zod";
import type { Plugin } from "../plugin/define-plugin.js";
import { coreErrors } from "../errors/core-errors.js";
import { errorText } from "../errors/define-errors.js";
import { isSecretOption } from "./redact.js";

type Json = Record<string, unknown>;

/** One variable and the option it sets. */
export interface OptionVariable {
  readonly name: string;
  readonly option: string;
  /** Of a secret option. */
  readonly secret: boolean;
}

/** Variables with a fixed meaning: what they set in core, or in which plugin's option they end. */
export const SHORTHAND: Readonly<Record<string, readonly (readonly [plugin: string, option: string])[]>> = {
  RTP_PORTS: [["media", "rtpPorts"]],
  VIRTUAL_LINES: [["voiceboard", "virtualLines"]],
  ADMIN_PASSWORD: [["directory", "adminPassword"]],
  TLS_CERT: [["http", "tlsCert"], ["sip", "tlsCert"]],
  TLS_KEY: [["http", "tlsKey"], ["sip", "tlsKey"]],
};

/** The variables core itself reads; see settings. */
export const CORE_VARIABLES: ReadonlySet<string> = new Set(["HOST", "DATA_DIR", "DATABASE_URL", "LOG", "TIMEZONE", "PUBLIC_URL", "ADVERTISED_ADDRESS", "SECRET_FILE", "BLOB_FOLDER", "DRAIN_SECONDS"]);

/**
 * A plugin's options: those given in code, then `HOTLINE_<PLUGIN>_<OPTION>` over them, checked by its
 * schema. `HOTLINE_ACD_WRAP_UP=5` sets option `wrapUp` of plugin `acd`. Lists and objects are given as JSON.
 *
 * @throws HTL_CORE_CONFIG_INVALID naming each path, HTL_CORE_ENVIRONMENT_INVALID naming the variable
 */
export function pluginConfig(plugin: Plugin, environment: Readonly<Record<string, string | undefined>>): unknown {
  const { name, config } = plugin.definition;
  const fromEnvironment = environmentOptions(name, config, environment);
  const parsed = parse(plugin, fromEnvironment);
  const issues = parsed.success ? unstorable(parsed.data) : parsed.error.issues;
  if (parsed.success && issues.length === 0) return parsed.data;
  for (const issue of issues) {
    const variable = fromEnvironment.get(String(issue.path[0]))?.variable;
    if (variable === undefined) continue;
    // The rest of the path leads into the JSON of a list or object.
    const inside = issue.path.slice(1).join(".");
    throw coreErrors.ENVIRONMENT_INVALID(variable, inside === "" ? issue.message : `${inside}: ${issue.message}`);
  }
  throw coreErrors.CONFIG_INVALID(issueLines(name, { issues }).join("\n"), { details: { plugin: name, issues: issues.map((issue) => ({ path: [name, ...issue.path].join("."), message: issue.message })) } });
}

/** @throws HTL_CORE_CONFIG_INVALID when schema or options themselves throw: a transform or refinement, a getter */
function parse({ definition, options }: Plugin, fromEnvironment: ReadonlyMap<string, { readonly value: unknown }>): ReturnType<z.ZodType["safeParse"]> {
  try {
    const given = { ...(options as Json) };
    for (const [option, { value }] of fromEnvironment) given[option] = value;
    return definition.config.safeParse(given);
  } catch (cause) {
    throw coreErrors.CONFIG_INVALID(`  ${definition.name}: its schema could not be applied (${errorText(cause)}). It may not throw nor be asynchronous`, { cause });
  }
}

type Issue = Pick<z.core.$ZodIssue, "path" | "message">;

/** Texts with U+0000, which PostgreSQL keeps nowhere: looked for in lists and plain objects, before anything is started with them. */
function unstorable(value: unknown, path: readonly PropertyKey[] = [], seen = new Set<object>()): Issue[] {
  if (typeof value === "string") return value.includes("\0") ? [{ path: [...path], message: "holds the character U+0000: take it out" }] : [];
  if (typeof value !== "object" || value === null || seen.has(value)) return [];
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return [];
  seen.add(value);
  return Object.entries(value).flatMap(([key, each]) => unstorable(each, [...path, key], seen));
}

/** `  acd.queues.0.key: Invalid input` */
export function issueLines(prefix: string, { issues }: { readonly issues: readonly Issue[] }): string[] {
  return issues.map((issue) => `  ${[prefix, ...issue.path].filter((part) => part !== "").join(".")}: ${issue.message}`);
}

function environmentOptions(plugin: string, schema: z.ZodType, environment: Readonly<Record<string, string | undefined>>): Map<string, { variable: string; value: unknown }> {
  const found = new Map<string, { variable: string; value: unknown }>();
  const options = properties(schema);
  for (const [option, property] of Object.entries(options)) {
    for (const variable of [variableOf(plugin, option), ...shorthand(plugin, option)]) {
      const text = environment[variable];
      if (text !== undefined && text !== "") found.set(option, { variable, value: coerce(variable, text, property) });
    }
  }
  return found;
}

const known = new WeakMap<z.ZodType, Record<string, Json>>();

/** Of a schema's object, by name, as JSON Schema. Made once: that takes longer than all else about a configuration. */
function properties(schema: z.ZodType): Record<string, Json> {
  const before = known.get(schema);
  if (before !== undefined) return before;
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as { properties?: Record<string, Json> };
  const made = json.properties ?? {};
  known.set(schema, made);
  return made;
}

function coerce(variable: string, text: string, property: Json): unknown {
  const types = [property, ...((property.anyOf ?? []) as Json[])].map((each) => each.type);
  if ((types.includes("number") || types.includes("integer")) && text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
  if (types.includes("boolean") && /^(true|false|1|0|yes|no|on|off)$/i.test(text)) return /^(true|1|yes|on)$/i.test(text);
  if ((types.includes("array") || types.includes("object")) && /^\s*[[{]/.test(text)) {
    try {
      return JSON.parse(text) as unknown;
    } catch (cause) {
      throw coreErrors.ENVIRONMENT_INVALID(variable, "it looks like JSON but cannot be read", { cause });
    }
  }
  if (types.includes("array") && !types.includes("string")) return text.split(",").map((part) => part.trim());
  return text;
}

/** The variables a plugin understands, the short names among them. */
export function pluginVariables(plugin: Plugin): OptionVariable[] {
  const { name, config } = plugin.definition;
  return Object.entries(properties(config)).flatMap(([option, property]) => {
    const secret = isSecretOption(option, property);
    return [variableOf(name, option), ...shorthand(name, option)].map((variable) => ({ name: variable, option: `${name}.${option}`, secret }));
  });
}

function shorthand(plugin: string, option: string): string[] {
  return Object.entries(SHORTHAND).flatMap(([name, targets]) => (targets.some((target) => target[0] === plugin && target[1] === option) ? [`HOTLINE_${name}`] : []));
}

/** `HOTLINE_ACD_WRAP_UP` of option `wrapUp` of plugin `acd`. */
export function variableOf(plugin: string, option: string): string {
  return `HOTLINE_${plugin.replaceAll("-", "_").toUpperCase()}_${option.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toUpperCase()}`;
}

/** Variables that begin with HOTLINE_ and mean nothing to the plugins present: most likely a typing error. */
export function unknownVariables(plugins: readonly Plugin[], environment: Readonly<Record<string, string | undefined>>): string[] {
  const all = new Set<string>([...CORE_VARIABLES, ...Object.keys(SHORTHAND), "REQUIRE_PEERS", "TEST_LONG", "BUILD_TYPES"].map((name) => `HOTLINE_${name}`));
  for (const plugin of plugins) for (const { name } of pluginVariables(plugin)) all.add(name);
  return Object.keys(environment).filter((name) => name.startsWith("HOTLINE_") && !all.has(name));
}
