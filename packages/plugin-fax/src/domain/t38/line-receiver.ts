import { INDICATORS } from "./ifp.js";
import type { IfpPacket, Indicator, Modulation } from "./ifp.js";

/** What a fax terminal would hear on its line. */
export type LineEvent =
  | { readonly type: "tone"; readonly tone: "cng" | "ced" }
  | { readonly type: "carrier"; readonly on: boolean; readonly modulation: Modulation }
  /** An HDLC frame without its FCS. `ok` is false where the FCS was wrong or a part of it never came. */
  | { readonly type: "frame"; readonly modulation: Modulation; readonly octets: Uint8Array; readonly ok: boolean }
  /** A run of data without HDLC is over: a training check. `zeros`: longest run of zero octets. */
  | { readonly type: "non-ecm"; readonly modulation: Modulation; readonly octets: number; readonly zeros: number };

/** Longer frames than any of T.30 (a page frame has 260 octets) are thrown away. */
const MAX_FRAME = 1024;

/** The modulation that an indicator announces. */
function modulationOf(indicator: Indicator): Modulation | undefined {
  if (indicator === "v21-preamble") return "v21";
  const match = /^(.*?)(?:-short|-long)?-training$/.exec(indicator);
  return match === null || INDICATORS.indexOf(indicator) < 4 ? undefined : (match[1] as Modulation);
}

/**
 * Puts IFP packets together to what happens on the line. A hole that redundancy did not fill spoils the
 * frame in progress up to its FCS field, since nobody knows what was in it.
 */
export class LineReceiver {
  #carrier: Modulation | undefined;
  #frame: Uint8Array[] = [];
  #length = 0;
  #spoilt = false;
  #raw: { octets: number; zeros: number; run: number } | undefined;

  lost(): void {
    this.#spoilt = true;
    if (this.#raw !== undefined) this.#raw.run = 0;
  }

  packet(packet: IfpPacket): LineEvent[] {
    const out: LineEvent[] = [];
    if (packet.kind === "indicator") this.#indicator(packet.indicator, out);
    else {
      this.#switch(packet.modulation, out);
      for (const { type, data } of packet.fields) {
        if (data !== undefined && type === "hdlc-data") this.#hdlc(data);
        else if (data !== undefined && type.startsWith("t4-non-ecm")) this.#nonEcm(data);
        if (type.startsWith("hdlc-fcs")) this.#close(type.startsWith("hdlc-fcs-ok"), packet.modulation, out);
        if (type.endsWith("sig-end")) this.#switch(undefined, out);
      }
    }
    return out;
  }

  #indicator(indicator: Indicator, out: LineEvent[]): void {
    // Whatever was open has ended without telling; a hole before this does not reach what follows.
    this.#switch(undefined, out);
    this.#spoilt = false;
    if (indicator === "cng" || indicator === "ced") out.push({ type: "tone", tone: indicator });
    else this.#switch(modulationOf(indicator), out);
  }

  #switch(modulation: Modulation | undefined, out: LineEvent[]): void {
    if (this.#carrier === modulation) return;
    if (this.#carrier !== undefined) {
      if (this.#raw !== undefined) out.push({ type: "non-ecm", modulation: this.#carrier, octets: this.#raw.octets, zeros: this.#raw.zeros });
      out.push({ type: "carrier", on: false, modulation: this.#carrier });
    }
    this.#raw = undefined;
    this.#reset();
    this.#carrier = modulation;
    if (modulation !== undefined) out.push({ type: "carrier", on: true, modulation });
  }

  #hdlc(data: Uint8Array): void {
    this.#length += data.length;
    if (this.#length <= MAX_FRAME) this.#frame.push(data);
    else this.#spoilt = true;
  }

  #nonEcm(data: Uint8Array): void {
    const raw = (this.#raw ??= { octets: 0, zeros: 0, run: 0 });
    raw.octets += data.length;
    for (const octet of data) {
      raw.run = octet === 0 ? raw.run + 1 : 0;
      if (raw.run > raw.zeros) raw.zeros = raw.run;
    }
  }

  #close(fcs: boolean, modulation: Modulation, out: LineEvent[]): void {
    const octets = Buffer.concat(this.#frame);
    if (octets.length > 0 || this.#spoilt) out.push({ type: "frame", modulation, octets: new Uint8Array(octets), ok: fcs && !this.#spoilt });
    this.#reset();
    this.#spoilt = false;
  }

  #reset(): void {
    this.#frame = [];
    this.#length = 0;
  }
}
