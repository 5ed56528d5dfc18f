import { describe, expect, it } from "vitest";
import { sipConfig } from "../config.js";
import { CallRate } from "./call-rate.js";
import { rewritten } from "./rewrite.js";
import { TrunkTable } from "./trunk-table.js";
import type { TrunkRoute } from "./trunk-table.js";

type Options = Record<string, unknown>;

const way = (key: string, outbound: Options = {}, trunk: Options = {}): Options => ({ key, outbound: { host: "192.0.2.1", ...outbound }, ...trunk });
const parsed = (...trunks: Options[]): TrunkTable => new TrunkTable(sipConfig.parse({ trunks }).trunks);
const faults = (...trunks: Options[]): string[] => sipConfig.safeParse({ trunks }).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

/** Every trunk of a route in its order; the channels are given back at the end. */
function order(route: TrunkRoute): string[] {
  const keys: string[] = [];
  for (let choice = route.next(); choice.kind === "trunk"; choice = route.next()) {
    keys.push(choice.trunk.key);
    choice.release();
  }
  return keys;
}

describe("the order of trunks for a number", () => {
  it("is the longest prefix, then the priority, then that of the options", () => {
    const table = parsed(way("spare", { priority: 5 }), way("late", { priority: 1 }), way("early", { priority: 1 }), way("mobile", { prefixes: ["1"], priority: 9 }), way("default"));
    expect(order(table.route("13800138000", () => 0))).toEqual(["mobile", "default", "late", "early", "spare"]);
    expect(order(table.route("01012345678", () => 0))).toEqual(["default", "late", "early", "spare"]);
    expect(order(table.routeToHost("192.0.2.1", undefined, () => 0))).toEqual(["default", "late", "early", "spare", "mobile"]);
  });

  it("has those that are down, and those that asked for rest, at its end; rest is bounded", () => {
    const table = parsed(way("a"), way("b"), way("c"));
    const [a, b] = table.trunks;
    let now = 1_000;
    a?.setUp(true);
    a?.setUp(false);
    expect(order(table.route("1", () => now))).toEqual(["b", "c", "a"]);
    b?.rest(now, 10);
    expect(order(table.route("1", () => now))).toEqual(["c", "a", "b"]);
    now += 10_000;
    expect(order(table.route("1", () => now))).toEqual(["b", "c", "a"]);
    b?.rest(now, 86_400);
    now += 299_999;
    expect(b?.rests(now)).toBe(true);
    now += 1;
    expect(b?.rests(now)).toBe(false);
  });

  it("passes over those without a channel, and says which", () => {
    const table = parsed(way("a", {}, { maxChannels: 1 }), way("b", {}, { maxChannels: 1 }));
    const first = table.route("1", () => 0).next();
    const route = table.route("1", () => 0);
    expect(route.next()).toMatchObject({ kind: "trunk", trunk: { key: "b" } });
    expect(route.passed()).toEqual([{ trunk: "a", why: "full" }]);
    expect(route.passed()).toEqual([]);
    expect(route.next().kind).toBe("full");
    expect(table.route("1", () => 0).next().kind).toBe("full");
    expect(first.kind === "trunk" && first.release()).toBe(undefined);
    expect(route.next()).toMatchObject({ kind: "trunk", trunk: { key: "a" } });
    expect(route.next().kind).toBe("none");
  });
});

describe("calls a second", () => {
  it("go at once up to the rate, then to the next trunk, then wait in order for up to two seconds, then are refused", () => {
    const table = parsed(way("a", { maxCallsPerSecond: 2 }), way("b", { maxCallsPerSecond: 1, priority: 1 }));
    let now = 0;
    const call = (): unknown => {
      const choice = table.route("1", () => now).next();
      return choice.kind === "trunk" ? [choice.trunk.key, choice.waitMs] : choice.kind;
    };
    expect([call(), call(), call()]).toEqual([["a", 0], ["a", 0], ["b", 0]]);
    expect([call(), call(), call(), call(), call(), call(), call()]).toEqual([["a", 500], ["a", 1000], ["b", 1000], ["a", 1500], ["a", 2000], ["b", 2000], "limited"]);
    now = 500;
    expect([call(), call()]).toEqual([["a", 2000], "limited"]);
    now = 60_000;
    expect([call(), call(), call(), call()]).toEqual([["a", 0], ["a", 0], ["b", 0], ["a", 500]]);
  });

  it("may be fewer than one, and calls that come in have a rate of their own", () => {
    const rate = new CallRate(0.1);
    expect(rate.waitMs(0)).toBe(0);
    rate.draw();
    expect(rate.waitMs(1_000)).toBe(9_000);
    expect(rate.waitMs(10_000)).toBe(0);
    const [trunk] = parsed(way("a", { maxCallsPerSecond: 1 }, { maxCallsPerSecond: 2 })).trunks;
    expect([trunk?.admits(0), trunk?.admits(0), trunk?.admits(0), trunk?.admits(499), trunk?.admits(500), trunk?.admits(501)]).toEqual([true, true, false, false, true, false]);
    expect(trunk?.waitMs(501)).toBe(0);
  });
});

describe("numbers as a carrier writes them", () => {
  const rules = sipConfig.parse({
    trunks: [
      way("a", {
        rewrite: [
          { of: "called", prefix: "+86", strip: 3, prepend: "0" },
          { of: "called", prefix: "00", strip: 2, prepend: "+" },
          { of: "called", prefix: "0", minLength: 2, strip: 1, prepend: "+86" },
          { of: "called", prefix: "1", minLength: 11, maxLength: 11, prepend: "+86" },
          { of: "caller", prefix: "12", prepend: "+8610" },
          { of: "called", prefix: "9", strip: 1 },
        ],
      }),
    ],
  }).trunks[0]?.outbound?.rewrite;
  it.each([
    ["called", "+861088881234", "01088881234"],
    ["called", "0044201234567", "+44201234567"],
    ["called", "01088881234", "+861088881234"],
    ["called", "13800138000", "+8613800138000"],
    ["called", "12333", "12333"],
    ["called", "110", "110"],
    ["caller", "12333", "+861012333"],
    ["caller", "01088881234", "01088881234"],
    ["called", "9", "9"],
    ["called", "anonymous", "anonymous"],
    ["called", "", ""],
  ] as const)("the %s number %s becomes %s: the first rule that fits, and never none", (of, number, wire) => {
    expect(rewritten(rules ?? [], of, number)).toBe(wire);
  });

  it("rules that cannot be meant are refused at the start", () => {
    const fault = (...rewrite: Options[]): string[] => faults(way("a", { rewrite }));
    expect(fault({ of: "called", prefix: "0", strip: 2 })).toEqual(["trunks.0.outbound.rewrite.0.strip: takes away more than `prefix` or `minLength` say is there"]);
    expect(fault({ of: "called", minLength: 9, maxLength: 3 })).toEqual(["trunks.0.outbound.rewrite.0.minLength: must not be above maxLength"]);
    expect(fault({ of: "called", prefix: "0" }, { of: "caller", prefix: "010" }, { of: "called", prefix: "010" })).toEqual(["trunks.0.outbound.rewrite.2: is never reached: rule 0 fits all its numbers. Put the longer prefix first"]);
    expect(fault({ of: "called", prefix: "0", minLength: 5 }, { of: "called", prefix: "010" })).toEqual([]);
    expect(fault({ of: "called", prefix: "(a+)+$" })[0]).toContain("leading digits");
    expect(fault({ of: "called", prepend: "8\r\n" })[0]).toContain("digits, * and #");
    expect(faults({ key: "in", match: ["192.0.2.1"], rewriteInbound: [{ of: "both" }] })[0]).toContain("trunks.0.rewriteInbound.0.of");
  });
});
