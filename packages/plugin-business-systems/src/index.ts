export * from "./contract.js";
export { business } from "./plugin.js";
export { businessConfig } from "./config.js";
export type { BusinessConfig, BusinessOptions } from "./config.js";
export { errors as businessErrors } from "./errors.js";
export type { BusinessTransport, TransportAnswer, TransportRequest } from "./services/transport.js";
