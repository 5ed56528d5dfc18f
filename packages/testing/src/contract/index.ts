export { pluginContract } from "./plugin-contract.js";
export type { PluginContractOptions } from "./plugin-contract.js";
export { telephonyContract } from "./telephony-contract.js";
export type { FarEnd, TelephonyHarness } from "./telephony-harness.js";
export type { Assertion, SuiteFramework, TestFramework } from "./test-framework.js";
