/** Lets one at a time through, in the order of asking. */
export class WriteLock {
  #held = false;
  readonly #waiting: (() => void)[] = [];

  /** Those who wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves with the release, which may be called once. */
  acquire(): Promise<() => void> {
    if (!this.#held) {
      this.#held = true;
      return Promise.resolve(this.#releaser());
    }
    return new Promise((resolve) => this.#waiting.push(() => resolve(this.#releaser())));
  }

  async run<T>(fn: () => Promise<T>): Promise<T> {
    const release = await this.acquire();
    try {
      return await fn();
    } finally {
      release();
    }
  }

  #releaser(): () => void {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const next = this.#waiting.shift();
      if (next === undefined) this.#held = false;
      else next();
    };
  }
}
