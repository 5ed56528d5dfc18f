import { readFileSync } from "node:fs";
import { defineConfig } from "tsup";

/** What a package hands to the build: name of the output file -> source file. */
export type Entries = Record<string, string>;

/** The entry of a plugin that other plugins may import. */
const PARTNER_CONTRACT = /^@hotlinejs\/plugin-[^/]+\/contract$/;

const types = process.env.HOTLINE_BUILD_TYPES === "1";

/**
 * The one build of every published package: ESM for Node 20, source maps, types when asked for.
 * `__VERSION__` becomes the version of the package.json next to the config, so that a plugin's
 * version is never written twice.
 */
export function library(entry: Entries) {
  return defineConfig(() => ({
    entry,
    format: ["esm"],
    target: "node20",
    platform: "node",
    // Types come from one compiler run over all packages (scripts/types.mjs).
    dts: false,
    sourcemap: true,
    clean: types,
    splitting: true,
    treeshake: false,
    // What a package imports it must declare; nothing of it is copied in (two kernels in one process otherwise) ...
    skipNodeModulesBundle: true,
    // ... but a partner's contract: tokens are registered symbols, the same in every copy, and the partner need not be installed (docs/adr/0005).
    noExternal: [PARTNER_CONTRACT],
    esbuildOptions: (options) => {
      options.conditions = ["@hotlinejs/source"];
    },
    silent: true,
    define: { __VERSION__: JSON.stringify(packageVersion()) },
  }));
}

/** An application: the same, without types. Dependencies stay external and come from node_modules. */
export function application(entry: Entries) {
  return defineConfig(() => ({
    entry,
    format: ["esm"],
    target: "node20",
    platform: "node",
    dts: false,
    skipNodeModulesBundle: true,
    sourcemap: true,
    silent: true,
    define: { __VERSION__: JSON.stringify(packageVersion()) },
  }));
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  return version;
}
