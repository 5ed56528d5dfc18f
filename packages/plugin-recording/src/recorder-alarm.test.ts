import { createSilentLogger, VirtualClock } from "@hotlinejs/core";
import { beforeEach, expect, it } from "vitest";
import type { CaptureFolder } from "./capture-folder.js";
import { RecorderAlarm } from "./recorder-alarm.js";

let clock: VirtualClock;
let alarm: RecorderAlarm;
let freeMb: number;

beforeEach(() => {
  clock = new VirtualClock();
  freeMb = 1_000;
  alarm = new RecorderAlarm(clock, { publish: () => undefined } as never, createSilentLogger(), { freeMb: () => Promise.resolve(freeMb) } as unknown as CaptureFolder, 500);
});

it("what failed is told with its reason, however long ago, until a recording was kept that began later", async () => {
  const before = clock.now();
  await clock.advance(1_000);
  alarm.raise({ id: "r1", interactionId: "i1" }, new Error("EMFILE: too many open files"));
  await clock.advance(24 * 3_600_000);
  expect(await alarm.report({})).toMatchObject({ ok: false, message: "a recording failed: EMFILE: too many open files", details: { failures: 1 } });
  // One that ran already says nothing of whether another could begin.
  alarm.kept(before);
  expect(await alarm.report({})).toMatchObject({ ok: false });
  alarm.kept(clock.now());
  expect(await alarm.report({})).toMatchObject({ ok: true, details: { failures: 1 } });
});

it("a full disk is told whatever was kept", async () => {
  freeMb = 499;
  alarm.kept(clock.now());
  expect(await alarm.report({})).toMatchObject({ ok: false, message: "recording is off: 499 MB of disk are free" });
});
