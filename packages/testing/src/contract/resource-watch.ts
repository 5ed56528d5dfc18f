import { createHook, type AsyncHook } from "node:async_hooks";
import { readdirSync } from "node:fs";
import { SystemClock } from "@hotlinejs/core";

/** What keeps living outside of JavaScript until somebody closes it, and what it is called here. */
const WATCHED: Readonly<Record<string, string>> = {
  Timeout: "timer",
  TCPSERVERWRAP: "TCP server",
  TCPWRAP: "TCP socket",
  UDPWRAP: "UDP socket",
  PIPEWRAP: "pipe",
  PIPESERVERWRAP: "pipe server",
  TLSWRAP: "TLS socket",
  MESSAGEPORT: "worker or message port",
  FSEVENTWRAP: "file watcher",
  STATWATCHER: "file watcher",
  PROCESSWRAP: "child process",
  SIGNALWRAP: "signal handler",
};

/** Closing a socket or a worker takes a moment of real time. */
const PATIENCE_MS = 3_000;
const PAUSE_MS = 25;
const TEST_RUNNER = /node_modules\/(vitest|@vitest|vite|vite-node|tinypool|birpc)\//;

interface Made {
  readonly what: string;
  readonly by: string;
}

/** What a piece of work leaves behind in the process: handles, real timers, listeners, temporary files, globals. */
export class ResourceWatch {
  readonly #made = new Map<number, Made>();
  readonly #hook: AsyncHook;
  #over = false;
  readonly #tempDir: string;
  readonly #listeners = listenerCounts();
  readonly #globals = new Set(Object.getOwnPropertyNames(globalThis));
  readonly #environment = JSON.stringify(process.env);
  readonly #workingDir = process.cwd();

  /** @param tempDir what `os.tmpdir()` is meanwhile; must be empty */
  constructor(tempDir: string) {
    this.#tempDir = tempDir;
    this.#hook = createHook({
      init: (id, type) => {
        const what = WATCHED[type];
        if (what === undefined || this.#over) return;
        const by = maker();
        if (by !== undefined) this.#made.set(id, { what, by });
      },
      destroy: (id) => void this.#made.delete(id),
    });
    this.#hook.enable();
  }

  /** What is left, in words; waits a few seconds for what is still closing. */
  async leftovers(): Promise<readonly string[]> {
    // The timers of the waiting here are nobody's leftovers.
    this.#over = true;
    const clock = new SystemClock();
    for (let waited = 0; this.#made.size > 0 && waited < PATIENCE_MS; waited += PAUSE_MS) await clock.sleep(PAUSE_MS);
    this.#hook.disable();
    const left = [...this.#made.values()].map(({ what, by }) => `a ${what}, made ${by}`);
    const now = listenerCounts();
    for (const [event, count] of now) {
      const before = this.#listeners.get(event) ?? 0;
      if (count > before) left.push(`${count - before} listener${count - before === 1 ? "" : "s"} of process.on(${JSON.stringify(event)})`);
    }
    for (const name of readdirSync(this.#tempDir)) left.push(`${name} in the folder for temporary files`);
    for (const name of Object.getOwnPropertyNames(globalThis)) if (!this.#globals.has(name)) left.push(`the global variable ${name}`);
    if (JSON.stringify(process.env) !== this.#environment) left.push("a changed process.env");
    if (process.cwd() !== this.#workingDir) left.push(`another working directory (${process.cwd()})`);
    return left;
  }
}

/** The place in somebody's code that made a resource; `undefined`: the test runner did. */
function maker(): string | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 40;
  const { stack = "" } = new Error("made");
  Error.stackTraceLimit = limit;
  return placeIn(stack);
}

/** The first frame outside of Node, this package's own machinery and the clock. */
export function placeIn(stack: string): string | undefined {
  const frames = stack
    .split("\n")
    .slice(1)
    .map((line) => line.trim())
    .filter((line) => !/\(?node:/.test(line) && !/resource-watch|tracing-clock|time\/(system|virtual)-clock|<anonymous>\)?$/.test(line));
  if (frames[0] !== undefined && TEST_RUNNER.test(frames[0])) return undefined;
  const own = frames.find((line) => !line.includes("/node_modules/"));
  return [frames[0], ...(own === undefined || own === frames[0] ? [] : [own])].join(" ") || "where nobody knows";
}

function listenerCounts(): Map<string, number> {
  return new Map(process.eventNames().map((name) => [String(name), process.listenerCount(name as "exit")]));
}
