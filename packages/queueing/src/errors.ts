/** What can be wrong with the use of the library, by code. */
export const QUEUEING_ERRORS = {
  HTL_QUEUEING_UNKNOWN_STRATEGY: "There is no strategy of this name; the known ones are listed",
  HTL_QUEUEING_INVALID: "A queue or an agent is configured with what makes no sense",
  HTL_QUEUEING_SCENARIO: "The scenario cannot be read or played; each mistake is told with its path",
  HTL_QUEUEING_PAST_CALLS: "A line of the past calls cannot be read",
  HTL_QUEUEING_WHAT_IF: "The change is none the simulator knows; the known ones are listed",
} as const;

/** A wrong use of the library: a coded error that says what to set. Expected outcomes are effects, never errors. */
export class QueueingError extends Error {
  override readonly name = "QueueingError";
  readonly code: keyof typeof QUEUEING_ERRORS;

  constructor(code: "UNKNOWN_STRATEGY" | "INVALID" | "SCENARIO" | "PAST_CALLS" | "WHAT_IF", message: string) {
    super(message);
    this.code = `HTL_QUEUEING_${code}`;
  }
}
