import { describe, expect, it } from "vitest";
import { levelWords } from "./level-words.js";
import { targetMark, targetWords } from "./target-marks.js";
import { texts } from "./texts.js";

describe("figures and what they are held against", () => {
  it("a share below its target is marked: to watch while there are few cases, as a failure with enough of them", () => {
    expect([targetMark(0.9, 29, 0.95), targetMark(0.9, 30, 0.95)]).toEqual(["due", "fault"]);
    expect([targetMark(0.95, 400, 0.95), targetMark(0.9496, 400, 0.95), targetMark(0.9494, 400, 0.95)]).toEqual([undefined, undefined, "fault"]);
  });

  it("nothing to divide by, nobody who asked or no target: no mark", () => {
    expect([targetMark(null, 0, 0.95), targetMark(0, 0, 0.95), targetMark(0.2, 100, null)]).toEqual([undefined, undefined, undefined]);
  });

  it("a target is named as people say it, and the thresholds of the channels with their units", () => {
    expect([targetWords(0.95), targetWords(0.975), targetWords(1)]).toEqual(["95%", "97.5%", "100%"]);
    expect(levelWords({ voice: 15, email: 86_400, "*": 180 }, texts.zh)).toBe("电话 15 秒 · 邮件 24 小时 · 其他 3 分钟");
    expect(levelWords({ voice: 15, email: 86_400, "*": 180 }, texts.en)).toBe("Calls 15 s · Mail 24 h · Others 3 min");
    expect([levelWords({ "*": 90 }, texts.zh), levelWords({ "*": 90 }, texts.en)]).toEqual(["90 秒", "90 s"]);
  });
});
