export * from "./contract/callbacks.js";
export * from "./contract/campaigns.js";
