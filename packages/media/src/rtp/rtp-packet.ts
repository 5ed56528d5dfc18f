/** Octets of an RTP header without CSRCs and extension (RFC 3550 section 5.1). */
export const RTP_HEADER_BYTES = 12;

/** A parsed header; one instance is reused for packet after packet. */
export interface RtpHeader {
  payloadType: number;
  marker: boolean;
  sequence: number;
  timestamp: number;
  ssrc: number;
  /** Where the payload begins in the packet and how long it is (padding taken off). */
  payloadOffset: number;
  payloadLength: number;
}

export function emptyRtpHeader(): RtpHeader {
  return { payloadType: 0, marker: false, sequence: 0, timestamp: 0, ssrc: 0, payloadOffset: 0, payloadLength: 0 };
}

/**
 * Reads a packet into `into`. CSRC lists, header extensions and padding are stepped over.
 *
 * @returns false when this is no valid RTP packet (RFC 3550 appendix A.1); `into` is then undefined in content.
 */
export function parseRtp(packet: Uint8Array, into: RtpHeader): boolean {
  const length = packet.length;
  if (length < RTP_HEADER_BYTES) return false;
  const first = packet[0] as number;
  if (first >> 6 !== 2) return false;
  const second = packet[1] as number;
  let offset = RTP_HEADER_BYTES + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (offset + 4 > length) return false;
    offset += 4 + (((packet[offset + 2] as number) << 8) | (packet[offset + 3] as number)) * 4;
  }
  let end = length;
  if ((first & 0x20) !== 0) {
    const padding = packet[length - 1] as number;
    if (padding === 0) return false;
    end -= padding;
  }
  if (offset > end) return false;
  into.marker = (second & 0x80) !== 0;
  into.payloadType = second & 0x7f;
  into.sequence = ((packet[2] as number) << 8) | (packet[3] as number);
  into.timestamp = (((packet[4] as number) << 24) | ((packet[5] as number) << 16) | ((packet[6] as number) << 8) | (packet[7] as number)) >>> 0;
  into.ssrc = (((packet[8] as number) << 24) | ((packet[9] as number) << 16) | ((packet[10] as number) << 8) | (packet[11] as number)) >>> 0;
  into.payloadOffset = offset;
  into.payloadLength = end - offset;
  return true;
}

/** Whether a packet on a shared port is RTCP (RFC 5761 section 4: packet types 192-223). */
export function isRtcp(packet: Uint8Array): boolean {
  const type = packet[1] ?? 0;
  return type >= 192 && type <= 223;
}

/** Writes a plain 12-octet header at the start of `packet`. */
export function writeRtpHeader(packet: Uint8Array, payloadType: number, marker: boolean, sequence: number, timestamp: number, ssrc: number): void {
  packet[0] = 0x80;
  packet[1] = (marker ? 0x80 : 0) | payloadType;
  packet[2] = sequence >>> 8;
  packet[3] = sequence;
  packet[4] = timestamp >>> 24;
  packet[5] = timestamp >>> 16;
  packet[6] = timestamp >>> 8;
  packet[7] = timestamp;
  packet[8] = ssrc >>> 24;
  packet[9] = ssrc >>> 16;
  packet[10] = ssrc >>> 8;
  packet[11] = ssrc;
}

/** Signed distance of two 32-bit timestamps, `to - from`, across the wrap. */
export function timestampDistance(from: number, to: number): number {
  return (to - from) | 0;
}

/** Signed distance of two 16-bit sequence numbers, `to - from`, across the wrap. */
export function sequenceDistance(from: number, to: number): number {
  return ((to - from) << 16) >> 16;
}
