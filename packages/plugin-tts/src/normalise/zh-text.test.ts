import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normaliseChinese, startsWithMeasureWord } from "./zh-text.js";

describe("normaliseChinese", () => {
  it.each([
    // Service numbers.
    ["我们会用12333回拨您", "我们会用幺二三三三回拨您"],
    ["紧急情况请拨打110。", "紧急情况请拨打幺幺零。"],
    ["请拨12345或12393。", "请拨幺二三四五或幺二三九三。"],
    ["详询12333。", "详询幺二三三三。"],
    // Amounts, even where the figures look like a service number.
    ["共110个工作日", "共一百一十个工作日"],
    ["工资12000元", "工资一万二千元"],
    ["自动语音和查询24小时可用。", "自动语音和查询二十四小时可用。"],
    ["满12个月", "满十二个月"],
    ["2个月", "两个月"],
    ["2位", "两位"],
    ["2分钟", "两分钟"],
    ["2年", "两年"],
    ["2元", "两元"],
    ["2000元", "两千元"],
    ["第2条", "第二条"],
    ["2楼", "二楼"],
    ["2号窗口", "二号窗口"],
    ["301号", "三零幺号"],
    ["1,800元", "一千八百元"],
    ["1,234,567人", "一百二十三万四千五百六十七人"],
    ["23人", "二十三人"],
    ["20多人", "二十多人"],
    ["50000", "五万"],
    // Menu keys.
    ["人工服务请按1，自动服务请按2。", "人工服务请按一，自动服务请按二。"],
    ["按0转人工", "按零转人工"],
    ["按 9 找值班人员", "按九找值班人员"],
    ["全部编号目录请输入0000。", "全部编号目录请输入零零零零。"],
    ["按#键结束", "按井号键结束"],
    ["按#结束，返回请按*", "按井号键结束，返回请按星号键"],
    ["按*号键返回", "按星号键返回"],
    // Dates and times.
    ["2026年10月15日", "二零二六年十月十五日"],
    ["2026-10-15", "二零二六年十月十五日"],
    ["2026/1/2前", "二零二六年一月二日前"],
    ["10月15日前答复", "十月十五日前答复"],
    ["2月2日", "二月二日"],
    ["2月", "二月"],
    ["2021年", "二零二一年"],
    ["2000年", "二零零零年"],
    ["15年", "十五年"],
    ["09:00", "九点"],
    ["09:00–12:00", "九点至十二点"],
    ["8:30-18:00", "八点三十分至十八点"],
    ["14:02", "十四点零二分"],
    ["2：30", "两点三十分"],
    ["10:30:05", "十点三十分五秒"],
    // Percentages, money, decimals, fractions, ranges, signs.
    ["95%", "百分之九十五"],
    ["0.5%", "百分之零点五"],
    ["９５％", "百分之九十五"],
    ["3‰", "千分之三"],
    ["¥1,800.50", "一千八百元五角"],
    ["￥2", "两元"],
    ["3.5倍", "三点五倍"],
    ["零下-5度", "零下，五度"],
    ["气温 -5 度", "气温负五度"],
    ["1/2", "二分之一"],
    ["1-9", "一至九"],
    ["3~5个工作日", "三至五个工作日"],
    // Telephone numbers and identifiers.
    ["回电号码是13800138001，", "回电号码是幺三八，零零幺三，八零零幺，"],
    ["138-0013-8001", "幺三八，零零幺三，八零零幺"],
    ["0900-2345678", "零九零零，二三四，五六七八"],
    ["01012345678", "零幺零，幺二三四，五六七八"],
    ["400-810-1234", "四零零，八幺零，幺二三四"],
    ["+8613800138001", "加八六，幺三八，零零幺三，八零零幺"],
    ["流水号260924000573收悉", "流水号二六零九二四，零零零五七，三收悉"],
    ["工号1001为您服务", "工号幺零零幺为您服务"],
    ["编号：2103", "编号：二幺零三"],
    ["流水号尾号0573", "流水号尾号零五七三"],
    ["A4纸", "A四纸"],
    ["海人社函〔2026〕15号", "海人社函，二零二六，十五号"],
    // Full width, quotes, markup, blanks, pauses.
    ["１２３３３", "幺二三三三"],
    ["资料“社保卡”已发", "资料社保卡已发"],
    ["《劳动法》", "劳动法"],
    ["<speak>你好</speak>", "speak你好、speak"],
    ["a & b", "a和b"],
    ["你好  ，  世界", "你好，世界"],
    ["好（示例）。", "好，示例。"],
    ["\u0000你\u200b好", "你好"],
    ["", ""],
    ["……", ""],
    ["一二三三三热线", "一二三三三热线"],
    ["二十四小时", "二十四小时"],
  ])("%j", (text, words) => expect(normaliseChinese(text)).toBe(words));

  it("leaves no figure, no markup and no control character, whatever comes in", () => {
    const piece = fc.oneof(
      fc.constantFrom("按", "流水号", "年", "月", "日", "个", "-", ":", "：", "/", ".", ",", "，", "%", "¥", "元", "〔", "〕", "<", ">", "&", "#", "*", "+", " ", "A", "１", "第", "号", "\n"),
      fc.stringMatching(/^\d{1,18}$/),
      fc.string({ maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const words = normaliseChinese(pieces.join(""));
        expect(words).not.toMatch(/[0-9<>&\u0000-\u001f]/);
        expect(normaliseChinese(words)).toBe(words);
      }),
      { numRuns: 3000 },
    );
  });

  it("is quick on long hostile text", () => {
    const began = process.cpuUsage();
    normaliseChinese("1-".repeat(20_000));
    normaliseChinese("1 ".repeat(20_000));
    normaliseChinese("按".repeat(50_000));
    expect(process.cpuUsage(began).user / 1_000).toBeLessThan(2000);
  });
});

describe("startsWithMeasureWord", () => {
  it.each(["位来电人", "个月", "次。", "题，", "分钟", "人", " 位"])("%s", (text) => expect(startsWithMeasureWord(text)).toBe(true));
  it.each(["", "。", "热线", "月", "号", "minutes"])("%j is none", (text) => expect(startsWithMeasureWord(text)).toBe(false));
});
