import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ActivityCounter, createSilentLogger, VirtualClock } from "@hotlinejs/core";
import type { Capture, CaptureOptions, CaptureResult, MediaLeg } from "@hotlinejs/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { captureBytes, tone } from "../test/capture-writer.js";
import { CaptureFolder } from "./capture-folder.js";
import { LiveRecording } from "./live-recording.js";
import type { RecorderAlarm } from "./recorder-alarm.js";
import type { CaptureSummary, NewRecording, RecordingStore } from "./recording-store.js";

const recording: NewRecording = { id: "r1", interactionId: "i1", legId: "l1", kind: "call", startedAt: 5, confidential: false, captureFile: "5_call_0_i1_l1_r1.capture" };
const good: CaptureResult = { path: "", durationMs: 1000.4, voicedMs: 700, peakLevel: -11.6, reason: "stopped" };

class FakeStore {
  readonly log: string[] = [];
  summary: CaptureSummary | undefined;
  fail = 0;
  begin(): Promise<void> {
    return this.write("begin");
  }
  captured(_recording: NewRecording, summary: CaptureSummary): Promise<void> {
    return this.write("captured", () => (this.summary = summary));
  }
  failed(): Promise<void> {
    return this.write("failed");
  }
  private write(what: string, done: () => void = () => undefined): Promise<void> {
    if (this.fail-- > 0) return Promise.reject(new Error("the database is full"));
    this.log.push(what);
    done();
    return Promise.resolve();
  }
}

class FakeCapture implements Capture {
  readonly calls: string[] = [];
  settle!: (result: CaptureResult) => void;
  reject!: (error: Error) => void;
  readonly done = new Promise<CaptureResult>((resolve, reject) => {
    this.settle = resolve;
    this.reject = reject;
  });
  pause(): void {
    this.calls.push("pause");
  }
  resume(): void {
    this.calls.push("resume");
  }
  stop(): Promise<CaptureResult> {
    this.calls.push("stop");
    this.settle(good);
    return this.done;
  }
}

let path: string;
let clock: VirtualClock;
let store: FakeStore;
let capture: FakeCapture;
let alarms: string[];
/** When those began that were kept whole. */
let kept: number[];
let refusal: string | undefined;
let open: (capture: Capture) => void;
let refuse: (error: Error) => void;
const closing = new AbortController();
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), "live-"));
  clock = new VirtualClock();
  store = new FakeStore();
  capture = new FakeCapture();
  alarms = [];
  kept = [];
  refusal = undefined;
});
afterEach(() => rmSync(path, { recursive: true, force: true }));

const activity = new ActivityCounter();
const turn = (): Promise<void> => clock.advance(0, activity);

function begin(paused = false): LiveRecording {
  const media = {
    capture: (_options: CaptureOptions) =>
      new Promise<Capture>((resolve, reject) => {
        open = resolve;
        refuse = reject;
      }),
  } as unknown as MediaLeg;
  const alarm = { raise: (_recording: unknown, error: Error) => void alarms.push(error.message), kept: (startedAt: number) => void kept.push(startedAt), refusal: () => Promise.resolve(refusal) } as unknown as RecorderAlarm;
  const parts = { store: store as unknown as RecordingStore, folder: new CaptureFolder(path, clock), alarm, clock, log: createSilentLogger(), flushMs: 500, resumed: () => undefined };
  return new LiveRecording(parts, recording, media, { channels: "stereo" }, paused, closing.signal);
}

describe("a recording while it lives", () => {
  it("is written with whole numbers when its capture ends", async () => {
    const one = begin();
    await turn();
    open(capture);
    await turn();
    capture.settle(good);
    expect(await one.finished).toEqual(good);
    expect(store.log).toEqual(["begin", "captured"]);
    expect(store.summary).toEqual({ durationMs: 1000, voicedMs: 700, peakLevel: -12, truncated: false });
    expect([alarms, kept]).toEqual([[], [recording.startedAt]]);
  });

  it("takes a pause and a stop that come before the engine has answered", async () => {
    const one = begin();
    one.pause();
    const stopped = one.stop();
    await turn();
    open(capture);
    expect(await stopped).toEqual(good);
    expect(capture.calls).toEqual(["pause", "stop"]);
  });

  it("begins paused when the interaction is", async () => {
    const one = begin(true);
    await turn();
    open(capture);
    await turn();
    one.resume();
    expect(capture.calls).toEqual(["pause", "resume"]);
    await one.stop();
  });

  it("tells of a capture that cannot begin, and of too little disk", async () => {
    const one = begin();
    await turn();
    refuse(new Error("no space"));
    expect(await one.finished).toBeUndefined();
    expect(store.log).toEqual(["begin", "failed"]);
    expect(alarms).toEqual(["no space"]);
    refusal = "only 3 MB";
    expect(await begin().finished).toBeUndefined();
    expect(alarms).toEqual(["no space", "Recording r1 cannot begin: only 3 MB"]);
    expect(kept).toEqual([]);
  });

  it("raises no alarm when the caller hung up before it could begin", async () => {
    const one = begin();
    await turn();
    refuse(new Error("capture failed", { cause: Object.assign(new Error("the leg has ended"), { code: "HTL_MEDIA_LEG_ENDED" }) }));
    expect(await one.finished).toBeUndefined();
    expect(store.log).toEqual(["begin", "failed"]);
    expect(alarms).toEqual([]);
  });

  it("keeps what a full disk left, marked", async () => {
    const one = begin();
    await turn();
    open(capture);
    capture.settle({ ...good, reason: "disk" });
    await one.finished;
    expect(store.summary).toMatchObject({ truncated: true });
    expect(alarms).toEqual(["The disk took no more of recording r1: it ends here, what was captured is kept; it goes on as another part when there is room again"]);
  });

  it("saves what is on disk when the media worker dies", async () => {
    writeFileSync(join(path, recording.captureFile), captureBytes({ left: tone(440, 12_000), right: tone(440, 12_000), end: false }));
    const one = begin();
    await turn();
    open(capture);
    capture.reject(new Error("worker gone"));
    await one.finished;
    expect(store.summary).toMatchObject({ durationMs: 1500, truncated: true });
    expect(alarms).toEqual(["worker gone"]);
  });

  it("is lost when there is nothing on disk either", async () => {
    const one = begin();
    await turn();
    open(capture);
    capture.reject(new Error("worker gone"));
    expect(await one.finished).toBeUndefined();
    expect(store.log).toEqual(["begin", "failed"]);
  });

  it("tries again while the database does not take it; the call does not wait", async () => {
    store.fail = 3;
    const one = begin();
    await turn();
    open(capture);
    capture.settle(good);
    await one.finished;
    expect(store.log).toEqual([]);
    expect(alarms).toEqual(["the database is full", "the database is full"]);
    await clock.advance(1000, activity);
    expect(store.log).toEqual([]);
    await clock.advance(10_000, activity);
    expect(store.log).toEqual(["captured"]);
  });

  it("tries until the database takes it, however long the disk is full", async () => {
    store.fail = 50;
    const one = begin();
    await turn();
    open(capture);
    capture.settle(good);
    await one.finished;
    for (let i = 0; i < 60 && store.log.length === 0; i++) await clock.advance(10_000, activity);
    expect(store.log).toEqual(["captured"]);
  });
});
