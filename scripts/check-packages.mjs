// What npm would publish: every package packs, what it exports is there with types, what it imports is declared, its licence is there,
// nothing private leaks in; publint and "are the types wrong" have nothing to say.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { contractProblems } from "./check-contract.mjs";
import { importProblems } from "./check-imports.mjs";
import { packAll } from "./pack.mjs";

/** Resolutions of CommonJS callers: the packages are ES modules only. */
const CJS_RESOLUTIONS = ["node10", "node16-cjs"];

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const destination = mkdtempSync(join(tmpdir(), "hotline-pack-"));
let failures = 0;
try {
  const packages = packAll(root, destination);
  for (const pack of packages) {
    const problems = [...manifestProblems(pack), ...importProblems(pack), ...(await contractProblems(pack)), ...(await publintProblems(pack)), ...(await typeProblems(pack))];
    for (const problem of problems) console.error(`${pack.manifest.name}: ${problem}`);
    failures += problems.length;
    console.log(`${pack.manifest.name} ${pack.manifest.version}: ${pack.files.length} files, ${Math.round(pack.unpackedSize / 1024)} kB`);
  }
  console.log(`${packages.length} packages checked, ${failures} problems`);
} finally {
  rmSync(destination, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;

function* manifestProblems({ folder, manifest, files }) {
  const packed = new Set(files);
  for (const [name, target] of Object.entries(manifest.exports)) {
    if (typeof target === "string") continue;
    for (const condition of ["types", "import"]) if (!packed.has(target[condition]?.replace("./", ""))) yield `export ${name} has no ${condition} file ${target[condition]} (run npm run build:types)`;
  }
  for (const needed of ["LICENSE", "README.md", "package.json"]) if (!packed.has(needed)) yield `${needed} is missing from the package`;
  // A template's tests are what it gives.
  for (const file of packed) if (!file.startsWith("templates/") && /\.test\.tsx?$|\.test-d\.ts$|\.env$|secret\.key$|\.db$|\.build-stamp$/.test(file)) yield `${file} does not belong into the package`;
  const text = packed.has("README.md") ? readFileSync(join(folder, "README.md"), "utf8") : "";
  if (text.length > 0 && text.length < 300) yield "README.md says next to nothing";

  const { dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = manifest;
  if ("@hotlinejs/core" in dependencies && !("bin" in manifest)) yield "core must be a peer dependency: one kernel runs, whatever else is installed";
  if ("@hotlinejs/core" in peerDependencies && peerDependencies["@hotlinejs/core"] !== ">=0.1.0 <1.0.0") yield "core must be a peer dependency in range >=0.1.0 <1.0.0";
  if (manifest.name.startsWith("@hotlinejs/plugin-") && !("@hotlinejs/core" in peerDependencies)) yield "a plugin has core as its peer";
  for (const name of Object.keys(dependencies)) if (name.startsWith("@hotlinejs/plugin-") && !("bin" in manifest)) yield `${name} must not be a dependency: plugins meet on contracts`;
  for (const name of Object.keys(peerDependenciesMeta)) if (name.startsWith("@hotlinejs/plugin-")) yield `${name} needs no optional peer: its contract is bundled, list it under devDependencies (docs/adr/0005)`;
}

async function publintProblems({ tarball, manifest }) {
  const { messages } = await publint({ level: "warning", pack: { tarball: new Uint8Array(readFileSync(tarball)).buffer } });
  return messages.map((message) => `publint: ${message.type} ${message.code} at ${message.path.join(".")} of ${manifest.name}/package.json`);
}

async function typeProblems({ tarball }) {
  const result = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarball))));
  if (result.types === false) return ["has no types"];
  return result.problems.filter((problem) => !CJS_RESOLUTIONS.includes(problem.resolutionKind) && problem.resolutionOption !== "node10" && problem.kind !== "CJSResolvesToESM").map((problem) => `types are wrong: ${problem.kind} ${problem.entrypoint ?? problem.typesFileName ?? problem.fileName ?? ""} ${problem.resolutionKind ?? problem.resolutionOption ?? ""}`);
}
