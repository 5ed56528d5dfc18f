/**
 * Packets under way at once in the kernel's queue before a buffer is used again. Node sends a UDP
 * packet within `send` unless the socket's buffer is full, so reuse is safe already; the ring covers that case.
 */
const RING = 8;

/** Buffers for packets, used in turn. */
export class PacketRing {
  readonly #ring: Uint8Array[] = [];
  #next = 0;

  /** One of exactly this length. */
  take(length: number): Uint8Array {
    const at = this.#next++ % RING;
    const held = this.#ring[at];
    if (held !== undefined && held.length === length) return held;
    const made = Buffer.allocUnsafeSlow(length);
    this.#ring[at] = made;
    return made;
  }
}
