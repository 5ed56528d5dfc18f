// Builds every package and application with tsup, in one process.
//   --if-needed   only what is older than its sources (npm start, npm test)
//   --types       with .d.ts files (a release)
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const ifNeeded = process.argv.includes("--if-needed");
const types = process.argv.includes("--types");
if (types) process.env.HOTLINE_BUILD_TYPES = "1";

const only = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
const folders = [...list("packages"), ...list("examples"), "bench"].filter((folder) => existsSync(join(root, folder, "tsup.config.ts")));
const wanted = folders.filter((folder) => (only.length === 0 || only.includes(folder)) && !(ifNeeded && fresh(folder)));
if (wanted.length > 0) {
  const { build } = await import("tsup");
  const started = process.hrtime.bigint();
  for (const folder of wanted) {
    process.chdir(join(root, folder));
    const { config } = await loadConfig(join(root, folder));
    // esbuild remembers the working directory it was loaded in, so paths are made absolute.
    for (const { entry, ...options } of config) {
      const absolute = Object.fromEntries(Object.entries(entry).map(([name, file]) => [name, join(root, folder, file)]));
      await build({ ...options, entry: absolute, outDir: join(root, folder, "dist"), tsconfig: join(root, folder, "tsconfig.json"), config: false });
    }
    await buildPages(join(root, folder));
    writeFileSync(stampOf(folder), String(newest(folder)));
  }
  process.chdir(root);
  if (types) {
    const { writeTypes } = await import("./types.mjs");
    await writeTypes(root, wanted);
  }
  console.log(`built ${wanted.length} of ${folders.length} packages in ${Number((process.hrtime.bigint() - started) / 1_000_000n)} ms`);
}

async function loadConfig(folder) {
  // The configuration is TypeScript: esbuild turns it into a module that can be imported.
  const { build: bundle } = await import("esbuild");
  const result = await bundle({ entryPoints: [join(folder, "tsup.config.ts")], bundle: true, write: false, format: "esm", platform: "node", packages: "external" });
  const file = join(folder, `.tsup.config.${process.pid}.mjs`);
  writeFileSync(file, result.outputFiles[0].text);
  try {
    const { default: config } = await import(`file://${file}`);
    const resolved = typeof config === "function" ? await config({}) : config;
    return { config: Array.isArray(resolved) ? resolved : [resolved] };
  } finally {
    const { unlinkSync } = await import("node:fs");
    unlinkSync(file);
  }
}

/** What is copied into the pages of whoever names it: its licence is published with it. */
function copyLicences(folder) {
  const copied = ["jssip"];
  const { devDependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  for (const name of copied.filter((each) => each in devDependencies)) copyFileSync(join(root, "node_modules", name, "LICENSE.md"), join(folder, "dist/ui", `LICENSE-${name}.md`));
}

/** Console pages of a plugin (`ui/index.tsx`), the console's host (`ui/main.tsx`), or scripts of the citizens' pages (`ui/*.ts`), into `dist/ui`. */
async function buildPages(folder) {
  await buildSite(folder);
  const host = existsSync(join(folder, "ui/main.tsx"));
  if (!host && !existsSync(join(folder, "ui/index.tsx"))) return;
  const { build: bundle } = await import("esbuild");
  const outdir = join(folder, "dist/ui");
  rmSync(outdir, { recursive: true, force: true });
  const { hostOptions } = await import("../packages/plugin-console/build/host.mjs");
  const { consoleUiOptions } = await import("../packages/plugin-console/build/console-ui.mjs");
  await bundle(host ? await hostOptions(folder) : consoleUiOptions({ entry: join(folder, "ui/index.tsx"), outdir }));
  copyLicences(folder);
}

/** Scripts of pages that have nothing to do with the console: each whole in one file, whatever it uses. */
async function buildSite(folder) {
  const ui = join(folder, "ui");
  if (!existsSync(ui) || existsSync(join(ui, "index.tsx")) || existsSync(join(ui, "main.tsx"))) return;
  const { build: bundle } = await import("esbuild");
  const { common } = await import("../packages/plugin-console/build/console-ui.mjs");
  const scripts = readdirSync(ui).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  await bundle({ ...common, entryPoints: scripts.map((name) => join(ui, name)), outdir: join(folder, "dist/ui"), splitting: false });
  copyLicences(folder);
}

function list(parent) {
  return existsSync(join(root, parent)) ? readdirSync(join(root, parent)).map((name) => join(parent, name)) : [];
}

/** Beside `dist`, not in it: all of `dist` is published. */
function stampOf(folder) {
  return join(root, folder, ".build-stamp");
}

function fresh(folder) {
  const stamp = stampOf(folder);
  return existsSync(join(root, folder, "dist")) && existsSync(stamp) && readFileSync(stamp, "utf8") === String(newest(folder));
}

/** Newest change below a package's sources and of the shared build settings. */
function newest(folder) {
  let latest = Math.max(...["tsup.base.ts", "tsconfig.json"].map((file) => statSync(join(root, file)).mtimeMs), statSync(join(root, folder, "package.json")).mtimeMs, statSync(join(root, folder, "tsup.config.ts")).mtimeMs);
  const walk = (path) => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const full = join(path, entry.name);
      if (entry.isDirectory()) walk(full);
      else latest = Math.max(latest, statSync(full).mtimeMs);
    }
  };
  // Contracts are bundled into the packages that use them.
  for (const contract of list("packages").map((other) => join(root, other, "src/contract.ts"))) {
    if (!existsSync(contract)) continue;
    latest = Math.max(latest, statSync(contract).mtimeMs);
    const parts = contract.slice(0, -".ts".length);
    if (existsSync(parts)) walk(parts);
  }
  if (existsSync(join(root, folder, "ui"))) walk(join(root, "packages/plugin-console/build"));
  for (const source of ["src", "ui"]) if (existsSync(join(root, folder, source))) walk(join(root, folder, source));
  return latest;
}
