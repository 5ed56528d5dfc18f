import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSilentLogger, VirtualClock } from "@hotlinejs/core";
import type { Logger } from "@hotlinejs/core";
import type { MediaWorkerData } from "../worker/protocol.js";
import { WorkerSlot } from "./worker-slot.js";

const data: Omit<MediaWorkerData, "beat"> = { index: 3, bindAddress: "127.0.0.1", portMin: 40_000, portMax: 40_100, portTable: new SharedArrayBuffer(16), portStock: 0, keepAliveSilence: false, faxDetectionMs: 0, batchedUdp: true, threadNice: 0, threadRealtime: false, jitterMinMs: 40, jitterMaxMs: 240 };
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
/** A worker that beats with each answer, hangs when told to stop or asked for figures, and reads the file of its name when asked to close a bridge. */
const HANGING = `
const { parentPort, workerData } = require("node:worker_threads");
parentPort.on("message", (m) => {
  if (m.op === "stats" || m.op === "stop") for (;;);
  if (m.op === "close-bridge") require("node:fs").readFileSync(m.bridge, "utf8");
  Atomics.add(new Int32Array(workerData.beat), 0, 1);
  parentPort.postMessage({ ev: "reply", rid: m.rid });
});
parentPort.postMessage({ ev: "ready" });`;
const NOBODY = { event: () => undefined, keyDown: () => undefined, playEnd: () => undefined, lineMessage: () => undefined };
function listening(): { log: Logger; lines: { code?: string; message: string }[] } {
  const lines: { code?: string; message: string }[] = [];
  const error = (fields: object, message: string): void => void lines.push({ ...fields, message });
  return { lines, log: Object.assign(Object.create(createSilentLogger()) as Logger, { error }) };
}
/** `pass` lets time pass for the machine, too, so that looks at the thread count; with `clock.advance` they do not. */
function watched(name: string): { clock: VirtualClock; slot: WorkerSlot; lines: { code?: string; message: string }[]; pass(ms: number): Promise<void> } {
  const { log, lines } = listening();
  const clock = new VirtualClock();
  let machineMs = 0;
  let since: number | undefined;
  const slot = new WorkerSlot(3, script(name, HANGING), () => data, clock, log, { machineMs: () => machineMs + (since === undefined ? 0 : clock.monotonic() - since), debugged: () => false });
  const pass = async (ms: number): Promise<void> => {
    since = clock.monotonic();
    await clock.advance(ms);
    since = undefined;
    machineMs += ms;
  };
  return { clock, lines, slot, pass };
}
/** Opens a pipe for writing once somebody reads it; who does is held until it is closed. */
async function hold(pipe: string): Promise<number> {
  for (;;) {
    try {
      return openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch {
      await settled();
    }
  }
}
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await settled();
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

  test("what may wait for the end of the turn goes with what follows in it, in order, and with one waking of the worker", async () => {
    const path = script("telling.cjs", "const { parentPort } = require('node:worker_threads'); parentPort.on('message', (m) => parentPort.postMessage({ ev: 'line-message', leg: 'leg', message: [m].flat().map((each) => each.digit ?? each.op) })); parentPort.postMessage({ ev: 'ready' });");
    const clock = new VirtualClock();
    const slot = new WorkerSlot(3, path, () => data, clock, undefined);
    await slot.start();
    const heard: unknown[] = [];
    slot.addLeg("leg", { ...NOBODY, lineMessage: (message) => heard.push(message), gone: () => undefined });
    const key = (digit: "1" | "2" | "3" | "4"): { op: "key"; leg: string; digit: typeof digit } => ({ op: "key", leg: "leg", digit });
    slot.sendAfterTurn(key("1"));
    slot.sendAfterTurn(key("2"));
    await until(() => heard.length === 1);
    slot.sendAfterTurn(key("3"));
    slot.send(key("4"));
    // Nothing is left for the end of the turn.
    slot.send(key("1"));
    await until(() => heard.length === 3);
    await settled();
    expect(heard).toEqual([["1", "2"], ["3", "4"], ["1"]]);
    // Lost with the worker, not told to the next one.
    const dying = new WorkerSlot(3, path, () => data, clock, undefined);
    await dying.start();
    dying.addLeg("leg", { ...NOBODY, lineMessage: (message) => heard.push(message), gone: () => void dying.sendAfterTurn(key("2")) });
    const crashed = dying.crash();
    await until(() => !dying.up);
    dying.sendAfterTurn(key("1"));
    await crashed;
    await clock.advance(0);
    await until(() => dying.up);
    await settled();
    expect(heard).toHaveLength(3);
    const stopped = Promise.all([slot.stop(10), dying.stop(10)]);
    await clock.advance(10);
    await stopped;
  });

  test("a worker that hangs is ended when its time to stop is over", async () => {
    const clock = new VirtualClock();
    const slot = new WorkerSlot(3, script("hanging.cjs", "const { parentPort } = require('node:worker_threads'); parentPort.on('message', () => {}); parentPort.postMessage({ ev: 'ready' });"), () => data, clock, undefined);
    await slot.start();
    const gone: string[] = [];
    slot.addLeg("leg", { event: () => undefined, keyDown: () => undefined, playEnd: () => undefined, lineMessage: () => undefined, gone: (reason) => gone.push(reason) });
    const waiting = expect(slot.request<"stats">({ op: "stats", leg: "leg" })).rejects.toMatchObject({ code: "HTL_MEDIA_WORKER_FAILED" });
    const stopping = slot.stop(1000);
    await clock.advance(1000);
    await stopping;
    await waiting;
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
    expect(clock.pending).toBe(1); // the watch
    const alone = slot.request<"close-leg">({ op: "close-leg", leg: "b" }, true);
    await clock.advance(20);
    expect(await alone).toEqual({ post: 2, ops: ["close-leg"] });

    const lost = slot.request<"close-leg">({ op: "close-leg", leg: "c" }, true);
    await Promise.all([slot.crash(), expect(lost).rejects.toMatchObject({ code: "HTL_MEDIA_WORKER_FAILED" })]);
    await slot.stop(0);
  });

  test("a thread that hangs is ended and has died by that; another takes its place", async () => {
    const { clock, slot, lines, pass } = watched("hangs.cjs");
    await slot.start();
    for (let i = 0; i < 5; i++) {
      await slot.request<"health">({ op: "health" }); // it beats
      await pass(2_000);
    }
    const told: string[] = [];
    slot.addLeg("leg", { ...NOBODY, gone: (reason) => told.push(reason) });
    slot.addCapture("capture", { ended: () => told.push("ended"), workerFailed: () => told.push("capture") });
    slot.onFailed(() => told.push("bridge"));
    const refused = [slot.request<"stats">({ op: "stats", leg: "leg" }), slot.request<"health">({ op: "health" })].map((asked) =>
      expect(asked).rejects.toMatchObject({ code: "HTL_MEDIA_WORKER_FAILED", message: expect.stringContaining("has not moved for 4 s") as string }),
    );
    await pass(2_000);
    expect(slot.doubtful).toBe(true);
    expect(slot.up).toBe(true);
    await pass(2_000);
    await Promise.all(refused);
    expect(told).toEqual(["capture", "worker-failed", "bridge"]);
    expect(slot.failures).toEqual({ died: 0, hung: 1 });
    expect(lines).toEqual([expect.objectContaining({ code: "HTL_MEDIA_WORKER_HUNG", worker: 3, legs: 1, captures: 1, unanswered: ["stats", "health"] })]);
    await clock.advance(0);
    expect(slot.up).toBe(true);
    await slot.request<"health">({ op: "health" });
    expect(slot.stuck).toBe(0);
    const over = slot.stop(5_000);
    await clock.advance(5_000);
    await over;
  });

  test("stopping ends a thread that hangs two seconds later", async () => {
    const { clock, slot, pass } = watched("hangs-at-stop.cjs");
    await slot.start();
    let over = false;
    const stopping = slot.stop(60_000).then(() => (over = true));
    await pass(1_999);
    expect(over).toBe(false);
    await pass(1);
    await stopping;
    expect(slot.failures).toEqual({ died: 0, hung: 1 });
    await clock.advance(60_000);
    expect(slot.up).toBe(false);
    expect(clock.pending).toBe(0);
  });

  test.skipIf(process.platform === "win32")("a thread that hangs in a call into the system is left behind after a second; after three no other is started until one ends", async () => {
    const { clock, slot, lines, pass } = watched("sleeps.cjs");
    const pipes = [1, 2, 3].map((n) => join(folder, `pipe-${n}`));
    for (const pipe of pipes) execFileSync("mkfifo", [pipe]);
    const held: number[] = [];
    await slot.start();
    for (const [index, pipe] of pipes.entries()) {
      await slot.request<"health">({ op: "health" });
      const asked = expect(slot.request<"close-bridge">({ op: "close-bridge", bridge: pipe })).rejects.toMatchObject({ code: "HTL_MEDIA_WORKER_FAILED" });
      held.push(await hold(pipe));
      await pass(9_000); // a look that sees the beat, two that see none, and a second
      await asked;
      expect(slot.stuck).toBe(index + 1);
      expect(lines.at(-1)).toMatchObject({ code: "HTL_MEDIA_WORKER_STUCK", stuck: index + 1 });
      await clock.advance(60_000);
      expect(slot.up).toBe(index < 2);
    }
    closeSync(held[0] as number);
    await until(() => slot.stuck === 2);
    await clock.advance(0);
    expect(slot.up).toBe(true);
    await slot.request<"health">({ op: "health" });
    for (const pipe of held.slice(1)) closeSync(pipe);
    await until(() => slot.stuck === 0);
    const over = slot.stop(5_000);
    await clock.advance(5_000);
    await over;
  });

  test("a place whose program is away for a moment, as in an update, is taken again", async () => {
    const { clock, slot, lines } = watched("away.cjs");
    const path = join(folder, "away.cjs");
    await slot.start();
    renameSync(path, `${path}.old`);
    await slot.crash();
    await clock.advance(1_000);
    expect(slot.up).toBe(false);
    expect(lines.at(-1)).toMatchObject({ code: "HTL_MEDIA_WORKER_MISSING" });
    renameSync(`${path}.old`, path);
    await clock.advance(60_000);
    expect(slot.up).toBe(true);
    await slot.request<"health">({ op: "health" });
    expect(slot.failures).toEqual({ died: 1, hung: 0 });
    const over = slot.stop(5_000);
    await clock.advance(5_000);
    await over;
  });
});
