import type { DtmfDigit } from "@hotlinejs/core";

/** How a key came. */
export type KeyWay = "rfc4733" | "inband" | "info";

/** The second form of a key comes so much later at the most: some phones send INFO when the key is let go of. */
const TWIN_MS = 2_000;

/** Tells keys that come in two forms: many phones send INFO beside RFC 4733 or the tones. */
export class KeyTwins {
  #digit: DtmfDigit | undefined;
  #way: KeyWay = "info";
  #until = 0;

  /** Whether this is a key once more that has come in another form. Each key has one twin. */
  repeated(digit: DtmfDigit, way: KeyWay, now: number): boolean {
    if (this.#digit === digit && this.#way !== way && now < this.#until) {
      this.#digit = undefined;
      return true;
    }
    this.#digit = digit;
    this.#way = way;
    this.#until = now + TWIN_MS;
    return false;
  }
}
