/*
 * Callers and an agent's phone at their own sockets, written by hand so that nothing of the hotline measures itself.
 */
import { createSocket, type Socket } from "node:dgram";

interface Dialog {
  readonly id: string;
  readonly callId: string;
  /** Of the peer, to send requests to. */
  target: string;
  local: string;
  remote: string;
}

export interface Message {
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

export class Peer {
  readonly #socket: Socket;
  readonly #dialogs = new Map<string, Dialog>();
  #waiters: { wanted: (message: Message) => boolean; resolve: (got: { message: Message; at: number }) => void }[] = [];
  /** Hears everything. */
  heard: (message: Message, at: number) => void = () => undefined;
  /** Takes INVITEs by itself. */
  answering = false;
  port = 0;

  /** @param hotlinePort SIP port of the hotline */
  constructor(
    private readonly hotlinePort: string,
    private readonly mediaPort: number,
  ) {
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
  invite(): { callId: string; at: number; number: string } {
    const id = String(++count);
    const number = `138${id.padStart(8, "0")}`;
    const callId = `c${id}-${process.pid}`;
    const dialog: Dialog = { id, callId, target: `sip:q@127.0.0.1:${this.hotlinePort}`, local: `<sip:${number}@127.0.0.1:${this.port}>;tag=t${id}`, remote: `<sip:q@127.0.0.1:${this.hotlinePort}>` };
    this.#dialogs.set(callId, dialog);
    const data = this.#request(dialog, "INVITE", 1, SDP(this.mediaPort));
    const at = performance.now();
    this.#send(data);
    return { callId, at, number };
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
    this.#socket.send(Buffer.from(text, "latin1"), Number(this.hotlinePort), "127.0.0.1");
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
    this.heard(message, at);
    const found = this.#waiters.filter(({ wanted }) => wanted(message));
    this.#waiters = this.#waiters.filter((each) => !found.includes(each));
    for (const { resolve } of found) resolve({ message, at });
  }
}
