import type { DtmfDigit } from "@hotlinejs/core";
import { digitOfEvent } from "../audio/tones.js";
import { timestampDistance } from "./rtp-packet.js";

export interface KeyListener {
  /** A key went down: the moment for barge-in. */
  down(digit: DtmfDigit): void;
  /** The key is over. Called once for every `down`. */
  up(digit: DtmfDigit, durationMs: number): void;
}

/** A key of which nothing was heard for so long has ended, though its end packets were lost. */
const LOST_END_MS = 200;
/** A segment this long is followed by another of the same key. */
const LONG_SEGMENT = 0xff00;
/** Senders that let the timestamp run move it on by a packet's length, 60 ms at most. */
const RUNNING_STEP = 480;

/**
 * Receives RFC 4733 keys. End packets sent three times, lost starts, lost ends, reordered packets,
 * keys longer than the 16-bit duration (section 2.5.1.3) and senders that let the timestamp run
 * during a key give one key each.
 */
export class TelephoneEventReceiver {
  readonly #listener: KeyListener;
  #ssrc = -1;
  #timestamp = 0;
  #known = false;
  #digit: DtmfDigit | undefined;
  #event = -1;
  /** Samples in finished segments of a long key. */
  #before = 0;
  #duration = 0;
  #ended = true;
  #lastAt = 0;

  constructor(listener: KeyListener) {
    this.#listener = listener;
  }

  /** A key is down and its end not yet seen. */
  get active(): boolean {
    return !this.#ended;
  }

  /**
   * Takes one packet.
   *
   * @param now milliseconds of any steady clock.
   * @returns false when the payload is malformed or the event no key.
   */
  packet(ssrc: number, timestamp: number, marker: boolean, payload: Uint8Array, offset: number, length: number, now: number): boolean {
    if (length < 4) return false;
    const event = payload[offset] as number;
    const digit = digitOfEvent(event);
    if (digit === undefined) return false;
    const end = ((payload[offset + 1] as number) & 0x80) !== 0;
    const duration = ((payload[offset + 2] as number) << 8) | (payload[offset + 3] as number);
    if (ssrc !== this.#ssrc) {
      this.#finish();
      this.#ssrc = ssrc;
      this.#known = false;
    }
    const distance = this.#known ? timestampDistance(this.#timestamp, timestamp) : 1;
    if (distance < 0 && distance > -80_000) return true; // an older key, reordered
    if (this.#known && distance === 0) {
      if (this.#ended) return true; // the end again
      if (event !== this.#event) return true; // two keys cannot share a time
      this.#duration = Math.max(this.#duration, duration);
    } else if (this.#ended && end && !marker && event === this.#event && distance <= RUNNING_STEP && duration === this.#duration) {
      return true; // the end again, of a sender that lets the timestamp run
    } else if (this.#continues(distance, event, marker, duration)) {
      if (distance === this.#duration && this.#duration >= LONG_SEGMENT) {
        this.#before += this.#duration;
        this.#duration = duration;
      } else this.#duration = Math.max(this.#duration, duration);
      this.#timestamp = timestamp;
    } else {
      this.#finish(); // its ends were lost
      this.#known = true;
      this.#timestamp = timestamp;
      this.#event = event;
      this.#digit = digit;
      this.#before = 0;
      this.#duration = duration;
      this.#ended = false;
      this.#listener.down(digit);
    }
    this.#lastAt = now;
    if (end) this.#finish();
    return true;
  }

  /** To be called now and then while `active`: ends a key whose end was lost. */
  poll(now: number): void {
    if (!this.#ended && now - this.#lastAt >= LOST_END_MS) this.#finish();
  }

  /** Ends what is down, for example when the leg is put on hold. */
  flush(): void {
    this.#finish();
  }

  /**
   * Whether a packet with a later timestamp belongs to the key that is down: the next segment of a
   * long one begins exactly where the last ended, and some senders move the timestamp on with every
   * packet while the duration grows.
   */
  #continues(distance: number, event: number, marker: boolean, duration: number): boolean {
    if (this.#ended || !this.#known || event !== this.#event || marker) return false;
    if (distance === this.#duration && this.#duration >= LONG_SEGMENT) return true;
    return distance <= RUNNING_STEP && duration > this.#duration;
  }

  #finish(): void {
    if (this.#ended || this.#digit === undefined) return;
    this.#ended = true;
    this.#listener.up(this.#digit, Math.round((this.#before + this.#duration) / 8));
  }
}
