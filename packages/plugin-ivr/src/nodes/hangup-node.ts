import { defineIvrNode, promptRef } from "@hotlinejs/core";
import { z } from "zod";

const config = z.strictObject({ /** Said before. */ prompt: promptRef.optional() });

/**
 * Says goodbye, if told how, and ends the call.
 *
 * @example { "id": "bye", "type": "hangup", "prompt": { "text": "再见。" } }
 */
export const hangupNode = defineIvrNode({
  type: "hangup",
  config,
  outcomes: () => [],
  prompts: ({ prompt }) => (prompt === undefined ? [] : [prompt]),
  async run(context) {
    if (context.config.prompt !== undefined) await context.say(context.config.prompt);
    if (context.signal.aborted) return { end: true };
    await context.session.call.hangup();
    return { end: true };
  },
});
