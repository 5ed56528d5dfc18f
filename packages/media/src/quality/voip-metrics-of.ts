import type { StreamQuality } from "@hotlinejs/core";
import type { PlayoutFigures } from "../rtp/playout-figures.js";
import type { Reception } from "../rtp/reception.js";
import type { VoipMetrics } from "../rtp/voip-metrics.js";
import { mosOf, ratingOf } from "./e-model.js";

/** G.711: 8 octets a millisecond. */
const OCTETS_PER_MS = 8;

/** What a leg knows of the stream it receives. */
export interface ReceivedStream {
  readonly reception: Reception;
  readonly playout: PlayoutFigures;
  /** `undefined` while there is too little of it. */
  readonly quality: StreamQuality | undefined;
  readonly roundTripMs: number | undefined;
  /** The most a jitter buffer here may hold back. */
  readonly jitterMaxMs: number;
}

/**
 * The stream in the terms of RFC 3611 section 4.7; `undefined` before the first packet. What is thrown away too late is known
 * where the sound is mixed or goes to a line. A relayed stream is held back nowhere here.
 */
export function voipMetricsOf({ reception, playout, quality, roundTripMs, jitterMaxMs }: ReceivedStream): VoipMetrics | undefined {
  const { ssrc, expected, lost, received, octets, bursts } = reception;
  if (ssrc < 0) return undefined;
  const share = (count: number): number => (expected === 0 ? 0 : Math.min(1, count / expected));
  const packetMs = octets / received / OCTETS_PER_MS;
  const heldMs = playout.meanDelayMs;
  return {
    ssrc,
    lossRate: share(lost),
    discardRate: share(playout.discarded),
    burstDensity: bursts.burstDensity,
    gapDensity: bursts.gapDensity,
    burstMs: bursts.burstPackets * packetMs,
    gapMs: bursts.gapPackets * packetMs,
    roundTripMs: roundTripMs ?? 0,
    endSystemMs: heldMs ?? 0,
    rating: quality?.rating,
    mosLq: quality === undefined ? undefined : mosOf(ratingOf({ delayMs: 0, lossRate: quality.lossPercent / 100, burstRatio: quality.burstRatio })),
    mosCq: quality?.mos,
    jitterBuffer: heldMs === undefined ? undefined : { nominalMs: heldMs, maximumMs: Math.max(heldMs, playout.maxDelayMs), absoluteMs: jitterMaxMs },
  };
}
