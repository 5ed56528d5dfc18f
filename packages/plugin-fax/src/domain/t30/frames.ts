/**
 * Frames of T.30 and of T.4 Annex A (ECM), every octet with the bit sent first as most significant, as
 * they travel in T.38. Numbers in them go least significant bit first, so those octets are turned round.
 */
const ADDRESS = 0xff;
const CONTROL = 0xc0;
const FINAL = 0x08;

/** Facsimile control fields, T.30 table 1 (section 5.3.6.1), without the bit X that tells who sends. */
export const FCF = {
  DIS: 0x01, CSI: 0x02, NSF: 0x04, DTC: 0x81, CIG: 0x82, NSC: 0x84,
  DCS: 0x41, TSI: 0x42, NSS: 0x44, CTC: 0x48,
  CFR: 0x21, FTT: 0x22, CTR: 0x23,
  EOM: 0x71, MPS: 0x72, EOP: 0x74, PRI_EOM: 0x79, PRI_MPS: 0x7a, PRI_EOP: 0x7c, PPS: 0x7d, EOR: 0x73, RR: 0x76,
  MCF: 0x31, RTP: 0x33, RTN: 0x32, PIP: 0x35, PIN: 0x34, PPR: 0x3d, RNR: 0x37, ERR: 0x38,
  DCN: 0x5f, CRP: 0x58,
  /** T.4 Annex A, on the page's modulation. */
  FCD: 0x60, RCP: 0x61,
} as const;
export type FrameName = keyof typeof FCF;

const NAMES = new Map<number, FrameName>(Object.entries(FCF).map(([name, code]) => [code, name as FrameName]));

/** Who sends: the X of table 1 is 1 for the station that received DIS. */
export type Station = "got-dis" | "sent-dis";

export interface T30Frame {
  readonly name: FrameName;
  /** The last frame of this command or response. */
  readonly final: boolean;
  /** Facsimile information field. */
  readonly fif: Uint8Array;
}

export function buildFrame(name: FrameName, options: { fif?: Uint8Array; final?: boolean; station?: Station } = {}): Uint8Array {
  const { fif = new Uint8Array(), final = true, station = "sent-dis" } = options;
  // DIS, CSI and NSF and their polling twins carry the bit in their code; page frames have none.
  const x = station === "got-dis" && FCF[name] >= 0x20 && FCF[name] < 0x80 && name !== "FCD" && name !== "RCP" ? 0x80 : 0;
  const out = new Uint8Array(3 + fif.length);
  out.set([ADDRESS, CONTROL | (final ? FINAL : 0), FCF[name] | x]);
  out.set(fif, 3);
  return out;
}

/** `undefined` for a frame that is too short or of an unknown name. */
export function parseFrame(octets: Uint8Array): T30Frame | undefined {
  if (octets.length < 3 || octets[0] !== ADDRESS) return undefined;
  const code = octets[2] as number;
  const name = NAMES.get(code) ?? NAMES.get(code & 0x7f);
  return name === undefined ? undefined : { name, final: ((octets[1] as number) & FINAL) !== 0, fif: octets.subarray(3) };
}

/** What comes after a partial page: `null` another block of it, `mps` another page, `eom` another page after new negotiation, `eop` nothing. */
export type AfterBlock = "null" | "mps" | "eom" | "eop";
const AFTER: Readonly<Record<AfterBlock, number>> = { null: 0, mps: FCF.MPS, eom: FCF.EOM, eop: FCF.EOP };

/** Information field of PPS (T.30 section A.4.3): what follows, page and block modulo 256, and the number of frames less one. */
export interface PartialPageSignal {
  readonly after: AfterBlock;
  readonly page: number;
  readonly block: number;
  readonly frames: number;
}

export function buildPps(pps: PartialPageSignal): Uint8Array {
  const after = AFTER[pps.after];
  const fif = Uint8Array.of(after === 0 ? 0 : after | 0x80, reverseBits(pps.page & 0xff), reverseBits(pps.block & 0xff), reverseBits((pps.frames - 1) & 0xff));
  return buildFrame("PPS", { fif, station: "got-dis" });
}

export function parsePps(fif: Uint8Array): PartialPageSignal | undefined {
  const after = afterOf(fif);
  if (fif.length < 4 || after === undefined) return undefined;
  return { after, page: reverseBits(fif[1] as number), block: reverseBits(fif[2] as number), frames: reverseBits(fif[3] as number) + 1 };
}

/** What follows, of PPS and EOR. An operator wanted in between (PRI-) is no more than a wish. */
export function afterOf(fif: Uint8Array): AfterBlock | undefined {
  const code = (fif[0] ?? 0xff) & 0x7f;
  const plain = code === FCF.PRI_EOM ? FCF.EOM : code === FCF.PRI_MPS ? FCF.MPS : code === FCF.PRI_EOP ? FCF.EOP : code;
  return (Object.keys(AFTER) as AfterBlock[]).find((each) => AFTER[each] === plain);
}

/** Octets of image in one frame: 256, or 64 where agreed. */
export function buildFcd(number: number, data: Uint8Array): Uint8Array {
  const fif = new Uint8Array(1 + data.length);
  fif[0] = reverseBits(number);
  fif.set(data, 1);
  return buildFrame("FCD", { fif, final: false });
}

/** Three in a row end the frames of a partial page. */
export function buildRcp(): Uint8Array {
  return buildFrame("RCP", { final: false });
}

/** Information field of PPR: one bit per frame, 1 where it is wanted again; those beyond the last are 1. */
export function buildPpr(missing: (frame: number) => boolean): Uint8Array {
  const fif = new Uint8Array(32);
  for (let frame = 0; frame < 256; frame++) if (missing(frame)) fif[frame >> 3] = (fif[frame >> 3] as number) | (0x80 >> (frame & 7));
  return buildFrame("PPR", { fif });
}

export function parsePpr(fif: Uint8Array): (frame: number) => boolean {
  return (frame) => ((fif[frame >> 3] ?? 0) & (0x80 >> (frame & 7))) !== 0;
}

/** TSI, CSI: twenty characters, the last one first (T.30 section 5.3.6.2.4); digits, + and space, others become spaces. */
export function buildIdentity(name: "TSI" | "CSI", text: string, station: Station): Uint8Array {
  const characters = text.replace(/[^0-9+ ]/g, " ").slice(0, 20).padStart(20, " ");
  const fif = Uint8Array.from([...characters].reverse(), (character) => reverseBits(character.charCodeAt(0)));
  return buildFrame(name, { fif, final: false, station });
}

export function parseIdentity(fif: Uint8Array): string {
  return [...fif.subarray(0, 20)].reverse().map((octet) => String.fromCharCode(reverseBits(octet) & 0x7f)).join("").replace(/[^\x20-\x7e]/g, "").trim();
}

export function reverseBits(octet: number): number {
  let out = 0;
  for (let bit = 0; bit < 8; bit++) if ((octet & (1 << bit)) !== 0) out |= 0x80 >> bit;
  return out;
}
