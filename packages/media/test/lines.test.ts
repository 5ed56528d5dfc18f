import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { LineLeg, MediaLegEvent } from "@hotlinejs/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dtmfTone, sineSecond, tonePeriod } from "../src/audio/tones.js";
import { openCapture } from "../src/capture/capture-reader.js";
import { ALAW_SILENCE, ALAW_TO_ULAW } from "../src/codec/g711.js";
import { alawLevel } from "../src/codec/level.js";
import { delay, eventOf, MediaBench, powerAt, purity, until } from "./engine-setup.js";

const MODULE = pathToFileURL(join(import.meta.dirname, "line-part.mjs")).href;

/** A line and what it heard and told. */
class Line {
  readonly messages: { opened?: unknown; closed?: boolean; heard?: Uint8Array }[] = [];
  readonly events: MediaLegEvent[] = [];
  readonly leg: LineLeg;

  constructor(leg: LineLeg) {
    this.leg = leg;
    leg.listen((message) => this.messages.push(message as never));
    leg.subscribe((event) => this.events.push(event));
  }

  say(...sounds: readonly Uint8Array[]): void {
    this.leg.post({ say: Buffer.concat(sounds) });
  }

  async heard(): Promise<Uint8Array> {
    const before = this.messages.length;
    this.leg.post({ tell: true });
    await until(() => this.messages.length > before);
    return this.messages.at(-1)?.heard ?? new Uint8Array();
  }
}

/** The sound without the silence around it. */
function core(sound: Uint8Array): Uint8Array {
  let from = 0;
  let to = sound.length;
  while (from < to && sound[from] === ALAW_SILENCE) from++;
  while (to > from && sound[to - 1] === ALAW_SILENCE) to--;
  return sound.subarray(from, to);
}

const tone = (hz: number, ms = 1_000): Uint8Array => sineSecond(hz, -12).subarray(0, ms * 8);

describe("legs on lines", () => {
  let bench: MediaBench;
  beforeAll(async () => {
    bench = await MediaBench.start({ workers: 2 });
  });
  afterAll(() => bench.stop());
  const line = async (options: object = {}, near?: LineLeg): Promise<Line> => new Line(await bench.engine.createLineLeg({ part: { module: MODULE, options }, ...(near === undefined ? {} : { near }) }));

  test("talk with their part, in order, from the first to the last word", async () => {
    const { leg, messages, events } = await line({ number: "1" });
    expect(messages[0]).toEqual({ opened: { number: "1" } });
    await leg.close();
    await leg.close();
    expect(messages.map((each) => Object.keys(each)[0])).toEqual(["opened", "closed"]);
    expect(events.at(-1)).toMatchObject({ type: "ended", reason: "closed" });
    leg.post({ tell: true });
    expect(messages).toHaveLength(2);
  });

  test("play, listen for keys and tones, and are captured", async () => {
    const it = await line();
    const { leg } = it;
    const capture = await leg.capture({ path: join(bench.folder, "line.cap") });
    const entry = leg.collect({ max: 3, firstDigitTimeoutMs: 10_000 });
    it.say(tone(700, 400), dtmfTone("1", 100), tone(0, 100), dtmfTone("2", 60), tone(0, 100), dtmfTone("#", 100), tone(0, 100));
    const playback = leg.play({ kind: "sine", hz: 1000, durationMs: 600, level: -10 });
    expect(await playback.done).toEqual({ reason: "completed", playedMs: 600 });
    expect(await entry).toMatchObject({ digits: "12#", reason: "max" });
    await leg.sendDtmf("5");
    const heard = core(await it.heard());
    expect(purity(heard.subarray(0, 4_800), 1000)).toBeGreaterThan(0.99);
    expect(alawLevel(heard.subarray(0, 4_800))).toBeCloseTo(-10, 0);
    expect(powerAt(heard.subarray(-800), 770)).toBeGreaterThan(0.2 * powerAt(heard.subarray(0, 4_800), 1000));
    const busy = eventOf(leg, "progress-tone");
    it.say(tonePeriod("busy"), tonePeriod("busy"), tonePeriod("busy"));
    expect(await busy).toMatchObject({ tone: "busy" });
    await leg.close();
    const { durationMs } = await capture.done;
    const file = await openCapture((await capture.done).path);
    const left: Uint8Array[] = [];
    const right: Uint8Array[] = [];
    for await (const chunk of file.readStereo()) {
      left.push(chunk.left);
      right.push(chunk.right);
    }
    expect(durationMs).toBeGreaterThan(2_000);
    expect(purity(core(Buffer.concat(left)).subarray(0, 3_000), 700)).toBeGreaterThan(0.99);
    expect(purity(core(Buffer.concat(right)).subarray(0, 4_800), 1000)).toBeGreaterThan(0.99);
  }, 30_000);

  test("count frames, and have no figures of a network that is not there", async () => {
    const it = await line();
    const { leg: phone, peer } = await bench.call({ near: it.leg });
    const bridge = await bench.engine.createBridge({ near: it.leg });
    await bridge.join(it.leg);
    await bridge.join(phone);
    it.say(tone(700));
    await peer.speak(phone.localPort, tone(1_000));
    await until(() => peer.sound.length >= 50);
    const stats = await it.leg.close();
    expect(stats).toMatchObject({ packetsLost: 0, jitterMs: 0, octetsReceived: stats.packetsReceived * 160, octetsSent: stats.packetsSent * 160 });
    expect(stats.packetsReceived).toBeGreaterThanOrEqual(50);
    expect(stats.packetsSent).toBeGreaterThan(0);
    expect([stats.quality, stats.roundTripMs, stats.packetsDuplicated]).toEqual([undefined, undefined, undefined]);
    // The network to the phone is judged on the phone's leg, what came too late for the line among it.
    const { quality } = await phone.close();
    expect(quality?.received?.packets).toBe(50);
    await bridge.close();
  }, 30_000);

  test.each(["PCMA", "PCMU"] as const)("and RTP legs (%s) pass each other's sound on unchanged, and keys as sound", async (codec) => {
    const it = await line();
    const law = (sound: Uint8Array): Uint8Array => (codec === "PCMA" ? sound : sound.map((octet) => ALAW_TO_ULAW[octet]!));
    const { leg: phone, peer, events } = await bench.call({ near: it.leg, remote: { codec, payloadType: codec === "PCMA" ? 8 : 0 } });
    expect(phone.worker).toBe(it.leg.worker);
    const bridge = await bench.engine.createBridge({ near: it.leg });
    await bridge.join(it.leg);
    await bridge.join(phone);
    const toPhone = tone(700);
    const toLine = tone(1_000);
    it.say(toPhone);
    await peer.speak(phone.localPort, law(toLine));
    await until(() => peer.heard.length > 12_000);
    const first = peer.sound[0]!;
    expect(peer.sound.every(({ sequence, timestamp }, i) => sequence === ((first.sequence + i) & 0xffff) && timestamp === (first.timestamp + i * 160) >>> 0)).toBe(true);
    expect(Buffer.from(peer.heard).includes(Buffer.from(law(toPhone)))).toBe(true);
    if (codec === "PCMA") {
      // The middle: a late first packet may cost the beginning its place in the line's beat.
      expect(Buffer.from(await it.heard()).includes(Buffer.from(toLine.subarray(1_600, 6_400)))).toBe(true);
    } else expect(purity(core(await it.heard()).subarray(1_600, 6_400), 1_000)).toBeGreaterThan(0.99);
    // A key of the phone is an event packet; the line must hear it.
    await peer.press(phone.localPort, 9);
    await delay(200);
    const key = (await it.heard()).subarray(-3_200);
    expect(powerAt(key, 852)).toBeGreaterThan(100 * powerAt(key, 1_000));
    // Silence is sound too: the phone's stream never stops.
    const before = peer.sound.length;
    await delay(500);
    expect(peer.sound.length - before).toBeGreaterThan(15);
    expect(events.filter(({ type }) => type === "ended")).toEqual([]);
    await Promise.all([it.leg.close(), phone.close()]);
  }, 30_000);

  test("sit in conferences, also across workers", async () => {
    const a = await line();
    const b = await line({}, a.leg);
    const far = await line();
    expect(b.leg.worker).toBe(a.leg.worker);
    expect(far.leg.worker).not.toBe(a.leg.worker);
    const bridge = await bench.engine.createBridge({ near: a.leg });
    for (const each of [a, b, far]) await bridge.join(each.leg);
    a.say(tone(700));
    b.say(tone(1_000));
    far.say(tone(1_500));
    await delay(1_500);
    for (const [listener, others, own] of [[a, [1_000, 1_500], 700], [b, [700, 1_500], 1_000], [far, [700, 1_000], 1_500]] as const) {
      const heard = core(await listener.heard()).subarray(1_600, 6_400);
      for (const hz of others) expect(powerAt(heard, hz)).toBeGreaterThan(1000 * powerAt(heard, own));
    }
    await bridge.close();
    await Promise.all([a, b, far].map((each) => each.leg.close()));
  }, 30_000);

  test("two lines are relayed; what is played has the floor", async () => {
    const a = await line();
    const b = await line({}, a.leg);
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await Promise.all([bridge.join(a.leg), bridge.join(b.leg)]);
    a.say(tone(700, 3_000), tone(700), tone(700));
    await delay(400);
    await b.leg.play({ kind: "sine", hz: 1_500, durationMs: 400 }).done;
    await delay(400);
    const heard = await b.heard();
    const during = core(heard);
    expect(purity(during.subarray(800, 1_600), 700)).toBeGreaterThan(0.99);
    expect(purity(heard.subarray(-1_600), 700)).toBeGreaterThan(0.99);
    const at = Buffer.from(heard).indexOf(Buffer.from(sineSecond(1_500).subarray(0, 3_200)));
    expect(at).toBeGreaterThan(0);
    await Promise.all([a.leg.close(), b.leg.close()]);
  }, 30_000);

  test("fail with a code, alone, and tell whoever waits", async () => {
    await expect(bench.engine.createLineLeg({ part: { module: "file:///nowhere/part.js" } })).rejects.toMatchObject({ code: "HTL_MEDIA_LINE_PART_FAILED" });
    await expect(bench.engine.createLineLeg({ part: { module: MODULE, options: { refuse: true } } })).rejects.toMatchObject({ code: "HTL_MEDIA_LINE_PART_FAILED", message: expect.stringContaining("no dial tone") as string });
    const well = await line();
    const unplugged = await line({}, well.leg);
    const entry = unplugged.leg.collect();
    const playing = unplugged.leg.play({ kind: "tone", tone: "dial" });
    unplugged.leg.post({ fail: true });
    expect(await entry).toMatchObject({ reason: "ended" });
    expect(await playing.done).toMatchObject({ reason: "leg-ended" });
    expect(unplugged.events.at(-1)).toMatchObject({ type: "ended", reason: "worker-failed" });
    const broken = await line({ fails: true }, well.leg);
    await until(() => broken.leg.ended);
    expect(well.leg.ended).toBe(false);
    expect(await well.leg.play({ kind: "sine", hz: 500, durationMs: 100 }).done).toMatchObject({ reason: "completed" });
    await well.leg.close();
    expect(bench.engine.legs).toBe(0);
  });
});
