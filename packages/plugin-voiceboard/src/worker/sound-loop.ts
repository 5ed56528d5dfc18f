import type { ToneName } from "@hotlinejs/core";
import { tonePeriod } from "@hotlinejs/media/dsp";

/** A stretch of A-law handed out frame by frame, for ever. */
export class SoundLoop {
  readonly #data: Uint8Array;
  #at = 0;

  constructor(data: Uint8Array) {
    this.#data = data;
  }

  static tone(tone: ToneName): SoundLoop {
    return new SoundLoop(tonePeriod(tone));
  }

  fill(frame: Uint8Array): void {
    for (let i = 0; i < frame.length; i++) {
      frame[i] = this.#data[this.#at] as number;
      this.#at = (this.#at + 1) % this.#data.length;
    }
  }
}
