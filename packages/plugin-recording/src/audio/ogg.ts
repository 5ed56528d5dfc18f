import { AudioFormatError } from "./audio-format-error.js";

/** Header type flags, RFC 3533 section 6. */
const FIRST_PAGE = 0x02;
const LAST_PAGE = 0x04;
const CONTINUED = 0x01;
const HEADER_BYTES = 27;
/** Most lacing values of a page. */
const MAX_SEGMENTS = 255;

/** CRC of RFC 3533 section 6 field 7: polynomial 0x04c11db7, no reflection, start and final value 0. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24;
  for (let bit = 0; bit < 8; bit++) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

export function oggCrc(bytes: Uint8Array): number {
  let crc = 0;
  for (let i = 0; i < bytes.length; i++) crc = ((crc << 8) ^ (CRC_TABLE[((crc >>> 24) ^ (bytes[i] ?? 0)) & 0xff] ?? 0)) >>> 0;
  return crc;
}

/** Lacing values a packet needs. */
export function segmentsOf(packetBytes: number): number {
  return Math.floor(packetBytes / 255) + 1;
}

/** Writes pages of one logical stream (RFC 3533). Packets never span pages here: a page holds whole ones. */
export class OggWriter {
  private sequence = 0;

  /** @param serial number of the logical stream, 32 bits. */
  constructor(private readonly serial: number) {}

  /** @param granule position at the end of the page, 48 kHz samples for Opus (RFC 7845 section 4). */
  page(packets: readonly Uint8Array[], granule: bigint, options: { last?: boolean } = {}): Uint8Array {
    const segments = packets.reduce((sum, packet) => sum + segmentsOf(packet.length), 0);
    if (segments > MAX_SEGMENTS) throw new AudioFormatError(`${segments} segments do not fit a page`);
    const body = packets.reduce((sum, packet) => sum + packet.length, 0);
    const bytes = new Uint8Array(HEADER_BYTES + segments + body);
    const view = new DataView(bytes.buffer);
    bytes.set([0x4f, 0x67, 0x67, 0x53, 0, (this.sequence === 0 ? FIRST_PAGE : 0) | (options.last === true ? LAST_PAGE : 0)]);
    view.setBigUint64(6, granule, true);
    view.setUint32(14, this.serial, true);
    view.setUint32(18, this.sequence++, true);
    bytes[26] = segments;
    let lacing = HEADER_BYTES;
    let at = HEADER_BYTES + segments;
    for (const packet of packets) {
      for (let left = packet.length; ; left -= 255) {
        bytes[lacing++] = Math.min(left, 255);
        if (left < 255) break;
      }
      bytes.set(packet, at);
      at += packet.length;
    }
    view.setUint32(22, oggCrc(bytes), true);
    return bytes;
  }
}

export interface OggStream {
  readonly packets: readonly Uint8Array[];
  /** Granule position of the last page. */
  readonly granule: bigint;
}

/** Takes one logical stream apart, checking marks, order and every CRC. */
export function readOgg(bytes: Uint8Array): OggStream {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const packets: Uint8Array[] = [];
  let granule = 0n;
  let unfinished: Uint8Array[] = [];
  let sequence = 0;
  let ended = false;
  for (let at = 0; at < bytes.length; ) {
    if (at + HEADER_BYTES > bytes.length || view.getUint32(at, false) !== 0x4f676753) throw new AudioFormatError(`no page at octet ${at}`);
    const segments = bytes[at + 26] ?? 0;
    let bodyAt = at + HEADER_BYTES + segments;
    let end = bodyAt;
    for (let i = 0; i < segments; i++) end += bytes[at + HEADER_BYTES + i] ?? 0;
    if (end > bytes.length) throw new AudioFormatError(`the page at octet ${at} is cut off`);
    const copy = Uint8Array.from(bytes.subarray(at, end));
    copy.fill(0, 22, 26);
    if (oggCrc(copy) !== view.getUint32(at + 22, true)) throw new AudioFormatError(`the page at octet ${at} has a wrong CRC`);
    if (view.getUint32(at + 18, true) !== sequence++) throw new AudioFormatError(`the page at octet ${at} is out of order`);
    if (((bytes[at + 5] ?? 0) & CONTINUED) !== (unfinished.length > 0 ? CONTINUED : 0)) throw new AudioFormatError(`the page at octet ${at} does not continue the one before`);
    for (let i = 0; i < segments; i++) {
      const length = bytes[at + HEADER_BYTES + i] ?? 0;
      unfinished.push(bytes.subarray(bodyAt, bodyAt + length));
      bodyAt += length;
      if (length < 255) {
        packets.push(unfinished.length === 1 && unfinished[0] !== undefined ? unfinished[0] : Buffer.concat(unfinished));
        unfinished = [];
      }
    }
    granule = view.getBigUint64(at + 6, true);
    ended = ((bytes[at + 5] ?? 0) & LAST_PAGE) !== 0;
    at = end;
  }
  if (!ended) throw new AudioFormatError("the last page is missing");
  return { packets, granule };
}
