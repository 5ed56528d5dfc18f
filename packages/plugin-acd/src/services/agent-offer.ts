import type { CallControl, CallSession, Logger, OutboundCall } from "@hotlinejs/core";
import { citizenParty, isHotlineError } from "@hotlinejs/core";
import type { RejectCause } from "@hotlinejs/queueing";
import { rejectCause } from "../domain/reject-cause.js";

export interface AgentOfferOptions {
  readonly reservationId: string;
  readonly session: CallSession;
  readonly control: CallControl;
  readonly agent: string;
  readonly address: string;
  readonly ringMs: number;
  readonly log: Logger;
  /** The agent waits for it: the phone is asked to answer by itself (RFC 5373). */
  readonly answerByItself?: boolean;
  readonly accepted: () => void;
  /** Also after `accepted`, when the agent's leg ends before both talk. Told once. */
  readonly rejected: (cause: RejectCause) => void;
}

/** The reducer ends the ringing; the adapter's own limit only guards against a lost timer. */
const GUARD_MS = 5_000;

/** One attempt to get one agent to the phone. */
export class AgentOffer {
  readonly reservationId: string;
  readonly agent: string;
  /** The agent's leg once dialled. */
  call: OutboundCall | undefined;
  readonly #options: AgentOfferOptions;
  readonly #abort = new AbortController();
  #over = false;
  #elsewhere = false;

  constructor(options: AgentOfferOptions) {
    this.#options = options;
    this.reservationId = options.reservationId;
    this.agent = options.agent;
  }

  /** Aborted when the attempt was called off. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Dials. Never rejects. */
  async run(): Promise<void> {
    const { session, control, address, ringMs, agent, log } = this.#options;
    let call: OutboundCall;
    try {
      call = await control.originate({
        to: address,
        interactionId: session.interaction.id,
        purpose: "agent",
        role: "agent",
        actor: "plugin:acd",
        from: citizenParty(session.call),
        near: session.call.media,
        ...(this.#options.answerByItself === true ? { headers: { "Answer-Mode": "Auto" } } : {}),
        timeoutMs: ringMs + GUARD_MS,
        signal: this.#abort.signal,
      });
    } catch (error) {
      if (!this.#abort.signal.aborted) log.warn({ err: error, agent, interactionId: session.interaction.id, code: isHotlineError(error) ? error.code : undefined }, "an agent cannot be rung; the next one is tried");
      this.#reject("failed");
      return;
    }
    this.call = call;
    if (this.#abort.signal.aborted) return this.#drop(call);
    const answered = await call.answered;
    if (this.#abort.signal.aborted) return this.#drop(call);
    if (answered) this.#options.accepted();
    const end = await call.ended;
    this.#reject(rejectCause(end.reason, end.status));
  }

  /** The agent gives the call back, from the screen. */
  async decline(): Promise<void> {
    if (this.#over) return;
    this.#reject("declined");
    this.#abort.abort(new Error("the agent declined"));
    if (this.call !== undefined) await this.#drop(this.call);
  }

  /** Calls the attempt off: CANCEL while ringing, BYE after the answer. `elsewhere`: another agent has the caller, the phone is told that nobody missed it. Idempotent. */
  cancel(elsewhere = false): void {
    this.#over = true;
    this.#elsewhere = elsewhere;
    // Before the signal, which would end the leg without saying why.
    if (this.call !== undefined) void this.#drop(this.call);
    this.#abort.abort(new Error("the offer was taken back"));
  }

  /** Both talk: what ends the leg from here on is the end of the talk. */
  settle(): void {
    this.#over = true;
  }

  #reject(cause: RejectCause): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.rejected(cause);
  }

  async #drop(call: OutboundCall): Promise<void> {
    await call.hangup({ reason: this.#elsewhere ? "answered-elsewhere" : call.state === "answered" ? "hangup" : "cancelled" });
  }
}
