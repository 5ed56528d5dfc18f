/** A worker's frame is sent in one to two milliseconds for hundreds of legs; in turns as short as this it gets the processor at once when it is due. */
const TURN_US = 200;
/** The lowest: threads of other programs that were given more come first. */
const REALTIME_PRIORITY = 1;
/** A thread that computes so much of its time gives real-time turns back, so that the main thread goes on on a machine of one processor too. */
const TOO_BUSY = 0.8;
/** And asks for them again when it has computed no more than this */
const CALM = 0.6;
/** for so many looks in a row, one a second: beside others it gets less of a processor than it needs, and seems calm in between. */
const CALM_LOOKS = 10;

/** What the system is asked for, of the calling thread; false: refused, or not to be had. */
export interface ThreadScheduler {
  /** 0: none. Of the calling thread, or of the one of this number. */
  requestThreadRealtime(priority: number, thread?: number): boolean;
  requestThreadSlice(microseconds: number): boolean;
}

/**
 * How soon a worker gets a processor when a frame is due. Of real-time turns: before all that computes, whoever it is. Where the system
 * does not let: by its nice, in short turns, which on a machine with no processor to spare leaves one beat in a hundred late by some milliseconds.
 */
export class ThreadTurns {
  readonly #system: ThreadScheduler;
  readonly #wanted: boolean;
  #realtime = false;
  #calm = CALM_LOOKS;

  /** @param wanted whether real-time turns are asked for at all. */
  constructor(system: ThreadScheduler, wanted: boolean) {
    this.#system = system;
    this.#wanted = wanted;
    system.requestThreadSlice(TURN_US);
    if (wanted) this.#ask();
  }

  get realtime(): boolean {
    return this.#realtime;
  }

  /** @param share which part of its time the thread computed lately, 0 to 1. */
  look(share: number): void {
    if (this.#realtime && share > TOO_BUSY) {
      this.#realtime = !this.#system.requestThreadRealtime(0);
      this.#usual();
    } else if (this.#wanted && !this.#realtime) {
      this.#calm = share <= CALM ? this.#calm + 1 : 0;
      if (this.#calm >= CALM_LOOKS) this.#ask();
    }
  }

  /** They were taken from it while it did not move. */
  lost(): void {
    this.#realtime = false;
    this.#usual();
  }

  #usual(): void {
    this.#calm = 0;
    this.#system.requestThreadSlice(TURN_US);
  }

  #ask(): void {
    this.#realtime = this.#system.requestThreadRealtime(REALTIME_PRIORITY);
  }
}
