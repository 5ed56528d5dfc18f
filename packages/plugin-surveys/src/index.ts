export { surveys } from "./plugin.js";
export { surveysConfig } from "./config.js";
export { SURVEY_PROMPTS } from "./ivr/survey-node.js";
export * from "./contract.js";
