// A phone in a few lines: it knows nothing of @hotlinejs, so that what it hears is what any phone would hear.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

const HOST = "127.0.0.1";
const LIMIT_MS = 20_000;

/** Status of the answer to OPTIONS. */
export async function optionsAnswered(port: number): Promise<number> {
  const phone = await Phone.open(port);
  try {
    phone.send(phone.request("OPTIONS", "sip:ping@127.0.0.1"));
    return await phone.finalStatus();
  } finally {
    phone.close();
  }
}

/** Calls `number`, acknowledges, and waits until the other side says BYE. */
export async function placeCall(port: number, number: string): Promise<{ readonly status: number; readonly ended: boolean }> {
  const phone = await Phone.open(port);
  try {
    const sdp = ["v=0", `o=phone 1 1 IN IP4 ${HOST}`, "s=-", `c=IN IP4 ${HOST}`, "t=0 0", "m=audio 24998 RTP/AVP 8 101", "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000", ""].join("\r\n");
    const target = `sip:${number}@${HOST}`;
    phone.send(phone.request("INVITE", target, sdp));
    const status = await phone.finalStatus();
    if (status !== 200) return { status, ended: false };
    phone.send(phone.request("ACK", phone.remoteTarget ?? target));
    const bye = await phone.next((message) => message.startsWith("BYE "));
    phone.send(answerTo(bye));
    return { status, ended: true };
  } finally {
    phone.close();
  }
}

/** 200 to a request: the headers that a response repeats (RFC 3261 8.2.6.2). */
function answerTo(request: string): string {
  const repeated = request.split("\r\n").filter((line) => /^(Via|From|To|Call-ID|CSeq):/i.test(line));
  return ["SIP/2.0 200 OK", ...repeated, "Content-Length: 0", "", ""].join("\r\n");
}

class Phone {
  remoteTarget: string | undefined;
  private toTag = "";
  private readonly callId = `published-${process.pid}-${Math.floor(Math.random() * 1e9)}`;
  private readonly waiting: string[] = [];
  private wake: () => void = () => {};

  private constructor(
    private readonly socket: Socket,
    private readonly port: number,
  ) {
    socket.on("message", (data) => {
      const message = data.toString("utf8");
      if (message.startsWith("SIP/2.0 2")) {
        this.toTag = /^To:.*?(;tag=[^;\r\n]+)/im.exec(message)?.[1] ?? "";
        this.remoteTarget = /^Contact:.*?<([^>]+)>/im.exec(message)?.[1];
      }
      this.waiting.push(message);
      this.wake();
    });
  }

  static async open(port: number): Promise<Phone> {
    const socket = createSocket("udp4");
    socket.bind(0, HOST);
    await once(socket, "listening");
    return new Phone(socket, port);
  }

  request(method: string, target: string, body = ""): string {
    const local = `${HOST}:${this.socket.address().port}`;
    return [
      `${method} ${target} SIP/2.0`,
      `Via: SIP/2.0/UDP ${local};rport;branch=z9hG4bK-${this.callId}-${method}`,
      "Max-Forwards: 70",
      `From: <sip:phone@${HOST}>;tag=phone`,
      `To: <${target}>${method === "ACK" ? this.toTag : ""}`,
      `Call-ID: ${this.callId}`,
      `CSeq: 1 ${method}`,
      `Contact: <sip:phone@${local}>`,
      ...(body === "" ? [] : ["Content-Type: application/sdp"]),
      `Content-Length: ${Buffer.byteLength(body)}`,
      "",
      body,
    ].join("\r\n");
  }

  send(message: string): void {
    this.socket.send(message, this.port, HOST);
  }

  async finalStatus(): Promise<number> {
    const response = await this.next((message) => /^SIP\/2\.0 [2-6]/.test(message));
    return Number(response.slice(8, 11));
  }

  /** The next message that is wanted. @throws after 20 s, with what came instead. */
  async next(wanted: (message: string) => boolean): Promise<string> {
    const seen: string[] = [];
    const limit = AbortSignal.timeout(LIMIT_MS);
    for (;;) {
      const message = this.waiting.shift();
      if (message !== undefined) {
        if (wanted(message)) return message;
        seen.push(message.split("\r\n", 1)[0] ?? "");
        continue;
      }
      if (limit.aborted) throw new Error(`nothing came that was waited for, only ${seen.join(", ") || "silence"}`);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        limit.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }

  close(): void {
    this.socket.close();
  }
}
