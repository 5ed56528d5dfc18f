import { describe, expect, test } from "vitest";
import { Reception } from "./reception.js";

const feed = (reception: Reception, sequences: readonly number[]): string[] => sequences.map((sequence, i) => reception.packet(1, sequence & 0xffff, sequence * 160, 160, 1000 + i * 160));

describe("Reception", () => {
  test("order, gaps, late packets and duplicates across the wrap", () => {
    const reception = new Reception();
    expect(feed(reception, [65534, 65535, 65537, 65536, 65536, 65538, 65534])).toEqual(["first", "next", "gap", "late", "duplicate", "next", "duplicate"]);
    expect(reception.lost).toBe(0);
    expect(reception.late).toBe(1);
    expect(reception.duplicates).toBe(2);
  });

  test("loss and its fraction since the last report (RFC 3550 A.3)", () => {
    const reception = new Reception();
    feed(reception, [0, 1, 2, 3]);
    expect(reception.report(0, 0)).toMatchObject({ fractionLost: 0, cumulativeLost: 0, highestSequence: 3 });
    feed(reception, [5, 7]);
    expect(reception.report(0, 0)).toMatchObject({ fractionLost: 128, cumulativeLost: 2, highestSequence: 7 });
    expect(reception.lost).toBe(2);
  });

  test("jitter is that of RFC 3550 section 6.4.1", () => {
    const reception = new Reception();
    for (let i = 0; i < 400; i++) reception.packet(1, i, i * 160, 160, i * 160 + (i % 2) * 80); // alternately 10 ms late
    expect(reception.jitterMs).toBeCloseTo(10, 0);
  });

  test("another source, or one that restarted far away, begins anew and keeps the losses", () => {
    const reception = new Reception();
    feed(reception, [0, 1, 3]);
    expect(reception.packet(2, 40_000, 0, 160, 0)).toBe("first");
    expect(reception.packet(2, 10_000, 0, 160, 0)).toBe("first");
    expect(reception.lost).toBe(1);
    expect(reception.received).toBe(5);
  });
});
