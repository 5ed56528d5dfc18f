import { createHash } from "node:crypto";
import { sourceOf } from "@hotlinejs/core";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { httpErrors } from "../errors.js";

/** Slows down guessing before it costs a hash: by address and name, and by address alone. */
export class LoginLimiter {
  readonly #pair: RateLimiterMemory;
  readonly #address: RateLimiterMemory;

  constructor(attempts: number) {
    this.#pair = new RateLimiterMemory({ keyPrefix: "pair", points: attempts, duration: 60 });
    this.#address = new RateLimiterMemory({ keyPrefix: "address", points: attempts * 10, duration: 60 });
  }

  /** Counts an attempt. The returned function takes it back, for attempts that were right. Too many: `HTL_HTTP_TOO_MANY_ATTEMPTS`. */
  async take(address: string, username: string): Promise<() => Promise<void>> {
    const source = sourceOf(address);
    const key = pairKey(source, username);
    await consume(this.#address, source);
    await consume(this.#pair, key);
    return async () => {
      await this.#pair.delete(key);
      await this.#address.reward(source, 1);
    };
  }
}

async function consume(limiter: RateLimiterMemory, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    const seconds = Math.max(1, Math.ceil(error.msBeforeNext / 1000));
    throw httpErrors.TOO_MANY_ATTEMPTS(seconds, { details: { retryAfter: seconds } });
  }
}

/** Hashed: a name may be long, and may be a password typed in the wrong field. */
function pairKey(source: string, username: string): string {
  return createHash("sha256").update(`${source}\0${username.slice(0, 256).normalize("NFKC").toLowerCase().trim()}`).digest("base64url");
}
