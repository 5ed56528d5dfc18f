import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FOLDER = join(tmpdir(), "hotline-test-ports");
const claims: string[] = [];
process.once("exit", () => {
  for (const file of claims) rmSync(file, { force: true });
});

/** Takes a port for this process, until it ends: between the look and the listening of who was given it there may be seconds, and other processes see by a file that it is taken. */
export function claimPort(port: number): boolean {
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, String(port));
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
  } catch {
    if (lives(file)) return false;
    // Of a run that was killed.
    writeFileSync(file, String(process.pid));
  }
  claims.push(file);
  return true;
}

function lives(file: string): boolean {
  try {
    process.kill(Number(readFileSync(file, "utf8")), 0);
    return true;
  } catch {
    return false;
  }
}
