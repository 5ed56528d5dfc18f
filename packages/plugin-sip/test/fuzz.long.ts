import { createSocket } from "node:dgram";
import { performance } from "node:perf_hooks";
import fc from "fast-check";
import { SystemClock } from "@hotlinejs/core";
import { expect, it } from "vitest";
import { recordLongRun } from "../../../examples/12333/test/support/long-results.js";
import { createUserAgent, seededRandom, silentLog } from "../src/stack/index.js";
import { grammarCase } from "./fuzz/grammar.js";
import { HangGuard } from "./fuzz/hang-guard.js";
import { longRuns } from "./fuzz/long-runs.js";
import { fastest, type Fault, PIECE, runPiece, SLOW_MS } from "./fuzz/piece.js";

/**
 * Seeds to run, first and last: 2,000 are ten million cases. `HOTLINE_FUZZ_SEEDS=1-1000` and `1001-2000` share them between two
 * processes; `17-17` runs one again.
 */
const [FIRST = 1, LAST = 2_000] = (process.env.HOTLINE_FUZZ_SEEDS ?? "1-2000").split("-").map(Number);
const SOCKET_SECONDS = Number(process.env.HOTLINE_FUZZ_SECONDS ?? 30);
/** With so many there is enough to mend. */
const MOST_FAULTS = 20;
/** How long the stack keeps a call nobody speaks of any more, with the short timers used here, and more. */
const ALL_TIMERS_MS = 8_000;

it("no message makes the stack throw, loop, leak or stop answering", async () => {
  const guard = new HangGuard();
  const faults: Fault[] = [];
  const began = process.cpuUsage();
  let seed = FIRST;
  try {
    for (; seed <= LAST && faults.length < MOST_FAULTS; seed++) {
      for (const fault of await runPiece(seed, (at, index) => guard.enter(at, index))) {
        faults.push(fault);
        process.stderr.write(`FAULT seed ${fault.seed}, case ${fault.index}: ${fault.what}\n${fault.data}\n`);
      }
    }
  } finally {
    await guard.stop();
  }
  const { user, system } = process.cpuUsage(began);
  const cases = (seed - FIRST) * PIECE;
  recordLongRun(`fuzz sip, seeds ${FIRST} to ${LAST}`, `${cases} cases (grammar, mutations of RFC 4475 and 5118 and of each extension, within calls, answers), ${((user + system) / cases).toFixed(0)} CPU-µs each; ${faults.length === 0 ? "no crash, no hang, no case above 50 ms, nothing left behind" : `${faults.length} FAULTS`}`);
  expect(faults).toEqual([]);
});

it("a long run of anything at any place is read at once", () => {
  const slow: string[] = [];
  let cases = 0;
  for (const data of longRuns()) {
    cases++;
    const ms = fastest(data, 1);
    if (ms > SLOW_MS && fastest(data, 3) > SLOW_MS) slow.push(`${ms.toFixed(0)} ms: ${data.toString("latin1").replace(/(.{1,6}?)\1{50,}/gs, (_all, run: string) => `{${JSON.stringify(run)} ...}`)}`);
  }
  recordLongRun("fuzz sip, long runs", `${cases} messages with 30,000 octets of one thing in one place; ${slow.length === 0 ? `none takes ${SLOW_MS} ms to read` : `${slow.length} SLOW`}`);
  expect(slow).toEqual([]);
});

it("nor does a datagram that comes by a socket", async () => {
  const thrown: unknown[] = [];
  const onThrow = (error: unknown): void => void thrown.push(error);
  process.on("uncaughtException", onThrow);
  process.on("unhandledRejection", onThrow);
  const ua = createUserAgent({
    clock: new SystemClock(), transports: [{ kind: "udp", address: "127.0.0.1", port: 0 }], userAgentHeader: "fuzz", random: seededRandom(1), onInvite: (incoming) => void incoming.accept({ body: "v=0\r\n" }), onRequest: (incoming) => incoming.respond({ status: 200 }), timers: { t1: 20, t2: 80, t4: 100 },
    log: { ...silentLog, error: (message, fields) => void thrown.push({ message, fields }) },
  });
  await ua.start();
  const port = ua.endpoints[0]?.port ?? 0;
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const until = performance.now() + SOCKET_SECONDS * 1_000;
  let sent = 0;
  for (let seed = FIRST; performance.now() < until; seed++) {
    for (const data of fc.sample(grammarCase, { seed, numRuns: 200 })) {
      socket.send(data, port, "127.0.0.1");
      sent++;
    }
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  const alive = new Promise<string>((resolve) => socket.on("message", (data) => (data.toString("latin1").includes("alive-check") ? resolve(data.toString("latin1")) : undefined)));
  socket.send(`OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${socket.address().port};branch=z9hG4bKalive\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@127.0.0.1>\r\nCall-ID: alive-check\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n`, port, "127.0.0.1");
  expect(await alive).toMatch(/^SIP\/2\.0 200/);
  await new Promise((resolve) => setTimeout(resolve, ALL_TIMERS_MS));
  const { received, malformed, sessions, incomingInvites } = ua.metrics();
  await ua.stop();
  socket.close();
  process.off("uncaughtException", onThrow);
  process.off("unhandledRejection", onThrow);
  recordLongRun("fuzz sip, by socket", `${sent} datagrams in ${SOCKET_SECONDS} s, ${received} received, ${malformed} malformed; nothing thrown, still answering`);
  expect(thrown).toEqual([]);
  expect(sessions + incomingInvites).toBeLessThan(50);
});
