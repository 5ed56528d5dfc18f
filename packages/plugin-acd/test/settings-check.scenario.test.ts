import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { definePlugin, PROMPTS, UNIT_OF_WORK } from "@hotlinejs/core";
import type { Logger, Plugin } from "@hotlinejs/core";
import { ivr } from "@hotlinejs/plugin-ivr";
import type { FlowDefinition } from "@hotlinejs/plugin-ivr";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { AgentEntity } from "../src/entities/agent.entity.js";
import { QueueEntity } from "../src/entities/queue.entity.js";
import { closeStages, crash, stage, team } from "./stage.js";
import type { StageOptions } from "./stage.js";

let folder: string;
let warned: { readonly fields: Record<string, unknown>; readonly text: string }[];
let informed: typeof warned;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "acd-"));
  warned = [];
  informed = [];
});
afterEach(async () => {
  await closeStages();
  rmSync(folder, { recursive: true, force: true });
});

/** Keeps what was warned of, and what was only told. */
const logger = (): Logger => {
  const log: Record<string, unknown> = Object.fromEntries(["trace", "debug", "error", "fatal"].map((level) => [level, () => undefined]));
  log["warn"] = (fields: Record<string, unknown>, text: string) => void warned.push({ fields, text });
  log["info"] = (fields: Record<string, unknown>, text: string) => void informed.push({ fields, text });
  log["child"] = () => log;
  return log as unknown as Logger;
};

/** A plugin after this one that brings a prompt. */
const brings = (id: string): Plugin =>
  definePlugin({ name: "words", version: "0.1.0", core: "*", after: ["acd"], config: z.strictObject({}), register: ({ services, onCheck }) => onCheck(() => void services.optional(PROMPTS)?.define([{ id, text: "您好" }])) })();

describe("sounds that are not there", () => {
  it.each<[string, Parameters<typeof team>[0], string]>([
    ["a welcome", { announce: { welcome: "no.such.prompt" } }, 'Queue q, announce.welcome: there is no prompt "no.such.prompt". Correct the id'],
    ["a message", { announce: { messages: [{ text: "好" }, { id: "no.such.prompt" }] } }, "Queue q, announce.messages.1: "],
    ["the words on connecting", { connectPrompt: "no.such.prompt" }, "Queue q, connectPrompt: "],
    ["a whisper", { whisper: "no.such.prompt" }, "Queue q, whisper: "],
    ["music", { music: { prompt: "no.such.prompt" } }, "Queue q, music.prompt: "],
  ])("%s: the hotline does not start, and says where", async (_name, queue, message) => {
    await expect(stage({ acd: team(queue) })).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_PROMPT", message: expect.stringContaining(message) as string });
  });

  it("words of the callback are looked at, too", async () => {
    await expect(stage({ acd: { ...team(), callback: { words: { bye: "no.such.prompt" } } } })).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_PROMPT", message: expect.stringContaining("The callback, words.bye: ") as string });
  });

  it("an announcement that agents may play is looked at, too, whether it is approved or not", async () => {
    const announcements = [{ key: "news", title: "通知", prompt: { text: "通知内容" } }, { key: "draft", title: "草稿", prompt: { id: "no.such.prompt" }, status: "draft" as const }];
    await expect(stage({ acd: { ...team(), announcements } })).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_PROMPT", message: expect.stringContaining("Announcement draft, prompt: ") as string });
  });

  it.each<[string, Parameters<typeof team>[0], string]>([
    ["a welcome", { announce: { welcome: { text: "您好{{name" } } }, "Queue q, announce.welcome: the text cannot be spoken: "],
    ["a message", { announce: { messages: [{ text: "好" }, { text: "工号}}" }] } }, "Queue q, announce.messages.1: "],
  ])("%s with a malformed placeholder: the hotline does not start, and says where", async (_name, queue, message) => {
    await expect(stage({ acd: team(queue) })).rejects.toMatchObject({ code: "HTL_ACD_BAD_PROMPT_TEXT", message: expect.stringContaining(message) as string });
  });

  it("an announcement with a malformed placeholder is told at the start, and not while it is played", async () => {
    const announcements = [{ key: "news", title: "通知", prompt: { text: "请于{{day|date}前办理", values: { day: "2026-03-03" } } }];
    await expect(stage({ acd: { ...team(), announcements } })).rejects.toMatchObject({ code: "HTL_ACD_BAD_PROMPT_TEXT", message: expect.stringContaining("Announcement news, prompt: the text cannot be spoken: Prompt text is malformed at position 2") as string });
  });

  it("new rules of a queue with a malformed placeholder are refused, and the former ones stay", async () => {
    const { acd: queues } = await stage({ acd: team() });
    const { version } = queues.queueRules("q");
    await expect(queues.changeQueueRules("q", { version, rules: { connectPrompt: { text: "工号{{}}" } } }, { actor: "u" })).rejects.toMatchObject({ code: "HTL_ACD_BAD_PROMPT_TEXT", message: expect.stringContaining("connectPrompt") as string });
    expect(queues.queueRules("q").version).toBe(version);
  });

  it("a prompt that a later plugin brings is there", async () => {
    await expect(stage({ acd: team({ announce: { welcome: "words.welcome" } }), plugins: [brings("words.welcome")] })).resolves.toBeDefined();
  });

  it.each([["nothing", "none.wav"], ["a folder", "."]])("a music file that is %s", async (_name, file) => {
    await expect(stage({ acd: team({ music: { file: join(folder, file) } }) })).rejects.toMatchObject({ code: "HTL_ACD_MUSIC_FILE_MISSING", message: expect.stringContaining(`Queue q, music.file: ${join(folder, file)} cannot be read`) as string });
  });

  it("once stored they are told only, and the hotline starts", async () => {
    const music = join(folder, "music.wav");
    writeFileSync(music, "RIFF");
    const dataDir = join(folder, "data");
    const before = await stage({ dataDir, acd: team({ music: { file: music } }) });
    await before.test.services.get(UNIT_OF_WORK).run(({ em }) => em.nativeUpdate(QueueEntity, { key: "q" }, { settings: { connectPrompt: "gone", music: { file: music } } }));
    await crash(before);
    rmSync(music);
    await stage({ dataDir, acd: team(), logger: logger() });
    const told = warned.flatMap(({ fields: { queue, err } }) => (err instanceof Error && queue === "q" ? [(err as Error & { code?: string }).code] : []));
    expect(told.slice(0, 2)).toEqual(["HTL_ACD_UNKNOWN_PROMPT", "HTL_ACD_MUSIC_FILE_MISSING"]);
  });
});

it("the same key twice in a node keeps the hotline from starting", async () => {
  const flow: FlowDefinition = { id: "main", start: "wait", nodes: [{ id: "wait", type: "queue", queue: "q", callback: { key: "1" }, exitKeys: { "1": "voicemail" }, on: { voicemail: "end", kept: "end", timeout: "end", full: "end", "no-agents": "end" }, next: "end" }, { id: "end", type: "hangup" }] };
  await expect(stage({ plugins: [ivr({ flows: [flow] })] })).rejects.toMatchObject({ code: "HTL_IVR_FLOW_INVALID", message: expect.stringContaining("flows[0].nodes[0].callback.key: 1 is one of the exitKeys") as string });
});

describe("one telephone for two agents", () => {
  const by = { actor: "u" };
  const profiles = [{ key: "room", name: "R", queues: ["q"], address: "sip:room" }, { key: "home", name: "H", queues: ["q"], address: "sip:home-{number}" }];

  it("is refused when an agent gets a profile, and the old telephone holds", async () => {
    const at = await stage({ acd: { ...team(), profiles } });
    await at.acd.assign("1001", { profile: "room" }, by);
    await expect(at.acd.assign("1002", { profile: "room" }, by)).rejects.toMatchObject({ code: "HTL_ACD_PHONE_TWICE", status: 422, message: expect.stringContaining("Agents 1001 and 1002 would have one telephone, sip:room") as string });
    expect(at.acd.agent("1002")).toMatchObject({ address: "sip:1002", profile: null });
    // Two at once: the second sees what the first has done.
    await at.acd.assign("1001", { profile: null }, by);
    const both = await Promise.allSettled(["1001", "1002"].map((number) => at.acd.assign(number, { profile: "room" }, by)));
    expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });

  it("is refused when a profile is changed, and the old one holds", async () => {
    const at = await stage({ acd: { ...team(), profiles } });
    for (const number of ["1001", "1002"]) await at.acd.assign(number, { profile: "home" }, by);
    await expect(at.acd.setProfile({ key: "home", name: "H", queues: ["q"], skills: {}, address: "sip:room" }, by)).rejects.toMatchObject({ code: "HTL_ACD_PHONE_TWICE" });
    expect(at.acd.agents().map(({ address }) => address)).toEqual(["sip:home-1001", "sip:home-1002"]);
    expect(at.acd.profiles().find(({ key }) => key === "home")?.address).toBe("sip:home-{number}");
  });

  it("from before is told at the start, and hinders no other change", async () => {
    const dataDir = join(folder, "data");
    const options: StageOptions = { dataDir, acd: { ...team(), groups: [{ key: "day", name: "D" }] } };
    const before = await stage(options);
    await before.test.services.get(UNIT_OF_WORK).run(({ em }) => em.nativeUpdate(AgentEntity, { number: "1002" }, { address: "sip:1001" }));
    await crash(before);
    const at = await stage({ ...options, logger: logger() });
    expect(warned.filter(({ fields }) => fields["with"] !== undefined).map(({ fields }) => fields)).toEqual([{ agent: "1002", with: "1001", address: "sip:1001" }]);
    expect(await at.acd.assign("1002", { groups: ["day"] }, by)).toMatchObject({ groups: ["day"] });
  });
});

it("what only others could tell is told in the log: channels, waits nobody has, agents without a queue", async () => {
  const acd = team({ maxWaitSeconds: 60, serviceLevelSeconds: { voise: 20, chat: 30 }, relaxSkillsAfterSeconds: 59, tiersAfterSeconds: [10, 60], overflow: [{ afterSeconds: 60, queues: ["r"] }] });
  await stage({
    logger: logger(),
    acd: {
      ...acd,
      queues: [...(acd.queues ?? []), { key: "r", name: "R", maxWaitSeconds: 0, overflow: [{ afterSeconds: 600, queues: ["q"] }] }],
      agents: [{ number: "1001", name: "A", queues: [{ queue: "q", tier: 1 }] }, { number: "1002", name: "B", profile: "p", capacity: { channels: { mail: 2 }, rules: [{ while: "voise", exclude: ["*", "talk"] }] } }, { number: "1003", name: "C" }],
      profiles: [{ key: "p", name: "P", queues: ["q"] }],
      capacity: { channels: { voice: 1, "*": 2, typo: 1 } },
    },
  });
  expect(warned.flatMap(({ fields, text }) => (text.startsWith("a setting probably") ? [`${String(fields["queue"] ?? fields["agent"] ?? fields["plugin"])} ${String(fields["setting"])}`] : []))).toEqual([
    "q serviceLevelSeconds.voise",
    "q overflow.0.afterSeconds",
    "q tiersAfterSeconds.1",
    "1002 capacity.channels.mail",
    "1002 capacity.rules.0.while.voise",
    "1002 capacity.rules.0.exclude.talk",
    "acd capacity.channels.typo",
  ]);
  expect(warned.find(({ fields }) => fields["setting"] === "serviceLevelSeconds.voise")?.text).toContain("known: voice, chat, email, fax");
  expect(informed.flatMap(({ fields }) => (Array.isArray(fields["agents"]) ? [fields["agents"]] : []))).toEqual([["1003"]]);
});
