import { createHash } from "node:crypto";

/** HA1 = H(username ":" realm ":" password) in UTF-8, lower-case hex (RFC 7616 section 3.4.2, RFC 8760). */
export function digestHa1(username: string, realm: string, password: string): { md5: string; sha256: string } {
  const text = `${username}:${realm}:${password}`;
  return {
    md5: createHash("md5").update(text, "utf8").digest("hex"),
    sha256: createHash("sha256").update(text, "utf8").digest("hex"),
  };
}
