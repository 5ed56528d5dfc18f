export { createPlugin } from "./create-plugin.js";
export type { PluginOptions } from "./create-plugin.js";
export { createProject } from "./create-project.js";
export type { ProjectOptions } from "./create-project.js";
export type { Language } from "./project-files.js";
export { choices, presets } from "./plugins.js";
export type { Choice } from "./plugins.js";
export { CREATE_ERRORS, CreateError } from "./errors.js";
