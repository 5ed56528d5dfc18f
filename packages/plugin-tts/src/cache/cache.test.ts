import { mkdtemp, readFile, readdir, rm, stat, writeFile, mkdir, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeClock, fakeLog, tone } from "../../test/fakes.js";
import { makeAsset, packAsset, trimSilence, unpackAsset } from "./asset-format.js";
import { DiskCache } from "./disk-cache.js";
import { MemoryCache } from "./memory-cache.js";

const key = (n: number) => n.toString(16).padStart(2, "0").repeat(32);
const asset = (size: number, fill = 1) => makeAsset(new Uint8Array(size).fill(fill));

describe("asset files", () => {
  it("come back as they went", () => {
    const before = makeAsset(Uint8Array.from([1, 2, 3, 250]));
    const after = unpackAsset(packAsset(before));
    expect(after).toEqual(before);
    expect(after?.samples.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(after?.durationMs).toBe(0.5);
  });

  it("are refused when anything is wrong with them", () => {
    const whole = packAsset(asset(1000));
    expect(unpackAsset(Buffer.alloc(0))).toBeUndefined();
    for (const at of [0, 7, 9, 20, 44, whole.length - 1]) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0xff;
      expect(unpackAsset(damaged), `octet ${at}`).toBeUndefined();
    }
    for (const length of [1, 43, whole.length - 1]) expect(unpackAsset(whole.subarray(0, length))).toBeUndefined();
    expect(unpackAsset(Buffer.concat([whole, Buffer.from([0])]))).toBeUndefined();
  });
});

describe("trimSilence", () => {
  it("leaves the sound and 5 ms around it", () => {
    const pcm = new Int16Array(8000);
    pcm.set(tone(800, 9000), 4000);
    const trimmed = trimSilence(pcm, 8000);
    expect(trimmed.length).toBe(800 + 80);
    expect(trimmed[40]).toBe(9000);
  });
  it("is empty for silence and noise far below speech", () => {
    expect(trimSilence(new Int16Array(1000), 8000).length).toBe(0);
    expect(trimSilence(tone(1000, 100), 8000).length).toBe(0);
    expect(trimSilence(new Int16Array(0), 8000).length).toBe(0);
  });
});

describe("MemoryCache", () => {
  it("lets the least recently used go", () => {
    const cache = new MemoryCache(300);
    cache.set("a", asset(100));
    cache.set("b", asset(100));
    cache.set("c", asset(100));
    cache.get("a");
    cache.set("d", asset(100));
    expect(["a", "b", "c", "d"].filter((k) => cache.get(k))).toEqual(["a", "c", "d"]);
    expect(cache.bytes).toBe(300);
  });
  it("does not throw everything out for one giant, and counts replacements once", () => {
    const cache = new MemoryCache(300);
    cache.set("a", asset(100));
    cache.set("giant", asset(301));
    expect(cache.get("giant")).toBeUndefined();
    cache.set("a", asset(50));
    expect(cache.bytes).toBe(50);
    expect(cache.size).toBe(1);
  });
});

describe("DiskCache", () => {
  let folder: string;
  const clock = new FakeClock();
  const open = async (maxBytes = 1_000_000) => {
    const log = fakeLog();
    const cache = new DiskCache({ folder, maxBytes, clock, log });
    await cache.open();
    return { cache, log };
  };
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), "tts-cache-")), "tts-cache");
  });
  afterEach(() => rm(join(folder, ".."), { recursive: true, force: true }));
  const files = async () => (await readdir(folder, { recursive: true })).filter((name) => /\./.test(name) && name !== "CACHEDIR.TAG");

  it("keeps sounds across restarts", async () => {
    const { cache } = await open();
    await cache.put(key(1), asset(800, 7));
    expect(await cache.get(key(1))).toEqual(asset(800, 7));
    const again = await open();
    expect(again.cache.size).toBe(1);
    expect(again.cache.bytes).toBe(cache.bytes);
    expect(await again.cache.get(key(1))).toEqual(asset(800, 7));
    expect(await again.cache.get(key(2))).toBeUndefined();
    expect(again.log.lines).toEqual([]);
  });

  it("removes a damaged entry", async () => {
    const { cache, log } = await open();
    await cache.put(key(1), asset(800));
    const path = join(folder, "01", `${key(1)}.alaw`);
    await writeFile(path, (await readFile(path)).subarray(0, 300));
    expect(await cache.get(key(1))).toBeUndefined();
    await expect(stat(path)).rejects.toThrow();
    expect(cache.bytes).toBe(0);
    expect(log.lines.some((line) => line.level === "warn")).toBe(true);
    await cache.put(key(1), asset(800));
    expect(await cache.get(key(1))).toBeDefined();
  });

  it("clears what a crash left half written, and minds nobody else's files", async () => {
    await mkdir(join(folder, "01"), { recursive: true });
    const [left, written] = [join(folder, "01", `${key(1)}.alaw.999-0.tmp`), join("01", `${key(2)}.alaw.999-1.tmp`)];
    const ago = (ms: number): Date => new Date(clock.now() - ms);
    await writeFile(left, "half");
    await utimes(left, ago(600_000), ago(600_000));
    await writeFile(join(folder, written), "another hotline is about to write this");
    await utimes(join(folder, written), ago(599_000), ago(599_000));
    await writeFile(join(folder, "01", "notes.txt"), "mine");
    const { cache } = await open();
    expect((await files()).sort()).toEqual([written, join("01", "notes.txt")].sort());
    expect(cache.size).toBe(0);
  });

  it("stays below its limit, the longest unused go first", async () => {
    const { cache } = await open(10_000);
    for (let n = 0; n < 9; n++) {
      clock.advance(1000);
      await cache.put(key(n), asset(1000));
    }
    clock.advance(1000);
    await cache.get(key(0));
    clock.advance(1000);
    await cache.put(key(20), asset(1000));
    expect(cache.bytes).toBeLessThanOrEqual(9_000);
    expect(await cache.get(key(0))).toBeDefined();
    expect(await cache.get(key(1))).toBeUndefined();
    expect(await cache.get(key(20))).toBeDefined();
    expect(await files()).toHaveLength(cache.size);
  });

  it("sweeps a folder that is too big when it opens it", async () => {
    const { cache } = await open();
    for (let n = 0; n < 10; n++) {
      await cache.put(key(n), asset(1000));
      await utimes(join(folder, n.toString(16).padStart(2, "0"), `${key(n)}.alaw`), 1000 + n, 1000 + n);
    }
    const small = await open(5_000);
    expect(small.cache.bytes).toBeLessThanOrEqual(4_500);
    expect(await small.cache.get(key(9))).toBeDefined();
    expect(await small.cache.get(key(0))).toBeUndefined();
  });

  it("does without a disk, and complains once", async () => {
    await mkdir(join(folder, ".."), { recursive: true });
    await writeFile(folder, "a file where the folder should be");
    const { cache, log } = await open();
    await cache.put(key(1), asset(100));
    await cache.put(key(2), asset(100));
    expect(await cache.get(key(1))).toBeUndefined();
    expect(cache.failing).toBe(true);
    expect(log.lines.filter((line) => line.level === "warn")).toHaveLength(1);
  });

  it("shares its folder with another hotline", async () => {
    const { cache: one } = await open();
    const { cache: other } = await open();
    await one.put(key(1), asset(500));
    expect(await other.get(key(1))).toEqual(asset(500));
    await Promise.all([one.put(key(2), asset(600)), other.put(key(2), asset(600))]);
    expect(await one.get(key(2))).toEqual(asset(600));
    expect([one.failing, other.failing]).toEqual([false, false]);
  });

  it("takes many at once", async () => {
    const { cache } = await open();
    await Promise.all(Array.from({ length: 40 }, (_, n) => cache.put(key(n % 10), asset(500, n % 10))));
    expect(cache.size).toBe(10);
    expect(await cache.get(key(3))).toEqual(asset(500, 3));
    expect((await files()).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});
