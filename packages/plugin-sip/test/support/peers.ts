import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync } from "node:fs";
import { claimPort } from "./port-claims.js";

export { freePort } from "./free-port.js";

/** Whether this program is here. Missing: one line and `false`; under HOTLINE_REQUIRE_PEERS=1 an error. */
export function peerPresent(name: string, path: string): boolean {
  if (existsSync(path)) return true;
  const message = `${name} is not installed (${path}); its tests are skipped. scripts/install-peers.sh installs it`;
  if (process.env.HOTLINE_REQUIRE_PEERS === "1") throw new Error(message);
  process.stdout.write(`${message}\n`);
  return false;
}

const MEDIA_FIRST = 10_000;
const MEDIA_COUNT = 1_980;
let nextMedia = (process.pid * 60) % MEDIA_COUNT;

/** The first of four UDP ports for the media of a SIPp, which dies where another has one of them: no process of these tests is given the same. */
export function sippMediaPort(): number {
  for (let tried = 0; tried < MEDIA_COUNT; tried += 4) {
    nextMedia = (nextMedia + 4) % MEDIA_COUNT;
    const port = MEDIA_FIRST + nextMedia;
    if (claimPort(port)) return port;
  }
  // All were given out, the oldest by this process long ago.
  nextMedia = (nextMedia + 4) % MEDIA_COUNT;
  return MEDIA_FIRST + nextMedia;
}

/** The same; nobody has them at the moment. */
export async function freeMediaPort(): Promise<number> {
  for (;;) {
    const port = sippMediaPort();
    // Of sound and of pictures: SIPp opens both.
    if ((await isFree(port)) && (await isFree(port + 2))) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.once("error", () => socket.close(() => resolve(false)));
    socket.bind(port, "127.0.0.1", () => socket.close(() => resolve(true)));
  });
}

/** A program of another's making, with what it wrote. */
export class PeerProcess {
  readonly #child: ChildProcess;
  readonly ended: Promise<number | null>;
  output = "";

  constructor(command: string, args: readonly string[], options: { cwd?: string } = {}) {
    this.#child = spawn(command, [...args], { stdio: ["ignore", "pipe", "pipe"], ...options });
    const note = (data: Buffer): void => void (this.output = (this.output + data.toString()).slice(-200_000));
    this.#child.stdout?.on("data", note);
    this.#child.stderr?.on("data", note);
    this.ended = new Promise((resolve) => {
      this.#child.once("exit", (code) => resolve(code));
      this.#child.once("error", () => resolve(null));
    });
  }

  /** It says and hears nothing until it is resumed, as without its network. */
  freeze(): void {
    this.#child.kill("SIGSTOP");
  }

  resume(): void {
    this.#child.kill("SIGCONT");
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill("SIGKILL");
    await this.ended;
  }
}
