import type { Clock } from "@hotlinejs/core";

/** Who is challenged has answered by then; the challenge or the answer may be lost several times on the way. */
const ANSWER_MS = 5_000;
const MAX_SOURCES = 10_000;
/** Names remembered of a source beyond those that are too many: phones of a large office that begin together. */
const SPARE_NAMES = 32;

interface Claims {
  /** When counting began, monotonic ms. */
  readonly since: number;
  /** Each with when it counts from, monotonic ms. */
  readonly names: Map<string, number>;
}

export interface UnprovenClaimsOptions {
  readonly clock: Clock;
  /** So many names are too many. */
  readonly most: number;
  /** Claims are forgotten after this time. */
  readonly windowMs: number;
}

/**
 * Accounts that were claimed by a source and not proved. It makes no difference whether there are such accounts: what follows from too
 * many would tell otherwise which there are.
 */
export class UnprovenClaims {
  readonly #options: UnprovenClaimsOptions;
  readonly #sources = new Map<string, Claims>();

  constructor(options: UnprovenClaimsOptions) {
    this.#options = options;
  }

  /**
   * A name was claimed and not proved.
   *
   * @param refused whether a proof was tried and wrong, which counts at once; who was only challenged has time to answer
   * @returns whether these are too many; they are forgotten then
   */
  add(source: string, name: string, refused: boolean): boolean {
    const { clock, most, windowMs } = this.#options;
    const now = clock.monotonic();
    let claims = this.#sources.get(source);
    if (claims === undefined || now - claims.since > windowMs) {
      claims = { since: now, names: new Map() };
      this.#sources.delete(source);
      this.#sources.set(source, claims);
      const oldest = this.#sources.size > MAX_SOURCES ? this.#sources.keys().next() : undefined;
      if (oldest !== undefined && oldest.done !== true) this.#sources.delete(oldest.value);
    }
    const { names } = claims;
    const key = name.slice(0, 64);
    const from = refused ? now : now + ANSWER_MS;
    const before = names.get(key);
    if (before === undefined ? names.size < most + SPARE_NAMES : from < before) names.set(key, from);
    let count = 0;
    for (const counts of names.values()) if (counts <= now) count++;
    if (count < most) return false;
    this.#sources.delete(source);
    return true;
  }

  /** A name was proved by this source after all. */
  proved(source: string, name: string): void {
    const names = this.#sources.get(source)?.names;
    if (names?.delete(name.slice(0, 64)) === true && names.size === 0) this.#sources.delete(source);
  }
}
