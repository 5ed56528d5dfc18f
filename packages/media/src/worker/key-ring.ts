import type { DtmfDigit } from "@hotlinejs/core";
import { digitOfEvent, eventOfDigit } from "../audio/tones.js";

/** Keys a ring holds; it is emptied every 20 ms. */
const KEYS = 32;
/** Counters (written, read), and whether the writer's side takes keys otherwise than as tones. */
const HEAD = 3;
export const KEY_RING_BYTES = (HEAD + KEYS * 2) * 4;

/** One direction of the keys beside the frames of a link: one worker writes them, another reads them. Neither ever waits. */
export class KeyRing {
  readonly #words: Int32Array;

  /** @param offset where it lies in the buffer; a multiple of 4. */
  constructor(buffer: SharedArrayBuffer, offset: number) {
    this.#words = new Int32Array(buffer, offset, KEY_RING_BYTES / 4);
  }

  /** Whether keys that go the other way reach somebody there who takes them otherwise than as tones. */
  get carries(): boolean {
    return Atomics.load(this.#words, 2) === 1;
  }

  set carries(does: boolean) {
    Atomics.store(this.#words, 2, does ? 1 : 0);
  }

  /** Drops the key when the reader has fallen behind by the whole ring. */
  write(digit: DtmfDigit, durationMs: number): void {
    const words = this.#words;
    const written = Atomics.load(words, 0);
    if (((written - Atomics.load(words, 1)) | 0) >= KEYS) return;
    const at = HEAD + (written & (KEYS - 1)) * 2;
    words[at] = eventOfDigit(digit);
    words[at + 1] = Math.round(durationMs);
    Atomics.store(words, 0, (written + 1) | 0);
  }

  /** @returns `undefined` when there is no key. */
  read(): { readonly digit: DtmfDigit; readonly durationMs: number } | undefined {
    const words = this.#words;
    const read = Atomics.load(words, 1);
    if (read === Atomics.load(words, 0)) return undefined;
    const at = HEAD + (read & (KEYS - 1)) * 2;
    const digit = digitOfEvent(words[at] as number) as DtmfDigit;
    const durationMs = words[at + 1] as number;
    Atomics.store(words, 1, (read + 1) | 0);
    return { digit, durationMs };
  }
}
