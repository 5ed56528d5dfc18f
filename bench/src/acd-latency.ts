import { fork } from "node:child_process";
import { createSocket } from "node:dgram";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { message } from "./message.js";

export interface LatencyRow {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly note: string;
  readonly goal: string;
}

const here = dirname(fileURLToPath(import.meta.url));
const SAMPLES = 400;

/** How fast an agent's phone rings, over real SIP at the peers' own sockets: an idle agent, and one who has just hung up while callers wait. */
export async function measureLatency(freePort: () => Promise<number>): Promise<LatencyRow[]> {
  const [sipPort, phonePort] = [await freePort(), await freePort()];
  const subject = fork(join(here, "acd-subject.js"), [String(sipPort), String(phonePort), "1"], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const stopped = new Promise((resolve) => subject.once("exit", resolve));
  try {
    await message(subject, (text) => text === "ready");
    const bare = await echo();
    const peers = fork(join(here, "acd-peers.js"), [String(sipPort), String(phonePort), String(SAMPLES)], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    await message(peers, (text) => text === "ready");
    const answer = message(peers, (text) => typeof text === "object");
    peers.send("go");
    const measured = (await answer) as { idle: number[]; busy: number[] } | { error: string };
    if ("error" in measured) throw new Error(`the ACD's latency could not be measured: ${measured.error}`);
    const row = (what: string, spans: number[], goal: string): LatencyRow => {
      spans.sort((a, b) => a - b);
      const at = (share: number): number => spans[Math.min(spans.length - 1, Math.floor(spans.length * share))] ?? Number.NaN;
      return { what, value: at(0.5), unit: "ms p50", goal, note: `p99 ${at(0.99).toFixed(1)} ms, ${spans.length} calls; a datagram echoed by another socket of one process takes ${bare.toFixed(2)} ms p50` };
    };
    return [row("ACD over SIP: caller's INVITE to the idle agent's INVITE", measured.idle, "<= 3 ms"), row("ACD over SIP: agent's BYE to the next INVITE, callers waiting, no wrap-up", measured.busy, "<= 5 ms")];
  } finally {
    subject.send("stop");
    await stopped;
  }
}

/** What the machine takes for one datagram there and back at this moment. */
async function echo(): Promise<number> {
  const [a, b] = [createSocket("udp4"), createSocket("udp4")];
  await Promise.all([a, b].map((socket) => new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve))));
  b.on("message", (data, from) => b.send(data, from.port, from.address));
  const spans: number[] = [];
  for (let n = 0; n < 300; n++) {
    const at = performance.now();
    await new Promise((resolve) => {
      a.once("message", resolve);
      a.send(Buffer.alloc(800), b.address().port, "127.0.0.1");
    });
    spans.push(performance.now() - at);
  }
  a.close();
  b.close();
  return spans.sort((x, y) => x - y)[150] ?? Number.NaN;
}
