export { telephonyContract } from "./telephony-contract.js";
export type { FarEnd, TelephonyHarness } from "./telephony-harness.js";
export type { TestFramework } from "./test-framework.js";
