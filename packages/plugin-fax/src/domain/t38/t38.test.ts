import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeIfp, encodeIfp, FIELD_TYPES, INDICATORS, MODULATIONS } from "./ifp.js";
import type { IfpPacket } from "./ifp.js";
import { LineReceiver } from "./line-receiver.js";
import { decodeUdptl, encodeUdptl } from "./udptl.js";
import { UdptlReceiver } from "./udptl-receiver.js";
import type { UdptlArrival } from "./udptl-receiver.js";
import { UdptlSender } from "./udptl-sender.js";

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString("hex");
const octets = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));

describe("IFP packets", () => {
  it("writes what other implementations write", () => {
    expect(hex(encodeIfp({ kind: "indicator", indicator: "v21-preamble" }))).toBe("06");
    expect(hex(encodeIfp({ kind: "indicator", indicator: "cng" }))).toBe("02");
    expect(hex(encodeIfp({ kind: "indicator", indicator: "v33-14400-training" }))).toBe("2180");
    const data: IfpPacket = { kind: "data", modulation: "v21", fields: [{ type: "hdlc-data", data: octets("ffc8") }, { type: "hdlc-fcs-ok-sig-end" }] };
    expect(hex(encodeIfp(data, 0))).toBe("c00280 0001 ffc8 40".replaceAll(" ", ""));
    expect(hex(encodeIfp(data, 3))).toBe("c00280 0001 ffc8 20".replaceAll(" ", ""));
  });

  it("reads what it writes, in both forms", () => {
    const field = fc.record({ type: fc.constantFrom(...FIELD_TYPES.slice(0, 8)), data: fc.uint8Array({ minLength: 1, maxLength: 300 }) });
    const packet = fc.oneof(
      fc.constantFrom(...INDICATORS).map((indicator): IfpPacket => ({ kind: "indicator", indicator })),
      fc.record({ kind: fc.constant("data" as const), modulation: fc.constantFrom(...MODULATIONS), fields: fc.array(field, { maxLength: 4 }) }),
    );
    fc.assert(fc.property(packet, fc.constantFrom(0, 1, 2, 3), (value, version) => void expect(decodeIfp(encodeIfp(value, version), version)).toEqual(value)));
  });

  it("drops what is cut short or unknown", () => {
    for (const text of ["", "20", "2fc0", "c0", "c001", "c00180", "c001800001ff", "efc0"]) expect(decodeIfp(octets(text))).toBeUndefined();
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (any) => void [decodeIfp(any), decodeUdptl(any)]));
  });
});

describe("UDPTL", () => {
  it("carries long packets with a length of two octets", () => {
    const long = new Uint8Array(300).fill(7);
    const packet = { sequence: 65_535, primary: long, secondary: [Uint8Array.of(1), long] };
    expect(decodeUdptl(encodeUdptl(packet))).toEqual({ ...packet, fec: false });
    expect(hex(encodeUdptl({ sequence: 1, primary: octets("06"), secondary: [] }))).toBe("0001010600" + "00");
  });

  it("takes the packet out of one with parity (FEC)", () => {
    expect(decodeUdptl(octets("0005 0106 80 0103 01 0106"))).toMatchObject({ sequence: 5, primary: octets("06"), fec: true });
  });

  const numbered = (n: number): Uint8Array => Uint8Array.of(n >> 8, n & 255);
  const sent = (count: number, redundancy: number): Uint8Array[] => {
    const sender = new UdptlSender({ redundancy });
    return Array.from({ length: count }, (_, n) => sender.send(numbered(n)));
  };
  const numbers = (arrivals: readonly UdptlArrival[]): (number | string)[] => arrivals.map((each) => (each.kind === "ifp" ? ((each.octets[0] as number) << 8) | (each.octets[1] as number) : `lost ${each.count}`));

  it("fills holes from the copies, orders, and leaves duplicates out", () => {
    const all = sent(20, 3);
    const receiver = new UdptlReceiver();
    const order = [0, 1, 1, 5, 2, 3, 4, 6, 8, 7, 12, 19];
    const got = order.flatMap((n) => receiver.receive(all[n] as Uint8Array, n * 30));
    expect(numbers(got)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(numbers(receiver.flush(19 * 30 + 149))).toEqual([]);
    expect(numbers(receiver.flush(19 * 30 + 150))).toEqual(["lost 3", 16, 17, 18, 19]);
    expect(receiver.counts).toMatchObject({ lost: 3 });
  });

  it("does not wait for ever behind a hole, and counts on past 65535", () => {
    const all = sent(70_000, 0);
    const receiver = new UdptlReceiver({ maxWaiting: 5 });
    const got = all.flatMap((datagram, n) => (n === 40_000 ? [] : receiver.receive(datagram, n)));
    expect(got.filter((each) => each.kind === "lost")).toEqual([{ kind: "lost", count: 1 }]);
    expect(got).toHaveLength(70_000);
  });

  it("leaves away copies that would make the datagram too long", () => {
    const sender = new UdptlSender({ redundancy: 3, maxDatagram: 150 });
    for (let i = 0; i < 5; i++) {
      const datagram = sender.send(new Uint8Array(60));
      expect(datagram.length).toBeLessThanOrEqual(150);
      expect(decodeUdptl(datagram)?.secondary.length).toBe(Math.min(i, 1));
    }
  });
});

describe("LineReceiver", () => {
  const data = (text: string, end?: "hdlc-fcs-ok" | "hdlc-fcs-bad" | "hdlc-fcs-ok-sig-end"): IfpPacket => ({ kind: "data", modulation: "v21", fields: [{ type: "hdlc-data", data: octets(text) }, ...(end === undefined ? [] : [{ type: end }])] });

  it("puts frames together", () => {
    const ear = new LineReceiver();
    const events = [ear.packet({ kind: "indicator", indicator: "v21-preamble" }), ear.packet(data("ffc0")), ear.packet(data("02", "hdlc-fcs-ok")), ear.packet(data("ffc801", "hdlc-fcs-ok-sig-end")), ear.packet({ kind: "indicator", indicator: "no-signal" })].flat();
    expect(events).toEqual([
      { type: "carrier", on: true, modulation: "v21" },
      { type: "frame", modulation: "v21", octets: octets("ffc002"), ok: true },
      { type: "frame", modulation: "v21", octets: octets("ffc801"), ok: true },
      { type: "carrier", on: false, modulation: "v21" },
    ]);
  });

  it("spoils the frame with a hole in it up to its FCS, and only that one", () => {
    const ear = new LineReceiver();
    ear.packet({ kind: "indicator", indicator: "v21-preamble" });
    ear.packet(data("ffc0"));
    ear.lost();
    const events = [ear.packet(data("30")), ear.packet(data("31", "hdlc-fcs-ok")), ear.packet(data("ffc801", "hdlc-fcs-ok"))].flat();
    expect(events.map((event) => event.type === "frame" && event.ok)).toEqual([false, true]);
  });

  it("measures a training check", () => {
    const ear = new LineReceiver();
    ear.packet({ kind: "indicator", indicator: "v17-14400-long-training" });
    const raw = (filled: Uint8Array): IfpPacket => ({ kind: "data", modulation: "v17-14400", fields: [{ type: "t4-non-ecm-data", data: filled }] });
    ear.packet(raw(new Uint8Array(100)));
    ear.packet(raw(Uint8Array.of(0, 3, 0)));
    ear.packet(raw(new Uint8Array(200)));
    expect(ear.packet({ kind: "indicator", indicator: "no-signal" })).toEqual([
      { type: "non-ecm", modulation: "v17-14400", octets: 303, zeros: 201 },
      { type: "carrier", on: false, modulation: "v17-14400" },
    ]);
  });
});
