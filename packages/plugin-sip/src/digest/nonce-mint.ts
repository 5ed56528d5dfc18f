import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "@hotlinejs/core";

/** What a nonce of ours is worth now. */
export type NonceState = "fresh" | "stale" | "elsewhere" | "foreign";

const STAMP = 6;
const SALT = 8;
const MAC = 16;
/** Of the address it was made for. Guessing it must not pay within the life of a nonce, no more. */
const PLACE = 8;
const LENGTH = STAMP + SALT + MAC + PLACE;

/**
 * Makes and checks nonces without keeping one: stamp, salt, an HMAC over both and one over the address it was made for.
 * So a flood of challenges costs no memory, and nobody who can only forge a source has a nonce that is good there: what he
 * sends is no wrong password of those who live at that address (RFC 7616 section 3.3 advises it). Only nonces that were used with right credentials are remembered, with
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

  /** @param place address of who is asked; the nonce is fresh from there alone */
  make(place: string): string {
    const raw = Buffer.alloc(LENGTH);
    raw.writeUIntBE(this.#clock.now(), 0, STAMP);
    randomBytes(SALT).copy(raw, STAMP);
    this.#mac(raw.subarray(0, STAMP + SALT)).copy(raw, STAMP + SALT);
    this.#placeMac(raw, place).copy(raw, STAMP + SALT + MAC);
    return raw.toString("base64url");
  }

  /** `elsewhere`: ours, but made for another address; a phone that has moved takes a new one. */
  check(nonce: string, place: string): NonceState {
    const raw = /^[A-Za-z0-9_-]{51}$/.test(nonce) ? Buffer.from(nonce, "base64url") : Buffer.alloc(0);
    if (raw.length !== LENGTH) return "foreign";
    if (!timingSafeEqual(raw.subarray(STAMP + SALT, STAMP + SALT + MAC), this.#mac(raw.subarray(0, STAMP + SALT)))) return "foreign";
    if (!timingSafeEqual(raw.subarray(STAMP + SALT + MAC), this.#placeMac(raw, place))) return "elsewhere";
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

  #placeMac(raw: Buffer, place: string): Buffer {
    return createHmac("sha256", this.#key).update(raw.subarray(0, STAMP + SALT)).update(place).digest().subarray(0, PLACE);
  }

  #mac(data: Buffer): Buffer {
    return createHmac("sha256", this.#key).update(data).digest().subarray(0, MAC);
  }
}
