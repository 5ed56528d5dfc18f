// Compiles the addon. Without it the media workers use Node's own sockets, so a failure is told and ends nothing.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
if (process.platform !== "linux") process.exit(0);
const built = spawnSync("node-gyp", ["rebuild"], { cwd: folder, encoding: "utf8", shell: true });
if (built.status !== 0 || !existsSync(new URL("build/Release/udp_batch.node", import.meta.url))) {
  console.warn(`@hotlinejs/udp-batch: not compiled, media goes through Node's own sockets (a relayed call costs more CPU). A C++ toolchain (g++, make, python3) and \`npm rebuild @hotlinejs/udp-batch\` change that.\n${String(built.stderr ?? built.error ?? "").split("\n").slice(-12).join("\n")}`);
}
