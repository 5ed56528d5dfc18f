import { defineConfig } from "vitest/config";
import { common, fromSource } from "./vitest.shared.js";

/** On a busy build machine a peer may miss its moment. Such a test is tried once more there, and the run's end names it with what went wrong. */
const retry = process.env.CI === undefined ? 0 : 1;
const limits = { testTimeout: 30_000, hookTimeout: 90_000, retry };

/**
 * Measure sound or time so closely, or load the machine so much, that nothing may run beside them; `changing-network` changes the machine's own devices,
 * upon which every Chromium there gives up what it is loading (ERR_NETWORK_CHANGED).
 */
const alone = ["hundred-calls", "crash", "crash-channels", "crash-queue", "crash-reservation", "call-to-agent", "changing-network", "transfer", "scanners", "reconciliation"].map((name) => `examples/12333/test/${name}.test.ts`);

const speech = ["./examples/12333/test/support/warm-speech.ts"];

/**
 * Four rings: units, which leave nothing behind and so share the modules they load (loading took longer than testing); packages three at a time (many
 * wait for a peer or a disk), whole hotlines and peers too (they mostly wait for calls in real time), then those that must be alone.
 */
export default defineConfig({
  ...fromSource,
  test: {
    reporters: ["default", "./test/summary-reporter.ts"],
    projects: [
      { ...fromSource, test: { ...common, ...limits, name: "units", include: ["packages/*/{src,ui}/**/*.test.ts"], isolate: false, maxWorkers: 3, sequence: { groupOrder: 0 } } },
      { ...fromSource, test: { ...common, ...limits, name: "packages", include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"], maxWorkers: 3, sequence: { groupOrder: 1 } } },
      { ...fromSource, test: { ...common, ...limits, name: "hotline", globalSetup: speech, include: ["examples/*/{src,test}/**/*.test.ts"], exclude: alone, maxWorkers: 3, sequence: { groupOrder: 2 } } },
      { ...fromSource, test: { ...common, ...limits, name: "alone", globalSetup: speech, include: alone, fileParallelism: false, sequence: { groupOrder: 3 } } },
    ],
  },
});
