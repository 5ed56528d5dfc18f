import { createSocket } from "node:dgram";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { sineSecond } from "../src/audio/tones.js";
import { openCapture } from "../src/capture/capture-reader.js";
import { buildRtcp, parseRtcp } from "../src/rtp/rtcp-packet.js";
import { delay, eventOf, MediaBench, until, written } from "./engine-setup.js";

describe("robustness", () => {
  let bench: MediaBench;
  afterEach(() => bench.stop());

  test("noise, strays and unknown payload types are ignored; the source is latched to once", async () => {
    bench = await MediaBench.start();
    const announced = await bench.peer();
    const real = await bench.peer(); // behind a NAT: speaks from elsewhere
    const stranger = await bench.peer();
    const leg = await bench.engine.createRtpLeg({ remote: announced.remote });
    for (const data of [Buffer.alloc(0), Buffer.from("hello"), Buffer.alloc(11, 0x80), Buffer.alloc(2000, 0xff), Buffer.from([0x90, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff])]) {
      announced.sendRaw(leg.localPort, data);
      stranger.sendRaw(leg.localPort, data);
    }
    stranger.sendPacket(leg.localPort, new Uint8Array(160), { payloadType: 18 });
    await delay(50);
    expect((await leg.stats()).packetsReceived).toBe(0);
    for (let i = 0; i <= 100; i++) real.sendPacket(leg.localPort, sineSecond(500).subarray(0, 160));
    while ((await leg.stats()).packetsReceived < 101) await delay(5);
    const key = leg.collect({ firstDigitTimeoutMs: 1000 });
    await stranger.press(leg.localPort, 9);
    await announced.press(leg.localPort, 8);
    await real.press(leg.localPort, 7);
    expect(await key).toMatchObject({ digits: "7" });
    await leg.play({ kind: "silence", durationMs: 60 }).done;
    await until(() => real.packets.length === 3);
    expect(announced.packets).toHaveLength(0);
    expect(stranger.packets).toHaveLength(0);
    // A re-INVITE to elsewhere is followed.
    leg.setRemote(stranger.remote);
    await leg.play({ kind: "silence", durationMs: 60 }).done;
    await until(() => stranger.packets.length === 3);
    await stranger.speak(leg.localPort, sineSecond(500).subarray(0, 320));
    await leg.play({ kind: "silence", durationMs: 60 }).done;
    await until(() => stranger.packets.length === 6);
    expect(real.packets).toHaveLength(3);
    expect(() => leg.setRemote({ ...real.remote, address: "phone.example" })).toThrow(expect.objectContaining({ code: "HTL_MEDIA_BAD_REMOTE" }));
    expect(() => leg.setRemote({ ...real.remote, port: 70_000 })).toThrow(expect.objectContaining({ code: "HTL_MEDIA_BAD_REMOTE" }));
  });

  test("a source that was not announced gives way to the announced one: two phones were lifted at once", async () => {
    bench = await MediaBench.start();
    const winner = await bench.peer();
    const loser = await bench.peer();
    const leg = await bench.engine.createRtpLeg({ remote: winner.remote });
    await loser.speak(leg.localPort, sineSecond(500).subarray(0, 480));
    const key = leg.collect({ firstDigitTimeoutMs: 1000 });
    await winner.press(leg.localPort, 5);
    await loser.press(leg.localPort, 6);
    expect(await key).toMatchObject({ digits: "5" });
    await leg.play({ kind: "silence", durationMs: 60 }).done;
    await until(() => winner.packets.length === 3);
    expect(loser.packets).toHaveLength(0);
  });

  test("without symmetric RTP only the announced source counts", async () => {
    bench = await MediaBench.start();
    const announced = await bench.peer();
    const other = await bench.peer();
    const leg = await bench.engine.createRtpLeg({ remote: announced.remote, symmetric: false });
    await other.speak(leg.localPort, sineSecond(500).subarray(0, 480));
    await announced.speak(leg.localPort, sineSecond(500).subarray(0, 160));
    await delay(50);
    expect((await leg.stats()).packetsReceived).toBe(1);
  });

  test("a peer whose port is closed does not end the leg", async () => {
    bench = await MediaBench.start();
    const { leg, peer } = await bench.call();
    await peer.speak(leg.localPort, sineSecond(500).subarray(0, 320)); // latched: the socket is connected now
    peer.close();
    const done = await leg.play({ kind: "silence", durationMs: 200 }).done;
    expect(done.reason).toBe("completed");
    expect((await leg.stats()).packetsSent).toBe(10);
    await leg.close();
  });

  test("media time-out once, and the return of the sound", async () => {
    bench = await MediaBench.start();
    const { leg, peer, events } = await bench.call({ mediaTimeoutMs: 300 });
    const timeout = await eventOf(leg, "media-timeout");
    expect(timeout.silentMs).toBeGreaterThanOrEqual(300);
    await delay(500);
    expect(events.filter(({ type }) => type === "media-timeout")).toHaveLength(1);
    const resumed = eventOf(leg, "media-resumed");
    await peer.speak(leg.localPort, sineSecond(500).subarray(0, 160));
    await resumed;
    await eventOf(leg, "media-timeout");
    // On hold silence is no fault.
    await peer.speak(leg.localPort, sineSecond(500).subarray(0, 160));
    await until(() => events.filter(({ type }) => type === "media-resumed").length === 2);
    leg.setDirection("inactive");
    await delay(700);
    expect(events.filter(({ type }) => type === "media-timeout")).toHaveLength(2);
  });

  test("RTCP: reports with figures, round trip, BYE at the end", { timeout: 30_000 }, async () => {
    bench = await MediaBench.start();
    const { leg, peer } = await bench.call();
    leg.play({ kind: "tone", tone: "dial" });
    await peer.speak(leg.localPort, sineSecond(500).subarray(0, 800));
    await until(() => peer.rtcp.length > 0);
    const report = parseRtcp(peer.rtcp[0]!);
    const [sr] = report ?? [];
    if (sr?.type !== "sr") throw new Error(`no sender report: ${JSON.stringify(report)}`);
    expect(sr.packets).toBeGreaterThan(0);
    expect(sr.octets).toBe(sr.packets * 160);
    expect(sr.ssrc).toBe(peer.packets[0]!.ssrc);
    expect(sr.blocks[0]).toMatchObject({ ssrc: peer.ssrc, cumulativeLost: 0 });
    peer.sendRtcp(leg.localPort + 1, buildRtcp(peer.ssrc, "phone", { block: { ssrc: sr.ssrc, fractionLost: 0, cumulativeLost: 0, highestSequence: 0, jitter: 0, lastSr: sr.ntpMiddle, delaySinceLastSr: 0 } }));
    peer.sendRtcp(leg.localPort + 1, Buffer.from("noise that is no report"));
    await delay(50);
    const stats = await leg.close();
    expect(stats.roundTripMs).toBeGreaterThanOrEqual(0);
    expect(stats.roundTripMs).toBeLessThan(10_000);
    await until(() => peer.rtcp.some((packet) => parseRtcp(packet)?.some(({ type }) => type === "bye")));
  });

  test("ports in use are stepped over; a full range is a coded error, and closing frees", async () => {
    const blocker = createSocket("udp4");
    await new Promise<void>((resolve) => blocker.bind(0, "127.0.0.1", resolve));
    const taken = blocker.address().port;
    const min = taken - (taken % 2) - 4;
    bench = await MediaBench.start({ rtpPorts: { min, max: min + 9 } });
    const legs = await Promise.all(Array.from({ length: 4 }, () => bench.engine.createRtpLeg()));
    expect(new Set(legs.map(({ localPort }) => localPort)).size).toBe(4);
    for (const leg of legs) {
      expect(leg.localPort % 2).toBe(0);
      expect([leg.localPort, leg.localPort + 1]).not.toContain(taken);
    }
    await expect(bench.engine.createRtpLeg()).rejects.toMatchObject({ code: "HTL_MEDIA_NO_PORT", sip: 503 });
    await legs[0]!.close();
    await bench.engine.createRtpLeg();
    await expect(bench.engine.createRtpLeg({ bindAddress: "203.0.113.1" })).rejects.toMatchObject({ code: "HTL_MEDIA_FAILED" });
    blocker.close();
  });

  test("an address that is not this machine's is refused at the start, not call by call", async () => {
    await expect(MediaBench.start({ bindAddress: "203.0.113.1" })).rejects.toMatchObject({ code: "HTL_MEDIA_BAD_ADDRESS", message: expect.stringContaining("HOTLINE_MEDIA_BIND_ADDRESS") as string });
  });

  test("a peer that was offered both laws may send either", async () => {
    bench = await MediaBench.start({ bindAddress: "localhost" });
    const a = await bench.call({ bindAddress: "127.0.0.1" });
    const b = await bench.call({ near: a.leg, bindAddress: "127.0.0.1" });
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await Promise.all([bridge.join(a.leg), bridge.join(b.leg)]);
    a.peer.sendPacket(a.leg.localPort, new Uint8Array(160).fill(0xff), { payloadType: 0 });
    await until(() => b.peer.packets.length === 1);
    expect(b.peer.packets[0]).toMatchObject({ payloadType: 8 });
    expect(b.peer.packets[0]!.payload.every((octet) => octet === 0xd5)).toBe(true);
    await expect(bench.engine.createRtpLeg({ bindAddress: "no such host" })).rejects.toMatchObject({ code: "HTL_MEDIA_BAD_ADDRESS" });
  });

  test("IPv6", async () => {
    const socket = createSocket("udp6");
    const there = await new Promise<boolean>((resolve) => socket.once("error", () => resolve(false)).bind(0, "::1", () => resolve(true)));
    bench = await MediaBench.start({ bindAddress: "::1" });
    if (there) {
      let received = 0;
      socket.on("message", () => received++);
      const leg = await bench.engine.createRtpLeg({ remote: { address: "::1", port: socket.address().port, codec: "PCMA", payloadType: 8 } });
      await leg.play({ kind: "silence", durationMs: 60 }).done;
      await until(() => received === 3);
      const packet = new Uint8Array(172);
      packet.set([0x80, 8]);
      socket.send(packet, leg.localPort, "::1");
      while ((await leg.stats()).packetsReceived === 0) await delay(10);
      await leg.play({ kind: "silence", durationMs: 60 }).done;
      await until(() => received === 6);
    }
    socket.close();
  });

  test("keep-alive silence opens the way and stays rare", async () => {
    bench = await MediaBench.start({ keepAliveSilence: true });
    const { leg, peer } = await bench.call();
    await until(() => peer.packets.length === 10);
    await delay(200);
    expect(peer.packets).toHaveLength(10);
    expect(peer.packets[0]!.marker).toBe(true);
    await until(() => peer.packets.length === 11); // after five seconds of nothing
    expect(peer.packets[10]!.timestamp - peer.packets[9]!.timestamp).toBeGreaterThan(8000 * 4);
    await leg.close();
  });

  test("a worker that dies ends its legs, and another takes its place", async () => {
    bench = await MediaBench.start({ workers: 2 });
    const a = await bench.call();
    const b = await bench.call();
    expect(a.leg.worker).not.toBe(b.leg.worker);
    const path = join(bench.folder, "crash.cap");
    const capture = await a.leg.capture({ path, flushMs: 50 });
    const playback = a.leg.play({ kind: "tone", tone: "dial" });
    const survivor = b.leg.play({ kind: "tone", tone: "dial" });
    const entry = a.leg.collect({ firstDigitTimeoutMs: 60_000 });
    const sending = a.leg.sendDtmf("1234567890");
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await bridge.join(a.leg);
    await bridge.join(b.leg); // across workers
    await a.peer.speak(a.leg.localPort, sineSecond(1000).subarray(0, 4000));
    await written(path, 400);
    const ended = eventOf(a.leg, "ended");
    await bench.engine.slots[a.leg.worker]!.crash();
    expect(await ended).toMatchObject({ reason: "worker-failed" });
    expect(a.leg.ended).toBe(true);
    expect((await playback.done).reason).toBe("leg-ended");
    expect(await entry).toMatchObject({ reason: "ended" });
    await sending;
    expect(await a.leg.close()).toBeDefined();
    const result = await capture.done;
    expect(result.reason).toBe("leg-ended");
    expect(result.durationMs).toBeGreaterThan(100);
    expect(result.voicedMs).toBeGreaterThan(100);
    expect((await openCapture(path)).truncated).toBe(true);
    expect(bridge.members).toHaveLength(0);
    await expect(bridge.join(b.leg)).rejects.toMatchObject({ code: "HTL_MEDIA_BRIDGE_CLOSED" });
    await bridge.close();
    const before = b.peer.packets.length;
    await until(() => b.peer.packets.length > before + 5); // the other worker goes on
    survivor.stop();
    await until(() => bench.engine.slots.every(({ up }) => up));
    const again = await Promise.all([bench.call(), bench.call()]);
    expect(again.some(({ leg }) => leg.worker === a.leg.worker)).toBe(true);
    for (const { leg, peer } of again) {
      await leg.play({ kind: "silence", durationMs: 40 }).done;
      await until(() => peer.packets.length === 2);
    }
  });

  test("legs made at once are shared out among the workers", async () => {
    bench = await MediaBench.start({ workers: 2 });
    const legs = await Promise.all(Array.from({ length: 10 }, () => bench.engine.createRtpLeg()));
    expect(legs.filter(({ worker }) => worker === 0)).toHaveLength(5);
  });

  test("stopping the engine settles everything, with whole captures and BYEs", async () => {
    bench = await MediaBench.start();
    const { leg, peer, events } = await bench.call();
    const playback = leg.play({ kind: "tone", tone: "dial" });
    const capture = await leg.capture({ path: join(bench.folder, "stop.cap") });
    await until(() => peer.packets.length > 10);
    await bench.engine.stop();
    expect((await playback.done).reason).toBe("leg-ended");
    expect(await capture.done).toMatchObject({ reason: "leg-ended" });
    expect((await openCapture(join(bench.folder, "stop.cap"))).truncated).toBe(false);
    expect(events.at(-1)).toMatchObject({ type: "ended", reason: "closed" });
    await until(() => peer.rtcp.some((packet) => parseRtcp(packet)?.some(({ type }) => type === "bye")));
    await expect(bench.engine.createRtpLeg()).rejects.toMatchObject({ code: "HTL_MEDIA_NOT_RUNNING" });
    await expect(bench.engine.loadWav("/none.wav")).rejects.toMatchObject({ code: expect.stringMatching(/^HTL_MEDIA_/) as string });
    await bench.engine.stop();
  });
});
