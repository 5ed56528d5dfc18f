import { buildRtcp, ntpMiddle, parseRtcp } from "../rtp/rtcp-packet.js";
import type { ReportBlock } from "../rtp/rtcp-packet.js";
import { sequenceDistance } from "../rtp/rtp-packet.js";
import type { StreamFigures } from "../quality/leg-quality.js";
import type { Reception } from "../rtp/reception.js";
import type { RtpSender } from "../rtp/rtp-sender.js";
import type { VoipMetrics } from "../rtp/voip-metrics.js";
import type { LegHost } from "./leg-host.js";

/** RFC 3550 section 6.2: five seconds, each time between half and one and a half of it. */
const INTERVAL_MS = 5000;
/** Sender reports that a peer may refer to: about 40 s of them. */
const REMEMBERED = 8;

/** The reports of one leg: sends SR or RR with the canonical name, reads what the peer reports. It has no timer: the worker's sweep asks all legs at once. */
export class RtcpSession {
  /** From the peer's latest report that allows it. */
  roundTripMs: number | undefined;
  malformed = 0;
  /** What the peer last told of our stream by an extended report (RFC 3611). */
  reported: VoipMetrics | undefined;
  readonly #host: LegHost;
  readonly #sender: RtpSender;
  readonly #reception: Reception;
  readonly #cname: string;
  readonly #send: (packet: Uint8Array) => void;
  readonly #metrics: () => VoipMetrics | undefined;
  /** When the next report is due, media time in ms; undefined while stopped. */
  #due: number | undefined;
  #lastSr = 0;
  #lastSrAt = 0;
  #sentBefore = 0;
  /** Of the latest sender reports, oldest first. */
  readonly #reportedAt: number[] = [];
  #roundTrips = 0;
  #roundTripSum = 0;
  /** The peer's reports on our stream: how many, their jitter in samples, and what the latest says. */
  #reports = 0;
  #jitterSum = 0;
  #jitterMost = 0;
  #expected = 0;
  #lost = 0;

  /**
   * @param send puts a packet on the wire, to wherever the peer's RTCP goes now.
   * @param metrics what an extended report tells the peer; `undefined`: none is sent.
   */
  constructor(host: LegHost, sender: RtpSender, reception: Reception, cname: string, send: (packet: Uint8Array) => void, metrics: () => VoipMetrics | undefined = () => undefined) {
    this.#host = host;
    this.#sender = sender;
    this.#reception = reception;
    this.#cname = cname;
    this.#send = send;
    this.#metrics = metrics;
  }

  /** Over the whole leg. */
  get meanRoundTripMs(): number | undefined {
    return this.#roundTrips === 0 ? undefined : this.#roundTripSum / this.#roundTrips;
  }

  /** Our stream as the peer receives it; `undefined` until it has reported. */
  get sent(): StreamFigures | undefined {
    if (this.#reports === 0) return undefined;
    const { reported } = this;
    // Plain reports tell neither how losses cluster nor what came too late; extended ones tell the latter.
    const discarded = reported === undefined ? 0 : Math.round(reported.discardRate * this.#expected);
    return { expected: this.#expected, lost: this.#lost, discarded, jitterMs: this.#jitterSum / this.#reports / 8, maxJitterMs: this.#jitterMost / 8, burstRatio: 1, playoutMs: reported?.jitterBuffer?.nominalMs };
  }

  /** @param now media time in ms, as for `poll`. */
  start(now: number): void {
    this.#due ??= now + this.#spread(INTERVAL_MS / 2); // the first one after half the time
  }

  /** To be called a few times a second: sends the report that is due. */
  poll(now: number): void {
    if (this.#due === undefined || now < this.#due) return;
    this.#due = now + this.#spread(INTERVAL_MS);
    this.#report(false);
  }

  /** Stops the reports and says good-bye when anything was ever reported or sent. */
  stop(): void {
    const running = this.#due !== undefined;
    this.#due = undefined;
    if (running) this.#report(true);
  }

  received(packet: Uint8Array): void {
    const items = parseRtcp(packet);
    if (items === undefined) {
      this.malformed++;
      return;
    }
    for (const item of items) {
      if (item.type === "sr") {
        this.#lastSr = item.ntpMiddle;
        this.#lastSrAt = this.#host.now();
      }
      if (item.type === "xr") this.reported = item.metrics.find(({ ssrc }) => ssrc === this.#sender.ssrc) ?? this.reported;
      if (item.type === "sr" || item.type === "rr") {
        for (const block of item.blocks) if (block.ssrc === this.#sender.ssrc) this.#reported(block);
      }
    }
  }

  #reported(block: ReportBlock): void {
    this.#roundTrip(block);
    const { packets, sequence, skipped } = this.#sender;
    const underWay = sequenceDistance(block.highestSequence & 0xffff, sequence);
    // A packet we have not sent, or one of long ago: the peer counts something else.
    if (underWay < 0 || underWay > packets) return;
    this.#reports++;
    this.#jitterSum += block.jitter;
    if (block.jitter > this.#jitterMost) this.#jitterMost = block.jitter;
    this.#expected = packets - underWay;
    // What was lost before we relayed it is missing there, too, and told by the other leg.
    this.#lost = Math.min(this.#expected, Math.max(0, block.cumulativeLost - skipped));
  }

  #roundTrip(block: ReportBlock): void {
    // Who answers a report that was never sent counts wrongly, or is none of ours.
    if (!this.#reportedAt.includes(block.lastSr)) return;
    const units = (ntpMiddle(this.#host.now()) - block.lastSr - block.delaySinceLastSr) | 0;
    // A negative value is a peer that computes its delay wrongly.
    if (units < 0) return;
    this.roundTripMs = (units * 1000) / 65536;
    this.#roundTripSum += this.roundTripMs;
    this.#roundTrips++;
  }

  #spread(base: number): number {
    return base * (0.5 + this.#host.random() / 0x1_0000_0000);
  }

  #report(bye: boolean): void {
    const now = this.#host.now();
    const delay = this.#lastSr === 0 ? 0 : Math.min(0xffffffff, Math.round(((now - this.#lastSrAt) * 65536) / 1000));
    const block = this.#reception.report(this.#lastSr, delay);
    const sent = this.#sender.packets > this.#sentBefore;
    this.#sentBefore = this.#sender.packets;
    const sender = sent
      ? { at: now, rtpTimestamp: this.#sender.timestampAt(this.#host.ticks.mediaTime), packets: this.#sender.packets, octets: this.#sender.octets }
      : undefined;
    if (sender !== undefined && this.#reportedAt.push(ntpMiddle(now)) > REMEMBERED) this.#reportedAt.shift();
    this.#send(buildRtcp(this.#sender.ssrc, this.#cname, { sender, block, metrics: this.#metrics(), bye }));
  }
}
