import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { availableParallelism } from "node:os";
import { errorText, isHotlineError } from "@hotlinejs/core";
import type { AudioAsset, Clock, DatagramPort, DatagramPortOptions, Ids, LineLeg, LineLegOptions, Logger, MediaBridge, MediaEngine, MediaLeg, RtpLeg, RtpLegOptions, WebRtcLeg, WebRtcLegOptions } from "@hotlinejs/core";
import { mediaErrors } from "../errors.js";
import { Encoder } from "./encoder.js";
import { EngineBridge } from "./engine-bridge.js";
import type { Seating } from "./engine-bridge.js";
import { EngineDatagramPort } from "./engine-datagram-port.js";
import { EngineLeg } from "./engine-leg.js";
import type { LegContext } from "./engine-leg.js";
import { EngineLineLeg } from "./engine-line-leg.js";
import { EngineRtpLeg } from "./engine-rtp-leg.js";
import { newIceCredentials } from "./engine-transports.js";
import { EngineWebRtcLeg } from "./engine-webrtc-leg.js";
import { builtEntry } from "./package-paths.js";
import { RefusedLegs } from "./refused-legs.js";
import { checkRemote } from "./remote-checks.js";
import { QualityTally } from "../quality/quality-tally.js";
import type { MediaWorkerData, WireRtpOptions } from "../worker/protocol.js";
import { PortTable } from "../worker/port-table.js";
import { WorkerSlot } from "./worker-slot.js";

export interface MediaEngineOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log?: Logger;
  /** Media threads. Default: one less than the processor cores, 1 to 4. */
  readonly workers?: number;
  /** Range of UDP ports, first and last; RTP takes the even, RTCP the odd ones. Default 10000-19999. */
  readonly rtpPorts?: { readonly min: number; readonly max: number };
  /** Address legs bind unless they say otherwise. Default 127.0.0.1. */
  readonly bindAddress?: string;
  /** Begin with 200 ms of silence and then send a frame every 5 s while nothing else is sent, so that NATs and symmetric peers know where we are. Default true. */
  readonly keepAliveSilence?: boolean;
  /** How much of the received sound of a leg is listened to for fax tones, ms. Default 60000; 0 = never. */
  readonly faxDetectionMs?: number;
  /** Take datagrams in batches where the udp-batch package is to be had. Default true. */
  readonly batchedUdp?: boolean;
  /** Priority (nice) the threads give themselves where the system lets. Default -10. */
  readonly threadNice?: number;
  /** Whether the threads ask for real-time turns, which come before `threadNice`. Default true. */
  readonly threadRealtime?: boolean;
  /** Bounds of the delay where sound is mixed or goes to a line, ms: it adapts to the measured jitter. Default 40 and 240. */
  readonly jitterMinMs?: number;
  readonly jitterMaxMs?: number;
}

/** Pairs of ports that each worker keeps ready: those of two calls that come at once. */
const STOCK = 4;
/** A range with fewer pairs for each worker has none to keep. */
const AMPLE = 64;

/** How long a worker may take to finish its captures at the stop. */
const STOP_LIMIT_MS = 5000;

/** The pool of media workers as seen from the main thread. */
export class DefaultMediaEngine implements MediaEngine {
  readonly slots: readonly WorkerSlot[];
  /** Legs there were no ports, descriptors or workers for. */
  readonly refused: RefusedLegs;
  /** What the sound was like of legs that were closed. */
  readonly quality = new QualityTally();
  readonly #context: LegContext;
  readonly #encoder = new Encoder();
  readonly #seating: Seating = new WeakMap();
  /** Of the usual address. */
  readonly #ports: PortTable;
  #bindAddress: string;
  #running = false;

  constructor(options: MediaEngineOptions) {
    this.#context = { clock: options.clock, ids: options.ids, log: options.log, quality: this.quality };
    this.refused = new RefusedLegs(options.clock, options.log);
    const count = options.workers ?? Math.max(1, Math.min(4, availableParallelism() - 1));
    const ports = options.rtpPorts ?? { min: 10_000, max: 19_999 };
    // A random start: after a restart the ports of calls just lost come last.
    const portTable = PortTable.memory(ports.min, ports.max, Math.floor(Math.random() * 0x7fff));
    this.#ports = new PortTable(portTable, ports.min);
    this.#bindAddress = options.bindAddress ?? "127.0.0.1";
    const portStock = Math.floor((ports.max - ports.min + 1) / 2 / count) < AMPLE ? 0 : STOCK;
    const data = (index: number): Omit<MediaWorkerData, "beat"> => ({
      index,
      bindAddress: this.#bindAddress,
      portMin: ports.min,
      portMax: ports.max,
      portTable,
      portStock,
      keepAliveSilence: options.keepAliveSilence ?? true,
      faxDetectionMs: options.faxDetectionMs ?? 60_000,
      batchedUdp: options.batchedUdp ?? true,
      threadNice: options.threadNice ?? -10,
      threadRealtime: options.threadRealtime ?? true,
      jitterMinMs: options.jitterMinMs ?? 40,
      jitterMaxMs: options.jitterMaxMs ?? 240,
    });
    const path = builtEntry("worker");
    this.slots = Array.from({ length: count }, (_, index) => new WorkerSlot(index, path, () => data(index), options.clock, options.log));
    for (const slot of this.slots) this.#forgetPorts(slot);
  }

  /** With each worker that dies go its sockets: others may have the ports. */
  #forgetPorts(slot: WorkerSlot): void {
    slot.onFailed(() => {
      this.#ports.forget(slot.index);
      this.#forgetPorts(slot);
    });
  }

  /** Starts the threads; rejects with `HTL_MEDIA_BAD_ADDRESS`, `HTL_MEDIA_WORKER_MISSING` or `HTL_MEDIA_WORKER_FAILED`. */
  async start(): Promise<void> {
    try {
      this.#bindAddress = await numeric(this.#bindAddress);
      await tryAddress(this.#bindAddress);
      await Promise.all(this.slots.map((slot) => slot.start()));
      this.#running = true;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Ends all legs (with a BYE), waits for their captures, ends the threads. */
  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all([...this.slots.map((slot) => slot.stop(STOP_LIMIT_MS)), this.#encoder.stop()]);
  }

  get legs(): number {
    return this.slots.reduce((sum, slot) => sum + slot.legs, 0);
  }

  createRtpLeg(options: RtpLegOptions = {}): Promise<RtpLeg> {
    return this.refused.watch(this.#createRtpLeg(options));
  }

  async #createRtpLeg(options: RtpLegOptions): Promise<RtpLeg> {
    if (options.remote !== undefined) checkRemote(options.remote);
    const bindAddress = options.bindAddress === undefined ? undefined : await numeric(options.bindAddress);
    const slot = this.#slotFor(options.near);
    const id = this.#context.ids.next();
    const wire: WireRtpOptions = {
      bindAddress,
      inbandDtmf: options.inbandDtmf,
      keysBySignalling: options.keys === "signalling",
      symmetric: options.symmetric ?? true,
      mediaTimeoutMs: options.mediaTimeoutMs ?? 0,
      remote: options.remote,
    };
    const onReady = (where: WorkerSlot, port: number): RtpLeg => {
      const leg = new EngineRtpLeg(id, where, this.#context, { address: this.#bindAddress, port });
      where.sendAfterTurn({ op: "open-rtp", leg: id, port, options: wire });
      return leg;
    };
    const ready = this.#usual(bindAddress) ? slot.takePort() : undefined;
    if (ready !== undefined) return onReady(slot, ready);
    return this.#withPorts(slot, bindAddress, async (where, port) => {
      if (port !== undefined) return onReady(where, port);
      return new EngineRtpLeg(id, where, this.#context, await where.request<"create-rtp">({ op: "create-rtp", leg: id, options: wire }));
    });
  }

  #usual(bindAddress: string | undefined): boolean {
    return bindAddress === undefined || bindAddress === this.#bindAddress;
  }

  /**
   * Makes what needs a pair of ports. Where none is left it is one of the last of the range, which may stand ready with another worker, or be on
   * their way into its stock; and where it is known that none is there either, nobody is asked.
   *
   * @param make on this pair that stands ready, or on any.
   */
  async #withPorts<T>(slot: WorkerSlot, bindAddress: string | undefined, make: (slot: WorkerSlot, port?: number) => Promise<T>): Promise<T> {
    const usual = this.#usual(bindAddress);
    if (usual && this.portsTaken) throw mediaErrors.NO_PORT(`all ${this.#ports.pairs} pairs are in use on ${this.#bindAddress}`);
    const release = slot.reserve();
    try {
      return await make(slot);
    } catch (error) {
      if (!usual || !isHotlineError(error, mediaErrors.NO_PORT.code)) throw error;
      const holder = await this.#holderOfLast();
      const port = holder?.takePort();
      if (holder === undefined || port === undefined) throw error;
      return await make(holder, port);
    } finally {
      release();
    }
  }

  async #holderOfLast(): Promise<WorkerSlot | undefined> {
    const ready = (): WorkerSlot | undefined => this.slots.find((each) => each.portsReady.length > 0);
    if (ready() === undefined) await Promise.allSettled(this.slots.map((each) => each.request<"settle-ports">({ op: "settle-ports" })));
    return ready();
  }

  createWebRtcLeg(options: WebRtcLegOptions = {}): Promise<WebRtcLeg> {
    return this.refused.watch(this.#createWebRtcLeg(options));
  }

  async #createWebRtcLeg(options: WebRtcLegOptions): Promise<WebRtcLeg> {
    const bindAddress = options.bindAddress === undefined ? undefined : await numeric(options.bindAddress);
    const slot = this.#slotFor(options.near);
    const id = this.#context.ids.next();
    const ice = newIceCredentials();
    const { inbandDtmf, mediaTimeoutMs = 0 } = options;
    const wire = { ice, mediaTimeoutMs, ...(bindAddress === undefined ? {} : { bindAddress }), ...(inbandDtmf === undefined ? {} : { inbandDtmf }) };
    return this.#withPorts(slot, bindAddress, async (where, port) => {
      const local = await where.request<"create-webrtc">({ op: "create-webrtc", leg: id, ...(port === undefined ? {} : { port }), options: wire });
      return new EngineWebRtcLeg(id, where, this.#context, ice, local);
    });
  }

  async createLineLeg({ near, part }: LineLegOptions): Promise<LineLeg> {
    const slot = this.#slotFor(near);
    // There before its part is, so that no message of it is lost.
    const leg = new EngineLineLeg(this.#context.ids.next(), slot, this.#context);
    try {
      await slot.request<"create-line">({ op: "create-line", leg: leg.id, part });
    } catch (error) {
      slot.removeLeg(leg.id);
      throw error;
    }
    return leg;
  }

  async createDatagramPort({ near, bindAddress, part }: DatagramPortOptions): Promise<DatagramPort> {
    const address = bindAddress === undefined ? undefined : await numeric(bindAddress);
    const slot = this.#slotFor(near);
    return this.#withPorts(slot, address, async (where, last) => {
      const port = new EngineDatagramPort(this.#context.ids.next(), where, this.#context.log);
      try {
        port.bound(await where.request<"create-port">({ op: "create-port", leg: port.id, part, ...(last === undefined ? {} : { port: last }), ...(address === undefined ? {} : { bindAddress: address }) }));
      } catch (error) {
        where.removeLeg(port.id);
        throw error;
      }
      return port;
    });
  }

  async createBridge(options: { near?: MediaLeg } = {}): Promise<MediaBridge> {
    const slot = this.#slotFor(options.near);
    const id = this.#context.ids.next();
    await slot.request<"create-bridge">({ op: "create-bridge", bridge: id });
    return new EngineBridge(id, slot, this.#seating, (leg) => this.slots.includes(leg.slot), this.#context.ids, this.#context.log);
  }

  encode(pcm: Int16Array, sampleRate: number): Promise<AudioAsset> {
    return this.#encoder.encode(pcm, sampleRate);
  }

  loadWav(path: string): Promise<AudioAsset> {
    return this.#encoder.loadWav(path);
  }

  get latenessMs(): number {
    return Math.max(0, ...this.slots.map((slot) => slot.latenessMs));
  }

  get busyShare(): number {
    return this.#leastBurdened()?.busyShare ?? 0;
  }

  get portsTaken(): boolean {
    return this.#ports.full;
  }

  /** Besides what the contract tells, of each worker: legs and ports it holds itself, captures under way, commands it has not answered, all four 0 when there is no call; how many pairs of ports it keeps ready for calls to come; whether its sockets are batched ones or Node's own; and the priority of its thread. */
  async health(): Promise<readonly { worker: number; legs: number; held: number; ready: number; captures: number; waiting: number; udp: "batched" | "node"; nice: number; realtime: boolean; tickP99Ms: number; tickMaxMs: number }[]> {
    const asked = await Promise.allSettled(
      this.slots.map(async (slot) => {
        const { waiting, captures } = slot;
        const { legs: held, udp, nice, realtime, tickP99Ms, tickMaxMs } = await slot.request<"health">({ op: "health" });
        return { worker: slot.index, legs: slot.legs, held, ready: slot.portsReady.length, captures, waiting, udp, nice, realtime, tickP99Ms, tickMaxMs };
      }),
    );
    // A worker that is down has no health to tell; it is missing in the list.
    return asked.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  }

  #slotFor(near: MediaLeg | undefined): WorkerSlot {
    if (!this.#running) throw mediaErrors.NOT_RUNNING();
    if (near instanceof EngineLeg && near.slot.up && !near.slot.doubtful && this.slots.includes(near.slot)) return near.slot;
    const slot = this.#leastBurdened();
    if (slot === undefined) throw mediaErrors.WORKER_FAILED("no worker is running");
    return slot;
  }

  #leastBurdened(): WorkerSlot | undefined {
    let best: WorkerSlot | undefined;
    for (const slot of this.slots) if (slot.up && (best === undefined || burden(slot) < burden(best))) best = slot;
    return best;
  }
}

/** One that may hang is taken only where there is no other. */
function burden(slot: WorkerSlot): number {
  return slot.doubtful ? Infinity : slot.load;
}

/** The address behind a name (`localhost`); the workers bind and send to numbers only. */
async function numeric(address: string): Promise<string> {
  if (isIP(address) !== 0) return address;
  try {
    return (await lookup(address)).address;
  } catch (error) {
    throw mediaErrors.BAD_ADDRESS(address, errorText(error), { cause: error });
  }
}

/** Whether sockets can be bound there at all, before the first call finds out. @throws HTL_MEDIA_BAD_ADDRESS */
async function tryAddress(address: string): Promise<void> {
  const socket = createSocket(isIP(address) === 6 ? "udp6" : "udp4");
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(0, address, resolve);
    });
  } catch (error) {
    throw mediaErrors.BAD_ADDRESS(address, errorText(error), { cause: error });
  } finally {
    socket.close();
  }
}

/** Makes an engine; `start()` it before use. */
export function createMediaEngine(options: MediaEngineOptions): DefaultMediaEngine {
  return new DefaultMediaEngine(options);
}
