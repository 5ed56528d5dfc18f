import { Command, CommanderError, InvalidArgumentError } from "commander";
import { errorText, isHotlineError, type Hotline } from "@hotlinejs/core";
import { check } from "./commands/check.js";
import { backupCommand } from "./commands/backup.js";
import { health } from "./commands/health.js";
import { migrate } from "./commands/migrate.js";
import { plugins } from "./commands/plugins.js";
import { restoreCommand } from "./commands/restore.js";
import { errors } from "./errors.js";
import { loadHotline } from "./load-hotline.js";
import type { Output } from "./output.js";

export interface RunOptions {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly output: Output;
}

interface Shared {
  readonly hotline?: string;
  readonly json?: boolean;
}

/**
 * Runs one command line (without `node` and the script's name). Resolves with the exit code: 0 done,
 * 1 a coded error, 2 a command line nobody understands; `health` has codes of its own. Never rejects.
 */
export async function run(args: readonly string[], options: RunOptions): Promise<number> {
  const { output } = options;
  let code = 0;
  const program = describe(options, (result) => (code = result));
  try {
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0 || error.code === "commander.help" || error.code === "commander.helpDisplayed") return error.code === "commander.help" ? 2 : 0;
      const usage = errors.USAGE(error.message.replace(/^error: /, "").replace(/\.$/, ""));
      output.error(`${usage.code}: ${usage.message}`);
      return 2;
    }
    if (isHotlineError(error)) output.error(`${error.code}: ${error.message}`);
    else output.error(error instanceof Error && error.stack !== undefined ? error.stack : errorText(error));
    return isHotlineError(error, errors.USAGE.code) ? 2 : 1;
  }
}

function describe({ cwd, environment, output }: RunOptions, done: (code: number) => void): Command {
  const program = new Command("hotline")
    .description("Looks after a hotline made with @hotlinejs.")
    .version(__VERSION__, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this")
    .helpCommand("help [command]", "print the help of a command")
    .configureOutput({ writeOut: (text) => output.out(text.trimEnd()), writeErr: (text) => output.error(text.trimEnd()), outputError: () => undefined })
    .exitOverride()
    .showSuggestionAfterError()
    .addHelpText(
      "after",
      `
The hotline is found by --hotline <module>, else by "hotline" in package.json, else as hotline.config.js.
The module exports \`hotline\`: what createHotline returns, the options for it, or a function ({ environment }) giving
one of them. The variables HOTLINE_... count as for the hotline itself.

Exit codes: 0 done, 1 an error with its code, 2 a command or option that does not exist.`,
    );

  const load = (shared: Shared): Promise<Hotline> => loadHotline(shared.hotline, { cwd, environment });
  const command = (nameAndArguments: string, description: string): Command => {
    const made = program.command(nameAndArguments).description(description).allowExcessArguments(false).helpOption("-h, --help", "print this");
    return made.option("--json", "print JSON");
  };
  const withHotline = (nameAndArguments: string, description: string): Command => command(nameAndArguments, description).option("--hotline <module>", "JavaScript module that exports the hotline");

  withHotline("check", "check configuration, flows and plugins; opens no socket, writes nothing").action(async (given: Shared) => done(await check(await load(given), { json: given.json === true, output })));
  withHotline("plugins", "list the plugins: state, versions, what each provides and brings").action(async (given: Shared) => done(await plugins(await load(given), { json: given.json === true, output })));
  withHotline("migrate", "bring the database up to date while the hotline is stopped")
    .option("--dry-run", "only list what is to do; may run beside the hotline")
    .action(async (given: Shared & { dryRun?: boolean }) => done(await migrate(await load(given), { dryRun: given.dryRun === true, json: given.json === true, output })));
  withHotline("backup <target>", "write one file with database, recordings and all else; the hotline may be running")
    .option("--include-key", "put the key file in: whoever has the backup can then read stored passwords", false)
    .option("--force", "overwrite a file of that name", false)
    .addHelpText(
      "after",
      `
<target> is the file, or a folder in which one is named after the hotline and the time.
In: the database as of one moment, every blob it names (recordings, faxes, attachments), captures under way, other
files of the data folder. Out: caches (folders with CACHEDIR.TAG), locks, and the key file unless --include-key.`,
    )
    .action(async (target: string, given: Shared & { includeKey: boolean; force: boolean }) => done(await backupCommand(await load(given), target, { ...given, json: given.json === true, cwd, output })));
  withHotline("restore <file>", "put a backup in place while the hotline is stopped")
    .option("--force", "replace the data that are there", false)
    .option("--without-key", "go on although the key of sealed fields is missing", false)
    .addHelpText("after", "\nThe whole backup is checked before anything is touched.")
    .action(async (file: string, given: Shared & { force: boolean; withoutKey: boolean }) => done(await restoreCommand(await load(given), file, { ...given, json: given.json === true, cwd, output })));
  command("health [url]", "ask a running hotline; exit code 0 ok, 1 degraded, 2 down")
    .option("--timeout <seconds>", "how long to wait", seconds, 5)
    .option("--token <token>", "of somebody with the permission core.health.details: also tells why")
    .action(async (url: string | undefined, given: Shared & { timeout: number; token?: string }) =>
      done(await health(url ?? environment.HOTLINE_PUBLIC_URL ?? `http://${environment.HOTLINE_HOST || "127.0.0.1"}:${environment.HOTLINE_HTTP_PORT || "8080"}`, { json: given.json === true, timeoutMs: given.timeout * 1000, token: given.token, output })),
    );
  return program;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0 || value > 3600) throw new InvalidArgumentError("It must be a number of seconds up to 3600.");
  return value;
}
