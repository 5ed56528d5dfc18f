import type { Clock, Timer } from "@hotlinejs/core";

/** Told at once, and then at most once in so many ms while it goes on changing. */
export class ListNews {
  #timer: Timer | undefined;
  #changed = false;

  constructor(private readonly deps: { readonly clock: Clock; readonly everyMs: number; readonly tell: () => void }) {}

  changed(): void {
    if (this.#timer !== undefined) {
      this.#changed = true;
      return;
    }
    const { clock, everyMs, tell } = this.deps;
    tell();
    this.#timer = clock.setTimeout(() => {
      this.#timer = undefined;
      if (!this.#changed) return;
      this.#changed = false;
      this.changed();
    }, everyMs);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
