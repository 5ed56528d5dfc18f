import type { LineEvent } from "../t38/line-receiver.js";
import type { LineJob } from "../t38/line-sender.js";
import type { Coding, Resolution } from "./capabilities.js";

/** A page in the coding of the line: bits in the order sent, most significant first; 1728 pels a line. */
export interface FaxPage {
  readonly resolution: Resolution;
  readonly coding: Coding;
  readonly data: Uint8Array;
  /** Frames of it that never came, although the sender went on. 0 for a whole page. */
  readonly badFrames?: number;
}

/** Why an exchange ended; `ok` when all pages were confirmed. */
export type FaxOutcome =
  | "ok"
  /** Nobody there, or no fax. */
  | "no-answer"
  /** The other side cannot take what we have, or sends what we cannot take. */
  | "incompatible"
  /** The line is too bad at any rate. */
  | "training-failed"
  /** The other side went away, or fell silent, in between. */
  | "disconnected"
  /** Commands were repeated in vain. */
  | "no-response"
  /** Ended from our side. */
  | "stopped";

export interface FaxResult {
  readonly outcome: FaxOutcome;
  /** Pages confirmed. */
  readonly pages: number;
  /** What the other side calls itself (TSI, CSI). */
  readonly remoteId: string;
  /** 0 before any training. */
  readonly bitsPerSecond: number;
  /** Frames sent, or asked for, a second time. */
  readonly resentFrames: number;
}

export type FaxEffect =
  | { readonly type: "line"; readonly job: LineJob }
  /** Nothing waits to be sent any more. */
  | { readonly type: "clear" }
  | { readonly type: "page"; readonly page: FaxPage }
  /** For the log: names of frames and turns. */
  | { readonly type: "trace"; readonly text: string }
  | { readonly type: "done"; readonly result: FaxResult };

/** Timers of T.30 section 5.4.3, ms. */
export const T1 = 35_000;
export const T2 = 6_000;
/** 3 s +- 15 % on automatic machines; the upper end, for what the packet network adds. */
export const T4 = 3_450;
/** How long a receiver that is not ready may keep us waiting (T.30 section A.5.4.1). */
export const T5 = 60_000;
/** A command is sent three times in all. */
export const TRIES = 3;
/** Between the end of what was heard and the start of an answer (T.30 section 5.3.2.2: 75 +- 20 ms). */
export const TURN_MS = 75;

/**
 * A T.30 terminal as a state machine: what is heard, what has been sent and the passing of time come in,
 * effects come out. It has no clock: `now` is given, and `deadline` is when `tick` wants to be called.
 */
export abstract class T30Machine {
  protected effects: FaxEffect[] = [];
  protected now = 0;
  protected pages = 0;
  protected remoteId = "";
  protected bitsPerSecond = 0;
  protected resentFrames = 0;
  #deadline: number | undefined;
  #onDeadline: (() => void) | undefined;
  #onSent: (() => void) | undefined;
  #done = false;

  get deadline(): number | undefined {
    return this.#deadline;
  }

  get finished(): boolean {
    return this.#done;
  }

  start(now: number): FaxEffect[] {
    return this.#run(now, () => this.begin());
  }

  line(event: LineEvent, now: number): FaxEffect[] {
    return this.#run(now, () => this.heard(event));
  }

  /** All that was given to the line has gone out. */
  sent(now: number): FaxEffect[] {
    return this.#run(now, () => {
      const next = this.#onSent;
      this.#onSent = undefined;
      next?.();
    });
  }

  tick(now: number): FaxEffect[] {
    if (this.#deadline === undefined || now < this.#deadline) return [];
    return this.#run(now, () => {
      const next = this.#onDeadline;
      this.noTimer();
      next?.();
    });
  }

  /** The call is over (`gone`), or we end it (`stopped`, with a DCN where there is time for one). */
  stop(now: number, cause: "gone" | "stopped"): FaxEffect[] {
    return this.#run(now, () => this.stopped(cause));
  }

  protected abstract begin(): void;
  protected abstract heard(event: LineEvent): void;
  protected abstract stopped(cause: "gone" | "stopped"): void;

  /** Sends jobs, then goes on with `next`. */
  protected send(jobs: readonly LineJob[], next?: () => void): void {
    for (const job of jobs) this.effects.push({ type: "line", job });
    this.#onSent = next;
  }

  /** Drops what still waits on the line. */
  protected clearLine(): void {
    this.effects.push({ type: "clear" });
    this.#onSent = undefined;
  }

  /** One timer at a time: a new one replaces the old. */
  protected timer(ms: number, next: () => void): void {
    this.#deadline = this.now + ms;
    this.#onDeadline = next;
  }

  protected noTimer(): void {
    this.#deadline = undefined;
    this.#onDeadline = undefined;
  }

  protected trace(text: string): void {
    this.effects.push({ type: "trace", text });
  }

  protected page(page: FaxPage): void {
    this.effects.push({ type: "page", page });
  }

  protected done(outcome: FaxOutcome): void {
    if (this.#done) return;
    this.#done = true;
    this.noTimer();
    this.#onSent = undefined;
    const { pages, remoteId, bitsPerSecond, resentFrames } = this;
    this.effects.push({ type: "done", result: { outcome, pages, remoteId, bitsPerSecond, resentFrames } });
  }

  #run(now: number, step: () => void): FaxEffect[] {
    if (this.#done) return [];
    this.now = now;
    this.effects = [];
    step();
    return this.effects;
  }
}
