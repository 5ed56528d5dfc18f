import type { Activity, Clock, Logger, Timer } from "@hotlinejs/core";

/** Wait after a round that failed; doubled each time until one succeeds. */
const RETRY_MS = 10_000;
const RETRY_AT_MOST_MS = 5 * 60_000;

export interface RoundsDeps {
  readonly activity: Activity;
  readonly clock: Pick<Clock, "setTimeout">;
  readonly log: Logger;
  /** What is planned, for the log. */
  readonly name: string;
  readonly round: () => Promise<void>;
}

/** Looks through a list once for each time something may have changed: one round at a time, and one more where it changed meanwhile. One that fails is made again. */
export class Rounds {
  #stopped = true;
  #running: Promise<void> | undefined;
  #again = false;
  #retry: Timer | undefined;
  #retryMs = RETRY_MS;

  constructor(private readonly deps: RoundsDeps) {}

  get stopped(): boolean {
    return this.#stopped;
  }

  start(): void {
    this.#stopped = false;
    this.kick();
  }

  /** Begins no other round; resolves when the last is over. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#retry?.cancel();
    await this.#running;
  }

  kick(): void {
    this.#again = true;
    if (this.#stopped || this.#running !== undefined) return;
    this.#running = this.deps.activity.track(this.#work());
  }

  /** Resolves when nothing is left to be looked at. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #work(): Promise<void> {
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        await this.deps.round();
        this.#retryMs = RETRY_MS;
      }
    } catch (error) {
      const { clock, log, name } = this.deps;
      log.error({ err: error, againInMs: this.#retryMs }, `the plan of ${name} failed; it is tried again`);
      this.#retry?.cancel();
      this.#retry = clock.setTimeout(() => this.kick(), this.#retryMs);
      this.#retryMs = Math.min(this.#retryMs * 2, RETRY_AT_MOST_MS);
    } finally {
      // In the same step as the last look at `again`: whoever kicks afterwards finds nobody at work.
      this.#running = undefined;
    }
  }
}
