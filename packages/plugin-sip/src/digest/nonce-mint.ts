import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "@hotlinejs/core";

/** What a nonce of ours is worth now. */
export type NonceState = "fresh" | "stale" | "foreign";

const STAMP = 6;
const SALT = 8;
const MAC = 16;

/**
 * Makes and checks nonces without keeping one: stamp, salt and an HMAC over both. So a flood of
 * challenges costs no memory. Only nonces that were used with right credentials are remembered, with
 * their highest count, against replay (RFC 7616 section 5.12), until they run out.
 */
export class NonceMint {
  readonly #clock: Clock;
  readonly #key: Buffer;
  readonly #lifetimeMs: number;
  readonly #used = new Map<string, { count: number; until: number }>();
  readonly #since: number;
  #sweepAt = 0;

  /**
   * `lifetimeMs`: how long a nonce may be used after it was made. `key`: the HMAC key; one that outlives
   * the process lets nonces of an earlier one count as stale instead of foreign, so that phones go on
   * without taking the new challenge for a wrong password.
   */
  constructor(clock: Clock, options: { lifetimeMs: number; key?: Buffer }) {
    this.#clock = clock;
    this.#key = options.key ?? randomBytes(32);
    this.#lifetimeMs = options.lifetimeMs;
    this.#since = clock.now();
  }

  make(): string {
    const raw = Buffer.alloc(STAMP + SALT + MAC);
    raw.writeUIntBE(this.#clock.now(), 0, STAMP);
    randomBytes(SALT).copy(raw, STAMP);
    this.#mac(raw.subarray(0, STAMP + SALT)).copy(raw, STAMP + SALT);
    return raw.toString("base64url");
  }

  check(nonce: string): NonceState {
    const raw = /^[A-Za-z0-9_-]{40}$/.test(nonce) ? Buffer.from(nonce, "base64url") : Buffer.alloc(0);
    if (raw.length !== STAMP + SALT + MAC) return "foreign";
    if (!timingSafeEqual(raw.subarray(STAMP + SALT), this.#mac(raw.subarray(0, STAMP + SALT)))) return "foreign";
    const stamp = raw.readUIntBE(0, STAMP);
    const age = this.#clock.now() - stamp;
    // What an earlier process saw used is not known here; a stamp ahead of the clock is one from before the clock was set back.
    return stamp >= this.#since && age >= 0 && age <= this.#lifetimeMs ? "fresh" : "stale";
  }

  /** Notes the use of a fresh nonce by right credentials. `false`: this count was used before, a replay. */
  use(nonce: string, count: number): boolean {
    const now = this.#clock.now();
    this.#sweep(now);
    const before = this.#used.get(nonce);
    if (before !== undefined && count <= before.count) return false;
    this.#used.set(nonce, { count, until: before?.until ?? now + this.#lifetimeMs });
    return true;
  }

  /** Nonces remembered. */
  get size(): number {
    return this.#used.size;
  }

  #sweep(now: number): void {
    if (now < this.#sweepAt && this.#used.size < 100_000) return;
    this.#sweepAt = now + this.#lifetimeMs;
    for (const [nonce, { until }] of this.#used) if (until < now) this.#used.delete(nonce);
  }

  #mac(data: Buffer): Buffer {
    return createHmac("sha256", this.#key).update(data).digest().subarray(0, MAC);
  }
}
