import { defineEntity, p } from "@mikro-orm/core";

/** One answer per interaction and survey; no number of the citizen is kept. */
export const SurveyAnswerEntity = defineEntity({
  name: "SurveyAnswer",
  tableName: "surveys_answer",
  indexes: [{ properties: ["surveyKey", "businessDate"] }],
  properties: {
    surveyKey: p.text().primary(),
    interactionId: p.text().primary(),
    option: p.text(),
    channel: p.text(),
    answeredAt: p.bigint("number"),
    businessDate: p.text(),
    businessHour: p.integer(),
  },
});
