import { fork, type ChildProcess } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { message } from "./message.js";

/** One baseline figure: CPU-ms of a process that does nothing but move the datagrams of the unit. */
export interface Baseline {
  readonly value: number;
  readonly note: string;
}

const here = dirname(fileURLToPath(import.meta.url));
const MEASURED_MS = 6_000;

/**
 * The relay of the two-party rows without any processing: as many pairs, packets and bytes.
 *
 * @returns CPU-ms per pair and second.
 */
export function relayBaseline(pairs: number): Promise<Baseline> {
  return measure("relay", pairs, (ports) => ["relay", ports.join(",")], (answers) => answers / 100, `${pairs} pairs`);
}

/**
 * The datagrams of a call without SIP: three come in, three go out.
 *
 * @returns CPU-ms per call.
 */
export function echoBaseline(callsPerSecond: number): Promise<Baseline> {
  return measure("echo", 1, (ports) => ["echo", ports.join(","), String(callsPerSecond)], (answers) => answers / 3, `${callsPerSecond} calls/s`);
}

/**
 * How fast this machine computes at the moment: a congruential generator, optimised by the compiler before it counts.
 *
 * @returns CPU-ms for 100 million steps.
 */
export function computeBaseline(): number {
  const steps = (count: number): number => {
    let x = 1;
    for (let i = 0; i < count; i++) x = (Math.imul(x, 31) + i) | 0;
    return x;
  };
  let kept = steps(10_000_000);
  const before = process.cpuUsage();
  kept ^= steps(100_000_000);
  const { user, system } = process.cpuUsage(before);
  // Its result is used, so that the loop is not left out.
  return (user + system) / 1_000 + (kept === 0.5 ? 1 : 0);
}

async function measure(kind: string, count: number, load: (ports: readonly number[]) => readonly string[], units: (answers: number) => number, what: string): Promise<Baseline> {
  const subject = fork(join(here, "baseline-subject.js"), [kind, String(count)], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  try {
    const { ports } = (await message(subject, () => true)) as { ports: number[] };
    const driver = fork(join(here, "baseline-driver.js"), [...load(ports)], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    try {
      await sleep(2_000);
      const before = await ask(subject, driver);
      await sleep(MEASURED_MS);
      const after = await ask(subject, driver);
      const moved = units(after.answers - before.answers);
      return { value: (after.cpuMs - before.cpuMs) / moved, note: `${what}, ${after.answers - before.answers} datagrams in ${MEASURED_MS / 1_000} s` };
    } finally {
      await ended(driver, () => driver.disconnect());
    }
  } finally {
    await ended(subject, () => subject.send("stop"));
  }
}

async function ask(subject: ChildProcess, driver: ChildProcess): Promise<{ cpuMs: number; answers: number }> {
  const usage = message(subject, () => true);
  const counts = message(driver, () => true);
  subject.send("usage");
  driver.send("counts");
  return { cpuMs: ((await usage) as { cpuMs: number }).cpuMs, answers: ((await counts) as { answers: number }).answers };
}

function ended(child: ChildProcess, end: () => void): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    end();
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
