import { MAX_DROPOUT } from "./reception.js";
import { sequenceDistance, timestampDistance, writeRtpHeader } from "./rtp-packet.js";

/** Samples of a 20 ms frame at 8 kHz. */
const FRAME = 160;
/** A leap of a relayed source beyond this starts a new mapping instead of being passed on (60 s). */
const MAX_LEAP = 480_000;

/**
 * Sequence numbers and timestamps of one outgoing stream. Whatever feeds it - the worker's tick,
 * keys, or packets relayed from another leg - the peer sees one SSRC, sequence numbers that count up
 * and timestamps that follow the time, with the marker where a talkspurt begins (RFC 3551 section 4.1).
 */
export class RtpSender {
  readonly ssrc: number;
  sequence: number;
  packets = 0;
  octets = 0;
  /** Timestamp of the latest packet. */
  timestamp = 0;
  /** Sequence numbers used so far, those of packets that were lost before they were relayed too. */
  #span = 0;
  /** Media time minus timestamp: what turns the worker's time into this stream's. */
  #skew: number;
  #lastTick = -2;
  /** Samples between the latest packet and what may follow it. */
  #least = FRAME;
  #started = false;
  #relaySource: object | undefined;
  #relaySsrc = 0;
  #relayFirst = 0;
  #relaySequence = 0;
  #relayTimestamp = 0;
  #relayLastIn = 0;
  #relayLastSequence = 0;

  /**
   * @param random 32-bit numbers for SSRC, first sequence number and timestamp (RFC 3550 section 5.1: unpredictable).
   */
  constructor(random: () => number) {
    this.ssrc = random() >>> 0;
    // The lower half: were the first packets before the turn of the counter lost, SRTP receivers would count the turns wrongly.
    this.sequence = random() & 0x7fff;
    this.#skew = random() >>> 0;
  }

  /** Sequence numbers without a packet: the gaps of what was relayed. */
  get skipped(): number {
    return Math.max(0, this.#span - this.packets);
  }

  /** The stream's timestamp at a media time in samples. */
  timestampAt(mediaTime: number): number {
    return (mediaTime + this.#skew) >>> 0;
  }

  /** Writes the header of the frame that belongs to tick number `tick` (media time `tick * 160`). */
  frame(packet: Uint8Array, payloadType: number, tick: number, payloadLength: number): void {
    const marker = tick !== this.#lastTick + 1;
    const timestamp = this.#forward(tick * FRAME);
    this.#lastTick = tick;
    this.#relaySource = undefined;
    this.sequence = (this.sequence + 1) & 0xffff;
    this.#span++;
    this.timestamp = timestamp;
    this.#write(packet, payloadType, marker, payloadLength);
  }

  /** Writes the header of the next packet of a frame that goes in several; the one before had so many samples. */
  part(packet: Uint8Array, payloadType: number, samples: number, payloadLength: number): void {
    this.sequence = (this.sequence + 1) & 0xffff;
    this.#span++;
    this.timestamp = (this.timestamp + samples) >>> 0;
    this.#least = FRAME - samples;
    this.#write(packet, payloadType, false, payloadLength);
  }

  /** Timestamp for a key that begins at `tick`; all packets of the key carry it (RFC 4733 section 2.2). */
  beginEvent(tick: number): number {
    const timestamp = this.#forward(tick * FRAME);
    this.timestamp = timestamp;
    return timestamp;
  }

  /** Writes the header of one packet of a key. */
  event(packet: Uint8Array, payloadType: number, marker: boolean, timestamp: number, payloadLength: number): void {
    this.sequence = (this.sequence + 1) & 0xffff;
    this.#span++;
    this.#relaySource = undefined;
    this.#lastTick = -2;
    this.#started = true;
    this.packets++;
    this.octets += payloadLength;
    writeRtpHeader(packet, payloadType, marker, this.sequence, timestamp, this.ssrc);
  }

  /**
   * Writes the header of a packet relayed from `source`, so that the source's own spacing, gaps and
   * reordering come through.
   *
   * @param mediaTime now, in samples: where the source's first packet is placed.
   * @returns false when the packet is older than the mapping and must be dropped.
   */
  relay(packet: Uint8Array, payloadType: number, marker: boolean, source: object, ssrc: number, sequence: number, timestamp: number, mediaTime: number, payloadLength: number): boolean {
    const leap = timestampDistance(this.#relayLastIn, timestamp);
    const jump = sequenceDistance(this.#relayLastSequence, sequence);
    let begins = false;
    if (this.#relaySource !== source || this.#relaySsrc !== ssrc || leap > MAX_LEAP || leap < -MAX_LEAP || jump > MAX_DROPOUT || jump < -MAX_DROPOUT) {
      begins = true;
      const at = this.#forward(mediaTime);
      this.#relaySource = source;
      this.#relaySsrc = ssrc;
      this.#relayFirst = sequence;
      this.#relaySequence = this.sequence + 1 - sequence;
      this.#relayTimestamp = at - timestamp;
      this.#lastTick = -2;
    } else if (sequenceDistance(this.#relayFirst, sequence) < 0) {
      // Only packets sent before the mapping began are older than its first; after 32768 packets the first moves on.
      return false;
    }
    this.#relayLastIn = timestamp;
    this.#relayLastSequence = sequence;
    const out = (sequence + this.#relaySequence) & 0xffff;
    const outTimestamp = (timestamp + this.#relayTimestamp) >>> 0;
    const ahead = sequenceDistance(this.sequence, out);
    if (begins || ahead > 0) {
      this.#span += ahead;
      this.sequence = out;
      if (begins || timestampDistance(this.timestamp, outTimestamp) > 0) this.timestamp = outTimestamp;
    }
    if (sequenceDistance(this.#relayFirst, sequence) > 16_000) this.#relayFirst = (sequence - 8000) & 0xffff;
    this.#started = true;
    this.packets++;
    this.octets += payloadLength;
    writeRtpHeader(packet, payloadType, marker || begins, out, outTimestamp, this.ssrc);
    return true;
  }

  /** The timestamp of this media time, moved on where it would not be after the last one sent. */
  #forward(mediaTime: number): number {
    let timestamp = (mediaTime + this.#skew) >>> 0;
    if (this.#started && timestampDistance(this.timestamp, timestamp) < this.#least) {
      const wanted = (this.timestamp + this.#least) >>> 0;
      this.#skew = (this.#skew + (wanted - timestamp)) >>> 0;
      timestamp = wanted;
    }
    this.#least = FRAME;
    return timestamp;
  }

  #write(packet: Uint8Array, payloadType: number, marker: boolean, payloadLength: number): void {
    this.#started = true;
    this.packets++;
    this.octets += payloadLength;
    writeRtpHeader(packet, payloadType, marker, this.sequence, this.timestamp, this.ssrc);
  }
}
