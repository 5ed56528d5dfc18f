import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";

export interface RawAnswer {
  readonly status: number;
  /** Header fields by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends one INVITE over UDP, written by hand, and waits for the final answer to it, which is acknowledged. `undefined`: none came in time. */
export async function rawInvite(sipPort: number, options: { from?: string; number?: string; timeoutMs?: number } = {}): Promise<RawAnswer | undefined> {
  const { from = "13500135000", number = "12333", timeoutMs = 8_000 } = options;
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  const branch = `z9hG4bK${randomBytes(6).toString("hex")}`;
  const callId = randomBytes(8).toString("hex");
  const request = (method: string, to: string, body = ""): string =>
    [
      `${method} sip:${number}@127.0.0.1:${sipPort} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=${branch}`,
      `From: <sip:${from}@127.0.0.1:${port}>;tag=raw`,
      `To: ${to}`,
      `Call-ID: ${callId}`,
      `CSeq: 1 ${method}`,
      `Contact: <sip:${from}@127.0.0.1:${port}>`,
      "Max-Forwards: 70",
      ...(body === "" ? [] : ["Content-Type: application/sdp"]),
      `Content-Length: ${body.length}`,
      "",
      body,
    ].join("\r\n");
  const sdp = ["v=0", "o=raw 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", `m=audio ${port} RTP/AVP 8 101`, "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000", ""].join("\r\n");
  try {
    return await new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), timeoutMs);
      socket.on("error", () => undefined);
      socket.on("message", (data) => {
        const [head = "", ...lines] = data.toString().split("\r\n\r\n")[0]?.split("\r\n") ?? [];
        const status = Number(/^SIP\/2\.0 (\d{3})/.exec(head)?.[1]);
        if (!(status >= 200)) return;
        const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(":")).trim().toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]));
        clearTimeout(timer);
        socket.send(request("ACK", headers.to ?? ""), sipPort, "127.0.0.1", () => resolve({ status, headers }));
      });
      socket.send(request("INVITE", `<sip:${number}@127.0.0.1:${sipPort}>`, sdp), sipPort, "127.0.0.1");
    });
  } finally {
    socket.close();
  }
}
