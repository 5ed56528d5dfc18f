/** A wrong use of the library: a coded error that says what to set. Expected outcomes are effects, never errors. */
export class QueueingError extends Error {
  override readonly name = "QueueingError";
  /** `HTL_QUEUEING_UNKNOWN_STRATEGY` or `HTL_QUEUEING_INVALID`. */
  readonly code: string;

  constructor(code: "UNKNOWN_STRATEGY" | "INVALID", message: string) {
    super(message);
    this.code = `HTL_QUEUEING_${code}`;
  }
}
