/** A running timer. Cancelling twice, or after it fired, does nothing. */
export interface StackTimer {
  cancel(): void;
}

/**
 * The time source of the stack. The hotline's CLOCK fits; so does any fake clock.
 * Only `setTimeout` and one of the readings are used: the stack keeps one clock timer armed for all
 * of its own timers.
 */
export interface StackClock {
  /** Wall-clock milliseconds since 1970-01-01T00:00Z. */
  now(): number;
  /** Milliseconds that never jump. Used for timers when present, so that a corrected wall clock does not stall calls. */
  monotonic?(): number;
  /** Runs `fn` once after `ms` milliseconds. */
  setTimeout(fn: () => void, ms: number): StackTimer;
}
