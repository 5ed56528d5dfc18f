import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BurstMeter } from "./burst-meter.js";
import type { BurstFigures } from "./burst-meter.js";
import { Reception } from "./reception.js";

function figures(lost: readonly number[], packets: number): BurstFigures {
  const meter = new BurstMeter();
  for (const number of lost) meter.lost(number);
  return meter.figures(packets);
}

/** The definition of RFC 3611 section 4.7.2, looked at packet by packet. */
function byDefinition(lost: ReadonlySet<number>, packets: number): BurstFigures {
  const kind = new Array<"burst" | "gap">(packets).fill("gap");
  const numbers = [...lost].sort((a, b) => a - b);
  for (const [i, first] of numbers.entries()) {
    const next = numbers[i + 1];
    if (next !== undefined && next - first - 1 < 16) kind.fill("burst", first, next + 1);
  }
  const periods = kind.map((each, i) => (i === 0 || kind[i - 1] !== each ? each : undefined)).filter((each) => each !== undefined);
  const share = (of: "burst" | "gap"): number => {
    const all = kind.filter((each) => each === of).length;
    return all === 0 ? 0 : kind.filter((each, i) => each === of && lost.has(i)).length / all;
  };
  const mean = (of: "burst" | "gap"): number => {
    const count = periods.filter((each) => each === of).length;
    return count === 0 ? 0 : kind.filter((each) => each === of).length / count;
  };
  return { burstDensity: share("burst"), gapDensity: share("gap"), burstPackets: mean("burst"), gapPackets: mean("gap") };
}

describe("bursts of losses (RFC 3611 section 4.7.2)", () => {
  test("none: one long gap", () => {
    expect(figures([], 500)).toEqual({ burstDensity: 0, gapDensity: 0, burstPackets: 0, gapPackets: 500 });
  });

  test("a single loss is part of the gap; the second with fifteen packets between makes a burst, with sixteen none", () => {
    expect(figures([100], 500)).toEqual({ burstDensity: 0, gapDensity: 1 / 500, burstPackets: 0, gapPackets: 500 });
    expect(figures([100, 117], 500)).toEqual({ burstDensity: 0, gapDensity: 2 / 500, burstPackets: 0, gapPackets: 500 });
    expect(figures([100, 116], 500)).toEqual({ burstDensity: 2 / 17, gapDensity: 0, burstPackets: 17, gapPackets: 483 / 2 });
  });

  test("two bursts and a single loss between", () => {
    expect(figures([10, 11, 12, 100, 200, 204], 400)).toEqual({ burstDensity: 5 / 8, gapDensity: 1 / 392, burstPackets: 4, gapPackets: 392 / 3 });
  });

  test("agrees with the definition, whatever is lost", () => {
    const losses = fc.integer({ min: 1, max: 600 }).chain((packets) => fc.record({ packets: fc.constant(packets), lost: fc.uniqueArray(fc.integer({ min: 0, max: packets - 1 }), { maxLength: 60 }) }));
    fc.assert(
      fc.property(losses, ({ packets, lost }) => {
        const found = figures([...lost].sort((a, b) => a - b), packets);
        const meant = byDefinition(new Set(lost), packets);
        for (const [name, value] of Object.entries(meant)) expect(found[name as keyof BurstFigures], name).toBeCloseTo(value, 9);
      }),
    );
  });

  test("what came late was not lost; what is missing at the end is not lost yet", () => {
    const reception = new Reception();
    const send = (number: number): void => void reception.packet(7, (65_400 + number) & 0xffff, number * 160, 160, number * 160);
    const order = Array.from({ length: 400 }, (_, i) => i).filter((n) => ![50, 52, 120, 123, 398].includes(n));
    order.splice(order.indexOf(60), 0, 52); // overtaken by eight: 50 is alone then
    order.forEach(send);
    // Up to the packet that may still come: 120 and 123 make a burst.
    expect(reception.bursts).toEqual({ burstDensity: 2 / 4, gapDensity: 1 / 394, burstPackets: 4, gapPackets: 394 / 2 });
    reception.packet(7, (65_400 + 5_000) & 0xffff, 0, 160, 0); // the source began anew
    expect(reception.bursts).toEqual({ burstDensity: 0, gapDensity: 0, burstPackets: 0, gapPackets: 1 });
  });

  test("what was thrown away counts like what was lost, whenever it is looked at", () => {
    const order = Array.from({ length: 900 }, (_, i) => i).filter((n) => ![100, 101, 130, 500, 700].includes(n));
    order.splice(order.indexOf(140), 0, 130); // overtaken by nine, and then of no use
    const useless = [103, 130, 131, 300, 505, 899];
    const counted = [100, 101, 103, 130, 131, 300, 500, 505, 700, 899];
    for (const every of [1, 7, 1000]) {
      const reception = new Reception();
      for (const [i, number] of order.entries()) {
        const sequence = (65_400 + number) & 0xffff;
        reception.packet(7, sequence, number * 160, 160, number * 160);
        if (useless.includes(number)) {
          reception.discarded(7, sequence);
          reception.discarded(7, sequence);
          reception.discarded(8, sequence);
        }
        if (i % every === 0) void reception.bursts;
      }
      expect(reception.bursts, `looked at every ${every}`).toEqual(byDefinition(new Set(counted), 900));
    }
  });

  test("thousands thrown away in a row are one burst, and no more than the window is kept", () => {
    const reception = new Reception();
    for (let number = 0; number < 5_000; number++) {
      reception.packet(7, number, number * 160, 160, number * 160);
      if (number >= 1_000 && number < 4_000) reception.discarded(7, number);
    }
    expect(reception.bursts).toEqual({ burstDensity: 1, gapDensity: 0, burstPackets: 3_000, gapPackets: 1_000 });
    reception.discarded(7, 1_500); // too long ago to be told apart
    expect(reception.bursts.burstPackets).toBe(3_000);
  });

  test("a long hole is one burst", () => {
    const reception = new Reception();
    for (const number of [...Array(100).keys(), ...Array.from({ length: 300 }, (_, i) => 600 + i)]) reception.packet(7, number, number * 160, 160, number * 160);
    expect(reception.bursts).toEqual({ burstDensity: 1, gapDensity: 0, burstPackets: 500, gapPackets: 200 });
  });
});
