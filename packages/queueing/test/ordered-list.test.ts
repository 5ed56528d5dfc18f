import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OrderedList } from "../src/acd/ordered-list.js";

const all = (list: OrderedList<number>): number[] => {
  const seen: number[] = [];
  list.find((item) => (seen.push(item), false));
  return seen;
};

describe("an ordered list", () => {
  it("is always what a sorted array would be, over many blocks", () => {
    const step = fc.oneof({ weight: 300, arbitrary: fc.record({ put: fc.nat(5_000) }) }, { weight: 200, arbitrary: fc.record({ take: fc.nat(5_000) }) }, { weight: 1, arbitrary: fc.record({ all: fc.uniqueArray(fc.nat(5_000), { maxLength: 2_000 }) }) });
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(5_000), { minLength: 0, maxLength: 3_000, size: "max" }), fc.array(step, { maxLength: 300, size: "max" }), (first, steps) => {
        const list = new OrderedList<number>((a, b) => a - b);
        const known = new Set(first);
        for (const item of first) list.insert(item);
        for (const each of steps) {
          if ("put" in each) {
            if (!known.has(each.put)) list.insert(each.put);
            known.add(each.put);
          } else if ("take" in each) {
            known.delete(each.take);
            list.remove(each.take);
          } else {
            known.clear();
            for (const item of each.all) known.add(item);
            list.replace(each.all);
          }
        }
        expect(all(list)).toEqual([...known].sort((a, b) => a - b));
        expect(list.size).toBe(known.size);
      }),
      { numRuns: 60 },
    );
  });

  it("halves and drops blocks: thousands in and out at both ends", () => {
    const list = new OrderedList<number>((a, b) => a - b);
    for (let i = 0; i < 3_000; i++) list.insert(i % 2 === 0 ? i : -i);
    expect([list.size, list.find(() => true), list.find((item) => item > 2_990)]).toEqual([3_000, -2_999, 2_992]);
    for (let i = 2_999; i >= 0; i--) list.remove(i % 2 === 0 ? i : -i);
    expect([list.size, list.find(() => true)]).toEqual([0, undefined]);
    list.insert(7);
    expect(all(list)).toEqual([7]);
  });
});
