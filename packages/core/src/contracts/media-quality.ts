/** What was counted of a leg. Of a leg on a line a packet is a frame of 20 ms. */
export interface LegStats {
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly octetsSent: number;
  readonly octetsReceived: number;
  /** Sequence gaps never filled. 0 on a line, whose frames have no numbers. */
  readonly packetsLost: number;
  /** Packets that others overtook; of a line those relayed to it that came after they were to be played. */
  readonly packetsLate: number;
  /** Interarrival jitter in ms, RFC 3550 section 6.4.1. 0 on a line, where frames come at the board's beat. */
  readonly jitterMs: number;
  /** From RTCP, when the peer reports; `undefined` otherwise, and always on a line. */
  readonly roundTripMs?: number;
  /** Packets that came a second time. Legs on RTP; `undefined` on a line. */
  readonly packetsDuplicated?: number;
  /**
   * How good the sound was so far. Legs on RTP, once a direction has had a second of it. `undefined` on a line: the E-model judges what a packet
   * network does, and there is none between the board and the leg; noise and level of the line itself would need a reference to be judged.
   */
  readonly quality?: LegQuality;
}

/** How well the sound of one direction came over. */
export interface StreamQuality {
  /** Packets that were sent to the receiver. */
  readonly packets: number;
  /** Those that never came. */
  readonly lost: number;
  /** Those that came too late to be played, where it is known: sound that is mixed or goes to a line, and what the party tells by VoIP metrics. */
  readonly discarded: number;
  /** `lost` and `discarded` of all, 0-100. */
  readonly lossPercent: number;
  /** How losses cluster (BurstR of ITU-T G.107): 1 = at random, above in bursts. 1 where it is not known. */
  readonly burstRatio: number;
  /** Interarrival jitter (RFC 3550 section 6.4.1) over the stream, mean and most, ms. */
  readonly jitterMs: number;
  readonly maxJitterMs: number;
  /** Transmission rating factor R, 0-93.2 (ITU-T G.107 for G.711, from delay, losses and their clustering). */
  readonly rating: number;
  /** Estimated mean opinion score, 1-4.5 (MOS-CQE, ITU-T G.107 Annex B). Above 4.03 most are satisfied, below 3.1 many are not. */
  readonly mos: number;
}

/** How a party itself finds what it hears, told by VoIP metrics in its RTCP reports (RFC 3611 section 4.7). */
export interface ReportedQuality {
  /** Packets lost on the way, and packets thrown away for coming at the wrong time, each of all, 0-100. */
  readonly lossPercent: number;
  readonly discardPercent: number;
  /** Packets lost or thrown away within bursts, and between them, of those sent then, 0-100. */
  readonly burstDensityPercent: number;
  readonly gapDensityPercent: number;
  /** Mean length of a burst, and of the time between two, ms. */
  readonly burstMs: number;
  readonly gapMs: number;
  /** What the party's device itself delays, ms. */
  readonly endSystemMs: number;
  /** Transmission rating factor R, 0-100. */
  readonly rating?: number;
  /** Mean opinion scores for listening alone and in conversation, 1-5. */
  readonly mosLq?: number;
  readonly mosCq?: number;
}

/** How good the sound of a leg was, estimated and not asked of anybody. */
export interface LegQuality {
  /** That of the worse direction. */
  readonly mos: number;
  /** From the party to us, as counted here. */
  readonly received?: StreamQuality;
  /** From us to the party, as it reports by RTCP. */
  readonly sent?: StreamQuality;
  /** Mean over the leg, from RTCP. */
  readonly roundTripMs?: number;
  /** The party's own judgement, where it gives one. */
  readonly reported?: ReportedQuality;
}
