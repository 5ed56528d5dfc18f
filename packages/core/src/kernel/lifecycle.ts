/*
 *   created --wire--> wired --ready--> ready --start--> running --drain--> draining --stop--> stopped
 *      \_________________\________________\________________\__________________\______fail____> failed
 *
 * wire: register(ctx) of each plugin, then their checks; no I/O. `check()` of a hotline ends here: wired -> stopped.
 * ready: database migrated, data seeded
 * start: sockets open, dependency order              drain: nothing new is taken, reverse order
 * stop: everything let go, reverse order. `failed` is left by stop() too, so that a half-started hotline is cleaned up.
 */
import type { HotlineState } from "../contracts/http.js";
import { coreErrors } from "../errors/core-errors.js";

const NEXT: Readonly<Record<HotlineState, readonly HotlineState[]>> = {
  created: ["wired", "failed", "stopped"],
  wired: ["ready", "failed", "stopped"],
  ready: ["running", "failed", "stopped"],
  running: ["draining", "failed", "stopped"],
  draining: ["stopped", "failed"],
  failed: ["stopped"],
  stopped: [],
};

/** Holds the state and refuses moves the diagram does not know. */
export class Lifecycle {
  #state: HotlineState = "created";
  readonly #changed: (state: HotlineState) => void;

  constructor(changed: (state: HotlineState) => void) {
    this.#changed = changed;
  }

  get state(): HotlineState {
    return this.#state;
  }

  /** @throws HTL_CORE_STATE */
  move(to: HotlineState): void {
    if (!NEXT[this.#state].includes(to)) throw coreErrors.STATE(this.#state, `moving to ${to}`);
    this.#state = to;
    this.#changed(to);
  }

  /** @throws HTL_CORE_STATE unless in that state */
  demand(state: HotlineState, action: string): void {
    if (this.#state !== state) throw coreErrors.STATE(this.#state, action);
  }
}
