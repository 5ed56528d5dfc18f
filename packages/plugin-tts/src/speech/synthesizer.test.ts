import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeClock, FakeProvider, fakeLog, fakeMedia, settle } from "../../test/fakes.js";
import { DiskCache } from "../cache/disk-cache.js";
import { MemoryCache } from "../cache/memory-cache.js";
import type { SynthesizerOptions } from "./synthesizer.js";
import { Synthesizer } from "./synthesizer.js";

const failed = expect.objectContaining({ code: "HTL_TTS_SYNTHESIS_FAILED" });
const say = (text: string, more: { persist?: boolean; background?: boolean; voice?: string; language?: string } = {}) => ({ text, language: "zh-CN", persist: true, ...more });

describe("Synthesizer", () => {
  let folder: string;
  let provider: FakeProvider;
  let clock: FakeClock;
  let media: ReturnType<typeof fakeMedia>;
  const make = (more: Partial<SynthesizerOptions> = {}) => {
    const log = fakeLog();
    const disk = new DiskCache({ folder, maxBytes: 1e6, clock, log });
    return new Synthesizer({ provider: () => provider, media: () => media, memory: new MemoryCache(1e6), disk, clock, log, timeoutMs: 1000, concurrency: 1, voices: {}, ...more });
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "tts-synth-"));
    provider = new FakeProvider();
    clock = new FakeClock();
    media = fakeMedia();
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("asks the provider once: then memory, then disk", async () => {
    const first = make();
    const sound = await first.speak(say("你好"));
    expect(sound.samples.length).toBeGreaterThan(0);
    expect(await first.speak(say("你好"))).toBe(sound);
    const restarted = make();
    expect(await restarted.speak(say("你好"))).toEqual(sound);
    expect(provider.texts).toEqual(["你好"]);
  });

  it("shares one synthesis among all who ask at once", async () => {
    provider.held = true;
    const synthesizer = make();
    const asking = Array.from({ length: 50 }, () => synthesizer.speak(say("你好")));
    await settle();
    provider.release();
    const sounds = await Promise.all(asking);
    expect(new Set(sounds).size).toBe(1);
    expect(provider.texts).toEqual(["你好"]);
  });

  it("tells sounds apart by text, language, voice, provider and its settings", async () => {
    const synthesizer = make({ voices: { "en-US": "en" } });
    await synthesizer.speak(say("a"));
    await synthesizer.speak(say("a", { language: "en-US" }));
    await synthesizer.speak(say("a", { voice: "x" }));
    provider.settingsKey = "2";
    await synthesizer.speak(say("a"));
    expect(provider.asked.map(({ options }) => `${options.language}/${options.voice ?? ""}`)).toEqual(["zh-CN/", "en-US/en", "zh-CN/x", "zh-CN/"]);
  });

  it("keeps what is personal off the disk", async () => {
    await make().speak(say("王女士", { persist: false }));
    const restarted = make();
    await restarted.speak(say("王女士", { persist: false }));
    expect(provider.texts).toHaveLength(2);
  });

  it("fails with its code, and tries again the next time", async () => {
    provider.answer = () => new Error("broken");
    const synthesizer = make();
    await expect(synthesizer.speak(say("你好"))).rejects.toEqual(failed);
    provider.answer = undefined;
    await expect(synthesizer.speak(say("你好"))).resolves.toBeDefined();
  });

  it("fails on no provider, no sound, a senseless sample rate and a broken encoder", async () => {
    await expect(make({ provider: () => undefined }).speak(say("a"))).rejects.toMatchObject({ code: "HTL_TTS_SYNTHESIS_FAILED", cause: { code: "HTL_TTS_NO_PROVIDER" } });
    provider.answer = () => ({ pcm: new Int16Array(8000), sampleRate: 8000 });
    await expect(make().speak(say("b"))).rejects.toEqual(failed);
    provider.answer = () => ({ pcm: Int16Array.of(9000, -9000), sampleRate: Number.NaN });
    await expect(make().speak(say("c"))).rejects.toEqual(failed);
    provider.answer = undefined;
    media.encode = () => Promise.reject(new Error("worker died"));
    await expect(make().speak(say("d"))).rejects.toEqual(failed);
  });

  it("gives a long text as much more time as it is longer", async () => {
    provider.answer = () => "hang";
    const article = make().speak(say("长".repeat(350)));
    const outcome = expect(article).rejects.toMatchObject({ code: "HTL_TTS_SYNTHESIS_FAILED", message: expect.stringContaining("3500 ms") as string });
    let over = false;
    void article.catch(() => (over = true));
    // The disk was asked first.
    await vi.waitFor(() => expect(clock.timers).toBe(1));
    clock.advance(3_499);
    await settle();
    expect(over).toBe(false);
    clock.advance(1);
    await outcome;
    expect(clock.timers).toBe(0);
  });

  it("gives a hanging provider up, frees the slot, and leaves no timer", async () => {
    provider.answer = (text) => (text === "hang" ? "hang" : { pcm: Int16Array.of(9000, -9000), sampleRate: 8000 });
    const synthesizer = make();
    const hanging = synthesizer.speak(say("hang"));
    const next = synthesizer.speak(say("next"));
    const outcome = expect(hanging).rejects.toEqual(failed);
    await vi.waitFor(() => expect(provider.asked).toHaveLength(1));
    expect(provider.asked[0]?.options.signal?.aborted).toBe(false);
    clock.advance(1000);
    await outcome;
    expect(provider.asked[0]?.options.signal?.aborted).toBe(true);
    await next;
    expect(clock.timers).toBe(0);
  });

  it("leaves a dead service alone for a while, then tries it again", async () => {
    provider.answer = () => new Error("down");
    const synthesizer = make();
    for (const text of ["1", "2", "3", "4", "5"]) await expect(synthesizer.speak(say(text))).rejects.toEqual(failed);
    expect(provider.texts).toHaveLength(3);
    expect(synthesizer.health.ok).toBe(false);
    clock.advance(15_000);
    provider.answer = undefined;
    await synthesizer.speak(say("6"));
    expect(synthesizer.health.ok).toBe(true);
    await synthesizer.speak(say("7"));
  });

  it("lets one caller go without taking the sound from the others", async () => {
    provider.held = true;
    const synthesizer = make();
    const leaving = new AbortController();
    const gone = synthesizer.speak(say("你好"), leaving.signal);
    const stays = synthesizer.speak(say("你好"));
    await settle();
    leaving.abort(new Error("hung up"));
    await expect(gone).rejects.toThrow("hung up");
    provider.release();
    await expect(stays).resolves.toBeDefined();
    await expect(synthesizer.speak(say("你好"), leaving.signal)).rejects.toThrow("hung up");
  });

  it("serves callers before preparation, also when they ask for what is being prepared", async () => {
    provider.held = true;
    const synthesizer = make({ disk: undefined });
    const all = ["a", "b", "c"].map((text) => synthesizer.speak(say(text, { background: true })));
    all.push(synthesizer.speak(say("caller")), synthesizer.speak(say("c")));
    await settle();
    provider.release();
    await Promise.all(all);
    expect(provider.texts).toHaveLength(4);
    expect([provider.texts[0], provider.texts[3]]).toEqual(["a", "b"]);
  });

  it("settles everything when it stops", async () => {
    provider.answer = () => "hang";
    const synthesizer = make();
    const outcomes = Promise.allSettled(["a", "b", "c"].map((text) => synthesizer.speak(say(text))));
    await settle();
    await synthesizer.stop();
    expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    await expect(synthesizer.speak(say("late"))).rejects.toBeDefined();
    expect(clock.timers).toBe(0);
  });
});
