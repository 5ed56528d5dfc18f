import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dtmfTone, sines } from "../src/audio/tones.js";
import { DtmfDetector } from "../src/dsp/dtmf-detector.js";
import { TelephoneEventReceiver } from "../src/rtp/telephone-event-receiver.js";
import { delay, eventOf, MediaBench, until } from "./engine-setup.js";

const FOREVER = { kind: "tone", tone: "dial" } as const;

describe("keys", () => {
  let bench: MediaBench;
  beforeAll(async () => {
    bench = await MediaBench.start();
  });
  afterAll(() => bench.stop());

  test("RFC 4733 is received once per key, with lost starts and ends", async () => {
    const { leg, peer, events } = await bench.call();
    const entry = leg.collect({ max: 4, firstDigitTimeoutMs: 15_000, interDigitTimeoutMs: 15_000 });
    await peer.press(leg.localPort, 1);
    await peer.press(leg.localPort, 1, { drop: [1, 2] });
    await peer.press(leg.localPort, 10, { drop: [5, 6, 7] });
    await peer.press(leg.localPort, 11);
    expect(await entry).toEqual({ digits: "11*#", reason: "max", finishedBy: "#" });
    expect(events.map((event) => (event.type === "dtmf" ? [event.digit, event.via, event.durationMs] : event.type))).toEqual([
      ["1", "rfc4733", 100],
      ["1", "rfc4733", 100],
      ["*", "rfc4733", 80],
      ["#", "rfc4733", 100],
    ]);
    await leg.close();
  });

  test("more keys than may wait are refused, and the others sent", async () => {
    const { leg, peer } = await bench.call();
    const sending = leg.sendDtmf("12", { toneMs: 40, gapMs: 40 });
    await expect(leg.sendDtmf("3".repeat(129))).rejects.toMatchObject({ code: "HTL_MEDIA_KEYS_FULL", status: 429 });
    await sending;
    expect(new Set(peer.packets.filter(({ payloadType }) => payloadType === 101).map(({ payload }) => payload[0]))).toEqual(new Set([1, 2]));
    await leg.close();
  });

  test("a key cuts the prompt while it is still down, and stays for collect", async () => {
    const { leg, peer } = await bench.call();
    const playback = leg.play(FOREVER, { bargeIn: "12" });
    await until(() => peer.packets.length > 5);
    await peer.press(leg.localPort, 3); // not among the keys
    const pressing = peer.press(leg.localPort, 2, { ms: 1000 });
    const done = await playback.done;
    expect(done).toMatchObject({ reason: "barge-in", digit: "2" });
    expect(done.playedMs).toBeGreaterThan(100);
    expect(await leg.collect({ max: 2, interDigitTimeoutMs: 15_000, firstDigitTimeoutMs: 15_000 })).toMatchObject({ digits: "32" });
    await pressing;
    const before = peer.packets.length;
    await delay(60);
    expect(peer.packets.length).toBe(before);
    await leg.close();
  });

  test("keyed ahead, the next prompt is skipped; unless its keys are flushed", async () => {
    const { leg } = await bench.call();
    leg.injectDtmf("7");
    const skipped = leg.play(FOREVER, { bargeIn: true });
    expect(await skipped.done).toEqual({ reason: "barge-in", playedMs: 0, digit: "7" });
    const heard = leg.play({ kind: "silence", durationMs: 40 }, { bargeIn: true });
    const entry = leg.collect({ flush: true, after: heard, firstDigitTimeoutMs: 100 });
    expect(await heard.done).toMatchObject({ reason: "completed", playedMs: 40 });
    expect(await entry).toEqual({ digits: "", reason: "timeout" });
    leg.injectDtmf("1");
    const replaced = leg.play(FOREVER, { bargeIn: true });
    const stopped = leg.play(FOREVER, { bargeIn: true });
    stopped.stop(); // before anything was sent
    expect(await stopped.done).toEqual({ reason: "stopped", playedMs: 0 });
    expect((await replaced.done).playedMs).toBe(0);
    leg.play(FOREVER, { bargeIn: "2" });
    leg.play(FOREVER, { bargeIn: "1" });
    const last = leg.play({ kind: "silence", durationMs: 20 });
    expect(await last.done).toMatchObject({ reason: "completed" });
    await leg.close();
  });

  test("SIP INFO keys barge in and are collected", async () => {
    const { leg, events } = await bench.call();
    const playback = leg.play(FOREVER, { bargeIn: true });
    const entry = leg.collect({ after: playback });
    leg.injectDtmf("5");
    expect(await entry).toMatchObject({ digits: "5" });
    expect(await playback.done).toMatchObject({ reason: "barge-in", digit: "5" });
    expect(events).toContainEqual({ type: "dtmf", digit: "5", durationMs: 100, via: "info" });
    await leg.close();
  });

  test("keys are sent as RFC 4733: one timestamp, growing duration, three ends; sound goes on after", async () => {
    const { leg, peer } = await bench.call();
    leg.play(FOREVER);
    await until(() => peer.sound.length >= 3);
    await leg.sendDtmf("0#", { toneMs: 60, gapMs: 40 });
    const last = peer.packets.length;
    await until(() => peer.packets.length > last + 3);
    const events = peer.packets.filter(({ payloadType }) => payloadType === 101);
    expect(events.map(({ payload }) => [payload[0], payload[1]! >> 7, payload[2]! * 256 + payload[3]!])).toEqual([0, 11].flatMap((event) => [[event, 0, 160], [event, 0, 320], [event, 1, 480], [event, 1, 480], [event, 1, 480]]));
    expect(events.map(({ marker }) => marker)).toEqual([true, false, false, false, false, true, false, false, false, false]);
    expect(new Set(events.map(({ timestamp }) => timestamp)).size).toBe(2);
    const said: string[] = [];
    const receiver = new TelephoneEventReceiver({ down: () => undefined, up: (digit, ms) => said.push(`${digit}:${ms}`) });
    for (const event of events) receiver.packet(event.ssrc, event.timestamp, event.marker, event.payload, 0, 4, event.at);
    expect(said).toEqual(["0:60", "#:60"]);
    peer.packets.reduce((before, packet) => {
      expect((packet.sequence - before.sequence) & 0xffff).toBe(1);
      expect((packet.timestamp - before.timestamp) | 0).toBeGreaterThanOrEqual(0);
      return packet;
    });
    await expect(leg.sendDtmf("1x")).rejects.toMatchObject({ code: "HTL_MEDIA_BAD_DIGITS" });
    await leg.close();
    await leg.sendDtmf("1");
  });

  test("where the peer offers no telephone-event, keys are sound both ways", async () => {
    const { leg, peer } = await bench.call({ remote: { telephoneEventPayloadType: undefined } });
    await leg.sendDtmf("42", { toneMs: 80, gapMs: 80 });
    let heard = "";
    const detector = new DtmfDetector({ down: (digit) => (heard += digit), up: () => undefined });
    detector.feed(peer.heard, 0, peer.heard.length);
    expect(heard).toBe("42");
    const key = eventOf(leg, "dtmf");
    const playback = leg.play(FOREVER, { bargeIn: true });
    await peer.speak(leg.localPort, dtmfTone("9", 120));
    expect(await playback.done).toMatchObject({ reason: "barge-in", digit: "9" });
    await peer.speak(leg.localPort, new Uint8Array(1600).fill(0xd5));
    expect(await key).toMatchObject({ digit: "9", via: "inband" });
    await leg.close();
  });

  test("fax tones are told", async () => {
    const { leg, peer } = await bench.call();
    const fax = eventOf(leg, "fax-tone");
    await peer.speak(leg.localPort, sines([{ hz: 1100, level: -12 }], 4000));
    expect(await fax).toEqual({ type: "fax-tone", tone: "cng" });
    await leg.close();
  });

  test("the shortest calling tone that is allowed, after speech and wherever it begins, is heard", async () => {
    // ITU-T T.30 section 4.1: 0.5 s, 15 % less at the least.
    for (const frames of [20, 21]) {
      const { leg, peer } = await bench.call();
      const fax = eventOf(leg, "fax-tone");
      const silence = new Uint8Array(frames * 160).fill(0xd5);
      await peer.speak(leg.localPort, Buffer.concat([silence, sines([{ hz: 1100, level: -12 }], 3400), silence]));
      expect(await fax).toEqual({ type: "fax-tone", tone: "cng" });
      await leg.close();
    }
  });
});
