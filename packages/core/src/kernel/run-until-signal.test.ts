import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createHotline, type Hotline } from "../create-hotline.js";
import type { Logger } from "../log/logger.js";
import { createSilentLogger } from "../log/pino-logger.js";
import { VirtualClock } from "../time/virtual-clock.js";
import { runUntilSignal } from "./run-until-signal.js";

let dataDir: string;
let signals: EventEmitter;
let logged: string[];
let printed: string[];
let hotline: Hotline;
let clock: VirtualClock;
let exit: Promise<number>;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "hotline-signal-"));
  signals = new EventEmitter();
  logged = [];
  printed = [];
  clock = new VirtualClock();
  const silent = createSilentLogger();
  const logger: Logger = { ...silent, child: () => logger, error: (fields: unknown) => void logged.push((fields as { err: Error }).err.message) };
  hotline = createHotline({ dataDir, plugins: [], logger });
  const ready = new Promise<void>((resolve) => {
    exit = runUntilSignal(hotline, { process: signals, clock, print: () => resolve(), printError: (line) => void printed.push(line) });
  });
  await ready;
});
afterEach(async () => {
  await hotline.stop({ drain: false });
  rmSync(dataDir, { recursive: true, force: true });
});

it("an error that nobody caught ends no hotline: it is logged", async () => {
  signals.emit("unhandledRejection", new Error("a promise without a handler"));
  signals.emit("uncaughtException", new Error("a throw out of a timer"));
  expect(logged).toEqual(["a promise without a handler", "a throw out of a timer"]);
  expect(hotline.state).toBe("running");
  signals.emit("SIGTERM");
  expect(await exit).toBe(0);
  expect(signals.eventNames()).toEqual([]);
});

it("fifty within ten seconds end it in order, for its supervisor to start it anew", async () => {
  for (let n = 1; n <= 60; n++) {
    signals.emit("uncaughtException", new Error(`error ${n}`));
    await clock.advance(250);
  }
  expect([hotline.state, printed]).toEqual(["running", []]);
  for (let n = 1; n <= 60; n++) signals.emit("uncaughtException", new Error("again"));
  expect(await exit).toBe(1);
  expect(hotline.state).toBe("stopped");
  expect(printed).toEqual([expect.stringMatching(/^HTL_CORE_UNCAUGHT_STORM: 50 errors within 10 s .*again/)]);
});
