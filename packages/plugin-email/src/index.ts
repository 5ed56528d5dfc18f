export * from "./contract.js";
export { email } from "./plugin.js";
export type { EmailConfig } from "./config.js";
