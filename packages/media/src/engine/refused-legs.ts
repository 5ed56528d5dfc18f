import { isHotlineError } from "@hotlinejs/core";
import type { Clock, Logger } from "@hotlinejs/core";
import { mediaErrors } from "../errors.js";

/** The faults of this machine and its settings; others are whoever asked's. */
const OURS: ReadonlySet<string> = new Set([mediaErrors.NO_PORT, mediaErrors.NO_DESCRIPTORS, mediaErrors.WORKER_FAILED, mediaErrors.FAILED].map(({ code }) => code));
/** Told this often at the most, ms: calls may come by the hundred. */
const TOLD_EVERY_MS = 10_000;
/** So long the hotline counts as ill for it, ms. */
const LATELY_MS = 60_000;

/** Legs that could not be made. Callers only hear a 503: here it is told why. */
export class RefusedLegs {
  readonly #clock: Clock;
  readonly #log: Logger | undefined;
  readonly #counts = new Map([...OURS].map((code) => [code, 0]));
  #last: { readonly code: string; readonly message: string; readonly at: number } | undefined;
  #toldAt = -Infinity;
  #untold = 0;

  constructor(clock: Clock, log: Logger | undefined) {
    this.#clock = clock;
    this.#log = log;
  }

  /** The making of a leg, as it was. */
  watch<T>(making: Promise<T>): Promise<T> {
    making.catch((error: unknown) => this.#refused(error));
    return making;
  }

  /** How many, by code; also those there were none of. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** The latest of the last minute. */
  get lately(): { readonly code: string; readonly message: string } | undefined {
    return this.#last !== undefined && this.#clock.monotonic() - this.#last.at < LATELY_MS ? this.#last : undefined;
  }

  #refused(error: unknown): void {
    if (!isHotlineError(error) || !OURS.has(error.code)) return;
    const { code, message } = error;
    const at = this.#clock.monotonic();
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1);
    this.#last = { code, message, at };
    this.#untold++;
    if (at - this.#toldAt < TOLD_EVERY_MS) return;
    this.#log?.error({ code, refused: this.#untold }, `a call got no sound: ${message}`);
    this.#toldAt = at;
    this.#untold = 0;
  }
}
