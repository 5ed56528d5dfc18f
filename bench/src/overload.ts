import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cpus } from "node:os";
import type { Arrivals } from "./arrivals.js";
import { runOverload, runSipp } from "./sipp-load.js";

/** Calls offered a second: some the hotline follows, and more than one processor can serve. */
const RATES = [600, 800, 1_000, 1_500, 2_500];
const SECONDS = 10;

export interface OverloadRow {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: string;
  readonly note: string;
}

/** Whether the hotline can be kept to one processor and SIPp to another. */
export const overloadPossible = (): boolean => existsSync("/usr/bin/sipp") && existsSync("/usr/bin/taskset") && cpus().length > 1;

/** Calls answered a second while more come than can be served: they must not sink. A hotline of its own for each rate. */
export async function measureOverload(withSubject: (measure: (subject: { sipPort: number; pid: number }) => Promise<void>) => Promise<void>): Promise<OverloadRow[]> {
  const rows: OverloadRow[] = [];
  for (const rate of RATES) {
    await withSubject(async ({ sipPort, pid }) => {
      execFileSync("taskset", ["-a", "-c", "-p", "0", String(pid)], { stdio: "ignore" });
      const load = { sipPort, number: "answer", holdMs: 0, stream: false, cpu: 1 };
      await runSipp({ ...load, calls: 3_000, rate: 300 }); // the compiler's
      const { answered, refused, lost, seconds, waits } = await runOverload({ ...load, calls: rate * SECONDS, rate });
      const wait = (share: number): number => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? Number.NaN;
      rows.push({
        what: `calls answered of ${rate} a second on one processor`,
        value: answered / seconds,
        unit: "calls/s",
        goal: "does not sink as more come",
        note: `${refused} of ${rate * SECONDS} refused by 503, ${lost} lost; first answer after ${wait(0.5)} ms p50, ${wait(0.99)} ms p99`,
      });
    });
  }
  return rows;
}

/** Callers of a prompt in G.722, which costs ten times what A-law does: more than one processor can encode for. */
const LISTENERS = 1_000;
const LISTENERS_A_SECOND = 40;
/** Those who come within so long are measured in the middle of it. */
const LISTENING_MS = 45_000;

/** How evenly the sound of those comes who were let in, while more call than there is sound for. */
export async function measureSoundOverload(withSubject: (measure: (subject: { sipPort: number; pid: number }) => Promise<void>) => Promise<void>, arrivals: Arrivals): Promise<OverloadRow[]> {
  const rows: OverloadRow[] = [];
  await withSubject(async ({ sipPort, pid }) => {
    execFileSync("taskset", ["-a", "-c", "-p", "0", String(pid)], { stdio: "ignore" });
    const running = runOverload({ sipPort, number: "prompt", calls: LISTENERS, rate: LISTENERS_A_SECOND, holdMs: LISTENING_MS, stream: false, wideband: true, mediaPort: arrivals.port, cpu: 1 });
    // All have called, none has hung up.
    await new Promise((resolve) => setTimeout(resolve, (LISTENERS / LISTENERS_A_SECOND) * 1_000 + 2_000));
    arrivals.note("all");
    await new Promise((resolve) => setTimeout(resolve, 15_000));
    arrivals.pause();
    const { packets, senders, p50, p99, max } = await arrivals.tell("all");
    const { answered, refused, lost } = await running;
    rows.push({
      what: `deviation between packets, ${LISTENERS} callers of a G.722 prompt on one processor`,
      value: p99,
      unit: "ms, p99",
      goal: "<= 40: who is let in hears well",
      note: `${answered} let in, ${refused} refused by 503, ${lost} lost; p50 ${p50.toFixed(2)} ms, largest ${max.toFixed(1)} ms, ${packets} packets of ${senders} calls`,
    });
  });
  return rows;
}
