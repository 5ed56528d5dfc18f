import { timestampDistance } from "../rtp/rtp-packet.js";

/** A stream may run this far ahead of its place before it is placed anew (samples). */
const AHEAD = 1200;
/** A timestamp this far before the newest one is a leap of the source, not a late packet (samples). */
const LATE = 8000;

/**
 * Places packets of a stream on a time-line by their timestamps, so that network jitter does not
 * shift sound. A stream that drifts off (clocks differ) or leaps is anchored anew at its arrival.
 */
export class TimelinePlacer {
  readonly #behind: number;
  #source: object | number = -1;
  /** Newest timestamp, and where it stands. */
  #timestamp = 0;
  #position = 0;

  /** @param behind samples that a stream may fall behind its place before it is placed anew: what lies further back cannot be written any more. */
  constructor(behind: number) {
    this.#behind = behind;
  }

  /**
   * @param source identity of the stream; another one is anchored anew.
   * @param now position of this moment.
   * @returns position of the packet's first sample.
   */
  place(source: object | number, timestamp: number, now: number): number {
    if (source === this.#source) {
      const distance = timestampDistance(this.#timestamp, timestamp);
      const position = this.#position + distance;
      // An older packet goes where it belongs, or nowhere: it must not move the stream.
      if (distance < 0 && distance > -LATE) return position;
      if (position - now <= AHEAD && now - position <= this.#behind) {
        this.#position = position;
        this.#timestamp = timestamp;
        return position;
      }
    }
    this.#source = source;
    this.#timestamp = timestamp;
    this.#position = now;
    return now;
  }
}
