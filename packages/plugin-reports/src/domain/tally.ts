import { addSums } from "./figures.js";
import { dateOfDay, dayNumber } from "./calendar-date.js";
import type { DateSpan } from "./calendar-date.js";

/** The sums of one day and one member (an agent, a kind, an hour; `""` where rows are not told apart, `null` where they have no value). */
export interface TallyEntry {
  readonly date: string;
  readonly member: string | null;
  /** Index of the sum -> value. */
  readonly sums: ReadonlyMap<number, number>;
}

/** Everything that was counted, by day and member. Totals of any kind are sums of it. */
export class Tally {
  readonly #days = new Map<number, Map<string | null, number[]>>();
  readonly #width: number;

  /** @param width how many sums there are */
  constructor(width: number) {
    this.#width = width;
  }

  add({ date, member, sums }: TallyEntry): void {
    const day = dayNumber(date);
    let members = this.#days.get(day);
    if (members === undefined) this.#days.set(day, (members = new Map()));
    let into = members.get(member);
    if (into === undefined) members.set(member, (into = this.#zero()));
    for (const [index, value] of sums) into[index] = (into[index] ?? 0) + value;
  }

  /** All members together. */
  total(span: DateSpan | undefined): number[] {
    const total = this.#zero();
    for (const members of this.#in(span)) for (const sums of members.values()) addSums(total, sums);
    return total;
  }

  of(span: DateSpan | undefined, member: string | null): number[] {
    const total = this.#zero();
    for (const members of this.#in(span)) {
      const sums = members.get(member);
      if (sums !== undefined) addSums(total, sums);
    }
    return total;
  }

  members(span: DateSpan | undefined): ReadonlySet<string | null> {
    const found = new Set<string | null>();
    for (const members of this.#in(span)) for (const [member, sums] of members) if (sums.some((value) => value !== 0)) found.add(member);
    return found;
  }

  *#in(span: DateSpan | undefined): Iterable<Map<string | null, number[]>> {
    if (span === undefined) return;
    const from = dayNumber(span.from);
    const to = dayNumber(span.to);
    // Whichever is shorter: the days of the span, or the days there are.
    if (to - from < this.#days.size) {
      for (let day = from; day <= to; day++) {
        const members = this.#days.get(day);
        if (members !== undefined) yield members;
      }
      return;
    }
    for (const [day, members] of this.#days) if (day >= from && day <= to) yield members;
  }

  /** Days that hold something, for tests and messages. */
  get dates(): readonly string[] {
    return [...this.#days.keys()].sort((a, b) => a - b).map(dateOfDay);
  }

  #zero(): number[] {
    return new Array<number>(this.#width).fill(0);
  }
}
