// What each package exports, as text: `packages/<name>/etc/<entry>.api.md`, one file for each public entry.
//   npm run api         after `npm run build:types`: writes the reports
//   npm run check:api   compares, for CI
// A changed report in a pull request shows what users of the package will notice.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CompilerState, Extractor, ExtractorConfig } from "@microsoft/api-extractor";
import ts from "typescript";
import { publicEntries, publishedPackages } from "./public-entries.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const update = process.argv.includes("--update");
const scratch = mkdtempSync(join(tmpdir(), "hotline-api-"));
let differences = 0;
try {
  const entries = publishedPackages(root).flatMap((folder) => publicEntries(folder));
  const configs = entries.map((entry) => ({ entry, config: configOf(entry) }));
  const compilerState = CompilerState.create(configs[0].config, { additionalEntryPoints: entries.map(({ types }) => types) });
  const expected = new Map();
  for (const { entry, config } of configs) {
    Extractor.invoke(config, { compilerState, localBuild: true, showVerboseMessages: false, messageCallback: silence });
    const text = readFileSync(config.reportFilePath, "utf8") + augmentationsOf(entry.types);
    expected.set(join(entry.folder, "etc", `${entryName(entry)}.api.md`), text);
  }
  const present = publishedPackages(root).flatMap((folder) => (existsSync(join(folder, "etc")) ? readdirSync(join(folder, "etc")).map((file) => join(folder, "etc", file)) : []));
  for (const file of new Set([...expected.keys(), ...present])) {
    const is = existsSync(file) ? readFileSync(file, "utf8") : undefined;
    const should = expected.get(file);
    if (is === should) continue;
    differences++;
    if (!update) console.error(`${file.slice(root.length + 1)}: ${should === undefined ? "belongs to no entry" : is === undefined ? "is missing" : `differs from what is exported, first in line ${firstDifference(is, should)}`}`);
    else if (should === undefined) rmSync(file);
    else {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, should);
    }
  }
  console.log(update ? `${differences} reports written` : `${expected.size} reports compared, ${differences} differ${differences === 0 ? "" : "; if the change is meant, run npm run api and commit"}`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = update || differences === 0 ? 0 : 1;

function entryName({ types }) {
  return basename(types).replace(/\.d\.m?ts$/, "");
}

function configOf(entry) {
  const { folder, types } = entry;
  const compilerOptions = { target: "ES2022", lib: ["ES2023", "DOM", "DOM.Iterable"], module: "NodeNext", moduleResolution: "NodeNext", strict: true, skipLibCheck: true, types: ["node"] };
  for (const name of ["before", "reports"]) mkdirSync(join(scratch, name), { recursive: true });
  const none = { default: { logLevel: "none" } };
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, "package.json"),
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: types,
      newlineKind: "lf",
      compiler: { overrideTsconfig: { compilerOptions, include: [], files: [types] } },
      apiReport: { enabled: true, reportFileName: `${basename(folder)}-${entryName(entry)}.api.md`, reportFolder: join(scratch, "reports"), reportTempFolder: join(scratch, "before") },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      // The compiler and eslint have looked at the sources already; a report is about what is exported.
      messages: { compilerMessageReporting: none, extractorMessageReporting: none, tsdocMessageReporting: none },
    },
  });
}

/** Errors are shown; notes about versions and new files are not. */
function silence(message) {
  if (message.logLevel !== "error") message.handled = true;
}

/** What importing an entry adds to other modules, such as names of events: API Extractor leaves it out. */
function augmentationsOf(types) {
  const blocks = [];
  const seen = new Set();
  const visit = (path) => {
    if (seen.has(path)) return;
    seen.add(path);
    const file = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
    for (const statement of file.statements) if (ts.isModuleDeclaration(statement) && ts.isStringLiteral(statement.name)) blocks.push(statement.getText(file));
    for (const { fileName } of ts.preProcessFile(file.text, true).importedFiles) if (fileName.startsWith(".")) visit(join(dirname(path), fileName.replace(/\.js$/, ".d.ts")));
  };
  visit(types);
  return blocks.length === 0 ? "" : `\nWith it come:\n\n\`\`\`ts\n\n${blocks.sort().join("\n\n")}\n\n\`\`\`\n`;
}

function firstDifference(is, should) {
  const [left, right] = [is.split("\n"), should.split("\n")];
  return left.findIndex((line, index) => line !== right[index]) + 1 || left.length + 1;
}
