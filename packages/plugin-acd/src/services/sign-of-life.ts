import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Clock, Logger } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";

/** When a process ended, epoch ms. */
export interface LastLife {
  /** It lived then. */
  readonly seen: number;
  /** And no longer than until then. */
  readonly end: number;
}

/**
 * Until when the process has lived: a crash can tell nobody, and states of agents that lasted then must end somewhere. A few octets in a file,
 * written at every check of the states; it costs no transaction. Where the file is gone (a data folder that does not outlive its container) only
 * the database tells.
 */
export class SignOfLife {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** Longest time from one sign to the next, ms. */
  readonly #everyMs: number;
  #failing = false;

  constructor(path: string, deps: { readonly clock: Clock; readonly log: Logger; readonly everyMs: number }) {
    this.#path = path;
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#everyMs = deps.everyMs;
  }

  /** Of the process before; `undefined`: it left no sign. Before this one gives any. */
  last(): LastLife | undefined {
    try {
      const { at, stopped } = JSON.parse(readFileSync(this.#path, "utf8")) as { at?: unknown; stopped?: unknown };
      if (typeof at !== "number" || !Number.isFinite(at)) return undefined;
      const now = this.#clock.now();
      return { seen: Math.min(now, at), end: Math.min(now, stopped === true ? at : at + this.#everyMs) };
    } catch {
      // Never written, or the process ended while it wrote.
      return undefined;
    }
  }

  /** @param stopped the process ends in order */
  give(stopped = false): void {
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      writeFileSync(this.#path, JSON.stringify({ at: this.#clock.now(), stopped }), { mode: 0o600 });
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#log.warn({ error: errorText(error) }, "the hotline cannot leave a sign of life on disk; after a crash up to a minute of the agents' times would be missing");
      this.#failing = true;
    }
  }
}
