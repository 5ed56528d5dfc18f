import { createSocket } from "node:dgram";
import { once } from "node:events";
import * as fs from "node:fs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CaptureResult } from "@hotlinejs/core";
import { openCapture } from "../capture/capture-reader.js";
import { sines } from "../audio/tones.js";
import { ALAW_SILENCE, decodeAlaw } from "../codec/g711.js";
import { alawLevel } from "../codec/level.js";
import { goertzel } from "../dsp/goertzel.js";
import { CaptureTap } from "./capture-tap.js";
import type { TapFiles } from "./capture-tap.js";
import type { WireCaptureOptions } from "./protocol.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hotline-tap-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A tap whose media time the test moves. */
async function tapped(options: Partial<WireCaptureOptions> = {}, files?: TapFiles): Promise<{ tap: CaptureTap; path: string; done: Promise<CaptureResult>; opened: Error | undefined; time: { now: number } }> {
  const path = join(folder, "tap.cap");
  const time = { now: 5_000_000 };
  let finish: (result: CaptureResult) => void = () => undefined;
  const done = new Promise<CaptureResult>((resolve) => (finish = resolve));
  const tap = new CaptureTap("c", { path, flushMs: 20, channels: "stereo", ...options }, { get mediaTime() { return time.now; }, get recent() { return time.now; } }, finish, files);
  const opened = await new Promise<Error | undefined>((resolve) => tap.open(1_700_000_000_000, resolve));
  return { tap, path, done, opened, time };
}
const real: TapFiles = { mkdir: fs.mkdir, open: fs.open, write: fs.write, close: fs.close };
const tone = sines([{ hz: 1000, level: -10 }], 160, false);

describe("CaptureTap", () => {
  test("what waits in the sockets after a standstill of the thread is read before the window is written", async () => {
    const start = performance.now();
    const now = (): number => Math.floor((performance.now() - start) * 8);
    const path = join(folder, "stall.cap");
    const done = new Promise<CaptureResult>((resolve) => {
      const tap = new CaptureTap("c", { path, flushMs: 100, channels: "received" }, { get mediaTime() { return now(); }, get recent() { return now(); } }, resolve);
      tap.open(0, (error) => {
        if (error === undefined) void talk(tap);
      });
    });
    /** 400 ms of sound; for the 200 ms in the middle the thread stands still, with a moment of writing in it. */
    async function talk(tap: CaptureTap): Promise<void> {
      const [from, to] = [createSocket("udp4"), createSocket("udp4")];
      to.on("message", (packet) => tap.received(1, packet.readUInt32BE(0), packet, 4, 160, undefined));
      to.bind(0, "127.0.0.1");
      await once(to, "listening");
      from.connect(to.address().port, "127.0.0.1");
      await once(from, "connect");
      const begin = performance.now();
      for (let i = 0; i < 20; i++) {
        const wait = begin + i * 20 - performance.now();
        if (wait > 0 && i > 5 && i < 16) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, wait);
        else if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
        const packet = Buffer.alloc(164);
        packet.writeUInt32BE(i * 160);
        packet.set(tone, 4);
        from.send(packet);
      }
      await new Promise((resolve) => setTimeout(resolve, 150));
      tap.stop("stopped");
      from.close();
      to.close();
    }
    expect(await done).toMatchObject({ reason: "stopped" });
    const heard: Uint8Array[] = [];
    for await (const { left } of (await openCapture(path)).readStereo()) heard.push(left);
    expect(Buffer.concat(heard).includes(Buffer.concat(Array.from({ length: 20 }, () => tone)))).toBe(true);
  });

  test("a disk that is full ends the capture with that reason; what was written stays readable", async () => {
    let left = 3;
    const write = ((fd: number, data: Buffer, offset: number, length: number, position: null, callback: (error: Error | null, written: number, data: Buffer) => void) => {
      if (--left < 0) setImmediate(() => callback(Object.assign(new Error("no space"), { code: "ENOSPC" }), 0, data));
      else fs.write(fd, data, offset, length, position, (error, written) => callback(error, written, data));
    }) as typeof fs.write;
    const { tap, path, done, time } = await tapped({}, { ...real, write });
    const timer = setInterval(() => {
      tap.sentFrame(time.now, tone);
      time.now += 160;
    }, 2);
    const result = await done;
    clearInterval(timer);
    expect(result.reason).toBe("disk");
    tap.sentFrame(time.now, tone);
    tap.stop("stopped");
    const file = await openCapture(path);
    expect(file.truncated).toBe(true);
  });

  test("a disk that writes in pieces loses nothing", async () => {
    const write = ((fd: number, data: Buffer, offset: number, length: number, position: null, callback: (error: Error | null, written: number, data: Buffer) => void) => {
      fs.write(fd, data, offset, Math.min(length, 33), position, (error, written) => callback(error, written, data));
    }) as typeof fs.write;
    const { tap, path, done, time } = await tapped({}, { ...real, write });
    for (let i = 0; i < 50; i++) {
      tap.sentFrame(time.now, tone);
      time.now += 160;
    }
    tap.stop("stopped");
    expect(await done).toMatchObject({ durationMs: 1000, reason: "stopped" });
    const file = await openCapture(path);
    const right: Uint8Array[] = [];
    for await (const chunk of file.readStereo()) right.push(chunk.right);
    expect(Buffer.concat(right).equals(Buffer.concat(Array.from({ length: 50 }, () => tone)))).toBe(true);
    expect(file.startedAt).toBe(1_700_000_000_000);
  });

  test("a disk that hangs is given up, and the file closed when it comes back", async () => {
    let hanging: (() => void) | undefined;
    const write = ((fd: number, data: Buffer, offset: number, length: number, position: null, callback: (error: Error | null, written: number, data: Buffer) => void) => {
      hanging = () => fs.write(fd, data, offset, length, position, (error, written) => callback(error, written, data));
    }) as typeof fs.write;
    const { tap, done, time } = await tapped({}, { ...real, write });
    let ended: CaptureResult | undefined;
    void done.then((result) => {
      ended = result;
    });
    const timer = setInterval(() => {
      time.now += 400;
      tap.sentFrame(time.now, tone);
    }, 1);
    await new Promise((resolve) => setTimeout(resolve, 2500)); // 64 flushes of 20 ms and some
    clearInterval(timer);
    expect(ended).toBeUndefined();
    hanging?.();
    expect((await done).reason).toBe("disk");
  });

  test("sound beyond a standstill is placed right; the standstill itself reads as silence", async () => {
    const { tap, path, done, time } = await tapped({ flushMs: 10_000 });
    tap.sentFrame(time.now, tone);
    time.now += 30 * 8000; // the worker was stopped for half a minute
    tap.stop("stopped");
    expect(await done).toMatchObject({ durationMs: 30_000 });
    const file = await openCapture(path);
    expect(file.durationMs).toBe(30_000);
    let samples = 0;
    for await (const chunk of file.readStereo()) samples += chunk.left.length;
    expect(samples).toBe(240_000);
    const middle: number[] = [];
    for await (const chunk of file.readStereo(100, 300)) middle.push(chunk.left.length);
    expect(middle.reduce((sum, n) => sum + n, 0)).toBe(200);
  });

  test("sound is written once and where it belongs, whatever of it was held back at a flush", async () => {
    const { tap, path, done, time } = await tapped({ flushMs: 60, channels: "received" });
    const start = time.now;
    const spoken = [0, 14, 15, 32]; // frames; the rest is pauses of the source, too long for losses
    for (let n = 0; n < 40; n++) {
      if (spoken.includes(n)) tap.received(1, n * 160, tone, 0, 160, undefined);
      time.now = start + (n + 1) * 160;
      await new Promise((resolve) => setTimeout(resolve, 10)); // a flush every few frames
    }
    tap.stop("stopped");
    await done;
    const file = await openCapture(path);
    const left: Uint8Array[] = [];
    for await (const chunk of file.readStereo()) left.push(chunk.left);
    const expected = Buffer.concat(Array.from({ length: 40 }, (_, n) => (spoken.includes(n) ? tone : new Uint8Array(160).fill(ALAW_SILENCE))));
    expect(Buffer.concat(left).equals(expected)).toBe(true);
  });

  test("a lost packet is concealed until it comes after all; what was never there stays silent", async () => {
    const { tap, path, done, time } = await tapped({ flushMs: 400, channels: "stereo" });
    const start = time.now;
    const speech = sines([{ hz: 500, level: -10 }], 160 * 40, false);
    const frame = (n: number): Uint8Array => speech.subarray(n * 160, n * 160 + 160);
    for (let n = 0; n < 40; n++) {
      if (![10, 20, 30].includes(n)) tap.received(1, n * 160, frame(n), 0, 160, undefined);
      if (n === 22) tap.received(1, 20 * 160, frame(20), 0, 160, undefined);
      // To the party: a packet of the other one, then a prompt, then packets again. Between them nothing was sent.
      if (n < 5 || n > 12) tap.sentPacket(2, n * 160, frame(n), 0, 160, undefined);
      else if (n < 9) tap.sentFrame(start + n * 160, frame(n));
      time.now = start + (n + 1) * 160;
      if (n % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 120));
    }
    tap.stop("stopped");
    await done;
    const file = await openCapture(path);
    const [left, right]: [Uint8Array[], Uint8Array[]] = [[], []];
    for await (const chunk of file.readStereo()) {
      left.push(chunk.left);
      right.push(chunk.right);
    }
    const received = Buffer.concat(left);
    for (const lost of [10, 30]) {
      const pcm = decodeAlaw(received.subarray(lost * 160, lost * 160 + 160));
      const power = pcm.reduce((sum, value) => sum + value * value, 0) / 160;
      expect(goertzel(pcm, 0, 160, 500) / power).toBeGreaterThan(0.9);
      expect(alawLevel(received, lost * 160, 160)).toBeGreaterThan(-12);
    }
    expect(received.subarray(11 * 160, 30 * 160).equals(speech.subarray(11 * 160, 30 * 160))).toBe(true);
    expect(alawLevel(Buffer.concat(right), 9 * 160, 4 * 160)).toBe(-90);
  });

  test("stopped before the file was open it is still whole", async () => {
    const path = join(folder, "early.cap");
    const result = await new Promise<CaptureResult>((resolve) => {
      const tap = new CaptureTap("c", { path, flushMs: 500, channels: "received" }, { mediaTime: 0, recent: 0 }, resolve);
      tap.open(1, () => undefined);
      tap.stop("leg-ended");
    });
    expect(result).toMatchObject({ durationMs: 0, reason: "leg-ended" });
    expect(await openCapture(path)).toMatchObject({ truncated: false, durationMs: 0, channels: 1 });
  });
});
