import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";

/** A self-signed certificate. Peers do not trust it but compare its fingerprint with the one in SDP (RFC 5763). */
export interface DtlsCertificate {
  readonly der: Buffer;
  readonly key: KeyObject;
  /** SHA-256, upper case with colons (RFC 8122 section 5). */
  readonly fingerprint: string;
}

const YEAR_MS = 365.25 * 86_400_000;
/** ecdsa-with-SHA256, 1.2.840.10045.4.3.2. */
const ECDSA_SHA256 = Buffer.from("300a06082a8648ce3d040302", "hex");
/** commonName, 2.5.4.3. */
const COMMON_NAME = Buffer.from("0603550403", "hex");

/** @param now epoch ms. Good for ten years, from a day ago: clocks differ. */
export function createDtlsCertificate(now: number): DtlsCertificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const serial = randomBytes(16);
  serial[0] = ((serial[0] as number) & 0x3f) | 0x40; // positive, and never with an octet of zeros in front
  const name = der(0x30, der(0x31, der(0x30, COMMON_NAME, der(0x0c, Buffer.from("hotline")))));
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))), // version 3
    der(0x02, serial),
    ECDSA_SHA256,
    name,
    der(0x30, time(now - 86_400_000), time(now + 10 * YEAR_MS)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
  );
  const signature = sign("sha256", body, privateKey);
  const whole = der(0x30, body, ECDSA_SHA256, der(0x03, Buffer.from([0]), signature));
  return { der: whole, key: privateKey, fingerprint: fingerprintOf(whole, "sha256") };
}

/** Of a certificate in DER, as SDP writes it. */
export function fingerprintOf(certificate: Uint8Array, hash: string): string {
  return (createHash(hash).update(certificate).digest("hex").toUpperCase().match(/../g) ?? []).join(":");
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

/** UTCTime to 2049, GeneralizedTime after (RFC 5280 section 4.1.2.5). */
function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replaceAll(/[-:T]/g, "").slice(0, 14) + "Z";
  return digits < "2050" ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits));
}
