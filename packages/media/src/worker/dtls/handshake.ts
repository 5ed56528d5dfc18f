import { DtlsFormatError, number, OctetReader } from "./octets.js";

export const HandshakeType = { clientHello: 1, serverHello: 2, certificate: 11, serverKeyExchange: 12, certificateRequest: 13, serverHelloDone: 14, certificateVerify: 15, clientKeyExchange: 16, finished: 20 } as const;

/** A whole handshake message. */
export interface HandshakeMessage {
  readonly type: number;
  readonly body: Buffer;
  /** As it counts for the transcript: with the header of an unfragmented message (RFC 6347 section 4.2.6). */
  readonly whole: Buffer;
}

/** A certificate chain of a browser is below one kilobyte; RSA chains of phones below eight. */
const MAX_MESSAGE = 16_384;
/** Messages of the other side in one handshake: five. */
const MAX_AHEAD = 8;

export function writeHandshake(type: number, sequence: number, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([type]), number(body.length, 3), number(sequence, 2), number(0, 3), number(body.length, 3), body]);
}

interface Pieces {
  readonly type: number;
  readonly body: Buffer;
  readonly have: Uint8Array;
  missing: number;
}

/** Puts the fragments of handshake messages together, whatever their order, and gives out the messages in theirs. */
export class HandshakeReader {
  readonly #waiting = new Map<number, Pieces>();
  #next = 0;

  /**
   * Takes the content of a handshake record.
   *
   * @returns the messages that are whole now, and whether something that had been given out came again.
   * @throws DtlsFormatError
   */
  take(content: Buffer): { messages: HandshakeMessage[]; again: boolean } {
    const reader = new OctetReader(content);
    let again = false;
    while (reader.left > 0) {
      const type = reader.number(1);
      const length = reader.number(3);
      const sequence = reader.number(2);
      const offset = reader.number(3);
      const fragment = reader.vector(3);
      if (length > MAX_MESSAGE || offset + fragment.length > length) throw new DtlsFormatError("a handshake fragment is out of range");
      if (sequence < this.#next) again = true;
      else if (sequence < this.#next + MAX_AHEAD) this.#put(sequence, type, length, offset, fragment);
    }
    const messages: HandshakeMessage[] = [];
    for (let ready = this.#waiting.get(this.#next); ready !== undefined && ready.missing === 0; ready = this.#waiting.get(this.#next)) {
      this.#waiting.delete(this.#next);
      messages.push({ type: ready.type, body: ready.body, whole: writeHandshake(ready.type, this.#next, ready.body) });
      this.#next++;
    }
    return { messages, again };
  }

  #put(sequence: number, type: number, length: number, offset: number, fragment: Buffer): void {
    let pieces = this.#waiting.get(sequence);
    if (pieces === undefined || pieces.type !== type || pieces.body.length !== length) {
      pieces = { type, body: Buffer.alloc(length), have: new Uint8Array(length), missing: length };
      this.#waiting.set(sequence, pieces);
    }
    for (let i = 0; i < fragment.length; i++) {
      if (pieces.have[offset + i] === 1) continue;
      pieces.have[offset + i] = 1;
      pieces.body[offset + i] = fragment[i] as number;
      pieces.missing--;
    }
  }
}

/** What counts of a ClientHello. */
export interface ClientHello {
  readonly random: Buffer;
  readonly ciphers: readonly number[];
  readonly extensions: ReadonlyMap<number, Buffer>;
}

/** @throws DtlsFormatError */
export function readClientHello(body: Buffer): ClientHello {
  const reader = new OctetReader(body);
  reader.take(2); // the version: what it can really do, 1.2 at least, tell its ciphers
  const random = reader.take(32);
  reader.vector(1); // session: none is kept
  reader.vector(1); // cookie: none was asked for
  const ciphers = numbers(reader.vector(2));
  reader.vector(1); // compression
  const extensions = new Map<number, Buffer>();
  if (reader.left > 0) {
    const list = new OctetReader(reader.vector(2));
    while (list.left > 0) extensions.set(list.number(2), list.vector(2));
  }
  return { random, ciphers, extensions };
}

/** A list of 16-bit numbers. */
export function numbers(octets: Buffer): number[] {
  return Array.from({ length: octets.length >> 1 }, (_, i) => octets.readUInt16BE(i * 2));
}
