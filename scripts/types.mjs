// The .d.ts files of the published packages: one compiler run over the entries of all of them.
//
// An entry `./dist/<name>.d.ts` re-exports `./types/<its source>.d.ts`; of the files below `types/` only those are written that
// an entry reaches, so what is internal is neither published nor held to the rules of check-packages.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { publicEntries } from "./public-entries.mjs";

/** Writes the types of `folders` (such as "packages/core") into their `dist`; throws when a declaration cannot be made. */
export async function writeTypes(root, folders) {
  const entries = folders.filter((folder) => existsSync(join(root, folder, "package.json"))).flatMap((folder) => publicEntries(join(root, folder))).filter(({ source }) => source !== undefined);
  for (const folder of folders) rmSync(join(root, folder, "dist/types"), { recursive: true, force: true });
  // Entries below ui/ run in browsers, and are compiled with the browser's library.
  const page = ({ source }) => source.includes("/ui/");
  emit(root, "tsconfig.json", entries.filter((entry) => !page(entry)));
  emit(root, "tsconfig.ui.json", entries.filter(page));
}

function emit(root, configFile, entries) {
  if (entries.length === 0) return;
  const { config, error } = ts.readConfigFile(join(root, configFile), (file) => readFileSync(file, "utf8"));
  if (error) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, "\n"));
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: ["globals.d.ts"] }, ts.sys, root);
  const program = ts.createProgram([join(root, "globals.d.ts"), ...entries.map(({ source }) => source)], { ...options, noEmit: false, declaration: true, emitDeclarationOnly: true, stripInternal: true });
  const problems = [];
  const written = new Set();

  const write = (packageFolder, source) => {
    if (written.has(source)) return;
    written.add(source);
    const file = program.getSourceFile(source);
    if (file === undefined) throw new Error(`${source} is not part of the compilation`);
    let text;
    const { diagnostics } = program.emit(file, (_name, contents) => (text = contents), undefined, true);
    problems.push(...diagnostics);
    if (text === undefined) return;
    const target = join(packageFolder, "dist/types", relative(packageFolder, source).replace(/\.tsx?$/, ".d.ts"));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    for (const { fileName } of ts.preProcessFile(text, true, true).importedFiles) {
      if (!fileName.startsWith(".")) continue;
      const next = ts.resolveModuleName(fileName, source, program.getCompilerOptions(), ts.sys, undefined, undefined, ts.ModuleKind.ESNext).resolvedModule;
      if (next === undefined) throw new Error(`${source}: ${fileName} does not resolve`);
      write(packageFolder, next.resolvedFileName);
    }
  };

  for (const { folder, source, types } of entries) {
    write(folder, source);
    const inner = relative(dirname(types), join(folder, "dist/types", relative(folder, source))).replace(/\.tsx?$/, ".js");
    mkdirSync(dirname(types), { recursive: true });
    writeFileSync(types, `export * from "./${inner}";\n`);
  }
  if (problems.length > 0) throw new Error(ts.formatDiagnostics(problems, { getCurrentDirectory: () => root, getCanonicalFileName: (name) => name, getNewLine: () => "\n" }));
}
