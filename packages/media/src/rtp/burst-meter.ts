import { GMIN } from "./voip-metrics.js";

/** How losses (of packets that never came, and of those that came of no use) cluster, in the terms of RFC 3611 section 4.7.2. */
export interface BurstFigures {
  /** Packets lost or thrown away within bursts, and between them, of all of that time; 0-1. */
  readonly burstDensity: number;
  readonly gapDensity: number;
  /** Mean length, in packets; 0 where there is none. */
  readonly burstPackets: number;
  readonly gapPackets: number;
}

/**
 * Tells bursts of losses from single ones. A burst begins and ends with a lost packet and has no sixteen in a row that came; a
 * lost packet that sixteen came before and after belongs to the gap around it. It is told of losses alone, in order.
 */
export class BurstMeter {
  /** Of bursts that are over. */
  #bursts = 0;
  #burstPackets = 0;
  #burstLost = 0;
  /** Gaps with anything in them. */
  #gaps = 0;
  #single = 0;
  /** Where the gap before the losses at hand began. */
  #gapFrom = 0;
  /** The losses at hand: first, last and how many; a burst from the second on. */
  #first = -1;
  #last = -1;
  #count = 0;

  /** @param number of the lost packet, counted from the first one (0), above that of the one before. */
  lost(number: number): void {
    if (this.#count > 0 && number - this.#last - 1 < GMIN) {
      this.#last = number;
      this.#count++;
      return;
    }
    this.#close();
    this.#first = this.#last = number;
    this.#count = 1;
  }

  /** @param end number after that of the last packet. */
  figures(end: number): BurstFigures {
    const open = this.#count > 1;
    const bursts = this.#bursts + (open ? 1 : 0);
    const inBursts = this.#burstPackets + (open ? this.#last - this.#first + 1 : 0);
    const lostInBursts = this.#burstLost + (open ? this.#count : 0);
    const single = this.#single + (this.#count === 1 ? 1 : 0);
    const inGaps = end - inBursts;
    const beforeOpen = open && this.#first > this.#gapFrom ? 1 : 0;
    const after = (open ? this.#last + 1 : this.#gapFrom) < end ? 1 : 0;
    const gaps = this.#gaps + beforeOpen + after;
    return {
      burstDensity: inBursts === 0 ? 0 : lostInBursts / inBursts,
      gapDensity: inGaps <= 0 ? 0 : single / inGaps,
      burstPackets: bursts === 0 ? 0 : inBursts / bursts,
      gapPackets: gaps === 0 ? 0 : inGaps / gaps,
    };
  }

  #close(): void {
    if (this.#count === 1) this.#single++;
    else if (this.#count > 1) {
      this.#bursts++;
      this.#burstPackets += this.#last - this.#first + 1;
      this.#burstLost += this.#count;
      if (this.#first > this.#gapFrom) this.#gaps++;
      this.#gapFrom = this.#last + 1;
    }
    this.#count = 0;
  }
}
