export { fax } from "./plugin.js";
export { faxConfig } from "./config.js";
export { FAX_PROMPTS } from "./ivr/fax-prompts.js";
export * from "./contract.js";
