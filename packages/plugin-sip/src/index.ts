export * from "./contract.js";
export { sip } from "./plugin.js";
export { sipConfig } from "./config.js";
export type { SipConfig, TrunkConfig } from "./config.js";
export { sipErrors } from "./errors.js";
