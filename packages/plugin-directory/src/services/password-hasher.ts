import { randomBytes } from "node:crypto";
import { hash, verify } from "@node-rs/argon2";
import { directoryErrors } from "../errors.js";
import { normalisePassword, PASSWORD_MAX_OCTETS } from "../domain/password-policy.js";

export interface HashCost {
  /** KiB. */
  readonly memoryCost: number;
  readonly timeCost: number;
}

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. About 30 ms. */
const DEFAULT_COST: HashCost = { memoryCost: 19_456, timeCost: 2 };

/**
 * argon2id off the main thread, a few at a time: each run holds 19 MiB and one thread of the pool that
 * file access shares. Whoever would have to wait behind too many is told so (`HTL_DIRECTORY_BUSY`).
 */
export class PasswordHasher {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #decoy: Promise<string> | undefined;

  constructor(
    private readonly cost: HashCost = DEFAULT_COST,
    private readonly parallel = 2,
    private readonly queue = 200,
  ) {}

  hash(password: string): Promise<string> {
    // algorithm 2 is Argon2id; the package's const enum is not usable with isolatedModules.
    return this.#gated(() => hash(normalisePassword(password), { algorithm: 2, ...this.cost, parallelism: 1 }));
  }

  /** Checks against `hashed`, or against a decoy of equal cost when there is none: then always false. */
  async verify(hashed: string | undefined, password: string): Promise<boolean> {
    const target = hashed ?? (await this.decoy());
    const tooLong = Buffer.byteLength(password) > PASSWORD_MAX_OCTETS;
    const right = await this.#gated(() => verify(target, tooLong ? "" : normalisePassword(password)));
    return right && hashed !== undefined && !tooLong;
  }

  /** Made ahead so that the first unknown name does not take twice as long. */
  decoy(): Promise<string> {
    this.#decoy ??= this.hash(randomBytes(24).toString("base64url")).catch((error: unknown) => {
      this.#decoy = undefined;
      throw error;
    });
    return this.#decoy;
  }

  async #gated<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.parallel) {
      if (this.#waiting.length >= this.queue) throw directoryErrors.BUSY();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running++;
    }
    try {
      return await work();
    } finally {
      // The slot is handed on, so that a newcomer cannot overtake who waits.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}
