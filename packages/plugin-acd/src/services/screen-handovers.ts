import type { Clock, Timer } from "@hotlinejs/core";
import type { AgentScreen, ScreenHandover } from "../contract.js";
import { acdErrors } from "../errors.js";

/** A call that is still up after so long has lost its end; what agents had typed goes in any case. */
const KEEP_MS = 4 * 3_600_000;

interface Held {
  /** 工号 of who has the caller. */
  holder: string;
  /** Who had the caller before. */
  before: string | undefined;
  /** Everybody who has or had the caller. */
  readonly had: Set<string>;
  screen: ScreenHandover | undefined;
  readonly timer: Timer;
}

export interface ScreenHandoversDeps {
  readonly clock: Clock;
  readonly nameOf: (agent: string) => string;
  /** The caller is another agent's now: the first one's screen shows it, and gives what it had not yet given. */
  readonly passed: (from: string, change: { readonly interactionId: string; readonly to: string; readonly name: string }) => void;
  /** There is a screen for who has the caller now. */
  readonly arrived: (holder: string, interactionId: string) => void;
}

/**
 * What an agent had begun for a caller goes with the call. Kept in memory for as long as the call: with the hotline both end.
 *
 * Only who has or had the caller gives and reads it. An agent who is asked (a consultation) or rung has not had the caller.
 */
export class ScreenHandovers {
  readonly #held = new Map<string, Held>();

  constructor(private readonly deps: ScreenHandoversDeps) {}

  /** The agent has the caller. */
  has(agent: string, interactionId: string): void {
    const held = this.#held.get(interactionId);
    if (held === undefined) {
      const timer = this.deps.clock.setTimeout(() => this.end(interactionId), KEEP_MS);
      this.#held.set(interactionId, { holder: agent, before: undefined, had: new Set([agent]), screen: undefined, timer });
      return;
    }
    if (held.holder === agent) {
      // A transfer has come back: what was laid down is typed on, and given anew with the next one.
      held.screen = undefined;
      return;
    }
    held.before = held.holder;
    held.holder = agent;
    held.had.add(agent);
    this.deps.passed(held.before, { interactionId, to: agent, name: this.deps.nameOf(agent) });
    if (held.screen !== undefined) this.deps.arrived(agent, interactionId);
  }

  /** @throws HTL_ACD_SCREEN_NOT_YOURS, HTL_ACD_SCREEN_PASSED */
  put(agent: string, interactionId: string, screen: AgentScreen): void {
    const held = this.#of(agent, interactionId);
    const late = held.holder !== agent;
    // Whoever has the caller now may have gone on with it.
    if (late && (held.before !== agent || held.screen?.from === held.holder)) throw acdErrors.SCREEN_PASSED(interactionId, held.holder);
    held.screen = { ...screen, from: agent, fromName: this.deps.nameOf(agent), at: this.deps.clock.now() };
    if (late) this.deps.arrived(held.holder, interactionId);
  }

  /** @throws HTL_ACD_SCREEN_NOT_YOURS */
  read(agent: string, interactionId: string): ScreenHandover | undefined {
    return this.#of(agent, interactionId).screen;
  }

  end(interactionId: string): void {
    this.#held.get(interactionId)?.timer.cancel();
    this.#held.delete(interactionId);
  }

  #of(agent: string, interactionId: string): Held {
    const held = this.#held.get(interactionId);
    if (held?.had.has(agent) !== true) throw acdErrors.SCREEN_NOT_YOURS(agent, interactionId);
    return held;
  }
}
