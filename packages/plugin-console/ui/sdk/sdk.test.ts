import { describe, expect, it } from "vitest";
import { formatDateProse, formatDateTime, formatDuration, formatPhone, formatSerial, formatTime, maskPhone, startOfDay } from "./format.js";
import { colleagueOption } from "./colleague-option.js";
import { inPlace } from "./steady-order.js";
import { matchPath } from "./router.js";
import { sessionStore } from "./session.js";
import { withQuery } from "./api.js";
import { acceptsGzip } from "../../src/domain/accepts-gzip.js";

describe("formats", () => {
  it("write durations, serials and telephones as people read them", () => {
    expect([formatDuration(0), formatDuration(232_400), formatDuration(3_832_000), formatDuration(-5)]).toEqual(["00:00", "03:52", "1:03:52", "00:00"]);
    expect(formatSerial("260815000423")).toBe("260815-00042-3");
    expect([formatPhone("13812345678"), formatPhone("+8613812345678"), formatPhone("138****5678"), formatPhone("8001")]).toEqual(["138 1234 5678", "138 1234 5678", "138****5678", "8001"]);
    expect([maskPhone("13812345678"), maskPhone("057388880003"), maskPhone("8001"), maskPhone("138****5678")]).toEqual(["138****5678", "0573-8888****", "8001", "138****5678"]);
  });

  it("write times in the hotline's zone, wherever the page is open", () => {
    const at = Date.UTC(2026, 7, 14, 16, 32, 5);
    sessionStore.set({ timezone: "Asia/Shanghai" } as never);
    expect([formatDateTime(at, at), formatDateTime(at, Date.UTC(2027, 0, 2)), formatDateProse(at, "zh"), formatDateProse(at, "en"), formatTime(at)]).toEqual(["08-15 00:32", "2026-08-15 00:32", "8月15日 00:32", "15 Aug, 00:32", "00:32:05"]);
    sessionStore.set({ timezone: "UTC" } as never);
    expect(formatDateTime(at, at)).toBe("08-14 16:32");
    expect(formatDateTime(at, at, true)).toBe("08-14 16:32:05");
    sessionStore.set(undefined);
  });
});

describe("days", () => {
  it("begin at the hotline's midnight, also when its clocks change", () => {
    const begin = (timezone: string, date: string, days?: number): string => {
      sessionStore.set({ timezone } as never);
      return new Date(startOfDay(date, days)).toISOString();
    };
    expect(begin("Asia/Shanghai", "2026-08-15")).toBe("2026-08-14T16:00:00.000Z");
    expect(begin("Asia/Shanghai", "2026-12-31", 1)).toBe("2026-12-31T16:00:00.000Z");
    expect([begin("Europe/Berlin", "2026-03-29"), begin("Europe/Berlin", "2026-03-29", 1)]).toEqual(["2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z"]);
    expect(startOfDay("nonsense")).toBeNaN();
    sessionStore.set(undefined);
  });
});

describe("addresses", () => {
  it("match page by page, with their parameters", () => {
    expect(matchPath("/tickets/:id", "/tickets/a%20b")).toEqual({ id: "a b" });
    expect(matchPath("/tickets", "/tickets")).toEqual({});
    expect([matchPath("/tickets/:id", "/tickets"), matchPath("/tickets/:id", "/tickets/"), matchPath("/tickets", "/ticket"), matchPath("/tickets/:id", "/tickets/%E0%A4%A")]).toEqual([undefined, undefined, undefined, undefined]);
  });

  it("carry what is set, lists by comma", () => {
    expect(withQuery("/api/x", { a: 1, b: undefined, c: "", d: ["x", "y"], e: false })).toBe("/api/x?a=1&d=x%2Cy&e=false");
    expect(withQuery("/api/x")).toBe("/api/x");
  });
});

it.each([
  [undefined, false],
  ["gzip, deflate, br", true],
  ["br;q=1.0, gzip;q=0.5", true],
  ["gzip;q=0", false],
  ["*", true],
  ["identity", false],
])("gzip for Accept-Encoding %s: %s", (header, taken) => expect(acceptsGzip(header)).toBe(taken));

describe("a list one chooses from", () => {
  it("keeps its order when it is told anew; new ones come last, and who is back has the old place", () => {
    const places = new Map<string, number>();
    const told = (...names: string[]): readonly string[] => inPlace(names, (name) => name, places);
    expect([told("b", "a"), told("a", "b", "c"), told("c", "a"), told("c", "a", "b")]).toEqual([["b", "a"], ["b", "a", "c"], ["a", "c"], ["b", "a", "c"]]);
  });

  it("says what a colleague is at to who sees it and to who hears it", () => {
    const colleague = { number: "1001", name: "叶立新", state: "busy", channels: ["chat"], reasonName: null, reasonNameEn: null };
    expect(colleagueOption(colleague, "en")).toEqual({ value: "agent:1001", label: "叶立新 1001", "aria-label": "叶立新 1001, In a chat", standing: ["chat", "In a chat"] });
  });
});
