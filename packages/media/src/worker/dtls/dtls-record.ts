import { createCipheriv, createDecipheriv } from "node:crypto";
import { number } from "./octets.js";

export const CHANGE_CIPHER_SPEC = 20;
export const ALERT = 21;
export const HANDSHAKE = 22;

const HEADER = 13;
/** DTLS 1.2; a ClientHello may still say 1.0 in its record (RFC 6347 section 4.2.1). */
const VERSION = Buffer.from([0xfe, 0xfd]);
const TAG = 16;
const EXPLICIT = 8;

/** One record of a datagram. */
export interface DtlsRecord {
  readonly type: number;
  readonly epoch: number;
  /** Epoch and sequence number as they stood. */
  readonly counter: Buffer;
  readonly fragment: Buffer;
}

/** The records of a datagram, up to the first that is malformed. */
export function readRecords(datagram: Buffer): DtlsRecord[] {
  const records: DtlsRecord[] = [];
  let at = 0;
  while (at + HEADER <= datagram.length) {
    const length = datagram.readUInt16BE(at + 11);
    const end = at + HEADER + length;
    if (datagram[at + 1] !== 0xfe || end > datagram.length) break;
    records.push({ type: datagram[at] as number, epoch: datagram.readUInt16BE(at + 3), counter: datagram.subarray(at + 3, at + 11), fragment: datagram.subarray(at + HEADER, end) });
    at = end;
  }
  return records;
}

/** Numbers what we send, one count for each epoch. */
export class RecordWriter {
  readonly #next = [0, 0];

  write(type: number, epoch: 0 | 1, fragment: Uint8Array, seal?: RecordCipher): Buffer {
    const sequence = this.#next[epoch] as number;
    this.#next[epoch] = sequence + 1;
    const counter = Buffer.concat([number(epoch, 2), number(sequence, 6)]);
    const content = seal === undefined ? fragment : seal.seal(type, counter, fragment);
    return Buffer.concat([Buffer.from([type]), VERSION, counter, number(content.length, 2), content]);
  }
}

/** AES-128-GCM of one direction (RFC 5288, RFC 6347 section 4.1.2). */
export class RecordCipher {
  /** @param salt the four octets of the nonce that are not sent. */
  constructor(
    private readonly key: Buffer,
    private readonly salt: Buffer,
  ) {}

  seal(type: number, counter: Buffer, content: Uint8Array): Buffer {
    const cipher = createCipheriv("aes-128-gcm", this.key, Buffer.concat([this.salt, counter]));
    cipher.setAAD(additional(type, counter, content.length));
    return Buffer.concat([counter, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
  }

  /** `undefined`: not genuine. */
  open({ type, counter, fragment }: DtlsRecord): Buffer | undefined {
    const length = fragment.length - EXPLICIT - TAG;
    if (length < 0) return undefined;
    const decipher = createDecipheriv("aes-128-gcm", this.key, Buffer.concat([this.salt, fragment.subarray(0, EXPLICIT)]), { authTagLength: TAG });
    decipher.setAAD(additional(type, counter, length));
    decipher.setAuthTag(fragment.subarray(EXPLICIT + length));
    const clear = decipher.update(fragment.subarray(EXPLICIT, EXPLICIT + length));
    try {
      decipher.final();
      return clear;
    } catch {
      return undefined; // the tag is wrong
    }
  }
}

function additional(type: number, counter: Buffer, length: number): Buffer {
  return Buffer.concat([counter, Buffer.from([type]), VERSION, number(length, 2)]);
}
