/** Figures of callers, as the field defines them. Shares are 0 to 1, `undefined` where nothing was counted (never 0 %). Times are seconds. */
export interface Figures {
  readonly offered: number;
  readonly answered: number;
  /** Gave up, short ones included. */
  readonly abandoned: number;
  /** Gave up within `shortAbandonSeconds`. */
  readonly shortAbandoned: number;
  /** Left by a rule: longest wait, full, nobody there. */
  readonly turnedAway: number;
  /** Took the offer of a callback: neither answered nor abandoned. */
  readonly callbacks: number;
  /** ... and were reached. */
  readonly callbacksReached: number;
  /** From hanging up with a promise until the call back was answered, mean. */
  readonly callbackDelay: number | undefined;
  /** Answered within the threshold / answered. */
  readonly serviceLevel: number | undefined;
  /** (Answered + abandoned within the threshold) / (answered + abandoned). */
  readonly serviceLevel2: number | undefined;
  /** Abandoned without short ones / offered without short ones. */
  readonly abandonRate: number | undefined;
  /** Average speed of answer: mean wait of the answered. */
  readonly asa: number | undefined;
  /** Mean wait of all, answered or not. */
  readonly averageWait: number | undefined;
  /** Median, 90th and 95th hundredth part of the waits of the answered, and the longest. */
  readonly waitP50: number | undefined;
  readonly waitP90: number | undefined;
  readonly waitP95: number | undefined;
  readonly longestWait: number | undefined;
  /** Mean handling time: talk and after-call work. */
  readonly aht: number | undefined;
}

/** Collects what `Figures` are computed from. Sums are kept, so that totals are never averages of averages. */
export class FigureSum {
  offered = 0;
  abandoned = 0;
  shortAbandoned = 0;
  turnedAway = 0;
  callbacks = 0;
  callbacksReached = 0;
  callbackDelayMs = 0;
  handleMs = 0;
  handled = 0;
  #answeredIn = 0;
  #abandonedIn = 0;
  #waitMs = 0;
  #waits: number[] = [];
  #answeredWaitMs = 0;

  answer(waitMs: number, thresholdMs: number): void {
    this.#waits.push(waitMs);
    this.#answeredWaitMs += waitMs;
    this.#waitMs += waitMs;
    if (waitMs <= thresholdMs) this.#answeredIn += 1;
  }

  abandon(waitMs: number, thresholdMs: number, shortMs: number): void {
    this.abandoned += 1;
    this.#waitMs += waitMs;
    if (waitMs <= thresholdMs) this.#abandonedIn += 1;
    if (waitMs <= shortMs) this.shortAbandoned += 1;
  }

  handle(ms: number): void {
    this.handleMs += ms;
    this.handled += 1;
  }

  figures(): Figures {
    const answered = this.#waits.length;
    const sorted = Float64Array.from(this.#waits).sort();
    const quantile = (share: number): number | undefined => seconds(sorted[Math.max(0, Math.ceil(share * answered) - 1)]);
    return {
      offered: this.offered,
      answered,
      abandoned: this.abandoned,
      shortAbandoned: this.shortAbandoned,
      turnedAway: this.turnedAway,
      callbacks: this.callbacks,
      callbacksReached: this.callbacksReached,
      callbackDelay: seconds(share(this.callbackDelayMs, this.callbacksReached)),
      serviceLevel: share(this.#answeredIn, answered),
      serviceLevel2: share(this.#answeredIn + this.#abandonedIn, answered + this.abandoned),
      abandonRate: share(this.abandoned - this.shortAbandoned, this.offered - this.shortAbandoned),
      asa: seconds(share(this.#answeredWaitMs, answered)),
      averageWait: seconds(share(this.#waitMs, answered + this.abandoned)),
      waitP50: quantile(0.5),
      waitP90: quantile(0.9),
      waitP95: quantile(0.95),
      longestWait: seconds(sorted[answered - 1]),
      aht: seconds(share(this.handleMs, this.handled)),
    };
  }
}

function share(part: number, whole: number): number | undefined {
  return whole > 0 ? part / whole : undefined;
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000;
}
