import { defineIvrNode, promptRef } from "@hotlinejs/core";
import { z } from "zod";
import { GLOBAL_OUTCOMES } from "../contract.js";
import { controlOf } from "../runner/flow-control.js";
import { RECORDINGS } from "../runner/recordings.js";
import { CHECKS } from "./entry-checks.js";

const config = z
  .strictObject({
    /** Asks for the entry. */
    prompt: promptRef,
    /** Variable that gets the digits. */
    var: z.string().min(1),
    /** Fewest digits. With 0 an empty entry (only the finish key) is the outcome `empty`. */
    min: z.number().int().min(0).max(64).default(1),
    /** Most digits; the entry ends with the last. */
    max: z.number().int().min(1).max(64),
    /** Key that ends the entry. Empty: only the most digits or a pause end it. */
    finishOn: z.string().regex(/^[0-9*#]?$/).default("#"),
    /** Seconds a caller has for the first key. Default the plugin's `limits.menuTimeoutSeconds`. */
    timeoutSeconds: z.number().min(0).max(300).optional(),
    /** Seconds between two keys. Default the plugin's `limits.interDigitSeconds`. */
    interDigitSeconds: z.number().min(0.5).max(60).optional(),
    /** Entries a caller may try, silence and wrong ones together. Default the plugin's `limits.maxTries`. */
    maxTries: z.number().int().min(1).max(20).optional(),
    /** After an entry that cannot be one. Default the flow's. */
    invalidPrompt: promptRef.optional(),
    /** After silence. Default the flow's. */
    silencePrompt: promptRef.optional(),
    /** What the digits must look like besides. */
    pattern: z
      .string()
      .refine(isPattern, "no regular expression")
      .optional(),
    /** `luhn`: last figure by Luhn (ISO/IEC 7812-1 annex B); `id-card`: Chinese identity number (GB 11643, ISO 7064 MOD 11-2). */
    check: z.enum(["luhn", "id-card"]).optional(),
    /** Letter the star key stands for (the X of identity numbers). Without it `*` begins anew, or goes back where nothing was keyed. */
    starAs: z.string().length(1).optional(),
    /** Kept out of recordings, journals and the agent's screen (PIN, identity number). */
    sensitive: z.boolean().default(false),
  })
  .refine((entry) => entry.min <= entry.max, { error: "min is more than max", path: ["min"] });

/**
 * An entry of several digits. While it listens 0 is a digit.
 *
 * @outcome collected - The variable holds the digits.
 * @outcome empty - With `min: 0`: only the finish key was pressed.
 * @outcome timeout - Silence on every try.
 * @outcome invalid - No try was right.
 * @example { "id": "number", "type": "collect", "prompt": { "text": "请输入流水号，以井号键结束。" }, "var": "serial", "max": 12, "on": { "collected": "status" }, "next": "main" }
 */
export const collectNode = defineIvrNode({
  type: "collect",
  config,
  outcomes: ({ min }) => [{ name: "collected" }, ...(min === 0 ? [{ name: "empty" }] : []), { name: "timeout" }, { name: "invalid" }],
  prompts: ({ prompt, invalidPrompt, silencePrompt }) => [prompt, invalidPrompt, silencePrompt].filter((ref) => ref !== undefined),
  async run(context) {
    const entry = context.config;
    const control = controlOf(context);
    const { limits } = control;
    const recordings = entry.sensitive ? context.services.optional(RECORDINGS) : undefined;
    const { interaction } = context.session;
    recordings?.pause(interaction.id);
    try {
      const maxTries = entry.maxTries ?? limits.maxTries;
      let heardAny = false;
      for (let tries = 0; tries < maxTries && !context.signal.aborted; ) {
        const starFinishes = entry.starAs === undefined && entry.finishOn !== "*";
        const { digits, reason, finishedBy } = await control.ask(entry.prompt, {
          min: Math.max(1, entry.min),
          max: entry.max,
          finishOn: entry.finishOn + (starFinishes ? "*" : ""),
          firstDigitTimeoutMs: entry.timeoutSeconds === undefined ? limits.firstDigitMs : entry.timeoutSeconds * 1000,
          interDigitTimeoutMs: entry.interDigitSeconds === undefined ? limits.interDigitMs : entry.interDigitSeconds * 1000,
        });
        if (reason === "ended") break;
        if (reason === "finish-key" && starFinishes && finishedBy === "*") {
          if (digits === "" && control.globals.star) return { outcome: GLOBAL_OUTCOMES.back };
          // A slip of the finger is no failed try, but a caller who only presses * is.
          if (digits === "") tries++;
          continue;
        }
        tries++;
        if (digits === "" && reason === "finish-key" && entry.min === 0) {
          delete context.vars[entry.var];
          return { outcome: "empty" };
        }
        const value = entry.starAs === undefined ? digits : digits.replaceAll("*", entry.starAs);
        if (fits(value, entry)) {
          context.vars[entry.var] = value;
          return { outcome: "collected" };
        }
        heardAny ||= digits !== "" || reason === "finish-key";
        if (tries >= maxTries) break;
        await context.say(digits === "" && reason === "timeout" ? (entry.silencePrompt ?? control.silence) : (entry.invalidPrompt ?? control.invalid));
      }
      return { outcome: heardAny ? "invalid" : "timeout" };
    } finally {
      recordings?.resume(interaction.id);
    }
  },
});

function fits(value: string, entry: z.infer<typeof config>): boolean {
  if (value.length < Math.max(1, entry.min) || value.length > entry.max) return false;
  if (entry.pattern !== undefined && !new RegExp(`^(?:${entry.pattern})$`).test(value)) return false;
  return entry.check === undefined || CHECKS[entry.check](value);
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(`^(?:${text})$`) instanceof RegExp;
  } catch {
    return false;
  }
}
