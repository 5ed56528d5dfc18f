import type { LegQuality, ReportedQuality, StreamQuality } from "@hotlinejs/core";
import type { VoipMetrics } from "../rtp/voip-metrics.js";
import { mosOf, ratingOf } from "./e-model.js";

/** A stream is judged from this many packets on (one second). */
export const LEAST_PACKETS = 50;
/** Time a frame takes to be filled, ms. */
const PACKETIZATION_MS = 20;
/** What a receiver holds back at the least, ms. */
const LEAST_PLAYOUT_MS = 40;

/** What was counted of one direction. */
export interface StreamFigures {
  /** Packets that were sent to the receiver. */
  readonly expected: number;
  /** Those that never came. */
  readonly lost: number;
  /** Those that came too late to be heard. 0 where nobody knows. */
  readonly discarded: number;
  /** Mean over the stream, ms. */
  readonly jitterMs: number;
  readonly maxJitterMs: number;
  readonly burstRatio: number;
  /** What the receiver holds back, ms; `undefined`: it is not known. */
  readonly playoutMs: number | undefined;
}

/** Judges the directions of a leg; `undefined` where neither can be judged. `reported`: what the party itself tells of what it hears. */
export function qualityOf(received: StreamFigures | undefined, sent: StreamFigures | undefined, roundTripMs: number | undefined, reported?: VoipMetrics): LegQuality | undefined {
  const here = judged(received, roundTripMs);
  const there = judged(sent, roundTripMs);
  if (here === undefined && there === undefined) return undefined;
  return {
    mos: Math.min(here?.mos ?? Infinity, there?.mos ?? Infinity),
    ...(here === undefined ? {} : { received: here }),
    ...(there === undefined ? {} : { sent: there }),
    ...(roundTripMs === undefined ? {} : { roundTripMs: rounded(roundTripMs) }),
    ...(reported === undefined ? {} : { reported: reportedQuality(reported) }),
  };
}

function reportedQuality({ lossRate, discardRate, burstDensity, gapDensity, burstMs, gapMs, endSystemMs, rating, mosLq, mosCq }: VoipMetrics): ReportedQuality {
  return {
    lossPercent: rounded(lossRate * 100),
    discardPercent: rounded(discardRate * 100),
    burstDensityPercent: rounded(burstDensity * 100),
    gapDensityPercent: rounded(gapDensity * 100),
    burstMs,
    gapMs,
    endSystemMs,
    ...(rating === undefined ? {} : { rating }),
    ...(mosLq === undefined ? {} : { mosLq }),
    ...(mosCq === undefined ? {} : { mosCq }),
  };
}

function judged(figures: StreamFigures | undefined, roundTripMs = 0): StreamQuality | undefined {
  if (figures === undefined || figures.expected < LEAST_PACKETS) return undefined;
  const { expected, lost, discarded, jitterMs, maxJitterMs, burstRatio } = figures;
  const lossRate = Math.min(1, (lost + discarded) / expected);
  // Adaptive receivers hold back about twice the jitter.
  const playoutMs = figures.playoutMs ?? Math.max(LEAST_PLAYOUT_MS, 2 * jitterMs);
  const rating = ratingOf({ delayMs: roundTripMs / 2 + PACKETIZATION_MS + playoutMs, lossRate, burstRatio });
  return {
    packets: expected,
    lost,
    discarded,
    lossPercent: rounded(lossRate * 100),
    burstRatio: rounded(burstRatio),
    jitterMs: rounded(jitterMs),
    maxJitterMs: rounded(maxJitterMs),
    rating: rounded(rating),
    mos: rounded(mosOf(rating)),
  };
}

/** Two decimals. */
function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
