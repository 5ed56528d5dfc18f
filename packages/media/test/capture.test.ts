import { copyFile, mkdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readWav } from "../src/audio/wav-reader.js";
import { sineSecond } from "../src/audio/tones.js";
import { openCapture } from "../src/capture/capture-reader.js";
import type { CaptureFile } from "../src/capture/capture-reader.js";
import { captureToWav } from "../src/capture/capture-to-wav.js";
import { CAPTURE_HEADER_BYTES } from "../src/capture/capture-format.js";
import { ALAW_SILENCE } from "../src/codec/g711.js";
import { alawLevel } from "../src/codec/level.js";
import { delay, MediaBench, powerAt, purity } from "./engine-setup.js";

async function whole(capture: CaptureFile): Promise<{ left: Uint8Array; right: Uint8Array }> {
  const left: Uint8Array[] = [];
  const right: Uint8Array[] = [];
  for await (const chunk of capture.readStereo()) {
    expect(chunk.left.length).toBe(chunk.right.length);
    left.push(chunk.left);
    right.push(chunk.right);
  }
  return { left: Buffer.concat(left), right: Buffer.concat(right) };
}
/** First and last sample louder than silence. */
function voiced(sound: Uint8Array): [number, number] {
  const loud = (at: number): boolean => alawLevel(sound, at, 80) > -40;
  let first = 0;
  while (first + 80 <= sound.length && !loud(first)) first += 80;
  let last = sound.length - 80;
  while (last > first && !loud(last)) last -= 80;
  return [first, last + 80];
}

describe("captures", () => {
  let bench: MediaBench;
  beforeAll(async () => {
    bench = await MediaBench.start();
  });
  afterAll(() => bench.stop());

  test("received left, sent right, of a prompt and of a relayed call, positions true", async () => {
    const a = await bench.call();
    const b = await bench.call({ near: a.leg });
    const path = join(bench.folder, "deep", "er", "call.cap");
    const capture = await a.leg.capture({ path, flushMs: 100 });
    await a.leg.play({ kind: "sine", hz: 2000, durationMs: 200 }).done;
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await Promise.all([bridge.join(a.leg), bridge.join(b.leg)]);
    await Promise.all([a.peer.speak(a.leg.localPort, sineSecond(1000)), b.peer.speak(b.leg.localPort, sineSecond(700))]);
    await delay(50);
    const result = await capture.stop();
    expect(result).toMatchObject({ path, reason: "stopped" });
    expect(result.voicedMs).toBeGreaterThanOrEqual(940);
    expect(result.voicedMs).toBeLessThanOrEqual(1060);
    expect(result.peakLevel).toBeCloseTo(-10, 0);
    const file = await openCapture(path);
    expect(file).toMatchObject({ channels: 2, truncated: false, durationMs: result.durationMs, excluded: [] });
    expect(Math.abs(file.startedAt - Date.now())).toBeLessThan(60_000);
    const { left, right } = await whole(file);
    expect(left.length).toBe(result.durationMs * 8);
    const [from, to] = voiced(left);
    expect(to - from).toBeGreaterThanOrEqual(7800);
    expect(to - from).toBeLessThanOrEqual(8400);
    expect(purity(left.subarray(from + 400, to - 400), 1000)).toBeGreaterThan(0.95);
    const [promptAt] = voiced(right);
    expect(purity(right.subarray(promptAt + 160, promptAt + 1280), 2000)).toBeGreaterThan(0.95);
    expect(purity(right.subarray(from + 800, to - 800), 700)).toBeGreaterThan(0.95);
    expect(powerAt(left, 700)).toBeLessThan(powerAt(left, 1000) / 1000);

    const wav = join(bench.folder, "call.wav");
    expect(await captureToWav(path, wav)).toEqual({ durationMs: result.durationMs, truncated: false });
    const sound = readWav(await readFile(wav));
    expect(sound).toMatchObject({ channels: 2, sampleRate: 8000 });
    expect(sound.pcm.length).toBe(left.length);
    await captureToWav(path, wav, { encoding: "alaw" });
    expect(readWav(await readFile(wav)).pcm.length).toBe(left.length);
    await bridge.close();
    await Promise.all([a.leg.close(), b.leg.close()]);
  });

  test("cut anywhere, the file reads up to the last whole record", async () => {
    const { leg, peer } = await bench.call();
    const path = join(bench.folder, "cut.cap");
    const capture = await leg.capture({ path, flushMs: 60 });
    await peer.speak(leg.localPort, sineSecond(1000));
    const { durationMs } = await capture.stop();
    const bytes = await readFile(path);
    const full = (await whole(await openCapture(path))).left;
    let before = 0;
    for (let cut = CAPTURE_HEADER_BYTES; cut < bytes.length; cut += 97) {
      const copy = join(bench.folder, "cut-copy.cap");
      await copyFile(path, copy);
      await truncate(copy, cut);
      const file = await openCapture(copy);
      expect(file.truncated).toBe(true);
      expect(file.durationMs).toBeGreaterThanOrEqual(before);
      expect(file.durationMs).toBeLessThanOrEqual(durationMs);
      expect(Buffer.compare((await whole(file)).left, full.subarray(0, file.samples))).toBe(0);
      before = file.durationMs;
    }
    expect(before).toBeGreaterThan(700);
    const damaged = Buffer.from(bytes);
    damaged[Math.floor(bytes.length / 2)]! ^= 0x55; // a flipped bit in the middle
    await writeFile(join(bench.folder, "damaged.cap"), damaged);
    const file = await openCapture(join(bench.folder, "damaged.cap"));
    expect(file.truncated).toBe(true);
    expect(file.durationMs).toBeGreaterThan(0);
    await writeFile(join(bench.folder, "none.cap"), bytes.subarray(0, CAPTURE_HEADER_BYTES - 1));
    await expect(openCapture(join(bench.folder, "none.cap"))).rejects.toMatchObject({ code: "HTL_MEDIA_BAD_CAPTURE" });
    await leg.close();
  });

  test("a pause is silence of true length, flagged, and both channels are left out", async () => {
    const { leg, peer } = await bench.call();
    const path = join(bench.folder, "pin.cap");
    const capture = await leg.capture({ path, flushMs: 50 });
    leg.play({ kind: "sine", hz: 2000 });
    const speaking = peer.speak(leg.localPort, new Uint8Array(8000 * 1.2).map((_, i) => sineSecond(1000)[i % 8000]!));
    await delay(400);
    capture.pause();
    await delay(400);
    capture.resume();
    await speaking;
    const result = await capture.stop();
    const file = await openCapture(path);
    expect(file.excluded).toHaveLength(1);
    const [{ from, to }] = file.excluded as [{ from: number; to: number }];
    expect(to - from).toBeGreaterThanOrEqual(3000);
    const { left, right } = await whole(file);
    for (const channel of [left, right]) {
      expect(channel.subarray(from, to).every((octet) => octet === ALAW_SILENCE)).toBe(true);
      expect(alawLevel(channel, from - 1000, 800)).toBeGreaterThan(-20);
      expect(alawLevel(channel, to + 200, 800)).toBeGreaterThan(-20);
    }
    expect(result.voicedMs).toBeLessThan(result.durationMs - 300);
    await leg.close();
  });

  test("it ends by itself: after silence, at its longest, when the leg ends", async () => {
    const a = await bench.call();
    const byMax = await a.leg.capture({ path: join(bench.folder, "max.cap"), maxMs: 300, channels: "received" });
    expect(await byMax.done).toMatchObject({ reason: "max", durationMs: 300, peakLevel: -90, voicedMs: 0 });
    expect(await openCapture(join(bench.folder, "max.cap"))).toMatchObject({ channels: 1, durationMs: 300, truncated: false });

    const bySilence = await a.leg.capture({ path: join(bench.folder, "silence.cap"), endOnSilenceMs: 500, flushMs: 100 });
    await a.peer.speak(a.leg.localPort, sineSecond(1000));
    const result = await bySilence.done;
    expect(result.reason).toBe("silence");
    expect(result.voicedMs).toBeGreaterThanOrEqual(940);
    expect(result.durationMs).toBeGreaterThanOrEqual(1400);

    const byEnd = await a.leg.capture({ path: join(bench.folder, "end.cap") });
    await delay(60);
    await a.leg.close();
    const last = await byEnd.done;
    expect(last.reason).toBe("leg-ended");
    expect(last.durationMs).toBeGreaterThanOrEqual(50);
    expect(await byEnd.stop()).toEqual(last);
    expect((await openCapture(join(bench.folder, "end.cap"))).truncated).toBe(false);
  });

  test("packets lost and reordered in the network keep their place", async () => {
    const { leg, peer } = await bench.call();
    const path = join(bench.folder, "network.cap");
    const capture = await leg.capture({ path, flushMs: 100 });
    const start = peer.timestamp >>> 0;
    const frame = (n: number): Uint8Array => new Uint8Array(160).fill(n + 1);
    const order = [0, 1, 3, 2, 5, 7, 6]; // 4 is lost
    for (const n of order) {
      peer.sendPacket(leg.localPort, frame(n), { sequence: (1000 + n) & 0xffff, timestamp: (start + n * 160) >>> 0 });
      await delay(15);
    }
    await delay(250);
    await capture.stop();
    const { left } = await whole(await openCapture(path));
    const first = left.indexOf(1);
    expect(Array.from({ length: 8 }, (_, n) => left[first + n * 160 + 80])).toEqual([1, 2, 3, 4, 4, 6, 7, 8]); // concealed
    await leg.close();
  });

  test("a file that cannot be made is a coded error, and the leg goes on", async () => {
    const { leg, peer } = await bench.call();
    const folder = join(bench.folder, "taken");
    await mkdir(folder);
    await expect(leg.capture({ path: folder })).rejects.toMatchObject({ code: "HTL_MEDIA_CAPTURE_FAILED" });
    await writeFile(join(bench.folder, "there.cap"), "precious");
    await expect(leg.capture({ path: join(bench.folder, "there.cap") })).rejects.toMatchObject({ code: "HTL_MEDIA_CAPTURE_FAILED" });
    expect(await readFile(join(bench.folder, "there.cap"), "utf8")).toBe("precious");
    await leg.play({ kind: "silence", durationMs: 40 }).done;
    expect(peer.packets.length).toBeGreaterThan(0);
    await leg.close();
    await expect(leg.capture({ path: join(bench.folder, "late.cap") })).rejects.toMatchObject({ code: "HTL_MEDIA_CAPTURE_FAILED" });
  });
});
