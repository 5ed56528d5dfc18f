import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { sines } from "@hotlinejs/media";
import { pause } from "./rtp-probe.js";

/** A caller on a loopback address of either family, its SIP and RTP written by hand. */
export class RawCaller {
  readonly #sip: Socket;
  readonly #rtp: Socket;
  readonly #target: number;
  readonly #host: string;
  /** As it stands in URIs, and in descriptions. */
  readonly #inUri: string;
  readonly #inSdp: string;
  readonly #callId = randomBytes(8).toString("hex");
  #to: string;
  /** Payloads of RTP received. */
  readonly heard: Buffer[] = [];
  answer: { readonly status: number; readonly text: string } | undefined;

  /** @param target SIP port of the hotline. */
  constructor(target: number, host = "127.0.0.1") {
    const six = host.includes(":");
    this.#target = target;
    this.#host = host;
    this.#inUri = six ? `[${host}]` : host;
    this.#inSdp = `IN IP${six ? 6 : 4} ${host}`;
    this.#to = `<sip:12333@${this.#inUri}>`;
    this.#sip = createSocket(six ? "udp6" : "udp4");
    this.#rtp = createSocket(six ? "udp6" : "udp4");
    this.#rtp.on("message", (packet) => this.heard.push(packet.subarray(12)));
  }

  async dial(): Promise<{ readonly status: number; readonly text: string }> {
    for (const socket of [this.#sip, this.#rtp]) {
      socket.bind(0, this.#host);
      await once(socket, "listening");
    }
    const sdp = ["v=0", `o=raw 1 1 ${this.#inSdp}`, "s=-", `c=${this.#inSdp}`, "t=0 0", `m=audio ${this.#rtp.address().port} RTP/AVP 8 101`, "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000", ""].join("\r\n");
    const answered = new Promise<{ status: number; text: string }>((resolve) => {
      this.#sip.on("message", (data) => {
        const text = data.toString();
        const status = Number(/^SIP\/2\.0 (\d{3})/.exec(text)?.[1] ?? 0);
        if (status < 200 || !/^CSeq: *1 /im.test(text)) return;
        this.#to = /^To: *(.*)$/im.exec(text)?.[1]?.trim() ?? this.#to;
        this.#send("ACK", 1, "", status < 300 ? "ack" : "invite");
        resolve({ status, text });
      });
    });
    this.#send("INVITE", 1, sdp, "invite");
    this.answer = await answered;
    return this.answer;
  }

  /** Says a tone at the pace of a phone. */
  async speak(ms: number, hz: number): Promise<void> {
    const port = Number(/^m=audio (\d+)/m.exec(this.answer?.text ?? "")?.[1]);
    const sound = sines([{ hz: hz, level: -12 }], ms * 8);
    const start = performance.now();
    for (let i = 0; i < ms / 20; i++) {
      await pause(Math.max(0, start + i * 20 - performance.now()));
      const packet = Buffer.alloc(172);
      packet.writeUInt16BE(0x8008, 0);
      packet.writeUInt16BE(i, 2);
      packet.writeUInt32BE(i * 160, 4);
      packet.writeUInt32BE(7, 8);
      packet.set(sound.subarray(i * 160, i * 160 + 160), 12);
      this.#rtp.send(packet, port, this.#host);
    }
  }

  async hangup(): Promise<void> {
    const done = once(this.#sip, "message");
    this.#send("BYE", 2, "", "bye");
    await done;
  }

  close(): void {
    this.#sip.close();
    this.#rtp.close();
  }

  #send(method: string, seq: number, body: string, branch: string): void {
    const { port } = this.#sip.address();
    const lines = [
      `${method} sip:12333@${this.#inUri}:${this.#target} SIP/2.0`,
      `Via: SIP/2.0/UDP ${this.#inUri}:${port};branch=z9hG4bK${this.#callId}${branch}`,
      `From: <sip:13600136000@${this.#inUri}:${port}>;tag=six`,
      `To: ${this.#to}`,
      `Call-ID: ${this.#callId}`,
      `CSeq: ${seq} ${method}`,
      `Contact: <sip:13600136000@${this.#inUri}:${port}>`,
      "Max-Forwards: 70",
      ...(body === "" ? [] : ["Content-Type: application/sdp"]),
      `Content-Length: ${body.length}`,
      "",
      body,
    ];
    this.#sip.send(lines.join("\r\n"), this.#target, this.#host);
  }
}
