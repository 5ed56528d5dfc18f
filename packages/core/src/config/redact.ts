import type { z } from "zod";
import { z as zod } from "zod";

type Json = Record<string, unknown>;

/** What is shown instead of a secret. */
export const HIDDEN = "[hidden]";

/** Names of options whose values are secrets; a schema adds its own with `.meta({ secret: true })`. */
const SECRET_NAME = /pass(word|wd|phrase)?$|secret|(^|[a-z])token$|authorization|cookie|credential|apikey|api_key|privatekey|tlskey|^ha1|^pin$/i;
/** A file is named, not a secret shown. */
const NOT_SECRET = /file$/i;

/**
 * A copy of options for people to read: secrets hidden by the name of the option, by their schema
 * (`.meta({ secret: true })`), and passwords inside URLs. Functions are `[function]`.
 */
export function redactOptions(value: unknown, schema: z.ZodType): unknown {
  return redact(value, zod.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Json);
}

/** Whether an option of that name is a secret. */
export function isSecretOption(name: string, property: Readonly<Record<string, unknown>> | undefined): boolean {
  return (SECRET_NAME.test(name) && !NOT_SECRET.test(name)) || (property !== undefined && branches(property as Json).some((branch) => branch.secret === true));
}

/** `postgres://user:secret@host` -> `postgres://user:[hidden]@host`. */
export function redactUrl(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s/@]+@/gi, `$1:${HIDDEN}@`);
}

function redact(value: unknown, schema: Json | undefined, depth = 0): unknown {
  if (typeof value === "function") return "[function]";
  if (typeof value === "string") return redactUrl(value);
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  if (value === null || typeof value !== "object") return value;
  if (depth > 12) return "[deep]";
  const shapes = branches(schema ?? {});
  if (Array.isArray(value)) {
    const items = shapes.map((shape) => shape.items).find((each): each is Json => typeof each === "object" && each !== null);
    return value.map((item) => redact(item, items, depth + 1));
  }
  if (value instanceof Map) return redact(Object.fromEntries(value), schema, depth);
  if (value instanceof Set) return redact([...(value as Set<unknown>)], schema, depth);
  if (value instanceof Date || value instanceof RegExp) return String(value);
  // An instance of a class is a service somebody handed in, not data.
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return `[${(value as object).constructor?.name ?? "object"}]`;
  const out: Json = {};
  for (const [key, inner] of Object.entries(value)) {
    const properties = shapes.flatMap((shape) => {
      const property = (shape.properties as Json | undefined)?.[key] ?? shape.additionalProperties;
      return typeof property === "object" && property !== null ? [property as Json] : [];
    });
    const property: Json | undefined = properties.length > 1 ? { anyOf: properties } : properties[0];
    const hidden = inner !== undefined && inner !== null && inner !== "" && typeof inner !== "boolean" && isSecretOption(key, property);
    out[key] = hidden ? HIDDEN : redact(inner, property, depth + 1);
  }
  return out;
}

/** A schema and all it may be instead. */
function branches(schema: Json): Json[] {
  const inner = [schema.anyOf, schema.oneOf, schema.allOf].flatMap((list) => (Array.isArray(list) ? (list as Json[]) : []));
  return [schema, ...inner.flatMap((each) => branches(each))];
}
