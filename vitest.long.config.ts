import { defineConfig } from "vitest/config";
import { common, fromSource } from "./vitest.shared.js";

/** Soak, volume and fuzz: `npm run test:long`. Results go to bench/results/long.md. */
export default defineConfig({
  ...fromSource,
  test: {
    ...common,
    reporters: ["default", "./test/summary-reporter.ts"],
    // What follows a kill -9 is timed here, too.
    include: ["packages/*/test/**/*.long.ts", "examples/*/test/**/*.long.ts", "examples/12333/test/crash-queue.test.ts"],
    fileParallelism: false,
    testTimeout: 100_000_000,
    hookTimeout: 600_000,
  },
});
