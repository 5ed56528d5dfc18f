import { promptRef } from "@hotlinejs/core";
import { z } from "zod";

const id = z.string().regex(/^[\w.:-]{1,80}$/, "expected 1 to 80 letters, figures, or _ . : -");

const globalKeys = z.strictObject({ zero: z.boolean().optional(), star: z.boolean().optional(), hash: z.boolean().optional() });

/** What every node has; the rest belongs to its type. */
export const nodeSchema = z.looseObject({
  id,
  type: z.string().min(1),
  label: z.string().max(80).optional(),
  next: id.optional(),
  on: z.record(z.string(), id).optional(),
  globals: z.union([z.boolean(), globalKeys]).optional(),
});

export const NODE_KEYS: ReadonlySet<string> = new Set(["id", "type", "label", "next", "on", "globals"]);

/** A flow but for its nodes, which are checked one by one. */
export const flowSchema = z.strictObject({
  id,
  title: z.string().max(200).optional(),
  start: id,
  language: z.string().min(2).max(35).optional(),
  globals: z
    .strictObject({
      zero: id.optional(),
      star: z.boolean().optional(),
      hash: z.boolean().optional(),
      fallback: id.optional(),
      invalid: promptRef.optional(),
      silence: promptRef.optional(),
      goodbye: promptRef.optional(),
      maxInvalid: z.number().int().min(1).max(20).optional(),
    })
    .optional(),
  desk: z.boolean().optional(),
  secret: z.boolean().optional(),
  nodes: z.array(z.unknown()).min(1, "a flow needs a node"),
});
