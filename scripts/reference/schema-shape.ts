import { promptRef } from "@hotlinejs/core";
import { z } from "zod";

export type Json = Record<string, unknown>;

/** A schema as people write it for input. What JSON cannot say (functions, drivers) is `{}`. */
export function shapeOf(schema: z.ZodType): Json {
  return z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override({ zodSchema, jsonSchema }) {
      if ((zodSchema as unknown) !== promptRef) return;
      for (const key of Object.keys(jsonSchema)) delete (jsonSchema as Json)[key];
      (jsonSchema as Json).title = "PromptRef";
    },
  }) as Json;
}

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);

/** Types as in TypeScript, objects only named: `"udp" | "tcp"`, `integer 1..64`, `object[]`. */
export function typeOf(shape: Json): string {
  return notation(shape, () => "object");
}

/** Types as in TypeScript, objects written out. */
export function fullTypeOf(shape: Json): string {
  return notation(shape, (object) => objectNotation(object));
}

function objectNotation(shape: Json): string {
  const required = new Set((shape.required as string[] | undefined) ?? []);
  const parts = Object.entries((shape.properties ?? {}) as Record<string, Json>).map(([name, property]) => `${name}${required.has(name) ? "" : "?"}: ${fullTypeOf(property)}`);
  return parts.length === 0 ? "{}" : `{ ${parts.join("; ")} }`;
}

function notation(shape: Json, object: (shape: Json) => string): string {
  if (typeof shape.title === "string") return shape.title;
  if ("const" in shape) return JSON.stringify(shape.const);
  if (Array.isArray(shape.enum)) return shape.enum.map((value) => JSON.stringify(value)).join(" | ");
  const any = [...list(shape.anyOf), ...list(shape.oneOf)];
  if (any.length > 0) return [...new Set(any.map((each) => notation(each, object)))].join(" | ");
  switch (shape.type) {
    case "object":
      if (shape.properties !== undefined && Object.keys(shape.properties as Json).length > 0) return object(shape);
      if (typeof shape.additionalProperties === "object") return `Record<string, ${notation(shape.additionalProperties as Json, object)}>`;
      return object(shape);
    case "array": {
      const item = notation((shape.items ?? {}) as Json, object);
      return /[ |]/.test(item) && !item.startsWith("{") ? `(${item})[]` : `${item}[]`;
    }
    case "integer":
    case "number":
      return shape.type + bounds(shape.minimum ?? shape.exclusiveMinimum, shape.maximum ?? shape.exclusiveMaximum);
    case "string":
      return (typeof shape.format === "string" ? shape.format : "string") + bounds(shape.minLength === 1 ? undefined : shape.minLength, shape.maxLength);
    case undefined:
      return "any";
    default:
      return Array.isArray(shape.type) ? (shape.type as string[]).map((type) => notation({ ...shape, type }, object)).join(" | ") : String(shape.type);
  }
}

function bounds(least: unknown, most: unknown): string {
  // The bounds of every whole number say nothing.
  const known = (value: unknown): value is number => typeof value === "number" && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  if (known(least) && known(most)) return ` ${least}..${most}`;
  if (known(least)) return ` ${least}..`;
  return known(most) ? ` ..${most}` : "";
}

/** One option below another, `queues[].announce.welcome`. */
export interface OptionRow {
  readonly path: string;
  readonly type: string;
  readonly required: boolean;
  readonly default: unknown;
  readonly description: string;
}

/** Every property of a schema, depth first; alternatives of one place are told once. */
export function optionRows(shape: Json, path = "", seen = new Set<string>()): readonly OptionRow[] {
  if (typeof shape.title === "string") return [];
  const rows: OptionRow[] = [];
  const required = new Set((shape.required as string[] | undefined) ?? []);
  for (const [name, property] of Object.entries((shape.properties ?? {}) as Record<string, Json>)) {
    const at = path === "" ? name : `${path}.${name}`;
    if (!seen.has(at)) {
      seen.add(at);
      rows.push({ path: at, type: typeOf(property), required: required.has(name) && property.default === undefined, default: property.default, description: typeof property.description === "string" ? property.description : "" });
    }
    rows.push(...optionRows(property, at, seen));
  }
  for (const each of [...list(shape.anyOf), ...list(shape.oneOf), ...list(shape.allOf)]) rows.push(...optionRows(each, path, seen));
  if (typeof shape.items === "object" && shape.items !== null) rows.push(...optionRows(shape.items as Json, `${path}[]`, seen));
  if (typeof shape.additionalProperties === "object" && shape.additionalProperties !== null) rows.push(...optionRows(shape.additionalProperties as Json, `${path}.*`, seen));
  return rows;
}
