import type { Clock, Logger, Timer } from "@hotlinejs/core";
import { createAcdState, reduce } from "@hotlinejs/queueing";
import type { AcdEffect, AcdEvent, AcdOptions, AcdState } from "@hotlinejs/queueing";

export interface QueueEngineOptions extends AcdOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** The clock was set by so many ms; told before the event during which it was noticed. */
  readonly stepped?: (ms: number) => void;
  /** Carries out everything but timers, decided at `at`: what is written of it bears that time, or spans would not add up. A throw is logged and disturbs nothing. */
  readonly perform: (effect: Exclude<AcdEffect, { type: "timer" | "timer-cancel" }>, at: number) => void;
}

/** A wall clock that is so far from where the passing of time has it was set. Less than that is how clocks are read. */
const STEP_MS = 500;

/** Drives the reducer: one event after the other, timers by the hotline's clock. */
export class QueueEngine {
  readonly state: AcdState;
  readonly #options: QueueEngineOptions;
  readonly #timers = new Map<string, Timer>();
  readonly #inbox: AcdEvent[] = [];
  #running = false;
  #closed = false;
  /** Wall clock less monotonic clock, as of the last event. */
  #offset: number;

  constructor(options: QueueEngineOptions) {
    this.#options = options;
    this.#offset = options.clock.now() - options.clock.monotonic();
    this.state = createAcdState(options);
  }

  /** Takes an event in; effects that cause further events queue them, so nothing runs nested. After `close` nothing happens. */
  dispatch(event: AcdEvent): void {
    if (this.#closed) return;
    this.#inbox.push(event);
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) this.#step(next);
    } finally {
      this.#running = false;
    }
  }

  /** Whether the clock was set meanwhile is looked at before every event; call it where none may come for long. */
  checkClock(): void {
    const { clock, stepped } = this.#options;
    const offset = clock.now() - clock.monotonic();
    const ms = Math.round(offset - this.#offset);
    // What creeps (a clock that is disciplined slowly) is followed, not counted together until it looks like a step.
    this.#offset = offset;
    if (Math.abs(ms) < STEP_MS || this.#closed) return;
    this.#options.log.warn({ ms }, "the clock was set; what is measured goes on as if it had not been");
    reduce(this.state, { type: "clock.stepped", ms }, clock.now());
    stepped?.(ms);
  }

  /** Ends all timers; later events are ignored. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    this.#inbox.length = 0;
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  #step(event: AcdEvent): void {
    const { clock, log } = this.#options;
    this.checkClock();
    const at = clock.now();
    for (const effect of reduce(this.state, event, at)) {
      if (this.#closed) return;
      if (effect.type === "timer") this.#setTimer(effect.id, effect.at - at);
      else if (effect.type === "timer-cancel") {
        this.#timers.get(effect.id)?.cancel();
        this.#timers.delete(effect.id);
      } else {
        try {
          this.#options.perform(effect, at);
        } catch (error) {
          log.error({ err: error, effect: effect.type }, "a decision of the queue could not be carried out");
        }
      }
    }
  }

  /** @param ms from the decision, so that a clock that is set in this moment shifts nothing */
  #setTimer(id: string, ms: number): void {
    const { clock } = this.#options;
    this.#timers.set(
      id,
      clock.setTimeout(
        () => {
          this.#timers.delete(id);
          this.dispatch({ type: "timer", id });
        },
        Math.max(0, ms),
      ),
    );
  }
}
