export * from "./contract.js";
export { acd } from "./plugin.js";
export type { AcdPluginOptions } from "./config.js";
export { acdErrors } from "./errors.js";
export { queueNode } from "./ivr/queue-node.js";
