import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterEach, describe, expect, test } from "vitest";
import { memoryLog } from "../../test/data-layers.js";
import { ActivityCounter } from "../time/activity-counter.js";
import { UuidIds } from "../time/uuid-ids.js";
import { VirtualClock } from "../time/virtual-clock.js";
import { CHUNK_SIZE, type BlobStore } from "./blob-store.js";
import { StoredBlobs, UNCLAIMED_KEPT_MS } from "./blobs.js";
import { FolderBlobStore } from "./folder-blob-store.js";
import { SqliteBlobStore } from "./sqlite-blob-store.js";

const options = { contentType: "audio/wav", owner: "test" };
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "hotline-blobs-"));
  cleanups.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

const stores: Record<string, (path: string) => BlobStore> = {
  sqlite: (path) => new SqliteBlobStore(join(path, "blobs.db"), memoryLog().log),
  folder: (path) => new FolderBlobStore(join(path, "blobs"), memoryLog().log),
};

describe.each(Object.entries(stores))("blobs in %s", (kind, make) => {
  async function opened(path?: string) {
    const store = make(path ?? (await folder()));
    await store.open();
    cleanups.push(() => store.close());
    const clock = new VirtualClock();
    const activity = new ActivityCounter();
    const blobs = new StoredBlobs({ store, clock, ids: new UuidIds(clock), activity, log: memoryLog().log });
    return { store, clock, activity, blobs };
  }

  test.each([0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 3 * CHUNK_SIZE + 17])("keeps %i octets, as a buffer and as a stream of odd pieces", async (size) => {
    const { blobs } = await opened();
    const content = randomBytes(size);
    const sha256 = createHash("sha256").update(content).digest("hex");
    const pieces = function* () {
      for (let at = 0; at < size; at += 100_003) yield content.subarray(at, at + 100_003);
    };
    for (const info of [await blobs.put(content, options), await blobs.put(Readable.from(pieces()), options)]) {
      expect(info).toMatchObject({ size, sha256, contentType: "audio/wav" });
      expect(await blobs.info(info.id)).toEqual(info);
      expect((await buffer(await blobs.open(info.id))).equals(content)).toBe(true);
    }
  });

  test("gives ranges, the end inclusive", async () => {
    const { blobs } = await opened();
    const content = randomBytes(2 * CHUNK_SIZE + 1000);
    const { id } = await blobs.put(content, options);
    for (const [start, end] of [[0, 0], [0, 99], [CHUNK_SIZE - 1, CHUNK_SIZE], [5, 2 * CHUNK_SIZE + 5], [2 * CHUNK_SIZE + 999, 2 * CHUNK_SIZE + 999], [10, 10 * CHUNK_SIZE]] as const) {
      expect((await buffer(await blobs.open(id, { start, end }))).equals(content.subarray(start, end + 1))).toBe(true);
    }
    for (const [start, end] of [[-1, 5], [5, 4], [2 * CHUNK_SIZE + 1000, 2 * CHUNK_SIZE + 1000], [0.5, 2]] as const) {
      await expect(blobs.open(id, { start, end })).rejects.toMatchObject({ code: "HTL_CORE_BLOB_RANGE", status: 416 });
    }
  });

  test("unknown and removed ones are missing, also in the middle of reading", async () => {
    const { blobs } = await opened();
    await expect(blobs.open("nobody")).rejects.toMatchObject({ code: "HTL_CORE_BLOB_MISSING", status: 404 });
    await expect(blobs.open("../../../etc/passwd")).rejects.toMatchObject({ code: "HTL_CORE_BLOB_MISSING" });
    await expect(blobs.claim("nobody")).rejects.toMatchObject({ code: "HTL_CORE_BLOB_MISSING" });
    const { id } = await blobs.put(randomBytes(8 * CHUNK_SIZE), options);
    const reading = await blobs.open(id);
    const iterator = reading[Symbol.asyncIterator]();
    await iterator.next();
    await blobs.remove(id);
    await blobs.remove(id);
    const rest = async () => {
      for (;;) if ((await iterator.next()).done) return;
    };
    await expect(rest()).rejects.toMatchObject({ code: "HTL_CORE_BLOB_MISSING" });
    expect(await blobs.info(id)).toBeUndefined();
  });

  test("a source that fails leaves nothing visible and nothing behind", async () => {
    const path = await folder();
    const { blobs, store } = await opened(path);
    const failing = function* () {
      yield randomBytes(CHUNK_SIZE * 2);
      throw new Error("source broke");
    };
    await expect(blobs.put(Readable.from(failing()), options)).rejects.toThrow("source broke");
    expect(await store.sweep(Number.MAX_SAFE_INTEGER, 10)).toBe(0);
    if (kind === "folder") {
      const files = await readdir(join(path, "blobs"), { recursive: true, withFileTypes: true });
      expect(files.filter((file) => file.isFile())).toEqual([]);
    }
  });

  test("what nobody claims is swept after a day, what is claimed stays, over a restart", async () => {
    const path = await folder();
    const first = await opened(path);
    const kept = await first.blobs.put(randomBytes(10), options);
    const lost = await first.blobs.put(randomBytes(10), options);
    await first.blobs.claim(kept.id);
    await first.blobs.claim(kept.id);
    await first.store.close();
    const second = await opened(path);
    second.blobs.start();
    await second.clock.advance(UNCLAIMED_KEPT_MS, second.activity);
    expect(await second.blobs.info(lost.id)).toBeDefined();
    await second.clock.advance(3_600_000, second.activity);
    expect(await second.blobs.info(lost.id)).toBeUndefined();
    expect(await second.blobs.info(kept.id)).toEqual(kept);
    second.blobs.stop();
  });

  test("many at once do not mix", async () => {
    const { blobs } = await opened();
    const contents = Array.from({ length: 12 }, (_, i) => Buffer.alloc(CHUNK_SIZE + i * 1000, i));
    const infos = await Promise.all(contents.map((content) => blobs.put(Readable.from([content.subarray(0, 1000), content.subarray(1000)]), options)));
    for (const [i, info] of infos.entries()) expect(Buffer.compare(await buffer(await blobs.open(info.id)), contents[i] ?? Buffer.alloc(0))).toBe(0);
  });
});

test("removed blobs give their room back to the disk", async () => {
  const path = await folder();
  const store = new SqliteBlobStore(join(path, "blobs.db"), memoryLog().log);
  await store.open();
  cleanups.push(() => store.close());
  const clock = new VirtualClock();
  const blobs = new StoredBlobs({ store, clock, ids: new UuidIds(clock), activity: new ActivityCounter(), log: memoryLog().log });
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) ids.push((await blobs.put(randomBytes(1_000_000), options)).id);
  await store.close();
  const full = (await stat(join(path, "blobs.db"))).size;
  await store.open();
  for (const id of ids) await blobs.remove(id);
  await store.close();
  expect((await stat(join(path, "blobs.db"))).size).toBeLessThan(full / 4);
});
