import type { Clock } from "@hotlinejs/core";
import type { AcdStore, LeftPlace } from "./acd-store.js";
import { endCutStates, type CutStatesDeps } from "./cut-states.js";
import type { LastLife, SignOfLife } from "./sign-of-life.js";

export interface PastProcessDeps extends CutStatesDeps {
  readonly store: AcdStore;
  readonly life: SignOfLife;
  readonly clock: Clock;
}

/** What the process before has left open, however it ended. */
export class PastProcess {
  readonly #deps: PastProcessDeps;
  /** When it ended; both 0: there was none. */
  lived: LastLife = { seen: 0, end: 0 };

  constructor(deps: PastProcessDeps) {
    this.#deps = deps;
  }

  /** Ends the stays of callers and the states of agents that it left open. Once its last facts are in the database. Returns the places that callers may come back to. */
  async close(): Promise<readonly LeftPlace[]> {
    const { store, life, clock } = this.#deps;
    const { seen, end } = life.last() ?? { seen: 0, end: 0 };
    const wrote = (await store.lastSign(clock.now())) ?? 0;
    this.lived = { seen: Math.max(seen, wrote), end: Math.max(end, wrote) };
    const places = await store.closeLeftovers(this.lived.end);
    await endCutStates(this.#deps, this.lived.end);
    return places;
  }

  /** This process lives. */
  alive(): void {
    this.#deps.life.give();
  }

  /** This process ends in order. */
  stop(): void {
    this.#deps.life.give(true);
  }
}
