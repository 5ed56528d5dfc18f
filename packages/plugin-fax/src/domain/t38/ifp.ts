/**
 * Internet fax protocol packets (ITU-T T.38 section 7 and Annex A), aligned PER written by hand: the
 * grammar is small and closed. Version 0 is the 1998 form, 1 and up the corrected form of 2002, which
 * has one more (extension) bit in each field.
 */

/** `t30-indicator`, T.38 table 2, in the order of their numbers. */
export const INDICATORS = [
  "no-signal", "cng", "ced", "v21-preamble",
  "v27-2400-training", "v27-4800-training", "v29-7200-training", "v29-9600-training",
  "v17-7200-short-training", "v17-7200-long-training", "v17-9600-short-training", "v17-9600-long-training",
  "v17-12000-short-training", "v17-12000-long-training", "v17-14400-short-training", "v17-14400-long-training",
  // From here on in the extension (2002).
  "v8-ansam", "v8-signal", "v34-cntl-channel-1200", "v34-pri-channel", "v34-cc-retrain", "v33-12000-training", "v33-14400-training",
] as const;
export type Indicator = (typeof INDICATORS)[number];

/** `t30-data`, T.38 table 3: the modulation the data would have on a line. */
export const MODULATIONS = ["v21", "v27-2400", "v27-4800", "v29-7200", "v29-9600", "v17-7200", "v17-9600", "v17-12000", "v17-14400", "v8", "v34-pri-rate", "v34-cc-1200", "v34-pri-ch", "v33-12000", "v33-14400"] as const;
export type Modulation = (typeof MODULATIONS)[number];

/** `field-type`, T.38 section 7.4. */
export const FIELD_TYPES = ["hdlc-data", "hdlc-sig-end", "hdlc-fcs-ok", "hdlc-fcs-bad", "hdlc-fcs-ok-sig-end", "hdlc-fcs-bad-sig-end", "t4-non-ecm-data", "t4-non-ecm-sig-end", "cm-message", "jm-message", "ci-message", "v34rate"] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

export interface IfpField {
  readonly type: FieldType;
  /** Octets with the bit sent first as most significant, HDLC ones included. Only `hdlc-data` and `t4-non-ecm-data` carry some. */
  readonly data?: Uint8Array;
}

export type IfpPacket =
  | { readonly kind: "indicator"; readonly indicator: Indicator }
  | { readonly kind: "data"; readonly modulation: Modulation; readonly fields: readonly IfpField[] };

/** Values below this fit the root of the two enumerations; the others are in the extension. */
const ROOT_INDICATORS = 16;
const ROOT_MODULATIONS = 9;
const ROOT_FIELD_TYPES = 8;
const EXTENSION = 0x20;

/**
 * Writes a packet.
 *
 * @param version of T.38 as agreed (`T38FaxVersion`)
 */
export function encodeIfp(packet: IfpPacket, version = 0): Uint8Array {
  if (packet.kind === "indicator") return typeOctets(0x00, INDICATORS.indexOf(packet.indicator), ROOT_INDICATORS);
  const { fields } = packet;
  const head = typeOctets(0x40 | (fields.length > 0 ? 0x80 : 0), MODULATIONS.indexOf(packet.modulation), ROOT_MODULATIONS);
  if (fields.length === 0) return head;
  const size = fields.reduce((sum, { data }) => sum + 1 + (data === undefined || data.length === 0 ? 0 : 2 + data.length), head.length + 1);
  const out = new Uint8Array(size);
  out.set(head);
  let at = head.length;
  out[at++] = fields.length;
  for (const { type, data } of fields) {
    const number = FIELD_TYPES.indexOf(type);
    const filled = data !== undefined && data.length > 0;
    out[at++] = (filled ? 0x80 : 0) | (version === 0 ? number << 4 : number << 3);
    if (!filled) continue;
    out[at++] = (data.length - 1) >> 8;
    out[at++] = (data.length - 1) & 0xff;
    out.set(data, at);
    at += data.length;
  }
  return out;
}

function typeOctets(bits: number, value: number, root: number): Uint8Array {
  if (value < root) return Uint8Array.of(bits | (value << 1));
  const extended = value - root;
  return Uint8Array.of(bits | EXTENSION | (extended >> 2), (extended & 3) << 6);
}

/**
 * Reads a packet. Unknown extension values and packets cut short give `undefined`: they come from the
 * network and are dropped.
 */
export function decodeIfp(octets: Uint8Array, version = 0): IfpPacket | undefined {
  const first = octets[0];
  if (first === undefined) return undefined;
  const extended = (first & EXTENSION) !== 0;
  if (extended && octets.length < 2) return undefined;
  const data = (first & 0x40) !== 0;
  const value = extended ? (data ? ROOT_MODULATIONS : ROOT_INDICATORS) + (((first << 2) & 0x3c) | ((octets[1] as number) >> 6)) : (first >> 1) & 0xf;
  if (!data) {
    const indicator = INDICATORS[value];
    return indicator === undefined ? undefined : { kind: "indicator", indicator };
  }
  const modulation = MODULATIONS[value];
  if (modulation === undefined) return undefined;
  if ((first & 0x80) === 0) return { kind: "data", modulation, fields: [] };
  const fields = decodeFields(octets, extended ? 2 : 1, version);
  return fields === undefined ? undefined : { kind: "data", modulation, fields };
}

function decodeFields(octets: Uint8Array, start: number, version: number): IfpField[] | undefined {
  let at = start;
  const count = octets[at++];
  if (count === undefined) return undefined;
  const fields: IfpField[] = [];
  for (let i = 0; i < count; i++) {
    const head = octets[at++];
    if (head === undefined) return undefined;
    let number: number;
    if (version === 0) number = (head >> 4) & 7;
    else if ((head & 0x40) === 0) number = (head >> 3) & 7;
    else {
      const next = octets[at++];
      if (next === undefined) return undefined;
      number = ROOT_FIELD_TYPES + (((head << 2) & 0x3c) | (next >> 6));
    }
    let data: Uint8Array | undefined;
    if ((head & 0x80) !== 0) {
      if (at + 2 > octets.length) return undefined;
      const length = (((octets[at] as number) << 8) | (octets[at + 1] as number)) + 1;
      at += 2;
      if (at + length > octets.length) return undefined;
      data = octets.slice(at, at + length);
      at += length;
    }
    const type = FIELD_TYPES[number];
    if (type === undefined) return undefined;
    fields.push(data === undefined ? { type } : { type, data });
  }
  return fields;
}
