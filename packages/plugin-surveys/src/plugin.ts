import { CALENDARS, CLOCK, defineEvent, definePlugin, PROMPTS, READ_POOL, UNIT_OF_WORK } from "@hotlinejs/core";
import type { IvrNodeType } from "@hotlinejs/core";
import { surveysConfig } from "./config.js";
import { SURVEYS } from "./contract.js";
import { SurveyAnswerEntity } from "./entities/survey-answer.entity.js";
import { SurveyEntity } from "./entities/survey.entity.js";
import { READ, surveyRoutes } from "./http/survey-routes.js";
import { SURVEY_PROMPTS, surveyNode } from "./ivr/survey-node.js";
import { SurveysInit } from "./migrations/init.js";
import { DefaultSurveys } from "./surveys-service.js";

/** Surveys of one question, asked by the node `survey`. */
export const surveys = definePlugin({
  name: "surveys",
  version: __VERSION__,
  core: ">=0.1.0 <1.0.0",
  after: ["tts"],
  critical: false,
  config: surveysConfig,
  entities: [SurveyEntity, SurveyAnswerEntity],
  migrations: [SurveysInit],
  provides: [SURVEYS],
  permissions: [{ name: READ, roles: ["team_leader", "shift_supervisor", "analyst", "director"], description: "See surveys and their results" }],
  events: [defineEvent("survey.answered", { durable: true })],
  ivrNodes: [surveyNode] as unknown as readonly IvrNodeType<never>[],
  routes: surveyRoutes,
  register({ config, onReady, services }) {
    let service: DefaultSurveys | undefined;
    const surveysService = (): DefaultSurveys =>
      (service ??= new DefaultSurveys(services.get(UNIT_OF_WORK), services.get(READ_POOL), services.get(CLOCK), () => services.get(CALENDARS).get(config.calendar), services.optional(PROMPTS)));
    services.provide(SURVEYS, surveysService);
    services.optional(PROMPTS)?.define(SURVEY_PROMPTS);
    onReady(() => surveysService().seed(config.surveys));
  },
});
