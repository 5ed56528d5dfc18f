import { expect, it } from "vitest";
import { isTrustedFingerprint } from "./certificate-fingerprint.js";

const hash = (octets: number): string => Array.from({ length: octets }, () => "aB").join(":");

it("knows what a certificate can be told by", () => {
  for (const [algorithm, octets] of [["sha-256", 32], ["SHA-256", 32], ["sha-384", 48], ["sha-512", 64]] as const) expect(isTrustedFingerprint({ algorithm, value: hash(octets) })).toBe(true);
  for (const [algorithm, value] of [["sha-1", hash(20)], ["md5", hash(16)], ["sha-256", hash(31)], ["sha-256", hash(33)], ["sha-512", hash(32)], ["sha-256", hash(32).replaceAll(":", "-")], ["sha-256", ""], ["toString", hash(32)]] as const) {
    expect([algorithm, isTrustedFingerprint({ algorithm, value })]).toEqual([algorithm, false]);
  }
});
