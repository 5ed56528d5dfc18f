/** Packet type of extended reports (RFC 3611 section 2). */
export const XR = 207;
/** Block type of VoIP metrics, and its length with the block's header (section 4.7). */
const VOIP_METRICS = 7;
export const VOIP_METRICS_BYTES = 36;
/** Says of a figure that it is not known (sections 4.7.4, 4.7.5). */
const UNKNOWN = 127;
/** As many packets received in a row end a burst (section 4.7.2). */
export const GMIN = 16;

/** One VoIP Metrics Report Block (RFC 3611 section 4.7): how a receiver finds the stream of `ssrc`. Levels of the signal are not told. */
export interface VoipMetrics {
  /** Stream that is spoken of. */
  readonly ssrc: number;
  /** Packets lost on the way, and packets thrown away for coming too late or too early, each of all that were sent; 0-1. */
  readonly lossRate: number;
  readonly discardRate: number;
  /** Packets lost or thrown away within bursts, and between them, of all of that time; 0-1. */
  readonly burstDensity: number;
  readonly gapDensity: number;
  /** Mean length of a burst, and of the time between two, ms. */
  readonly burstMs: number;
  readonly gapMs: number;
  /** ms; 0 where it has not been measured. */
  readonly roundTripMs: number;
  /** What the receiver itself delays, ms. */
  readonly endSystemMs: number;
  /** Transmission rating factor R, 0-100 (ITU-T G.107). */
  readonly rating: number | undefined;
  /** Mean opinion scores, 1-5, for listening alone and in conversation. */
  readonly mosLq: number | undefined;
  readonly mosCq: number | undefined;
  /** What the receiver's jitter buffer holds back: now, at the most so far, and at the most it could, ms. `undefined`: it has none, or does not tell. */
  readonly jitterBuffer: { readonly nominalMs: number; readonly maximumMs: number; readonly absoluteMs: number } | undefined;
}

/** Writes the block, `VOIP_METRICS_BYTES` long. */
export function writeVoipMetrics(view: DataView, at: number, metrics: VoipMetrics): void {
  const { jitterBuffer } = metrics;
  view.setUint8(at, VOIP_METRICS);
  view.setUint8(at + 1, 0);
  view.setUint16(at + 2, VOIP_METRICS_BYTES / 4 - 1);
  view.setUint32(at + 4, metrics.ssrc);
  for (const [i, share] of [metrics.lossRate, metrics.discardRate, metrics.burstDensity, metrics.gapDensity].entries()) view.setUint8(at + 8 + i, clamp(Math.floor(share * 256), 255));
  for (const [i, ms] of [metrics.burstMs, metrics.gapMs, metrics.roundTripMs, metrics.endSystemMs].entries()) view.setUint16(at + 12 + i * 2, clamp(Math.round(ms), 0xffff));
  for (let i = 0; i < 3; i++) view.setUint8(at + 20 + i, UNKNOWN); // signal level, noise level, residual echo return loss
  view.setUint8(at + 23, GMIN);
  view.setUint8(at + 24, metrics.rating === undefined ? UNKNOWN : clamp(Math.round(metrics.rating), 100));
  view.setUint8(at + 25, UNKNOWN); // R of a further segment
  view.setUint8(at + 26, score(metrics.mosLq));
  view.setUint8(at + 27, score(metrics.mosCq));
  // Losses are concealed by more than silence (PLC 10); the jitter buffer, where there is one, adapts (JBA 11).
  view.setUint8(at + 28, jitterBuffer === undefined ? 0 : 0b1011_0000);
  view.setUint8(at + 29, 0);
  for (const [i, ms] of [jitterBuffer?.nominalMs, jitterBuffer?.maximumMs, jitterBuffer?.absoluteMs].entries()) view.setUint16(at + 30 + i * 2, clamp(Math.round(ms ?? 0), 0xffff));
}

/**
 * The VoIP metrics of an extended report whose blocks begin at `at` and end at `end`. Blocks of other types are skipped.
 *
 * @returns `undefined` when a block does not end where the packet does, or one of VoIP metrics has another length than it must.
 */
export function readVoipMetrics(view: DataView, at: number, end: number): readonly VoipMetrics[] | undefined {
  const found: VoipMetrics[] = [];
  while (at < end) {
    if (at + 4 > end) return undefined;
    const length = (view.getUint16(at + 2) + 1) * 4;
    if (at + length > end) return undefined;
    if (view.getUint8(at) === VOIP_METRICS) {
      if (length !== VOIP_METRICS_BYTES) return undefined;
      found.push(readBlock(view, at));
    }
    at += length;
  }
  return found;
}

function readBlock(view: DataView, at: number): VoipMetrics {
  const share = (offset: number): number => view.getUint8(at + offset) / 256;
  const nominalMs = view.getUint16(at + 30);
  const maximumMs = view.getUint16(at + 32);
  const absoluteMs = view.getUint16(at + 34);
  const rating = view.getUint8(at + 24);
  return {
    ssrc: view.getUint32(at + 4),
    lossRate: share(8),
    discardRate: share(9),
    burstDensity: share(10),
    gapDensity: share(11),
    burstMs: view.getUint16(at + 12),
    gapMs: view.getUint16(at + 14),
    roundTripMs: view.getUint16(at + 16),
    endSystemMs: view.getUint16(at + 18),
    // What is out of its range says nothing (section 4.7.5).
    rating: rating > 100 ? undefined : rating,
    mosLq: scoreAt(view.getUint8(at + 26)),
    mosCq: scoreAt(view.getUint8(at + 27)),
    jitterBuffer: nominalMs === 0 && maximumMs === 0 && absoluteMs === 0 ? undefined : { nominalMs, maximumMs, absoluteMs },
  };
}

function score(mos: number | undefined): number {
  return mos === undefined ? UNKNOWN : Math.max(10, clamp(Math.round(mos * 10), 50));
}

function scoreAt(octet: number): number | undefined {
  return octet >= 10 && octet <= 50 ? octet / 10 : undefined;
}

function clamp(value: number, most: number): number {
  return Math.max(0, Math.min(most, value));
}
