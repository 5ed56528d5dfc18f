import { KEY_RING_BYTES, KeyRing } from "./key-ring.js";

/** Frames a ring holds: 640 ms. */
const FRAMES = 32;
const FRAME = 160;
/** Two counters (written, read) in front of the frames. */
const HEAD = 8;
const RING_BYTES = HEAD + FRAMES * FRAME;

/** Shared memory for both directions between two workers: frames, and keys beside them. */
export function linkBuffer(): SharedArrayBuffer {
  return new SharedArrayBuffer((RING_BYTES + KEY_RING_BYTES) * 2);
}

/** The keys of one direction. */
export function linkKeys(buffer: SharedArrayBuffer, which: 0 | 1): KeyRing {
  return new KeyRing(buffer, RING_BYTES * 2 + which * KEY_RING_BYTES);
}

/** One direction: one worker writes frames of 20 ms, another reads them. Neither ever waits. */
export class FrameRing {
  readonly #counters: Int32Array;
  readonly #frames: Uint8Array;

  constructor(buffer: SharedArrayBuffer, which: 0 | 1) {
    this.#counters = new Int32Array(buffer, which * RING_BYTES, 2);
    this.#frames = new Uint8Array(buffer, which * RING_BYTES + HEAD, FRAMES * FRAME);
  }

  /** Drops the frame when the reader has fallen behind by the whole ring. */
  write(frame: Uint8Array): void {
    const written = Atomics.load(this.#counters, 0);
    if (((written - Atomics.load(this.#counters, 1)) | 0) >= FRAMES) return;
    this.#frames.set(frame, (written & (FRAMES - 1)) * FRAME);
    Atomics.store(this.#counters, 0, (written + 1) | 0);
  }

  /** @returns false when there is no frame. */
  read(into: Uint8Array): boolean {
    const read = Atomics.load(this.#counters, 1);
    if (read === Atomics.load(this.#counters, 0)) return false;
    const at = (read & (FRAMES - 1)) * FRAME;
    into.set(this.#frames.subarray(at, at + FRAME));
    Atomics.store(this.#counters, 1, (read + 1) | 0);
    return true;
  }
}
