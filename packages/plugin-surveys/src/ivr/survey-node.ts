import { z } from "zod";
import { defineIvrNode, promptRef } from "@hotlinejs/core";
import type { PromptDefinition } from "@hotlinejs/core";
import { SURVEYS } from "../contract.js";

/** Spoken by the node unless its configuration names others. */
export const SURVEY_PROMPTS: readonly PromptDefinition[] = [
  { id: "surveys.thanks", text: "调查结束，谢谢您的参与。" },
  { id: "surveys.invalid-key", text: "输入有误，请重新选择。" },
  { id: "surveys.closed", text: "目前没有进行中的调查，谢谢。" },
];

const surveyConfig = z.strictObject({
  /** Key of the survey. */
  survey: z.string().min(1),
  /** Said instead of the survey's own question. */
  prompt: promptRef.optional(),
  /** After a key that is no answer. */
  invalidPrompt: promptRef.default("surveys.invalid-key"),
  /** When the answer is stored. */
  thanksPrompt: promptRef.default("surveys.thanks"),
  /** When the survey is not running. */
  closedPrompt: promptRef.default("surveys.closed"),
  /** How often it is asked. */
  tries: z.number().int().min(1).max(10).default(3),
});

/**
 * Asks the one question of a survey and stores the answer.
 *
 * @outcome done - The answer is stored.
 * @outcome none - No answer, or the survey is closed. May be left without an edge.
 * @example { "id": "poll", "type": "survey", "survey": "service-2026", "next": "more" }
 */
export const surveyNode = defineIvrNode({
  type: "survey",
  config: surveyConfig,
  outcomes: () => [{ name: "done" }, { name: "none", optional: true }],
  prompts: (node) => [...(node.prompt === undefined ? [] : [node.prompt]), node.invalidPrompt, node.thanksPrompt, node.closedPrompt],
  async run(context) {
    const { config: node, session, signal, vars } = context;
    const surveys = context.services.get(SURVEYS);
    const survey = await surveys.get(node.survey);
    if (survey === undefined || survey.active === false) {
      await context.say(node.closedPrompt);
      return { outcome: "none" };
    }
    for (let tries = 0; tries < node.tries && !signal.aborted; tries++) {
      const { digits, reason } = await context.ask(node.prompt ?? survey.question, { min: 1, max: 1 });
      if (reason === "ended") break;
      if (survey.options.some((option) => option.key === digits)) {
        await surveys.answer(survey.key, digits, { interactionId: session.interaction.id, channel: session.interaction.channel });
        session.interaction.event("survey.answered", { survey: survey.key, option: digits });
        vars["surveyAnswer"] = digits;
        await context.say(node.thanksPrompt);
        return { outcome: "done" };
      }
      if (digits !== "") await context.say(node.invalidPrompt);
    }
    return { outcome: "none" };
  },
});
