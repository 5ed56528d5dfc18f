import { promptRef } from "@hotlinejs/core";
import { z } from "zod";

export const callbacksConfig = z.strictObject({
  /** Number shown to citizens: the hotline's. Default: the trunk's. */
  callerId: z.string().regex(/^\+?[0-9*#]{1,20}$/, "a telephone number").optional(),
  /** Where a number is dialled; `{number}` is replaced. */
  address: z.string().regex(/^[a-z][a-z0-9+.-]*:.*\{number\}/i, "an address like tel:{number}").default("tel:{number}"),
  /** Shorter numbers are extensions: nobody is called back there. */
  minDigits: z.number().int().min(3).max(15).default(7),
  /** Calendar whose hours citizens may be called in. Outside it only who asked for it is. */
  calendar: z.string().min(1).default("default"),
  /** Missed calls are to be called back within so many hours. */
  dueHours: z.number().min(0.1).max(720).default(24),
  /** Callers who gave up sooner have not waited: no callback. */
  minWaitSeconds: z.number().min(0).max(600).default(0),
  /** Attempts in all. */
  maxAttempts: z.number().int().min(1).max(20).default(3),
  /** Waits after the first, second ... attempt; the last holds for all that follow. */
  waitMinutes: z.array(z.number().min(1).max(7 * 24 * 60)).min(1).default([30, 120]),
  /** How long a citizen's phone rings. */
  ringSeconds: z.number().int().min(5).max(180).default(30),
  /** How long an agent's phone rings. */
  agentRingSeconds: z.number().int().min(5).max(180).default(20),
  /** Said to the agent before the citizen is dialled. Values: `number`, `missed`. `false`: a beep, on the calls of campaigns too. */
  agentPrompt: z.union([promptRef, z.literal(false)]).default("callbacks.agent"),
  /** The plan calls back by itself while agents are free whom no caller needs (`HOTLINE_CALLBACKS_AUTOMATIC`). */
  automatic: z.boolean().default(false),
  /** Callbacks of the plan at once. */
  atOnce: z.number().int().min(1).max(1000).default(2),
  /** An agent who did not answer the plan is left alone so long. */
  agentPauseSeconds: z.number().int().min(1).max(3600).default(60),
});

export type CallbacksConfig = z.output<typeof callbacksConfig>;
export type CallbacksOptions = z.input<typeof callbacksConfig>;
