import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Logger } from "@hotlinejs/core";
import { SystemClock } from "@hotlinejs/core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { EspeakProvider, voiceFor } from "./espeak-provider.js";
import { voicedRms } from "./worker/level.js";

const quiet: Logger = { trace: () => undefined, debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, fatal: () => undefined, child: () => quiet };
const db = (value: number) => 20 * Math.log10(value);

beforeAll(() => {
  // The worker runs as built JavaScript; `npm test` builds it before, a single run may not have.
  const folder = fileURLToPath(new URL("..", import.meta.url));
  if (existsSync(join(folder, "dist/worker.js"))) return;
  const built = spawnSync(process.execPath, [join(folder, "../../node_modules/tsup/dist/cli-default.js")], { cwd: folder, encoding: "utf8" });
  if (built.status !== 0) throw new Error(`tsup: ${built.stderr}`);
});

const providers: EspeakProvider[] = [];
const make = (more: { timeoutMs?: number; worker?: URL; rate?: number } = {}) => {
  const provider = new EspeakProvider({ clock: new SystemClock(), log: quiet, rate: 155, pitch: 50, timeoutMs: 15_000, ...more });
  providers.push(provider);
  return provider;
};
afterEach(async () => {
  for (const provider of providers.splice(0)) await provider.stop();
});

describe("eSpeak NG", () => {
  it("speaks Mandarin at the level of a telephone", async () => {
    const provider = make();
    const { pcm, sampleRate } = await provider.synthesize("您好，海晏市人力资源社会保障幺二三三三热线为您服务。为保证服务质量，通话将被录音。", { language: "zh-CN" });
    expect(sampleRate).toBe(22_050);
    const seconds = pcm.length / sampleRate;
    expect(seconds).toBeGreaterThan(7);
    expect(seconds).toBeLessThan(16);
    const level = db(voicedRms(Float64Array.from(pcm, (sample) => sample / 32_768), sampleRate));
    expect(level).toBeGreaterThan(-20);
    expect(level).toBeLessThan(-16);
    expect(db(pcm.reduce((top, sample) => Math.max(top, Math.abs(sample)), 0) / 32_768)).toBeLessThan(-3);
    const edge = Math.round(sampleRate * 0.05);
    expect(pcm.subarray(0, edge).some((sample) => Math.abs(sample) > 200)).toBe(true);
    expect(pcm.subarray(-edge).some((sample) => Math.abs(sample) > 200)).toBe(true);
  });

  it("says different things differently, and the same thing alike", async () => {
    const provider = make();
    const texts = ["幺", "二", "三", "请按一", "请按二", "没有查到，流水号或查询码不对。", "您的诉求已受理，正在审核派发。"];
    const sounds = await Promise.all(texts.map((text) => provider.synthesize(text, { language: "zh-CN" })));
    const prints = sounds.map(({ pcm }) => Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength).toString("base64"));
    expect(new Set(prints).size).toBe(texts.length);
    const again = await provider.synthesize("请按一", { language: "zh-CN" });
    // The engine has some chance in it: the same to within a hundredth.
    expect(Math.abs(again.pcm.length / (sounds[3]?.pcm.length ?? 0) - 1)).toBeLessThan(0.01);
  });

  it("speaks English with an English voice, and other voices when asked", async () => {
    const provider = make();
    const english = await provider.synthesize("Please hold.", { language: "en-US" });
    const mandarin = await provider.synthesize("Please hold.", { language: "zh-CN" });
    const other = await provider.synthesize("Please hold.", { language: "en-US", voice: "en-us+f3" });
    expect(english.pcm.length).toBeGreaterThan(8_000);
    expect(english.pcm).not.toEqual(mandarin.pcm);
    expect(english.pcm).not.toEqual(other.pcm);
    // A voice does not stick: the next text has its own again.
    const again = await provider.synthesize("Please hold.", { language: "en-US" });
    expect(Math.abs(again.pcm.length / english.pcm.length - 1)).toBeLessThan(0.01);
    expect(Math.abs(mandarin.pcm.length / english.pcm.length - 1)).toBeGreaterThan(0.01);
  });

  it("speaks slower when told", async () => {
    const text = "感谢您的来电，再见。";
    const fast = await make({ rate: 250 }).synthesize(text, { language: "zh-CN" });
    const slow = await make({ rate: 120 }).synthesize(text, { language: "zh-CN" });
    expect(slow.pcm.length).toBeGreaterThan(fast.pcm.length * 1.3);
  });

  it("refuses unknown voices and monsters, is silent for nothing, and goes on", async () => {
    const provider = make();
    await expect(provider.synthesize("好", { language: "zh-CN", voice: "klingon-x" })).rejects.toMatchObject({ code: "HTL_ESPEAK_FAILED" });
    await expect(provider.synthesize("好".repeat(5001), { language: "zh-CN" })).rejects.toMatchObject({ code: "HTL_ESPEAK_TOO_LONG" });
    expect((await provider.synthesize("，", { language: "zh-CN" })).pcm).toHaveLength(0);
    expect((await provider.synthesize("\u0000", { language: "zh-CN" })).pcm).toHaveLength(0);
    const plain = await provider.synthesize("你好", { language: "zh-CN" });
    const tagged = await provider.synthesize("<emphasis>你好</emphasis>", { language: "zh-CN" });
    expect(plain.pcm.length).toBeGreaterThan(2_000);
    expect(tagged.pcm.length).toBeGreaterThan(plain.pcm.length);
    expect(provider.restarts).toBe(0);
  });

  it("settles what waits when it stops, and refuses afterwards", async () => {
    const provider = make();
    const outcomes = Promise.allSettled(Array.from({ length: 5 }, () => provider.synthesize("您好", { language: "zh-CN" })));
    await provider.stop();
    expect((await outcomes).every(({ status }) => status === "rejected")).toBe(true);
    await expect(provider.synthesize("您好", { language: "zh-CN" })).rejects.toMatchObject({ code: "HTL_ESPEAK_STOPPED" });
  });

  it("drops a text whose caller has gone before its turn", async () => {
    const provider = make();
    const first = provider.synthesize("您好", { language: "zh-CN" });
    const gone = new AbortController();
    const waiting = provider.synthesize("再见", { language: "zh-CN", signal: gone.signal });
    gone.abort(new Error("hung up"));
    await expect(waiting).rejects.toThrow("hung up");
    await expect(first).resolves.toBeDefined();
    await expect(provider.synthesize("再见", { language: "zh-CN" })).resolves.toBeDefined();
  });
});

describe("a worker that fails", () => {
  const folder = mkdtempSync(join(tmpdir(), "espeak-worker-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const worker = (name: string, onMessage: string) => {
    const file = join(folder, `${name}.mjs`);
    writeFileSync(file, `import { parentPort } from "node:worker_threads"; parentPort.on("message", (request) => { ${onMessage} });`);
    return pathToFileURL(file);
  };
  const answer = "parentPort.postMessage({ id: request.id, pcm: new Int16Array(3).fill(9), sampleRate: 8000 })";

  it("is replaced after a crash; only its text is lost", async () => {
    const provider = make({ worker: worker("crash", `if (request.text === "crash") throw new Error("boom"); ${answer}`) });
    const [bad, good] = await Promise.allSettled([provider.synthesize("crash", { language: "zh-CN" }), provider.synthesize("fine", { language: "zh-CN" })]);
    expect(bad).toMatchObject({ status: "rejected", reason: { code: "HTL_ESPEAK_FAILED" } });
    expect(good).toMatchObject({ status: "fulfilled" });
    expect(provider.restarts).toBe(1);
  });

  it("is replaced when it exits without a word", async () => {
    const provider = make({ worker: worker("exit", `if (request.text === "exit") process.exit(3); ${answer}`) });
    await expect(provider.synthesize("exit", { language: "zh-CN" })).rejects.toMatchObject({ code: "HTL_ESPEAK_FAILED" });
    await expect(provider.synthesize("fine", { language: "zh-CN" })).resolves.toBeDefined();
  });

  it("is replaced when it hangs", async () => {
    const provider = make({ timeoutMs: 500, worker: worker("hang", `if (request.text === "hang") for (;;); ${answer}`) });
    const hanging = provider.synthesize("hang", { language: "zh-CN" });
    const next = provider.synthesize("fine", { language: "zh-CN" });
    await expect(hanging).rejects.toMatchObject({ code: "HTL_ESPEAK_TIMEOUT" });
    await expect(next).resolves.toMatchObject({ sampleRate: 8000 });
  });

  it("is not taken for hanging over a long text", async () => {
    const slow = `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, request.text.length < 200 ? 60_000 : 900); ${answer}`;
    const provider = make({ timeoutMs: 500, worker: worker("slow", slow) });
    const [short, long] = await Promise.allSettled([provider.synthesize("hang", { language: "zh-CN" }), provider.synthesize("长".repeat(2_000), { language: "zh-CN" })]);
    expect([short, long]).toMatchObject([{ reason: { code: "HTL_ESPEAK_TIMEOUT" } }, { status: "fulfilled" }]);
    expect(provider.restarts).toBe(1);
  });

  it("fails with a code when its script cannot be loaded", async () => {
    const provider = make({ worker: pathToFileURL(join(folder, "missing.mjs")) });
    await expect(provider.synthesize("x", { language: "zh-CN" })).rejects.toMatchObject({ code: "HTL_ESPEAK_FAILED" });
  });
});

describe("voiceFor", () => {
  it.each([
    ["zh-CN", "cmn"],
    ["zh", "cmn"],
    ["zh-HK", "yue"],
    ["en-US", "en-us"],
    ["en", "en-us"],
    ["en-GB", "en-gb"],
    ["fr", "fr"],
  ])("%s is %s", (language, voice) => expect(voiceFor(language)).toBe(voice));
});
