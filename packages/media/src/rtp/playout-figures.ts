/** What became of a party's sound where it was played out of a jitter buffer, over all buffers of its leg. */
export class PlayoutFigures {
  /** Packets that came too late to be played. */
  discarded = 0;
  /** Frames of 20 ms that were asked for while the party spoke. */
  frames = 0;
  /** Of `frames`, what they were held back, summed up, ms. */
  delaySum = 0;

  /** The most that was held back, ms. */
  maxDelayMs = 0;

  /** What was held back on average, ms; `undefined` while nothing was played. */
  get meanDelayMs(): number | undefined {
    return this.frames === 0 ? undefined : this.delaySum / this.frames;
  }
}
