import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock, DigestCredentials } from "@hotlinejs/core";
import { parseCredentials, quoted } from "./digest-header.js";
import { computeResponse, parseAlgorithm } from "./digest-response.js";
import type { DigestAlgorithm } from "./digest-response.js";
import { NonceMint } from "./nonce-mint.js";

/** What is being authorised. */
export interface DigestRequest {
  readonly method: string;
  /** Request-URI as it stood in the request. */
  readonly uri: string;
  /** Authorization (or Proxy-Authorization) values. */
  readonly authorization: readonly string[];
  /** Address of the sender: a nonce is good only where it was sent to. */
  readonly address: string;
  readonly body?: Uint8Array;
}

export type DigestVerdict =
  /** The sender is this user. */
  | { readonly kind: "accepted"; readonly username: string }
  /** No credentials for our realm, or their nonce has run out or was used: challenge (again). */
  | { readonly kind: "challenge"; readonly stale: boolean }
  /** Wrong user or password, or credentials made for another request. `username` as claimed, for the audit. */
  | { readonly kind: "refused"; readonly username: string; /** Whether there is such an account: what is typed as an unknown name may be a password. */ readonly known: boolean; readonly why: "credentials" | "uri" }
  /** Header not understood: 400. */
  | { readonly kind: "malformed" };

export interface DigestServerOptions {
  readonly credentials: DigestCredentials;
  readonly clock: Clock;
  /** Default: the realm of the credentials. */
  readonly realm?: string;
  /** Offered, best first. Default SHA-256, then MD5 (RFC 8760 section 2.3). Answers are taken in either, offered or not: an answer in the stronger one needs no invitation, and MD5 is refused where only SHA-256 is offered. */
  readonly algorithms?: readonly DigestAlgorithm[];
  /** How long a nonce may be used. Default 300 000 ms. */
  readonly nonceLifetimeMs?: number;
  /** Key of the nonces, at least 16 octets; see NonceMint. Default: a random one. */
  readonly nonceKey?: Buffer;
}

/**
 * The server side of RFC 7616 and RFC 8760: stateless challenges, checked answers. It only knows
 * stored HA1 values, never passwords, and hands out nothing that tells an unknown user from a wrong
 * password.
 */
export class DigestServer {
  readonly #credentials: DigestCredentials;
  readonly #algorithms: readonly DigestAlgorithm[];
  readonly #mint: NonceMint;
  readonly #realm: string;
  readonly #decoyKey = randomBytes(32);

  constructor(options: DigestServerOptions) {
    this.#credentials = options.credentials;
    this.#realm = options.realm ?? options.credentials.realm;
    this.#algorithms = options.algorithms ?? ["SHA-256", "MD5"];
    this.#mint = new NonceMint(options.clock, { lifetimeMs: options.nonceLifetimeMs ?? 300_000, ...(options.nonceKey === undefined ? {} : { key: options.nonceKey }) });
  }

  get realm(): string {
    return this.#realm;
  }

  /** For a sender at this address: header values of a 401 (WWW-Authenticate) or 407, one per algorithm, best first. */
  challenge(address: string, stale = false): string[] {
    const nonce = this.#mint.make(address);
    return this.#algorithms.map((algorithm) => `Digest realm=${quoted(this.#realm)}, nonce="${nonce}", algorithm=${algorithm}, qop="auth"${stale ? ", stale=true" : ""}`);
  }

  /** Whether a request has a nonce of ours that was made for this address, run out or not: its sender reads what is sent there. Costs two HMACs. */
  answersChallenge(authorization: readonly string[], address: string): boolean {
    return authorization.slice(0, 2).some((value) => {
      const given = /^\s*digest\s/i.test(value) ? parseCredentials(value) : undefined;
      const state = given === undefined ? "foreign" : this.#mint.check(given.nonce, address);
      return state === "fresh" || state === "stale";
    });
  }

  async verify(request: DigestRequest): Promise<DigestVerdict> {
    let malformed = false;
    for (const value of request.authorization) {
      if (!/^\s*digest\s/i.test(value)) continue;
      const given = parseCredentials(value);
      if (given === undefined) {
        malformed = true;
        continue;
      }
      if (given.realm !== this.#realm) continue;
      const name = parseAlgorithm(given.algorithm);
      if (name === undefined || name.session || (name.algorithm === "MD5" && !this.#algorithms.includes("MD5"))) continue;
      if (given.qop !== undefined && given.qop.toLowerCase() !== "auth") return { kind: "malformed" };
      const nonce = this.#mint.check(given.nonce, request.address);
      // Nothing is computed for nonces that are not ours: an attacker cannot make us hash for free.
      if (nonce === "foreign") return { kind: "challenge", stale: false };
      // Nor is it counted as a wrong password: anybody can write another's address as his own over UDP.
      if (nonce === "elsewhere") return { kind: "challenge", stale: true };
      const count = given.qop === undefined ? 1 : countOf(given.nc);
      if (count === undefined || (given.qop !== undefined && (given.cnonce ?? "") === "")) return { kind: "malformed" };
      const secret = await this.#credentials.find(given.username);
      const decoy = this.#decoy(given.username);
      const { md5, sha256 } = secret ?? { md5: decoy.slice(0, 32), sha256: decoy };
      const ha1 = name.algorithm === "MD5" ? md5 : sha256;
      const expected = computeResponse({
        name,
        ha1,
        method: request.method,
        uri: given.uri,
        nonce: given.nonce,
        ...(given.qop === undefined ? {} : { qop: "auth", cnonce: given.cnonce ?? "", nc: given.nc ?? "" }),
      });
      const right = equal(expected, given.response.toLowerCase());
      if (!right || secret === undefined) return { kind: "refused", username: given.username, known: secret !== undefined, why: "credentials" };
      if (!sameTarget(given.uri, request.uri)) return { kind: "refused", username: given.username, known: true, why: "uri" };
      if (nonce === "stale" || !this.#mint.use(given.nonce, count)) return { kind: "challenge", stale: true };
      return { kind: "accepted", username: secret.username };
    }
    return malformed ? { kind: "malformed" } : { kind: "challenge", stale: false };
  }

  /** An HA1 nobody has. Made for known users too, so that unknown ones cost the same time. */
  #decoy(username: string): string {
    return createHmac("sha256", this.#decoyKey).update(username).digest("hex");
  }
}

function countOf(nc: string | undefined): number | undefined {
  return nc !== undefined && /^[0-9a-f]{8}$/i.test(nc) ? Number.parseInt(nc, 16) : undefined;
}

function equal(a: string, b: string): boolean {
  const x = Buffer.from(a);
  const y = Buffer.from(b);
  return x.length === y.length && timingSafeEqual(x, y);
}

/**
 * Whether the digest URI means the Request-URI (RFC 7616 section 3.4.6). Scheme, user and host count;
 * ports and parameters do not, since phones and proxies add and drop them.
 */
function sameTarget(a: string, b: string): boolean {
  return targetOf(a) === targetOf(b);
}

function targetOf(uri: string): string {
  const match = /^(sips?|tel):(?:([^@]*)@)?(\[[^\]]*\]|[^:;?]*)/i.exec(uri.trim());
  if (match === null) return uri;
  const user = (match[2] ?? "").split(":")[0] ?? "";
  return `${match[1]?.toLowerCase()}:${user}@${match[3]?.toLowerCase()}`;
}
