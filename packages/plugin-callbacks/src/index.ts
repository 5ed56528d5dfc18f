export * from "./contract.js";
export { callbacks } from "./plugin.js";
export { callbacksConfig } from "./config.js";
export type { CallbacksConfig, CallbacksOptions } from "./config.js";
export { errors as callbacksErrors } from "./errors.js";
