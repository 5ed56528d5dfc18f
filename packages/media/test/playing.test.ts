import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AudioAsset } from "@hotlinejs/core";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWav } from "../src/audio/wav-writer.js";
import { ALAW_TO_ULAW, decodeAlaw } from "../src/codec/g711.js";
import { sines } from "../src/audio/tones.js";
import { sequenceDistance, timestampDistance } from "../src/rtp/rtp-packet.js";
import { delay, MediaBench, purity, until } from "./engine-setup.js";

/** Octets that tell their own place. */
function countingAsset(ms: number): AudioAsset {
  const samples = new Uint8Array(new SharedArrayBuffer(ms * 8));
  for (let i = 0; i < samples.length; i++) samples[i] = (i * 7 + (i >> 8)) & 0xff;
  return { id: `counting-${ms}`, samples, durationMs: ms };
}

describe("play-outs", () => {
  let bench: MediaBench;
  beforeAll(async () => {
    bench = await MediaBench.start();
  });
  afterAll(() => bench.stop());

  test("a prompt arrives whole, in order, 20 ms apart, the marker first", async () => {
    const { leg, peer } = await bench.call();
    const asset = countingAsset(990); // not a whole number of frames
    const done = await leg.play({ kind: "asset", asset }).done;
    expect(done).toEqual({ reason: "completed", playedMs: 990 });
    await until(() => peer.packets.length >= 50);
    const first = peer.packets[0]!;
    peer.packets.forEach((packet, i) => {
      expect(packet.payload.length).toBe(160);
      expect(packet.marker).toBe(i === 0);
      expect(sequenceDistance(first.sequence, packet.sequence)).toBe(i);
      expect(timestampDistance(first.timestamp, packet.timestamp)).toBe(i * 160);
      expect(packet.ssrc).toBe(first.ssrc);
    });
    expect(peer.heard.subarray(0, 7920)).toEqual(Uint8Array.from(asset.samples));
    expect(leg.localPort % 2).toBe(0);
    const stats = await leg.close();
    expect(stats).toMatchObject({ packetsSent: 50, octetsSent: 8000 });
  });

  test("timestamps go on with the time over a pause, and a new talkspurt has the marker", async () => {
    const { leg, peer } = await bench.call();
    await leg.play({ kind: "silence", durationMs: 40 }).done;
    await delay(100);
    await leg.play({ kind: "silence", durationMs: 40 }).done;
    await until(() => peer.packets.length >= 4);
    const [a, b, c, d] = peer.packets;
    expect([a, b, c, d].map((packet) => packet?.marker)).toEqual([true, false, true, false]);
    expect(sequenceDistance(b!.sequence, c!.sequence)).toBe(1);
    expect(timestampDistance(b!.timestamp, c!.timestamp)).toBeGreaterThanOrEqual(800);
    expect(timestampDistance(b!.timestamp, c!.timestamp) % 160).toBe(0);
    await leg.close();
  });

  test("PCMU and sequences of sources", async () => {
    const { leg, peer } = await bench.call({ remote: { codec: "PCMU", payloadType: 0 } });
    const asset = countingAsset(100);
    await leg.play([{ kind: "asset", asset }, { kind: "tone", tone: "beep", durationMs: 100 }, { kind: "silence", durationMs: 20 }]).done;
    await until(() => peer.packets.length >= 11);
    expect(peer.heard.subarray(0, 800)).toEqual(Uint8Array.from(asset.samples, (octet) => ALAW_TO_ULAW[octet]!));
    await leg.close();
  });

  test("hold music loops from its offset until it is stopped; a new play-out takes its place", async () => {
    const { leg, peer } = await bench.call();
    const asset = countingAsset(60);
    const music = leg.play({ kind: "asset", asset }, { loop: true, startAtMs: 20 });
    await until(() => peer.packets.length >= 8);
    const notice = leg.play({ kind: "silence", durationMs: 40 });
    const stopped = await music.done;
    expect(stopped.reason).toBe("stopped");
    expect(stopped.playedMs).toBeGreaterThanOrEqual(160);
    expect(peer.packets[0]!.payload).toEqual(Buffer.from(asset.samples.slice(160, 320)));
    expect(peer.packets[2]!.payload).toEqual(Buffer.from(asset.samples.slice(0, 160)));
    expect((await notice.done).reason).toBe("completed");
    const forever = leg.play({ kind: "tone", tone: "ringback" });
    forever.stop();
    expect((await forever.done).reason).toBe("stopped");
    await leg.close();
  });

  test("play-outs wait for a remote and while held, and settle when the leg ends", async () => {
    const leg = await bench.engine.createRtpLeg();
    const peer = await bench.peer();
    const playback = leg.play({ kind: "silence", durationMs: 60 });
    await delay(60);
    leg.setDirection("inactive");
    leg.setRemote(peer.remote);
    await delay(80);
    expect(peer.packets).toHaveLength(0);
    leg.setDirection("sendrecv");
    expect(await playback.done).toEqual({ reason: "completed", playedMs: 60 });
    await until(() => peer.packets.length === 3);
    const last = leg.play({ kind: "tone", tone: "dial" });
    await until(() => peer.packets.length >= 5);
    await leg.close();
    expect((await last.done).reason).toBe("leg-ended");
    expect((await leg.play({ kind: "tone", tone: "dial" }).done).reason).toBe("leg-ended");
    expect(leg.ended).toBe(true);
    expect(await leg.close()).toEqual(await leg.close());
    expect(await leg.collect()).toEqual({ digits: "", reason: "ended" });
  });

  test("a WAV file at 22050 Hz becomes an asset; the second load is the same one", async () => {
    const path = join(bench.folder, "tone.wav");
    const pcm = Int16Array.from({ length: 22_050 }, (_, i) => Math.round(9000 * Math.sin((2 * Math.PI * 800 * i) / 22_050)));
    await writeFile(path, writeWav(pcm, 22_050));
    const [one, two] = await Promise.all([bench.engine.loadWav(path), bench.engine.loadWav(path)]);
    expect(one).toBe(two);
    expect(one.durationMs).toBe(1000);
    expect(one.samples.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(purity(one.samples, 800)).toBeGreaterThan(0.98);
    const { leg, peer } = await bench.call();
    await leg.play({ kind: "asset", asset: one }).done;
    await until(() => peer.packets.length >= 50);
    expect(purity(peer.heard, 800)).toBeGreaterThan(0.98);
    await leg.close();
    const encoded = await bench.engine.encode(decodeAlaw(sines([{ hz: 500, level: -10 }], 800)), 8000);
    expect(encoded.samples).toEqual(sines([{ hz: 500, level: -10 }], 800));
    await expect(bench.engine.loadWav(join(bench.folder, "none.wav"))).rejects.toMatchObject({ code: "HTL_MEDIA_BAD_WAV" });
    await writeFile(path, "no sound");
    await expect(bench.engine.loadWav(path)).rejects.toMatchObject({ code: "HTL_MEDIA_BAD_WAV" });
    await expect(bench.engine.encode(new Int16Array(10), 1)).rejects.toMatchObject({ code: "HTL_MEDIA_BAD_AUDIO" });
  });

  test("100 legs each hear their prompt without a lost packet", async () => {
    const asset = countingAsset(2000);
    const calls = await Promise.all(Array.from({ length: 100 }, () => bench.call()));
    expect(bench.engine.legs).toBe(100);
    await Promise.all(calls.map(({ leg }) => leg.play({ kind: "asset", asset }).done));
    await until(() => calls.every(({ peer }) => peer.packets.length >= 100));
    for (const { peer } of calls) {
      expect(peer.packets).toHaveLength(100);
      peer.packets.forEach((packet, i) => expect(sequenceDistance(peer.packets[0]!.sequence, packet.sequence)).toBe(i));
      expect(Buffer.compare(peer.heard, asset.samples)).toBe(0);
    }
    const [health] = await bench.engine.health();
    expect(health).toMatchObject({ worker: 0, legs: 100 });
    expect(health!.tickP99Ms).toBeLessThanOrEqual(health!.tickMaxMs);
    await Promise.all(calls.map(({ leg }) => leg.close()));
    expect(bench.engine.legs).toBe(0);
  });
});
