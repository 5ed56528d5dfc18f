export type CircuitState = "closed" | "open" | "half-open";

/**
 * Spares a system that fails, and its callers the wait.
 *
 * ```
 * closed --(failures in a row)--> open --(openMs have passed, one is let through)--> half-open
 *    ^                              ^______________(it failed)___________________________/ |
 *    \_________________________________________(it succeeded)____________________________/
 * ```
 */
export class CircuitBreaker {
  #failures = 0;
  /** Monotonic ms at which it opened. */
  #openedAt: number | undefined;
  #probing = false;

  /**
   * @param now monotonic milliseconds
   */
  constructor(
    private readonly limits: { readonly failures: number; readonly openMs: number },
    private readonly now: () => number,
  ) {}

  get state(): CircuitState {
    if (this.#openedAt === undefined) return "closed";
    return this.#probing || this.now() - this.#openedAt >= this.limits.openMs ? "half-open" : "open";
  }

  /** Whether a request may go out now. Whoever got `true` must tell how it went. */
  admit(): boolean {
    if (this.state === "closed") return true;
    if (this.state === "open" || this.#probing) return false;
    this.#probing = true;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#openedAt = undefined;
    this.#probing = false;
  }

  failed(): void {
    this.#failures++;
    // A request that went out before it opened may still fail: the time runs from the first.
    if (this.#probing || (this.#openedAt === undefined && this.#failures >= this.limits.failures)) this.#openedAt = this.now();
    this.#probing = false;
  }

  /** The request was taken back: it says nothing about the system. */
  forgotten(): void {
    this.#probing = false;
  }
}
