import type { CertificateFingerprint } from "../contracts/media.js";

/** Octets of the hashes that a certificate may be known by (RFC 8122 section 5): what is weaker proves nothing. */
const OCTETS: Readonly<Record<string, number>> = { "sha-256": 32, "sha-384": 48, "sha-512": 64 };

/** Whether a certificate can be told by this: a whole hash, of SHA-256 or better. */
export function isTrustedFingerprint({ algorithm, value }: CertificateFingerprint): boolean {
  const octets = OCTETS[algorithm.toLowerCase()];
  return octets !== undefined && value.length === octets * 3 - 1 && /^[0-9A-F]{2}(?::[0-9A-F]{2})*$/i.test(value);
}
