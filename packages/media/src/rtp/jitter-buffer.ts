import { timestampDistance } from "./rtp-packet.js";
import { ALAW_SILENCE } from "../codec/g711.js";

const FRAME = 160;
/** Ring of A-law octets, 1.024 s. */
const RING = 8192;
const MASK = RING - 1;
/** This many packets in a row that come too late mean the source has moved its time-line. */
const RESYNC_AFTER = 5;
/** Pulls between two looks at whether the delay may shrink (4 s). */
const REVIEW_PULLS = 200;

export interface JitterBufferOptions {
  /** Delay at the start and at the least, ms. Default 40. */
  readonly minDelayMs?: number;
  /** Most delay it adapts to, ms. Default 240. */
  readonly maxDelayMs?: number;
}

/**
 * Turns packets of any length and order into even frames of 160 A-law octets. Packets are placed by
 * timestamp; the delay grows when packets come too late and shrinks a frame at a time when for four
 * seconds all came earlier than needed. A first missing frame repeats the one before, further ones are silence.
 */
export class JitterBuffer {
  /** Packets that came after their time. */
  late = 0;
  readonly #ring = new Uint8Array(RING).fill(ALAW_SILENCE);
  /** 1 where the ring holds received sound. */
  readonly #present = new Uint8Array(RING);
  readonly #lastFrame = new Uint8Array(FRAME).fill(ALAW_SILENCE);
  readonly #minDelay: number;
  readonly #maxDelay: number;
  #delay: number;
  /** Timestamp of the next sample to be played. */
  #next = 0;
  #ssrc = -1;
  #running = false;
  #lateInRow = 0;
  /** Samples that lie ahead of the playing point at the worst moment since the last review. */
  #slack = RING;
  #pulls = 0;
  #missed = 0;

  constructor(options: JitterBufferOptions = {}) {
    this.#minDelay = (options.minDelayMs ?? 40) * 8;
    this.#maxDelay = Math.max(this.#minDelay, (options.maxDelayMs ?? 240) * 8);
    this.#delay = this.#minDelay;
  }

  /** The delay it aims at, ms. */
  get delayMs(): number {
    return this.#delay / 8;
  }

  /** Takes a packet's payload, `length` A-law octets (mapped by `table` from another law where given). */
  put(ssrc: number, timestamp: number, payload: Uint8Array, offset: number, length: number, table?: Uint8Array): void {
    if (length === 0 || length > RING / 2) return;
    if (!this.#running || ssrc !== this.#ssrc) this.#start(ssrc, timestamp);
    let ahead = timestampDistance(this.#next, timestamp);
    if (ahead >= RING - length || ahead < -RING) {
      // The source has leapt: begin anew where it is now.
      this.#start(ssrc, timestamp);
      ahead = this.#delay;
    }
    if (ahead < 0) {
      // Grow by what this packet was late, so that the next ones are in time.
      this.late++;
      this.#delay = Math.min(this.#maxDelay, this.#delay + FRAME);
      if (++this.#lateInRow >= RESYNC_AFTER) this.#start(ssrc, timestamp);
      else if (ahead > -this.#maxDelay) this.#next = (this.#next - Math.min(FRAME, -ahead + FRAME)) >>> 0;
      ahead = timestampDistance(this.#next, timestamp);
      if (ahead < 0) return;
    } else this.#lateInRow = 0;
    if (ahead < this.#slack) this.#slack = ahead;
    for (let i = 0; i < length; i++) {
      const at = (timestamp + i) & MASK;
      const octet = payload[offset + i] as number;
      this.#ring[at] = table === undefined ? octet : (table[octet] as number);
      this.#present[at] = 1;
    }
  }

  /**
   * Takes the next 20 ms out.
   *
   * @returns false when there is nothing to hear: `out` then holds silence.
   */
  pull(out: Uint8Array): boolean {
    if (!this.#running) {
      out.fill(ALAW_SILENCE);
      return false;
    }
    const start = this.#next & MASK;
    let got = 0;
    for (let i = 0; i < FRAME; i++) {
      const at = (start + i) & MASK;
      if (this.#present[at] === 1) {
        out[i] = this.#ring[at] as number;
        this.#present[at] = 0;
        got++;
      } else out[i] = ALAW_SILENCE;
    }
    this.#next = (this.#next + FRAME) >>> 0;
    if (++this.#pulls >= REVIEW_PULLS) this.#review();
    if (got > 0) {
      this.#missed = 0;
      this.#lastFrame.set(out);
      return true;
    }
    this.#missed++;
    if (this.#missed === 1) {
      out.set(this.#lastFrame);
      return true;
    }
    // After a second of nothing the next packet starts a new talkspurt with its own delay.
    if (this.#missed > 50) this.#running = false;
    return false;
  }

  /** Forgets everything; the next packet starts anew. */
  reset(): void {
    this.#running = false;
    this.#present.fill(0);
    this.#delay = this.#minDelay;
  }

  #start(ssrc: number, timestamp: number): void {
    if (ssrc !== this.#ssrc) this.#delay = this.#minDelay;
    this.#ssrc = ssrc;
    this.#running = true;
    this.#present.fill(0);
    this.#next = (timestamp - this.#delay) >>> 0;
    this.#lateInRow = 0;
    this.#slack = RING;
    this.#pulls = 0;
    this.#missed = 0;
  }

  /** Skips one frame when even the latest packet of the period had more than a frame to spare. */
  #review(): void {
    this.#pulls = 0;
    if (this.#slack !== RING && this.#slack > this.#minDelay + FRAME) {
      for (let i = 0; i < FRAME; i++) this.#present[(this.#next + i) & MASK] = 0;
      this.#next = (this.#next + FRAME) >>> 0;
      this.#delay = Math.max(this.#minDelay, this.#delay - FRAME);
    }
    this.#slack = RING;
  }
}
