import { z } from "zod";

export const consoleConfig = z.strictObject({
  /** Shown in the title and beside the logo. Default: the hotline's name. */
  title: z.string().min(1).max(40).optional(),
});

export type ConsoleConfig = z.output<typeof consoleConfig>;
