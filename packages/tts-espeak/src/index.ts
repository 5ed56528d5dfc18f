export { espeak, espeakConfig } from "./plugin.js";
export { EspeakProvider, voiceFor } from "./espeak-provider.js";
export type { EspeakProviderOptions } from "./espeak-provider.js";
export { errors as espeakErrors } from "./errors.js";
