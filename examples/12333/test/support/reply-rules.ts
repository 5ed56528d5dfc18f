import { definePlugin } from "@hotlinejs/core";
import { z } from "zod";

/** A house rule as a plugin of its own: answers that explain nothing do not leave the house, and what was vetoed is counted nowhere. */
export const replyRules = definePlugin({
  name: "reply-rules",
  version: "0.1.0",
  core: ">=0.1.0 <1.0.0",
  config: z.strictObject({
    /** Fewest characters of an answer, by kind of ticket. */
    shortest: z.record(z.string(), z.number().int().min(1)).default({ complaint: 10, report: 20 }),
  }),
  register({ config, hooks }) {
    hooks.ticketTransition.tap(
      ({ kind, to, data }) => {
        const least = config.shortest[kind];
        const length = typeof data["answer"] === "string" ? [...data["answer"].trim()].length : 0;
        if (to !== "replied" || least === undefined || length >= least) return undefined;
        return { veto: true, code: "answer-too-short", message: `不能答复：答复内容不少于${least}个字，现在是${length}个字` };
      },
      { stage: 10 },
    );
  },
});
