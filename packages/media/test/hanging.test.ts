import { statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createSilentLogger } from "@hotlinejs/core";
import type { Logger } from "@hotlinejs/core";
import { afterEach, describe, expect, test } from "vitest";
import { sineSecond } from "../src/audio/tones.js";
import { openCapture } from "../src/capture/capture-reader.js";
import { eventOf, MediaBench, until, written } from "./engine-setup.js";

const LINE = pathToFileURL(join(import.meta.dirname, "line-part.mjs")).href;

describe("a worker that hangs", () => {
  let bench: MediaBench;
  afterEach(() => bench.stop());

  test("is ended with its calls, whose recordings stay, and another takes its place; the others go on", { timeout: 30_000 }, async () => {
    const codes: unknown[] = [];
    const log = Object.assign(Object.create(createSilentLogger()) as Logger, { error: (fields: { code?: string }) => codes.push(fields.code) });
    bench = await MediaBench.start({ workers: 2, log });
    const { leg, peer } = await bench.call();
    const other = await bench.call();
    expect(other.leg.worker).not.toBe(leg.worker);
    const music = other.leg.play({ kind: "tone", tone: "dial" });
    const line = await bench.engine.createLineLeg({ near: leg, part: { module: LINE } });
    const path = join(bench.folder, "hanging.cap");
    const capture = await leg.capture({ path, flushMs: 50 });
    await peer.speak(leg.localPort, sineSecond(1000).subarray(0, 4000));
    const bridge = await bench.engine.createBridge({ near: leg });
    await bridge.join(leg);
    await bridge.join(other.leg); // across workers
    await written(path, 400);
    const size = statSync(path).size;
    const gone = Promise.all([eventOf(leg, "ended"), eventOf(line, "ended")]);
    line.post({ hang: true });
    // Asked of a thread that hangs: settled all the same.
    const asked = Promise.all([leg.stats(), leg.sendDtmf("12345"), expect(bench.engine.createLineLeg({ near: leg, part: { module: LINE } })).rejects.toMatchObject({ code: "HTL_MEDIA_WORKER_FAILED", sip: 503 })]);
    expect(await gone).toMatchObject([{ reason: "worker-failed" }, { reason: "worker-failed" }]);
    await asked;
    expect(await leg.close()).toBeDefined();
    const result = await capture.done;
    expect(result.reason).toBe("leg-ended");
    expect(result.durationMs).toBeGreaterThan(100);
    expect(statSync(path).size).toBeGreaterThanOrEqual(size);
    expect((await openCapture(path)).durationMs).toBe(result.durationMs);
    expect(bridge.members).toHaveLength(0);
    expect(codes).toEqual(["HTL_MEDIA_WORKER_HUNG"]);
    expect(bench.engine.slots.map(({ failures, stuck }) => ({ ...failures, stuck })).sort((a, b) => a.hung - b.hung)).toEqual([{ died: 0, hung: 0, stuck: 0 }, { died: 0, hung: 1, stuck: 0 }]);
    const before = other.peer.packets.length;
    await until(() => other.peer.packets.length > before + 5);
    music.stop();
    const again = await Promise.all([bench.call(), bench.call()]);
    expect(again.some((call) => call.leg.worker === leg.worker)).toBe(true);
    for (const call of again) {
      await call.leg.play({ kind: "silence", durationMs: 40 }).done;
      await until(() => call.peer.packets.length === 2);
    }
  });

  test("does not hold up the stop, and what was recorded in it is told", { timeout: 30_000 }, async () => {
    bench = await MediaBench.start();
    const { leg, peer, events } = await bench.call();
    const line = await bench.engine.createLineLeg({ near: leg, part: { module: LINE } });
    const path = join(bench.folder, "stopping.cap");
    const capture = await leg.capture({ path, flushMs: 50 });
    await peer.speak(leg.localPort, sineSecond(1000).subarray(0, 4000));
    await written(path, 400);
    line.post({ hang: true });
    await bench.engine.stop();
    expect(bench.engine.slots[0]?.failures).toEqual({ died: 0, hung: 1 }); // noticed, not waited for to the end
    expect(events.at(-1)).toMatchObject({ type: "ended", reason: "worker-failed" });
    const result = await capture.done;
    expect(result.durationMs).toBeGreaterThan(100);
    expect(result.voicedMs).toBeGreaterThan(100);
  });
});
