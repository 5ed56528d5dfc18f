import { z } from "zod";

const ms = z.number().int().min(0).max(600_000);

/** What the outside party of a virtual line does, one step after the other, once the call is answered. Then it stays on the line. */
export const partyStepSchema = z.discriminatedUnion("do", [
  z.strictObject({ do: z.literal("wait"), ms }),
  /** Presses keys, as sound. */
  z.strictObject({ do: z.literal("keys"), keys: z.string().regex(/^[0-9*#A-D]{1,64}$/), toneMs: z.number().int().min(40).max(2_000).default(100), gapMs: z.number().int().min(40).max(2_000).default(100) }),
  /** "Speaks": a sine. Level in dBm0. */
  z.strictObject({ do: z.literal("tone"), hz: z.number().min(100).max(3_800), ms, level: z.number().min(-60).max(0).default(-12) }),
  /** Waits until the hotline was heard for this long without a pause, or was silent for this long; `withinMs` at the most. */
  z.strictObject({ do: z.literal("listen"), for: z.enum(["sound", "silence"]), ms: ms.default(200), withinMs: ms.default(60_000) }),
  z.strictObject({ do: z.literal("hang-up") }),
]);

export const partyScriptSchema = z.array(partyStepSchema).max(200);

export type PartyStep = z.output<typeof partyStepSchema>;
/** As written: with defaults left out. */
export type PartyScript = readonly z.input<typeof partyStepSchema>[];
