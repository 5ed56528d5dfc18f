import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { ensureWorkerBuilt } from "./built-worker.js";

test.skipIf(process.platform === "win32")("without file descriptors a leg is refused with 503 and a code that says what to do; who is there stays, and what is given back is used again", { timeout: 60_000 }, async () => {
  await ensureWorkerBuilt();
  const folder = await mkdtemp(join(tmpdir(), "hotline-descriptors-"));
  try {
    const min = 30_000 + Math.floor(Math.random() * 4_000) * 2;
    const script = join(import.meta.dirname, "few-descriptors.mjs");
    const { stdout } = await promisify(execFile)("/bin/sh", ["-c", 'ulimit -n 100; exec "$0" "$@"', process.execPath, script, folder, String(min), String(min + 3_999)]);
    const { made, ...rest } = JSON.parse(stdout) as Record<string, unknown>;
    expect(made).toBeGreaterThan(5);
    expect(rest).toEqual({ refused: { code: "HTL_MEDIA_NO_DESCRIPTORS", sip: 503 }, refusedCapture: "HTL_MEDIA_CAPTURE_FAILED", ended: 0, waiting: 0, failures: { died: 0, hung: 0 }, told: [expect.stringMatching(/^HTL_MEDIA_NO_DESCRIPTORS: a call got no sound: /)] });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
