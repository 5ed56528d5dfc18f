export { http } from "./plugin.js";
export type { HttpOptions } from "./config.js";
export * from "./contract.js";
