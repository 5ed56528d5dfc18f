import { type Deferred, deferred } from "../deferred.js";
import type { QueuedTimer } from "../timer-queue.js";
import type { UaContext } from "./context.js";
import type { RequestOutcome } from "./session-types.js";

/** After this many 491 in a row the other side does not mean to give way. */
const MAX_GLARE_RETRIES = 5;

/** What the lane needs to know of its session. */
export interface OfferLaneOwner {
  /** We made the Call-ID: RFC 3261 section 14.1 gives the owner the longer wait. */
  readonly ownsCallId: boolean;
  over(): boolean;
  /** An offer of the other side is open: not answered, or answered and not acknowledged. */
  remoteBusy(): boolean;
}

/** One offer at a time (RFC 3261 section 14): queues ours, waits for theirs, and tries again after a collision. */
export class OfferLane {
  readonly #context: UaContext;
  readonly #owner: OfferLaneOwner;
  #tail: Promise<unknown> = Promise.resolve();
  #busy = false;
  #idle: Deferred<void> | undefined;
  #pause: { readonly timer: QueuedTimer; readonly over: Deferred<void> } | undefined;

  constructor(context: UaContext, owner: OfferLaneOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  /** Whether an offer of ours is under way. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Sends an offer when its turn comes. Rejects only with what `send` throws. `collided`: it was refused with 491 and is sent again after a wait. */
  run(send: () => Promise<RequestOutcome>, collided: () => void = () => undefined): Promise<RequestOutcome> {
    const mine = this.#tail.then(() => this.#attempt(send, collided));
    this.#tail = mine.catch(() => undefined);
    return mine;
  }

  /** The other side's offer is settled, or the session over. */
  wake(): void {
    if (this.#owner.remoteBusy() && !this.#owner.over()) return;
    this.#idle?.resolve();
    this.#idle = undefined;
    if (this.#owner.over() && this.#pause !== undefined) {
      this.#pause.timer.cancel();
      this.#pause.over.resolve();
    }
  }

  async #attempt(send: () => Promise<RequestOutcome>, collided: () => void): Promise<RequestOutcome> {
    for (let tries = 0; ; tries++) {
      while (this.#owner.remoteBusy() && !this.#owner.over()) {
        this.#idle ??= deferred<void>();
        await this.#idle.promise;
      }
      if (this.#owner.over()) return { status: 481, cause: "ended" };
      this.#busy = true;
      let outcome: RequestOutcome;
      try {
        outcome = await send();
      } finally {
        this.#busy = false;
      }
      if (outcome.status !== 491 || tries >= MAX_GLARE_RETRIES || this.#owner.over()) return outcome;
      collided();
      await this.#wait();
    }
  }

  /** 2.1 to 4 s for the owner of the Call-ID, up to 2 s for the other, in steps of 10 ms (section 14.1). */
  async #wait(): Promise<void> {
    const random = this.#context.random.number();
    const ms = this.#owner.ownsCallId ? 2_100 + Math.floor(random * 191) * 10 : Math.floor(random * 201) * 10;
    const over = deferred<void>();
    this.#pause = { timer: this.#context.timers.start(ms, () => over.resolve()), over };
    await over.promise;
    this.#pause = undefined;
  }
}
