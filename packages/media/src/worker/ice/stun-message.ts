import { createHmac, timingSafeEqual } from "node:crypto";
import { crc32 } from "node:zlib";

/** RFC 8489 section 5. */
const COOKIE = 0x2112a442;
const HEADER = 20;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const BINDING_ERROR = 0x0111;
const Attribute = { username: 0x0006, integrity: 0x0008, errorCode: 0x0009, xorMappedAddress: 0x0020, priority: 0x0024, useCandidate: 0x0025, fingerprint: 0x8028, controlled: 0x8029 } as const;
const FINGERPRINT_XOR = 0x5354554e;
const INTEGRITY_BYTES = 20;

/** A connectivity check of an ICE peer (RFC 8445 section 7.1). */
export interface StunRequest {
  readonly transaction: Buffer;
  /** `ours:theirs`. */
  readonly username: string;
  readonly priority: number;
  /** The peer chooses this path. */
  readonly nominates: boolean;
  /** The peer thinks that we are the one to choose. */
  readonly peerIsControlled: boolean;
  /** Whether it was made with this password. */
  genuine(password: string): boolean;
}

/** Whether a datagram on a port shared with DTLS and RTP is STUN (RFC 7983 section 7, and the cookie). */
export function isStun(datagram: Uint8Array): boolean {
  return datagram.length >= HEADER && (datagram[0] as number) < 4 && datagram[4] === 0x21 && datagram[5] === 0x12 && datagram[6] === 0xa4 && datagram[7] === 0x42;
}

/** Reads a connectivity check; `undefined` when it is something else, is malformed, or lacks the integrity or the fingerprint that ICE asks for. */
export function readStunRequest(datagram: Buffer): StunRequest | undefined {
  if (!isStun(datagram) || datagram.readUInt16BE(0) !== BINDING_REQUEST || datagram.readUInt16BE(2) !== datagram.length - HEADER) return undefined;
  let username: string | undefined;
  let priority = 0;
  let nominates = false;
  let peerIsControlled = false;
  let integrityAt = -1;
  let summed = false;
  for (let at = HEADER; at + 4 <= datagram.length; ) {
    const type = datagram.readUInt16BE(at);
    const length = datagram.readUInt16BE(at + 2);
    const end = at + 4 + length;
    if (end > datagram.length) return undefined;
    const value = datagram.subarray(at + 4, end);
    if (type === Attribute.fingerprint) {
      if (length !== 4 || value.readUInt32BE(0) !== ((crc32(datagram.subarray(0, at)) ^ FINGERPRINT_XOR) >>> 0)) return undefined;
      summed = true;
    } else if (integrityAt >= 0) {
      // What follows the integrity is not covered by it.
    } else if (type === Attribute.integrity) {
      if (length !== INTEGRITY_BYTES) return undefined;
      integrityAt = at;
    } else if (type === Attribute.username) username = value.toString("utf8");
    else if (type === Attribute.priority && length === 4) priority = value.readUInt32BE(0);
    else if (type === Attribute.useCandidate) nominates = true;
    else if (type === Attribute.controlled) peerIsControlled = true;
    at = end + ((4 - (length & 3)) & 3);
  }
  if (username === undefined || integrityAt < 0 || !summed) return undefined;
  const covered = Buffer.from(datagram.subarray(0, integrityAt));
  covered.writeUInt16BE(integrityAt + 4 + INTEGRITY_BYTES - HEADER, 2);
  const integrity = Buffer.from(datagram.subarray(integrityAt + 4, integrityAt + 4 + INTEGRITY_BYTES));
  return {
    transaction: Buffer.from(datagram.subarray(8, HEADER)),
    username,
    priority,
    nominates,
    peerIsControlled,
    genuine: (password) => timingSafeEqual(createHmac("sha1", password).update(covered).digest(), integrity),
  };
}

/** Tells the peer from where we see it. */
export function stunSuccess(transaction: Buffer, address: string, port: number, password: string): Buffer {
  return response(BINDING_SUCCESS, transaction, attribute(Attribute.xorMappedAddress, xorAddress(transaction, address, port)), password);
}

/** 487: the roles are in conflict (RFC 8445 section 7.3.1.1). */
export function stunRoleConflict(transaction: Buffer, password: string): Buffer {
  return response(BINDING_ERROR, transaction, attribute(Attribute.errorCode, Buffer.concat([Buffer.from([0, 0, 4, 87]), Buffer.from("Role Conflict")])), password);
}

function response(type: number, transaction: Buffer, content: Buffer, password: string): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(type, 0);
  header.writeUInt32BE(COOKIE, 4);
  transaction.copy(header, 8);
  header.writeUInt16BE(content.length + 4 + INTEGRITY_BYTES, 2);
  const integrity = attribute(Attribute.integrity, createHmac("sha1", password).update(header).update(content).digest());
  header.writeUInt16BE(content.length + integrity.length + 8, 2);
  const whole = Buffer.concat([header, content, integrity]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE((crc32(whole) ^ FINGERPRINT_XOR) >>> 0);
  return Buffer.concat([whole, attribute(Attribute.fingerprint, sum)]);
}

function attribute(type: number, value: Buffer): Buffer {
  const out = Buffer.alloc(4 + ((value.length + 3) & ~3));
  out.writeUInt16BE(type, 0);
  out.writeUInt16BE(value.length, 2);
  value.copy(out, 4);
  return out;
}

/** RFC 8489 section 14.2. */
function xorAddress(transaction: Buffer, address: string, port: number): Buffer {
  const mask = Buffer.alloc(16);
  mask.writeUInt32BE(COOKIE, 0);
  transaction.copy(mask, 4);
  const v6 = address.includes(":");
  const octets = v6 ? ipv6Octets(address) : Buffer.from(address.split(".").map(Number));
  const out = Buffer.alloc(4 + octets.length);
  out[1] = v6 ? 2 : 1;
  out.writeUInt16BE(port ^ (COOKIE >>> 16), 2);
  for (let i = 0; i < octets.length; i++) out[4 + i] = (octets[i] as number) ^ (mask[i] as number);
  return out;
}

function ipv6Octets(address: string): Buffer {
  const plain = (address.split("%")[0] ?? "").replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => [((Number(a) << 8) | Number(b)).toString(16), ((Number(c) << 8) | Number(d)).toString(16)].join(":"));
  const [head = "", tail] = plain.split("::");
  const groups = (text: string): number[] => (text === "" ? [] : text.split(":").map((group) => parseInt(group, 16)));
  const first = groups(head);
  const last = tail === undefined ? [] : groups(tail);
  const all = [...first, ...new Array<number>(Math.max(0, 8 - first.length - last.length)).fill(0), ...last];
  const out = Buffer.alloc(16);
  for (const [i, group] of all.slice(0, 8).entries()) out.writeUInt16BE(group & 0xffff, i * 2);
  return out;
}
