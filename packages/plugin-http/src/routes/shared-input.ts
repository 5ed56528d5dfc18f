import { z } from "zod";

/** Epoch ms, or a date with time and offset (`2026-03-02T09:00:00+08:00`). */
export const instant = z.union([
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number),
  z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
]);

/** Who has it sees the numbers of citizens in full. */
export const PERSONAL = "core.interactions.personal";
