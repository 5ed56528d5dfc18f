import type { BusinessCalendar, Clock, Timer } from "@hotlinejs/core";

/** Tells when opening hours end, again and again, by one timer for each that is watched. */
export class ClosingTimes {
  readonly #timers = new Map<string, Timer>();

  constructor(private readonly clock: Clock) {}

  /** @param closed told at each end of the hours, not where the next slot begins at once */
  watch(key: string, calendar: BusinessCalendar, closed: () => void): void {
    this.#timers.get(key)?.cancel();
    const at = closingAfter(calendar, this.clock.now());
    if (at === undefined) return;
    const fire = (): void => {
      if (!calendar.isOpen(this.clock.now())) closed();
      this.watch(key, calendar, closed);
    };
    this.#timers.set(key, this.clock.setTimeout(fire, Math.max(0, at - this.clock.now())));
  }

  stop(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }
}

/** The next end of a slot of opening hours after an instant. */
export function closingAfter(calendar: BusinessCalendar, at: number): number | undefined {
  const opening = calendar.nextOpening(at);
  return opening === undefined ? undefined : calendar.slots(calendar.dateOf(opening)).find((slot) => slot.from <= opening && opening < slot.to)?.to;
}
