import { SoundThrottle } from "./sound-throttle.js";

/** So many that wait for too long are no accident of a few slow decisions: the machine does not follow. */
const CROWD = 20;
/** The part of a call's patience that may be gone when it is read, or it is answered too late whatever is done. */
const UNREAD_PART = 1 / 2;
/** The same where a crowd in a row was read so late: no standstill, but a queue. Its calls can still be answered, or refused, before they are repeated. */
const QUEUE_PART = 1 / 4;
/** Strangers are turned away at this part of what holds for others: of those set up at once, of the wait, and of the crowd that waits. */
const STRANGERS_PART = 1 / 2;
/** And at this part of what the makers of sound may be busy. */
const STRANGERS_BUSY_PART = 0.9;

export interface SetupGateOptions {
  /** Longest that calls should wait for their first ring or their answer, ms; 0: whatever it takes. */
  readonly maxWaitMs: number;
  /** Calls that may be set up at once; half of them strangers'. */
  readonly max: number;
  /** Monotonic ms. */
  now(): number;
  /** How long a call has waited before it could be read, ms. */
  lagMs(): number;
  /** How late the sound of calls may be before fewer are let in, ms; 0: whatever it is. */
  readonly maxSoundLateMs: number;
  /** How late it is now, ms. */
  soundLateMs(): number;
  /** Which part of its time what makes the sound may compute before none is let in, 0 to 1; 0: whatever it is. */
  readonly maxSoundBusy: number;
  /** Which part it is now. */
  soundBusy(): number;
}

/** One call that comes in, as the gate sees it. */
export interface Setup {
  /** It rings, is answered, or over: it waits for nothing of ours. Idempotent. */
  done(): void;
  /** It is being answered after it rang: it waits for its media. */
  again(): void;
}

/** Since when each waits, the oldest first. */
type Waiting = Map<Setup, number>;

/**
 * Holds back new calls while those that were let in wait for too long: for the hooks and the flow that take them, and for the
 * media workers' answer. What is waited for does not matter; that a crowd waits shows that calls come faster than they can be
 * served. A burst is let in whole, since its wait is short where the machine can follow. What waits unread in the system counts too.
 * While the sound of the calls there are comes late, only so many are let in as the machine has been seen to follow; and none while what
 * makes it has hardly time left, which is before it is late.
 *
 * Strangers, whose sources have proved nothing, are turned away first: they get a part of the places and of the patience, and however
 * many of them wait, that alone shuts out nobody else.
 */
export class SetupGate {
  readonly #options: SetupGateOptions;
  readonly #known: Waiting = new Map();
  readonly #strangers: Waiting = new Map();
  /** Calls let in one after the other that had waited long before they were read. */
  #lateInRow = 0;
  readonly #sound: SoundThrottle;

  constructor(options: SetupGateOptions) {
    this.#options = options;
    this.#sound = new SoundThrottle({ maxLateMs: options.maxSoundLateMs, lateMs: () => options.soundLateMs(), now: () => options.now() });
  }

  /** Calls that are being set up. */
  get size(): number {
    return this.#known.size + this.#strangers.size;
  }

  /** Whether one more call of a known source may come in. */
  get open(): boolean {
    const { max, maxWaitMs } = this.#options;
    return this.size < max && this.#room(1) && this.#sound.open && this.#inTime(maxWaitMs, CROWD, [this.#known]);
  }

  /** Whether one more call of a stranger may come in. */
  get openToStrangers(): boolean {
    const { max, maxWaitMs } = this.#options;
    // One that is the only one allowed at all is not nothing.
    if (!this.open || !this.#room(STRANGERS_BUSY_PART) || !this.#sound.free || this.#strangers.size >= Math.max(1, Math.floor(max * STRANGERS_PART))) return false;
    return this.#inTime(maxWaitMs * STRANGERS_PART, CROWD * STRANGERS_PART, [this.#strangers, this.#known]);
  }

  /** Whether more sound can be made. */
  #room(part: number): boolean {
    const { maxSoundBusy, soundBusy } = this.#options;
    return maxSoundBusy === 0 || soundBusy() < maxSoundBusy * part;
  }

  #inTime(maxWaitMs: number, crowd: number, lines: readonly Waiting[]): boolean {
    if (maxWaitMs === 0) return true;
    const lag = this.#options.lagMs();
    if (lag >= maxWaitMs * UNREAD_PART || (lag >= maxWaitMs * QUEUE_PART && this.#lateInRow >= crowd)) return false;
    const since = this.#options.now() - (maxWaitMs - lag);
    let late = 0;
    for (const line of lines) {
      for (const begun of line.values()) {
        if (begun > since) break;
        if (++late >= crowd) return false;
      }
    }
    return true;
  }

  /** A call was let in. */
  enter(stranger = false): Setup {
    const line = stranger ? this.#strangers : this.#known;
    this.#sound.entered();
    this.#lateInRow = this.#options.lagMs() >= this.#options.maxWaitMs * QUEUE_PART ? this.#lateInRow + 1 : 0;
    let over = false;
    const setup: Setup = {
      done: () => {
        over = true;
        line.delete(setup);
      },
      again: () => {
        if (over) line.set(setup, this.#options.now());
      },
    };
    line.set(setup, this.#options.now());
    return setup;
  }
}
