import { defineConfig } from "vitest/config";

const shared = {
  // Packages resolve to their TypeScript source, so that no build stands between a change and its test.
  resolve: { conditions: ["@hotlinejs/source", "module", "node", "development|production"] },
  ssr: { resolve: { conditions: ["@hotlinejs/source", "module", "node", "development|production"] } },
};
const common = { environment: "node", setupFiles: [new URL("./test/setup.ts", import.meta.url).pathname], pool: "forks", testTimeout: 30_000, hookTimeout: 90_000, server: { deps: { inline: [/@hotlinejs\//] } } } as const;

/** Two rings: packages side by side, then whole hotlines and peers one file after the other. */
export default defineConfig({
  ...shared,
  test: {
    reporters: ["default", "./test/summary-reporter.ts"],
    projects: [
      { ...shared, test: { ...common, name: "packages", include: ["packages/*/{src,test}/**/*.test.ts", "test/**/*.test.ts"], sequence: { groupOrder: 0 } } },
      { ...shared, test: { ...common, name: "hotline", include: ["examples/*/{src,test}/**/*.test.ts"], fileParallelism: false, sequence: { groupOrder: 1 } } },
    ],
  },
});
