export { createProject } from "./create-project.js";
export type { Language, ProjectOptions } from "./create-project.js";
export { choices, presets } from "./plugins.js";
export type { Choice } from "./plugins.js";
export { CREATE_ERRORS, CreateError } from "./errors.js";
