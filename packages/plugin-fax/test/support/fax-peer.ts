import { spawn, spawnSync } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Raster } from "../../src/domain/t6/raster.js";

const folder = fileURLToPath(new URL("../../../../.peers/", import.meta.url));

/** Whether libspandsp's fax machine was built. Missing: one line and `false`; under HOTLINE_REQUIRE_PEERS=1 an error. */
export function hasFaxPeer(): boolean {
  if (existsSync(`${folder}fax-peer`) && existsSync(`${folder}tiff-tool`)) return true;
  const message = "the fax machine of the tests (.peers/fax-peer) is not built; its tests are skipped. scripts/install-peers.sh builds it";
  if (process.env.HOTLINE_REQUIRE_PEERS === "1") throw new Error(message);
  process.stdout.write(`${message}\n`);
  return false;
}

export interface PeerEvent {
  readonly event: string;
  readonly [key: string]: unknown;
}

/** Somebody else's fax machine. */
export class FaxPeer {
  readonly events: PeerEvent[] = [];
  readonly exited: Promise<number | null>;
  errors = "";
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: { name: string; resolve: (event: PeerEvent) => void; reject: (error: Error) => void }[] = [];
  #rest = "";

  constructor(mode: "udptl" | "call" | "answer", role: "send" | "receive", file: string, options: Readonly<Record<string, string | number>>) {
    this.#child = spawn(`${folder}fax-peer`, [mode, role, file, ...Object.entries(options).map(([key, value]) => `${key}=${value}`)]);
    this.#child.stdout.on("data", (data: Buffer) => this.#read(data.toString()));
    this.#child.stderr.on("data", (data: Buffer) => (this.errors = (this.errors + data.toString()).slice(-200_000)));
    this.exited = new Promise((resolve) => this.#child.once("exit", resolve));
    void this.exited.then(() => {
      for (const each of this.#waiting.splice(0)) each.reject(new Error(`the fax machine ended without ${each.name}: ${JSON.stringify(this.events)} ${this.errors.slice(-2000)}`));
    });
  }

  /** The first event of this name, come or to come. */
  event(name: string): Promise<PeerEvent> {
    const there = this.events.find((each) => each.event === name);
    if (there !== undefined) return Promise.resolve(there);
    return new Promise((resolve, reject) => this.#waiting.push({ name, resolve, reject }));
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.exited;
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const event = JSON.parse(line) as PeerEvent;
      this.events.push(event);
      for (const each of this.#waiting.filter(({ name }) => name === event.event)) {
        this.#waiting.splice(this.#waiting.indexOf(each), 1);
        each.resolve(event);
      }
    }
  }
}

/** Writes pages to a TIFF file by libtiff (T.6). */
export function writeTiff(file: string, pages: readonly Raster[]): void {
  const run = spawnSync(`${folder}tiff-tool`, ["write", file, ...pages.map(({ height }) => String(height))], { input: Buffer.concat(pages.map(({ data }) => data)) });
  if (run.status !== 0) throw new Error(`tiff-tool: ${run.stderr.toString()}`);
}

/** Reads the pages of a TIFF file by libtiff. */
export function readTiff(file: string): (Raster & { readonly fine: boolean })[] {
  const run = spawnSync(`${folder}tiff-tool`, ["read", file], { maxBuffer: 100_000_000 });
  if (run.status !== 0) throw new Error(`tiff-tool: ${run.stderr.toString()}`);
  const pages: (Raster & { fine: boolean })[] = [];
  for (let rest = run.stdout; rest.length > 0; ) {
    const end = rest.indexOf(0x0a);
    const [width = 0, height = 0, fine = 0] = rest.subarray(0, end).toString().split(" ").map(Number);
    const size = Math.ceil(width / 8) * height;
    pages.push({ width, height, fine: fine === 1, data: new Uint8Array(rest.subarray(end + 1, end + 1 + size)) });
    rest = rest.subarray(end + 1 + size);
  }
  return pages;
}
