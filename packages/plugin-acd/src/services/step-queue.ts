/** Steps of one call, one after the other, whether those before came about or not. */
export class StepQueue {
  readonly #failed: (error: unknown) => void;
  #last: Promise<unknown> = Promise.resolve();

  /** @param failed of a step nobody waits for */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** Rejects as the step does. */
  run(step: () => Promise<void>): Promise<void> {
    const done = this.#last.then(step, step);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Nobody waits for it. */
  then(step: () => Promise<void>): void {
    this.run(step).catch(this.#failed);
  }
}
