/** A wrong use of the library: a coded error that says what to set. Expected outcomes are effects, never errors. */
export class QueueingError extends Error {
  override readonly name = "QueueingError";
  /** `HTL_QUEUEING_UNKNOWN_STRATEGY`, `HTL_QUEUEING_INVALID`, `HTL_QUEUEING_SCENARIO`, `HTL_QUEUEING_PAST_CALLS` or `HTL_QUEUEING_WHAT_IF`. */
  readonly code: string;

  constructor(code: "UNKNOWN_STRATEGY" | "INVALID" | "SCENARIO" | "PAST_CALLS" | "WHAT_IF", message: string) {
    super(message);
    this.code = `HTL_QUEUEING_${code}`;
  }
}
