export * from "./contract.js";
export { webchat } from "./plugin.js";
export type { WebchatConfig } from "./config.js";
