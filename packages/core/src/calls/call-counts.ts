/** Reasons of refusals that are told apart; a tap that makes up ever new ones must not make ever new counters. */
const MOST_REASONS = 50;

/** What became of voice calls since the start of the process. */
export class CallCounts {
  /** Calls taken on: arrived and admitted or not, without those turned away before. */
  inbound = 0;
  /** Calls of the hotline's own to citizens. */
  outbound = 0;
  readonly #ended = new Map<string, number>();
  readonly #refused = new Map<string, { readonly reason: string; readonly status: number; count: number }>();

  end(reason: string): void {
    this.#ended.set(reason, (this.#ended.get(reason) ?? 0) + 1);
  }

  /** @param status SIP status it was refused with */
  refuse(reason: string, status: number): void {
    const known = this.#refused.get(`${status} ${reason}`);
    if (known !== undefined) known.count++;
    else if (this.#refused.size < MOST_REASONS || reason === "other") this.#refused.set(`${status} ${reason}`, { reason, status, count: 1 });
    else this.refuse("other", status);
  }

  ended(): readonly { readonly reason: string; readonly count: number }[] {
    return [...this.#ended].map(([reason, count]) => ({ reason, count }));
  }

  refused(): readonly { readonly reason: string; readonly status: number; readonly count: number }[] {
    return [...this.#refused.values()];
  }
}
