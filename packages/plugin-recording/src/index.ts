export { recording } from "./plugin.js";
export { recordingConfig } from "./config.js";
export type { RecordingConfig } from "./config.js";
export { RECORDING_PROMPTS } from "./ivr/recording-prompts.js";
export * from "./contract.js";
