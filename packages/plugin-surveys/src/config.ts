import { z } from "zod";
import { promptRef } from "@hotlinejs/core";

const survey = z.strictObject({
  /** By which flows name it. */
  key: z.string().regex(/^[a-z][a-z0-9-]*$/),
  /** Shown to people. */
  title: z.string().min(1),
  /** Said to the caller; names the keys. */
  question: promptRef,
  /** Answers, one key each. */
  options: z
    .array(z.strictObject({ /** Key on the telephone. */ key: z.string().regex(/^[0-9]$/), /** Of the answer, in results. */ label: z.string().min(1) }))
    .min(1)
    .max(10)
    .refine((options) => new Set(options.map((option) => option.key)).size === options.length, "two answers have one key"),
  /** `false`: callers are told that it is over. Default true. */
  active: z.boolean().optional(),
});

export const surveysConfig = z.strictObject({
  /** Written to the database once each; after that the database is the truth. */
  surveys: z.array(survey).default([]),
  /** Calendar whose dates are stored with answers. */
  calendar: z.string().min(1).default("default"),
});
