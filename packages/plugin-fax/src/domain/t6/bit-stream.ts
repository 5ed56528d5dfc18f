/** Bits in, most significant first. */
export class BitWriter {
  #octets = new Uint8Array(4096);
  #length = 0;
  #pending = 0;
  #bits = 0;

  put(value: number, length: number): void {
    for (let left = length; left > 0; ) {
      const take = Math.min(8 - this.#bits, left);
      left -= take;
      this.#pending = (this.#pending << take) | ((value >> left) & ((1 << take) - 1));
      this.#bits += take;
      if (this.#bits === 8) this.#flush();
    }
  }

  /** What was written, filled up with zeros to a whole octet. */
  end(): Uint8Array {
    if (this.#bits > 0) this.put(0, 8 - this.#bits);
    return this.#octets.slice(0, this.#length);
  }

  #flush(): void {
    if (this.#length === this.#octets.length) {
      const larger = new Uint8Array(this.#length * 2);
      larger.set(this.#octets);
      this.#octets = larger;
    }
    this.#octets[this.#length++] = this.#pending;
    this.#pending = 0;
    this.#bits = 0;
  }
}

/** Bits out, most significant first; zeros after the end. */
export class BitReader {
  position = 0;
  readonly end: number;

  constructor(private readonly octets: Uint8Array) {
    this.end = octets.length * 8;
  }

  /** The next bits (up to 24) without taking them. */
  peek(length: number): number {
    const first = this.position >> 3;
    const { octets } = this;
    const four = (((octets[first] ?? 0) << 24) | ((octets[first + 1] ?? 0) << 16) | ((octets[first + 2] ?? 0) << 8) | (octets[first + 3] ?? 0)) >>> 0;
    return ((four << (this.position & 7)) >>> 0) >>> (32 - length);
  }

  skip(length: number): void {
    this.position += length;
  }
}
