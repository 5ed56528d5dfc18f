export { directory } from "./plugin.js";
export type { DirectoryOptions } from "./config.js";
export * from "./contract.js";
