import { fork } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LatencyRow } from "./acd-latency.js";
import { message } from "./message.js";

const here = dirname(fileURLToPath(import.meta.url));
const AGENTS = 60;
/** Calls per second; each agent talks for 0.8 s of each of its own, so that some two thirds are busy. */
const RATE = 40;
const SECONDS = 15;

interface Result {
  readonly calls: number;
  readonly spans: number[];
  readonly refused: string;
}

/** Whole calls: caller, queue, agent's telephone, both joined, hang-up, with all that is written of them. */
export async function measureAcdLoad(freePort: () => Promise<number>): Promise<LatencyRow> {
  const [sipPort, phonePort] = [await freePort(), await freePort()];
  const stdio = ["ignore", "inherit", "inherit", "ipc"] as const;
  const subject = fork(join(here, "acd-subject.js"), [String(sipPort), String(phonePort), String(AGENTS)], { stdio: [...stdio] });
  const stopped = new Promise((resolve) => subject.once("exit", resolve));
  try {
    await message(subject, (text) => text === "ready");
    const peers = fork(join(here, "acd-load-peers.js"), [String(sipPort), String(phonePort), String(RATE), String(SECONDS)], { stdio: [...stdio] });
    await message(peers, (text) => text === "ready");
    const cpuMs = async (): Promise<number> => {
      const answer = message(subject, (text) => typeof text === "object");
      subject.send("usage");
      return ((await answer) as { cpuMs: number }).cpuMs;
    };
    const run = async (): Promise<Result> => {
      const answer = message(peers, (text) => typeof text === "object");
      peers.send("go");
      return (await answer) as Result;
    };
    await run(); // the compiler's
    const before = await cpuMs();
    const { calls, spans, refused } = await run();
    const after = await cpuMs();
    peers.send("stop");
    spans.sort((a, b) => a - b);
    const at = (share: number): string => (spans[Math.min(spans.length - 1, Math.floor(spans.length * share))] ?? Number.NaN).toFixed(1);
    return { what: `ACD calls over SIP at ${RATE} a second, ${AGENTS} agents, answered by agents`, value: (after - before) / spans.length, unit: "CPU-ms/call", goal: "no call fails", note: `${spans.length} of ${calls} calls talked with an agent, whose telephone rang after ${at(0.5)} ms p50, ${at(0.99)} ms p99${refused === "" ? "" : `; refused ${refused}`}` };
  } finally {
    subject.send("stop");
    await stopped;
  }
}
