import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createSilentLogger } from "@hotlinejs/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { tone, writeCapture } from "../../test/capture-writer.js";
import { WorkerAudioEngine } from "./worker-audio-engine.js";

const built = fileURLToPath(new URL("../../dist/audio-worker.js", import.meta.url));
let folder: string;
let engine: WorkerAudioEngine;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "engine-"));
});
afterEach(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

const log = createSilentLogger();
const compress = (name: string): ReturnType<WorkerAudioEngine["compress"]> => engine.compress({ capturePath: join(folder, name), opusPath: join(folder, `${name}.opus`), serial: 1, comments: [] });

// `npm test` builds first; without a build only the way without a worker can be tried.
describe.each([
  ["in the built worker", built],
  ["on the main thread", null],
])("audio engine %s", (_name, file) => {
  beforeEach(() => {
    engine = new WorkerAudioEngine(log, file);
  });
  const test = it.skipIf(file !== null && !existsSync(file));

  test("compresses, and decodes while it compresses", async () => {
    writeCapture(join(folder, "a"), { left: tone(440, 24_000), right: tone(700, 24_000) });
    writeCapture(join(folder, "long"), { left: tone(440, 8000 * 120), right: tone(700, 8000 * 120) });
    const { samples } = await compress("a");
    expect(samples).toBe(24_000);
    let loads = 0;
    const load = (): Promise<Uint8Array> => {
      loads++;
      return Promise.resolve(new Uint8Array(readFileSync(join(folder, "a.opus"))));
    };
    const order: string[] = [];
    const long = compress("long").then(() => order.push("long"));
    const block = await engine.decodeBlock("a", 0, load);
    order.push("block");
    await long;
    expect(order).toEqual(["block", "long"]);
    expect(block).toHaveLength(24_000 * 4);
    expect(await engine.decodeBlock("a", 1, load)).toHaveLength(0);
    expect(loads).toBe(1);
  });

  test("tells a bad file from a missing one", async () => {
    writeFileSync(join(folder, "bad"), "x".repeat(100));
    await expect(compress("bad")).rejects.toMatchObject({ code: "HTL_RECORDING_BAD_CAPTURE" });
    await expect(compress("none")).rejects.toMatchObject({ code: "HTL_RECORDING_WORKER_FAILED" });
    await expect(engine.decodeBlock("bad", 0, () => Promise.resolve(new Uint8Array(50)))).rejects.toMatchObject({ code: "HTL_RECORDING_BAD_OPUS" });
  });

  test("rejects what waits when it is closed, and what comes after", async () => {
    writeCapture(join(folder, "long"), { left: tone(440, 8000 * 60), right: tone(700, 8000 * 60) });
    const waiting = compress("long").then(
      () => "done",
      (error: { code: string }) => error.code,
    );
    await engine.close();
    expect(["done", "HTL_RECORDING_WORKER_FAILED"]).toContain(await waiting);
    await expect(compress("long")).rejects.toMatchObject({ code: "HTL_RECORDING_WORKER_FAILED" });
  });
});

it("starts a new worker after one has died", async () => {
  const dying = join(folder, "dying.mjs");
  writeFileSync(dying, 'import { parentPort } from "node:worker_threads"; import { existsSync, writeFileSync } from "node:fs";\nconst mark = new URL("./died", import.meta.url);\nparentPort.on("message", ({ id }) => { if (!existsSync(mark)) { writeFileSync(mark, ""); process.exit(3); } parentPort.postMessage({ id, type: "decoded", bytes: new Uint8Array(4) }); });\n');
  engine = new WorkerAudioEngine(log, dying);
  await expect(engine.decodeBlock("x", 0, () => Promise.resolve(new Uint8Array(0)))).rejects.toMatchObject({ code: "HTL_RECORDING_WORKER_FAILED" });
  expect(await engine.decodeBlock("x", 0, () => Promise.resolve(new Uint8Array(0)))).toHaveLength(4);
});
