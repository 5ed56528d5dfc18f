import { Worker } from "node:worker_threads";

/** A case takes microseconds. Nothing but a loop without end lasts as long, however busy the machine is. */
const LIMIT_S = 60;

/** Runs beside the cases, since a thread in a loop cannot tell: prints which case it was and ends the process. */
const WATCH = `
const { workerData } = require("node:worker_threads");
const { writeSync } = require("node:fs");
const state = new Int32Array(workerData.state);
let seen = -1, since = 0;
setInterval(() => {
  since = state[0] === seen ? since + 1 : 0;
  seen = state[0];
  if (since < ${LIMIT_S}) return;
  writeSync(2, "HANG: case " + state[2] + " of seed " + state[1] + " has run for ${LIMIT_S} s\\n");
  process.kill(process.pid, "SIGKILL");
}, 1000);
`;

/** Watches over a run: `enter` says which case is under way. */
export class HangGuard {
  readonly #state = new Int32Array(new SharedArrayBuffer(12));
  readonly #worker = new Worker(WATCH, { eval: true, workerData: { state: this.#state.buffer } });

  enter(seed: number, index: number): void {
    this.#state[1] = seed;
    this.#state[2] = index;
    this.#state[0] = ((this.#state[0] ?? 0) + 1) | 0;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
