import { readFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import type { ThreadScheduler } from "./thread-turns.js";

/** Hundredths of a second: what Linux counts the time of threads in, whatever the machine (USER_HZ). */
const JIFFY_MS = 10;

/** Blocks the thread on memory nobody else knows. */
export function threadSleep(): (ms: number) => void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  return (ms) => void Atomics.wait(cell, 0, 0, ms);
}

/**
 * Gives this thread a priority. On Linux that of process 0 is the calling thread's alone; elsewhere it would be the whole process's, so
 * nothing is done there, nor where the system does not let: the thread then competes as an equal, which health tells.
 */
export function setThreadNice(nice: number): void {
  if (process.platform !== "linux") return;
  try {
    setPriority(0, nice);
  } catch {
    return;
  }
}

/** CPU time of this thread, ms; `undefined` where the system does not tell it (proc(5): utime and stime of /proc/thread-self/stat). */
export function threadCpuMs(): number | undefined {
  try {
    const fields = readFileSync("/proc/thread-self/stat", "latin1").split(") ").at(-1)?.split(" ") ?? [];
    const ms = (Number(fields[11]) + Number(fields[12])) * JIFFY_MS;
    return Number.isFinite(ms) ? ms : undefined;
  } catch {
    return undefined;
  }
}

/** This thread's number in the system; 0 where the system does not tell it. */
export function threadNumber(): number {
  try {
    return Number.parseInt(readFileSync("/proc/thread-self/stat", "latin1"), 10) || 0;
  } catch {
    return 0;
  }
}

/** `undefined` where threads cannot ask: another system than Linux, or the udp-batch package could not be compiled. */
export async function threadScheduler(): Promise<ThreadScheduler | undefined> {
  const batch = await import("@hotlinejs/udp-batch").catch(() => undefined);
  return batch === undefined || batch.udpBatchMissing() !== undefined ? undefined : batch;
}

/** The thread's priority; 0 where threads have none. */
export function threadNice(): number {
  return process.platform === "linux" ? getPriority(0) : 0;
}
