/** How far apart two sequence numbers may be and still belong to one turn of the 16-bit counter. */
const HALF = 0x8000;

/** Rollover counter of one stream: makes 48-bit indexes of 16-bit sequence numbers (RFC 3711 section 3.3.1). */
export class PacketIndex {
  #highest = -1;

  /** The likeliest index of this sequence number; negative when it can only be of a time before the stream began. */
  guess(sequence: number): number {
    if (this.#highest < 0) return sequence;
    const last = this.#highest % 0x1_0000;
    const turn = this.#highest - last;
    if (last < HALF) return turn + sequence - (sequence - last > HALF ? 0x1_0000 : 0);
    return turn + sequence + (last - sequence > HALF ? 0x1_0000 : 0);
  }

  /** The packet was genuine: later guesses go from it. */
  accept(index: number): void {
    if (index > this.#highest) this.#highest = index;
  }
}

/** Packets so far behind the newest are refused (RFC 3711 section 3.3.2 asks for 64 at least). */
const WINDOW = 128;

/** Tells packets that came before from new ones. */
export class ReplayWindow {
  #highest = -1;
  readonly #seen = new Float64Array(WINDOW).fill(-1);

  fresh(index: number): boolean {
    return index >= 0 && index > this.#highest - WINDOW && this.#seen[index % WINDOW] !== index;
  }

  accept(index: number): void {
    this.#seen[index % WINDOW] = index;
    if (index > this.#highest) this.#highest = index;
  }
}
