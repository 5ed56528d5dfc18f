import { createSocket, type Socket } from "node:dgram";

/** Makes a stream of ours of what was a stream of theirs (RFC 3550 section 8.2: one's own SSRC coming back is a loop). */
const OTHER_SSRC = 0x5a5a5a5a;

/** The media end of many callers at once, on one port: says to each what it hears from the hotline, keeps nothing. */
export class EchoSink {
  packets = 0;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("message", (data, from) => {
      this.packets++;
      if (data.length < 12) return;
      data.writeUInt32BE((data.readUInt32BE(8) ^ OTHER_SSRC) >>> 0, 8);
      socket.send(data, from.port, from.address);
    });
  }

  static async open(): Promise<EchoSink> {
    // A numeric address needs no look-up.
    const socket = createSocket({ type: "udp4", recvBufferSize: 4 << 20, lookup: (host, _options, done) => done(null, host, 4) });
    socket.on("error", () => undefined); // ICMP port unreachable after the far end has gone
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    return new EchoSink(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  close(): void {
    this.#socket.close();
  }
}
