import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BLOBS, READ_POOL } from "@hotlinejs/core";
import type { TestHotline } from "@hotlinejs/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { RECORDINGS } from "../src/index.js";
import { tone } from "./capture-writer.js";
import { captureFiles, fillCapture, startRecording, until } from "./recording-hotline.js";

let dataDir: string;
let test: TestHotline;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "retention-"));
});
afterEach(async () => {
  await test.close();
  rmSync(dataDir, { recursive: true, force: true });
});

it("a recording is removed with its blob after its time, also when a ticket has it", async () => {
  test = await startRecording({ dataDir }, { retentionDays: 2 });
  const caller = await test.dial("12333");
  fillCapture(dataDir, { left: tone(440, 8000), right: tone(440, 8000) });
  await caller.hangup();
  const rows = (): Promise<{ id: string; state: string; opus_blob_id: string }[]> => test.services.get(READ_POOL).read((em) => em.execute("select * from recording_recording"));
  await until(test, async () => (await rows())[0]?.state === "compressed");
  const [row] = await rows();
  await test.services.get(RECORDINGS).attach(row?.id ?? "", "t1");
  await test.advance(86_400_000);
  expect(await rows()).toHaveLength(1);
  await test.advance(2 * 86_400_000);
  await until(test, async () => (await rows()).length === 0);
  expect(await test.services.get(BLOBS).info(row?.opus_blob_id ?? "")).toBeUndefined();
  expect(captureFiles(dataDir)).toEqual([]);
});
