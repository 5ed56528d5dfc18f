import { defineConfig } from "vitest/config";

export default defineConfig({
  define: { __VERSION__: JSON.stringify("0.1.0") },
  resolve: { conditions: ["@hotlinejs/source", "module", "node", "development|production"] },
  ssr: { resolve: { conditions: ["@hotlinejs/source", "module", "node", "development|production"] } },
  test: {
    include: ["packages/*/{src,test}/**/*.test.ts", "examples/*/{src,test}/**/*.test.ts", "test/**/*.test.ts"],
    environment: "node",
    reporters: ["default", "./test/summary-reporter.ts"],
    pool: "forks",
    testTimeout: 20_000,
    hookTimeout: 60_000,
    server: { deps: { inline: [/@hotlinejs\//] } },
  },
});
