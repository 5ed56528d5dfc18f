import { defineConfig } from "vitest/config";
import base from "./vitest.config.js";

/** Soak, volume and fuzz: `npm run test:long`. Results go to bench/results/long.md. */
export default defineConfig({
  ...base,
  test: {
    environment: "node",
    setupFiles: [new URL("./test/setup.ts", import.meta.url).pathname],
    pool: "forks",
    reporters: ["default", "./test/summary-reporter.ts"],
    server: { deps: { inline: [/@hotlinejs\//] } },
    include: ["packages/*/test/**/*.long.ts", "examples/*/test/**/*.long.ts"],
    fileParallelism: false,
    testTimeout: 100_000_000,
    hookTimeout: 600_000,
  },
});
