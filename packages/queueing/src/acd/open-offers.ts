import type { OfferRound, Reservation } from "./state.js";

/** Between the id of a round and the number of one of its offers. */
const NUMBER = ".";

/**
 * The offers that stand, by their ids. Those made at once are found together and then by their number: a table of thousands that is
 * filled and emptied with every caller for whom everybody is rung would cost more than the ringing.
 */
export class OpenOffers {
  readonly #rounds = new Map<string, OfferRound>();
  readonly #prefixLength: number;
  #size = 0;

  /** @param prefix of all ids of rounds */
  constructor(prefix: string) {
    this.#prefixLength = prefix.length;
  }

  get size(): number {
    return this.#size;
  }

  /** The offers of a round that have just been made. */
  add(round: OfferRound): void {
    this.#rounds.set(round.id, round);
    this.#size += round.reservations.length;
  }

  /** The offer is over, and no longer held by its agent. Once for each. */
  remove({ round }: Reservation): void {
    round.open -= 1;
    this.#size -= 1;
    if (round.open === 0) this.#rounds.delete(round.id);
  }

  /** `undefined` when it is over, or there was none. */
  get(id: string): Reservation | undefined {
    const at = id.indexOf(NUMBER, this.#prefixLength);
    const reservation = this.#rounds.get(at < 0 ? id : id.slice(0, at))?.reservations[at < 0 ? 0 : Number(id.slice(at + NUMBER.length))];
    return reservation?.id === id && stands(reservation) ? reservation : undefined;
  }

  has(id: string): boolean {
    return this.get(id) !== undefined;
  }

  /** In the order in which they were made. */
  values(): Reservation[] {
    return [...this.#rounds.values()].flatMap(({ reservations }) => reservations.filter(stands));
  }
}

/** Id of an offer of a round: that of the round, for all but the first with a number. */
export function offerId(round: string, index: number): string {
  return index === 0 ? round : `${round}${NUMBER}${index}`;
}

function stands(reservation: Reservation): boolean {
  return reservation.agent.reservation === reservation;
}
