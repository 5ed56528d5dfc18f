import type { Call, Logger } from "@hotlinejs/core";
import { errorText, isHotlineError } from "@hotlinejs/core";
import type { AgentCallState } from "../contract.js";
import { acdErrors } from "../errors.js";

interface PhoneHoldDeps {
  /** `undefined`: the talk is over. */
  readonly state: () => AgentCallState | undefined;
  readonly hold: () => Promise<void>;
  readonly retrieve: () => Promise<void>;
  readonly log: Logger;
}

/**
 * Hold by the agent's own telephone (RFC 3264 section 8.4) is hold as from the screen: few phones send music, so without it the caller
 * would hear nothing. What was put on hold from the screen is not taken off by the phone.
 */
export class PhoneHold {
  #call: Call | undefined;
  /** As the phone said last. */
  #held = false;
  /** The caller is on hold because the phone said so. */
  #applied = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(private readonly deps: PhoneHoldDeps) {}

  /** From now on this leg is the agent's. */
  follow(call: Call): void {
    this.#call = call;
    this.#held = false;
    this.#applied = false;
    call.subscribe((event) => {
      if (event.type !== "remote-hold" || call !== this.#call) return;
      this.#held = event.held;
      this.settle();
    });
  }

  /** Makes true what the phone said last, as far as the talk is in a state for it. */
  settle(): void {
    this.#turn = this.#turn.then(() => this.#apply());
  }

  async #apply(): Promise<void> {
    const state = this.deps.state();
    try {
      if (this.#held && state === "talking") {
        this.#applied = true;
        await this.deps.hold();
      } else if (!this.#held && this.#applied) {
        this.#applied = false;
        if (state === "held") await this.deps.retrieve();
      }
    } catch (error) {
      // Something else came first: the call is in another state, or over.
      if (!isHotlineError(error, acdErrors.CALL_STATE.code)) this.deps.log.warn({ error: errorText(error), callId: this.#call?.id }, "hold by an agent's telephone could not be followed");
    }
  }
}
