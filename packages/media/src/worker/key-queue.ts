import type { DtmfDigit } from "@hotlinejs/core";
import { ALAW_SILENCE } from "../codec/g711.js";
import { dtmfTone, isDtmfDigit } from "../audio/tones.js";

/** Sends one key packet per tick by signalling beside the sound (RFC 4733). */
export interface KeyPackets {
  readonly done: boolean;
  send(tick: number): void;
}

/** What the queue sends through. */
export interface KeyPort {
  /** Begins a key as packets; undefined where the peer takes none, then it is sent as sound. */
  beginKey(digit: DtmfDigit, toneMs: number, tick: number): KeyPackets | undefined;
  /** Sends one frame of sound. */
  sendKeySound(tick: number, alaw: Uint8Array): void;
}

interface Job {
  readonly digits: readonly DtmfDigit[];
  readonly toneMs: number;
  readonly gapMs: number;
  readonly done: () => void;
  next: number;
}

const FRAME = 160;
/** Keys that may wait on a leg, some 25 s of them: whoever sends more does not mean a person or a menu. */
export const MOST_KEYS = 128;

/** Keys to be sent, one after the other, with their gaps. A leg asks it first at every tick. */
export class KeyQueue {
  readonly #port: KeyPort;
  readonly #jobs: Job[] = [];
  readonly #frame = new Uint8Array(FRAME);
  #packets: KeyPackets | undefined;
  #sound: Uint8Array | undefined;
  #position = 0;
  #gap = 0;
  /** Keys whose turn has not come. */
  #waiting = 0;

  constructor(port: KeyPort) {
    this.#port = port;
  }

  get active(): boolean {
    return this.#jobs.length > 0;
  }

  /**
   * @param done called when the last gap is over, or at once when there is no key in `digits`.
   * @returns false: so many wait already that none of these is taken
   */
  add(digits: string, toneMs: number, gapMs: number, done: () => void): boolean {
    const keys = [...digits].filter(isDtmfDigit);
    if (keys.length === 0) {
      done();
      return true;
    }
    if (this.#waiting + keys.length > MOST_KEYS) return false;
    this.#waiting += keys.length;
    this.#jobs.push({ digits: keys, toneMs: Math.max(40, toneMs), gapMs: Math.max(40, gapMs), done, next: 0 });
    return true;
  }

  /** Sends this tick's part. */
  tick(tick: number): void {
    const job = this.#jobs[0];
    if (job === undefined) return;
    if (this.#gap > 0) {
      if (--this.#gap === 0 && job.next >= job.digits.length) this.#finish(job);
      return;
    }
    if (this.#packets === undefined && this.#sound === undefined) {
      const digit = job.digits[job.next++] as DtmfDigit;
      this.#waiting--;
      this.#packets = this.#port.beginKey(digit, job.toneMs, tick);
      if (this.#packets === undefined) this.#sound = dtmfTone(digit, job.toneMs);
      this.#position = 0;
    }
    if (this.#packets !== undefined) {
      this.#packets.send(tick);
      if (this.#packets.done) this.#endKey(job);
    } else if (this.#sound !== undefined) {
      this.#frame.fill(ALAW_SILENCE);
      this.#frame.set(this.#sound.subarray(this.#position, this.#position + FRAME));
      this.#position += FRAME;
      this.#port.sendKeySound(tick, this.#frame);
      if (this.#position >= this.#sound.length) this.#endKey(job);
    }
  }

  /** The leg is gone: everyone who waits is told. */
  close(): void {
    this.#waiting = 0;
    for (const job of this.#jobs.splice(0)) job.done();
  }

  #endKey(job: Job): void {
    this.#packets = undefined;
    this.#sound = undefined;
    this.#gap = Math.ceil(job.gapMs / 20);
  }

  #finish(job: Job): void {
    this.#jobs.shift();
    job.done();
  }
}
