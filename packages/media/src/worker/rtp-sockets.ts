import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";

export interface PortPair {
  readonly rtp: Socket;
  readonly rtcp: Socket;
  readonly port: number;
}

/** Every port pair of the range is taken. */
export class NoPortError extends Error {
  override readonly name = "NoPortError";
}

/**
 * Binds an even port and the odd one above it (RFC 3550 section 11). The search goes on where the
 * last one of any worker ended, so a port just closed rests for a whole round of the range.
 *
 * @throws NoPortError when all pairs are taken; the bind error when the address itself is bad.
 */
export async function openPortPair(address: string, min: number, max: number, cursor: Int32Array): Promise<PortPair> {
  const first = min + (min & 1);
  const pairs = Math.floor((max - first + 1) / 2);
  for (let attempt = 0; attempt < pairs; attempt++) {
    const port = first + ((Atomics.add(cursor, 0, 1) >>> 0) % pairs) * 2;
    const rtp = await bound(address, port);
    if (rtp === undefined) continue;
    const rtcp = await bound(address, port + 1).catch((error: unknown) => {
      rtp.close();
      throw error;
    });
    if (rtcp === undefined) {
      rtp.close();
      continue;
    }
    return { rtp, rtcp, port };
  }
  throw new NoPortError(`no free pair of RTP ports between ${min} and ${max} on ${address}`);
}

/** A bound socket, or undefined when the port is in use. */
function bound(address: string, port: number): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    // Addresses are numeric: answering the look-up at once spares a round through the event loop per packet.
    const socket = createSocket({ type: address.includes(":") ? "udp6" : "udp4", lookup: (host, _options, done) => done(null, host, host.includes(":") ? 6 : 4) });
    const failed = (error: NodeJS.ErrnoException): void => {
      socket.close();
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    };
    socket.once("error", failed);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeListener("error", failed);
      // Later errors are ICMP refusals of a peer that is not there (yet): the leg goes on, its media time-out tells.
      socket.on("error", () => undefined);
      resolve(socket);
    });
  });
}
