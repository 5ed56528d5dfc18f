const conditions = ["@hotlinejs/source", "module", "node", "development|production"];

/** Packages resolve to their TypeScript source, so that no build stands between a change and its test. */
export const fromSource = { resolve: { conditions }, ssr: { resolve: { conditions } } };

export const common = {
  environment: "node",
  pool: "forks" as const,
  setupFiles: [new URL("./test/setup.ts", import.meta.url).pathname],
  server: { deps: { inline: [/@hotlinejs\//] } },
};
