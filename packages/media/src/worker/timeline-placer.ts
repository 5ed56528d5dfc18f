import { timestampDistance } from "../rtp/rtp-packet.js";

/** A stream may run this far ahead of or behind its place before it is placed anew (samples). */
const TOLERANCE = 1200;

/**
 * Places packets of a stream on a time-line by their timestamps, so that network jitter does not
 * shift sound. A stream that drifts off (clocks differ) or leaps is anchored anew at its arrival.
 */
export class TimelinePlacer {
  #source: object | number = -1;
  #timestamp = 0;
  #position = 0;

  /**
   * @param source identity of the stream; another one is anchored anew.
   * @param now position of this moment.
   * @returns position of the packet's first sample.
   */
  place(source: object | number, timestamp: number, now: number): number {
    if (source === this.#source) {
      const position = this.#position + timestampDistance(this.#timestamp, timestamp);
      if (Math.abs(position - now) <= TOLERANCE) {
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
