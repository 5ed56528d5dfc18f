import type { Clock, Logger } from "@hotlinejs/core";
import { TokenBuckets } from "./edge/token-buckets.js";

const EVERY_MS = 60_000;
const MAX_SOURCES = 1_000;
/** Of all sources together: a flood from forged ones, each told once, would fill the log as well. */
const TELL_RATE = { perSecond: 0.5, burst: 20 };

/** Tells an operator whose calls are refused, once a minute per source and a few of very many sources: scanners would fill the log otherwise. */
export class RefusalLog {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #sources = new Map<string, { since: number; more: number }>();
  readonly #telling: TokenBuckets;
  /** Refusals since the last line of sources that there was no line for. */
  #untold = 0;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
    this.#telling = new TokenBuckets(TELL_RATE, () => clock.monotonic());
  }

  note(source: string, status: number): void {
    const now = this.#clock.now();
    const known = this.#sources.get(source);
    if (known !== undefined && now - known.since < EVERY_MS) {
      known.more += 1;
      return;
    }
    if (!this.#telling.take("")) {
      this.#untold += 1;
      return;
    }
    const before = known === undefined || known.more === 0 ? {} : { refusedBefore: known.more };
    const others = this.#untold === 0 ? {} : { refusedOfOthers: this.#untold };
    this.#untold = 0;
    this.#log.info({ source, status, ...before, ...others }, status === 403 ? "a call was refused: no trunk has this source address" : "a call was refused");
    this.#sources.delete(source);
    this.#sources.set(source, { since: now, more: 0 });
    if (this.#sources.size <= MAX_SOURCES) return;
    const oldest = this.#sources.keys().next();
    if (oldest.done !== true) this.#sources.delete(oldest.value);
  }
}
