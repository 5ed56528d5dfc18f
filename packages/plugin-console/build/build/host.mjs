// Build of the host page and of the modules it shares with the pages of plugins.
import { join } from "node:path";
import { antdGroups } from "./antd-groups.mjs";
import { antdExports, common } from "./console-ui.mjs";

/** React is CommonJS: its names are written out, so that pages can import them one by one. */
async function cjsModule(name) {
  const names = Object.keys(await import(name)).filter((key) => key !== "default" && key !== "module.exports" && /^[A-Za-z_]\w*$/.test(key));
  return `import module from "${name}";\nexport default module;\nexport const { ${names.join(", ")} } = module;\n`;
}

/** File name -> source of what the import map offers. */
async function sharedSources(uiFolder) {
  const modules = antdExports();
  const groups = antdGroups(Object.keys(modules));
  const sources = {
    react: await cjsModule("react"),
    "react-jsx-runtime": await cjsModule("react/jsx-runtime"),
    "react-dom": await cjsModule("react-dom"),
    icon: 'export { default } from "@ant-design/icons/es/components/AntdIconLight";',
    sdk: `export * from ${JSON.stringify(join(uiFolder, "sdk/index.ts"))};`,
    // For pages that were built by other means: all of antd under its own name.
    antd: Object.keys(groups).map((group) => `export * from "virtual:${group}";`).join("\n"),
  };
  for (const [group, names] of Object.entries(groups)) sources[group] = names.map((name) => `export { default as ${name} } from "${modules[name]}";`).join("\n");
  return sources;
}

/** The styles of antd's parts, with the nonce of the page where none is given. */
function withNonce(path) {
  return `import { injectCSS as inject, updateCSS as update } from ${JSON.stringify(path)};
export * from ${JSON.stringify(path)};
const nonce = typeof document === "undefined" ? undefined : document.querySelector('meta[name="hotline-nonce"]')?.content;
const marked = (option) => (option?.csp?.nonce ? option : { ...option, csp: { ...option?.csp, nonce } });
export const injectCSS = (css, option) => inject(css, marked(option));
export const updateCSS = (css, key, option) => update(css, key, marked(option));
`;
}

/** esbuild options of the host. `folder` is the package. */
export async function hostOptions(folder) {
  const ui = join(folder, "ui");
  const sources = await sharedSources(ui);
  const virtual = {
    name: "hotline-console-host",
    setup(build) {
      // The host itself uses the base only; by way of antd's index it would hang on every component there is.
      build.onResolve({ filter: /^antd$/ }, () => ({ path: "antd-base", namespace: "hotline-host", sideEffects: false }));
      build.onResolve({ filter: /^virtual:/ }, ({ path }) => ({ path: path.slice("virtual:".length), namespace: "hotline-host", sideEffects: false }));
      build.onLoad({ filter: /.*/, namespace: "hotline-host" }, ({ path }) => ({ contents: sources[path], loader: "js", resolveDir: ui }));
      // Parts of antd that know no nonce of their own (the lock of scrolling behind a dialog) write styles as well.
      build.onResolve({ filter: /\/dynamicCSS(\.js)?$/ }, async ({ path, importer, resolveDir, kind, pluginData }) => {
        if (pluginData === "real") return undefined;
        const real = await build.resolve(path, { importer, resolveDir, kind, pluginData: "real" });
        return real.errors.length > 0 || !real.path.includes("@rc-component") ? real : { path: real.path, namespace: "hotline-styles" };
      });
      build.onLoad({ filter: /.*/, namespace: "hotline-styles" }, ({ path }) => ({ contents: withNonce(path), loader: "js", resolveDir: ui, pluginData: "real" }));
      build.onResolve({ filter: /^@hotlinejs\/plugin-console\/sdk$/ }, () => ({ path: join(ui, "sdk/index.ts") }));
    },
  };
  return {
    ...common,
    entryPoints: { main: join(ui, "main.tsx"), ...Object.fromEntries(Object.keys(sources).map((name) => [name, `virtual:${name}`])) },
    outdir: join(folder, "dist/ui"),
    chunkNames: "[name]-[hash]",
    plugins: [virtual],
  };
}
