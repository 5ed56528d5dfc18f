import type { Clock, Timer } from "@hotlinejs/core";

/** Watches a line that rings: an exchange does not say that the caller has given up, it only rings no more. */
export class RingWatch {
  readonly #clock: Clock;
  readonly #gapMs: number;
  readonly #stopped: () => void;
  #gap: Timer | undefined;
  #rings = 1;
  #over = false;
  #callerId: string | undefined;
  #wait: ((number: string) => void) | undefined;

  /**
   * Begins at the first ring. Silence counts from `listen` on: a board whose rings come through the sound path has told nothing before.
   *
   * @param stopped told once, `gapMs` after the last sign of ringing.
   */
  constructor(clock: Clock, gapMs: number, stopped: () => void) {
    this.#clock = clock;
    this.#gapMs = gapMs;
    this.#stopped = stopped;
  }

  /** The sound path is open: from now on no ring means that the caller has given up. */
  listen(): void {
    if (!this.#over) this.#arm();
  }

  /** The caller has given up, or the watch was ended. */
  get over(): boolean {
    return this.#over;
  }

  ring(on: boolean): void {
    if (this.#over) return;
    this.#arm();
    // The number comes between the first two rings or not at all.
    if (on && ++this.#rings === 2) this.#found("");
  }

  callerId(number: string): void {
    this.#callerId ??= number;
    this.#found(number);
  }

  /** The caller's number; empty when none comes within `ms`, before the second ring, or before the caller gives up. */
  async caller(ms: number): Promise<string> {
    if (this.#callerId !== undefined || this.#over || this.#rings > 1) return this.#callerId ?? "";
    return new Promise((resolve) => {
      const timer = this.#clock.setTimeout(() => this.#found(""), ms);
      this.#wait = (number) => {
        timer.cancel();
        resolve(number);
      };
    });
  }

  /** The line was taken or let go: nothing is told any more. */
  end(): void {
    this.#over = true;
    this.#gap?.cancel();
    this.#found("");
  }

  #arm(): void {
    this.#gap?.cancel();
    this.#gap = this.#clock.setTimeout(() => {
      this.end();
      this.#stopped();
    }, this.#gapMs);
  }

  #found(number: string): void {
    const wait = this.#wait;
    this.#wait = undefined;
    wait?.(this.#callerId ?? number);
  }
}
