import { BurstMeter } from "./burst-meter.js";
import type { BurstFigures } from "./burst-meter.js";
import type { ReportBlock } from "./rtcp-packet.js";
import { sequenceDistance } from "./rtp-packet.js";

/** What `Reception.packet` says of a packet. */
export type Arrival = "first" | "next" | "gap" | "late" | "duplicate";

/** A jump of more than this is a source that restarted (RFC 3550 appendix A.1, MAX_DROPOUT). */
export const MAX_DROPOUT = 3000;
/** Sequence numbers remembered for telling duplicates from late ones. */
const WINDOW = 128;

/** Figures of one received stream: sequence numbers, losses, jitter (RFC 3550 section 6.4.1, appendices A.1, A.3, A.8). */
export class Reception {
  ssrc = -1;
  received = 0;
  octets = 0;
  late = 0;
  duplicates = 0;
  /** Packets of earlier sources of this leg. */
  #lostBefore = 0;
  #expectedBefore = 0;
  /** Stretches of missing packets, however long each. */
  #gaps = 0;
  #jitterSum = 0;
  #jitterCount = 0;
  #jitterMost = 0;
  #base = 0;
  #highest = 0;
  #cycles = 0;
  #streamReceived = 0;
  #transit = 0;
  #jitter = 0;
  #expectedPrior = 0;
  #receivedPrior = 0;
  /** How the losses of this source cluster, counted from its first packet (0). */
  #bursts = new BurstMeter();
  /** Numbers, from the first packet on, that have not come and still may. */
  #missing: number[] = [];
  /** Numbers of packets that came and were thrown away, as far as the bursts do not know of them. */
  #discarded: number[] = [];
  /** The last sequence number that came in each place of the window. */
  readonly #seen = new Int32Array(WINDOW).fill(-1);

  /**
   * Counts a packet.
   *
   * @param arrivedAt media time of arrival in samples (1/8000 s).
   * @param timed whether the timestamp is that of the sending: all packets of a key carry that of its start (RFC 4733 section 2.2).
   */
  packet(ssrc: number, sequence: number, timestamp: number, octets: number, arrivedAt: number, timed = true): Arrival {
    this.received++;
    this.octets += octets;
    const transit = arrivedAt - timestamp;
    if (ssrc !== this.ssrc) {
      this.#restart(ssrc, sequence, transit);
      return "first";
    }
    const ahead = sequenceDistance(this.#highest, sequence);
    if (ahead > MAX_DROPOUT || ahead < -MAX_DROPOUT) {
      this.#restart(ssrc, sequence, transit);
      return "first";
    }
    if (timed) this.#measure(transit);
    if (ahead > 0) {
      this.#streamReceived++;
      if (ahead > 1) this.#skip(ahead - 1);
      if (sequence < this.#highest) this.#cycles += 0x10000;
      this.#highest = sequence;
      this.#seen[sequence % WINDOW] = sequence;
      return ahead === 1 ? "next" : "gap";
    }
    if (-ahead >= WINDOW || this.#seen[sequence % WINDOW] === sequence) {
      this.duplicates++;
      return "duplicate";
    }
    this.#seen[sequence % WINDOW] = sequence;
    this.#streamReceived++;
    this.late++;
    const place = this.#missing.indexOf(this.#expected() - 1 + ahead);
    if (place >= 0) this.#missing.splice(place, 1);
    const before = this.#has((sequence - 1) & 0xffff);
    const after = this.#has((sequence + 1) & 0xffff);
    if (before && after) this.#gaps--;
    else if (!before && !after) this.#gaps++;
    return "late";
  }

  /** Sequence gaps never filled, over all sources of the leg. */
  get lost(): number {
    return this.#lostBefore + Math.max(0, this.#expected() - this.#streamReceived);
  }

  /** Packets that were sent, as far as their numbers tell, over all sources of the leg. */
  get expected(): number {
    return this.#expectedBefore + this.#expected();
  }

  /** Mean length of a gap over what it would be were packets lost at random, 1 at the least (BurstR, ITU-T G.107 section 7.5). */
  get burstRatio(): number {
    const { lost, expected } = this;
    return lost === 0 || this.#gaps <= 0 ? 1 : Math.max(1, (lost / this.#gaps) * (1 - lost / expected));
  }

  /**
   * A packet that was counted was of no use: it came too late to be played, for example.
   *
   * @param sequence that of the packet counted last, or shortly before.
   */
  discarded(ssrc: number, sequence: number): void {
    if (ssrc !== this.ssrc) return;
    const number = this.#expected() - 1 + sequenceDistance(this.#highest, sequence);
    // What is as late as this was told as lost already.
    if (number < 0 || number < this.#expected() - WINDOW) return;
    let at = this.#discarded.length;
    while (at > 0 && (this.#discarded[at - 1] as number) > number) at--;
    if (this.#discarded[at - 1] !== number) this.#discarded.splice(at, 0, number);
    if (this.#discarded.length > WINDOW) this.#settle(this.#expected());
  }

  /** How packets that were lost or thrown away cluster in the stream of the present source (RFC 3611 section 4.7.2). */
  get bursts(): BurstFigures {
    const expected = this.#expected();
    this.#settle(expected);
    // What may still come is not lost yet.
    const end = this.#missing[0] ?? expected;
    this.#count(end);
    return this.#bursts.figures(end);
  }

  get jitterMs(): number {
    return this.#jitter / 8;
  }

  /** Over the whole leg. */
  get meanJitterMs(): number {
    return this.#jitterCount === 0 ? 0 : this.#jitterSum / this.#jitterCount / 8;
  }

  get maxJitterMs(): number {
    return this.#jitterMost / 8;
  }

  /** The report block since the last call, or undefined before the first packet. */
  report(lastSr: number, delaySinceLastSr: number): ReportBlock | undefined {
    if (this.ssrc < 0) return undefined;
    const expected = this.#expected();
    const expectedInterval = expected - this.#expectedPrior;
    const lostInterval = expectedInterval - (this.#streamReceived - this.#receivedPrior);
    this.#expectedPrior = expected;
    this.#receivedPrior = this.#streamReceived;
    return {
      ssrc: this.ssrc,
      fractionLost: expectedInterval <= 0 || lostInterval <= 0 ? 0 : Math.min(255, Math.floor((lostInterval * 256) / expectedInterval)),
      cumulativeLost: expected - this.#streamReceived,
      highestSequence: this.#cycles + this.#highest,
      jitter: Math.round(this.#jitter),
      lastSr,
      delaySinceLastSr,
    };
  }

  #measure(transit: number): void {
    const difference = Math.abs((transit - this.#transit) | 0);
    this.#transit = transit;
    // A leap of the timestamp (a restarted encoder) says nothing of the network.
    if (difference >= 8000) return;
    this.#jitter += (difference - this.#jitter) / 16;
    this.#jitterSum += this.#jitter;
    this.#jitterCount++;
    if (this.#jitter > this.#jitterMost) this.#jitterMost = this.#jitter;
  }

  /** So many packets in a row are missing. */
  #skip(count: number): void {
    this.#gaps++;
    const next = this.#expected();
    this.#settle(next + count);
    for (let number = next; number < next + count; number++) {
      if (number < next + count - WINDOW) this.#bursts.lost(number);
      else this.#missing.push(number);
    }
  }

  /** What is missing by now will not count as late any more. */
  #settle(end: number): void {
    let over = 0;
    for (; over < this.#missing.length && (this.#missing[over] as number) < end - WINDOW; over++) {
      this.#count(this.#missing[over] as number);
      this.#bursts.lost(this.#missing[over] as number);
    }
    if (over > 0) this.#missing.splice(0, over);
    this.#count(Math.min(this.#missing[0] ?? end, end - WINDOW));
  }

  /** Gives the bursts what was thrown away up to there; nothing that is missing before it is unsettled. */
  #count(end: number): void {
    let over = 0;
    for (; over < this.#discarded.length && (this.#discarded[over] as number) < end; over++) this.#bursts.lost(this.#discarded[over] as number);
    if (over > 0) this.#discarded.splice(0, over);
  }

  #has(sequence: number): boolean {
    return this.#seen[sequence % WINDOW] === sequence;
  }

  #expected(): number {
    return this.ssrc < 0 ? 0 : this.#cycles + this.#highest - this.#base + 1;
  }

  #restart(ssrc: number, sequence: number, transit: number): void {
    this.#lostBefore = this.lost;
    this.#expectedBefore = this.expected;
    this.ssrc = ssrc;
    this.#base = sequence;
    this.#highest = sequence;
    this.#cycles = 0;
    this.#streamReceived = 1;
    this.#transit = transit;
    this.#expectedPrior = 0;
    this.#receivedPrior = 0;
    this.#bursts = new BurstMeter();
    this.#missing = [];
    this.#discarded = [];
    this.#seen.fill(-1);
    this.#seen[sequence % WINDOW] = sequence;
  }
}
