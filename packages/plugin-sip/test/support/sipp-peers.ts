import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { freeMediaPort, freePort, PeerProcess } from "./peers.js";

const SIPP = "/usr/bin/sipp";

export interface SippPeer {
  readonly port: number;
  /** Resolves when it has got all it waited for; rejects with what it did not like. */
  succeeded(): Promise<void>;
}

/** The SIPps of one test, each with one call, and their folder. */
export class SippPeers {
  readonly folder: string;
  readonly #running: PeerProcess[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<SippPeers> {
    return new SippPeers(await mkdtemp(join(tmpdir(), "hotline-sipp-")));
  }

  /** @param scenario a file, or the name of one of `peers/scenarios` */
  async start(scenario: string, ...args: readonly string[]): Promise<SippPeer> {
    const port = await freePort();
    const log = join(this.folder, `${port}.log`);
    const file = scenario.endsWith(".xml") ? scenario : scenarioFile(scenario);
    const peer = new PeerProcess(SIPP, ["-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin", "-p", String(port), "-mp", String(await freeMediaPort()), "-sf", file, "-m", "1", "-timeout", "30", "-timeout_error", "-trace_err", "-error_file", log, ...args], { cwd: this.folder });
    this.#running.push(peer);
    return {
      port,
      succeeded: async () => {
        const code = await peer.ended;
        const errors = await readFile(log, "utf8").catch(() => peer.output.slice(-3000));
        expect(code, errors.slice(0, 3000)).toBe(0);
      },
    };
  }

  /** Ends those that run still. */
  async stop(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((peer) => peer.stop()));
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

export function scenarioFile(name: string): string {
  return fileURLToPath(new URL(`../peers/scenarios/${name}.xml`, import.meta.url));
}
