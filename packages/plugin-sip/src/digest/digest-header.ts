/** A challenge as read from WWW-Authenticate or Proxy-Authenticate. */
export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque?: string;
  /** As written; MD5 when absent. */
  readonly algorithm: string;
  /** Offered qualities; empty for a server of RFC 2069. */
  readonly qop: readonly string[];
  readonly stale: boolean;
}

/** Credentials as read from Authorization or Proxy-Authorization. */
export interface DigestCredentialsHeader {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  /** As written; MD5 when absent. */
  readonly algorithm: string;
  readonly qop?: string;
  readonly cnonce?: string;
  /** 8 hex digits as written. */
  readonly nc?: string;
  readonly opaque?: string;
}

/** Longest value worth reading; real ones have under 1 000 characters. */
const MAX_LENGTH = 4096;

/** Parameters of a `Digest` value, names in lower case; `undefined` for another scheme or a malformed value. */
export function parseDigest(value: string): Map<string, string> | undefined {
  if (value.length > MAX_LENGTH) return undefined;
  const scheme = /^\s*digest\s+/i.exec(value);
  if (scheme === null) return undefined;
  const params = new Map<string, string>();
  const pattern = /\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(,|$)/y;
  pattern.lastIndex = scheme[0].length;
  while (pattern.lastIndex < value.length) {
    // Empty list elements are legal (RFC 9110 section 5.6.1).
    const comma = /\s*,/y;
    comma.lastIndex = pattern.lastIndex;
    if (comma.test(value)) {
      pattern.lastIndex = comma.lastIndex;
      continue;
    }
    const match = pattern.exec(value);
    if (match === null) return undefined;
    const name = (match[1] ?? "").toLowerCase();
    // A name given twice is an attack on whoever reads the other one.
    if (params.has(name)) return undefined;
    params.set(name, match[2] === undefined ? (match[3] ?? "") : match[2].replace(/\\(.)/g, "$1"));
    if (match[4] === "") break;
  }
  return params;
}

export function parseChallenge(value: string): DigestChallenge | undefined {
  const params = parseDigest(value);
  const realm = params?.get("realm");
  const nonce = params?.get("nonce");
  if (params === undefined || realm === undefined || nonce === undefined) return undefined;
  const opaque = params.get("opaque");
  return {
    realm,
    nonce,
    ...(opaque === undefined ? {} : { opaque }),
    algorithm: params.get("algorithm") ?? "MD5",
    qop: (params.get("qop") ?? "").split(",").map((q) => q.trim().toLowerCase()).filter((q) => q !== ""),
    stale: params.get("stale")?.toLowerCase() === "true",
  };
}

export function parseCredentials(value: string): DigestCredentialsHeader | undefined {
  const params = parseDigest(value);
  if (params === undefined) return undefined;
  const [username, realm, nonce, uri, response] = ["username", "realm", "nonce", "uri", "response"].map((name) => params.get(name));
  if (username === undefined || realm === undefined || nonce === undefined || uri === undefined || response === undefined) return undefined;
  const optional = (name: string): Record<string, string> => {
    const found = params.get(name);
    return found === undefined ? {} : { [name]: found };
  };
  return { username, realm, nonce, uri, response, algorithm: params.get("algorithm") ?? "MD5", ...optional("qop"), ...optional("cnonce"), ...optional("nc"), ...optional("opaque") };
}

/** `"..."` with quotes and backslashes escaped; control characters are dropped, since they cannot stand in a header. */
export function quoted(text: string): string {
  // Everything below space, and DEL.
  const clean = [...text].filter((c) => c >= " " && c !== "\u007f").join("");
  return `"${clean.replace(/["\\]/g, "\\$&")}"`;
}
