import { requestThreadRealtime, udpBatchMissing } from "@hotlinejs/udp-batch";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { MediaBench, until } from "./engine-setup.js";

const LINE = pathToFileURL(join(import.meta.dirname, "line-part.mjs")).href;
/** Field 41 of proc(5) stat: SCHED_RR. */
const ROUND_ROBIN = "2";

/** Threads of this process with real-time turns. */
function realtimeThreads(): number {
  return readdirSync("/proc/self/task").filter((thread) => readFileSync(`/proc/self/task/${thread}/stat`, "latin1").split(") ").at(-1)?.split(" ")[38] === ROUND_ROBIN).length;
}

/** Whether the system lets; this thread gives them back. */
function granted(): boolean {
  const answer = requestThreadRealtime(1);
  requestThreadRealtime(0);
  return answer;
}

// Without the addon nothing can be asked for, and without the right to it (root, CAP_SYS_NICE, RLIMIT_RTPRIO) it is refused: then health says so.
test.skipIf(udpBatchMissing() !== undefined)("a media thread has real-time turns where the system lets, and health tells; the threads it starts, and the main thread, have none", async () => {
  const allowed = granted();
  expect(realtimeThreads()).toBe(0);
  const bench = await MediaBench.start();
  try {
    const [health] = await bench.engine.health();
    expect(health?.realtime).toBe(allowed);
    expect(realtimeThreads()).toBe(allowed ? 1 : 0);
  } finally {
    await bench.stop();
  }
});

// With them, in a loop, it would leave the main thread of a machine of one processor a twentieth of it, for ever where it hangs in native code.
test.skipIf(udpBatchMissing() !== undefined || !granted())("a media thread that hangs has lost them before it is found to hang", { timeout: 30_000 }, async () => {
  const bench = await MediaBench.start();
  try {
    const line = await bench.engine.createLineLeg({ part: { module: LINE } });
    await bench.engine.health();
    expect(realtimeThreads()).toBe(1);
    line.post({ hang: true });
    await until(() => realtimeThreads() === 0);
    expect(bench.engine.slots[0]?.failures).toEqual({ died: 0, hung: 0 });
    await until(() => bench.engine.slots[0]?.failures.hung === 1);
  } finally {
    await bench.stop();
  }
});

test.skipIf(udpBatchMissing() !== undefined)("and goes by its nice where that is wanted", async () => {
  const bench = await MediaBench.start({ threadRealtime: false });
  try {
    const [health] = await bench.engine.health();
    expect(health?.realtime).toBe(false);
    expect(realtimeThreads()).toBe(0);
  } finally {
    await bench.stop();
  }
});
