import { randomFillSync } from "node:crypto";
import { ArrivalGatherer } from "./arrival-gatherer.js";
import { BusyMeter } from "./busy-meter.js";
import { CaptureTap } from "./capture-tap.js";
import { createDtlsCertificate } from "./dtls/dtls-certificate.js";
import type { DtlsCertificate } from "./dtls/dtls-certificate.js";
import { MOST_KEYS } from "./key-queue.js";
import type { LegHost } from "./leg-host.js";
import { LineWorkerLeg } from "./line-worker-leg.js";
import { LinkWorkerLeg } from "./link-worker-leg.js";
import { BEAT } from "./protocol.js";
import type { Command, MediaWorkerData, Posted, Replies, Report, RequestCommand, WireError, WireRtpOptions, WireWebRtcOptions } from "./protocol.js";
import { batchedSockets } from "./batched-sockets.js";
import type { MediaSockets } from "./media-socket.js";
import { PortStock } from "./port-stock.js";
import { PortTable } from "./port-table.js";
import type { PairUse } from "./port-table.js";
import { nodeSockets } from "./node-sockets.js";
import { NoPortError, openPortPair } from "./rtp-sockets.js";
import type { PortPair } from "./rtp-sockets.js";
import { RtpWorkerLeg } from "./rtp-worker-leg.js";
import type { WebRtcStart } from "./rtp-worker-leg.js";
import { TickDriver } from "./tick-driver.js";
import { WorkerDatagramPort } from "./worker-datagram-port.js";
import { threadCpuMs, threadNice, threadNumber, threadScheduler, threadSleep } from "./thread.js";
import { ThreadTurns } from "./thread-turns.js";
import { TurnBudget } from "./turn-budget.js";
import { WorkerBridge } from "./worker-bridge.js";
import { WorkerLeg } from "./worker-leg.js";

/** How often legs are looked after; the thread's beat, too. */
const SWEEP_MS = 200;
/** Sockets that are bound in one turn of the event loop at the most: some 15 us each, and the sound of the calls there waits meanwhile. */
const BINDS = 32;
/** Longest wait of a report that nobody is in a hurry for: waking the main thread costs more than the report. */
const LEISURE_MS = 20;

/** A failure with the code it crosses the thread border under. */
class CommandError extends Error {
  readonly code: WireError["code"];

  constructor(code: WireError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** All legs, bridges and captures of one worker, and the commands on them. */
export class MediaHost implements LegHost {
  readonly data: MediaWorkerData;
  readonly ticks: TickDriver;
  readonly arrivals: ArrivalGatherer;
  readonly #postNow: (posted: Posted) => void;
  /** Waiting for the next report to go along with, or for the timer. */
  #leisurely: Report[] = [];
  #leisure: NodeJS.Timeout | undefined;
  readonly #legs = new Map<string, WorkerLeg>();
  readonly #ports = new Map<string, WorkerDatagramPort>();
  readonly #bridges = new Map<string, WorkerBridge>();
  readonly #taps = new Map<string, { tap: CaptureTap; leg: WorkerLeg }>();
  readonly #table: PortTable;
  /** Of addresses other than the usual one; other workers have theirs. */
  readonly #tables = new Map<string, PortTable>();
  readonly #budget = new TurnBudget(BINDS);
  readonly #bind: Promise<MediaSockets>;
  readonly #stock: PortStock;
  #turns: ThreadTurns | undefined;
  readonly #random = new Uint32Array(64);
  #randomNext = 64;
  /** Of all WebRTC legs of this worker; made with the first. */
  #certificate: DtlsCertificate | undefined;
  #stopped: ((value: undefined) => void) | undefined;

  constructor(data: MediaWorkerData, post: (posted: Posted) => void) {
    this.data = data;
    this.#postNow = post;
    this.#table = new PortTable(data.portTable, data.portMin);
    this.#bind = data.batchedUdp ? batchedSockets().then((batched) => batched ?? nodeSockets) : Promise.resolve(nodeSockets);
    this.#stock = new PortStock(
      data.portStock,
      async () => (await this.#openSockets(undefined, "ready")).sockets,
      (port) => this.#postLeisurely({ ev: "port-ready", port }),
      () => performance.now(),
    );
    const wait = threadSleep();
    this.ticks = new TickDriver((what, error) => {
      if (what instanceof WorkerLeg) this.legFault(what, error);
      else this.fault("bridge", error);
    }, wait, (ms) => this.#post({ ev: "lateness", ms }));
    this.arrivals = new ArrivalGatherer({ now: () => performance.now(), untilTick: (now) => this.ticks.untilNext(now), wait, afterTurn: (fn) => void setImmediate(fn) });
    void threadScheduler().then((system) => (this.#turns = system === undefined ? undefined : new ThreadTurns(system, data.threadRealtime)));
    const beats = new Int32Array(data.beat);
    Atomics.store(beats, BEAT.thread, threadNumber());
    const busy = new BusyMeter({ now: () => performance.now(), cpuMs: threadCpuMs, tell: (share) => this.#post({ ev: "busy", share }) });
    // Goes on while it stops: captures may take their time on a slow disk.
    setInterval(() => {
      Atomics.add(beats, BEAT.beats, 1);
      if (Atomics.exchange(beats, BEAT.turnsTaken, 0) === 1) this.#turns?.lost();
      const share = busy.look();
      if (share !== undefined) this.#turns?.look(share);
      const now = this.ticks.mediaTime / 8;
      for (const leg of [...this.#legs.values()]) {
        if (!(leg instanceof RtpWorkerLeg)) continue;
        try {
          leg.sweep(now);
        } catch (error) {
          this.legFault(leg, error);
        }
      }
    }, SWEEP_MS);
  }

  report(report: Report): void {
    this.#post(report);
  }

  now(): number {
    return Date.now();
  }

  random(): number {
    if (this.#randomNext >= this.#random.length) {
      randomFillSync(this.#random);
      this.#randomNext = 0;
    }
    return this.#random[this.#randomNext++] as number;
  }

  fault(where: string, error: unknown): void {
    this.#post({ ev: "fault", where, message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }

  /** A leg whose own code failed is ended, so that whoever waits on it is told; the others go on. */
  legFault({ id }: { readonly id: string }, error: unknown): void {
    this.fault(`leg ${id}`, error);
    const leg = this.#legs.get(id);
    const port = this.#ports.get(id);
    if (leg === undefined && port === undefined) return;
    try {
      if (leg !== undefined) this.#closeLeg(leg);
      else if (port !== undefined) this.#closePort(port);
    } catch (again) {
      this.fault(`leg ${id}, closing it`, again);
    }
    this.#post({ ev: "leg", leg: id, event: { type: "ended", reason: "worker-failed" } });
  }

  /** Carries out a command; every request is answered, whatever happens. */
  handle(command: Command): void {
    if (!("rid" in command)) {
      try {
        this.#order(command);
      } catch (error) {
        this.fault(command.op, error);
      }
      return;
    }
    const { rid } = command;
    this.#answer(command).then(
      (value) => {
        if (command.op === "close-leg") this.#postLeisurely({ ev: "reply", rid, value });
        else this.#post({ ev: "reply", rid, value });
      },
      (error: unknown) => this.#post({ ev: "reply", rid, error: { code: error instanceof CommandError ? error.code : "FAILED", message: error instanceof Error ? error.message : String(error) } }),
    );
  }

  #post(report: Report): void {
    if (this.#leisurely.length === 0) {
      this.#postNow(report);
      return;
    }
    this.#leisurely.push(report);
    this.#postWaiting();
  }

  #postLeisurely(report: Report): void {
    this.#leisurely.push(report);
    this.#leisure ??= setTimeout(() => this.#postWaiting(), LEISURE_MS);
  }

  #postWaiting(): void {
    clearTimeout(this.#leisure);
    this.#leisure = undefined;
    const waiting = this.#leisurely;
    this.#leisurely = [];
    try {
      this.#postNow(waiting);
    } catch (error) {
      // What a part says last may be nothing that can be sent; somebody waits for the others.
      waiting.pop();
      this.#postNow(waiting);
      throw error;
    }
  }

  #order(command: Exclude<Command, RequestCommand>): void {
    switch (command.op) {
      case "open-rtp":
        return this.#openRtp(command);
      case "create-link":
        this.#legs.set(command.leg, new LinkWorkerLeg(command.leg, this, command.link));
        return;
      case "bridge-play": {
        const bridge = this.#bridges.get(command.bridge);
        if (bridge === undefined) this.#post({ ev: "bridge-play-end", bridge: command.bridge, playback: command.playback, reason: "leg-ended", playedMs: 0 });
        else bridge.play(command.playback, command.sources, command.except);
        return;
      }
      case "stop-bridge-play":
        this.#bridges.get(command.bridge)?.stopPlay(command.playback, "stopped");
        return;
      case "capture-control": {
        const tap = this.#taps.get(command.capture)?.tap;
        if (command.action === "pause") tap?.pause();
        else if (command.action === "resume") tap?.resume();
        else tap?.stop("stopped");
        return;
      }
      default:
    }
    // The leg may have ended while the command was on its way.
    const leg = this.#legs.get(command.leg);
    switch (command.op) {
      case "set-remote":
        if (leg instanceof RtpWorkerLeg) leg.setRtpRemote(command.remote);
        break;
      case "prepare-rtp":
        if (leg instanceof RtpWorkerLeg) leg.prepareRtp(command.options);
        break;
      case "webrtc-remote":
        if (leg instanceof RtpWorkerLeg) leg.setWebRtcRemote(command.remote);
        break;
      case "restart-ice":
        if (leg instanceof RtpWorkerLeg) leg.restartIce(command.ice);
        break;
      case "play":
        if (leg === undefined) this.#post({ ev: "play-end", leg: command.leg, playback: command.playback, reason: "leg-ended", playedMs: 0 });
        else leg.play(command.playback, command.sources, command.loop, command.startAtMs);
        break;
      case "stop-play":
        leg?.stopPlay(command.playback, command.reason);
        break;
      case "line-message":
        if (leg instanceof LineWorkerLeg) leg.message(command.message);
        else this.#ports.get(command.leg)?.message(command.message);
        break;
      case "port-remote":
        this.#ports.get(command.leg)?.setRemote(command.remote);
        break;
      case "key":
        leg?.infoKey(command.digit);
        break;
      case "direction":
        leg?.setDirection(command.direction);
        break;
    }
  }

  async #answer(command: RequestCommand): Promise<Replies[keyof Replies]> {
    switch (command.op) {
      case "create-rtp":
        return this.#createRtp(command);
      case "create-webrtc":
        return this.#createWebRtc(command);
      case "prepare-webrtc":
        return this.#prepareWebRtc(command);
      case "create-line":
        return this.#createLine(command);
      case "create-port":
        return this.#createPort(command);
      case "close-port": {
        const port = this.#ports.get(command.leg);
        if (port !== undefined) this.#closePort(port);
        return undefined;
      }
      case "send-dtmf": {
        const leg = this.#leg(command.leg);
        return new Promise((resolve, reject) => {
          if (!leg.sendKeys(command.digits, command.toneMs, command.gapMs, () => resolve(undefined))) reject(new CommandError("KEYS_FULL", String(MOST_KEYS)));
        });
      }
      case "capture":
        return this.#capture(command);
      case "stats":
        return this.#leg(command.leg).stats();
      case "close-leg":
        return this.#closeLeg(this.#leg(command.leg));
      case "create-bridge":
        this.#bridges.set(command.bridge, new WorkerBridge(command.bridge, this));
        return undefined;
      case "join": {
        const bridge = this.#bridges.get(command.bridge);
        if (bridge === undefined) throw new CommandError("BRIDGE_CLOSED", `bridge ${command.bridge} is closed`);
        const leg = this.#leg(command.leg);
        for (const other of this.#bridges.values()) if (other !== bridge) other.leave(leg);
        bridge.join(leg, command.role, command.whisperTo);
        return undefined;
      }
      case "leave": {
        const leg = this.#legs.get(command.leg);
        if (leg !== undefined) this.#bridges.get(command.bridge)?.leave(leg);
        return undefined;
      }
      case "close-bridge":
        this.#bridges.get(command.bridge)?.close();
        this.#bridges.delete(command.bridge);
        return undefined;
      case "settle-ports":
        await this.#stock.settled();
        return undefined;
      case "health":
        return { legs: this.#legs.size + this.#ports.size, udp: (await this.#bind) === nodeSockets ? "node" : "batched", nice: threadNice(), realtime: this.#turns?.realtime ?? false, ...this.ticks.health() };
      case "stop":
        return this.#stop();
    }
  }

  async #createRtp({ leg: id, options }: Extract<Command, { op: "create-rtp" }>): Promise<Replies["create-rtp"]> {
    const { address, sockets } = await this.#openSockets(options.bindAddress, "held");
    this.#addRtp(id, sockets, options);
    // From the first call on, so that no port is held which another part of the hotline is about to open.
    this.#stock.fill();
    return { address, port: sockets.port };
  }

  #openRtp({ leg: id, port, options }: Extract<Command, { op: "open-rtp" }>): void {
    try {
      this.#addRtp(id, this.#fromStock(port), options);
    } catch (error) {
      this.fault(`leg ${id}`, error);
      this.#post({ ev: "leg", leg: id, event: { type: "ended", reason: "worker-failed" } });
    }
  }

  #addRtp(id: string, sockets: PortPair, options: WireRtpOptions, webRtc?: WebRtcStart): void {
    try {
      this.#legs.set(id, new RtpWorkerLeg(id, this, sockets, options, webRtc));
    } catch (error) {
      sockets.close();
      throw error;
    }
  }

  /** A pair that stood ready. */
  #fromStock(port: number): PortPair {
    const sockets = this.#stock.take(port);
    if (sockets === undefined) throw new Error(`port ${port} is not in stock`);
    this.#table.use(port, this.data.index);
    return sockets;
  }

  async #createWebRtc({ leg: id, port, options }: Extract<Command, { op: "create-webrtc" }>): Promise<Replies["create-webrtc"]> {
    const start = this.#webRtcStart(options);
    const { address, sockets } = await this.#sockets(port, options.bindAddress);
    this.#addRtp(id, sockets, start.options, start);
    return { address, port: sockets.port, fingerprint: { algorithm: "sha-256", value: start.certificate.fingerprint } };
  }

  #prepareWebRtc({ leg: id, options }: Extract<Command, { op: "prepare-webrtc" }>): Replies["prepare-webrtc"] {
    const leg = this.#leg(id);
    if (!(leg instanceof RtpWorkerLeg)) throw new CommandError("FAILED", `leg ${id} is not on the network`);
    const start = this.#webRtcStart(options);
    leg.prepareWebRtc(start);
    return { fingerprint: { algorithm: "sha-256", value: start.certificate.fingerprint } };
  }

  #webRtcStart({ ice, mediaTimeoutMs, inbandDtmf }: WireWebRtcOptions): WebRtcStart {
    this.#certificate ??= createDtlsCertificate(this.now());
    return { ice, certificate: this.#certificate, options: { symmetric: false, mediaTimeoutMs, ...(inbandDtmf === undefined ? {} : { inbandDtmf }) } };
  }

  /** @param port one that stands ready; otherwise any is taken that is free */
  async #sockets(port: number | undefined, bindAddress: string | undefined): Promise<{ address: string; sockets: PortPair }> {
    return port === undefined ? this.#openSockets(bindAddress, "held") : { address: this.data.bindAddress, sockets: this.#fromStock(port) };
  }

  #tableOf(address: string): PortTable {
    const { bindAddress, portMin, portMax } = this.data;
    if (address === bindAddress) return this.#table;
    let table = this.#tables.get(address);
    if (table === undefined) this.#tables.set(address, (table = new PortTable(PortTable.memory(portMin, portMax, this.random() & 0xffff), portMin)));
    return table;
  }

  async #openSockets(bindAddress: string | undefined, use: PairUse): Promise<{ address: string; sockets: PortPair }> {
    const address = bindAddress ?? this.data.bindAddress;
    const place = { address, table: this.#tableOf(address), worker: this.data.index, bind: await this.#bind, budget: this.#budget };
    const sockets = await openPortPair(place, use).catch((error: unknown) => {
      if (error instanceof NoPortError) throw new CommandError("NO_PORT", error.message);
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EMFILE" || code === "ENFILE") throw new CommandError("NO_DESCRIPTORS", code);
      throw error;
    });
    return { address, sockets };
  }

  async #createPort({ leg: id, port, bindAddress, part }: Extract<Command, { op: "create-port" }>): Promise<Replies["create-port"]> {
    const { address, sockets } = await this.#sockets(port, bindAddress);
    try {
      this.#ports.set(id, await WorkerDatagramPort.open(id, this, sockets, part));
    } catch (error) {
      throw new CommandError("LINE_PART_FAILED", error instanceof Error ? error.message : String(error));
    }
    return { address, port: sockets.port };
  }

  #closePort(port: WorkerDatagramPort): void {
    this.#ports.delete(port.id);
    port.close();
    this.#stock.fill();
  }

  async #createLine({ leg: id, part }: Extract<Command, { op: "create-line" }>): Promise<undefined> {
    try {
      this.#legs.set(id, await LineWorkerLeg.open(id, this, part));
    } catch (error) {
      throw new CommandError("LINE_PART_FAILED", error instanceof Error ? error.message : String(error));
    }
    return undefined;
  }

  #capture({ leg: legId, capture, options }: Extract<Command, { op: "capture" }>): Promise<undefined> {
    const leg = this.#leg(legId);
    return new Promise((resolve, reject) => {
      const tap = new CaptureTap(capture, options, this.ticks, (result) => {
        this.#taps.delete(capture);
        leg.removeTap(tap);
        this.#post({ ev: "capture-end", capture, result });
        this.#maybeStopped();
      });
      this.#taps.set(capture, { tap, leg });
      leg.addTap(tap);
      tap.open(this.now(), (error) => {
        if (error === undefined) resolve(undefined);
        else {
          this.#taps.delete(capture);
          leg.removeTap(tap);
          reject(new CommandError("CAPTURE_FAILED", error.message));
          this.#maybeStopped();
        }
      });
    });
  }

  #closeLeg(leg: WorkerLeg): Replies["close-leg"] {
    for (const bridge of this.#bridges.values()) bridge.leave(leg);
    this.#legs.delete(leg.id);
    leg.close();
    this.#stock.fill();
    return leg.stats();
  }

  /** Ends all legs and waits until all captures are on disk. */
  #stop(): Promise<undefined> {
    for (const bridge of this.#bridges.values()) bridge.close();
    this.#bridges.clear();
    // One that fails must not keep the captures of the others from their end.
    for (const [id, one] of [...this.#legs, ...this.#ports]) {
      try {
        if (one instanceof WorkerLeg) this.#closeLeg(one);
        else this.#closePort(one);
      } catch (error) {
        this.fault(`leg ${id}, closing it`, error);
      }
    }
    this.#stock.close();
    this.ticks.stop();
    return new Promise((resolve) => {
      this.#stopped = resolve;
      this.#maybeStopped();
    });
  }

  #maybeStopped(): void {
    if (this.#taps.size === 0) this.#stopped?.(undefined);
  }

  #leg(id: string): WorkerLeg {
    const leg = this.#legs.get(id);
    if (leg === undefined) throw new CommandError("LEG_ENDED", `leg ${id} has ended`);
    return leg;
  }

}
