import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CALL_PIPELINE, definePlugin } from "@hotlinejs/core";
import type { CallHandler, Plugin } from "@hotlinejs/core";
import { createTestHotline } from "@hotlinejs/testing";
import type { TestHotline, TestHotlineOptions } from "@hotlinejs/testing";
import { z } from "zod";
import { recording } from "../src/index.js";
import { captureBytes } from "./capture-writer.js";
import type { CaptureSpec } from "./capture-writer.js";

/** A plugin that handles every call. */
export function handles(handler: (services: TestHotline["services"]) => CallHandler): Plugin {
  return definePlugin({
    name: "demo",
    version: "0.1.0",
    core: "*",
    requires: ["sip"],
    config: z.strictObject({}),
    register({ services, hooks }) {
      hooks.callRoute.tap(() => ({ handler: "demo", target: "x" }));
      services.get(CALL_PIPELINE).handler("demo", (session, plan) => handler(services)(session, plan));
    },
  })();
}

/** Answers and waits for the end. */
export const listens = handles(() => async ({ call }) => {
  await call.answer();
  await call.ended;
});

export function startRecording(options: Partial<TestHotlineOptions> = {}, config: Parameters<typeof recording>[0] = {}): Promise<TestHotline> {
  return createTestHotline({ ...options, plugins: [...(options.plugins ?? [listens]), recording(config)] });
}

export function captureFiles(dataDir: string): readonly string[] {
  return readdirSync(join(dataDir, "captures")).filter((name) => name.endsWith(".capture"));
}

/** The fake media engine records nothing: puts sound into the capture that runs. */
export function fillCapture(dataDir: string, spec: CaptureSpec, kind = "call"): string {
  const name = captureFiles(dataDir).find((each) => each.includes(`_${kind}_`));
  if (name === undefined) throw new Error("no capture is running");
  writeFileSync(join(dataDir, "captures", name), captureBytes(spec));
  return join(dataDir, "captures", name);
}

/** Jobs run in the worker thread's own time, not in the virtual one: waits for real. */
export async function until(test: TestHotline, what: () => Promise<boolean>, seconds = 15): Promise<void> {
  const deadline = process.hrtime.bigint() + BigInt(seconds) * 1_000_000_000n;
  while (!(await what())) {
    if (process.hrtime.bigint() > deadline) throw new Error("it did not happen");
    await test.advance(20);
    await new Promise((resolve) => process.nextTick(resolve));
  }
}
