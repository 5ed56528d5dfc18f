/** A message ended before what it announced, or is no message at all. */
export class DtlsFormatError extends Error {
  override readonly name = "DtlsFormatError";
}

/** Reads the vectors and numbers of TLS messages (RFC 5246 section 4). */
export class OctetReader {
  readonly #octets: Buffer;
  #at = 0;

  constructor(octets: Buffer) {
    this.#octets = octets;
  }

  get left(): number {
    return this.#octets.length - this.#at;
  }

  take(length: number): Buffer {
    if (length > this.left) throw new DtlsFormatError("a message is cut short");
    this.#at += length;
    return this.#octets.subarray(this.#at - length, this.#at);
  }

  number(octets: 1 | 2 | 3): number {
    return this.take(octets).readUIntBE(0, octets);
  }

  /** What follows its own length. */
  vector(lengthOctets: 1 | 2 | 3): Buffer {
    return this.take(this.number(lengthOctets));
  }
}

export function number(value: number, octets: 1 | 2 | 3 | 6): Buffer {
  const out = Buffer.alloc(octets);
  out.writeUIntBE(value, 0, octets);
  return out;
}

export function vector(lengthOctets: 1 | 2 | 3, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([number(content.length, lengthOctets), content]);
}
