import { createCipheriv } from "node:crypto";
import type { Cipher } from "node:crypto";
import type { SrtpSuite } from "@hotlinejs/core";

/** Octets of a master key with its salt (RFC 3711 section 8.2: 128 and 112 bits). */
export const MASTER_BYTES = 30;
const KEY_BYTES = 16;
const AUTH_KEY_BYTES = 20;
const SALT_BYTES = 14;

/** Octets of the tag behind RTP packets; behind RTCP it is always ten (RFC 4568 section 6.2). */
export const TAG_BYTES: Readonly<Record<SrtpSuite, number>> = { AES_CM_128_HMAC_SHA1_80: 10, AES_CM_128_HMAC_SHA1_32: 4 };
export const RTCP_TAG_BYTES = 10;

/** Keys of one direction, derived from its master key. */
export interface SessionKeys {
  readonly cipher: KeyStream;
  readonly authKey: Uint8Array;
}

/** RFC 3711 section 4.3.1 with key derivation rate 0. `label`: 0 for RTP, 3 for RTCP. */
export function deriveKeys(master: Uint8Array, label: 0 | 3): SessionKeys {
  if (master.length !== MASTER_BYTES) throw new RangeError(`an SRTP master key with salt has ${MASTER_BYTES} octets, not ${master.length}`);
  const salt = master.subarray(KEY_BYTES);
  const derive = (purpose: number, length: number): Uint8Array => {
    const iv = Buffer.alloc(16);
    iv.set(salt);
    iv[7] = (iv[7] as number) ^ purpose;
    return createCipheriv("aes-128-ctr", master.subarray(0, KEY_BYTES), iv).update(Buffer.alloc(length));
  };
  return { cipher: new KeyStream(derive(label, KEY_BYTES), derive(label + 2, SALT_BYTES)), authKey: derive(label + 1, AUTH_KEY_BYTES) };
}

/**
 * AES in counter mode (RFC 3711 section 4.1.1). One block cipher serves all packets and is fed their
 * counters: making a new cipher for each packet would cost three times as much.
 */
export class KeyStream {
  readonly #aes: Cipher;
  readonly #salt: Uint8Array;
  #counters = Buffer.alloc(16 * 12);

  constructor(key: Uint8Array, salt: Uint8Array) {
    this.#aes = createCipheriv("aes-128-ecb", key, null).setAutoPadding(false);
    this.#salt = salt;
  }

  /** En- or decrypts `length` octets from `from` into `to`. `index` is the packet's, 48 bits for RTP and 31 for RTCP. */
  apply(ssrc: number, index: number, from: Uint8Array, fromAt: number, to: Uint8Array, toAt: number, length: number): void {
    if (length === 0) return;
    const blocks = (length + 15) >> 4;
    if (this.#counters.length < blocks * 16) this.#counters = Buffer.alloc(blocks * 16);
    const counters = this.#counters;
    counters.set(this.#salt, 0);
    const high = Math.floor(index / 0x1_0000);
    xor32(counters, 4, ssrc);
    xor32(counters, 8, high);
    counters[12] = (counters[12] as number) ^ ((index >>> 8) & 0xff);
    counters[13] = (counters[13] as number) ^ (index & 0xff);
    counters[14] = 0;
    counters[15] = 0;
    for (let block = 1; block < blocks; block++) {
      counters.copyWithin(block * 16, 0, 14);
      counters[block * 16 + 14] = block >> 8;
      counters[block * 16 + 15] = block;
    }
    const stream = this.#aes.update(counters.subarray(0, blocks * 16));
    for (let i = 0; i < length; i++) to[toAt + i] = (from[fromAt + i] as number) ^ (stream[i] as number);
  }
}

function xor32(octets: Uint8Array, at: number, value: number): void {
  octets[at] = (octets[at] as number) ^ (value >>> 24);
  octets[at + 1] = (octets[at + 1] as number) ^ ((value >>> 16) & 0xff);
  octets[at + 2] = (octets[at + 2] as number) ^ ((value >>> 8) & 0xff);
  octets[at + 3] = (octets[at + 3] as number) ^ (value & 0xff);
}
