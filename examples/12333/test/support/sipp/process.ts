import { spawn, type ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sippMediaPort } from "../../../../../packages/plugin-sip/test/support/peers.js";
import type { Transport } from "./messages.js";

export interface SippProcessOptions {
  readonly scenario: string;
  /** Its own. */
  readonly port: number;
  readonly transport?: Transport;
  /** Of the injection file, `;` between fields, taken in this order. */
  readonly rows?: readonly string[];
  /** Further arguments: whom to call, how many, how fast. */
  readonly args: readonly string[];
  /** Command that starts it in a network of its own, for its folder. */
  readonly within?: (folder: string) => readonly string[];
}

/** One SIPp with a scenario and a folder of its own, whose `<log>` lines tell afterwards what it saw and did. */
export class SippProcess {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #port: number;
  /** The end of what it printed. */
  output = "";
  readonly exited: Promise<number | null>;

  private constructor(child: ChildProcess, port: number, folder: string) {
    this.#process = child;
    this.#port = port;
    this.#folder = folder;
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text: string) => (this.output = (this.output + text).slice(-20_000)));
    this.exited = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  }

  static start({ scenario, port, transport, rows, args, within }: SippProcessOptions): SippProcess {
    const folder = mkdtempSync(join(tmpdir(), "sipp-"));
    writeFileSync(join(folder, "scenario.xml"), scenario);
    if (rows !== undefined) writeFileSync(join(folder, "rows.csv"), ["SEQUENTIAL", ...rows, ""].join("\n"));
    const [command = "", ...before] = [...(within?.(folder) ?? []), "/usr/bin/sipp"];
    const child = spawn(
      command,
      [...before, "-sf", "scenario.xml", ...(rows === undefined ? [] : ["-inf", "rows.csv"]), "-i", "127.0.0.1", "-p", String(port), "-mp", String(sippMediaPort()), "-t", transport === "tcp" ? "t1" : "u1", "-nostdin", "-trace_err", "-error_file", "errors.log", "-trace_logs", "-log_file", "told.log", ...args],
      { cwd: folder, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, TERM: "dumb" } },
    );
    return new SippProcess(child, port, folder);
  }

  /** Lines of `<log>`, complete once it has exited. */
  told(): string[] {
    return this.#read("told.log").split("\n").map((line) => line.trim()).filter((line) => line !== "");
  }

  /** What SIPp found wrong. Its word that it was not given the processor in time says nothing of the hotline, and a time-out with a label is the scenario. */
  errors(): string {
    return this.#read("errors.log")
      .replace(/^The following events occurred:\n/, "")
      .replace(/[^\n]*?receive timeout on message [^\n]*jumping to label \d+\.?/g, "")
      .replace(/[^\n]*Overload warning: the minor watchdog timer [^\n]*/g, "")
      .trim();
  }

  /** Sends its nth call (from 1) an INFO that nobody answers: for a scenario that waits for one to go on. UDP only. */
  async nudge(call: number): Promise<void> {
    const message = `INFO sip:127.0.0.1:${this.#port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKnudge${call}\r\nFrom: <sip:test@127.0.0.1>\r\nTo: <sip:test@127.0.0.1>\r\nCall-ID: ${call}-${this.#process.pid}@127.0.0.1\r\nCSeq: 1 INFO\r\nContent-Length: 0\r\n\r\n`;
    const socket = createSocket("udp4");
    await new Promise<void>((resolve, reject) => socket.send(message, this.#port, "127.0.0.1", (error) => (error === null ? resolve() : reject(error))));
    socket.close();
  }

  /** Lets calls in progress end, then the process. */
  finish(): Promise<number | null> {
    this.#process.kill("SIGUSR1");
    return this.exited;
  }

  dispose(): void {
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.#process.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #read(name: string): string {
    const file = join(this.#folder, name);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }
}
