import type { BusinessCalendar, Clock, Timer } from "@hotlinejs/core";

interface Watch {
  readonly timer: Timer;
  /** Acts as of now: told where the end of the hours has passed; then waits for the next. */
  readonly check: () => void;
}

/** Tells when opening hours end, again and again, by one timer for each that is watched. */
export class ClosingTimes {
  readonly #watches = new Map<string, Watch>();

  constructor(private readonly clock: Clock) {}

  /** @param closed told at each end of the hours, not where the next slot begins at once */
  watch(key: string, calendar: BusinessCalendar, closed: () => void): void {
    this.#watches.get(key)?.timer.cancel();
    const at = closingAfter(calendar, this.clock.now());
    if (at === undefined) return;
    const check = (): void => {
      const now = this.clock.now();
      if (now >= at && !calendar.isOpen(now)) closed();
      this.watch(key, calendar, closed);
    };
    this.#watches.set(key, { check, timer: this.clock.setTimeout(check, Math.max(0, at - this.clock.now())) });
  }

  /** The clock was set: timers would come too late or too early by the leap. */
  clockStepped(): void {
    for (const { check } of [...this.#watches.values()]) check();
  }

  stop(): void {
    for (const { timer } of this.#watches.values()) timer.cancel();
    this.#watches.clear();
  }
}

/** The next end of a slot of opening hours after an instant. */
export function closingAfter(calendar: BusinessCalendar, at: number): number | undefined {
  const opening = calendar.nextOpening(at);
  return opening === undefined ? undefined : calendar.slots(calendar.dateOf(opening)).find((slot) => slot.from <= opening && opening < slot.to)?.to;
}
