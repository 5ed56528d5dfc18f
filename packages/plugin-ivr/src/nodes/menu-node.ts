import { defineIvrNode, promptRef } from "@hotlinejs/core";
import { z } from "zod";
import { GLOBAL_OUTCOMES } from "../contract.js";
import { controlOf } from "../runner/flow-control.js";

const config = z.strictObject({
  /** Names the keys. */
  prompt: promptRef,
  /** The keys it takes, for example `"128"`: each is an outcome. `*`, `#` and `0` are its own when listed. */
  keys: z
    .string()
    .regex(/^[0-9*#]+$/, "expected keys 0-9 * #")
    .refine((keys) => new Set(keys).size === keys.length, "a key is listed twice"),
  /** Seconds a caller has for a key, from the end of the prompt. 0: only keys that came while it played. Default the plugin's `limits.menuTimeoutSeconds`. */
  timeoutSeconds: z.number().min(0).max(120).optional(),
  /** How often it is played to a silent caller before `timeout`. Default the plugin's `limits.maxTries`. */
  maxTries: z.number().int().min(1).max(20).optional(),
  /** Wrong keys before `invalid`. Default the flow's. */
  maxInvalid: z.number().int().min(1).max(20).optional(),
  /** Said after a wrong key, before the menu is played again. Default the flow's. */
  invalidPrompt: promptRef.optional(),
  /** Said after silence, before the menu is played again. Default the flow's. */
  silencePrompt: promptRef.optional(),
  /** Variable that gets the key, or what `map` makes of it. */
  var: z.string().min(1).optional(),
  /** Key -> what `var` gets instead of the key. */
  map: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});

/**
 * A choice by one key.
 *
 * @outcome the keys - Each key of `keys` is an outcome of its own: `"1"`, `"*"`.
 * @outcome timeout - Silence after `maxTries` times.
 * @outcome invalid - Too many wrong keys.
 * @example { "id": "main", "type": "menu", "prompt": { "text": "人工服务请按1，自动服务请按2。" }, "keys": "12", "on": { "1": "agent", "2": "auto", "timeout": "agent", "invalid": "agent" } }
 */
export const menuNode = defineIvrNode({
  type: "menu",
  config,
  outcomes: ({ keys }) => [...keys, "timeout", "invalid"].map((name) => ({ name })),
  prompts: ({ prompt, invalidPrompt, silencePrompt }) => [prompt, invalidPrompt, silencePrompt].filter((ref) => ref !== undefined),
  async run(context) {
    const menu = context.config;
    const control = controlOf(context);
    const firstDigitTimeoutMs = menu.timeoutSeconds === undefined ? control.limits.firstDigitMs : menu.timeoutSeconds * 1000;
    const maxTries = menu.maxTries ?? control.limits.maxTries;
    const maxInvalid = menu.maxInvalid ?? control.maxInvalid;
    let silent = 0;
    let invalid = 0;
    while (!context.signal.aborted) {
      const { digits: key, reason } = await control.ask(menu.prompt, { min: 1, max: 1, firstDigitTimeoutMs });
      if (reason === "ended") break;
      if (key === "") {
        if (++silent >= maxTries) return { outcome: "timeout" };
        await context.say(menu.silencePrompt ?? control.silence);
      } else if (menu.keys.includes(key)) {
        if (menu.var !== undefined) context.vars[menu.var] = menu.map?.[key] ?? key;
        return { outcome: key };
      } else if (key === "0" && control.globals.zero) return { outcome: GLOBAL_OUTCOMES.agent };
      else if (key === "*" && control.globals.star) return { outcome: GLOBAL_OUTCOMES.back };
      else if (key === "#" && control.globals.hash) silent = 0;
      else {
        if (++invalid >= maxInvalid) return { outcome: "invalid" };
        await context.say(menu.invalidPrompt ?? control.invalid);
      }
    }
    return { outcome: "timeout" };
  },
});
