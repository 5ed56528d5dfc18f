import { z } from "zod";
import { defineIvrNode, promptRef } from "@hotlinejs/core";
import { RECORDINGS } from "../contract.js";

const config = z.strictObject({
  /** Said before the beep. */
  prompt: promptRef.default("recording.record"),
  /** A beep tells when to speak. */
  beep: z.boolean().default(true),
  /** Longest recording. */
  maxSeconds: z.number().int().min(1).max(3600).default(180),
  /** Ends after so much silence; 0 = never. */
  endOnSilenceSeconds: z.number().min(0).max(60).default(5),
  /** Keys that end it. */
  finishOn: z.string().regex(/^[0-9*#]*$/).default("#"),
  /** Variable that gets the recording's id. */
  var: z.string().min(1).default("recordingId"),
});

/**
 * Records what the caller says.
 *
 * @outcome done - The variable `var` holds the recording's id.
 * @outcome empty - Nothing was said. May be left without an edge.
 * @example { "id": "name", "type": "record", "prompt": { "text": "请说出您的姓名。" }, "maxSeconds": 15, "next": "agent" }
 */
export const recordNode = defineIvrNode({
  type: "record",
  config,
  outcomes: () => [{ name: "done" }, { name: "empty", optional: true }],
  prompts: (node) => [node.prompt],
  async run(context) {
    const { config: node, session, signal } = context;
    await context.say(node.prompt);
    const recordings = context.services.get(RECORDINGS);
    const message = await recordings.recordMessage(session, {
      beep: node.beep,
      maxSeconds: node.maxSeconds,
      endOnSilenceSeconds: node.endOnSilenceSeconds,
      finishOn: node.finishOn,
      signal,
    });
    if (message.empty) {
      await recordings.discard(message.id);
      return { outcome: "empty" };
    }
    context.vars[node.var] = message.id;
    return { outcome: "done" };
  },
});
