import { z } from "zod";
import { promptRef } from "@hotlinejs/core";

const survey = z.strictObject({
  key: z.string().regex(/^[a-z][a-z0-9-]*$/),
  title: z.string().min(1),
  question: promptRef,
  options: z
    .array(z.strictObject({ key: z.string().regex(/^[0-9]$/), label: z.string().min(1) }))
    .min(1)
    .max(10)
    .refine((options) => new Set(options.map((option) => option.key)).size === options.length, "two answers have one key"),
  active: z.boolean().optional(),
});

export const surveysConfig = z.strictObject({
  /** Written to the database once each; after that the database is the truth. */
  surveys: z.array(survey).default([]),
  /** Calendar whose dates are stored with answers. */
  calendar: z.string().min(1).default("default"),
});
