import type { RtpHeader } from "../rtp/rtp-packet.js";
import type { DatagramSource } from "./media-socket.js";

/** How well a source is known to be the peer. */
const NOBODY = 0;
/** Some host that nobody has told of. */
const STRANGER = 1;
/** A host that signalling told of, or whoever can sign its packets. */
const KNOWN_HOST = 2;
/** Exactly what was announced. */
const ANNOUNCED = 3;

/** Packets in sequence that a source on trial must send, 80 ms of sound. */
const PROBATION = 4;
/** Sources on trial at a time. */
const CANDIDATES = 4;
/** So many packets (2 s) a source that was not announced must send before nobody else is heard. */
const SETTLING_PACKETS = 100;

/** A source is silent for so long, ms, before another one of its host may follow it: its NAT has given it a new port. */
export const RELEARN_MS = 2000;

/** Where packets of the peer are announced to come from. */
export interface AnnouncedSource {
  readonly address: string;
  readonly port: number;
  /** Address of its signalling. */
  readonly signalledFrom?: string;
}

interface Candidate {
  address: string;
  port: number;
  ssrc: number;
  sequence: number;
  /** Packets in sequence; 0: free. */
  count: number;
}

/**
 * Tells the peer's packets from others' where a NAT makes them come from elsewhere than announced (RFC 4961; the risk of it: RFC 7362
 * section 4). Who is known better is heard in the place of who is known less, at once:
 * ```
 * nobody --> stranger (after four packets in sequence) --> host that signals or was announced --> announced address and port
 * ```
 * and never the other way: who sprays packets at the ports cannot take a caller's sound. A known host that has been silent for two
 * seconds is followed to another port of it. Strangers never become settled: the peer may still speak up.
 */
export class PeerSource {
  /** Sources that were not announced may be the peer too. */
  symmetric = true;
  /** The peer is to send: otherwise no stranger is taken for it. */
  expected = true;
  /** Where the peer is heard, or was announced as long as it was not. */
  address = "";
  port = 0;
  #announced: AnnouncedSource = { address: "", port: 0 };
  #known = NOBODY;
  /** Packets still wanted before it is settled; negative: it is. */
  #unsettled = 0;
  readonly #candidates: Candidate[] = [];

  /** The peer is heard, not only announced. */
  get heard(): boolean {
    return this.#known !== NOBODY;
  }

  /** The peer has been announced, perhaps anew; where it is announced as before, what was learned stays. Whether it has moved. */
  announce({ address, port, signalledFrom }: AnnouncedSource): boolean {
    const moved = address !== this.#announced.address || port !== this.#announced.port;
    this.#announced = { address, port, ...(signalledFrom === undefined ? {} : { signalledFrom }) };
    if (moved) {
      this.#known = NOBODY;
      this.#candidates.length = 0;
      this.address = address;
      this.port = port;
    }
    return moved;
  }

  /** Nothing is announced or known any more. */
  forget(): void {
    this.#announced = { address: "", port: 0 };
    this.#known = NOBODY;
    this.#candidates.length = 0;
    this.address = "";
    this.port = 0;
  }

  is(from: DatagramSource): boolean {
    return from.port === this.port && from.address === this.address;
  }

  /** The peer is heard exactly where it was announced. */
  get asAnnounced(): boolean {
    return this.#known === ANNOUNCED;
  }

  /** To be called for each packet of the peer that is heard, until it says true: nobody else will be heard from now on. */
  settles(): boolean {
    if (this.#known <= STRANGER || this.#unsettled < 0) return false;
    return --this.#unsettled < 0;
  }

  /** Others may be heard again, should they be the peer at another port. */
  unsettle(): void {
    this.#unsettled = 0;
  }

  /**
   * Whether the packet, which is sound or a key, makes its source the one that is heard.
   *
   * @param signed the peer has signed it (SRTP).
   * @param silentMs nothing was heard of the peer for so long.
   */
  turnsTo(from: DatagramSource, header: Readonly<RtpHeader>, signed: boolean, silentMs: number): boolean {
    const known = this.#knows(from, signed);
    if (known === NOBODY) return false;
    if (known > this.#known) {
      if (known === STRANGER && !this.#tried(from, header)) return false;
    } else if (silentMs < RELEARN_MS || known < Math.min(KNOWN_HOST, this.#known) || !this.#tried(from, header)) return false;
    this.address = from.address;
    this.port = from.port;
    this.#known = known;
    this.#unsettled = known === ANNOUNCED ? 0 : SETTLING_PACKETS;
    this.#candidates.length = 0;
    return true;
  }

  #knows(from: DatagramSource, signed: boolean): number {
    const { address, port, signalledFrom } = this.#announced;
    if (from.address === address && from.port === port) return ANNOUNCED;
    if (!this.symmetric) return NOBODY;
    if (signed || from.address === address || from.address === signalledFrom) return KNOWN_HOST;
    return this.expected ? STRANGER : NOBODY;
  }

  /** Counts a packet of a source on trial. The one that has come least far makes room. */
  #tried(from: DatagramSource, { ssrc, sequence }: Readonly<RtpHeader>): boolean {
    let least: Candidate | undefined;
    for (const candidate of this.#candidates) {
      if (candidate.port === from.port && candidate.address === from.address) {
        const next = candidate.ssrc === ssrc && sequence === ((candidate.sequence + 1) & 0xffff);
        candidate.count = next ? candidate.count + 1 : 1;
        candidate.ssrc = ssrc;
        candidate.sequence = sequence;
        return candidate.count >= PROBATION;
      }
      if (least === undefined || candidate.count < least.count) least = candidate;
    }
    if (least === undefined || this.#candidates.length < CANDIDATES) this.#candidates.push({ address: from.address, port: from.port, ssrc, sequence, count: 1 });
    else {
      least.address = from.address;
      least.port = from.port;
      least.ssrc = ssrc;
      least.sequence = sequence;
      least.count = 1;
    }
    return false;
  }
}
