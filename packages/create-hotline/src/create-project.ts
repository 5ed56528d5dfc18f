import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { CreateError } from "./errors.js";
import { ALWAYS, ALWAYS_TOOLS, choices, withNeeds } from "./plugins.js";
import { checkFolder, checkName, ranges, templateFile, tsconfig, writeFiles, type Language } from "./project-files.js";
import { readme } from "./readme.js";
import { render } from "./template.js";

export interface ProjectOptions {
  /** Folder to make; its last part is the project's name. */
  readonly folder: string;
  /** Names of choices; what they need comes along. */
  readonly plugins: readonly string[];
  /** Of what callers hear, and of the README. */
  readonly language: Language;
}

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
  const template = (path: string): string => render(readFileSync(templateFile(path), "utf8"), chosen);
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
  await writeFiles(folder, files);
  return { folder, plugins, files: Object.keys(files) };
}

function manifest(name: string, plugins: readonly string[]): object {
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
    overrides: ranges(["sqlite3"]),
    // npm asks for leave to build it.
    allowScripts: { sqlite3: true },
  };
}
