import { relative, resolve } from "node:path";
import * as clack from "@clack/prompts";
import { Command, CommanderError, Option } from "commander";
import { createPlugin } from "./create-plugin.js";
import { createProject } from "./create-project.js";
import { CreateError } from "./errors.js";
import { choices, presets } from "./plugins.js";
import { checkFolder, checkName, type Language } from "./project-files.js";

interface Flags {
  readonly preset?: string;
  readonly plugins?: string;
  readonly plugin?: boolean;
  readonly language?: Language;
  readonly yes?: boolean;
}

/** Runs the command line; resolves with the exit code: 0 made, 1 refused, 2 not understood. */
export async function run(args: readonly string[], { cwd, interactive, out, error }: { cwd: string; interactive: boolean; out: (text: string) => void; error: (text: string) => void }): Promise<number> {
  const program = new Command("create-hotline")
    .description("Begins a hotline of your own: npm create hotline@latest my-hotline")
    .argument("[folder]", "folder to make; its name is the project's")
    .addOption(new Option("--preset <name>", `what it can do: ${Object.entries(presets).map(([name, { title }]) => `${name} (${title})`).join("; ")}`).choices(Object.keys(presets)))
    .option("--plugins <list>", `instead of a preset, names with commas: ${choices.map(({ name }) => name).join(", ")}`)
    .option("--plugin", "make a package for a plugin of your own instead of a hotline")
    .addOption(new Option("--language <language>", "of what callers hear").choices(["zh", "en"]))
    .option("-y, --yes", "ask nothing: what is not said is preset phone in zh, in ./my-hotline")
    .version(__VERSION__)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => out(text.trimEnd()), writeErr: (text) => error(text.trimEnd()), outputError: () => undefined });
  try {
    program.parse([...args], { from: "user" });
    const flags = program.opts<Flags>();
    if (flags.preset !== undefined && flags.plugins !== undefined) throw new CreateError("HTL_CREATE_USAGE", "Give either --preset or --plugins");
    if (flags.plugin === true) {
      if (flags.preset !== undefined || flags.plugins !== undefined) throw new CreateError("HTL_CREATE_USAGE", "--plugin makes a plugin, not a hotline: leave --preset and --plugins out");
      const made = await createPlugin({ folder: resolve(cwd, program.args[0] ?? "hotlinejs-plugin-mine"), language: flags.language ?? "zh" });
      out(`Made ${made.files.length} files in ${made.folder}: the plugin ${made.plugin}.\n\n  cd ${relative(cwd, made.folder) || "."}\n  npm install\n  npm test`);
      return 0;
    }
    const wish = await complete(program.args[0], flags, interactive && flags.yes !== true, cwd);
    const made = await createProject(wish);
    const shown = relative(cwd, made.folder) || ".";
    out(`Made ${made.files.length} files in ${made.folder}: ${made.plugins.join(", ")}.\n\n  cd ${shown}\n  npm install\n  npm test\n  npm start`);
    return 0;
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0) return 0;
      error(`HTL_CREATE_USAGE: ${thrown.message.replace(/^error: /, "")} (--help lists the options)`);
      return 2;
    }
    if (!(thrown instanceof CreateError)) throw thrown;
    error(`${thrown.code}: ${thrown.message}`);
    return thrown.code === "HTL_CREATE_USAGE" ? 2 : 1;
  }
}

/** Asks for what the flags leave open, or takes the defaults. */
async function complete(folder: string | undefined, flags: Flags, ask: boolean, cwd: string): Promise<{ folder: string; plugins: readonly string[]; language: Language }> {
  const given = flags.plugins?.split(",").map((name) => name.trim()).filter((name) => name !== "") ?? (flags.preset === undefined ? undefined : presets[flags.preset]?.plugins);
  if (!ask) return { folder: resolve(cwd, folder ?? "my-hotline"), plugins: given ?? presets.phone?.plugins ?? [], language: flags.language ?? "zh" };

  const answered = async <T>(answer: Promise<T>): Promise<Exclude<T, symbol>> => {
    const value = await answer;
    if (clack.isCancel(value)) throw new CreateError("HTL_CREATE_CANCELLED", "Nothing was made");
    return value as Exclude<T, symbol>;
  };
  clack.intro("A hotline of your own");
  const name =
    folder ??
    (await answered(
      clack.text({
        message: "Where?",
        initialValue: "my-hotline",
        validate: (text) => {
          try {
            checkName((text ?? "").split(/[/\\]/).at(-1) ?? "");
            checkFolder(resolve(cwd, text ?? ""));
            return undefined;
          } catch (problem) {
            return problem instanceof CreateError ? problem.message : String(problem);
          }
        },
      }),
    ));
  const language = flags.language ?? (await answered(clack.select<Language>({ message: "What do callers hear?", options: [{ value: "zh", label: "中文" }, { value: "en", label: "English" }] })));
  let plugins = given;
  if (plugins === undefined) {
    const preset = await answered(clack.select<string>({ message: "What can it do?", options: [...Object.entries(presets).map(([value, { title }]) => ({ value, label: value, hint: title })), { value: "own", label: "I choose" }], initialValue: "phone" }));
    plugins = presets[preset]?.plugins ?? (await answered(clack.multiselect<string>({ message: "Which plugins?", options: choices.map(({ name: value, title }) => ({ value, label: value, hint: title })), initialValues: ["acd", "recording"] })));
  }
  return { folder: resolve(cwd, name), plugins, language };
}
