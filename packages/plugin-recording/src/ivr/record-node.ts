import { z } from "zod";
import { defineIvrNode, promptRef } from "@hotlinejs/core";
import { RECORDINGS } from "../contract.js";

const config = z.strictObject({
  prompt: promptRef.default("recording.record"),
  beep: z.boolean().default(true),
  maxSeconds: z.number().int().min(1).max(3600).default(180),
  /** 0 = never. */
  endOnSilenceSeconds: z.number().min(0).max(60).default(5),
  finishOn: z.string().regex(/^[0-9*#]*$/).default("#"),
  /** Variable that gets the recording's id. */
  var: z.string().min(1).default("recordingId"),
});

/** Records what the caller says into a variable. Outcomes: `done`, `empty`. */
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
