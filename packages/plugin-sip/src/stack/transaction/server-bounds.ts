/** How much is kept for requests outside of dialogs, which anybody can send. */
export interface ServerLimits {
  /** Answered ones that are kept to answer repetitions, of one address. */
  readonly keptPerSource: number;
  /** The same, of all. */
  readonly kept: number;
  /** Requests other than INVITE that wait for their answer, of one address. */
  readonly openPerSource: number;
  /** The same, of all. */
  readonly open: number;
}

export const DEFAULT_SERVER_LIMITS: ServerLimits = { keptPerSource: 4_000, kept: 20_000, openPerSource: 500, open: 5_000 };

/** What is bounded: a server transaction. */
export interface Bounded {
  terminate(): void;
}

/**
 * Bounds server transactions of requests outside of dialogs, whose sources over UDP may be forged. What was answered goes first, the
 * oldest of its source, then the oldest of all: a repetition that comes for one is served anew. What is not answered yet is refused above
 * its bound, of one source before others. INVITEs under way are calls and have bounds of their own, accepted ones live with their call.
 */
export class ServerBounds {
  readonly #limits: ServerLimits;
  readonly #open = new Map<Bounded, string>();
  readonly #openBySource = new Map<string, number>();
  readonly #kept = new Map<Bounded, string>();
  readonly #keptBySource = new Map<string, Set<Bounded>>();
  /** Let go before their time, since the start. */
  forgotten = 0;

  constructor(limits: ServerLimits = DEFAULT_SERVER_LIMITS) {
    this.#limits = limits;
  }

  /** Whether one more request other than INVITE may be served. */
  mayBegin(source: string): boolean {
    return this.#open.size < this.#limits.open && (this.#openBySource.get(source) ?? 0) < this.#limits.openPerSource;
  }

  /** A request other than INVITE is being served. */
  begun(transaction: Bounded, source: string): void {
    this.#open.set(transaction, source);
    this.#openBySource.set(source, (this.#openBySource.get(source) ?? 0) + 1);
  }

  /** It was answered, and is kept for repetitions only. */
  answered(transaction: Bounded, source: string): void {
    this.#close(transaction);
    this.#kept.set(transaction, source);
    const own = this.#keptBySource.get(source) ?? new Set();
    this.#keptBySource.set(source, own.add(transaction));
    if (own.size > this.#limits.keptPerSource) this.#forget(own.values().next().value);
    else if (this.#kept.size > this.#limits.kept) this.#forget(this.#kept.keys().next().value);
  }

  /** It is gone. */
  ended(transaction: Bounded): void {
    this.#close(transaction);
    const source = this.#kept.get(transaction);
    if (source === undefined) return;
    this.#kept.delete(transaction);
    const own = this.#keptBySource.get(source);
    own?.delete(transaction);
    if (own?.size === 0) this.#keptBySource.delete(source);
  }

  #forget(oldest: Bounded | undefined): void {
    this.forgotten++;
    oldest?.terminate();
  }

  #close(transaction: Bounded): void {
    const source = this.#open.get(transaction);
    if (source === undefined) return;
    this.#open.delete(transaction);
    const left = (this.#openBySource.get(source) ?? 1) - 1;
    if (left > 0) this.#openBySource.set(source, left);
    else this.#openBySource.delete(source);
  }
}
