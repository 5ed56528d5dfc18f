import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { SystemClock } from "../src/time/system-clock.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { crashEvents, wireWork } from "./crash-work.js";
import { onBothDatabases, type TestData } from "./data-layers.js";

const here = dirname(fileURLToPath(import.meta.url));
// Below the repository's node_modules, so that the child finds its dependencies.
const outDir = join(here, "../../../node_modules/.cache", `hotline-crash-${process.pid}`);
let child = "";

beforeAll(async () => {
  await build({ configFile: false, logLevel: "silent", build: { ssr: join(here, "crash-child.ts"), outDir, emptyOutDir: true, target: "node20", rollupOptions: { output: { entryFileNames: "child.mjs", format: "es" } } } });
  child = join(outDir, "child.mjs");
}, 120_000);
afterAll(() => rm(outDir, { recursive: true, force: true }));

function numbers(notes: string, file: string): number[] {
  const path = join(notes, file);
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean).map(Number) : [];
}

/** Lets a process work on the data and kills it in the middle, some time after so many commits. */
async function workAndDie(data: TestData, notes: string, first: number, commits: number): Promise<void> {
  const before = numbers(notes, "committed").length;
  const process_ = spawn(process.execPath, [child, data.dataDir, data.databaseUrl ?? "-", notes, String(first)], { stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  process_.stderr.on("data", (text: Buffer) => (errors += text.toString()));
  const exited = once(process_, "exit");
  while (numbers(notes, "committed").length < before + commits) {
    if (process_.exitCode !== null) throw new Error(`the child ended by itself: ${errors}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await new Promise((resolve) => setTimeout(resolve, commits % 17));
  process_.kill("SIGKILL");
  await exited;
  expect(errors).toBe("");
}

onBothDatabases("killed in the middle", (fresh) => {
  test("what was committed happens, at least once and hardly ever twice; the rest never", async () => {
    const data = await fresh();
    const notes = await mkdtemp(join(tmpdir(), "hotline-notes-"));
    try {
      const kills = [1, 60, 25];
      for (const [i, commits] of kills.entries()) await workAndDie(data, notes, i * 100_000, commits);

      // The lock of the dead is no obstacle, and nobody has to be told to go on.
      const made = data.layer({ eventDefinitions: () => crashEvents, clock: new SystemClock() });
      wireWork(made.layer, notes);
      await made.layer.open([], []);
      await made.layer.start();
      await made.activity.idle();

      const rows = await made.layer.readPool.read((em) => em.execute<{ key: string }[]>("select key from core_state where key like 'n%'"));
      const stored = rows.map((row) => Number(row.key.slice(1))).sort((a, b) => a - b);
      const committed = numbers(notes, "committed");
      expect(stored).toEqual(expect.arrayContaining(committed));

      const consumed = numbers(notes, "consumed");
      expect([...new Set(consumed)].sort((a, b) => a - b)).toEqual(stored);
      // A crash repeats no more than the batch in hand.
      expect(consumed.length - stored.length).toBeLessThanOrEqual(kills.length * 50);
      // First deliveries are in the order of the log.
      const log = await made.layer.readPool.read((em) => em.execute<{ payload: string }[]>("select payload from core_outbox order by position"));
      expect([...new Set(consumed)]).toEqual(log.map((row) => (JSON.parse(row.payload) as { n: number }).n));

      const ran = numbers(notes, "ran");
      expect([...new Set(ran)].sort((a, b) => a - b)).toEqual(stored);
      // No more than what ran at the moment of the kill, plus what had ended and was being stored.
      expect(ran.length - stored.length).toBeLessThanOrEqual(kills.length * 8);
      expect(await made.layer.jobs.stats()).toEqual({ waiting: 0, running: 0, failed: 0 });

      for (const id of readFileSync(join(notes, "blobs"), "utf8").split("\n").filter(Boolean)) expect(await made.layer.blobs.info(id)).toMatchObject({ size: 600_000 });
    } finally {
      await rm(notes, { recursive: true, force: true });
    }
  }, 60_000);
});
