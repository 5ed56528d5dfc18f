/** Why somebody is not dialled at this moment, though the list says so. `no-words`: for good, what the list says of them cannot be spoken (the cause). */
export type Hindrance = "stopped" | "closed" | "listed" | "on-the-line" | "no-words" | "no-speech" | "full";

/** Thrown at the last moment before the dial. */
export class NotNow extends Error {
  constructor(
    readonly why: Hindrance,
    options?: ErrorOptions,
  ) {
    super(`not dialled now: ${why}`, options);
  }
}
