import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { sines } from "@hotlinejs/media";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Example } from "./support/example.js";
import { goertzelLevel, pause } from "./support/rtp-probe.js";
import { readWav } from "./support/wav.js";

const HOST = "::1";
/** Room for one call. */
const RTP = { first: 42_000 + (process.pid % 400) * 2 };
const CITIZEN_HZ = 700;

/** A caller on IPv6, its SIP and RTP written by hand. */
class Caller {
  readonly #sip: Socket = createSocket("udp6");
  readonly #rtp: Socket = createSocket("udp6");
  readonly #target: number;
  readonly #callId = randomBytes(8).toString("hex");
  #to = "<sip:12333@[::1]>";
  /** Payloads of RTP received. */
  readonly heard: Buffer[] = [];
  answer: { readonly status: number; readonly text: string } | undefined;

  constructor(target: number) {
    this.#target = target;
    this.#rtp.on("message", (packet) => this.heard.push(packet.subarray(12)));
  }

  async dial(): Promise<{ readonly status: number; readonly text: string }> {
    for (const socket of [this.#sip, this.#rtp]) {
      socket.bind(0, HOST);
      await once(socket, "listening");
    }
    const sdp = ["v=0", "o=raw 1 1 IN IP6 ::1", "s=-", "c=IN IP6 ::1", "t=0 0", `m=audio ${this.#rtp.address().port} RTP/AVP 8 101`, "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000", ""].join("\r\n");
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

  async speak(ms: number): Promise<void> {
    const port = Number(/^m=audio (\d+)/m.exec(this.answer?.text ?? "")?.[1]);
    expect(this.answer?.text).toContain("c=IN IP6 ::1");
    const sound = sines([{ hz: CITIZEN_HZ, level: -12 }], ms * 8);
    const start = performance.now();
    for (let i = 0; i < ms / 20; i++) {
      await pause(Math.max(0, start + i * 20 - performance.now()));
      const packet = Buffer.alloc(172);
      packet.writeUInt16BE(0x8008, 0);
      packet.writeUInt16BE(i, 2);
      packet.writeUInt32BE(i * 160, 4);
      packet.writeUInt32BE(7, 8);
      packet.set(sound.subarray(i * 160, i * 160 + 160), 12);
      this.#rtp.send(packet, port, HOST);
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
      `${method} sip:12333@[::1]:${this.#target} SIP/2.0`,
      `Via: SIP/2.0/UDP [::1]:${port};branch=z9hG4bK${this.#callId}${branch}`,
      `From: <sip:13600136000@[::1]:${port}>;tag=six`,
      `To: ${this.#to}`,
      `Call-ID: ${this.#callId}`,
      `CSeq: ${seq} ${method}`,
      `Contact: <sip:13600136000@[::1]:${port}>`,
      "Max-Forwards: 70",
      ...(body === "" ? [] : ["Content-Type: application/sdp"]),
      `Content-Length: ${body.length}`,
      "",
      body,
    ];
    this.#sip.send(lines.join("\r\n"), this.#target, HOST);
  }
}

let example: Example;
let token = "";
const callers: Caller[] = [];

async function api(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`http://[::1]:${example.httpPort}${path}`, { ...init, headers: { "content-type": "application/json", ...(token === "" ? {} : { authorization: `Bearer ${token}` }) } });
}

function caller(): Caller {
  const made = new Caller(example.sipPort);
  callers.push(made);
  return made;
}

beforeAll(async () => {
  example = await Example.start({ environment: { HOTLINE_HOST: HOST, HOTLINE_RTP_PORTS: `${RTP.first}-${RTP.first + 1}` } });
  token = ((await (await api("/api/auth/login", { method: "POST", body: JSON.stringify({ username: "admin", password: "demo-admin" }) })).json()) as { token: string }).token;
}, 120_000);

afterAll(async () => {
  for (const each of callers) each.close();
  await example?.dispose();
});

it("IPv6 alone, and ports for one call: heard both ways; the second caller is told when to try again; then the ports are free", { timeout: 120_000 }, async () => {
  const first = caller();
  expect((await first.dial()).status).toBe(200);
  const refused = await caller().dial();
  expect(refused.status).toBe(503);
  expect(refused.text).toMatch(/^Retry-After: *\d+/im);
  await first.speak(2_000);
  // The welcome may have to be spoken first.
  await expect.poll(() => new Set(Buffer.concat(first.heard)).size, { timeout: 30_000 }).toBeGreaterThan(20);
  await first.hangup();

  const third = caller();
  expect((await third.dial()).status).toBe(200);
  await third.hangup();

  // The first call was recorded: the caller left.
  const found = async (): Promise<string | undefined> => {
    const { items } = (await (await api("/api/recordings")).json()) as { items: readonly { id: string; state: string; startedAt: number; durationMs: number | null }[] };
    return items.find(({ state, durationMs }) => state !== "capturing" && (durationMs ?? 0) > 1_500)?.id;
  };
  await expect.poll(found, { timeout: 30_000 }).toBeDefined();
  const wav = readWav(Buffer.from(await (await api(`/api/recordings/${await found()}/audio`)).arrayBuffer()));
  const left = wav.channels[0] ?? new Int16Array();
  const levels = Array.from({ length: Math.floor(left.length / 800) }, (_, i) => goertzelLevel(left.subarray(i * 800, i * 800 + 800), CITIZEN_HZ));
  expect(Math.max(...levels)).toBeGreaterThan(-25);
});
