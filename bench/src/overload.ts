import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cpus } from "node:os";
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
