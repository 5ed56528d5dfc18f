/*
 * Callers and an agent's phone at their own sockets, in a process of their own, written by hand so that nothing of the hotline
 * measures itself. Arguments: SIP port of the hotline, port of the phone, number of samples. Sends `ready`, then what was measured in ms.
 */
import { createSocket, type Socket } from "node:dgram";

const [, , hotlinePort = "0", phonePort = "0", wanted = "300"] = process.argv;
const SAMPLES = Number(wanted);
/** The first are the compiler's: a hotline has had its first thousand calls within the hour. */
const WARM = 1_000;
/** Callers in line while the agent hangs up. */
const IN_LINE = 5;
/** Long enough for both to be joined: who hangs up before that has not talked, and is spared the next caller for a second. */
const TALK_MS = 60;
const WARM_TALK_MS = 20;

interface Dialog {
  readonly id: string;
  readonly callId: string;
  /** Of the peer, to send requests to. */
  target: string;
  local: string;
  remote: string;
}

interface Message {
  readonly start: string;
  readonly header: (name: string) => string;
  readonly text: string;
}

function parse(data: Buffer): Message {
  const text = data.toString("latin1");
  return { text, start: text.slice(0, text.indexOf("\r\n")), header: (name) => new RegExp(`^${name}[ \\t]*:[ \\t]*(.*?)\\r$`, "im").exec(text)?.[1] ?? "" };
}

const SDP = (port: number): string => `v=0\r\no=b 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${port} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n`;
let count = 0;

class Peer {
  readonly #socket: Socket;
  readonly #dialogs = new Map<string, Dialog>();
  #waiters: { wanted: (message: Message) => boolean; resolve: (got: { message: Message; at: number }) => void }[] = [];
  /** Takes INVITEs by itself. */
  answering = false;
  port = 0;

  constructor(private readonly mediaPort: number) {
    this.#socket = createSocket("udp4");
    this.#socket.on("message", (data) => this.#receive(data, performance.now()));
  }

  async bind(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.bind(port, "127.0.0.1", resolve));
    this.port = this.#socket.address().port;
  }

  next(wanted: (message: Message) => boolean): Promise<{ message: Message; at: number }> {
    return new Promise((resolve) => this.#waiters.push({ wanted, resolve }));
  }

  get calls(): string[] {
    return [...this.#dialogs.keys()];
  }

  /** Sends an INVITE; the time is taken right before. */
  invite(): { callId: string; at: number } {
    const id = String(++count);
    const callId = `c${id}-${process.pid}`;
    const dialog: Dialog = { id, callId, target: `sip:q@127.0.0.1:${hotlinePort}`, local: `<sip:138${id.padStart(8, "0")}@127.0.0.1:${this.port}>;tag=t${id}`, remote: `<sip:q@127.0.0.1:${hotlinePort}>` };
    this.#dialogs.set(callId, dialog);
    const data = this.#request(dialog, "INVITE", 1, SDP(this.mediaPort));
    const at = performance.now();
    this.#send(data);
    return { callId, at };
  }

  /** Sends a BYE; the time is taken right before. */
  bye(callId: string): number {
    const dialog = this.#dialogs.get(callId);
    if (dialog === undefined) throw new Error(`no dialog ${callId}`);
    this.#dialogs.delete(callId);
    const data = this.#request(dialog, "BYE", 2);
    const at = performance.now();
    this.#send(data);
    return at;
  }

  #send(text: string): void {
    this.#socket.send(Buffer.from(text, "latin1"), Number(hotlinePort), "127.0.0.1");
  }

  #request({ target, local, remote, callId, id }: Dialog, method: string, cseq: number, body = ""): string {
    return `${method} ${target} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${this.port};branch=z9hG4bK${method}${cseq}${id}x${process.pid}\r\nFrom: ${local}\r\nTo: ${remote}\r\nCall-ID: ${callId}\r\nCSeq: ${cseq} ${method}\r\nContact: <sip:p@127.0.0.1:${this.port}>\r\nMax-Forwards: 70\r\n${body === "" ? "" : "Content-Type: application/sdp\r\n"}Content-Length: ${body.length}\r\n\r\n${body}`;
  }

  #answer({ text, header }: Message, status: string, tag: string, body = ""): void {
    const vias = [...text.matchAll(/^via[ \t]*:[ \t]*(.*?)\r$/gim)].map(([, via]) => `Via: ${via}\r\n`).join("");
    this.#send(`SIP/2.0 ${status}\r\n${vias}From: ${header("from")}\r\nTo: ${header("to")}${tag}\r\nCall-ID: ${header("call-id")}\r\nCSeq: ${header("cseq")}\r\nContact: <sip:p@127.0.0.1:${this.port}>\r\n${body === "" ? "" : "Content-Type: application/sdp\r\n"}Content-Length: ${body.length}\r\n\r\n${body}`);
  }

  #receive(data: Buffer, at: number): void {
    const message = parse(data);
    const { start, header } = message;
    const callId = header("call-id");
    const dialog = this.#dialogs.get(callId);
    if (start.startsWith("INVITE ") && this.answering) {
      const tag = `;tag=a${callId.slice(0, 12)}`;
      if (dialog === undefined) this.#dialogs.set(callId, { id: `a${++count}`, callId, target: /<([^>]*)>/.exec(header("contact"))?.[1] ?? "", local: `${header("to")}${tag}`, remote: header("from") });
      this.#answer(message, "200 OK", tag, SDP(this.mediaPort));
    } else if (start.startsWith("BYE ")) {
      this.#dialogs.delete(callId);
      this.#answer(message, "200 OK", "");
    } else if (/^SIP\/2.0 200/.test(start) && /INVITE/.test(header("cseq")) && dialog !== undefined) {
      dialog.remote = header("to");
      dialog.target = /<([^>]*)>/.exec(header("contact"))?.[1] ?? dialog.target;
      this.#send(this.#request(dialog, "ACK", 1));
    }
    const found = this.#waiters.filter(({ wanted }) => wanted(message));
    this.#waiters = this.#waiters.filter((each) => !found.includes(each));
    for (const { resolve } of found) resolve({ message, at });
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const limited = <T>(promise: Promise<T>, what: string): Promise<T> => Promise.race([promise, sleep(10_000).then(() => Promise.reject(new Error(`no ${what} within 10 s`)))]);

const sink = createSocket("udp4");
await new Promise<void>((resolve) => sink.bind(0, "127.0.0.1", resolve));
const caller = new Peer(sink.address().port);
const phone = new Peer(sink.address().port);
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
