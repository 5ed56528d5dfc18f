import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { Example } from "./example.js";

interface Health {
  readonly plugins: readonly { readonly name: string; readonly details?: unknown }[];
}

/** What calls make and should take away again. */
export type Holdings = Readonly<Record<"udpSockets" | "descriptors" | "sessions" | "dialogs" | "invites" | "transactions" | "sipTimers" | "legs" | "workerLegs" | "captures" | "workerCommands", number>>;

/** Everything of `Holdings` that the process has now: sockets as the kernel counts them, the rest as the hotline tells in its health. */
export async function holdings(example: Example): Promise<Holdings> {
  const { plugins } = await example.get<Health>("/api/health");
  const details = <T>(name: string): T => plugins.find((plugin) => plugin.name === name)?.details as T;
  const { stack } = details<{ stack: Readonly<Record<string, number>> }>("sip");
  const { legs, workers } = details<{ legs: number; workers: readonly { held: number; ready: number; captures: number; waiting: number }[] }>("media");
  const pid = example.process.pid ?? 0;
  const descriptors = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return []; // closed since it was listed
    }
  });
  const udp = new Set(["udp", "udp6"].flatMap((kind) => readFileSync(`/proc/${pid}/net/${kind}`, "utf8").split("\n").slice(1).map((line) => `socket:[${line.trim().split(/\s+/)[9] ?? ""}]`)));
  const sum = (key: "held" | "ready" | "captures" | "waiting"): number => workers.reduce((total, worker) => total + worker[key], 0);
  const count = (...names: readonly string[]): number => names.reduce((total, name) => total + (stack[name] ?? Number.NaN), 0);
  return {
    // Those kept ready for the next calls are no one's.
    udpSockets: descriptors.filter((link) => udp.has(link)).length - 2 * sum("ready"),
    descriptors: descriptors.length,
    sessions: count("sessions"),
    dialogs: count("dialogs"),
    invites: count("incomingInvites", "outgoingInvites"),
    transactions: count("clientTransactions", "serverTransactions"),
    sipTimers: count("timers"),
    legs,
    workerLegs: sum("held"),
    captures: sum("captures"),
    workerCommands: sum("waiting"),
  };
}

/** Resident memory, MB. */
export function residentMb(example: Example): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${example.process.pid}/status`, "utf8"))?.[1] ?? 0) / 1_024;
}
