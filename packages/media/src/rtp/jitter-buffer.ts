import { ComfortNoise } from "../codec/comfort-noise.js";
import { ALAW_SILENCE, ALAW_TO_LINEAR, LINEAR_TO_ALAW } from "../codec/g711.js";
import { alawPower, levelToPower } from "../codec/level.js";
import { CONCEALER_HISTORY, LossConcealer } from "../dsp/loss-concealer.js";
import type { PlayoutFigures } from "./playout-figures.js";
import { timestampDistance } from "./rtp-packet.js";
import { TransitWindow } from "./transit-window.js";

const FRAME = 160;
/** Ring of A-law octets, 1.024 s. */
const RING = 8192;
const MASK = RING - 1;
/** This many packets in a row that come too late mean the source has moved its time-line. */
const RESYNC_AFTER = 5;
/** Pulls between two looks at whether the delay may shrink (0.5 s). */
const REVIEW_PULLS = 25;
/** Pulls after which it shrinks also in the middle of speech (4 s): there was no silence to do it in. */
const PATIENCE_PULLS = 200;
/** What is quieter may be left out unnoticed. */
const QUIET_POWER = levelToPower(-45);

export interface JitterBufferOptions {
  /** Delay at the start and at the least, ms. Default 40. */
  readonly minDelayMs?: number;
  /** Most delay it adapts to, ms. Default 240. */
  readonly maxDelayMs?: number;
  /** Told of what is played. */
  readonly figures?: PlayoutFigures;
}

/**
 * Turns packets of any length and order into even frames of 160 A-law octets. Packets are placed by timestamp. The delay follows
 * the measured jitter: a packet that comes too late makes it grow at once so that it is still heard; when 98 of 100 recent packets
 * would be in time with less, it shrinks by a frame at a time, in silence, or after four seconds without one by fading two frames
 * into one. Gaps are concealed (LossConcealer); where the source told comfort noise, its pauses are that noise.
 */
export class JitterBuffer {
  /** Packets that came after their time. Those for which the delay could grow were heard all the same. */
  late = 0;
  /** Packets that came too late to be heard. */
  discarded = 0;
  readonly #ring = new Uint8Array(RING).fill(ALAW_SILENCE);
  /** 1 where the ring holds received sound. */
  readonly #present = new Uint8Array(RING);
  /** What was played last, and behind it the frame being made: sound before a gap. */
  readonly #trail = new Uint8Array(CONCEALER_HISTORY + FRAME).fill(ALAW_SILENCE);
  readonly #concealer = new LossConcealer();
  readonly #transits = new TransitWindow();
  readonly #figures: PlayoutFigures | undefined;
  readonly #minDelay: number;
  readonly #maxDelay: number;
  /** What the next start begins with. */
  #delay: number;
  /** Timestamp of the next sample to be played. */
  #next = 0;
  /** Media time at which a sample is played, less its timestamp. */
  #offset = 0;
  #ssrc = -1;
  #running = false;
  /** Something of this source was played: there is sound that a gap can be filled with. */
  #spoken = false;
  #lateInRow = 0;
  #pulls = 0;
  #missed = 0;
  /** Samples that the delay should shrink by. */
  #excess = 0;
  /** Pulls since it should. */
  #waited = 0;
  #noise: ComfortNoise | undefined;
  /** Timestamp from which on pauses are noise. */
  #noiseFrom: number | undefined;
  #resting = false;

  constructor(options: JitterBufferOptions = {}) {
    this.#minDelay = (options.minDelayMs ?? 40) * 8;
    this.#maxDelay = Math.max(this.#minDelay, (options.maxDelayMs ?? 240) * 8);
    this.#delay = this.#minDelay;
    this.#figures = options.figures;
  }

  /** How long sound that comes as fast as it can is held back, ms. */
  get delayMs(): number {
    const best = this.#transits.best;
    return best === undefined ? this.#delay / 8 : Math.max(0, ((this.#offset - best) | 0) / 8);
  }

  /** Samples made up where packets were missing. */
  get concealed(): number {
    return this.#concealer.concealed;
  }

  /**
   * Takes a packet's payload, `length` A-law octets (mapped by `table` from another law where given).
   *
   * @param now media time of its arrival in samples.
   */
  put(ssrc: number, timestamp: number, payload: Uint8Array, offset: number, length: number, now: number, table?: Uint8Array): void {
    if (length === 0 || length > RING / 2) return;
    let ahead = this.#place(ssrc, timestamp, length, now);
    if (ahead < 0) {
      this.late++;
      const room = this.#delayRoom();
      if (++this.#lateInRow >= RESYNC_AFTER) this.#start(ssrc, timestamp, now);
      else if (-ahead <= room) this.#grow(-ahead);
      else {
        this.discarded++;
        if (this.#figures !== undefined) this.#figures.discarded++;
        return;
      }
      ahead = 0;
    } else this.#lateInRow = 0;
    for (let i = 0; i < length; i++) {
      const at = (timestamp + i) & MASK;
      const octet = payload[offset + i] as number;
      this.#ring[at] = table === undefined ? octet : (table[octet] as number);
      this.#present[at] = 1;
    }
  }

  /**
   * The source pauses from here on and tells how loud its background is (RFC 3389); its pause is no loss.
   *
   * @param level dBm0.
   */
  rest(ssrc: number, timestamp: number, level: number, now: number): void {
    if (this.#place(ssrc, timestamp, 0, now) < 0 && !this.#resting) return;
    this.#noise ??= new ComfortNoise();
    this.#noise.level = level;
    this.#noiseFrom = timestamp;
  }

  /**
   * Takes the next 20 ms out.
   *
   * @param now media time at which they are played, in samples: that of the tick, also when it runs late.
   * @returns false when there is nothing to hear: `out` then holds silence.
   */
  pull(out: Uint8Array, now: number): boolean {
    if (!this.#running) {
      out.fill(ALAW_SILENCE);
      return false;
    }
    this.#offset = (now - this.#next) | 0;
    if (++this.#pulls % REVIEW_PULLS === 0) this.#review();
    const melted = this.#excess >= FRAME && this.#shrink();
    const got = this.#fill();
    if (melted) this.#melt();
    this.#next = (this.#next + FRAME) >>> 0;
    out.set(this.#trail.subarray(CONCEALER_HISTORY));
    this.#trail.copyWithin(0, FRAME);
    return this.#account(got);
  }

  /** Forgets everything; the next packet starts anew. */
  reset(): void {
    this.#running = false;
    this.#present.fill(0);
    this.#delay = this.#minDelay;
    this.#transits.clear();
    this.#quieten();
  }

  /** How far ahead of the playing point a packet is; measures its transit. */
  #place(ssrc: number, timestamp: number, length: number, now: number): number {
    if (!this.#running || ssrc !== this.#ssrc) this.#start(ssrc, timestamp, now);
    let ahead = timestampDistance(this.#next, timestamp);
    if (ahead >= RING - length || ahead < -RING) {
      // The source has leapt: begin anew where it is now.
      this.#transits.clear();
      this.#start(ssrc, timestamp, now);
      ahead = timestampDistance(this.#next, timestamp);
    }
    this.#transits.add((now - timestamp) | 0);
    return ahead;
  }

  #start(ssrc: number, timestamp: number, now: number): void {
    if (ssrc !== this.#ssrc) {
      this.#delay = this.#minDelay;
      this.#transits.clear();
    }
    this.#ssrc = ssrc;
    this.#running = true;
    this.#present.fill(0);
    this.#next = (timestamp - this.#delay) >>> 0;
    this.#offset = (now - this.#next) | 0;
    this.#lateInRow = 0;
    this.#missed = 0;
    this.#excess = 0;
    this.#quieten();
  }

  /** What was played has nothing to do with what comes. */
  #quieten(): void {
    this.#spoken = false;
    this.#resting = false;
    this.#noiseFrom = undefined;
    this.#concealer.forget();
  }

  /** Samples the delay may still grow by. */
  #delayRoom(): number {
    return this.#maxDelay - ((this.#offset - (this.#transits.best ?? this.#offset)) | 0);
  }

  #grow(by: number): void {
    this.#next = (this.#next - by) >>> 0;
    this.#offset = (this.#offset + by) | 0;
    this.#delay = Math.min(this.#maxDelay, this.#delay + by);
    this.#excess = 0;
  }

  /** Makes the frame at the end of the trail. Returns how many of its samples were received, concealed or noise. */
  #fill(): { received: number; audible: boolean } {
    const trail = this.#trail;
    let received = 0;
    let audible = false;
    for (let i = 0; i < FRAME; ) {
      const here = this.#present[(this.#next + i) & MASK] === 1;
      let end = i + 1;
      while (end < FRAME && (this.#present[(this.#next + end) & MASK] === 1) === here) end++;
      const at = CONCEALER_HISTORY + i;
      const count = end - i;
      if (here) {
        for (let j = 0; j < count; j++) {
          const place = (this.#next + i + j) & MASK;
          trail[at + j] = this.#ring[place] as number;
          this.#present[place] = 0;
        }
        this.#speak(this.#next + i);
        this.#concealer.resume(trail, at, count);
        received += count;
      } else if (this.#rests(this.#next + i)) {
        this.#noise?.fill(trail, at, count);
        audible = true;
      } else if (this.#spoken && !this.#concealer.silent) {
        this.#concealer.conceal(trail.subarray(i, at), trail, at, count);
        audible = true;
      } else trail.fill(ALAW_SILENCE, at, at + count);
      i = end;
    }
    return { received, audible: audible || received > 0 };
  }

  #speak(timestamp: number): void {
    this.#spoken = true;
    this.#resting = false;
    if (this.#noiseFrom !== undefined && timestampDistance(this.#noiseFrom, timestamp) >= 0) this.#noiseFrom = undefined;
  }

  /** Whether the source has told a pause before this. */
  #rests(timestamp: number): boolean {
    if (this.#noiseFrom !== undefined && timestampDistance(this.#noiseFrom, timestamp) >= 0) {
      this.#noiseFrom = undefined;
      this.#resting = true;
      this.#concealer.forget();
    }
    return this.#resting;
  }

  #account({ received, audible }: { received: number; audible: boolean }): boolean {
    if (received > 0 && this.#figures !== undefined) {
      this.#figures.frames++;
      const { delayMs } = this;
      this.#figures.delaySum += delayMs;
      if (delayMs > this.#figures.maxDelayMs) this.#figures.maxDelayMs = delayMs;
    }
    if (received > 0 || this.#resting) this.#missed = 0;
    // After a second of nothing the next packet starts a new talkspurt with its own delay.
    else if (++this.#missed > 50) this.#running = false;
    return audible;
  }

  /** How much less would do. */
  #review(): void {
    const { best } = this.#transits;
    const slowest = this.#transits.slowest();
    if (best === undefined || slowest === undefined) return;
    // A packet may come at any moment within the frame before the one it is wanted in.
    const wanted = Math.min(this.#maxDelay, Math.max(this.#minDelay, ((slowest - best) | 0) + FRAME / 2));
    this.#excess = ((this.#offset - best) | 0) - wanted;
    if (this.#excess >= FRAME) this.#delay = wanted;
    else this.#waited = 0;
  }

  /** Leaves a quiet frame out. Returns whether two frames are to be melted into one instead. */
  #shrink(): boolean {
    const whole = this.#received(this.#next);
    if (whole === 0 ? !this.#concealer.silent && !this.#resting && this.#spoken : whole < FRAME || !this.#quiet()) return ++this.#waited >= PATIENCE_PULLS && whole === FRAME && this.#received(this.#next + FRAME) === FRAME;
    this.#skip();
    return false;
  }

  #skip(): void {
    for (let i = 0; i < FRAME; i++) this.#present[(this.#next + i) & MASK] = 0;
    this.#next = (this.#next + FRAME) >>> 0;
    this.#offset = (this.#offset - FRAME) | 0;
    this.#excess -= FRAME;
    this.#waited = 0;
  }

  /** The frame just made goes over into the one after it, which takes its place. */
  #melt(): void {
    this.#next = (this.#next + FRAME) >>> 0;
    for (let i = 0; i < FRAME; i++) {
      const place = (this.#next + i) & MASK;
      const from = ALAW_TO_LINEAR[this.#trail[CONCEALER_HISTORY + i] as number] as number;
      const to = ALAW_TO_LINEAR[this.#ring[place] as number] as number;
      this.#trail[CONCEALER_HISTORY + i] = LINEAR_TO_ALAW[(Math.round(from + ((to - from) * (i + 1)) / FRAME) + 32768) >> 4] as number;
      this.#present[place] = 0;
    }
    this.#offset = (this.#offset - FRAME) | 0;
    this.#excess -= FRAME;
    this.#waited = 0;
  }

  /** Received samples of the frame that begins there. */
  #received(timestamp: number): number {
    let count = 0;
    for (let i = 0; i < FRAME; i++) count += this.#present[(timestamp + i) & MASK] as number;
    return count;
  }

  #quiet(): boolean {
    const start = this.#next & MASK;
    const first = Math.min(FRAME, RING - start);
    return (alawPower(this.#ring, start, first) * first + alawPower(this.#ring, 0, FRAME - first) * (FRAME - first)) / FRAME <= QUIET_POWER;
  }
}
