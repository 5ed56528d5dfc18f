import { describe, expect, it } from "vitest";
import type { Measure } from "../contract.js";
import { csvField } from "../output/csv.js";
import { changeOf } from "./changes.js";
import { planFigures } from "./figures.js";
import { cellOf, rounded, short, signed } from "./number-text.js";

const calls: Measure = { id: "calls", label: "来电", labelEn: "Calls", unit: "次", dataset: "a.b", aggregate: "count" };
const rate: Measure = { id: "rate", label: "率", labelEn: "Rate", unit: "%", decimals: 1, better: "up", plus: ["calls"], over: { plus: ["calls"] } };

describe("numbers", () => {
  it("are rounded half away from zero", () => {
    expect([rounded(0.5, 0), rounded(-0.5, 0), rounded(2.5, 0), rounded(96.45, 1), rounded(1.005, 2), rounded(-0.04, 1), rounded(96.449, 1)]).toEqual([1, -1, 3, 96.5, 1.01, 0, 96.4]);
  });

  it("are written as people read them", () => {
    expect([cellOf(12_803, "件", 0).text, cellOf(1_284_000, "次", 0).text, cellOf(96.42, "%", 1).text, cellOf(null, "%", 1).text, cellOf(0, "件", 0).text, signed(970, 0), signed(-0.3, 1), signed(0, 0)]).toEqual(["12,803", "1,284,000", "96.4%", "—", "0", "+970", "-0.3", "0"]);
    expect([short(9_999, 0), short(12_803, 0), short(103_000_000, 0), short(-12_803, 0)]).toEqual(["9,999", "1.28 万", "1.03 亿", "-1.28 万"]);
  });
});

describe("changes", () => {
  it("of counts are a share and a difference; of rates percentage points", () => {
    expect(changeOf(calls, 12_803, 11_833)).toMatchObject({ base: { value: 11_833 }, delta: { text: "+970" }, ratio: { value: 8.2, text: "+8.2%" }, text: "+8.2%（+970）", tone: "neutral" });
    expect(changeOf(rate, 96.4, 95.3)).toMatchObject({ delta: { value: 1.1, text: "+1.1 百分点" }, ratio: { value: null, text: "—" }, text: "+1.1 百分点", tone: "better" });
    expect(changeOf({ ...rate, better: "down" }, 96.4, 95.3).tone).toBe("worse");
  });

  it("of nothing, or to nothing, have no share; of little the difference alone is told", () => {
    expect(changeOf(calls, 5, 0)).toMatchObject({ delta: { value: 5 }, ratio: { value: null, text: "—" }, text: "—" });
    expect(changeOf(calls, 5, null)).toMatchObject({ base: { text: "—" }, text: "—" });
    expect(changeOf(rate, null, 95)).toMatchObject({ base: { text: "95.0%" }, text: "—" });
    expect(changeOf(calls, 35, 29).text).toBe("+6（基数小）");
    expect([changeOf(calls, 50, 50), changeOf(rate, 96.41, 96.38), changeOf(calls, 0, 0)].map(({ text }) => text)).toEqual(["持平", "持平", "—"]);
  });
});

describe("figures", () => {
  it("that cannot be made are told when they are defined", () => {
    const make = (...measures: Measure[]) => () => planFigures("x", measures, () => true);
    expect(make(calls, calls)).toThrow(/two figures are called calls/);
    expect(make({ ...rate, plus: ["rate"] })).toThrow(/names rate/);
    expect(make({ ...rate, plus: ["nobody"] })).toThrow(/names nobody/);
    expect(make({ ...calls, aggregate: "sum" } as Measure)).toThrow(/have a field/);
  });
});

describe("fields of CSV", () => {
  it("never become formulas, and numbers stay numbers", () => {
    expect(["=1+1", "+86", "-1+2", "@x", "\t=1", "＝1", "-5", "12.5", 'a"b', "a,b", "—"].map(csvField)).toEqual(["'=1+1", "'+86", "'-1+2", "'@x", "'\t=1", "'＝1", "-5", "12.5", '"a""b"', '"a,b"', "—"]);
  });
});
