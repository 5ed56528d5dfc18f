// Build of a plugin's console pages with esbuild. What the host shares (React, antd, the sdk) is not copied in
// but left to the import map of the console's page, so that there is one of each.
//
//   import { build } from "esbuild";
//   import { consoleUiOptions } from "@hotlinejs/plugin-console/build";
//   await build(consoleUiOptions({ entry: "ui/index.tsx", outdir: "dist/ui" }));
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { antdGroups } from "./antd-groups.mjs";

/** Modules of the host that pages import by their usual names. */
export const SHARED = ["react", "react/jsx-runtime", "react-dom", "@hotlinejs/plugin-console/sdk"];

/** Exports of the installed antd: name -> module below `antd/es`. */
export function antdExports(from = import.meta.url) {
  const index = join(dirname(resolved("antd/package.json", from)), "es/index.js");
  return Object.fromEntries([...readFileSync(index, "utf8").matchAll(/export \{ default as ([A-Za-z]+) \} from '\.\/([\w/-]+)'/g)].map(([, name, path]) => [name, `antd/es/${path}`]));
}

function resolved(module, from) {
  try {
    return createRequire(from).resolve(module);
  } catch (cause) {
    if (cause?.code !== "MODULE_NOT_FOUND") throw cause;
    throw new Error("The pages are built against antd and React, which are not installed: npm install --save-dev antd react react-dom @types/react esbuild. They are not bundled: the console brings them", { cause });
  }
}

/** Options every bundle of the console is built with. */
export const common = {
  bundle: true,
  format: "esm",
  platform: "browser",
  target: ["es2022", "chrome109", "firefox115", "safari16"],
  splitting: true,
  jsx: "automatic",
  minify: true,
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  define: { "process.env.NODE_ENV": '"production"' },
  conditions: ["@hotlinejs/source", "module", "browser", "import"],
  mainFields: ["browser", "module", "main"],
};

/** esbuild options for one plugin's pages. */
export function consoleUiOptions({ entry, outdir, ...more }) {
  return { ...common, entryPoints: { index: entry }, outdir, chunkNames: "[name]-[hash]", plugins: [sharedModules()], ...more };
}

/** Leaves shared modules to the import map. `antd` becomes imports of the files in which the used components stand. */
export function sharedModules() {
  const groups = antdGroups(Object.keys(antdExports()));
  const reexports = Object.entries(groups).map(([group, names]) => `export { ${names.join(", ")} } from "@hotlinejs/console/${group}";`);
  return {
    name: "hotline-console-shared",
    setup(build) {
      for (const name of SHARED) build.onResolve({ filter: new RegExp(`^${name.replaceAll(/[/-]/g, "\\$&")}$`) }, () => ({ path: name, external: true }));
      build.onResolve({ filter: /^@hotlinejs\/console\// }, ({ path }) => ({ path, external: true, sideEffects: false }));
      // One for each importer: shared by several, it would make every page load what any of them uses.
      build.onResolve({ filter: /^antd$/ }, ({ importer }) => ({ path: `antd for ${importer}`, namespace: "hotline-antd", sideEffects: false }));
      build.onLoad({ filter: /.*/, namespace: "hotline-antd" }, () => ({ contents: reexports.join("\n"), loader: "js" }));
      // An icon is its drawing; what draws it is the host's, with the host's context.
      build.onResolve({ filter: /\/AntdIcon(Light)?$/ }, ({ importer }) => (importer.includes("@ant-design") ? { path: "@hotlinejs/console/icon", external: true } : undefined));
    },
  };
}
