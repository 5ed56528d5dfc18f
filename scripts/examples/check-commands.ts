import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Programs of the machines a hotline runs on; everything else must be ours. */
const SYSTEM = new Set(["sudo", "systemctl", "curl", "sqlite3", "rsync", "cp", "mkdir", "cd", "bash", "node", "npm", "npx", "pg_dump", "tar", "journalctl", "git", "docker", "sed", "sleep"]);
/** What npm does without a script. */
const NPM = new Set(["ci", "install", "update", "start", "test", "run", "init", "create", "outdated"]);

/**
 * What cannot work in a block of shell commands: scripts, programs, files and variables that are not there.
 *
 * @param known variables that mean something (`HOTLINE_...`)
 */
export function commandFaults(root: string, code: string, known: ReadonlySet<string>): readonly string[] {
  const faults: string[] = [];
  const { scripts, devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string>; devDependencies: Record<string, string> };
  const made = new Set([...code.matchAll(/--outfile=(\S+)/g)].map(([, file = ""]) => file));
  const named = ownPrograms(root);
  // What stands in quotes is data; what is inside $(...) is a command of its own.
  const inner: string[] = [];
  const quoteless = code.replace(/'[^']*'/g, "''").replace(/"[^"]*"/g, '""').replace(/\$\(([^)]*)\)/g, (_all, command: string) => (inner.push(command), "x"));
  for (const line of [...quoteless.split("\n"), ...inner]) {
    const [bare = ""] = line.split(/\s+#/);
    for (const part of bare.split(/&&|\|\||;|\|/)) {
      const words = part.trim().split(/\s+/).filter((word) => word !== "");
      while (words[0] !== undefined && /^[A-Za-z_]+=/.test(words[0])) {
        const [name = ""] = (words.shift() ?? "").split("=");
        if (name.startsWith("HOTLINE_") && !known.has(name)) faults.push(`${name} is no variable of the hotline`);
      }
      if (words[0] === "exec" || words[0] === "sudo") words.shift();
      const [command, ...args] = words;
      if (command === undefined || command.startsWith("#")) continue;
      if (!SYSTEM.has(command) && !named.has(command)) faults.push(`there is no program ${command}`);
      if (command === "npm") faults.push(...npmFaults(args, scripts));
      const [first = ""] = args.filter((arg) => !arg.startsWith("-"));
      if (command === "npx" && !named.has(first) && !existsSync(join(root, "node_modules/.bin", first)) && !(first in devDependencies)) faults.push(`npx ${first}: there is no such program`);
      if ((command === "node" || command === "bash") && first !== "" && !made.has(first) && first !== "hotline.js" && !existsSync(join(root, first))) faults.push(`there is no file ${first}`);
    }
  }
  return faults;
}

function npmFaults([command = "", name = ""]: readonly string[], scripts: Readonly<Record<string, string>>): string[] {
  if (!NPM.has(command)) return [`npm ${command} is nothing this page should need`];
  const script = command === "run" ? name : command === "start" || command === "test" ? command : undefined;
  return script === undefined || script in scripts ? [] : [`there is no script ${script}`];
}

/** Programs our packages bring. */
function ownPrograms(root: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const folder of readdirSync(join(root, "packages"))) {
    const path = join(root, "packages", folder, "package.json");
    if (!existsSync(path)) continue;
    const { name, bin } = JSON.parse(readFileSync(path, "utf8")) as { name: string; bin?: string | Record<string, string> };
    if (typeof bin === "object") for (const program of Object.keys(bin)) names.add(program);
    if (bin !== undefined) names.add(name);
  }
  return names;
}
