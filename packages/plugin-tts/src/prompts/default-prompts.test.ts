import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AudioSource, HealthReport, PluginContext, Prompts } from "@hotlinejs/core";
import { CLOCK, MEDIA, PROMPTS } from "@hotlinejs/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeClock, FakeProvider, fakeLog, fakeMedia, fakeServices, fakeSettings, settle } from "../../test/fakes.js";
import { makeAsset } from "../cache/asset-format.js";
import type { TtsConfig } from "../config.js";
import { ttsConfig } from "../config.js";
import { TTS_PROVIDER } from "../contract.js";
import { tts } from "../plugin.js";

describe("tts plugin", () => {
  let dataDir: string;
  let provider: FakeProvider;
  let clock: FakeClock;
  let media: ReturnType<typeof fakeMedia>;
  const stops: (() => void | Promise<void>)[] = [];

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "tts-plugin-"));
    provider = new FakeProvider();
    clock = new FakeClock();
    media = fakeMedia();
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function start(options: Parameters<typeof ttsConfig.parse>[0] = {}, withProvider = true) {
    const services = fakeServices([[CLOCK, clock], [MEDIA, media], ...(withProvider ? [[TTS_PROVIDER, provider] as const] : [])]);
    const log = fakeLog();
    const ready: (() => void | Promise<void>)[] = [];
    const starting: (() => void | Promise<void>)[] = [];
    let health: (() => HealthReport | Promise<HealthReport>) | undefined;
    const context = {
      config: ttsConfig.parse(options),
      services,
      settings: fakeSettings(dataDir),
      log,
      onCheck: (fn: () => void) => void ready.push(fn),
      onReady: (fn: () => void) => void ready.push(fn),
      onStart: (fn: () => void) => void starting.push(fn),
      onStop: (fn: () => void) => void stops.push(fn),
      health: (fn: () => HealthReport) => void (health = fn),
    } as unknown as PluginContext<TtsConfig>;
    tts.definition.register(context);
    for (const fn of ready) await fn();
    for (const fn of starting) await fn();
    return { prompts: services.get(PROMPTS) as Prompts, log, health: () => health?.() };
  }
  const sounds = (sources: readonly AudioSource[]) => sources.filter((source) => source.kind === "asset").length;

  it("speaks prompts by id, with values, and plain texts", async () => {
    const { prompts } = await start({ warm: false, prompts: [{ id: "P029", text: "工号{{agentNo|digits}}为您服务。" }] });
    expect(prompts.has("P029")).toBe(true);
    expect(prompts.has("P999")).toBe(false);
    const sources = await prompts.resolve({ id: "P029", values: { agentNo: "1001" } });
    expect(sounds(sources)).toBe(6);
    expect(provider.texts).toEqual(["工号", "幺", "零", "为您服务。"]);
    expect(sources.every((source) => source.kind !== "asset" || source.asset.samples.buffer instanceof SharedArrayBuffer)).toBe(true);
    await prompts.resolve({ text: "详询12333。" });
    expect(provider.texts.at(-1)).toBe("详询幺二三三三。");
  });

  it("knows what it does not know", async () => {
    const { prompts } = await start({ warm: false });
    await expect(prompts.resolve("P999")).rejects.toMatchObject({ code: "HTL_TTS_UNKNOWN_PROMPT" });
    await expect(prompts.resolve({ text: "{{x|digits}}" })).rejects.toMatchObject({ code: "HTL_TTS_MISSING_VALUE" });
    expect(prompts.textFault?.("{{x|digits}}")).toBeUndefined();
    expect(prompts.textFault?.("您好{{x")).toMatchObject({ code: "HTL_TTS_BAD_TEMPLATE", message: expect.stringContaining("position 2") as string });
    await expect(prompts.resolve({ text: "{{x" })).rejects.toMatchObject({ code: "HTL_TTS_BAD_TEMPLATE" });
    provider.answer = () => new Error("down");
    await expect(prompts.resolve({ text: "你好" })).rejects.toMatchObject({ code: "HTL_TTS_SYNTHESIS_FAILED" });
  });

  it("takes the same definition twice, but not another one, and then changes nothing", async () => {
    const { prompts } = await start({ warm: false });
    prompts.define([{ id: "A", text: "甲" }]);
    prompts.define([{ id: "A", text: "甲" }]);
    expect(() => prompts.define([{ id: "B", text: "乙" }, { id: "A", text: "别的" }])).toThrow(expect.objectContaining({ code: "HTL_TTS_PROMPT_CONFLICT" }));
    expect(() => prompts.define([{ id: "C", text: "丙" }, { id: "C", text: "丁" }])).toThrow(expect.objectContaining({ code: "HTL_TTS_PROMPT_CONFLICT" }));
    expect(() => prompts.define([{ id: "D", text: "{{x" }])).toThrow(expect.objectContaining({ code: "HTL_TTS_BAD_TEMPLATE", message: expect.stringContaining("Prompt D") as string }));
    expect(["B", "C", "D"].map((id) => prompts.has(id))).toEqual([false, false, false]);
  });

  it("speaks the caller's language where the prompt has it", async () => {
    const { prompts } = await start({ warm: false });
    prompts.define([{ id: "bye", text: "再见" }, { id: "bye", text: "Goodbye", language: "en-US" }]);
    await prompts.resolve("bye", { language: "en-US" });
    await prompts.resolve("bye", { language: "en-GB" });
    await prompts.resolve("bye", { language: "fr-FR" });
    await prompts.resolve("bye");
    expect(provider.asked.map(({ text, options }) => `${text} ${options.language}`)).toEqual(["Goodbye en-US", "再见 zh-CN"]);
    expect(prompts.definition?.("bye", "en-US")?.text).toBe("Goodbye");
  });

  it("plays recordings, and speaks the text when the file is gone", async () => {
    const recording = makeAsset(new Uint8Array(80).fill(3));
    media.wavs.set("/voices/P001.wav", recording);
    const { prompts, log, health } = await start({
      warm: false,
      promptsDir: "/voices",
      prompts: [
        { id: "P001", text: "您好", file: "P001.wav" },
        { id: "P002", text: "再见", file: "P002.wav" },
      ],
    });
    expect(await prompts.resolve("P001")).toEqual([{ kind: "asset", asset: recording }]);
    expect(sounds(await prompts.resolve("P002"))).toBe(1);
    await prompts.resolve("P002");
    expect(provider.texts).toEqual(["再见"]);
    expect(log.lines.filter((line) => line.level === "warn")).toHaveLength(1);
    expect(await health()).toMatchObject({ ok: false, details: { unreadableFiles: ["/voices/P002.wav"] } });
    media.wavs.set("/voices/P002.wav", recording);
    expect(await prompts.resolve("P002")).toEqual([{ kind: "asset", asset: recording }]);
    expect(await health()).toMatchObject({ ok: true });
  });

  it("prepares prompts in the background: the start does not wait, callers come first", async () => {
    provider.held = true;
    const prompts = Array.from({ length: 20 }, (_, n) => ({ id: `P${n}`, text: `${"甲".repeat(n + 1)}，欢迎。` }));
    const hotline = await start({ prompts, concurrency: 1 });
    await expect.poll(() => provider.texts.length).toBe(1);
    const asked = hotline.prompts.resolve({ text: "来电人等着听" });
    await settle();
    provider.release();
    await asked;
    expect(provider.texts.indexOf("来电人等着听")).toBe(1);
    await expect.poll(() => provider.texts.length).toBe(21);
  });

  it("needs no provider for prepared prompts after a restart, digits included", async () => {
    const prompts = [{ id: "P064", text: "留言已受理，流水号{{serial|digits}}。谢谢您的来电。" }, { id: "P002", text: "人工服务请按1。" }];
    const first = await start({ prompts });
    await expect.poll(() => first.log.lines.some((line) => line.message === "prompts prepared")).toBe(true);
    expect(first.log.lines.find((line) => line.message === "prompts prepared")?.fields).toMatchObject({ prepared: 14, failed: 0 });
    for (const stop of stops.splice(0)) await stop();
    provider.answer = () => new Error("down");
    const before = provider.texts.length;
    const second = await start({ prompts, warm: false });
    expect(sounds(await second.prompts.resolve("P002"))).toBe(1);
    expect(sounds(await second.prompts.resolve({ id: "P064", values: { serial: "260924000573" } }))).toBe(15);
    expect(provider.texts.length).toBe(before);
  });

  it("stops in the middle of preparation", async () => {
    provider.answer = (text) => (text === "甲" ? { pcm: Int16Array.of(9000, -9000), sampleRate: 8000 } : "hang");
    await start({ prompts: ["甲", "乙", "丙"].map((text) => ({ id: text, text })) });
    await expect.poll(() => provider.texts.length).toBe(2);
    for (const stop of stops.splice(0)) await stop();
    expect(provider.texts).toHaveLength(2);
    expect(clock.timers).toBe(0);
  });

  it("goes on when prompts cannot be prepared", async () => {
    provider.answer = (text) => (text.includes("坏") ? new Error("bad") : { pcm: Int16Array.of(9000, -9000), sampleRate: 8000 });
    const { prompts } = await start({ warm: false, prompts: [{ id: "P1", text: "坏" }, { id: "P2", text: "好" }] });
    expect(await prompts.warm()).toEqual({ prepared: 1, failed: 1 });
    expect(await prompts.warm(["P2", "P404", { text: "你好" }])).toEqual({ prepared: 2, failed: 1 });
  });

  it("comes up without a provider and says so", async () => {
    const { prompts, health, log } = await start({ prompts: [{ id: "P1", text: "甲" }] }, false);
    await expect(prompts.resolve("P1")).rejects.toMatchObject({ code: "HTL_TTS_SYNTHESIS_FAILED" });
    expect(await health()).toMatchObject({ ok: false, message: "no speech provider" });
    expect(log.lines.some((line) => line.level === "warn")).toBe(true);
  });

  it("finds a malformed prompt at start", async () => {
    await expect(start({ prompts: [{ id: "P1", text: "{{x|loud}}" }] })).rejects.toMatchObject({ code: "HTL_TTS_BAD_TEMPLATE" });
  });

  it("refuses unknown options", () => {
    expect(ttsConfig.safeParse({ promts: [] }).success).toBe(false);
    expect(ttsConfig.safeParse({ cache: { disc: true } }).success).toBe(false);
  });
});
