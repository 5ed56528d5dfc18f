import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSilentLogger, SystemClock, UuidIds } from "@hotlinejs/core";
import type { CallSession } from "@hotlinejs/core";
import { openCapture } from "@hotlinejs/media/capture";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sineSecond } from "../../media/src/audio/tones.js";
import { delay, MediaBench, until } from "../../media/test/engine-setup.js";
import { CaptureFolder } from "../src/capture-folder.js";
import { Recorder } from "../src/recorder.js";
import { RecorderAlarm } from "../src/recorder-alarm.js";
import type { CaptureSummary, NewRecording, RecordingStore } from "../src/recording-store.js";

/** A file system of 3 MB; `undefined` where none may be mounted. */
function smallDisk(): string | undefined {
  const path = mkdtempSync(join(tmpdir(), "hotline-small-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", path], { stdio: "ignore" });
    return path;
  } catch {
    rmSync(path, { recursive: true });
    return undefined;
  }
}

const disk = smallDisk();
let bench: MediaBench;
beforeAll(async () => {
  bench = await MediaBench.start();
});
afterAll(async () => {
  await bench.stop();
  if (disk === undefined) return;
  execFileSync("umount", [disk]);
  rmSync(disk, { recursive: true });
});

/** A folder of captures there, and a store that keeps what has ended. */
function onTheDisk(name: string) {
  const root = disk as string;
  const clock = new SystemClock();
  const folder = new CaptureFolder(join(root, name), clock);
  mkdirSync(folder.path);
  const ended: { readonly recording: NewRecording; readonly summary: CaptureSummary }[] = [];
  const store = {
    begin: () => Promise.resolve(),
    captured: (recording: NewRecording, summary: CaptureSummary) => Promise.resolve(void ended.push({ recording, summary })),
    failed: () => Promise.reject(new Error("nothing failed")),
  } as unknown as RecordingStore;
  return { root, clock, folder, ended, store };
}

it.skipIf(disk === undefined)("on a disk that is really full: the call goes on, its recording is cut and goes on in a second part when there is room again", { timeout: 60_000 }, async () => {
  const { root, clock, folder, ended, store } = onTheDisk("captures");
  const told: { readonly name: string; readonly payload: unknown }[] = [];
  const events = { publish: (name: string, payload: unknown) => void told.push({ name, payload }) } as never;
  const alarm = new RecorderAlarm(clock, events, createSilentLogger(), folder, 0);
  const recorder = new Recorder({ store, folder, alarm, clock, log: createSilentLogger(), flushMs: 100, resumed: (part) => void told.push({ name: "recording.resumed", payload: part }) }, new UuidIds(clock));
  const calls = await Promise.all([1, 2].map(() => bench.call()));
  const journal: { readonly type: string; readonly details: Record<string, unknown> }[] = [];
  const sessions = calls.map(({ leg }, i) => {
    const call = { id: `leg-${i}`, media: leg, signal: new AbortController().signal, play: leg.play.bind(leg), collect: leg.collect.bind(leg) };
    return { interaction: { id: `int-${i}`, event: (type: string, details: Record<string, unknown>) => void journal.push({ type, details }) }, call } as unknown as CallSession;
  });
  for (const session of sessions) recorder.recordCall(session);
  const speak = (hz: number, seconds: number): Promise<unknown> => Promise.all(calls.map(({ leg, peer }) => peer.speak(leg.localPort, Buffer.concat(Array.from({ length: seconds }, () => sineSecond(hz))))));
  await speak(700, 1);

  // Somebody else fills the disk to the last octet.
  const filler = join(root, "filler");
  for (let left = 1; left > 0; ) {
    const { bavail, bsize } = statfsSync(root);
    left = bavail * bsize;
    if (left > 0) writeFileSync(filler, Buffer.alloc(left), { flag: "a" });
  }
  await speak(900, 2);
  await until(() => ended.length === 2);
  expect(ended.map(({ summary }) => summary.truncated)).toEqual([true, true]);
  expect(told.map(({ name }) => name)).toEqual(["recording.failed", "recording.failed"]);
  expect((await alarm.report({})).details).toMatchObject({ error: "HTL_RECORDING_DISK" });
  // The calls do not notice.
  const received = async (): Promise<number[]> => (await Promise.all(calls.map(({ leg }) => leg.stats()))).map(({ packetsReceived }) => packetsReceived);
  const before = await received();
  await speak(900, 6);
  // The last ones before may have been under way.
  for (const [i, count] of (await received()).entries()) expect(count - (before[i] ?? 0)).toBeGreaterThanOrEqual(299);
  // Asked for room meanwhile, and not told again.
  expect(told).toHaveLength(2);
  expect(recorder.active).toBe(0);

  rmSync(filler);
  await until(() => recorder.active === 2);
  await delay(200);
  await speak(1200, 1);
  await Promise.all(sessions.map(({ interaction }) => recorder.endCall(interaction.id)));
  expect(ended).toHaveLength(4);
  for (const i of [0, 1]) {
    const [first, second, ...more] = ended.filter(({ recording }) => recording.interactionId === `int-${i}`);
    expect(more).toEqual([]);
    expect(first?.recording.partOf).toBeUndefined();
    expect(second).toMatchObject({ recording: { kind: "call", partOf: first?.recording.id }, summary: { truncated: false } });
    expect(journal.filter(({ details }) => [first?.recording.id, second?.recording.id].includes(details.recordingId as string)).map(({ type }) => type)).toEqual(["recording.cut", "recording.resumed"]);
    expect(told.filter(({ name }) => name === "recording.resumed").map(({ payload }) => payload)).toContainEqual({ recordingId: second?.recording.id, interactionId: `int-${i}`, partOf: first?.recording.id, missingMs: expect.any(Number) });
    // What the file's name says is enough to find both parts after a crash.
    expect((await folder.list()).find(({ id }) => id === second?.recording.id)).toMatchObject({ partOf: first?.recording.id, kind: "call" });
    expect((await openCapture(folder.file(second?.recording.captureFile ?? ""))).durationMs).toBeGreaterThan(1000);
  }
  await Promise.all(calls.map(({ leg }) => leg.close()));
});

it.skipIf(disk === undefined)("a full disk, and then the media worker dies: what there is of each call is kept, and nothing more is tried", { timeout: 60_000 }, async () => {
  const { root, clock, folder, ended, store } = onTheDisk("dying");
  const alarm = new RecorderAlarm(clock, { publish: () => undefined } as never, createSilentLogger(), folder, 0);
  const recorder = new Recorder({ store, folder, alarm, clock, log: createSilentLogger(), flushMs: 100, resumed: () => undefined }, new UuidIds(clock));
  const calls = await Promise.all([1, 2].map(() => bench.call()));
  const sessions = calls.map(({ leg }, i) => {
    const gone = new AbortController();
    leg.subscribe((event) => event.type === "ended" && gone.abort());
    const call = { id: `leg-${i}`, media: leg, signal: gone.signal, play: leg.play.bind(leg), collect: leg.collect.bind(leg) };
    return { interaction: { id: `dying-${i}`, event: () => undefined }, call } as unknown as CallSession;
  });
  const [cut, whole] = sessions as [CallSession, CallSession];
  const speak = (hz: number): Promise<unknown> => Promise.all(calls.map(({ leg, peer }) => peer.speak(leg.localPort, sineSecond(hz))));
  recorder.recordCall(cut);
  await speak(700);
  const filler = join(root, "filler");
  for (let left = 1; left > 0; ) {
    const { bavail, bsize } = statfsSync(root);
    left = bavail * bsize;
    if (left > 0) writeFileSync(filler, Buffer.alloc(left), { flag: "a" });
  }
  await speak(900);
  await until(() => ended.length === 1); // it waits for room now
  rmSync(filler);
  recorder.recordCall(whole);
  await speak(1200);
  await bench.engine.slots[0]?.crash();
  await until(() => calls.every(({ leg }) => leg.ended));
  await Promise.all(sessions.map(({ interaction }) => recorder.endCall(interaction.id)));
  expect(recorder.active).toBe(0);
  const parts = ended.map(({ recording, summary }) => ({ of: recording.interactionId, ms: summary.durationMs }));
  expect(new Set(parts.map(({ of }) => of))).toEqual(new Set(["dying-0", "dying-1"]));
  for (const { ms } of parts) expect(ms).toBeGreaterThan(500);
  // Each file is there and readable, that of the worker's death as long as was told: none waits for the next start.
  const files = await folder.list();
  expect(files.map(({ id }) => id).sort()).toEqual(ended.map(({ recording }) => recording.id).sort());
  for (const { recording, summary } of ended) {
    const { durationMs } = await openCapture(folder.file(recording.captureFile));
    expect(durationMs).toBeGreaterThan(500);
    if (!summary.truncated) expect(Math.round(durationMs)).toBe(summary.durationMs);
  }
  const tried = ended.length;
  await delay(6_000); // longer than room is waited for
  expect(ended).toHaveLength(tried);
  expect(await folder.list()).toHaveLength(tried);
});
