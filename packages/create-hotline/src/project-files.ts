import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CreateError } from "./errors.js";

export type Language = "zh" | "en";

const packageFolder = join(dirname(fileURLToPath(import.meta.url)), "..");
const NAME = /^[a-z0-9][a-z0-9._-]{0,59}$/;

/** @throws CreateError HTL_CREATE_NAME */
export function checkName(name: string): string {
  if (!NAME.test(name) || name === "node_modules") throw new CreateError("HTL_CREATE_NAME", `${JSON.stringify(name)} cannot be the name of a project. Use lower-case letters, digits, dot, dash and underscore, 60 at most, a letter or digit first`);
  return name;
}

/** @throws CreateError HTL_CREATE_FOLDER, HTL_CREATE_FOLDER_NOT_EMPTY */
export function checkFolder(folder: string): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory()) throw new CreateError("HTL_CREATE_FOLDER", `${folder} is a file. Choose another name`);
  // A repository that was just made is as good as empty.
  const there = readdirSync(folder).filter((name) => name !== ".git");
  if (there.length > 0) throw new CreateError("HTL_CREATE_FOLDER_NOT_EMPTY", `${folder} is not empty (${there.slice(0, 3).join(", ")}${there.length > 3 ? ", ..." : ""}). Choose another name, or empty it first`);
}

/** Where a template lies. */
export function templateFile(path: string): string {
  return join(packageFolder, "templates", path);
}

/** The ranges this package itself is tested with, in the order of the names. */
export function ranges(names: readonly string[]): Record<string, string> {
  const { devDependencies = {} } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")) as { devDependencies?: Record<string, string> };
  return Object.fromEntries([...names].sort().map((each) => [each, devDependencies[each] ?? "*"]));
}

/** Writes files that are not there yet. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text, { flag: "wx" });
  }
}

export const tsconfig = {
  compilerOptions: { target: "ES2022", lib: ["ES2023"], module: "NodeNext", moduleResolution: "NodeNext", strict: true, noUncheckedIndexedAccess: true, verbatimModuleSyntax: true, skipLibCheck: true, sourceMap: true, types: ["node"], rootDir: ".", outDir: "dist" },
  include: ["src", "test"],
};
