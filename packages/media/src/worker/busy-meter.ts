/** How long the thread is looked at as one, ms. */
const WINDOW_MS = 1_000;
/** Less is told once, after there was more: there is room. */
const WORTH_TELLING = 0.5;

export interface BusyMeterDeps {
  /** Monotonic ms. */
  now(): number;
  /** CPU time of the thread, ms; `undefined`: not known. */
  cpuMs(): number | undefined;
  /** Told each second, while it is half or more, which part of it the thread computed; told less once after that. */
  tell(share: number): void;
}

/**
 * Which part of its time a worker computes. A worker whose part nears the whole cannot take more calls, though the sound of those there
 * are comes in time yet: lateness begins when it is too late. CPU time, not the time that passed: a thread that others keep from the
 * processor is not full, and if it is kept from it too long its sound is late.
 */
export class BusyMeter {
  readonly #deps: BusyMeterDeps;
  #since: number;
  #cpuMs: number | undefined;
  #told = 0;

  constructor(deps: BusyMeterDeps) {
    this.#deps = deps;
    this.#since = deps.now();
    this.#cpuMs = deps.cpuMs();
  }

  /** To be called some times a second; returns the part once a second. */
  look(): number | undefined {
    if (this.#cpuMs === undefined) return undefined;
    const now = this.#deps.now();
    const elapsed = now - this.#since;
    if (elapsed < WINDOW_MS) return undefined;
    const cpuMs = this.#deps.cpuMs() ?? this.#cpuMs;
    const share = Math.min(1, (cpuMs - this.#cpuMs) / elapsed);
    this.#since = now;
    this.#cpuMs = cpuMs;
    if (share >= WORTH_TELLING || this.#told >= WORTH_TELLING) this.#deps.tell(share);
    this.#told = share;
    return share;
  }
}
