export { voiceboard } from "./plugin.js";
export { voiceboardConfig } from "./config.js";
export type { VoiceboardConfig } from "./config.js";
export { voiceboardErrors } from "./errors.js";
export * from "./contract.js";
