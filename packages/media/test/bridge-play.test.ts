import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sineSecond } from "../src/audio/tones.js";
import { openCapture } from "../src/capture/capture-reader.js";
import { delay, MediaBench, powerAt, until } from "./engine-setup.js";
import type { RtpPeer } from "./rtp-peer.js";

const CITIZEN = 600;
const AGENT = 1000;
const PLAYED = 1500;
const ALL = [CITIZEN, AGENT, PLAYED];
/** A tone at -20 dBm0 in a longer sound, well above what the concealment of a lost packet leaves. */
const THERE = 2e4;

const long = (hz: number, seconds: number): Uint8Array => Buffer.concat(Array.from({ length: seconds }, () => sineSecond(hz, -15)));
/** Which of the tones are in it. */
const tones = (alaw: Uint8Array): readonly number[] => ALL.filter((hz) => powerAt(alaw, hz) > THERE);
/** The last half second. */
const lately = (peer: RtpPeer): readonly number[] => tones(peer.heard.subarray(-4000));

describe.each([1, 2])("something is played into a bridge (%i workers)", (workers) => {
  let bench: MediaBench;
  beforeAll(async () => {
    bench = await MediaBench.start({ workers });
  });
  afterAll(() => bench.stop());

  test("both parties hear it beside each other, who listens hears all, and captures hold it", { timeout: 30_000 }, async () => {
    const citizen = await bench.call();
    const agent = await bench.call(workers === 1 ? { near: citizen.leg } : {});
    const supervisor = await bench.call({ near: agent.leg });
    expect(agent.leg.worker).toBe(workers === 1 ? citizen.leg.worker : 1 - citizen.leg.worker);
    const bridge = await bench.engine.createBridge({ near: citizen.leg });
    await bridge.join(citizen.leg);
    await bridge.join(agent.leg);
    await bridge.join(supervisor.leg, { role: "listen" });
    const path = join(bench.folder, "played.cap");
    const capture = await citizen.leg.capture({ path, flushMs: 200 });
    const talking = [citizen.peer.speak(citizen.leg.localPort, long(CITIZEN, 5)), agent.peer.speak(agent.leg.localPort, long(AGENT, 5))];
    await delay(1000);
    const playback = bridge.play({ kind: "sine", hz: PLAYED, level: -15, durationMs: 1500 });
    await delay(1300);
    expect(lately(citizen.peer)).toEqual([AGENT, PLAYED]);
    expect(lately(agent.peer)).toEqual([CITIZEN, PLAYED]);
    expect(lately(supervisor.peer)).toEqual(ALL);
    expect(await playback.done).toMatchObject({ reason: "completed", playedMs: 1500 });
    const unheard = bridge.play({ kind: "sine", hz: PLAYED, level: -15 }, { except: [agent.leg] });
    await delay(1000);
    expect(lately(citizen.peer)).toEqual([AGENT, PLAYED]);
    expect(lately(agent.peer)).toEqual([CITIZEN]);
    expect(lately(supervisor.peer)).toEqual(ALL);
    unheard.stop();
    const { reason, playedMs } = await unheard.done;
    expect(reason).toBe("stopped");
    expect(playedMs).toBeGreaterThan(700);
    await Promise.all(talking);
    await capture.stop();
    const file = await openCapture(path);
    const chunks: { left: Uint8Array; right: Uint8Array }[] = [];
    for await (const chunk of file.readStereo()) chunks.push(chunk);
    const left = Buffer.concat(chunks.map((chunk) => chunk.left));
    const right = Buffer.concat(chunks.map((chunk) => chunk.right));
    const at = (channel: Uint8Array, ms: number): readonly number[] => tones(channel.subarray(ms * 8, ms * 8 + 4000));
    expect(at(left, 1800)).toEqual([CITIZEN]);
    expect(at(right, 300)).toEqual([AGENT]);
    expect(at(right, 1700)).toEqual([AGENT, PLAYED]);
    await bridge.close();
    await Promise.all([citizen.leg.close(), agent.leg.close(), supervisor.leg.close()]);
  });
});

describe("two parties and what is played", () => {
  let bench: MediaBench;
  beforeAll(async () => {
    bench = await MediaBench.start();
  });
  afterAll(() => bench.stop());

  test("their packets are passed on as they are again when it is over; another one takes its place", async () => {
    const a = await bench.call();
    const b = await bench.call({ near: a.leg });
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await Promise.all([bridge.join(a.leg), bridge.join(b.leg)]);
    const first = bridge.play({ kind: "sine", hz: PLAYED });
    const second = bridge.play([{ kind: "sine", hz: PLAYED, durationMs: 300 }, { kind: "silence", durationMs: 100 }]);
    expect(await first.done).toMatchObject({ reason: "stopped" });
    expect(await second.done).toMatchObject({ reason: "completed", playedMs: 400 });
    await until(() => a.peer.packets.length >= 20 && b.peer.packets.length >= 20);
    const before = b.peer.packets.length;
    const sound = sineSecond(CITIZEN, -12).subarray(0, 1600);
    await a.peer.speak(a.leg.localPort, sound);
    await until(() => b.peer.packets.length >= before + 10);
    expect(Buffer.compare(Buffer.concat(b.peer.packets.slice(before).map(({ payload }) => payload)), sound)).toBe(0);
    await bridge.close();
    await Promise.all([a.leg.close(), b.leg.close()]);
  });

  test("it ends with the bridge, and with the worker; nothing begins in a bridge that is closed", async () => {
    const a = await bench.call();
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await bridge.join(a.leg);
    const cut = bridge.play({ kind: "sine", hz: PLAYED });
    await until(() => a.peer.packets.length > 5);
    await bridge.close();
    const end = await cut.done;
    expect(end.reason).toBe("leg-ended");
    expect(end.playedMs).toBeGreaterThanOrEqual(100);
    expect(await bridge.play({ kind: "sine", hz: PLAYED }).done).toEqual({ reason: "leg-ended", playedMs: 0 });
    const other = await bench.engine.createBridge({ near: a.leg });
    await other.join(a.leg);
    const lost = other.play({ kind: "sine", hz: PLAYED });
    await bench.engine.slots[0]?.crash();
    expect(await lost.done).toEqual({ reason: "leg-ended", playedMs: 0 });
    const stranger = await MediaBench.start();
    const foreign = await stranger.call();
    const mine = await bench.engine.createBridge();
    expect(() => mine.play({ kind: "sine", hz: PLAYED }, { except: [foreign.leg] })).toThrow(expect.objectContaining({ code: "HTL_MEDIA_FOREIGN_LEG" }));
    await mine.close();
    await stranger.stop();
  });
});
