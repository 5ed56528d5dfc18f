import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { freePort, rtpRange } from "./support/free-ports.js";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../../..");

it.skipIf(process.platform === "win32")("npm start, told to end, ends the hotline with it", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "hotline-npm-"));
  const [sipPort, httpPort] = [await freePort(), await freePort()];
  const npm = spawn("npm", ["start"], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, HOTLINE_SIP_PORT: String(sipPort), HOTLINE_HTTP_PORT: String(httpPort), HOTLINE_RTP_PORTS: rtpRange(), HOTLINE_DATA_DIR: dataDir },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const exited = once(npm, "exit");
  let output = "";
  npm.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  let pid = 0;
  try {
    while (!output.includes("is ready")) await Promise.race([once(npm.stdout, "data"), exited.then(() => Promise.reject(new Error(`npm start ended: ${output}`)))]);
    pid = Number(readFileSync(join(dataDir, "hotline.pid"), "utf8"));
    expect(alive(pid)).toBe(true);
    // As a supervisor does that knows only what it started.
    npm.kill("SIGTERM");
    await exited;
    for (let tries = 0; alive(pid) && tries < 100; tries++) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(alive(pid)).toBe(false);
  } finally {
    npm.kill("SIGKILL");
    if (pid > 0 && alive(pid)) process.kill(pid, "SIGKILL");
    rmSync(dataDir, { recursive: true, force: true });
  }
}, 90_000);

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
