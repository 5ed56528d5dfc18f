import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createSilentLogger } from "@hotlinejs/core";
import type { Logger } from "@hotlinejs/core";
import { afterEach, describe, expect, test } from "vitest";
import { sineSecond } from "../src/audio/tones.js";
import { openCapture } from "../src/capture/capture-reader.js";
import { eventOf, MediaBench, until, written } from "./engine-setup.js";

const LINE = pathToFileURL(join(import.meta.dirname, "line-part.mjs")).href;

/** What went to the log as errors. */
function listening(): { log: Logger; lines: { code?: string; where?: string; message: string }[] } {
  const lines: { code?: string; where?: string; message: string }[] = [];
  const error = (fields: object, message: string): void => void lines.push({ ...fields, message });
  return { lines, log: Object.assign(Object.create(createSilentLogger()) as Logger, { error }) };
}

describe("what goes wrong in a worker", () => {
  let bench: MediaBench;
  afterEach(() => bench.stop());

  test("nobody caught it: told with a code, and the calls go on; a storm of it ends the worker", async () => {
    const { log, lines } = listening();
    bench = await MediaBench.start({ log });
    const { leg, peer } = await bench.call();
    const music = leg.play({ kind: "tone", tone: "dial" });
    const line = await bench.engine.createLineLeg({ near: leg, part: { module: LINE } });
    line.post({ throwLater: 1 });
    await until(() => lines.length === 1);
    line.post({ rejectLater: true });
    await until(() => lines.length === 2);
    for (const { code } of lines) expect(code).toBe("HTL_MEDIA_WORKER_UNCAUGHT");
    expect(lines.map(({ message }) => message)).toEqual([expect.stringContaining("out of a timer"), expect.stringContaining("out of a promise")]);
    const before = peer.packets.length;
    await until(() => peer.packets.length > before + 5);
    expect(leg.ended || line.ended).toBe(false);
    expect(bench.engine.slots[0]).toMatchObject({ faults: 2, failures: { died: 0, hung: 0 } });
    const gone = eventOf(leg, "ended");
    line.post({ throwLater: 50 });
    expect(await gone).toMatchObject({ reason: "worker-failed" });
    expect((await music.done).reason).toBe("leg-ended");
    expect(bench.engine.slots[0]?.failures).toEqual({ died: 1, hung: 0 });
    expect(lines.at(-1)).toMatchObject({ code: "HTL_MEDIA_WORKER_FAILED", message: expect.stringContaining("out of a timer") as string });
    await until(() => bench.engine.slots[0]?.up === true);
    await (await bench.call()).leg.close();
  });

  test("a part that cannot even be closed: its leg has ended all the same, and the captures of others get their end", async () => {
    const { log, lines } = listening();
    bench = await MediaBench.start({ log });
    const line = await bench.engine.createLineLeg({ part: { module: LINE, options: { staysOpen: true } } });
    const gone = eventOf(line, "ended");
    line.post({ fail: true });
    expect(await gone).toMatchObject({ reason: "worker-failed" });
    const stays = await bench.engine.createLineLeg({ part: { module: LINE, options: { staysOpen: true } } });
    await stays.close();
    expect(lines.map(({ where }) => where)).toEqual([`leg ${line.id}`, `leg ${line.id}, closing its part`, `leg ${stays.id}, closing its part`]);

    await bench.engine.createLineLeg({ part: { module: LINE, options: { staysOpen: true } } });
    const { leg, peer } = await bench.call();
    const path = join(bench.folder, "beside.cap");
    const capture = await leg.capture({ path, flushMs: 50 });
    await peer.speak(leg.localPort, sineSecond(1000).subarray(0, 1600));
    await bench.engine.stop();
    expect(await capture.done).toMatchObject({ reason: "leg-ended" });
    expect((await openCapture(path)).truncated).toBe(false);
  });

  test("what cannot be sent between the threads takes nothing else along", async () => {
    const { log, lines } = listening();
    bench = await MediaBench.start({ log });
    const line = await bench.engine.createLineLeg({ part: { module: LINE } });
    const one = await bench.call({ near: line });
    const other = await bench.call({ near: line });
    // Closing waits for something to go along with: with what cannot go at all.
    const closing = one.leg.close();
    expect(() => line.post(() => undefined)).toThrow(/could not be cloned/);
    expect(await closing).toMatchObject({ packetsReceived: 0 });
    const closingToo = other.leg.close();
    line.post({ sayNothing: true });
    expect(await closingToo).toMatchObject({ packetsReceived: 0 });
    await until(() => lines.length === 1);
    await expect(bench.engine.createLineLeg({ part: { module: LINE, options: () => undefined } })).rejects.toMatchObject({ code: "HTL_MEDIA_FAILED" });
    expect(bench.engine.slots[0]).toMatchObject({ waiting: 0, legs: 1 });
  });

  test("a worker that dies under all that was asked of it: everything settles, and both sides of a linked bridge are free", async () => {
    bench = await MediaBench.start({ workers: 2 });
    const { leg, peer } = await bench.call();
    const far = await bench.call();
    const line = await bench.engine.createLineLeg({ near: leg, part: { module: LINE } });
    const path = join(bench.folder, "dying.cap");
    const capture = await leg.capture({ path, flushMs: 50 });
    await peer.speak(leg.localPort, sineSecond(1000).subarray(0, 4000));
    await written(path, 400);
    const [here, there] = await Promise.all([bench.engine.createBridge({ near: leg }), bench.engine.createBridge({ near: far.leg })]);
    line.post({ die: true });
    const asked = await Promise.allSettled([
      bench.engine.createRtpLeg({ near: leg, bindAddress: "127.0.0.2" }),
      bench.engine.createWebRtcLeg({ near: leg }),
      bench.engine.createBridge({ near: leg }),
      leg.capture({ path: join(bench.folder, "late.cap") }),
      here.join(leg),
      there.join(leg), // in the dying worker, from the living one
      here.join(far.leg), // the other way round
    ]);
    expect(asked.filter(({ status }) => status === "fulfilled")).toEqual([]);
    for (const outcome of asked) expect((outcome as PromiseRejectedResult).reason).toMatchObject({ code: expect.stringMatching(/^HTL_MEDIA_/) as string });
    expect((await capture.done).durationMs).toBeGreaterThan(100);
    expect([...here.members, ...there.members]).toEqual([]);
    await Promise.all([here.close(), leg.close()]);
    // The survivor is no worse for it.
    const again = await bench.call();
    await there.join(far.leg);
    await there.join(again.leg);
    again.leg.play({ kind: "tone", tone: "dial" });
    expect(there.members).toHaveLength(2);
    await there.close();
    await Promise.all([far.leg.close(), again.leg.close()]);
    await until(() => bench.engine.slots.every(({ up }) => up));
    for (const { held, waiting } of await bench.engine.health()) expect({ held, waiting }).toEqual({ held: 0, waiting: 0 });
  });

  test("a part that fails while it opens is closed", async () => {
    bench = await MediaBench.start();
    const closedFile = join(bench.folder, "closed");
    await expect(bench.engine.createLineLeg({ part: { module: LINE, options: { failsAtOnce: true, closedFile } } })).rejects.toMatchObject({ code: "HTL_MEDIA_LINE_PART_FAILED", message: expect.stringContaining("no line at all") as string });
    expect(existsSync(closedFile)).toBe(true);
    expect(bench.engine.legs).toBe(0);
  });

  test("a part that never opens: whoever waits for the line is told, and its socket is given back", { timeout: 30_000 }, async () => {
    bench = await MediaBench.start();
    const asked = await Promise.allSettled([
      bench.engine.createLineLeg({ part: { module: LINE, options: { neverOpens: true } } }),
      bench.engine.createDatagramPort({ part: { module: pathToFileURL(join(import.meta.dirname, "datagram-part.mjs")).href, options: { neverOpens: true } } }),
    ]);
    for (const outcome of asked) expect((outcome as PromiseRejectedResult).reason).toMatchObject({ code: "HTL_MEDIA_LINE_PART_FAILED", sip: 503, message: expect.stringContaining("not open after 10 s") as string });
    const [health] = await bench.engine.health();
    expect(health).toMatchObject({ legs: 0, held: 0 });
  });

  test("a worker that dies while it stops does not hold up the stop, and its captures are told", async () => {
    bench = await MediaBench.start();
    const { leg, peer } = await bench.call();
    const line = await bench.engine.createLineLeg({ near: leg, part: { module: LINE } });
    const path = join(bench.folder, "stopping.cap");
    const capture = await leg.capture({ path, flushMs: 50 });
    await peer.speak(leg.localPort, sineSecond(1000).subarray(0, 4000));
    await written(path, 400);
    line.post({ die: true });
    await bench.engine.stop();
    expect((await capture.done).durationMs).toBeGreaterThan(100);
    expect(leg.ended && line.ended).toBe(true);
    expect(bench.engine.slots[0]?.up).toBe(false);
  });
});
