/** Why somebody is not dialled at this moment, though the list says so. */
export type Hindrance = "stopped" | "closed" | "listed" | "on-the-line" | "no-speech" | "full";

/** Thrown at the last moment before the dial. */
export class NotNow extends Error {
  constructor(readonly why: Hindrance) {
    super(`not dialled now: ${why}`);
  }
}
