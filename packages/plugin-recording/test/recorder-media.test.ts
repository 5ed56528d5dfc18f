import { join } from "node:path";
import { createSilentLogger, SystemClock, UuidIds } from "@hotlinejs/core";
import type { CallSession } from "@hotlinejs/core";
import { interleave, openCapture } from "@hotlinejs/media/capture";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sineSecond } from "../../media/src/audio/tones.js";
import { delay, MediaBench } from "../../media/test/engine-setup.js";
import { RECORDING_WAV } from "../src/audio/recording-wav.js";
import { CaptureFolder } from "../src/capture-folder.js";
import { Recorder } from "../src/recorder.js";
import type { RecorderAlarm } from "../src/recorder-alarm.js";
import type { CaptureSummary, NewRecording, RecordingStore } from "../src/recording-store.js";
import { channel, strength } from "./capture-writer.js";

let bench: MediaBench;
beforeAll(async () => {
  bench = await MediaBench.start();
});
afterAll(() => bench.stop());

async function sound(path: string): Promise<{ left: Int16Array; right: Int16Array }> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await openCapture(path)).readStereo()) chunks.push(interleave(chunk, RECORDING_WAV));
  const bytes = Buffer.concat(chunks);
  return { left: channel(bytes, 0), right: channel(bytes, 1) };
}

it("on the real media engine: a message is captured beside the whole call, ended by a key, with a pause in both", async () => {
  const { leg, peer } = await bench.call();
  const rows = new Map<string, CaptureSummary>();
  const store = {
    begin: () => Promise.resolve(),
    captured: (recording: NewRecording, summary: CaptureSummary) => Promise.resolve(void rows.set(recording.kind, summary)),
    failed: () => Promise.reject(new Error("nothing failed")),
  } as unknown as RecordingStore;
  const alarms: unknown[] = [];
  const alarm = { raise: (_recording: unknown, error: unknown) => void alarms.push(error), kept: () => undefined, refusal: () => Promise.resolve(undefined) } as unknown as RecorderAlarm;
  const clock = new SystemClock();
  const folder = new CaptureFolder(join(bench.folder, "captures"), clock);
  await folder.create();
  const recorder = new Recorder({ store, folder, alarm, clock, log: createSilentLogger(), flushMs: 100, resumed: () => undefined }, new UuidIds(clock));
  const call = { id: "leg-1", media: leg, signal: new AbortController().signal, play: leg.play.bind(leg), collect: leg.collect.bind(leg) };
  const session = { interaction: { id: "int-1" }, call } as unknown as CallSession;

  recorder.recordCall(session);
  await delay(100);
  const message = recorder.recordMessage(session, { maxSeconds: 30, endOnSilenceSeconds: 0 });
  await delay(600); // beep
  await peer.speak(leg.localPort, sineSecond(1000));
  recorder.pause("int-1");
  await delay(60);
  await peer.speak(leg.localPort, sineSecond(700));
  await delay(60);
  recorder.resume("int-1");
  leg.injectDtmf("#");
  const result = await message;
  expect(result).toMatchObject({ reason: "finish-key", digit: "#", empty: false });
  await recorder.endCall("int-1");
  expect(alarms).toEqual([]);
  expect([...rows.keys()].sort()).toEqual(["call", "segment"]);
  expect(recorder.active).toBe(0);

  const files = await folder.list();
  for (const kind of ["call", "segment"]) {
    const name = files.find((file) => file.kind === kind)?.captureFile ?? "";
    const { left, right } = await sound(folder.file(name));
    // Of one second, however long the silence around it was.
    expect((strength(left, 1000) * left.length) / 8000, kind).toBeGreaterThan(1_000);
    // What was said during the pause is in neither; some of its edges may be.
    expect(strength(left, 700), kind).toBeLessThan(strength(left, 1000) / 10);
    // The beep (450 Hz family) was sent before the message began.
    expect(Math.max(...right) > 1000, kind).toBe(kind === "call");
    const { excluded } = await openCapture(folder.file(name));
    expect(excluded, kind).toHaveLength(1);
  }
  await leg.close();
});
