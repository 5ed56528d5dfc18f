import { createSocket } from "node:dgram";
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Example } from "./support/example.js";
import { pause } from "./support/rtp-probe.js";

const CRLF = "\r\n";

function request(method: string, extra: { headers?: string[]; body?: string; omit?: string } = {}): string {
  const id = randomBytes(6).toString("hex");
  const headers = [
    `Via: SIP/2.0/UDP 127.0.0.1:PORT;branch=z9hG4bK${id};rport`,
    "Max-Forwards: 70",
    `From: <sip:tester@127.0.0.1>;tag=${id}`,
    "To: <sip:12333@127.0.0.1>",
    `Call-ID: ${id}@test`,
    `CSeq: 1 ${method}`,
    "Contact: <sip:tester@127.0.0.1:PORT>",
    ...(extra.headers ?? []),
  ].filter((line) => extra.omit === undefined || !line.startsWith(`${extra.omit}:`));
  const body = extra.body ?? "";
  if (!headers.some((line) => line.startsWith("Content-Length:"))) headers.push(`Content-Length: ${Buffer.byteLength(body)}`);
  return [`${method} sip:12333@127.0.0.1 SIP/2.0`, ...headers, "", body].join(CRLF);
}

describe("malformed SIP", () => {
  let example: Example;
  beforeAll(async () => {
    example = await Example.start();
  });
  afterAll(() => example?.dispose());

  /** Sends a datagram and returns the status of the first answer, or undefined after a while without. */
  async function send(data: string | Buffer, waitMs = 700): Promise<number | undefined> {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const port = socket.address().port;
    const payload = typeof data === "string" ? Buffer.from(data.replaceAll("PORT", String(port))) : data;
    const answer = new Promise<number | undefined>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), waitMs);
      socket.on("message", (message) => {
        const status = /^SIP\/2\.0 (\d{3})/.exec(message.toString("latin1"))?.[1];
        if (status === undefined || status === "100") return;
        clearTimeout(timer);
        resolve(Number(status));
      });
    });
    socket.send(payload, example.sipPort, "127.0.0.1");
    const status = await answer;
    socket.close();
    return status;
  }

  const good = (): Promise<number | undefined> => send(request("OPTIONS"), 5_000);

  const cases: readonly (readonly [string, () => string | Buffer, readonly (number | undefined)[]])[] = [
    ["a truncated request", () => request("INVITE").slice(0, 120), [400, undefined]],
    ["binary garbage", () => randomBytes(900), [undefined]],
    ["an empty datagram", () => Buffer.alloc(0), [undefined]],
    ["64 KB of header", () => request("OPTIONS", { headers: [`X-Long: ${"a".repeat(62_000)}`] }), [200, 400, 413, 513, undefined]],
    ["60 KB of binary", () => randomBytes(60_000), [undefined]],
    ["a Content-Length beyond the datagram", () => request("OPTIONS", { headers: ["Content-Length: 500"] }), [400]],
    ["a negative Content-Length", () => request("OPTIONS", { headers: ["Content-Length: -5"] }), [400]],
    ["a Content-Length that is no number", () => request("OPTIONS", { headers: ["Content-Length: many"] }), [400]],
    ["an unknown method", () => request("JUMP"), [405, 501]],
    ["no Call-ID", () => request("INVITE", { omit: "Call-ID" }), [400, undefined]],
    ["no CSeq", () => request("INVITE", { omit: "CSeq" }), [400, undefined]],
    ["no From", () => request("INVITE", { omit: "From" }), [400, undefined]],
    ["no To", () => request("INVITE", { omit: "To" }), [400, undefined]],
    ["no Via", () => request("INVITE", { omit: "Via" }), [undefined]],
    ["a CSeq of another method", () => request("OPTIONS").replace("CSeq: 1 OPTIONS", "CSeq: 1 INVITE"), [400]],
    ["a CSeq out of range", () => request("OPTIONS").replace("CSeq: 1 ", "CSeq: 99999999999 "), [400]],
    ["a version that is not 2.0", () => request("OPTIONS").replace("SIP/2.0\r\nVia", "SIP/7.0\r\nVia"), [400, 505, undefined]],
    ["an INVITE whose SDP is nonsense", () => request("INVITE", { headers: ["Content-Type: application/sdp"], body: "v=1\r\nm=banana\r\n" }), [400, 488, 606]],
    ["an INVITE with a body of another type", () => request("INVITE", { headers: ["Content-Type: text/plain"], body: "hello" }), [415, 488, 400]],
    ["Max-Forwards 0, which has arrived", () => request("OPTIONS").replace("Max-Forwards: 70", "Max-Forwards: 0"), [200]],
    ["a BYE for no dialog", () => request("BYE").replace("To: <sip:12333@127.0.0.1>", "To: <sip:12333@127.0.0.1>;tag=none"), [481]],
    ["a stray response", () => `SIP/2.0 200 OK${CRLF}Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKnope${CRLF}Call-ID: x${CRLF}CSeq: 1 INVITE${CRLF}From: <sip:a@b>;tag=1${CRLF}To: <sip:a@b>;tag=2${CRLF}Content-Length: 0${CRLF}${CRLF}`, [undefined]],
    ["a required extension nobody knows", () => request("INVITE", { headers: ["Require: teleport"] }), [420]],
  ];

  for (const [what, make, allowed] of cases) {
    it(`${what}: ${allowed.map((each) => each ?? "dropped").join(" or ")}, and the next good request is answered`, async () => {
      // Only silence is waited for briefly.
      expect(allowed).toContain(await send(make(), allowed.includes(undefined) ? 700 : 10_000));
      expect(await good()).toBe(200);
    });
  }

  it("three hundred mutations of good requests: still alive, nothing in the log about an exception", async () => {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    let seed = 12_333;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % below;
    };
    for (let i = 0; i < 300; i++) {
      const data = Buffer.from(request(["INVITE", "OPTIONS", "REGISTER", "BYE", "CANCEL", "ACK"][random(6)] ?? "INVITE").replaceAll("PORT", String(socket.address().port)));
      for (let k = 0; k < 1 + random(12); k++) data[random(data.length)] = random(256);
      socket.send(data.subarray(0, 1 + random(data.length)), example.sipPort, "127.0.0.1");
      if (i % 20 === 0) await pause(5);
    }
    await pause(500);
    socket.close();
    expect(await good()).toBe(200);
    expect(example.stderr).not.toMatch(/uncaught|unhandled|TypeError|RangeError/i);
    expect(example.process.exitCode).toBeNull();
  });
});
