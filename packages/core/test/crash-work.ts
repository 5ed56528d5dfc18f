import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { DataLayer } from "../src/db/data-layer.js";
import { defineEvent } from "../src/events/event-map.js";

declare module "../src/events/event-map.js" {
  interface EventMap {
    "crash.counted": { n: number };
  }
}

export const crashEvents = [defineEvent("crash.counted", { durable: true }), defineEvent("job.failed", { durable: true })];

/** The same work in the process that dies and in the one that goes on: every run leaves a line. */
export function wireWork(layer: DataLayer, notes: string): void {
  layer.events.forPlugin("crash").consume("counter", "crash.counted", ({ n }) => Promise.resolve(appendFileSync(join(notes, "consumed"), `${n}\n`)));
  layer.jobs.define<{ n: number }>("crash.job", {
    concurrency: 4,
    async handler({ n }) {
      appendFileSync(join(notes, "begun"), `${n}\n`);
      await new Promise((resolve) => setTimeout(resolve, n % 5));
      appendFileSync(join(notes, "ran"), `${n}\n`);
    },
  });
}
