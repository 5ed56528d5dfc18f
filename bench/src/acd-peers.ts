/*
 * Callers and an agent's phone at their own sockets, in a process of their own. Arguments: SIP port of the hotline, port of the phone, number of samples. Sends `ready`, then what was measured in ms.
 */
import { createSocket } from "node:dgram";
import { type Message, Peer } from "./acd-peer.js";

const [, , hotlinePort = "0", phonePort = "0", wanted = "300"] = process.argv;
const SAMPLES = Number(wanted);
/** The first are the compiler's: a hotline has had its first thousand calls within the hour. */
const WARM = 1_000;
/** Callers in line while the agent hangs up. */
const IN_LINE = 5;
/** Long enough for both to be joined: who hangs up before that has not talked, and is spared the next caller for a second. */
const TALK_MS = 60;
const WARM_TALK_MS = 20;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const limited = <T>(promise: Promise<T>, what: string): Promise<T> => Promise.race([promise, sleep(10_000).then(() => Promise.reject(new Error(`no ${what} within 10 s`)))]);

const sink = createSocket("udp4");
await new Promise<void>((resolve) => sink.bind(0, "127.0.0.1", resolve));
const caller = new Peer(hotlinePort, sink.address().port);
const phone = new Peer(hotlinePort, sink.address().port);
phone.answering = true;
await caller.bind(0);
await phone.bind(Number(phonePort));
const invite = (message: Message): boolean => message.start.startsWith("INVITE ");
const request = (method: string) => (message: Message): boolean => message.start.startsWith(`${method} `);

/** The phone is idle: caller's INVITE to the phone's. */
async function idle(): Promise<number[]> {
  const spans: number[] = [];
  for (let n = 0; n < WARM + SAMPLES; n++) {
    const rung = phone.next(invite);
    const joined = phone.next(request("ACK"));
    const { callId, at } = caller.invite();
    const { at: rungAt } = await limited(rung, "ring");
    if (n >= WARM) spans.push(rungAt - at);
    await limited(joined, "ACK");
    // Both talk for a moment; then the caller hangs up, and the phone is free once it was told.
    await sleep(n < WARM ? WARM_TALK_MS : TALK_MS);
    const free = phone.next(request("BYE"));
    caller.bye(callId);
    await limited(free, "BYE");
    await sleep(10);
  }
  return spans;
}

/** Callers wait: the agent's BYE to the next INVITE at the phone. */
async function busy(): Promise<number[]> {
  const spans: number[] = [];
  let joined = phone.next(request("ACK"));
  for (let n = 0; n <= IN_LINE; n++) {
    caller.invite();
    await sleep(20);
  }
  for (let n = 0; n < WARM + SAMPLES; n++) {
    await limited(joined, "ACK");
    await sleep(n < WARM ? WARM_TALK_MS : TALK_MS);
    const [talk] = phone.calls;
    const rung = phone.next(invite);
    joined = phone.next(request("ACK"));
    const at = phone.bye(talk ?? "");
    const { at: rungAt } = await limited(rung, "ring of the next caller");
    if (n >= WARM) spans.push(rungAt - at);
    caller.invite();
    await sleep(10);
  }
  return spans;
}

process.on("message", (message) => {
  if (message !== "go") return;
  void (async () => {
    try {
      process.send?.({ idle: await idle(), busy: await busy() });
    } catch (error) {
      process.send?.({ error: String(error) });
    }
    process.exit();
  })();
});
process.send?.("ready");
