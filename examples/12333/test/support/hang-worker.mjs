// Loaded into every thread of the example (NODE_OPTIONS --import): the media worker that finds the file of HOTLINE_TEST_HANG takes it away and loops for ever.
import { unlinkSync } from "node:fs";
import { setInterval } from "node:timers";
import { workerData } from "node:worker_threads";

const file = process.env.HOTLINE_TEST_HANG;
if (file !== undefined && workerData?.portTable !== undefined) {
  setInterval(() => {
    try {
      unlinkSync(file);
    } catch {
      return;
    }
    for (;;);
  }, 50);
}
