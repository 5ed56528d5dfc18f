import { createHash } from "node:crypto";

/** RFC 8760 section 2.2, as far as we speak them. */
export type DigestAlgorithm = "MD5" | "SHA-256";

/** An algorithm as written in a header, with its session variant. */
export interface AlgorithmName {
  readonly algorithm: DigestAlgorithm;
  /** `MD5-sess`, `SHA-256-sess`: HA1 also covers nonce and cnonce (RFC 7616 section 3.4.2). */
  readonly session: boolean;
}

/** Reads the name, case-insensitively; `undefined` for one we do not speak. */
export function parseAlgorithm(name: string): AlgorithmName | undefined {
  const match = /^(md5|sha-256)(-sess)?$/i.exec(name.trim());
  if (match === null) return undefined;
  return { algorithm: match[1]?.toUpperCase() === "MD5" ? "MD5" : "SHA-256", session: match[2] !== undefined };
}

/** H of RFC 7616 section 3.3, lower-case hex. */
export function digestHash(algorithm: DigestAlgorithm, data: string | Uint8Array): string {
  return createHash(algorithm === "MD5" ? "md5" : "sha256").update(data).digest("hex");
}

/** H(username:realm:password), what is stored instead of a password. */
export function computeHa1(algorithm: DigestAlgorithm, username: string, realm: string, password: string): string {
  return digestHash(algorithm, `${username}:${realm}:${password}`);
}

export interface DigestInput {
  readonly name: AlgorithmName;
  /** H(username:realm:password). */
  readonly ha1: string;
  readonly method: string;
  readonly uri: string;
  readonly nonce: string;
  /** `auth`, `auth-int`, or absent as in RFC 2069. */
  readonly qop?: string;
  readonly cnonce?: string;
  readonly nc?: string;
  /** For `auth-int`. */
  readonly body?: string | Uint8Array;
}

/** The `response` value of RFC 7616 section 3.4.1. */
export function computeResponse(input: DigestInput): string {
  const { algorithm, session } = input.name;
  const h = (data: string): string => digestHash(algorithm, data);
  const ha1 = session ? h(`${input.ha1}:${input.nonce}:${input.cnonce ?? ""}`) : input.ha1;
  const a2 = input.qop === "auth-int" ? `${input.method}:${input.uri}:${digestHash(algorithm, input.body ?? "")}` : `${input.method}:${input.uri}`;
  if (input.qop === undefined) return h(`${ha1}:${input.nonce}:${h(a2)}`);
  return h(`${ha1}:${input.nonce}:${input.nc ?? ""}:${input.cnonce ?? ""}:${input.qop}:${h(a2)}`);
}
