import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OrderedList } from "../src/acd/ordered-list.js";
import type { Listed } from "../src/acd/ordered-list.js";

interface Item extends Listed {
  readonly at: number;
}

const item = (at: number): Item => ({ at, listed: "out" });
const listOf = (): OrderedList<Item> => new OrderedList<Item>((a, b) => a.at - b.at);
const all = (list: OrderedList<Item>): number[] => {
  const seen: number[] = [];
  list.find(({ at }) => (seen.push(at), false));
  return seen;
};

describe("an ordered list", () => {
  it("is always what a sorted array would be, over many blocks, whoever comes back to where they stood or elsewhere", () => {
    const step = fc.oneof(
      { weight: 300, arbitrary: fc.record({ put: fc.nat(5_000) }) },
      { weight: 200, arbitrary: fc.record({ take: fc.nat(5_000) }) },
      { weight: 20, arbitrary: fc.record({ takeFrom: fc.nat(5_000), count: fc.nat(3_000) }) },
      { weight: 20, arbitrary: fc.record({ putFrom: fc.nat(5_000), count: fc.nat(3_000), anew: fc.boolean() }) },
      { weight: 20, arbitrary: fc.record({ firstFrom: fc.nat(5_000) }) },
      { weight: 1, arbitrary: fc.record({ all: fc.uniqueArray(fc.nat(5_000), { maxLength: 2_000 }) }) },
    );
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(5_000), { minLength: 0, maxLength: 3_000, size: "max" }), fc.array(step, { maxLength: 300, size: "max" }), (first, steps) => {
        const list = listOf();
        const items = Array.from({ length: 5_001 }, (_, at) => item(at));
        const known = new Set(first);
        const put = (at: number): void => {
          known.add(at);
          list.insert(items[at] as Item);
        };
        const take = (at: number): void => {
          known.delete(at);
          list.remove(items[at] as Item);
        };
        for (const at of first) put(at);
        for (const each of steps) {
          if ("put" in each) put(each.put);
          else if ("take" in each) take(each.take);
          else if ("takeFrom" in each) for (let at = each.takeFrom; at < Math.min(5_000, each.takeFrom + each.count); at++) take(at);
          else if ("putFrom" in each) {
            for (let at = each.putFrom; at < Math.min(5_000, each.putFrom + each.count); at++) {
              // Somebody else stands there from now on: what has left never comes back.
              if (each.anew && !known.has(at)) items[at] = item(at);
              put(at);
            }
          } else if ("firstFrom" in each) {
            const next = Math.min(...[...known].filter((at) => at >= each.firstFrom));
            expect(list.find(({ at }) => at >= each.firstFrom)?.at).toBe(next === Infinity ? undefined : next);
          } else {
            known.clear();
            for (const at of each.all) known.add(at);
            list.replace(each.all.map((at) => items[at] as Item));
          }
          expect(list.size).toBe(known.size);
        }
        expect(all(list)).toEqual([...known].sort((a, b) => a - b));
        for (const { at, listed } of items) expect(listed === "in").toBe(known.has(at));
      }),
      { numRuns: 40 },
    );
  });

  it("halves and drops blocks: thousands in and out at both ends", () => {
    const list = listOf();
    const items = Array.from({ length: 3_000 }, (_, i) => item(i % 2 === 0 ? i : -i));
    for (const each of items) list.insert(each);
    expect([list.size, list.find(() => true)?.at, list.find(({ at }) => at > 2_990)?.at]).toEqual([3_000, -2_999, 2_992]);
    for (const each of items.toReversed()) list.remove(each);
    expect([list.size, list.find(() => true)]).toEqual([0, undefined]);
    list.insert(item(7));
    expect(all(list)).toEqual([7]);
  });

  it("does not keep those who have left for ever, though nobody comes by", () => {
    const list = listOf();
    const kept = item(-1);
    list.insert(kept);
    const items = Array.from({ length: 10_000 }, (_, at) => item(at));
    for (const each of items) {
      list.insert(each);
      list.remove(each);
    }
    expect(items.filter(({ listed }) => listed === "left").length).toBeLessThan(1_000);
    expect(all(list)).toEqual([-1]);
  });

  it("who is back before anybody has come by is compared with nobody", () => {
    let compared = 0;
    const list = new OrderedList<Item>((a, b) => ((compared += 1), a.at - b.at));
    const items = Array.from({ length: 5_000 }, (_, at) => item(at));
    list.replace(items);
    compared = 0;
    for (const each of items) list.remove(each);
    expect(list.size).toBe(0);
    for (const each of items) list.insert(each);
    expect(all(list)).toEqual(items.map(({ at }) => at));
    expect(compared).toBe(0);
  });
});
