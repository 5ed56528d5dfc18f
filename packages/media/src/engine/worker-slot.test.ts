import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VirtualClock } from "@hotlinejs/core";
import type { MediaWorkerData } from "../worker/protocol.js";
import { WorkerSlot } from "./worker-slot.js";

const data: MediaWorkerData = { index: 3, bindAddress: "127.0.0.1", portMin: 40_000, portMax: 40_100, portCursor: new SharedArrayBuffer(4), portStock: 0, keepAliveSilence: false, faxDetectionMs: 0, batchedUdp: true, threadNice: 0, jitterMinMs: 40, jitterMaxMs: 240 };
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hotline-slot-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
function script(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

describe("WorkerSlot", () => {
  test("a worker that was not built, or cannot start, is a coded error", async () => {
    const clock = new VirtualClock();
    await expect(new WorkerSlot(0, join(folder, "none.js"), () => data, clock, undefined).start()).rejects.toMatchObject({ code: "HTL_MEDIA_WORKER_MISSING" });
    const broken = new WorkerSlot(0, script("broken.cjs", "throw new Error('no luck')"), () => data, clock, undefined);
    await expect(broken.start()).rejects.toMatchObject({ code: "HTL_MEDIA_WORKER_FAILED", message: expect.stringContaining("no luck") as string });
    await broken.stop(10);
    expect(clock.pending).toBeLessThanOrEqual(1);
    await clock.advance(60_000);
    expect(broken.up).toBe(false);
  });

  test("one that dies again and again is started again with growing pauses", async () => {
    const clock = new VirtualClock();
    // Dies when it is asked for anything.
    const path = script("dying.cjs", "const { parentPort } = require('node:worker_threads'); parentPort.on('message', () => process.exit(3)); parentPort.postMessage({ ev: 'ready' });");
    const slot = new WorkerSlot(3, path, () => data, clock, undefined);
    await slot.start();
    const gone: string[] = [];
    const pauses: number[] = [];
    for (let i = 0; i < 4; i++) {
      slot.addLeg(`leg-${i}`, { event: () => undefined, keyDown: () => undefined, playEnd: () => undefined, lineMessage: () => undefined, gone: (reason) => gone.push(reason) });
      await expect(slot.request<"health">({ op: "health" })).rejects.toMatchObject({ code: "HTL_MEDIA_WORKER_FAILED" });
      expect(slot.up).toBe(false);
      await expect(slot.request<"health">({ op: "health" })).rejects.toMatchObject({ code: "HTL_MEDIA_WORKER_FAILED" });
      pauses.push((clock.nextAt ?? 0) - clock.now());
      await clock.advance(pauses.at(-1) ?? 0);
      while (!slot.up) await settled();
    }
    expect(gone).toEqual(["worker-failed", "worker-failed", "worker-failed", "worker-failed"]);
    expect(pauses).toEqual([0, 200, 400, 800]);
    expect(slot.legs).toBe(0);
    await slot.stop(100);
    await clock.advance(60_000);
    expect(slot.up).toBe(false);
  });

  test("a worker that hangs is ended when its time to stop is over", async () => {
    const clock = new VirtualClock();
    const slot = new WorkerSlot(3, script("hanging.cjs", "const { parentPort } = require('node:worker_threads'); parentPort.on('message', () => {}); parentPort.postMessage({ ev: 'ready' });"), () => data, clock, undefined);
    await slot.start();
    const gone: string[] = [];
    slot.addLeg("leg", { event: () => undefined, keyDown: () => undefined, playEnd: () => undefined, lineMessage: () => undefined, gone: (reason) => gone.push(reason) });
    const waiting = slot.request<"stats">({ op: "stats", leg: "leg" });
    const stopping = slot.stop(1000);
    await clock.advance(1000);
    await stopping;
    await expect(waiting).rejects.toMatchObject({ code: "HTL_MEDIA_WORKER_FAILED" });
    expect(gone).toEqual(["closed"]);
  });

  test("what nobody is in a hurry for goes along with the next command, in order, or 20 ms later", async () => {
    const clock = new VirtualClock();
    // Answers each request with how many messages came before and what was in its own.
    const path = script("counting.cjs", "const { parentPort } = require('node:worker_threads'); let posts = 0; parentPort.on('message', (m) => { const post = ++posts; const all = Array.isArray(m) ? m : [m]; for (const c of all) parentPort.postMessage({ ev: 'reply', rid: c.rid, value: { post, ops: all.map((each) => each.op) } }); }); parentPort.postMessage({ ev: 'ready' });");
    const slot = new WorkerSlot(3, path, () => data, clock, undefined);
    await slot.start();
    const closing = slot.request<"close-leg">({ op: "close-leg", leg: "a" }, true);
    const asked = slot.request<"health">({ op: "health" });
    const together = { post: 1, ops: ["close-leg", "health"] };
    expect(await closing).toEqual(together);
    expect(await asked).toEqual(together);
    expect(clock.pending).toBe(0);

    const alone = slot.request<"close-leg">({ op: "close-leg", leg: "b" }, true);
    await clock.advance(20);
    expect(await alone).toEqual({ post: 2, ops: ["close-leg"] });

    const lost = slot.request<"close-leg">({ op: "close-leg", leg: "c" }, true);
    await Promise.all([slot.crash(), expect(lost).rejects.toMatchObject({ code: "HTL_MEDIA_WORKER_FAILED" })]);
    await slot.stop(0);
  });
});
