import { createAcdState, reduce } from "@hotlinejs/queueing";
import type { QueueConfig } from "@hotlinejs/queueing";
import { describe, expect, it } from "vitest";
import { agentSettings, profileSettings, queueSettings } from "../config.js";
import type { AgentSettings, QueueSettings } from "../config.js";
import { effectiveAgent, engineAgent, engineQueue } from "./engine-config.js";

type Key = keyof QueueSettings;
const queue = (settings: object = {}, wrapUp = 10): QueueConfig => engineQueue("q", queueSettings.parse(settings), wrapUp);
const agent = (settings: object = {}): AgentSettings => agentSettings.parse(settings);

/** What becomes of each setting of a queue in the engine; a value other than the default each. */
const ARRIVES: readonly (readonly [Key, unknown, Partial<QueueConfig>])[] = [
  ["strategy", "most-skilled", { strategy: "most-skilled" }],
  ["strategy", "rrmemory", { strategy: "rrmemory" }],
  ["weight", -2.5, { weight: -2.5 }],
  ["ringTimeoutSeconds", 7.5, { ringMs: 7_500 }],
  ["wrapUpSeconds", 0, { wrapUpMs: 0 }],
  ["maxWaitSeconds", 12, { maxWaitMs: 12_000 }],
  ["maxWaitSeconds", 0, { maxWaitMs: undefined }],
  ["maxLength", 0, { maxLength: 0 }],
  ["maxLength", null, { maxLength: undefined }],
  ["skills", ["law", "english"], { skills: { law: 1, english: 1 } }],
  ["skills", { law: 3 }, { skills: { law: 3 } }],
  ["relaxSkillsAfterSeconds", 0, { relaxSkillsAfterMs: 0 }],
  ["relaxSkillsAfterSeconds", 30, { relaxSkillsAfterMs: 30_000 }],
  ["skillSteps", [{ afterSeconds: 5, skills: { law: 2 } }, { afterSeconds: 9, skills: { law: 0 } }], { skillSteps: [{ afterMs: 5_000, skills: { law: 2 } }, { afterMs: 9_000, skills: { law: 0 } }] }],
  ["skillWeights", { law: 2.5 }, { skillWeights: { law: 2.5 } }],
  ["tiersAfterSeconds", [0, 20, 20.5], { tiersAfterMs: [0, 20_000, 20_500] }],
  ["preferredSeconds", 45, { preferredMs: 45_000 }],
  ["onDemandAfterSeconds", 15, { onDemandAfterMs: 15_000 }],
  ["onDemandAfterSeconds", null, { onDemandAfterMs: null }],
  ["progressSeconds", 3, { progressMs: 3_000 }],
  ["divert", { waitSeconds: 90 }, { divert: { whileWaiting: false, ewtMs: 90_000 } }],
  ["divert", { ratio: 2.5, whileWaiting: true }, { divert: { whileWaiting: true, ratio: 2.5 } }],
  ["divert", { waitSeconds: 0, ratio: 0 }, { divert: { whileWaiting: false, ewtMs: 0, ratio: 0 } }],
  ["overflow", [{ afterSeconds: 10, queues: ["r", "s"] }, { afterSeconds: 20, queues: ["t"] }], { overflow: [{ afterMs: 10_000, queues: ["r", "s"] }, { afterMs: 20_000, queues: ["t"] }] }],
  ["announce", { firstSeconds: 5, everySeconds: 15 }, { announceFirstMs: 5_000, announceEveryMs: 15_000 }],
  ["announce", { everySeconds: 0 }, { announceFirstMs: undefined, announceEveryMs: undefined }],
  ["regainSeconds", 0, { regainMs: 0 }],
  ["joinEmpty", true, { joinEmpty: true }],
  ["joinEmpty", ["offline", "not-ready"], { joinEmpty: ["offline", "not-ready"] }],
  ["leaveEmpty", false, { leaveEmpty: false }],
  ["leaveEmpty", ["unreachable"], { leaveEmpty: ["unreachable"] }],
  ["emptyGraceSeconds", 0, { emptyGraceMs: 0 }],
  ["staff", "ready", { staff: "ready" }],
  ["rejectDelaySeconds", 1, { rejectDelayMs: 1_000 }],
  ["noAnswerDelaySeconds", 2, { noAnswerDelayMs: 2_000 }],
  ["busyDelaySeconds", 3, { busyDelayMs: 3_000 }],
  ["pauseAfterMisses", 4, { pauseAfterMisses: 4 }],
];

/** Kept by the plugin itself: who is let in and with what priority, what is heard, what counts as in time. */
const NOT_THE_ENGINES: readonly Key[] = ["priority", "stickyDays", "calendar", "atClosing", "keptPlaceHours", "music", "connectPrompt", "whisper", "serviceLevelSeconds", "shortAbandonSeconds", "targets", "wrapUpCodes", "wrapUpCodeRequired"];

describe("a queue", () => {
  it("each setting is the engine's, or known to be the plugin's own", () => {
    expect([...new Set([...ARRIVES.map(([key]) => key), ...NOT_THE_ENGINES])].sort()).toEqual(Object.keys(queueSettings.shape).sort());
  });

  it.each(ARRIVES)("%s %j arrives, and nothing else changes", (key, value, expected) => {
    const before = queue();
    const after = queue({ [key]: value });
    expect(after).toEqual({ ...before, ...expected });
    expect(after).not.toEqual(before);
  });

  it.each(NOT_THE_ENGINES)("%s changes nothing in the engine", (key) => {
    const value = { priority: 3, stickyDays: 7, calendar: "hours", atClosing: "callback", music: "silence", keptPlaceHours: 1, connectPrompt: false, whisper: false, serviceLevelSeconds: 30, shortAbandonSeconds: 0, targets: { connectRate: 0.9 }, wrapUpCodes: ["advice"], wrapUpCodeRequired: true }[key as string];
    expect(queue({ [key]: value })).toEqual(queue());
  });

  it("as it is by default; after-call work is the plugin's where the queue has none of its own", () => {
    expect(queue({}, 12)).toMatchObject({ key: "q", strategy: "longest-idle", weight: 0, ringMs: 20_000, wrapUpMs: 12_000, maxWaitMs: 300_000, maxLength: 50, skills: {}, relaxSkillsAfterMs: undefined, skillSteps: [], tiersAfterMs: [], divert: undefined, overflow: [], announceFirstMs: 20_000, announceEveryMs: 30_000, regainMs: 120_000, joinEmpty: false, leaveEmpty: true, emptyGraceMs: 30_000, staff: "reachable", onDemandAfterMs: 0 });
    expect(queue({ wrapUpSeconds: 3 }, 12).wrapUpMs).toBe(3_000);
  });

  it.each(ARRIVES)("%s %j: the engine takes it", (key, value) => {
    const state = createAcdState();
    for (const other of ["r", "s", "t"]) reduce(state, { type: "queue.configured", queue: { key: other } }, 0);
    reduce(state, { type: "queue.configured", queue: queue({ [key]: value }) }, 0);
    expect([...state.queues.keys()]).toContain("q");
  });
});

describe("unknown names", () => {
  it.each([
    [{ strategies: "ring-all" }, ""],
    [{ strategy: "ring-everybody" }, "strategy"],
    [{ joinEmpty: ["asleep"] }, "joinEmpty"],
    [{ leaveEmpty: [] }, "leaveEmpty"],
    [{ staff: "all" }, "staff"],
    [{ divert: { ewtSeconds: 5 } }, "divert"],
    [{ overflow: [{ afterSeconds: 1, queue: "r" }] }, "overflow.0.queues"],
    [{ skillSteps: [{ afterSeconds: 1, skill: "law" }] }, "skillSteps.0.skills"],
    [{ announce: { every: 5 } }, "announce"],
  ])("%j is refused at %s", (settings, path) => {
    expect(queueSettings.safeParse(settings).error?.issues[0]?.path.join(".")).toBe(path);
  });

  it("what gets past them is refused by the engine, with a code and what there is instead", () => {
    const configure = (more: object): void => void reduce(createAcdState(), { type: "queue.configured", queue: { ...queue(), ...more } }, 0);
    expect(() => configure({ strategy: "ring-everybody" })).toThrow(expect.objectContaining({ code: "HTL_QUEUEING_UNKNOWN_STRATEGY", message: expect.stringContaining("ring-all") as string }) as Error);
    expect(() => configure({ joinEmpty: ["asleep"] })).toThrow(expect.objectContaining({ code: "HTL_QUEUEING_INVALID", message: expect.stringContaining("not-ready") as string }) as Error);
    expect(() => configure({ tiersAfterMs: [20, 10] })).toThrow(expect.objectContaining({ code: "HTL_QUEUEING_INVALID" }) as Error);
  });
});

describe("an agent", () => {
  const AGENT: readonly (readonly [keyof AgentSettings, unknown, object])[] = [
    ["queues", ["q", { queue: "r", weight: 3, tier: 2 }], { queues: [{ queue: "q" }, { queue: "r", weight: 3, tier: 2 }] }],
    ["skills", { law: 3 }, { skills: { law: 3 } }],
    ["skills", ["law"], { skills: { law: 1 } }],
    ["wrapUpSeconds", 2.5, { wrapUpMs: 2_500 }],
    ["order", 7, { order: 7 }],
    ["capacity", { channels: { chat: 3 }, total: 4, rules: [{ while: "voice", exclude: ["chat"] }] }, { capacity: { channels: { chat: 3 }, total: 4, rules: [{ while: "voice", exclude: ["chat"] }] } }],
    ["capacity", { channels: { chat: 3 } }, { capacity: { channels: { chat: 3 }, rules: [] } }],
  ];

  it("each setting arrives, or says who the agent is", () => {
    expect([...new Set([...AGENT.map(([key]) => key), "profile", "groups"])].sort()).toEqual(Object.keys(agentSettings.shape).sort());
  });

  it.each(AGENT)("%s %j", (key, value, expected) => {
    expect(engineAgent("1001", agent({ [key]: value }), 5)).toEqual({ id: "1001", order: 5, queues: [], skills: {}, wrapUpMs: undefined, ...expected });
  });

  it("has what the profile has besides; the own wins, queue by queue and skill by skill; capacity as a whole", () => {
    const profile = profileSettings.parse({ queues: ["q", { queue: "r", weight: 3 }], skills: { law: 1, english: 2 }, wrapUpSeconds: 20, capacity: { channels: { chat: 2 } } });
    const fallback = { channels: { chat: 9 }, rules: [] };
    const own = effectiveAgent(agent({ queues: [{ queue: "r", tier: 1 }], skills: ["english"] }), profile, fallback);
    expect(engineAgent("1001", own, 0)).toMatchObject({ queues: [{ queue: "r", tier: 1 }, { queue: "q" }], skills: { law: 1, english: 1 }, wrapUpMs: 20_000, capacity: { channels: { chat: 2 } } });
    const all = effectiveAgent(agent({ wrapUpSeconds: 0, capacity: { total: 1 } }), profile, fallback);
    expect(engineAgent("1001", all, 0)).toMatchObject({ wrapUpMs: 0, capacity: { channels: {}, total: 1 } });
    expect(engineAgent("1001", effectiveAgent(agent(), undefined, fallback), 0).capacity).toEqual(fallback);
    expect(engineAgent("1001", effectiveAgent(agent(), undefined, undefined), 0).capacity).toBeUndefined();
  });
});
