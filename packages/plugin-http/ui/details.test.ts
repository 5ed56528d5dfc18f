import { expect, it } from "vitest";
import { detailWords } from "./details.js";
import { texts } from "./texts.js";

it("tells what a row says besides in words, and leaves nothing out", () => {
  const now = Date.UTC(2026, 7, 15, 6);
  const words = (details: unknown, language: "zh" | "en" = "zh"): string[] => detailWords(details, texts[language], now).map(({ label, value }) => texts[language].pair(label, value));
  expect(words({ reason: "运营商割接", durationMs: 61_000, active: false, roles: ["agent", "qa"], own: { a: 1 }, profile: null })).toEqual(["原因 运营商割接", "时长 01:01", "启用 否", "角色 agent、qa", 'own {"a":1}', "技能方案 –"]);
  expect(words({ until: now, attempts: 3, groups: [] }, "en")).toEqual([expect.stringMatching(/^Until 08-15 \d\d:00:00$/), "Attempts 3", "Groups –"]);
  expect([words(null), words(undefined), words("说明"), words([1])]).toEqual([[], [], ['补充 "说明"'], ["补充 [1]"]]);
});
