/*
 * npm run bench: what a call costs. CPU time of the subject's process per unit of work, so that a
 * busy machine makes the figures later rather than larger. A machine whose processors are shared
 * still makes them larger: the baseline rows tell by how much. Each row says what drove it.
 */
import { fork } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { measureAcd, measurePlacements } from "./acd-decisions.js";
import { measureLatency } from "./acd-latency.js";
import { measureAcdLoad } from "./acd-load.js";
import { measureSimulator } from "./simulator.js";
import { computeBaseline, echoBaseline, relayBaseline } from "./baseline.js";
import { measureOverload, measureSoundOverload, overloadPossible } from "./overload.js";
import { runGenerator } from "./generator.js";
import { message } from "./message.js";
import { openArrivals } from "./arrivals.js";
import { runSipp, type Load, type LoadResult } from "./sipp-load.js";
import { withWebRtcLegs } from "./webrtc-load.js";

interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly goal?: string;
  /** The baseline figure this one is to be read against. */
  readonly baseline?: number | undefined;
  readonly drivenBy: string;
  readonly note?: string;
}

interface Usage {
  readonly cpuMs: number;
  readonly rss: number;
  readonly active: number;
}

const here = dirname(fileURLToPath(import.meta.url));
const sippPresent = existsSync("/usr/bin/sipp");
const drivenBy = sippPresent ? "SIPp" : "in-repo generator";
const rows: Row[] = [];
/** Set by the baseline row, where it was asked for. */
const bare: { call?: number; callSecond?: number } = {};

const drive = (load: Load): Promise<LoadResult> => (sippPresent ? runSipp(load) : runGenerator(load));

/** The subject's process for the length of `measure`. */
async function withSubject<T>(measure: (subject: { sipPort: number; pid: number; usage(what?: "usage" | "memory"): Promise<Usage>; /** Resolves when its main thread begins to compute for 500 ms. */ block(): Promise<void> }) => Promise<T>): Promise<T> {
  const sipPort = await freePort();
  const child = fork(join(here, "subject.js"), [String(sipPort), "20000-29999"], { execArgv: ["--expose-gc"], stdio: ["ignore", "inherit", "inherit", "ipc"] });
  try {
    await message(child, (text) => text === "ready");
    const usage = async (what: "usage" | "memory" = "usage"): Promise<Usage> => {
      const answer = message(child, (text) => typeof text === "object");
      child.send(what);
      return (await answer) as Usage;
    };
    const block = async (): Promise<void> => {
      const begun = message(child, (text) => text === "blocking");
      child.send("block");
      await begun;
    };
    return await measure({ sipPort, pid: child.pid as number, usage, block });
  } finally {
    child.send("stop");
    await new Promise((resolve) => child.once("exit", resolve));
  }
}

/** A UDP port nobody listens on: another hotline on this machine may be at any fixed one. */
function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(0, "127.0.0.1", () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function signalling(rate: number, goal: string): Promise<void> {
  const calls = rate * 20;
  await withSubject(async ({ sipPort, usage }) => {
    await drive({ sipPort, number: "answer", calls: 3_000, rate: 300, holdMs: 0, stream: false }); // ten seconds: until then the compiler is still at work
    const before = await usage();
    const result = await drive({ sipPort, number: "answer", calls, rate, holdMs: 0, stream: false });
    const after = await usage();
    rows.push({ what: `signalling only, INVITE-200-ACK-BYE at ${rate} calls/s`, value: (after.cpuMs - before.cpuMs) / result.successful, unit: "CPU-ms/call", goal, baseline: bare.call, drivenBy, note: `${result.successful} of ${calls} calls, ${result.failed} failed, ${(result.successful / result.seconds).toFixed(0)} calls/s ${result.errors.split("\n")[0] ?? ""}`.trim() });
  });
}

/** CPU per call-second while `calls` calls are up, measured over the middle of their life. */
async function held(what: string, number: string, calls: number, stream: boolean, goal: string, perCall: number, wideband = false): Promise<void> {
  await withSubject(async ({ sipPort, usage }) => {
    const running = drive({ sipPort, number, calls, rate: 50, holdMs: (calls / 50) * 1_000 + 36_000, stream, wideband });
    // Until then the compiler is still at work, and the collector tidies up once after the start.
    await sleep((calls / 50) * 1_000 + 22_000);
    const before = await usage();
    const started = performance.now();
    await sleep(10_000);
    const after = await usage();
    const seconds = (performance.now() - started) / 1_000;
    const result = await running;
    const units = (Math.min(before.active, after.active) / perCall) * seconds;
    rows.push({ what, value: (after.cpuMs - before.cpuMs) / units, unit: "CPU-ms/call-second", goal, baseline: stream ? bare.callSecond : undefined, drivenBy: `${drivenBy}${stream ? " (signalling and RTP both ways)" : ""}`, note: `${after.active / perCall} calls up, ${fate(result)}` });
  });
}

/** Of a pair the second leg may be hung up by the hotline, when the first goes, before SIPp does so; SIPp counts that as a failure. */
function fate({ failed, hungUp }: LoadResult): string {
  return `${failed - hungUp} failed${hungUp === 0 ? "" : `, ${hungUp} legs hung up by the hotline after their partner`}`;
}

async function memory(): Promise<void> {
  await withSubject(async ({ sipPort, usage }) => {
    await drive({ sipPort, number: "answer", calls: 200, rate: 100, holdMs: 0, stream: false });
    const before = await usage("memory");
    const running = drive({ sipPort, number: "answer", calls: 500, rate: 100, holdMs: 12_000, stream: false });
    await sleep(9_000);
    const after = await usage("memory");
    await running;
    rows.push({ what: "memory of an answered, silent call", value: (after.rss - before.rss) / 1_024 / after.active, unit: "kB/call", goal: "<= 100 (Asterisk 220)", drivenBy, note: `${after.active} calls up` });
  });
}

/** CPU per WebRTC leg and second: DTLS-SRTP both ways, each leg in a bridge with another or hearing a prompt. */
async function webRtc(what: string, number: string, legs: number): Promise<void> {
  await withSubject(({ sipPort, usage }) =>
    withWebRtcLegs(sipPort, number, legs, async (peers) => {
      await sleep(10_000); // until then the compiler is still at work
      const [before, first] = [await usage(), await peers.counts()];
      const started = performance.now();
      await sleep(10_000);
      const [after, last] = [await usage(), await peers.counts()];
      const seconds = (performance.now() - started) / 1_000;
      const each = (packets: number): string => (packets / legs / seconds).toFixed(1);
      rows.push({ what, value: (after.cpuMs - before.cpuMs) / legs / seconds, unit: "CPU-ms/leg-second", goal: "<= 7", drivenBy: "in-repo WebRTC callers, DTLS by OpenSSL", note: `${after.active} legs up, per leg and second ${each(last.spoken - first.spoken)} packets said and ${each(last.received - first.received)} heard` });
    }),
  );
}

/**
 * How evenly 200 prompts arrive, and whether a main thread that computes makes it worse: it does so for 500 ms in every second, and both
 * halves are counted in turn. A beat that comes late shows in two intervals of each call, so one in 200 of them makes the p99: short runs
 * tell nothing.
 */
async function deviation(): Promise<void> {
  const arrivals = await openArrivals();
  if (arrivals === undefined) {
    process.stderr.write("skipped: python3, which tells the kernel's time of arrival, is not installed\n");
    return;
  }
  const calls = 200;
  const turns = 40;
  const row = async (heading: string, what: string, goal: string): Promise<void> => {
    const { packets, senders, p50, p99, max } = await arrivals.tell(heading);
    rows.push({ what, value: p99, unit: "ms, p99", goal, drivenBy: `${drivenBy}, arrival by the kernel's clock`, note: `p50 ${p50.toFixed(2)} ms, largest ${max.toFixed(1)} ms, ${packets} packets of ${senders} calls, in ${turns} parts of a second` });
  };
  const noted = async (heading: string): Promise<void> => {
    arrivals.note(heading);
    await sleep(440);
    arrivals.pause();
  };
  try {
    await withSubject(async ({ sipPort, block }) => {
      const running = drive({ sipPort, number: "prompt", calls, rate: 50, holdMs: 14_000 + turns * 1_050, stream: false, mediaPort: arrivals.port });
      await sleep((calls / 50) * 1_000 + 10_000);
      for (let i = 0; i < turns; i++) {
        await noted("free");
        await block();
        await noted("blocked");
        await sleep(120); // the rest of the blocking, and what waited for its end
      }
      await row("free", `deviation between packets, ${calls} prompts`, "<= 3 (Asterisk 1.0)");
      await row("blocked", `deviation between packets, ${calls} prompts, main thread blocked`, "no worse");
      const { successful, errors } = await running;
      if (successful < calls) throw new Error(`${successful} of ${calls} calls: ${errors}`);
    });
  } finally {
    await arrivals.close();
  }
}

/** Whether a call costs the same among many as among few. */
async function flatness(): Promise<void> {
  const first = rows.length;
  for (const calls of [50, 100, 200, 500]) await held(`a prompt of speech, ${calls} callers`, "prompt", calls, false, "", 1);
  const [few, , , many] = rows.slice(first);
  if (few !== undefined && many !== undefined) rows.push({ what: "cost of a call among 500 to that among 50", value: many.value / few.value, unit: "times", goal: "<= 1.1", drivenBy });
}

/** What this machine, as busy as it is now, takes for the datagrams alone: the other rows are to be read against these. */
async function baseline(): Promise<void> {
  rows.push({ what: "baseline: 100 million steps of integer arithmetic", value: computeBaseline(), unit: "CPU-ms", drivenBy: "in-process loop", note: "what the machine computes, without the kernel" });
  const echo = await echoBaseline(300);
  bare.call = echo.value;
  rows.push({ what: "baseline: 3 datagrams of 600 octets echoed per call", value: echo.value, unit: "CPU-ms/call", drivenBy: "in-repo sender", note: echo.note });
  const relay = await relayBaseline(50);
  bare.callSecond = relay.value;
  rows.push({ what: "baseline: RTP packets passed on unread, two parties", value: relay.value, unit: "CPU-ms/call-second", drivenBy: "in-repo sender", note: relay.note });
}

const all: readonly (readonly [string, () => Promise<void>])[] = [
  ["baseline", baseline],
  ["signalling", () => signalling(300, "(Asterisk 1.4)")],
  ["signalling-800", () => signalling(800, "<= 0.9, no call fails")],
  [
    "overload",
    async () => {
      if (overloadPossible()) for (const row of await measureOverload(withSubject)) rows.push({ ...row, drivenBy: "SIPp" });
      else process.stderr.write("skipped: overload needs SIPp, taskset and two processors\n");
    },
  ],
  [
    "sound-overload",
    async () => {
      const arrivals = overloadPossible() ? await openArrivals() : undefined;
      if (arrivals === undefined) return void process.stderr.write("skipped: sound-overload needs SIPp, taskset, python3 and two processors\n");
      for (const row of await measureSoundOverload(withSubject, arrivals)) rows.push({ ...row, drivenBy: "SIPp, arrival by the kernel's clock" });
      await arrivals.close();
    },
  ],
  ["prompt", () => held("a prompt of speech, 200 callers", "prompt", 200, false, "<= 0.45", 1)],
  ["prompt-g722", () => held("a prompt of speech in G.722, 100 callers", "prompt", 100, false, "", 1, true)],
  ["relay", () => held("two parties relayed, 50 calls", "pair", 100, true, "<= 1.0", 2)],
  ["capture", () => held("two parties relayed and captured, 50 calls", "pair-capture", 100, true, "<= 1.2", 2)],
  ["webrtc", () => webRtc("WebRTC legs bridged by two, 40 legs", "pair", 40)],
  ["webrtc-prompt", () => webRtc("WebRTC legs that hear a prompt and speak, 40 legs", "prompt", 40)],
  ["deviation", deviation],
  ["flatness", flatness],
  ["memory", memory],
  [
    "acd",
    async () => {
      for (const row of [await measureAcd(), ...measurePlacements()]) rows.push({ ...row, drivenBy: "in-process loop" });
    },
  ],
  [
    "acd-latency",
    async () => {
      for (const row of await measureLatency(freePort)) rows.push({ ...row, drivenBy: "in-repo SIP generator, process of its own" });
    },
  ],
  ["acd-load", async () => void rows.push({ ...(await measureAcdLoad(freePort)), drivenBy: "in-repo SIP generator, process of its own" })],
  ["simulator", async () => void rows.push({ ...(await measureSimulator()), drivenBy: "in-process loop" })],
];

const startLoad = loadavg()[0] ?? 0;
const wanted = process.argv.slice(2);
for (const [name, run] of all) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stderr.write(`${name} ...\n`);
  await run();
}
const table = ["| measured | value | unit | goal | of baseline | driven by | note |", "|---|---|---|---|---|---|---|", ...rows.map((row) => `| ${row.what} | ${row.value < 10 ? row.value.toFixed(2) : Math.round(row.value)} | ${row.unit} | ${row.goal ?? ""} | ${row.baseline === undefined ? "" : `${(row.value / row.baseline).toFixed(2)} x`} | ${row.drivenBy} | ${row.note ?? ""} |`)].join("\n");
const machine = `${cpus()[0]?.model.trim() ?? "unknown CPU"} x ${cpus().length}, Node ${process.version}, load average ${startLoad.toFixed(1)} at the start and ${(loadavg()[0] ?? 0).toFixed(1)} at the end (one to two of it is this bench)`;
process.stdout.write(`${machine}\n\n${table}\n`);
if (wanted.length === 0) {
  const results = join(here, "../results");
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, "bench.md"), `# npm run bench\n\n${new Date().toISOString().slice(0, 10)}, ${machine}\n\n${table}\n`);
}
