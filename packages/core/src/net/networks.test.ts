import { describe, expect, it } from "vitest";
import { isNetwork, Networks, sourceOf } from "./networks.js";

describe("a set of networks", () => {
  it("knows addresses of both families, mapped ones, and what was added after it was asked", () => {
    const networks = new Networks(["192.0.2.0/24", "2001:db8::/32"]);
    expect(["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::5", "198.51.100.1", "nonsense"].map((each) => networks.has(each))).toEqual([true, true, true, false, false]);
    networks.add("198.51.100.1");
    expect(networks.has("198.51.100.1")).toBe(true);
    expect(networks.has("192.0.2.7")).toBe(true);
  });

  it("gives the same verdicts to more sources than it remembers", () => {
    const networks = new Networks(["10.0.0.0/20"]);
    const asked = (i: number): string => `10.0.${i >> 8}.${i & 255}`;
    for (let round = 0; round < 2; round++) for (let i = 0; i < 5_000; i++) expect(networks.has(asked(i))).toBe(i < 4_096);
  });

  it("that is empty holds nobody", () => {
    expect(new Networks([]).empty).toBe(true);
    expect(new Networks().has("127.0.0.1")).toBe(false);
  });
});

it.each([
  ["192.0.2.7", true], ["192.0.2.0/24", true], ["2001:db8::/32", true], ["::1", true],
  ["192.0.2.0/33", false], ["192.0.2.0/", false], ["192.0.2.0/24/1", false], ["2001:db8::/129", false], ["fe80::1%eth0", false], ["proxy.example", false], ["", false],
])("%s is a network: %s", (text, expected) => {
  expect(isNetwork(text)).toBe(expected);
});

it.each([
  ["192.0.2.7", "192.0.2.7"], ["::ffff:192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"], ["2001:DB8:1:2::6", "2001:db8:1:2::/64"], ["2001:0db8:0001:0002::", "2001:db8:1:2::/64"], ["2001:db8::2:3:4:5:6", "2001:db8:0:2::/64"], ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"], ["fe80::1%eth0", "fe80:0:0:0::/64"], ["2001:db8:1:2::192.0.2.7", "2001:db8:1:2::/64"], ["1::2:3:4:5:192.0.2.7", "1:0:2:3::/64"],
  ["64:ff9b::c000:207", "64:ff9b::c000:207"], ["local", "local"], ["", ""],
])("limits count %s as %s", (address, source) => {
  expect(sourceOf(address)).toBe(source);
});
