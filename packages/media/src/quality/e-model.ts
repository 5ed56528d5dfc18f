/** R of G.711 over a line without faults: the default values of ITU-T G.107 (06/2015) table 3 give 93.2. */
const BEST_R = 93.2;
/** Packet-loss robustness of G.711 (ITU-T G.113 Appendix I, table I.4): receivers that conceal losses as G.711 Appendix I does, and those that do not. */
const BPL = { concealed: 25.1, plain: 4.3 } as const;

/** What the E-model is asked about. */
export interface Impairments {
  /** Mouth to ear in one direction, ms. */
  readonly delayMs: number;
  /** Packets not heard, lost or too late, 0-1. */
  readonly lossRate: number;
  /** How losses cluster (BurstR): 1 = at random, 2 = twice as long in a row as random ones would be. Default 1. */
  readonly burstRatio?: number;
  /** Whether the receiver conceals losses. Default true, as phones, browsers and this engine do. */
  readonly concealed?: boolean;
}

/**
 * Transmission rating factor R of G.711, 0-93.2: R = Ro - Is - Idd - Ie-eff with all other values of ITU-T G.107 at their
 * defaults, echo-free (section 7.4 with TELR out of account, section 7.5 for the losses).
 */
export function ratingOf({ delayMs, lossRate, burstRatio = 1, concealed = true }: Impairments): number {
  const loss = Math.min(1, Math.max(0, lossRate)) * 100;
  const bpl = concealed ? BPL.concealed : BPL.plain;
  const equipment = loss === 0 ? 0 : (95 * loss) / (loss / Math.max(1, burstRatio) + bpl);
  return Math.max(0, BEST_R - delayImpairment(delayMs) - equipment);
}

/** Idd: nothing up to 100 ms. */
function delayImpairment(delayMs: number): number {
  if (delayMs <= 100) return 0;
  const x = Math.log2(delayMs / 100);
  return 25 * ((1 + x ** 6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2);
}

/** Estimated mean opinion score in conversation, 1-4.5 (MOS-CQE, ITU-T G.107 Annex B). */
export function mosOf(rating: number): number {
  if (rating <= 0) return 1;
  if (rating >= 100) return 4.5;
  // The cubic dips below 1 for ratings under 6.5.
  return Math.max(1, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6);
}
