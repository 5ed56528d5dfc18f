/** A packet on its way. */
export interface Arriving {
  readonly number: number;
  /** Media time of arrival, samples. */
  readonly at: number;
}

export interface LinkFaults {
  /** Shares of all packets, 0-1. */
  readonly loss?: number;
  readonly reorder?: number;
  readonly duplicate?: number;
  /** Each packet is held up by up to so long, ms. */
  readonly jitterMs?: number;
}

/** What a link did to the packets of a stream; the same for the same seed. */
export interface LinkResult {
  /** In the order of arrival. */
  readonly arrivals: readonly Arriving[];
  readonly lost: ReadonlySet<number>;
  readonly duplicated: number;
  /** Packets that arrived after one that was sent later. */
  readonly overtaken: number;
}

/** Numbers 0-1 that look random. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x1_0000_0000;
  };
}

/** Sends packets of 20 ms over a link that loses, delays, reorders and doubles them. Nothing of the first and last is lost, so that counts are exact. */
export function overLink(packets: number, faults: LinkFaults, seed = 1): LinkResult {
  const random = randomFrom(seed);
  const arrivals: Arriving[] = [];
  const lost = new Set<number>();
  let duplicated = 0;
  for (let number = 0; number < packets; number++) {
    const edge = number === 0 || number === packets - 1;
    const sent = number * 160;
    const delay = Math.floor(random() * (faults.jitterMs ?? 0) * 8);
    const drop = random() < (faults.loss ?? 0);
    // Overtaken by the next one at least: held up for longer than the time between two.
    const behind = random() < (faults.reorder ?? 0) ? 200 + Math.floor((faults.jitterMs ?? 0) * 8) : 0;
    const twice = random() < (faults.duplicate ?? 0);
    if (drop && !edge) {
      lost.add(number);
      continue;
    }
    arrivals.push({ number, at: sent + (edge ? 0 : delay + behind) });
    if (twice && !edge) {
      duplicated++;
      arrivals.push({ number, at: sent + delay + behind + 40 });
    }
  }
  arrivals.sort((a, b) => a.at - b.at || a.number - b.number);
  let highest = -1;
  let overtaken = 0;
  const seen = new Set<number>();
  for (const { number } of arrivals) {
    if (!seen.has(number) && number < highest) overtaken++;
    seen.add(number);
    highest = Math.max(highest, number);
  }
  return { arrivals, lost, duplicated, overtaken };
}
