export { reports } from "./plugin.js";
export { reportsConfig } from "./config.js";
export { builtInReports } from "./definitions/built-in.js";
export * from "./contract.js";
