/** Lateness is told by the media once a second, of the second before: more often nothing is learnt of what was changed. */
const STEP_MS = 1_200;
/** Of what was let in while the sound became late: so much at most, and at least, is let in afterwards; where that was still too much, half. */
const MOST = 0.85;
const LEAST = 0.7;
const AGAIN = 0.5;
/** Up to this part of what was too much it is gone back quickly, from there on carefully, and the bolder the longer it goes well: what was too much may have been so by accident. */
const SAFE_PART = 0.9;
const QUICKLY = 1.5;
const CAREFULLY = 0.02;
const BOLDER = 1.5;
const BOLDEST = 0.5;
/** Added in any case, so that it comes up again from nothing, in calls per second. */
const RISE = 2;
/** Calls that may come at once, as ms of what may come at all. */
const BURST_MS = 100;

export interface SoundThrottleOptions {
  /** From here on the sound is late, ms; 0: whatever it is. */
  readonly maxLateMs: number;
  /** How late it is now, ms. */
  lateMs(): number;
  /** Monotonic ms. */
  now(): number;
}

/**
 * How many new calls may come in while the sound of those there are comes late: not none, since then all come at once again as soon as it is in
 * time, and of a steady crowd every other second's callers would be refused, but so many a second as the machine has been seen to follow. Each
 * second of late sound makes it less, the later the more; each in time gives some back, until nobody is held back any more.
 *
 * ```
 * free --late--> held: the rate falls while it is late, and rises while it is in time --nobody had to be refused--> free
 * ```
 */
export class SoundThrottle {
  readonly #options: SoundThrottleOptions;
  /** Calls per second that are let in. */
  #rate = Infinity;
  /** What was too much. */
  #tooMuch = Infinity;
  #tokens = 0;
  #refilledAt: number;
  #stepAt: number;
  #entered = 0;
  /** Let in within the last whole step, in calls per second. */
  #came = 0;
  #refused = false;
  /** At the last step. */
  #late = false;
  /** Careful steps that went well. */
  #calm = 0;

  constructor(options: SoundThrottleOptions) {
    this.#options = options;
    this.#refilledAt = this.#stepAt = options.now();
  }

  /** Whether one more call may come in. */
  get open(): boolean {
    this.#step();
    const open = this.#rate === Infinity || this.#tokens >= 1;
    if (!open) this.#refused = true;
    return open;
  }

  /** Whether nobody is held back, nor nearly so. */
  get free(): boolean {
    const { maxLateMs, lateMs } = this.#options;
    return this.open && this.#rate === Infinity && (maxLateMs === 0 || lateMs() < maxLateMs / 2);
  }

  /** A call was let in. */
  entered(): void {
    this.#entered++;
    if (this.#tokens >= 1) this.#tokens--;
  }

  #step(): void {
    const { maxLateMs, lateMs, now } = this.#options;
    if (maxLateMs === 0) return;
    const at = now();
    const held = this.#rate !== Infinity;
    if (held) this.#tokens = Math.min(Math.max(1, (this.#rate * BURST_MS) / 1_000), this.#tokens + ((at - this.#refilledAt) * this.#rate) / 1_000);
    this.#refilledAt = at;
    const elapsed = at - this.#stepAt;
    const late = lateMs();
    const whole = elapsed >= STEP_MS;
    // The first late second counts at once, those after it when there was another.
    if (!whole && (held || late < maxLateMs)) return;
    const came = (this.#entered * 1_000) / Math.max(elapsed, STEP_MS);
    this.#came = whole ? came : Math.max(came, this.#came);
    const refused = this.#refused;
    this.#stepAt = at;
    this.#entered = 0;
    this.#refused = false;
    const wasLate = this.#late;
    this.#late = late >= maxLateMs;
    if (this.#late) {
      const rate = Math.min(this.#rate, this.#came);
      // Late for the second time, with less: that it was less says nothing, since what came before may still be at work.
      if (!wasLate) this.#tooMuch = rate;
      this.#rate = rate * (wasLate ? AGAIN : Math.min(MOST, Math.max(LEAST, maxLateMs / late)));
      this.#calm = 0;
      if (!held) this.#tokens = 0;
    } else if (held) {
      this.#rate = refused ? this.#raised() : Infinity;
    }
  }

  #raised(): number {
    const rate = this.#rate;
    const safe = this.#tooMuch * SAFE_PART;
    return rate < safe ? Math.min(safe, rate * QUICKLY + RISE) : rate * (1 + Math.min(BOLDEST, CAREFULLY * BOLDER ** this.#calm++)) + RISE;
  }
}
