import type { Activity, Logger } from "@hotlinejs/core";

export interface RoundsDeps {
  readonly activity: Activity;
  readonly log: Logger;
  /** What is planned, for the log. */
  readonly name: string;
  readonly round: () => Promise<void>;
}

/** Looks through a list once for each time something may have changed: one round at a time, and one more where it changed meanwhile. */
export class Rounds {
  #stopped = true;
  #running: Promise<void> | undefined;
  #again = false;

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
    await this.#running;
  }

  kick(): void {
    this.#again = true;
    if (this.#stopped || this.#running !== undefined) return;
    this.#running = this.deps.activity.track(this.#work()).finally(() => (this.#running = undefined));
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
      }
    } catch (error) {
      this.deps.log.error({ err: error }, `the plan of ${this.deps.name} failed; the next event wakes it again`);
    }
  }
}
