// The packages as a user has them: packed, installed outside this repository, compiled against and run.
//   1. a TypeScript project imports every entry of every package, with library files checked
//   2. every package alone, with what it declares and nothing else, is imported and compiled
//   3. a hotline of three plugins answers OPTIONS and takes a call
import { execFile, execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import ts from "typescript";
import { packAll } from "./pack.mjs";
import { readManifest } from "./public-entries.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
// Not below the repository: node_modules would be found in it.
const place = realpathSync(mkdtempSync(join(tmpdir(), "hotline-published-")));
/** Beside the packages taken alone, so that these do not find its node_modules above them. */
const project = join(place, "project");
const keep = process.argv.includes("--keep");
const run = promisify(execFile);
const problems = [];
const began = process.hrtime.bigint();
const say = (text) => console.log(`${String((process.hrtime.bigint() - began) / 1_000_000_000n).padStart(4)}s ${text}`);

try {
  for (const folder of ["tarballs", "project"]) mkdirSync(join(place, folder));
  const packages = packAll(root, join(place, "tarballs"));
  say(`${packages.length} packages packed`);
  install(packages);
  say("installed");
  const projects = packages.map((pack) => isolate(pack));
  await importAlone(projects);
  say("each imported alone");
  compile(projects);
  say("each compiled alone, and all together");
  callHotline();
} finally {
  if (keep) say(`kept in ${place}`);
  else rmSync(place, { recursive: true, force: true });
}
for (const problem of problems) console.error(problem);
say(`${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** One project with everything, as `npm install` of the tarballs makes it. */
function install(packages) {
  const dependencies = Object.fromEntries(packages.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]));
  const versions = readManifest(root).devDependencies;
  // What packages leave to their user: optional peers, and the types of Node and React.
  for (const { manifest } of packages) for (const [name, range] of Object.entries(manifest.peerDependencies ?? {})) if (!(name in dependencies)) dependencies[name] = range;
  Object.assign(dependencies, { "@types/node": versions["@types/node"], "@types/react": "^19.0.0", "@types/react-dom": "^19.0.0" });
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "published", private: true, type: "module", dependencies, overrides: { sqlite3: readManifest(root).overrides.sqlite3 } }, null, 2));
  execFileSync("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: project, stdio: ["ignore", "ignore", "inherit"] });
  // The repository has compiled the same sqlite3 already; a second time would be a minute of C++.
  const [ours, theirs] = [root, project].map((folder) => join(folder, "node_modules/sqlite3"));
  if (readManifest(ours).version !== readManifest(theirs).version) throw new Error("sqlite3 of the project is not that of the repository");
  cpSync(join(ours, "build"), join(theirs, "build"), { recursive: true });
}

/** A folder in which a package finds only what it declares: dependencies and peers, but no optional partner. */
function isolate({ manifest }) {
  const { dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = manifest;
  const folder = join(place, "alone", manifest.name.replace("/", "+"));
  const copy = join(folder, "node_modules", manifest.name);
  mkdirSync(dirname(copy), { recursive: true });
  cpSync(join(project, "node_modules", manifest.name), copy, { recursive: true, dereference: true });
  const optional = (name) => name.startsWith("@hotlinejs/") && peerDependenciesMeta[name]?.optional === true;
  for (const name of [...Object.keys(dependencies), ...Object.keys(peerDependencies).filter((name) => !optional(name)), "@types/node", "@types/react"]) {
    const nested = join(copy, "node_modules", name);
    const target = existsSync(nested) ? nested : join(project, "node_modules", name);
    const link = join(folder, "node_modules", name);
    if (existsSync(link)) continue;
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(target, link, "dir");
  }
  const entries = Object.entries(manifest.exports)
    .filter(([, target]) => typeof target === "object")
    .map(([path]) => manifest.name + path.slice(1));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(folder, "consumer.ts"), consumer(entries));
  return { manifest, folder, entries };
}

/** Source that takes every entry; `typeof` makes the compiler read all it exports. */
function consumer(entries) {
  return `${entries.map((name, index) => `import * as entry${index} from ${JSON.stringify(name)};`).join("\n")}\nexport type All = [${entries.map((_, index) => `typeof entry${index}`).join(", ")}];\n`;
}

async function importAlone(projects) {
  const left = [...projects];
  const next = async () => {
    for (let each = left.shift(); each !== undefined; each = left.shift()) await importOne(each);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, next));
}

async function importOne({ manifest, folder, entries }) {
  // Entries named `worker` are begun as worker threads, and want data of their own; here it counts that their imports are found.
  const script = `
    import { Worker } from "node:worker_threads";
    for (const name of ${JSON.stringify(entries)}) {
      if (!name.endsWith("/worker")) { await import(name); continue; }
      const worker = new Worker(new URL(import.meta.resolve(name)), { stderr: true });
      await new Promise((resolve, reject) => { worker.once("message", resolve); worker.once("exit", resolve); worker.once("online", () => setTimeout(resolve, 500)); worker.once("error", (error) => (error.code === "ERR_MODULE_NOT_FOUND" ? reject(error) : resolve())); });
      await worker.terminate();
    }
    process.exit(0);`;
  writeFileSync(join(folder, "import.mjs"), script);
  try {
    await run(process.execPath, ["import.mjs"], { cwd: folder, timeout: 120_000 });
  } catch (error) {
    problems.push(`${manifest.name} alone cannot be imported: ${String(error.stderr).split("\n").find((line) => line.includes("Error")) ?? error.message}`);
  }
}

/** One compilation of all consumers; what is told is what stands in our own declarations. */
function compile(projects) {
  writeFileSync(join(project, "consumer.ts"), consumer(projects.flatMap(({ entries }) => entries)));
  for (const file of ["hotline.ts", "sip-caller.ts"]) cpSync(join(root, "test/published", file), join(project, file));
  const files = [join(project, "consumer.ts"), join(project, "hotline.ts"), ...projects.map(({ folder }) => join(folder, "consumer.ts"))];
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    types: ["node"],
    typeRoots: [join(project, "node_modules/@types")],
  });
  const ours = program.getSourceFiles().filter(({ fileName }) => /\/node_modules\/(@hotlinejs\/|create-hotline\/)/.test(fileName) || !fileName.includes("/node_modules/"));
  const diagnostics = [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics(), ...ours.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])];
  const host = { getCurrentDirectory: () => place, getCanonicalFileName: (name) => name, getNewLine: () => "\n" };
  for (const diagnostic of diagnostics) problems.push(ts.formatDiagnostic(diagnostic, host).trim());
  for (const name of ["hotline.ts", "sip-caller.ts"]) program.emit(program.getSourceFile(join(project, name)));
}

function callHotline() {
  try {
    say(execFileSync(process.execPath, ["hotline.js"], { cwd: project, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 120_000 }).trim());
  } catch (error) {
    problems.push(`the hotline of three plugins: ${error.stderr || error.message}`);
  }
}
