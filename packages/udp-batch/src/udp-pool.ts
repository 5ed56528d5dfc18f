import { getSystemErrorName } from "node:util";
import { native } from "./native.js";
import type { Native, NativePool } from "./native.js";

/** Octets of a datagram that are kept. Media packets stay below an Ethernet frame; a longer one is dropped whole. */
const DATAGRAM_BYTES = 2048;
/** Datagrams of one batch. */
const BATCH = 128;
const META = 4;

/** Where a datagram came from. It holds until the handler returns. */
export interface DatagramSource {
  /** Numeric, with its zone where it is link-local. */
  readonly address: string;
  readonly port: number;
}

/** Called for each datagram. `octets` are memory that is used again: read or change it before returning, do not keep it. */
export type DatagramHandler = (octets: Uint8Array, from: DatagramSource) => void;

/** A call of the system refused. */
export interface UdpError extends NodeJS.ErrnoException {
  /** `EADDRINUSE`, `EADDRNOTAVAIL`, `EINVAL` (not a numeric address) and the like. */
  readonly code: string;
}

/** Whether this machine has batched sockets; otherwise why not. */
export function udpBatchMissing(): string | undefined {
  const found = native();
  return found instanceof Error ? found.message : undefined;
}

/**
 * Asks Linux for short turns of the calling thread: who computes beside it is interrupted when it wakes, and need not end a turn of some
 * milliseconds first (EEVDF, from Linux 6.12; older ones know no such wish). No privilege is needed, and the thread gets no more time.
 *
 * @param microseconds 100 to 100,000.
 * @returns false when the system refused, or where `udpBatchMissing()` says why.
 */
export function requestThreadSlice(microseconds: number): boolean {
  const found = native();
  return !(found instanceof Error) && found.threadSlice(Math.min(100_000, Math.max(100, Math.round(microseconds)))) === 0;
}

/**
 * Asks Linux for real-time turns of a thread (SCHED_RR, sched(7)): from when it wakes it has a processor before all threads that
 * have none, whatever they compute, and keeps it until it sleeps. Root, CAP_SYS_NICE or RLIMIT_RTPRIO is needed. Threads it starts do not
 * inherit it. Who never sleeps keeps all others from a processor but for 5 % of its time: give it back (0) before that.
 *
 * @param priority 1 to 99, among real-time threads; 0: turns as all others have, with the thread's nice as it was. A slice is to be asked for anew.
 * @param thread its number in the system (`/proc/thread-self`), so that one that hangs can lose its turns to another of its process. Default: the calling thread.
 * @returns false when the system refused, or where `udpBatchMissing()` says why.
 */
export function requestThreadRealtime(priority: number, thread = 0): boolean {
  const found = native();
  return !(found instanceof Error) && found.threadRealtime(Math.min(99, Math.max(0, Math.round(priority))), thread) === 0;
}

/**
 * UDP sockets of one thread whose datagrams come in batches: the thread is woken once for all that is there, and nothing is
 * allocated per datagram. A pool belongs to the thread that made it and ends with it; sockets that are open keep
 * the thread alive.
 */
export class UdpPool {
  readonly #native: Native;
  readonly #pool: NativePool;
  readonly #slab = new Uint8Array(DATAGRAM_BYTES * BATCH);
  readonly #meta = new Int32Array(META * BATCH);
  readonly #outbox = new Outbox();
  /** By place in the batch: the view of it that was needed last. Datagrams of one kind have one length. */
  readonly #views: Uint8Array[] = [];
  readonly #sockets: (UdpSocket | undefined)[] = [];
  readonly #source: Source;
  /** Datagrams longer than 2,048 octets, dropped. */
  oversize = 0;

  /** @throws Error where `udpBatchMissing()` says why. */
  constructor() {
    const found = native();
    if (found instanceof Error) throw found;
    this.#native = found;
    this.#pool = found.create((count) => this.#deliver(count), this.#slab, this.#meta, this.#outbox.forwards, DATAGRAM_BYTES);
    this.#source = new Source((index) => found.source(this.#pool, index));
  }

  /**
   * A socket of its own at a numeric address.
   *
   * @param port 0 to 65535; 0 lets the system choose.
   * @throws UdpError
   */
  bind(address: string, port: number): UdpSocket {
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw refusal("bind", -22, address, port);
    const id = this.#native.bind(this.#pool, address, port);
    if (id < 0) throw refusal("bind", id, address, port);
    const socket = new UdpSocket(this.#native, this.#pool, this.#outbox, id, () => (this.#sockets[id] = undefined));
    this.#sockets[id] = socket;
    return socket;
  }

  #deliver(count: number): void {
    const meta = this.#meta;
    const outbox = this.#outbox;
    try {
      for (let index = 0; index < count; index++) {
        const at = index * META;
        // Closed by the handler of an earlier one.
        const socket = this.#sockets[meta[at] as number];
        if (socket === undefined) continue;
        if (meta[at + 3] !== 0) {
          this.oversize++;
          continue;
        }
        const octets = this.#view(index, meta[at + 1] as number);
        outbox.current = octets;
        outbox.place = index;
        this.#source.show(index, meta[at + 2] as number);
        socket.handler?.(octets, this.#source);
      }
    } finally {
      outbox.current = undefined;
    }
  }

  #view(index: number, length: number): Uint8Array {
    const held = this.#views[index];
    if (held !== undefined && held.length === length) return held;
    const from = index * DATAGRAM_BYTES;
    return (this.#views[index] = this.#slab.subarray(from, from + length));
  }
}

/** What goes on of the batch that is being handled. */
class Outbox {
  readonly forwards = new Int32Array(1 + 2 * BATCH);
  /** The datagram that is being handled, and its place in the batch. */
  current: Uint8Array | undefined;
  place = 0;

  get empty(): boolean {
    return this.forwards[0] === 0;
  }

  add(socket: number): boolean {
    const count = this.forwards[0] as number;
    if (count === BATCH) return false;
    this.forwards[1 + 2 * count] = socket;
    this.forwards[2 + 2 * count] = this.place;
    this.forwards[0] = count + 1;
    return true;
  }
}

/** One object for all datagrams; the address becomes text only for who asks. */
class Source implements DatagramSource {
  port = 0;
  readonly #read: (index: number) => string;
  #index = 0;
  #address: string | undefined;

  constructor(read: (index: number) => string) {
    this.#read = read;
  }

  get address(): string {
    return (this.#address ??= this.#read(this.#index));
  }

  show(index: number, port: number): void {
    this.#index = index;
    this.#address = undefined;
    this.port = port;
  }
}

/** A bound UDP socket of a pool. After `close` every call does nothing. */
export class UdpSocket {
  handler: DatagramHandler | undefined;
  readonly #native: Native;
  readonly #pool: NativePool;
  readonly #outbox: Outbox;
  readonly #id: number;
  readonly #forget: () => void;
  #closed = false;

  /** @internal Sockets are made by `UdpPool.bind`. */
  constructor(found: Native, pool: NativePool, outbox: Outbox, id: number, forget: () => void) {
    this.#native = found;
    this.#pool = pool;
    this.#outbox = outbox;
    this.#id = id;
    this.#forget = forget;
  }

  /** The port it is bound to; 0 once closed. */
  get port(): number {
    return this.#closed ? 0 : Math.max(0, this.#native.localPort(this.#pool, this.#id));
  }

  /**
   * From now on only datagrams of this peer come in, and `send` goes there.
   *
   * @throws UdpError
   */
  connect(port: number, address: string): void {
    if (this.#closed) return;
    this.#flush();
    const status = this.#native.connect(this.#pool, this.#id, address, port);
    if (status < 0) throw refusal("connect", status, address, port);
  }

  disconnect(): void {
    if (this.#closed) return;
    this.#flush();
    this.#native.disconnect(this.#pool, this.#id);
  }

  /**
   * Sends at once to the peer it is connected to.
   *
   * @returns false when the system did not take it: its buffer is full, or the peer refused an earlier one. It is lost, as on the wire.
   */
  send(octets: Uint8Array): boolean {
    if (this.#closed) return false;
    this.#flush();
    return this.#native.send(this.#pool, this.#id, octets) >= 0;
  }

  /**
   * As `send`, for octets that a handler was given and that must not change any more: they leave together with all the others that
   * go on, when the batch has been handled or something else is sent. Other octets are sent at once.
   *
   * @returns false when they are lost, as far as that is known now.
   */
  forward(octets: Uint8Array): boolean {
    if (this.#closed) return false;
    return octets === this.#outbox.current && this.#outbox.add(this.#id) ? true : this.send(octets);
  }

  /** Sends at once to a numeric address; false as for `send`, or when the address is none. */
  sendTo(octets: Uint8Array, port: number, address: string): boolean {
    if (this.#closed) return false;
    this.#flush();
    return this.#native.sendTo(this.#pool, this.#id, octets, address, port) >= 0;
  }

  /** Idempotent. What was sent has left. */
  close(): void {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    this.handler = undefined;
    this.#forget();
    this.#native.close(this.#pool, this.#id);
  }

  /** Nothing overtakes what goes on. */
  #flush(): void {
    if (!this.#outbox.empty) this.#native.flush(this.#pool);
  }
}

function refusal(call: string, errno: number, address: string, port: number): UdpError {
  const code = getSystemErrorName(errno);
  return Object.assign(new Error(`${call} ${code} ${address}:${port}`), { code, errno, syscall: call });
}
