import type { BusinessCalendar, Calendars } from "@hotlinejs/core";
import { keptUntil } from "../domain/kept-place-rule.js";
import type { Floor } from "./floor.js";

/** The hours by which kept places go. */
export class PlaceHours {
  readonly #floor: Floor;
  readonly #calendars: Calendars;
  readonly #citizens: string | undefined;

  /** @param citizens key of the calendar in which citizens may be called again */
  constructor(floor: Floor, calendars: Calendars, citizens: string | undefined) {
    this.#floor = floor;
    this.#calendars = calendars;
    this.#citizens = citizens;
  }

  /** See `KeptPlacesDeps.hours`. */
  of(queue: string): { readonly queue: BusinessCalendar | undefined; readonly citizens: BusinessCalendar | undefined } {
    return { queue: this.#named(this.#floor.queues.get(queue)?.settings.calendar), citizens: this.#named(this.#citizens) };
  }

  /** See `KeptPlacesDeps.keptUntil`. */
  keptUntil({ queue, placeAt }: { readonly queue: string; readonly placeAt: number }): number {
    const { calendar, keptPlaceHours = 0 } = this.#floor.queues.get(queue)?.settings ?? {};
    return keptUntil(placeAt, keptPlaceHours, this.#named(calendar));
  }

  #named(key: string | undefined): BusinessCalendar | undefined {
    return key === undefined ? undefined : this.#calendars.get(key);
  }
}
