import { timestampDistance } from "../rtp/rtp-packet.js";

/** A stream may run this far ahead of its place before it is placed anew (samples). */
const AHEAD = 1200;
/** A timestamp this far before the newest one is a leap of the source, not a late packet (samples). */
const LATE = 8000;
/** A stream further behind its place than a network or a standstill of ours holds packets up is a source whose timestamps stood still while it paused: placed anew (samples). */
const BEHIND = 2400;
/** What falls behind all that can still be written is left out for so long (samples of arrival time): a burst that was held up is over by then, a clock that drifts is not. */
const PATIENCE = 480;

/**
 * Places packets of a stream on a time-line by their timestamps, so that network jitter does not
 * shift sound. A stream that drifts off (clocks differ) or leaps is anchored anew at its arrival.
 */
export class TimelinePlacer {
  #source: object | number = -1;
  /** Newest timestamp, and where it stands. */
  #timestamp = 0;
  #position = 0;
  /** Arrival of the first of the packets in a row that came too late to be written. */
  #lateSince: number | undefined;

  /**
   * @param source identity of the stream; another one is anchored anew.
   * @param now position of this moment.
   * @param oldest the first position that can still be written.
   * @returns position of the packet's first sample; before `oldest` where the packet came too late.
   */
  place(source: object | number, timestamp: number, now: number, oldest: number): number {
    if (source === this.#source) {
      const distance = timestampDistance(this.#timestamp, timestamp);
      const position = this.#position + distance;
      // An older packet goes where it belongs, or nowhere: it must not move the stream.
      if (distance < 0 && distance > -LATE) return position;
      if (position - now <= AHEAD && now - position <= BEHIND) {
        if (position >= oldest) this.#lateSince = undefined;
        else this.#lateSince ??= now;
        if (this.#lateSince === undefined || now - this.#lateSince < PATIENCE) {
          this.#position = position;
          this.#timestamp = timestamp;
          return position;
        }
      }
    }
    this.#source = source;
    this.#timestamp = timestamp;
    this.#position = now;
    this.#lateSince = undefined;
    return now;
  }
}
