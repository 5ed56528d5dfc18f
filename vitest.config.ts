import { defineConfig } from "vitest/config";
import { common, fromSource } from "./vitest.shared.js";

const limits = { testTimeout: 30_000, hookTimeout: 90_000 };

/** Two rings: packages side by side, then whole hotlines and peers one file after the other. */
export default defineConfig({
  ...fromSource,
  test: {
    reporters: ["default", "./test/summary-reporter.ts"],
    projects: [
      { ...fromSource, test: { ...common, ...limits, name: "packages", include: ["packages/*/{src,test,ui}/**/*.test.ts", "test/**/*.test.ts"], sequence: { groupOrder: 0 } } },
      { ...fromSource, test: { ...common, ...limits, name: "hotline", include: ["examples/*/{src,test}/**/*.test.ts"], fileParallelism: false, sequence: { groupOrder: 1 } } },
    ],
  },
});
