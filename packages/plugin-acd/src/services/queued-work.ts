import { errorText } from "@hotlinejs/core";
import type { Logger } from "@hotlinejs/core";
import type { AcdEvent } from "@hotlinejs/queueing";
import type { QueueOutcome, QueueResult, QueueWork } from "../contract.js";
import { placeOf, type Effect, type Place, type QueueMember } from "./queue-member.js";

export interface QueuedWorkDeps {
  readonly log: Logger;
  readonly dispatch: (event: AcdEvent) => void;
}

/** The stay in a queue of what is no call; see QueueWork. `result` always settles. */
export class QueuedWork implements QueueMember {
  readonly result: Promise<QueueResult>;
  /** Nobody cuts a chat but its own people. */
  readonly cut = false;
  readonly brokenOff = false;
  readonly #id: string;
  readonly #work: QueueWork;
  readonly #deps: QueuedWorkDeps;
  readonly #request: AbortSignal | undefined;
  #settle: (result: QueueResult) => void = () => undefined;
  /** Questions that are open, by reservation. */
  readonly #offers = new Map<string, AbortController>();
  #place: Place | undefined;
  #agent: string | undefined;
  #waitMs = 0;
  #gone = false;
  #done = false;

  constructor(id: string, work: QueueWork, deps: QueuedWorkDeps, signal: AbortSignal | undefined) {
    this.#id = id;
    this.#work = work;
    this.#deps = deps;
    this.#request = signal;
    this.result = new Promise((resolve) => (this.#settle = resolve));
  }

  get over(): boolean {
    return this.#gone;
  }

  /** Watches for its end. Called once, right after it entered. */
  watch(): void {
    const over = (): void => {
      this.#gone = true;
      this.#deps.dispatch({ type: "interaction.ended", interactionId: this.#id });
    };
    this.#work.ended.then(over, over);
    const exit = (): void => this.#deps.dispatch({ type: "interaction.exited", interactionId: this.#id });
    if (this.#request?.aborted === true) exit();
    else this.#request?.addEventListener("abort", exit, { once: true });
  }

  entered(effect: Effect<"entered">): void {
    const { ahead, expectedWaitMs } = effect;
    this.#place = placeOf(effect);
    this.#work.waiting?.({ ahead, expectedWaitMs });
  }

  offered({ reservationId, agentId, ringMs, attempt }: Effect<"offer">): void {
    const abort = new AbortController();
    this.#offers.set(reservationId, abort);
    void this.#ask(reservationId, agentId, { ringMs, attempt, signal: abort.signal });
  }

  rescinded({ reservationId }: Effect<"rescind">): void {
    this.#offers.get(reservationId)?.abort(new Error("the offer was taken back"));
    this.#offers.delete(reservationId);
  }

  requeued(): void {
    // What was asked is over; who is still asked is known by reservation.
  }

  async connect({ reservationId, agentId, waitMs }: Effect<"connect">): Promise<void> {
    await this.#work.connected(agentId, waitMs);
    if (this.#offers.get(reservationId)?.signal.aborted !== false) return;
    this.#agent = agentId;
    this.#deps.dispatch({ type: "offer.connected", reservationId });
  }

  announce({ ahead, expectedWaitMs }: Effect<"announce">): void {
    this.#work.waiting?.({ ahead, expectedWaitMs });
  }

  overflowed(): void {
    // Nothing to tell: other agents may serve it too.
  }

  left(effect: Effect<"left">): void {
    const { outcome, waitMs } = effect;
    this.#waitMs = waitMs;
    this.#place = placeOf(effect) ?? this.#place;
    if (outcome !== "answered" && outcome !== "moved") this.#finish(outcome === "closed" || outcome === "unknown-queue" ? "no-agents" : outcome, 0);
  }

  ended({ talkMs }: Effect<"ended">): void {
    this.#finish("answered", talkMs);
  }

  stop(): void {
    for (const abort of this.#offers.values()) abort.abort(new Error("the hotline stops"));
    this.#finish(this.#agent === undefined ? "no-agents" : "answered", 0);
  }

  async #ask(reservationId: string, agent: string, options: Parameters<QueueWork["offer"]>[1]): Promise<void> {
    let answer: Awaited<ReturnType<QueueWork["offer"]>>;
    try {
      answer = await this.#work.offer(agent, options);
    } catch (error) {
      this.#deps.log.warn({ interactionId: this.#work.interactionId, agent, error: errorText(error) }, "an agent could not be asked; the next one is tried");
      answer = "failed";
    }
    // Taken back meanwhile: the reducer has gone on.
    if (options.signal.aborted) return;
    if (answer !== "accepted") this.#offers.delete(reservationId);
    this.#deps.dispatch(answer === "accepted" ? { type: "offer.accepted", reservationId } : { type: "offer.rejected", reservationId, cause: answer });
  }

  #finish(outcome: QueueOutcome, talkMs: number): void {
    if (this.#done) return;
    this.#done = true;
    this.#settle({ outcome, ...(this.#agent === undefined ? {} : { agent: this.#agent }), waitMs: this.#waitMs, talkMs, ...(outcome === "answered" ? {} : this.#place), callerGone: this.#gone });
  }
}
