/*
 * Callers who come at a steady rate and many agents' phones, in a process of their own. Arguments: SIP port of the hotline, port of the
 * phones, calls per second, seconds. Sends `ready`, and after each `go` what came of so many seconds of calls.
 */
import { createSocket } from "node:dgram";
import { Peer } from "./acd-peer.js";

const [, , hotlinePort = "0", phonePort = "0", rate = "0", seconds = "0"] = process.argv;
/** Talk of each call; both are joined by then, and who hangs up earlier has not talked. */
const TALK_MS = 800;
/** Nobody waits for longer: the call counts as lost. */
const PATIENCE_MS = 10_000;

const sink = createSocket("udp4");
await new Promise<void>((resolve) => sink.bind(0, "127.0.0.1", resolve));
const callers = new Peer(hotlinePort, sink.address().port);
const phones = new Peer(hotlinePort, sink.address().port);
phones.answering = true;
await callers.bind(0);
await phones.bind(Number(phonePort));

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** Who waits for an agent, by number; and whose agent has answered, by the Call-ID of the agent's leg. */
const waiting = new Map<string, (at: number) => void>();
const rung = new Map<string, { readonly number: string; readonly at: number }>();
phones.heard = ({ start, header }, at) => {
  const callId = header("call-id");
  if (start.startsWith("INVITE ")) rung.set(callId, { number: /sip:(138\d{8})@/.exec(header("from"))?.[1] ?? "", at });
  if (!start.startsWith("ACK ")) return;
  const ring = rung.get(callId);
  rung.delete(callId);
  if (ring !== undefined) waiting.get(ring.number)?.(ring.at);
};

/** Refused by the hotline, by status. */
let refused = new Map<string, number>();
callers.heard = ({ start, header }) => {
  const status = /^SIP\/2\.0 ([3-6]\d\d) /.exec(start)?.[1];
  if (status !== undefined && /INVITE/.test(header("cseq"))) refused.set(status, (refused.get(status) ?? 0) + 1);
};

/** The agent's telephone rang after so many ms; `undefined` where no agent talked. */
async function call(): Promise<number | undefined> {
  const { callId, at, number } = callers.invite();
  const rungAt = await Promise.race([new Promise<number>((resolve) => waiting.set(number, resolve)), sleep(PATIENCE_MS)]);
  waiting.delete(number);
  if (rungAt !== undefined) await sleep(TALK_MS);
  if (!callers.calls.includes(callId)) return undefined; // hung up on
  callers.bye(callId);
  return rungAt === undefined ? undefined : rungAt - at;
}

async function run(): Promise<{ calls: number; spans: number[]; refused: string }> {
  refused = new Map();
  const made: Promise<number | undefined>[] = [];
  const calls = Number(rate) * Number(seconds);
  for (const begun = performance.now(); made.length < calls; await sleep(2)) {
    for (const due = Math.min(calls, Math.floor(((performance.now() - begun) / 1_000) * Number(rate)) + 1); made.length < due; ) made.push(call());
  }
  const spans = (await Promise.all(made)).filter((span) => span !== undefined);
  await sleep(1_000); // what is written of the last is written
  return { calls, spans, refused: [...refused].map(([status, times]) => `${times} times ${status}`).join(", ") };
}

process.on("message", (message) => {
  if (message === "go") void run().then((result) => process.send?.(result));
  if (message === "stop") process.exit();
});
process.once("disconnect", () => process.exit());
process.send?.("ready");
