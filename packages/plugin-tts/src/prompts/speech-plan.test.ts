import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PlanOptions, SpeechUnit } from "./speech-plan.js";
import { fixedUnits, planSpeech } from "./speech-plan.js";
import { parseTemplate } from "./template.js";

const options: PlanOptions = { language: "zh-CN", timezone: "Asia/Shanghai", now: Date.UTC(2026, 10, 23), digits: "clips" };
const plan = (text: string, values: Record<string, unknown> = {}, more: Partial<PlanOptions> = {}) => planSpeech(parseTemplate(text), values, { ...options, ...more });
const spoken = (units: readonly SpeechUnit[]) => units.flatMap((unit) => (unit.kind === "speech" ? [unit.text] : []));
const show = (units: readonly SpeechUnit[]) => units.map((unit) => (unit.kind === "speech" ? `${unit.text}${unit.persist ? "" : "!"}` : unit.ms)).join(" ");

describe("parseTemplate", () => {
  it("takes a text apart", () => {
    expect(parseTemplate("流水号{{serial|digits}}，{{ a.b }}。")).toEqual([
      { kind: "fixed", text: "流水号" },
      { kind: "value", name: "serial", format: "digits" },
      { kind: "fixed", text: "，" },
      { kind: "value", name: "a.b", format: "text" },
      { kind: "fixed", text: "。" },
    ]);
    expect(parseTemplate("")).toEqual([]);
    expect(parseTemplate("{{金额|money}}{{department.简称}}")).toEqual([
      { kind: "value", name: "金额", format: "money" },
      { kind: "value", name: "department.简称", format: "text" },
    ]);
  });

  it.each(["{{", "{{x", "x}}", "{{}}", "{{x|loud}}", "{{x|text|text}}", "{{1x}}", "{{x y}}", "{{金额（元）}}", "{{__proto__.x|}}"])("refuses %j", (text) => {
    expect(() => parseTemplate(text)).toThrow(expect.objectContaining({ code: "HTL_TTS_BAD_TEMPLATE" }));
  });
});

describe("planSpeech", () => {
  it("keeps a prompt without values in one piece", () => {
    expect(show(plan("选择人工服务请按1，自动服务请按2。重听请按井号键。"))).toBe("选择人工服务请按一，自动服务请按二。重听请按井号键。");
  });

  it("parts a prompt with values at clause ends", () => {
    expect(show(plan("您好，请听好。您前面还有{{position|number}}位来电人，预计等待{{waitMinutes|minutes}}。请不要挂机。", { position: 2, waitMinutes: 4.2 }))).toBe(
      "您好，请听好。 400 您前面还有两位来电人， 220 预计等待约五分钟。 400 请不要挂机。",
    );
  });

  it("reads serials in clips, 6-5-1, with nothing personal in a lasting piece", () => {
    const units = plan("受理流水号{{serial|digits}}，查询码{{queryCode|digits}}。", { serial: "260924000573", queryCode: "1934" });
    expect(spoken(units).join(" ")).toBe("受理流水号 二 六 零 九 二 四 零 零 零 五 七 三 查询码 幺 九 三 四");
    expect(units.filter((unit) => unit.kind === "pause" && unit.ms === 350)).toHaveLength(2);
    expect(units.every((unit) => unit.kind === "pause" || unit.text.length <= 5)).toBe(true);
    expect(units.at(0)?.kind).toBe("speech");
    expect(units.at(-1)?.kind).toBe("speech");
  });

  it("can leave digits to the provider", () => {
    expect(show(plan("工号{{agentNo|digits}}为您服务。", { agentNo: "1001" }, { digits: "inline" }))).toBe("工号幺零零幺为您服务。!");
  });

  it("keeps names and sums off the disk, numbers and dates on it", () => {
    expect(show(plan("储存额{{amount|money}}。", { amount: 1800.5 }))).toBe("储存额一千八百元五角。!");
    expect(show(plan("由{{department.short|text}}办理，预计{{dueDate|date}}前答复。", { department: { short: "执法支队" }, dueDate: "2026-10-15" }))).toBe("由执法支队办理，! 220 预计十月十五日前答复。");
  });

  it("gives English sentences an English voice", () => {
    const units = plan("For English, press 8. 如果您不方便按键，请不要挂机。");
    expect(units.filter((unit) => unit.kind === "speech")).toEqual([
      { kind: "speech", text: "For English, press eight.", language: "en-US", persist: true },
      { kind: "speech", text: "如果您不方便按键，请不要挂机。", language: "zh-CN", persist: true },
    ]);
    expect(plan("请用WiFi和APP登录").map((unit) => (unit.kind === "speech" ? unit.language : ""))).toEqual(["zh-CN"]);
  });

  it("gives Chinese names in an English prompt a Chinese voice", () => {
    const units = plan("You are calling {{queue|text}} now.", { queue: "综合组" }, { language: "en-US" });
    expect(units.flatMap((unit) => (unit.kind === "speech" ? [`${unit.language}:${unit.text}`] : []))).toEqual(["en-US:You are calling", "zh-CN:综合组", "en-US:now."]);
  });

  it("cuts very long texts at sentences", () => {
    const units = plan("{{article|text}}", { article: "本条说明缴费标准和办理流程。".repeat(60) });
    const texts = spoken(units);
    expect(texts.length).toBeGreaterThan(2);
    expect(texts.every((text) => text.length <= 120 && text.endsWith("。"))).toBe(true);
    expect(texts.join("")).toBe("本条说明缴费标准和办理流程。".repeat(60));
    const monster = spoken(plan("字".repeat(1000)));
    expect(monster.join("")).toBe("字".repeat(1000));
    expect(monster.every((text) => text.length <= 120)).toBe(true);
  });

  it("is empty where there is nothing to say", () => {
    expect(plan("")).toEqual([]);
    expect(plan("……")).toEqual([]);
    expect(plan("{{x|text}}", { x: "" })).toEqual([]);
    expect(plan("{{x|digits}}", { x: "" })).toEqual([]);
  });

  it("fails on missing and unreadable values, not on strange ones", () => {
    expect(() => plan("{{x|digits}}")).toThrow(expect.objectContaining({ code: "HTL_TTS_MISSING_VALUE" }));
    expect(() => plan("{{x.y|text}}", { x: null })).toThrow(expect.objectContaining({ code: "HTL_TTS_MISSING_VALUE" }));
    expect(() => plan("{{toString|text}}")).toThrow(expect.objectContaining({ code: "HTL_TTS_MISSING_VALUE" }));
    expect(() => plan("{{x|digits}}", { x: {} })).toThrow(expect.objectContaining({ code: "HTL_TTS_BAD_VALUE" }));
    expect(spoken(plan("甲{{x|text}}乙", { x: "\ue000\ue001{{y}}" })).join("")).toContain("甲");
  });
});

describe("any text", () => {
  it("gives pieces that can be spoken, none too long, no pause at the ends or twice", () => {
    const anything = fc.oneof(fc.string({ unit: "grapheme", maxLength: 400 }), fc.array(fc.constantFrom("您好", "，", "。", "12333", " press 1 ", "For English", "\ue000", "{", "}", "2026-10-15", "\n"), { maxLength: 60 }).map((bits) => bits.join("")));
    fc.assert(
      fc.property(anything, anything, fc.constantFrom("zh-CN", "en-US"), fc.constantFrom("clips" as const, "inline" as const), (text, value, language, digits) => {
        const units = planSpeech([{ kind: "fixed", text }, { kind: "value", name: "x", format: "text" }, { kind: "fixed", text: value }, { kind: "value", name: "n", format: "digits" }], { x: value, n: value.slice(0, 20) }, { ...options, language, digits });
        units.forEach((unit, index) => {
          if (unit.kind === "pause") expect(index > 0 && index < units.length - 1 && units[index - 1]?.kind === "speech" && units[index + 1]?.kind === "speech").toBe(true);
          else expect(unit.text.length > 0 && unit.text.length <= 120 && unit.text.trim() === unit.text).toBe(true);
        });
      }),
      { numRuns: 1500 },
    );
  });
});

describe("fixedUnits", () => {
  it("finds what can be prepared ahead", () => {
    expect(spoken(fixedUnits(parseTemplate("您好，请听好。您前面还有{{position|number}}位来电人。请不要挂机。"), options))).toEqual(["您好，请听好。", "请不要挂机。"]);
    expect(spoken(fixedUnits(parseTemplate("受理流水号{{serial|digits}}，查询码{{queryCode|digits}}。"), options))).toEqual(["受理流水号", "查询码"]);
    expect(spoken(fixedUnits(parseTemplate("{{announcement|text}}"), options))).toEqual([]);
    expect(spoken(fixedUnits(parseTemplate("感谢您的来电，再见。"), options))).toEqual(["感谢您的来电，再见。"]);
  });

  it("prepares exactly what is spoken later", () => {
    const text = "留言已受理，受理流水号{{serial|digits}}，查询码{{queryCode|digits}}。再说一遍，流水号{{serial|digits}}，请于{{due|date}}后来电。谢谢。";
    const ahead = new Set(spoken(fixedUnits(parseTemplate(text), options)));
    const later = spoken(plan(text, { serial: "260924000573", queryCode: "1934", due: "2026-12-01" })).filter((piece) => !/^[零幺二三四五六七八九]$/.test(piece));
    expect(later.filter((piece) => !ahead.has(piece))).toEqual(["请于十二月一日后来电。"]);
  });
});
