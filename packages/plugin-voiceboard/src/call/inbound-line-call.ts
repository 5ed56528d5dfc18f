import type { ProgressTone } from "@hotlinejs/core";
import type { RingWatch } from "../board/ring-watch.js";
import type { Seizure } from "../board/seizure.js";
import { callEnded } from "../errors.js";
import { LineCall } from "./line-call.js";
import type { LineCallEnvironment, LineCallIdentity } from "./line-call.js";

/** A call that came in on a line. */
export class InboundLineCall extends LineCall {
  readonly #watch: RingWatch;
  #answering: Promise<void> | undefined;

  constructor(environment: LineCallEnvironment, identity: LineCallIdentity, seizure: Seizure, watch: RingWatch) {
    super(environment, identity);
    this.#watch = watch;
    this.seize(seizure);
  }

  /** It rings no more. */
  callerGone(): void {
    this.finish({ reason: "cancelled", by: "remote" });
  }

  async ring(): Promise<void> {
    if (this.state === "new") this.enter("ringing");
  }

  answer(): Promise<void> {
    const over = this.over();
    if (over !== undefined) return Promise.reject(callEnded(over));
    this.#answering ??= this.#answer();
    return this.#answering;
  }

  /** A line cannot be refused: who is not answered hears ring-back until giving up, and the line stays in use so long. */
  protected override letGo(): void {
    if (this.#answering !== undefined || this.#watch.over) void this.seizure?.release();
  }

  /** Busy or congestion tone after an answer: the far end has hung up. Dial tone: it had done so before the answer. */
  protected override heardTone(tone: ProgressTone): void {
    if (this.state === "answered" && tone !== "ringback") this.finish({ reason: "remote-hangup", by: "remote" });
  }

  async #answer(): Promise<void> {
    this.#watch.end();
    try {
      await this.seizure?.channel.offHook();
    } catch (error) {
      const over = this.over();
      if (over !== undefined) throw callEnded(over);
      this.finish({ reason: "failed", by: "system" });
      throw error;
    }
    this.requireAlive();
    this.enter("answered");
  }
}
