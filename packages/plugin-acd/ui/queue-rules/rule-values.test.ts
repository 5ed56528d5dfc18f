import { AGENT_STATUSES, strategyNames } from "@hotlinejs/queueing";
import { describe, expect, it } from "vitest";
import { changeableRules, queueSettings } from "../../src/config.js";
import { CHANNELS, PARTS, RULE_NAMES, RULES, SECTION_NAMES, SECTIONS, STATES, STRATEGIES, type Rule } from "./rule-specs.js";
import { conflictsOf, dirtyOf, formOf, outcomeOf, patchOf, promptForm, shownForm, together, written, type Edits, type Forms, type RuleForm } from "./rule-values.js";
import { problemWords, valueWords } from "./rule-words.js";
import { texts } from "./texts.js";

const accepts = (rule: string, value: unknown): boolean => (changeableRules.shape as Record<string, { safeParse: (value: unknown) => { success: boolean } }>)[rule]?.safeParse(value).success === true;
const value = (rule: Rule, form: RuleForm): unknown => outcomeOf(rule, form).value;
const problems = (rule: Rule, form: RuleForm): Readonly<Record<string, string>> => Object.fromEntries(Object.entries(outcomeOf(rule, form).problems).map(([place, { is }]) => [place, is]));

/** A value of each rule that uses all it has. */
const FULL: Readonly<Record<Rule, unknown>> = {
  strategy: "most-skilled",
  weight: -1.5,
  progressSeconds: 12,
  ringTimeoutSeconds: 25,
  wrapUpSeconds: 30,
  onDemandAfterSeconds: null,
  stickyDays: 7,
  preferredSeconds: 20,
  pauseAfterMisses: 3,
  rejectDelaySeconds: 1,
  noAnswerDelaySeconds: 2,
  busyDelaySeconds: 0.5,
  maxWaitSeconds: 600,
  maxLength: null,
  regainSeconds: 60,
  keptPlaceHours: 8.5,
  emptyGraceSeconds: 10,
  staff: "ready",
  joinEmpty: ["offline", "not-ready"],
  leaveEmpty: true,
  divert: { waitSeconds: 300, ratio: 2.5, whileWaiting: true },
  overflow: [{ afterSeconds: 30, queues: ["r", "s"] }],
  tiersAfterSeconds: [30, 60],
  relaxSkillsAfterSeconds: 90,
  skills: { law: 2, "social insurance": 1 },
  skillSteps: [{ afterSeconds: 20, skills: { law: 1 } }],
  skillWeights: { law: 2.5 },
  announce: { welcome: false, firstSeconds: 10, everySeconds: 0, position: { id: "acd.place", values: { a: 1 } }, next: { text: "您是下一位", voice: "xiaoyan" }, messages: [{ text: "网站也可办理" }], messagesEverySeconds: 45, messagesFirstSeconds: 15 },
  connectPrompt: { text: "您好" },
  whisper: false,
  wrapUpCodes: ["done"],
  wrapUpCodeRequired: true,
  serviceLevelSeconds: { voice: 20, "*": 60, sms: 90 },
  targets: { connectRate: 0.955, serviceLevel: null },
  shortAbandonSeconds: 4,
};

describe("the form's rules", () => {
  it("are those that can be changed, each with words in both languages", () => {
    expect([...RULE_NAMES].sort()).toEqual(Object.keys(changeableRules.shape).sort());
    for (const text of [texts.zh, texts.en]) {
      expect(Object.keys(text.rules).sort()).toEqual([...RULE_NAMES].sort());
      expect(Object.keys(text.sections)).toEqual(SECTION_NAMES);
      expect(Object.keys(text.strategies)).toEqual([...STRATEGIES]);
      expect(Object.keys(text.states)).toEqual([...STATES]);
      expect(Object.keys(text.channels).sort()).toEqual([...CHANNELS].sort());
    }
    expect(SECTION_NAMES.flatMap((section) => Object.keys(SECTIONS[section]))).toHaveLength(RULE_NAMES.length);
    expect(strategyNames().slice(0, STRATEGIES.length)).toEqual([...STRATEGIES]);
    expect([...STATES]).toEqual([...AGENT_STATUSES]);
  });

  it("have the server's bounds", () => {
    for (const rule of RULE_NAMES) {
      const spec = RULES[rule];
      if (spec.kind !== "number") continue;
      const { min, max } = spec;
      const within = (bound: number, step: number): readonly boolean[] => [accepts(rule, bound), Object.keys(outcomeOf(rule, String(bound)).problems).length === 0, accepts(rule, bound + step), Object.keys(outcomeOf(rule, String(bound + step)).problems).length === 0];
      if (min !== -Infinity) expect([rule, ...within(min, -1)]).toEqual([rule, true, true, false, false]);
      if (max !== undefined) expect([rule, ...within(max, 1)]).toEqual([rule, true, true, false, false]);
      expect([rule, accepts(rule, 1.5)]).toEqual([rule, spec.whole !== true]);
      expect([rule, accepts(rule, null)]).toEqual([rule, spec.empty === "null"]);
    }
    const part = (name: keyof typeof PARTS): readonly [number, number] => {
      const spec: { min: number; max?: number } = PARTS[name];
      return [spec.min, spec.max ?? Infinity];
    };
    const announce = (key: string, figure: number): boolean => accepts("announce", { messages: ["a"], messagesEverySeconds: 60, [key]: figure });
    for (const key of ["firstSeconds", "messagesEverySeconds", "messagesFirstSeconds"] as const) {
      const [min, max] = part(key);
      expect([key, announce(key, min), announce(key, min - 1), announce(key, max), announce(key, max + 1)]).toEqual([key, true, false, true, false]);
    }
    const [least, most] = part("channel");
    expect([least, least - 1, most, most + 1].map((limit) => accepts("serviceLevelSeconds", { voice: limit }))).toEqual([true, false, true, false]);
    const [soon, late] = part("after");
    expect([soon, soon - 1, late, late + 1].map((afterSeconds) => accepts("overflow", [{ afterSeconds, queues: ["r"] }]))).toEqual([true, false, true, false]);
  });

  it("read back what they show, as the server would have it", () => {
    const parsed = queueSettings.parse(FULL) as Record<string, unknown>;
    for (const rule of RULE_NAMES) {
      expect([rule, outcomeOf(rule, formOf(rule, FULL[rule]))]).toEqual([rule, { value: FULL[rule], problems: {} }]);
      expect([rule, parsed[rule]]).toEqual([rule, FULL[rule]]);
    }
    // What a queue has that was configured with nothing.
    const plain = queueSettings.parse({}) as Record<string, unknown>;
    for (const rule of RULE_NAMES) expect([rule, outcomeOf(rule, formOf(rule, plain[rule]))]).toEqual([rule, { value: plain[rule], problems: {} }]);
  });

  it("know short forms as the same", () => {
    expect(written("skills", ["law", "tax"])).toBe(written("skills", { tax: 1, law: 1 }));
    expect(written("serviceLevelSeconds", 20)).toBe(written("serviceLevelSeconds", { "*": 20 }));
    expect(written("connectPrompt", "acd.hello")).toBe(written("connectPrompt", { id: "acd.hello" }));
  });

  it("take what people type, in either script", () => {
    expect(value("maxWaitSeconds", " ６００ ")).toBe(600);
    expect(value("maxLength", "1,000")).toBe(1000);
    expect(value("maxLength", "")).toBeNull();
    expect(value("wrapUpSeconds", "")).toBeUndefined();
    expect(value("tiersAfterSeconds", "30，60、 90")).toEqual([30, 60, 90]);
    expect(value("skills", "社保 ２、英语；social insurance=3")).toEqual({ 社保: 2, 英语: 1, "social insurance": 3 });
    expect(value("targets", { connectRate: { mode: "own", percent: "95.5％" }, serviceLevel: { mode: "default", percent: "" } })).toEqual({ connectRate: 0.955 });
  });

  it("tell what cannot be so, at its place", () => {
    expect(problems("maxWaitSeconds", "")).toEqual({ "": "number" });
    expect(problems("stickyDays", "1.5")).toEqual({ "": "number" });
    expect(problems("weight", "viel")).toEqual({ "": "number" });
    expect(problems("joinEmpty", { mode: "states", states: [] })).toEqual({ "": "states" });
    expect(problems("tiersAfterSeconds", "60, 30")).toEqual({ "": "ascending" });
    expect(problems("tiersAfterSeconds", "bald")).toEqual({ "": "number" });
    expect(problems("skills", "law 2, law 1")).toEqual({ "": "levels" });
    expect(problems("skills", "2")).toEqual({ "": "levels" });
    expect(problems("skillSteps", [{ after: "", skills: "" }])).toEqual({ "0.skills": "needed", "0.afterSeconds": "number" });
    expect(problems("overflow", [{ after: "5", queues: [] }, { after: "9", queues: ["r"] }, { after: "10", queues: ["r"] }])).toEqual({ "0.queues": "queue", "2.queues": "twice" });
    expect(problems("divert", { waitSeconds: "", ratio: "", whileWaiting: true })).toEqual({ "": "noFigure" });
    expect(problems("divert", { waitSeconds: "-1", ratio: "", whileWaiting: false })).toEqual({ waitSeconds: "number" });
    expect(problems("serviceLevelSeconds", { voice: "0" })).toEqual({ voice: "number" });
    expect(problems("targets", { connectRate: { mode: "own", percent: "101" }, serviceLevel: { mode: "own", percent: "" } })).toEqual({ connectRate: "percent", serviceLevel: "percent" });
    expect(problems("whisper", { ...promptForm(false), mode: "text", words: " " })).toEqual({ "": "words" });
    const announce = formOf("announce", FULL.announce) as Forms["announce"];
    expect(problems("announce", { ...announce, everySeconds: "3", messages: [] })).toEqual({ everySeconds: "every", messagesEverySeconds: "noMessages", messagesFirstSeconds: "noMessages" });
    expect(problems("announce", { ...announce, messagesEverySeconds: "" })).toEqual({ messagesFirstSeconds: "noEvery" });
    expect(problemWords({ is: "number", spec: { unit: "days", min: 0, max: 365, whole: true } }, texts.zh)).toBe("要填整数，0 到 365 天");
    expect(problemWords({ is: "number", spec: { unit: "people", min: 0 } }, texts.en)).toBe("Must be a number of at least 0");
  });

  it("do not go together where one says nothing without the other", () => {
    const forms = Object.fromEntries(RULE_NAMES.map((rule) => [rule, formOf(rule, FULL[rule])])) as Record<Rule, RuleForm>;
    expect(together({ ...forms, strategy: "ring-progressively" }, ["strategy"])).toEqual({ skillWeights: { "": { is: "mostSkilled" } } });
    expect(together(forms, ["strategy"])).toEqual({ progressSeconds: { "": { is: "progressive" } } });
    expect(together({ ...forms, progressSeconds: "10" }, ["strategy"])).toEqual({});
    // Of what was so before, the change is not to blame.
    expect(together(forms, ["weight"])).toEqual({});
  });
});

describe("edits", () => {
  const rules = { maxWaitSeconds: 300, maxLength: 50, weight: 3, skills: { law: 2 } };
  const base = { configured: { maxWaitSeconds: 300, maxLength: 50, weight: 0, divert: { ratio: 2, whileWaiting: false } }, made: ["weight"] };
  const edit = (rule: Rule, form: RuleForm, seen: unknown = (rules as Record<string, unknown>)[rule]): Edits => ({ [rule]: { form, seen: written(rule, seen) } });

  it("are what differs, whatever is typed besides", () => {
    expect(dirtyOf({ ...edit("maxWaitSeconds", "300.0"), ...edit("maxLength", "60"), ...edit("skills", "law=2、") }, rules)).toEqual(["maxLength"]);
  });

  it("are sent as values, or as the way back to what is configured", () => {
    const edits = { ...edit("maxLength", ""), ...edit("weight", "0"), ...edit("targets", { connectRate: { mode: "default", percent: "" }, serviceLevel: { mode: "none", percent: "" } }) };
    expect(patchOf(edits, ["weight", "maxLength", "targets"], base)).toEqual({ rules: { maxLength: null, targets: { serviceLevel: null } }, reset: ["weight"], impossible: [] });
    // No value can only be had where none is configured.
    expect(patchOf(edit("divert", { waitSeconds: "", ratio: "", whileWaiting: false }, base.configured.divert), ["divert"], base)).toMatchObject({ rules: {}, impossible: ["divert"] });
  });

  it("of what somebody else has changed since are told, until it is said which counts", () => {
    const edits = { ...edit("maxWaitSeconds", "100"), ...edit("maxLength", "60") };
    expect(conflictsOf(edits, rules)).toEqual([]);
    expect(conflictsOf(edits, { ...rules, maxWaitSeconds: 200 })).toEqual(["maxWaitSeconds"]);
    // The same by both is none, and what was taken back follows the other's.
    expect(conflictsOf(edits, { ...rules, maxWaitSeconds: 100 })).toEqual([]);
    const back = edit("maxWaitSeconds", "300");
    expect(dirtyOf(back, { ...rules, maxWaitSeconds: 200 })).toEqual([]);
    expect(shownForm("maxWaitSeconds", back.maxWaitSeconds, 200)).toBe("200");
    expect(shownForm("maxWaitSeconds", edits.maxWaitSeconds, 200)).toBe("100");
  });
});

describe("a value in a line", () => {
  const names = { queues: new Map([["r", "就业"], ["s", "社保"]]), codes: new Map([["done", "已解决"]]) };
  it("is told with names and units", () => {
    const said = (rule: Rule, each: unknown = FULL[rule]): string => valueWords(rule, each, texts.zh, names);
    expect(said("maxWaitSeconds")).toBe("600 秒");
    expect(said("maxLength")).toBe("不限");
    expect(said("onDemandAfterSeconds")).toBe("从不");
    expect(valueWords("wrapUpSeconds", undefined, texts.zh, names)).toBe("按系统设置");
    expect(said("strategy")).toBe("技能最强");
    expect(said("overflow")).toBe("满 30 秒 就业、社保");
    expect(said("overflow", [])).toBe("无");
    expect(said("joinEmpty")).toBe("除非全部坐席都处于 未签入、示忙");
    expect(said("divert")).toBe("预计等候超过 300 秒、每名坐席超过 2.5 人");
    expect(said("targets")).toBe("接通率：≥ 95.5%；按时接通率：不考核");
    expect(said("announce")).toBe("进线时：不播放；首次播报位置：10 秒；播报位置间隔：0 秒；位置播报用语：已有录音 acd.place；下一位用语：«您是下一位»；轮流播放的消息：«网站也可办理»；消息间隔：45 秒；首条消息：15 秒");
    expect(said("wrapUpCodes")).toBe("已解决");
    expect(said("serviceLevelSeconds")).toBe("电话 20 秒、其他 60 秒、sms 90 秒");
  });
  it("is never empty", () => {
    for (const text of [texts.zh, texts.en]) for (const rule of RULE_NAMES) for (const each of [FULL[rule], undefined]) expect([rule, valueWords(rule, each, text, names)]).not.toEqual([rule, ""]);
  });
});
