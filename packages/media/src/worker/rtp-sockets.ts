import type { MediaSocket, MediaSockets } from "./media-socket.js";
import type { PairUse, PortTable } from "./port-table.js";
import type { TurnBudget } from "./turn-budget.js";

export interface PortPair {
  readonly rtp: MediaSocket;
  readonly rtcp: MediaSocket;
  readonly port: number;
  /** Idempotent. Others may have the ports. */
  close(): void;
}

/** Where a worker looks for ports. */
export interface PortPlace {
  /** Numeric. */
  readonly address: string;
  /** Of that address. */
  readonly table: PortTable;
  /** The number of the worker. */
  readonly worker: number;
  readonly bind: MediaSockets;
  /** Of sockets that are bound, for all searches of the worker. */
  readonly budget: TurnBudget;
}

/** Every port pair of the range is taken. */
export class NoPortError extends Error {
  override readonly name = "NoPortError";
}

/**
 * Binds an even port and the odd one above it (RFC 3550 section 11). The search begins where the
 * last one of any worker ended, so a port just closed rests for a whole round of the range, and passes each pair once, whoever else searches.
 * Pairs that are known to be taken are not tried.
 *
 * @throws NoPortError when all pairs are taken; the bind error when the address itself is bad.
 */
export async function openPortPair(place: PortPlace, use: PairUse): Promise<PortPair> {
  const { table, address, worker } = place;
  if (!table.full) {
    const begin = table.begin();
    for (let passed = 0; passed < table.pairs; passed++) {
      const nth = (begin + passed) % table.pairs;
      if (!table.claim(nth, worker, use)) continue;
      const pair = await tryPair(place, nth);
      if (pair === undefined) continue;
      table.passed(passed);
      return pair;
    }
    table.exhausted();
  }
  throw new NoPortError(`no free pair of RTP ports from ${table.port(0)} to ${table.port(table.pairs) - 1} on ${address}`);
}

/** The pair that was claimed; undefined: it is somebody else's. */
async function tryPair({ table, address, worker, bind, budget }: PortPlace, nth: number): Promise<PortPair | undefined> {
  const port = table.port(nth);
  const bound: MediaSocket[] = [];
  try {
    for (const each of [port, port + 1]) {
      await budget.take();
      const socket = await free(bind(address, each));
      if (socket === undefined) break;
      bound.push(socket);
    }
  } catch (error) {
    bound[0]?.close();
    table.release(port, worker);
    throw error;
  }
  const [rtp, rtcp] = bound;
  if (rtp !== undefined && rtcp !== undefined) return new BoundPair(rtp, rtcp, port, () => table.release(port, worker));
  rtp?.close();
  table.foreign(nth);
  return undefined;
}

class BoundPair implements PortPair {
  readonly rtp: MediaSocket;
  readonly rtcp: MediaSocket;
  readonly port: number;
  #release: (() => void) | undefined;

  constructor(rtp: MediaSocket, rtcp: MediaSocket, port: number, release: () => void) {
    this.rtp = rtp;
    this.rtcp = rtcp;
    this.port = port;
    this.#release = release;
  }

  close(): void {
    this.rtp.close();
    this.rtcp.close();
    this.#release?.();
    this.#release = undefined;
  }
}

/** A bound socket, or undefined when the port is in use. */
function free(binding: Promise<MediaSocket>): Promise<MediaSocket | undefined> {
  return binding.catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EADDRINUSE") return undefined;
    throw error;
  });
}
