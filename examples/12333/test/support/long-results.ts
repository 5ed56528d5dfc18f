import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const file = join(dirname(fileURLToPath(import.meta.url)), "../../../../bench/results/long.md");
const HEAD = "# npm run test:long\n\nLast result of each run, with date and machine.\n\n| run | date | machine | result |\n|---|---|---|---|\n";

/** Puts the last result of a long run into bench/results/long.md, in place of the one before. */
export function recordLongRun(run: string, result: string): void {
  const rows = (existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(6) : []).filter((row) => row.startsWith("| ") && !row.startsWith(`| ${run} |`));
  const machine = `${cpus()[0]?.model.trim() ?? "unknown"} x ${cpus().length}, Node ${process.version}`;
  rows.push(`| ${run} | ${new Date().toISOString().slice(0, 10)} | ${machine} | ${result} |`);
  writeFileSync(file, `${HEAD}${rows.sort().join("\n")}\n`);
}
