import { defineEntity, p, type InferEntity } from "@mikro-orm/core";
import type { PromptRef } from "@hotlinejs/core";
import type { SurveyOption } from "../contract.js";

/** A survey of one question. */
export const SurveyEntity = defineEntity({
  name: "Survey",
  tableName: "surveys_survey",
  properties: {
    key: p.text().primary(),
    title: p.text(),
    question: p.json<PromptRef>(),
    options: p.json<readonly SurveyOption[]>(),
    active: p.boolean(),
    createdAt: p.bigint("number"),
  },
});

export type SurveyRow = InferEntity<typeof SurveyEntity>;
