import { readVoipMetrics, VOIP_METRICS_BYTES, writeVoipMetrics, XR } from "./voip-metrics.js";
import type { VoipMetrics } from "./voip-metrics.js";

/** RFC 3550 section 6. */
const SR = 200;
const RR = 201;
const SDES = 202;
const BYE = 203;

/** One report block (RFC 3550 section 6.4.1). */
export interface ReportBlock {
  readonly ssrc: number;
  /** 0-255, in 1/256. */
  readonly fractionLost: number;
  /** Signed 24 bits. */
  readonly cumulativeLost: number;
  readonly highestSequence: number;
  /** In timestamp units. */
  readonly jitter: number;
  /** Middle 32 bits of the NTP time of the last sender report, 0 when none. */
  readonly lastSr: number;
  /** Delay since it, in 1/65536 s. */
  readonly delaySinceLastSr: number;
}

export interface SenderInfo {
  /** Epoch ms. */
  readonly at: number;
  readonly rtpTimestamp: number;
  readonly packets: number;
  readonly octets: number;
}

export type RtcpItem =
  | { readonly type: "sr"; readonly ssrc: number; readonly ntpMiddle: number; readonly rtpTimestamp: number; readonly packets: number; readonly octets: number; readonly blocks: readonly ReportBlock[] }
  | { readonly type: "rr"; readonly ssrc: number; readonly blocks: readonly ReportBlock[] }
  | { readonly type: "sdes"; readonly ssrc: number; readonly cname: string }
  | { readonly type: "bye"; readonly ssrcs: readonly number[] }
  /** Extended report (RFC 3611): of its blocks those with VoIP metrics. */
  | { readonly type: "xr"; readonly ssrc: number; readonly metrics: readonly VoipMetrics[] };

/** Seconds between the NTP era (1900) and the Unix era. */
const NTP_OFFSET = 2_208_988_800;

/** The middle 32 bits of the NTP time of an instant: 16 bits of seconds, 16 of fraction. */
export function ntpMiddle(at: number): number {
  const seconds = Math.floor(at / 1000) + NTP_OFFSET;
  const fraction = Math.floor(((at % 1000) / 1000) * 65536);
  return (((seconds & 0xffff) << 16) | fraction) >>> 0;
}

/**
 * A compound packet: a sender report when `sender` is given, else a receiver report, followed by the
 * canonical name, an extended report where there are `metrics`, and a BYE at the end when `bye` is set.
 */
export function buildRtcp(ssrc: number, cname: string, options: { sender?: SenderInfo; block?: ReportBlock; metrics?: VoipMetrics; bye?: boolean }): Uint8Array {
  const name = new TextEncoder().encode(cname).subarray(0, 255);
  const sdesLength = 4 + Math.ceil((4 + 2 + name.length + 1) / 4) * 4;
  const reportLength = (options.sender === undefined ? 8 : 28) + (options.block === undefined ? 0 : 24);
  const extendedLength = options.metrics === undefined ? 0 : 8 + VOIP_METRICS_BYTES;
  const out = new Uint8Array(reportLength + sdesLength + extendedLength + (options.bye === true ? 8 : 0));
  const view = new DataView(out.buffer);
  let at = 0;
  head(view, at, options.block === undefined ? 0 : 1, options.sender === undefined ? RR : SR, reportLength);
  view.setUint32(4, ssrc);
  at = 8;
  if (options.sender !== undefined) {
    const { at: time, rtpTimestamp, packets, octets } = options.sender;
    view.setUint32(8, (Math.floor(time / 1000) + NTP_OFFSET) >>> 0);
    view.setUint32(12, Math.floor(((time % 1000) / 1000) * 0x1_0000_0000) >>> 0);
    view.setUint32(16, rtpTimestamp);
    view.setUint32(20, packets >>> 0);
    view.setUint32(24, octets >>> 0);
    at = 28;
  }
  if (options.block !== undefined) {
    const block = options.block;
    view.setUint32(at, block.ssrc);
    view.setUint32(at + 4, (((block.fractionLost & 0xff) << 24) | (Math.max(-0x800000, Math.min(0x7fffff, block.cumulativeLost)) & 0xffffff)) >>> 0);
    view.setUint32(at + 8, block.highestSequence >>> 0);
    view.setUint32(at + 12, block.jitter >>> 0);
    view.setUint32(at + 16, block.lastSr >>> 0);
    view.setUint32(at + 20, block.delaySinceLastSr >>> 0);
    at += 24;
  }
  head(view, at, 1, SDES, sdesLength);
  view.setUint32(at + 4, ssrc);
  out[at + 8] = 1; // CNAME
  out[at + 9] = name.length;
  out.set(name, at + 10);
  at += sdesLength;
  if (options.metrics !== undefined) {
    head(view, at, 0, XR, extendedLength);
    view.setUint32(at + 4, ssrc);
    writeVoipMetrics(view, at + 8, options.metrics);
    at += extendedLength;
  }
  if (options.bye === true) {
    head(view, at, 1, BYE, 8);
    view.setUint32(at + 4, ssrc);
  }
  return out;
}

/**
 * Reads a compound packet. Unknown packet types are skipped.
 *
 * @returns undefined when it is malformed (RFC 3550 appendix A.2: wrong version, first packet no report, lengths that do not add up).
 */
export function parseRtcp(packet: Uint8Array): readonly RtcpItem[] | undefined {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const items: RtcpItem[] = [];
  let at = 0;
  if (packet.length < 8) return undefined;
  const firstType = packet[1];
  // Reduced-size RTCP (RFC 5506) and a lone BYE are taken too; anything else first is noise.
  if (firstType === undefined || firstType < SR || firstType > 207) return undefined;
  while (at + 4 <= packet.length) {
    const first = view.getUint8(at);
    if (first >> 6 !== 2) return undefined;
    const count = first & 0x1f;
    const type = view.getUint8(at + 1);
    const length = (view.getUint16(at + 2) + 1) * 4;
    if (at + length > packet.length) return undefined;
    const end = at + length;
    if (type === SR || type === RR) {
      const header = type === SR ? 28 : 8;
      if (length < header + count * 24) return undefined;
      const blocks: ReportBlock[] = [];
      for (let i = 0; i < count; i++) blocks.push(readBlock(view, at + header + i * 24));
      const ssrc = view.getUint32(at + 4);
      if (type === RR) items.push({ type: "rr", ssrc, blocks });
      else {
        const middle = (((view.getUint32(at + 8) & 0xffff) << 16) | (view.getUint32(at + 12) >>> 16)) >>> 0;
        items.push({ type: "sr", ssrc, ntpMiddle: middle, rtpTimestamp: view.getUint32(at + 16), packets: view.getUint32(at + 20), octets: view.getUint32(at + 24), blocks });
      }
    } else if (type === SDES) {
      const item = readSdes(packet, view, at, end, count);
      if (item !== undefined) items.push(item);
    } else if (type === BYE) {
      if (length < 4 + count * 4) return undefined;
      items.push({ type: "bye", ssrcs: Array.from({ length: count }, (_, i) => view.getUint32(at + 4 + i * 4)) });
    } else if (type === XR) {
      if (length < 8) return undefined;
      const metrics = readVoipMetrics(view, at + 8, end);
      if (metrics === undefined) return undefined;
      items.push({ type: "xr", ssrc: view.getUint32(at + 4), metrics });
    }
    at = end;
  }
  return at === packet.length ? items : undefined;
}

function readBlock(view: DataView, at: number): ReportBlock {
  return {
    ssrc: view.getUint32(at),
    fractionLost: view.getUint8(at + 4),
    cumulativeLost: (view.getUint32(at + 4) << 8) >> 8,
    highestSequence: view.getUint32(at + 8),
    jitter: view.getUint32(at + 12),
    lastSr: view.getUint32(at + 16),
    delaySinceLastSr: view.getUint32(at + 20),
  };
}

/** The CNAME of the first chunk; the other items are of no use here. */
function readSdes(packet: Uint8Array, view: DataView, at: number, end: number, count: number): RtcpItem | undefined {
  if (count === 0 || at + 8 > end) return undefined;
  const ssrc = view.getUint32(at + 4);
  for (let item = at + 8; item + 2 <= end && packet[item] !== 0; ) {
    const length = packet[item + 1] as number;
    if (item + 2 + length > end) return undefined;
    if (packet[item] === 1) return { type: "sdes", ssrc, cname: new TextDecoder().decode(packet.subarray(item + 2, item + 2 + length)) };
    item += 2 + length;
  }
  return undefined;
}

function head(view: DataView, at: number, count: number, type: number, length: number): void {
  view.setUint8(at, 0x80 | count);
  view.setUint8(at + 1, type);
  view.setUint16(at + 2, length / 4 - 1);
}
