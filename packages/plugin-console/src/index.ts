export { staffConsole } from "./plugin.js";
export * from "./contract.js";
