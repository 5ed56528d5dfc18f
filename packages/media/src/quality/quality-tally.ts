import type { LegQuality } from "@hotlinejs/core";

/**
 * How good a leg was, by its worse direction, in the classes of ITU-T G.107 Annex B (table B.1): `good` from R 80 (MOS 4.03) on, satisfied or
 * better; `fair` from R 70 (MOS 3.60) on, some users dissatisfied; `bad` below, many or nearly all.
 */
export type QualityClass = "good" | "fair" | "bad";

/** From us to the party, or from the party to us. */
export type StreamDirection = "received" | "sent";

const GOOD_R = 80;
const FAIR_R = 70;

/** Sums over the streams of one direction that were judged. */
export interface StreamSums {
  readonly streams: number;
  /** Sent to the receiver. */
  readonly packets: number;
  /** Of them: not heard, lost or known to have come too late. */
  readonly lost: number;
  /** Of the mean jitter of each stream, s. */
  readonly jitterSeconds: number;
  /** Of the MOS of each stream. */
  readonly mos: number;
}

const NOTHING: StreamSums = { streams: 0, packets: 0, lost: 0, jitterSeconds: 0, mos: 0 };

/** What the sound of legs was like that are over. */
export class QualityTally {
  readonly #legs: Record<QualityClass, number> = { good: 0, fair: 0, bad: 0 };
  readonly #sums: Record<StreamDirection, StreamSums> = { received: NOTHING, sent: NOTHING };

  /** By class; also those there were none of. */
  get legs(): Readonly<Record<QualityClass, number>> {
    return this.#legs;
  }

  get sums(): Readonly<Record<StreamDirection, StreamSums>> {
    return this.#sums;
  }

  /** @param quality of the whole leg; one that could not be judged (on a line, or under a second) counts nowhere. */
  add(quality: LegQuality | undefined): void {
    const ratings: number[] = [];
    for (const direction of ["received", "sent"] as const) {
      const stream = quality?.[direction];
      if (stream === undefined) continue;
      ratings.push(stream.rating);
      const { streams, packets, lost, jitterSeconds, mos } = this.#sums[direction];
      this.#sums[direction] = {
        streams: streams + 1,
        packets: packets + stream.packets,
        lost: lost + Math.min(stream.packets, stream.lost + stream.discarded),
        jitterSeconds: jitterSeconds + stream.jitterMs / 1_000,
        mos: mos + stream.mos,
      };
    }
    if (ratings.length > 0) this.#legs[classOf(Math.min(...ratings))]++;
  }
}

function classOf(rating: number): QualityClass {
  return rating >= GOOD_R ? "good" : rating >= FAIR_R ? "fair" : "bad";
}
