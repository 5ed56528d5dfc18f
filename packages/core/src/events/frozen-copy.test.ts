import { describe, expect, it } from "vitest";
import { frozenCopy } from "./frozen-copy.js";

describe("frozenCopy", () => {
  it("is equal, frozen all the way down, and leaves what it was given alone", () => {
    const given = { text: "x", list: [{ n: 1 }], nothing: null };
    const copy = frozenCopy(given);
    expect(copy).toEqual(given);
    expect([Object.isFrozen(copy), Object.isFrozen(copy.list), Object.isFrozen(copy.list[0])]).toEqual([true, true, true]);
    given.list.push({ n: 2 });
    expect(copy.list).toHaveLength(1);
  });
  it("takes circles, and keys that would be prototypes", () => {
    const circle: { self?: unknown; own: unknown } = { own: JSON.parse('{"__proto__":{"polluted":true}}') };
    circle.self = circle;
    const copy = frozenCopy(circle);
    expect(copy.self).toBe(copy);
    expect(Object.keys(copy.own as object)).toEqual(["__proto__"]);
    expect((copy.own as { polluted?: boolean }).polluted).toBeUndefined();
  });
  it("gives on what is not plain as it is", () => {
    const date = new Date(0);
    expect(frozenCopy({ date }).date).toBe(date);
  });
});
