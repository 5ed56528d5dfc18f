import { z } from "zod";

export const consoleConfig = z.strictObject({
  /** Shown in the title and beside the logo. Default: the hotline's name. */
  title: z.string().min(1).max(40).optional(),
  /** Messages on the screen are kept for so many days, read or not. */
  inboxDays: z.int().min(1).max(3650).default(90),
});

export type ConsoleConfig = z.output<typeof consoleConfig>;
