export * from "./contract.js";
export { portal } from "./plugin.js";
export type { PortalConfig } from "./config.js";
