/**
 * UDPTL datagrams (T.38 section 9, RFC 7345): a sequence number, one IFP packet and a part for error
 * recovery, either copies of earlier IFP packets or parity packets (FEC).
 */
export interface UdptlPacket {
  /** 0-65535, one up with each packet. */
  readonly sequence: number;
  readonly primary: Uint8Array;
  /** Earlier IFP packets, the latest (sequence - 1) first. */
  readonly secondary: readonly Uint8Array[];
  /** Parity packets were carried instead; they are not used here. */
  readonly fec: boolean;
}

export function encodeUdptl({ sequence, primary, secondary }: Omit<UdptlPacket, "fec">): Uint8Array {
  const parts = [Uint8Array.of((sequence >> 8) & 0xff, sequence & 0xff), ...openType(primary), Uint8Array.of(0), lengthOctets(secondary.length), ...secondary.flatMap(openType)];
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Reads a datagram; `undefined` for what is none. */
export function decodeUdptl(octets: Uint8Array): UdptlPacket | undefined {
  if (octets.length < 4) return undefined;
  const reader = new PerReader(octets, 2);
  const primary = reader.open();
  const recovery = reader.octet();
  if (primary === undefined || recovery === undefined) return undefined;
  const head = { sequence: ((octets[0] as number) << 8) | (octets[1] as number), primary };
  if ((recovery & 0x80) !== 0) return { ...head, secondary: [], fec: true };
  const count = reader.length();
  if (count === undefined) return undefined;
  const secondary: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const copy = reader.open();
    if (copy === undefined) return undefined;
    secondary.push(copy);
  }
  return { ...head, secondary, fec: false };
}

/** Length determinant of aligned PER (X.691 section 11.9). Above 16383 it would be fragmented, which no IFP packet needs. */
function lengthOctets(length: number): Uint8Array {
  if (length >= 0x4000) throw new RangeError("too long for one UDPTL packet");
  return length < 0x80 ? Uint8Array.of(length) : Uint8Array.of(0x80 | (length >> 8), length & 0xff);
}

function openType(octets: Uint8Array): Uint8Array[] {
  return [lengthOctets(octets.length), octets];
}

class PerReader {
  #at: number;

  constructor(
    private readonly octets: Uint8Array,
    at: number,
  ) {
    this.#at = at;
  }

  octet(): number | undefined {
    return this.octets[this.#at++];
  }

  length(): number | undefined {
    const first = this.octet();
    if (first === undefined || first < 0x80) return first;
    const second = this.octet();
    return (first & 0x40) !== 0 || second === undefined ? undefined : ((first & 0x3f) << 8) | second;
  }

  open(): Uint8Array | undefined {
    const length = this.length();
    if (length === undefined || this.#at + length > this.octets.length) return undefined;
    const part = this.octets.slice(this.#at, this.#at + length);
    this.#at += length;
    return part;
  }
}
