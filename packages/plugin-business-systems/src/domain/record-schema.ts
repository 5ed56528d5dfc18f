import { z } from "zod";
import type { KindConfig } from "../config.js";

type Field = KindConfig["fields"][number];

const MOST_TEXT = 500;

const types: Readonly<Record<Field["type"], z.ZodType>> = {
  text: z.string().trim().min(1).max(MOST_TEXT),
  digits: z.union([z.string().regex(/^[0-9A-Za-z-]{1,40}$/), z.number().int().nonnegative()]).transform(String),
  number: z.number(),
  // Systems send amounts as numbers or, to keep their figures exact, as text.
  money: z.union([z.number(), z.string().regex(/^-?\d{1,12}(\.\d{1,2})?$/).transform(Number)]),
  date: z.union([z.iso.date(), z.iso.datetime({ offset: true })]),
};

/**
 * What an answer of this kind must hold. Parsing picks the configured fields only, so that nothing else of a
 * person ever gets into the hotline.
 */
export function recordSchema(fields: readonly Field[]): z.ZodType<Readonly<Record<string, unknown>>> {
  const shape = Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field)]));
  return z.preprocess((answer) => Object.fromEntries(fields.map((field) => [field.name, at(answer, field.from ?? field.name)])), z.object(shape));
}

function fieldSchema(field: Field): z.ZodType {
  const { words } = field;
  if (words === undefined) return types[field.type];
  return z
    .union([z.string(), z.number(), z.boolean()])
    .transform(String)
    .refine((code) => Object.hasOwn(words, code), "an unknown code")
    .transform((code) => words[code]);
}

function at(answer: unknown, path: string): unknown {
  let value = answer;
  for (const part of path.split(".")) value = typeof value === "object" && value !== null && Object.hasOwn(value, part) ? (value as Record<string, unknown>)[part] : undefined;
  return value;
}
