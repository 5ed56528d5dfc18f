import { randomBytes } from "node:crypto";
import { parseChallenge, quoted } from "./digest-header.js";
import type { DigestChallenge } from "./digest-header.js";
import { computeHa1, computeResponse, parseAlgorithm } from "./digest-response.js";
import type { AlgorithmName } from "./digest-response.js";

export interface DigestClientOptions {
  readonly username: string;
  readonly password: string;
  /** Answer challenges of this realm only. Default: any, since carriers change theirs. */
  readonly realm?: string;
  /** Client nonce; tests fix it. Default: 16 random octets in hex. */
  cnonce?(): string;
}

/** What the credentials are for. */
export interface DigestAttempt {
  readonly method: string;
  readonly uri: string;
  readonly body?: Uint8Array;
  /** 1 for the first challenge of a request. From the second on only a challenge with `stale=true` is answered: another one means that the password is wrong. */
  readonly attempt: number;
}

/** The client side of RFC 7616 and RFC 8760, for one account at a carrier. */
export class DigestClient {
  readonly #options: DigestClientOptions;
  /** How often each nonce was used (`nc`). Servers make few, so the oldest are forgotten. */
  readonly #counts = new Map<string, number>();

  constructor(options: DigestClientOptions) {
    this.#options = options;
  }

  /** Value of Authorization or Proxy-Authorization, or `undefined` when none of the challenges can be answered. */
  answer(challenges: readonly string[], attempt: DigestAttempt): string | undefined {
    for (const value of challenges) {
      const challenge = parseChallenge(value);
      if (challenge === undefined) continue;
      if (this.#options.realm !== undefined && challenge.realm !== this.#options.realm) continue;
      // The topmost algorithm we know is the server's favourite (RFC 8760 section 2.4).
      const name = parseAlgorithm(challenge.algorithm);
      if (name === undefined) continue;
      if (attempt.attempt > 1 && !challenge.stale) return undefined;
      const qop = challenge.qop.length === 0 ? undefined : ["auth", "auth-int"].find((q) => challenge.qop.includes(q));
      if (challenge.qop.length > 0 && qop === undefined) continue;
      return this.#credentials(challenge, name, qop, attempt);
    }
    return undefined;
  }

  #credentials(challenge: DigestChallenge, name: AlgorithmName, qop: string | undefined, attempt: DigestAttempt): string {
    const { username, password } = this.#options;
    const cnonce = this.#options.cnonce?.() ?? randomBytes(16).toString("hex");
    const nc = qop === undefined ? undefined : this.#count(challenge.nonce);
    const needsCnonce = qop !== undefined || name.session;
    const response = computeResponse({
      name,
      ha1: computeHa1(name.algorithm, username, challenge.realm, password),
      method: attempt.method,
      uri: attempt.uri,
      nonce: challenge.nonce,
      ...(qop === undefined ? {} : { qop }),
      ...(needsCnonce ? { cnonce } : {}),
      ...(nc === undefined ? {} : { nc }),
      ...(attempt.body === undefined ? {} : { body: attempt.body }),
    });
    const parts = [
      `username=${quoted(username)}`,
      `realm=${quoted(challenge.realm)}`,
      `nonce=${quoted(challenge.nonce)}`,
      `uri=${quoted(attempt.uri)}`,
      `response="${response}"`,
      `algorithm=${challenge.algorithm}`,
    ];
    if (needsCnonce) parts.push(`cnonce=${quoted(cnonce)}`);
    if (challenge.opaque !== undefined) parts.push(`opaque=${quoted(challenge.opaque)}`);
    if (qop !== undefined) parts.push(`qop=${qop}`, `nc=${nc ?? "00000001"}`);
    return `Digest ${parts.join(", ")}`;
  }

  #count(nonce: string): string {
    const next = (this.#counts.get(nonce) ?? 0) + 1;
    this.#counts.delete(nonce);
    this.#counts.set(nonce, next);
    if (this.#counts.size > 16) {
      const oldest = this.#counts.keys().next();
      if (oldest.done !== true) this.#counts.delete(oldest.value);
    }
    return next.toString(16).padStart(8, "0");
  }
}
