// What npm would publish: every package packs, its exports exist with types, nothing private leaks in, its licence is there.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
let failures = 0;
const fail = (name, message) => {
  failures++;
  console.error(`${name}: ${message}`);
};

const folders = readdirSync(join(root, "packages")).filter((name) => existsSync(join(root, "packages", name, "package.json")));
for (const folder of folders) {
  const path = join(root, "packages", folder);
  const manifest = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
  const [packed] = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: path, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  const files = new Set(packed.files.map((file) => file.path));
  for (const [name, target] of Object.entries(manifest.exports)) {
    if (typeof target === "string") continue;
    for (const condition of ["types", "import"]) if (!files.has(target[condition].replace("./", ""))) fail(manifest.name, `export ${name} has no ${condition} file ${target[condition]} (run npm run build:types)`);
  }
  for (const needed of ["LICENSE", "README.md", "package.json"]) if (!files.has(needed)) fail(manifest.name, `${needed} is missing from the package`);
  for (const file of files) if (/\.test\.ts$|\.env$|secret\.key$|\.db$/.test(file)) fail(manifest.name, `${file} does not belong into the package`);
  const text = files.has("README.md") ? readFileSync(join(path, "README.md"), "utf8") : "";
  if (text.length > 0 && text.length < 300) fail(manifest.name, "README.md says next to nothing");
  if (folder !== "core" && folder !== "queueing" && manifest.peerDependencies?.["@hotlinejs/core"] !== ">=0.1.0 <1.0.0") fail(manifest.name, "core must be a peer dependency in range >=0.1.0 <1.0.0");
  for (const name of Object.keys(manifest.dependencies ?? {})) if (name.startsWith("@hotlinejs/plugin-")) fail(manifest.name, `${name} must not be a dependency: plugins meet on contracts`);
  const { messages } = await publint({ pkgDir: path, level: "error", pack: false });
  for (const message of messages) fail(manifest.name, `publint ${message.code} at ${message.path.join(".")}`);
  console.log(`${manifest.name} ${manifest.version}: ${files.size} files, ${Math.round(packed.unpackedSize / 1024)} kB`);
}
console.log(`${folders.length} packages checked, ${failures} problems`);
process.exitCode = failures === 0 ? 0 : 1;
