import { defineIvrNode, promptRef } from "@hotlinejs/core";
import { z } from "zod";

const config = z.strictObject({
  /** One prompt, or several one after the other. */
  prompt: z.union([promptRef, z.array(promptRef).min(1)]),
  /** Whether a key cuts it short; a string names the keys. Default what the prompt says, else true. */
  bargeIn: z.union([z.boolean(), z.string().regex(/^[0-9*#]*$/)]).optional(),
});

/**
 * Says something. A key that cuts it short waits for the next menu.
 *
 * @outcome done - It was said, or cut short.
 * @example { "id": "welcome", "type": "play", "prompt": { "text": "您好。" }, "next": "main" }
 */
export const playNode = defineIvrNode({
  type: "play",
  config,
  outcomes: () => [{ name: "done" }],
  prompts: ({ prompt }) => (Array.isArray(prompt) ? prompt : [prompt]),
  async run(context) {
    const { prompt, bargeIn } = context.config;
    for (const ref of Array.isArray(prompt) ? prompt : [prompt]) {
      if (context.signal.aborted) break;
      await context.say(ref, bargeIn === undefined ? {} : { bargeIn });
    }
    return { outcome: "done" };
  },
});
