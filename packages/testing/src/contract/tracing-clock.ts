import { VirtualClock } from "@hotlinejs/core";
import type { Timer } from "@hotlinejs/core";
import { placeIn } from "./resource-watch.js";

/** Virtual time that knows who set each timer. */
export class TracingClock extends VirtualClock {
  readonly #open = new Map<object, string>();

  override setTimeout(fn: () => void, ms: number): Timer {
    const key = this.#note();
    const timer = super.setTimeout(() => {
      this.#open.delete(key);
      fn();
    }, ms);
    return this.#cancelling(key, timer);
  }

  override setInterval(fn: () => void, ms: number): Timer {
    return this.#cancelling(this.#note(), super.setInterval(fn, ms));
  }

  /** Where timers that are still set were set. */
  get leftovers(): readonly string[] {
    return [...this.#open.values()].map((place) => `a timer of the clock, set ${place}`);
  }

  #note(): object {
    const key = {};
    this.#open.set(key, placeIn(new Error("set").stack ?? "") ?? "by the test runner");
    return key;
  }

  #cancelling(key: object, timer: Timer): Timer {
    return {
      ...timer,
      cancel: () => {
        this.#open.delete(key);
        timer.cancel();
      },
    };
  }
}
