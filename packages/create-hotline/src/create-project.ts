import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CreateError } from "./errors.js";
import { ALWAYS, ALWAYS_TOOLS, choices, withNeeds } from "./plugins.js";
import { readme } from "./readme.js";
import { render } from "./template.js";

export type Language = "zh" | "en";

export interface ProjectOptions {
  /** Folder to make; its last part is the project's name. */
  readonly folder: string;
  /** Names of choices; what they need comes along. */
  readonly plugins: readonly string[];
  /** Of what callers hear, and of the README. */
  readonly language: Language;
}

const packageFolder = join(dirname(fileURLToPath(import.meta.url)), "..");
const NAME = /^[a-z0-9][a-z0-9._-]{0,59}$/;

/**
 * Writes a project that builds, starts and passes its own tests. Nothing is installed.
 *
 * @throws CreateError before anything was written
 */
export async function createProject(options: ProjectOptions): Promise<{ folder: string; plugins: readonly string[]; files: readonly string[] }> {
  const folder = resolve(options.folder);
  const name = checkName(basename(folder));
  checkFolder(folder);
  for (const plugin of options.plugins) if (!choices.some((choice) => choice.name === plugin)) throw new CreateError("HTL_CREATE_PLUGIN", `There is no plugin ${plugin} to choose. Choose of: ${choices.map((choice) => choice.name).join(", ")}`);
  const plugins = withNeeds(options.plugins);
  if (!plugins.includes("acd") && !plugins.includes("recording")) throw new CreateError("HTL_CREATE_PLUGIN", "Callers need somebody to reach: choose acd (agents) or recording (a mailbox), or both");
  const chosen = new Set(plugins);
  const template = (path: string): string => render(readFileSync(join(packageFolder, "templates", path), "utf8"), chosen);
  const files: Record<string, string> = {
    "package.json": `${JSON.stringify(manifest(name, plugins), null, 2)}\n`,
    "tsconfig.json": `${JSON.stringify(tsconfig, null, 2)}\n`,
    ".gitignore": "node_modules/\ndist/\ndata/\n",
    "README.md": readme(name, plugins, options.language),
    "src/hotline.ts": template("src/hotline.ts").replace('name: "my-hotline"', `name: ${JSON.stringify(name)}`),
    "src/main.ts": template("src/main.ts"),
    "src/flow.ts": template("src/flow.ts"),
    "src/people.ts": template("src/people.ts"),
    "src/prompts.ts": template(options.language === "en" ? "src/prompts.en.ts" : "src/prompts.ts"),
    "test/hotline.test.ts": template("test/hotline.test.ts"),
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text, { flag: "wx" });
  }
  return { folder, plugins, files: Object.keys(files) };
}

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

function manifest(name: string, plugins: readonly string[]): object {
  const { devDependencies = {} } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")) as { devDependencies?: Record<string, string> };
  // The ranges this package itself is tested with.
  const ranges = (names: readonly string[]): Record<string, string> => Object.fromEntries([...names].sort().map((each) => [each, devDependencies[each] ?? "*"]));
  return {
    name,
    version: "0.1.0",
    private: true,
    type: "module",
    engines: { node: ">=20.19" },
    hotline: "dist/src/hotline.js",
    scripts: { build: "tsc", start: "tsc && node dist/src/main.js", test: "tsc && node --test dist/test/hotline.test.js", check: "tsc && hotline check" },
    dependencies: ranges([...ALWAYS, ...choices.filter((choice) => plugins.includes(choice.name)).map((choice) => choice.package)]),
    devDependencies: ranges([...ALWAYS_TOOLS, "@types/node", "typescript"]),
    // One SQLite, the one core is tested with.
    overrides: { sqlite3: devDependencies.sqlite3 ?? "6.0.1" },
    // npm asks for leave to build it.
    allowScripts: { sqlite3: true },
  };
}

const tsconfig = {
  compilerOptions: { target: "ES2022", lib: ["ES2023"], module: "NodeNext", moduleResolution: "NodeNext", strict: true, noUncheckedIndexedAccess: true, verbatimModuleSyntax: true, skipLibCheck: true, sourceMap: true, types: ["node"], rootDir: ".", outDir: "dist" },
  include: ["src", "test"],
};
