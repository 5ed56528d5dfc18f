import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, rtpRange } from "./free-ports.js";

const HERE = dirname(fileURLToPath(import.meta.url));
export const MAIN = join(HERE, "../../dist/main.js");
/** What one example has synthesised none has to synthesise again. */
export const SPEECH = join(HERE, "../../../../node_modules/.cache/hotline-test-speech");

export interface ExampleOptions {
  readonly dataDir?: string;
  readonly environment?: Record<string, string>;
  readonly sipPort?: number;
  readonly httpPort?: number;
  /** How long it may take to be ready. Default 60 s. */
  readonly readyMs?: number;
  /** Command that starts it in a network of its own: `PrivateNetwork.within`. */
  readonly within?: readonly string[];
}

/** The built example as its own process, as an operator runs it. */
export class Example {
  readonly process: ChildProcess;
  readonly sipPort: number;
  readonly httpPort: number;
  readonly dataDir: string;
  stdout = "";
  stderr = "";
  readonly exited: Promise<number | null>;
  /** Where its web server is. */
  readonly url: string;
  #token: string | undefined;
  readonly #ownsData: boolean;

  private constructor(child: ChildProcess, sipPort: number, httpPort: number, scheme: "http" | "https", dataDir: string, ownsData: boolean) {
    this.process = child;
    this.url = `${scheme}://127.0.0.1:${httpPort}`;
    this.sipPort = sipPort;
    this.httpPort = httpPort;
    this.dataDir = dataDir;
    this.#ownsData = ownsData;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.exited = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  }

  /** Starts the process; does not wait for it to be ready. */
  static async spawn(options: ExampleOptions = {}): Promise<Example> {
    const sipPort = options.sipPort ?? (await freePort());
    const httpPort = options.httpPort ?? (await freePort());
    const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "hotline-12333-"));
    const [command = "", ...args] = [...(options.within ?? []), process.execPath, MAIN];
    const child = spawn(command, args, {
      env: { PATH: process.env.PATH, HOTLINE_LOG: "warn", HOTLINE_SIP_PORT: String(sipPort), HOTLINE_HTTP_PORT: String(httpPort), HOTLINE_RTP_PORTS: rtpRange(), HOTLINE_DATA_DIR: dataDir, HOTLINE_TTS_CACHE: JSON.stringify({ folder: SPEECH }), ...options.environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return new Example(child, sipPort, httpPort, options.environment?.HOTLINE_TLS_CERT === undefined ? "http" : "https", dataDir, options.dataDir === undefined);
  }

  /** Starts and waits for the ready line. */
  static async start(options: ExampleOptions = {}): Promise<Example> {
    const example = await Example.spawn(options);
    try {
      await example.ready(options.readyMs);
    } catch (error) {
      await example.dispose();
      throw error;
    }
    return example;
  }

  async ready(timeoutMs = 60_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    let code: number | null | undefined;
    void this.exited.then((exit) => (code = exit));
    while (!this.stdout.includes("\n")) {
      if (code !== undefined) throw new Error(`the example ended with ${code}:\n${this.stderr}`);
      if (performance.now() > deadline) throw new Error(`the example is not ready after ${timeoutMs} ms:\n${this.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async login(username = "admin", password = "demo-admin"): Promise<string> {
    const response = await fetch(`${this.url}/api/auth/login`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ username, password }) });
    if (!response.ok) throw new Error(`login failed: ${response.status} ${await response.text()}`);
    const { token } = (await response.json()) as { token: string };
    return token;
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    this.#token ??= await this.login();
    return fetch(`${this.url}${path}`, { ...init, headers: { authorization: `Bearer ${this.#token}`, ...init.headers } });
  }

  async get<T>(path: string): Promise<T> {
    const response = await this.fetch(path);
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** Asks until the answer is as wanted. */
  async eventually<T>(path: string, wanted: (answer: T) => boolean, timeoutMs = 20_000): Promise<T> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const answer = await this.get<T>(path);
      if (wanted(answer)) return answer;
      if (performance.now() > deadline) throw new Error(`${path} did not become as wanted within ${timeoutMs} ms; last: ${JSON.stringify(answer).slice(0, 2_000)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  kill(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    this.process.kill(signal);
    return this.exited;
  }

  /** Ends the process and removes its folder. */
  async dispose(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill("SIGTERM");
      const timer = setTimeout(() => this.process.kill("SIGKILL"), 15_000);
      await this.exited;
      clearTimeout(timer);
    }
    if (this.#ownsData) rmSync(this.dataDir, { recursive: true, force: true });
  }
}
