import type { MediaSocket, MediaSockets } from "./media-socket.js";

export interface PortPair {
  readonly rtp: MediaSocket;
  readonly rtcp: MediaSocket;
  readonly port: number;
}

/** Every port pair of the range is taken. */
export class NoPortError extends Error {
  override readonly name = "NoPortError";
}

/**
 * Binds an even port and the odd one above it (RFC 3550 section 11). The search begins where the
 * last one of any worker ended, so a port just closed rests for a whole round of the range, and passes each pair once, whoever else searches.
 *
 * @throws NoPortError when all pairs are taken; the bind error when the address itself is bad.
 */
export async function openPortPair(bind: MediaSockets, address: string, min: number, max: number, cursor: Int32Array): Promise<PortPair> {
  const first = min + (min & 1);
  const pairs = Math.floor((max - first + 1) / 2);
  const begin = Atomics.add(cursor, 0, 1) >>> 0;
  for (let attempt = 0; attempt < pairs; attempt++) {
    const port = first + (((begin + attempt) >>> 0) % pairs) * 2;
    const rtp = await free(bind(address, port));
    if (rtp === undefined) continue;
    const rtcp = await free(bind(address, port + 1)).catch((error: unknown) => {
      rtp.close();
      throw error;
    });
    if (rtcp === undefined) {
      rtp.close();
      continue;
    }
    Atomics.add(cursor, 0, attempt);
    return { rtp, rtcp, port };
  }
  throw new NoPortError(`no free pair of RTP ports between ${min} and ${max} on ${address}`);
}

/** A bound socket, or undefined when the port is in use. */
function free(binding: Promise<MediaSocket>): Promise<MediaSocket | undefined> {
  return binding.catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EADDRINUSE") return undefined;
    throw error;
  });
}

