import type { Clock, Collected, CollectOptions, DtmfDigit, Timer } from "@hotlinejs/core";

const FIRST_DIGIT_MS = 6000;
const INTER_DIGIT_MS = 4000;
/** Keys kept ahead; more than a serial number with everything around it. */
const MAX_BUFFERED = 64;

interface Entry {
  digits: string;
  take(digit: DtmfDigit): void;
  finish(reason: Collected["reason"], finishedBy?: DtmfDigit): void;
}

/**
 * Keys of one party: what is keyed ahead waits here until something collects it. Any kind of
 * MediaLeg can use it; time comes from the clock, so it runs under virtual time too.
 */
export class DigitCollector {
  readonly #clock: Clock;
  #buffer: DtmfDigit[] = [];
  #entry: Entry | undefined;
  #flushes = 0;
  #ended = false;
  /** A finish key that comes right after the last digit still belongs to the entry before. */
  #swallow: { keys: string; until: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Keys that wait, oldest first. */
  get buffered(): string {
    return this.#buffer.join("");
  }

  /** How often the buffer was flushed: tells a play-out that keys it saw have been thrown away. */
  get flushes(): number {
    return this.#flushes;
  }

  /**
   * Whether this key, pressed now, would be dropped as the late finish key of an entry that its last
   * digit had completed already (someone ends a full number with #). It must then not barge in either.
   */
  swallows(digit: DtmfDigit): boolean {
    return this.#swallow !== undefined && this.#clock.monotonic() < this.#swallow.until && this.#swallow.keys.includes(digit);
  }

  /** A key was pressed. */
  push(digit: DtmfDigit): void {
    if (this.#ended) return;
    const dropped = this.swallows(digit);
    this.#swallow = undefined;
    if (dropped) return;
    if (this.#entry !== undefined) this.#entry.take(digit);
    else if (this.#buffer.length < MAX_BUFFERED) this.#buffer.push(digit);
  }

  /** Forgets what was keyed before. */
  flush(): void {
    this.#buffer = [];
    this.#swallow = undefined;
    this.#flushes++;
  }

  /** The leg is gone: a running entry ends, later ones end at once. */
  end(): void {
    this.#ended = true;
    this.#entry?.finish("ended");
    this.#buffer = [];
  }

  /**
   * Collects an entry. A second call while one runs ends the first (`ended`, with what it has).
   * `min` does not hold an entry back: with a time-out or a finish key the digits may be fewer, and the caller decides.
   */
  collect(options: CollectOptions = {}): Promise<Collected> {
    if (options.flush === true) this.flush();
    this.#entry?.finish("ended");
    this.#swallow = undefined;
    if (this.#ended || options.signal?.aborted === true) return Promise.resolve({ digits: "", reason: "ended" });
    return new Promise((resolve) => this.#begin(options, resolve));
  }

  #begin(options: CollectOptions, resolve: (collected: Collected) => void): void {
    const max = Math.max(1, options.max ?? Math.max(1, options.min ?? 1));
    const finishOn = options.finishOn ?? "";
    const interDigitMs = options.interDigitTimeoutMs ?? INTER_DIGIT_MS;
    let timer: Timer | undefined;
    let open = true;
    const wait = (ms: number): void => {
      timer?.cancel();
      timer = this.#clock.setTimeout(() => entry.finish("timeout"), ms);
    };
    const aborted = (): void => entry.finish("ended");
    const entry: Entry = {
      digits: "",
      take: (digit) => {
        if (finishOn.includes(digit)) entry.finish("finish-key", digit);
        else {
          entry.digits += digit;
          if (entry.digits.length >= max) {
            if (finishOn !== "") this.#swallow = { keys: finishOn, until: this.#clock.monotonic() + interDigitMs };
            entry.finish("max", digit);
          } else wait(interDigitMs);
        }
      },
      finish: (reason, finishedBy) => {
        if (!open) return;
        open = false;
        timer?.cancel();
        options.signal?.removeEventListener("abort", aborted);
        if (this.#entry === entry) this.#entry = undefined;
        resolve({ digits: entry.digits, reason, ...(finishedBy === undefined ? {} : { finishedBy }) });
      },
    };
    this.#entry = entry;
    options.signal?.addEventListener("abort", aborted, { once: true });
    while (open && this.#buffer.length > 0) {
      const next = this.#buffer.shift();
      if (next === undefined) break;
      const swallowed = this.#swallow;
      entry.take(next);
      // A finish key that was keyed ahead behind a full entry goes with it.
      if (swallowed === undefined && this.#swallow !== undefined && this.#buffer[0] !== undefined && finishOn.includes(this.#buffer[0])) {
        this.#buffer.shift();
        this.#swallow = undefined;
      }
    }
    if (!open || entry.digits !== "") return;
    const first = options.firstDigitTimeoutMs ?? FIRST_DIGIT_MS;
    if (options.after === undefined) wait(first);
    else {
      void options.after.done.then(() => {
        if (open && entry.digits === "") wait(first);
      });
    }
  }
}
