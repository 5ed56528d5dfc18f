import { join } from "node:path";
import ts from "typescript";

/** What the compiler says to programs of a folder, by file name: `3: Property 'x' does not exist`. Files without a word from it are left out. */
export function typeFaults(root: string, files: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path)) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const folder = join(root, "test/examples");
  const texts = new Map([...files].map(([name, text]) => [join(folder, name), text]));
  const host = ts.createCompilerHost({ ...options, noEmit: true });
  const { readFile, fileExists, getSourceFile } = host;
  host.readFile = (path) => texts.get(path) ?? readFile(path);
  host.fileExists = (path) => texts.has(path) || fileExists(path);
  host.getSourceFile = (path, languageVersion, ...rest) => {
    const text = texts.get(path);
    return text === undefined ? getSourceFile(path, languageVersion, ...rest) : ts.createSourceFile(path, text, languageVersion, true);
  };
  const program = ts.createProgram({ rootNames: [join(root, "globals.d.ts"), ...texts.keys()], options: { ...options, noEmit: true }, host });
  const faults = new Map<string, readonly string[]>();
  for (const path of texts.keys()) {
    const file = program.getSourceFile(path);
    if (file === undefined) continue;
    const said = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map((each) => `${file.getLineAndCharacterOfPosition(each.start ?? 0).line + 1}: ${ts.flattenDiagnosticMessageText(each.messageText, "\n")}`);
    if (said.length > 0) faults.set(path.slice(folder.length + 1), said);
  }
  return faults;
}
