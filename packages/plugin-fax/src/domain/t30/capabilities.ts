import { PAGE_MODEMS } from "../t38/modems.js";
import type { Modem } from "../t38/modems.js";

/** Lines per mm: standard 3.85, fine 7.7. */
export type Resolution = "standard" | "fine";
/** One-dimensional (MH), two-dimensional (MR), T.6 (MMR). */
export type Coding = "mh" | "mr" | "t6";

/** What a station can receive, from its DIS. */
export interface Capabilities {
  readonly canReceive: boolean;
  readonly modems: readonly Modem[];
  readonly fine: boolean;
  readonly mr: boolean;
  readonly ecm: boolean;
  readonly t6: boolean;
  readonly unlimitedLength: boolean;
  /** It would rather have frames of 64 octets. */
  readonly smallFrames: boolean;
}

/** What a sender will do, from its DCS. */
export interface SessionParameters {
  readonly modem: Modem;
  readonly resolution: Resolution;
  readonly coding: Coding;
  readonly ecm: boolean;
  readonly frameSize: 256 | 64;
  /** 1728 unless it is wider than an A4 page. */
  readonly width: number;
  readonly unlimitedLength: boolean;
}

/** T.30 table 2, bits 11 to 14: of DIS what can be, of DCS what will be. */
const DIS_RATES: Readonly<Record<string, readonly string[]>> = { "0000": ["v27-2400"], "0100": ["v27-"], "1000": ["v29-"], "1100": ["v27-", "v29-"], "1101": ["v27-", "v29-", "v17-"] };
const DCS_RATES: Readonly<Record<string, string>> = {
  "0000": "v27-2400", "0100": "v27-4800", "1000": "v29-9600", "1100": "v29-7200", "0001": "v17-14400", "0101": "v17-12000", "1001": "v17-9600", "1101": "v17-7200",
};

class Bits {
  constructor(readonly octets: Uint8Array) {}

  /** Numbered from 1, as in table 2. */
  get(bit: number): boolean {
    return ((this.octets[(bit - 1) >> 3] ?? 0) & (0x80 >> ((bit - 1) & 7))) !== 0;
  }

  set(...bits: readonly number[]): this {
    for (const bit of bits) this.octets[(bit - 1) >> 3] = (this.octets[(bit - 1) >> 3] as number) | (0x80 >> ((bit - 1) & 7));
    return this;
  }

  rates(): string {
    return [11, 12, 13, 14].map((bit) => (this.get(bit) ? "1" : "0")).join("");
  }

  setRates(code: string): this {
    return this.set(...[11, 12, 13, 14].filter((_, i) => code[i] === "1"));
  }
}

/** Bits 17, 18 (recording width), in lines of R8 pels. */
function widthOf(bits: Bits): number {
  if (bits.get(17)) return 2048;
  return bits.get(18) ? 2432 : 1728;
}

const EXTENDED = 24;
const [RECEIVES, FINE, TWO_DIMENSIONAL, UNLIMITED, ECM, SMALL_FRAMES_DIS, SMALL_FRAMES_DCS, T6] = [10, 15, 16, 20, 27, 7, 28, 31] as const;
/** Bits 21 to 23, all set: no least time for a scan line, since pages are not printed while they come. */
const NO_SCAN_TIME = [21, 22, 23] as const;

/** Information field of our DIS: V.17, V.29 and V.27 ter, fine lines, ECM, T.6, pages of any length. */
export function buildDis(): Uint8Array {
  return new Bits(new Uint8Array(4)).set(RECEIVES, FINE, TWO_DIMENSIONAL, UNLIMITED, ...NO_SCAN_TIME, EXTENDED, ECM, T6).setRates("1101").octets;
}

export function parseDis(fif: Uint8Array): Capabilities {
  const bits = new Bits(fif);
  const more = bits.get(EXTENDED);
  const families = DIS_RATES[bits.rates()] ?? ["v27-2400"];
  const ecm = more && bits.get(ECM);
  return {
    canReceive: bits.get(RECEIVES),
    modems: PAGE_MODEMS.filter(({ modulation }) => families.some((family) => modulation.startsWith(family))),
    fine: bits.get(FINE),
    mr: bits.get(TWO_DIMENSIONAL),
    ecm,
    t6: ecm && bits.get(T6),
    unlimitedLength: bits.get(UNLIMITED),
    smallFrames: ecm && bits.get(SMALL_FRAMES_DIS),
  };
}

/** Information field of DCS. */
export function buildDcs(session: SessionParameters): Uint8Array {
  const rate = Object.keys(DCS_RATES).find((code) => DCS_RATES[code] === session.modem.modulation) ?? "0000";
  const bits = new Bits(new Uint8Array(4)).set(RECEIVES, ...NO_SCAN_TIME, EXTENDED).setRates(rate);
  if (session.resolution === "fine") bits.set(FINE);
  if (session.coding === "mr") bits.set(TWO_DIMENSIONAL);
  if (session.unlimitedLength) bits.set(UNLIMITED);
  if (session.ecm) bits.set(ECM);
  if (session.ecm && session.frameSize === 64) bits.set(SMALL_FRAMES_DCS);
  if (session.coding === "t6") bits.set(T6);
  return bits.octets;
}

/** `undefined`: a rate nobody knows. */
export function parseDcs(fif: Uint8Array): SessionParameters | undefined {
  const bits = new Bits(fif);
  const modem = modemOfRates(bits);
  if (modem === undefined) return undefined;
  const more = bits.get(EXTENDED);
  const ecm = more && bits.get(ECM);
  return {
    modem,
    resolution: bits.get(FINE) ? "fine" : "standard",
    coding: ecm && bits.get(T6) ? "t6" : bits.get(TWO_DIMENSIONAL) ? "mr" : "mh",
    ecm,
    frameSize: ecm && bits.get(SMALL_FRAMES_DCS) ? 64 : 256,
    width: widthOf(bits),
    unlimitedLength: bits.get(UNLIMITED),
  };
}

/** The new rate in a CTC: its field is bits 1 to 16 of a DCS (T.30 section A.4.1). */
export function modemOfCtc(fif: Uint8Array): Modem | undefined {
  return modemOfRates(new Bits(fif));
}

function modemOfRates(bits: Bits): Modem | undefined {
  return PAGE_MODEMS.find(({ modulation }) => modulation === DCS_RATES[bits.rates()]);
}
