import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { crashEvents, wireWork } from "./crash-work.js";
import { DataLayer } from "../src/db/data-layer.js";
import { ActivityCounter } from "../src/time/activity-counter.js";
import { SystemClock } from "../src/time/system-clock.js";
import { UuidIds } from "../src/time/uuid-ids.js";
import type { Logger } from "../src/log/logger.js";

/**
 * Works without an end until it is killed: units of work that each write a row, publish a durable
 * event and enqueue a job, and blobs that never end. Every commit is noted outside the database once
 * it was reported.
 *
 * Arguments: data folder, database URL or `-`, folder of the notes, first number.
 */
const [dataDir = "", databaseUrl = "-", notes = "", first = "0"] = process.argv.slice(2);
const quiet = (): void => undefined;
const log: Logger = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: (fields) => console.error(fields), fatal: quiet, child: () => log };
const clock = new SystemClock();
const ids = new UuidIds(clock);
const layer = new DataLayer({
  dataDir,
  databaseUrl: databaseUrl === "-" ? undefined : databaseUrl,
  clock,
  ids,
  activity: new ActivityCounter(),
  log,
  nodeId: "crash-child",
  timezone: "Asia/Shanghai",
  eventDefinitions: () => crashEvents,
});
wireWork(layer, notes);
await layer.open([], []);
await layer.start();

const endless = async function* () {
  for (;;) {
    yield Buffer.alloc(300_000, 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
void layer.blobs.put(Readable.from(endless()), { contentType: "audio/wav", owner: "crash" });
const whole = await layer.blobs.put(Buffer.alloc(600_000, 2), { contentType: "audio/wav", owner: "crash" });
appendFileSync(join(notes, "blobs"), `${whole.id}\n`);

let next = Number(first);
const worker = async (): Promise<void> => {
  for (;;) {
    const n = next++;
    await layer.unitOfWork.run(async (uow) => {
      await uow.em.execute("insert into core_state (key, value) values (?, ?)", [`n${n}`, "x"], "run");
      uow.publish("crash.counted", { n }, { aggregate: `a${n % 3}` });
      uow.enqueue({ name: "crash.job", payload: { n }, key: String(n) });
    });
    appendFileSync(join(notes, "committed"), `${n}\n`);
  }
};
await Promise.all([worker(), worker(), worker()]);
