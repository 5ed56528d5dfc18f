import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { errorText } from "@hotlinejs/core";
import type { Clock, Logger, MediaLegEvent, DtmfDigit, Timer } from "@hotlinejs/core";
import { mediaErrors } from "../errors.js";
import type { Command, MediaWorkerData, Posted, Replies, Report, RequestCommand, WireError } from "../worker/protocol.js";

type Without<C, K extends string> = C extends unknown ? Omit<C, K> : never;

/** Who hears what the worker reports of a leg. */
export interface LegSink {
  event(event: MediaLegEvent): void;
  keyDown(digit: DtmfDigit, way: "rfc4733" | "inband"): void;
  playEnd(report: Extract<Report, { ev: "play-end" }>): void;
  /** The line's part has sent a message. */
  lineMessage(message: unknown): void;
  /** The leg is gone without having been closed by itself. */
  gone(reason: "closed" | "worker-failed"): void;
}

export interface CaptureSink {
  ended(result: Extract<Report, { ev: "capture-end" }>["result"]): void;
  workerFailed(): void;
}

/** Who hears what the worker reports of a bridge. */
export interface BridgeSink {
  playEnd(report: Extract<Report, { ev: "bridge-play-end" }>): void;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Longest wait of a command that nobody is in a hurry for, ms: waking the worker costs more than the command. */
const LEISURE_MS = 20;
/** What was told of lateness holds for so long, ms; while it goes on it is told each second. */
const LATENESS_MS = 2_500;
/** Failures within this time make the next start wait longer. */
const CALM_MS = 30_000;

/**
 * The place of one media worker. When its thread dies, what lived in it is told, and a new thread
 * takes the place; after repeated deaths with growing pauses.
 *
 * ```
 * down --start()--> up --thread dies--> down (restarts by itself) ; stop() from anywhere --> stopped
 * ```
 */
export class WorkerSlot {
  readonly index: number;
  readonly #path: string;
  readonly #data: () => MediaWorkerData;
  readonly #clock: Clock;
  readonly #log: Logger | undefined;
  readonly #pending = new Map<number, Pending>();
  readonly #legs = new Map<string, LegSink>();
  readonly #captures = new Map<string, CaptureSink>();
  readonly #bridges = new Map<string, BridgeSink>();
  readonly #onFailed = new Set<() => void>();
  /** Ports that the worker keeps ready for legs. */
  #ports: number[] = [];
  /** Commands that wait for the next one to go along with, or for the timer. */
  #leisurely: Command[] = [];
  #leisure: Timer | undefined;
  #worker: Worker | undefined;
  #state: "down" | "up" | "stopped" = "down";
  #lateness = { ms: 0, until: -Infinity };
  #rid = 0;
  #reserved = 0;
  #failures = 0;
  #lastFailure = -CALM_MS;

  /** @param data asked for at every start of the thread. */
  constructor(index: number, path: string, data: () => MediaWorkerData, clock: Clock, log: Logger | undefined) {
    this.#path = path;
    this.#data = data;
    this.index = index;
    this.#clock = clock;
    this.#log = log;
  }

  get up(): boolean {
    return this.#state === "up";
  }

  /** Legs that live here. */
  get legs(): number {
    return this.#legs.size;
  }

  /** Commands sent, or about to be, whose answer is not here yet. */
  get waiting(): number {
    return this.#pending.size;
  }

  /** Captures that have not ended. */
  get captures(): number {
    return this.#captures.size;
  }

  /** How late the ticks run now, ms. */
  get latenessMs(): number {
    return this.#state === "up" && this.#clock.monotonic() < this.#lateness.until ? this.#lateness.ms : 0;
  }

  /** Legs that live here or are being made. */
  get load(): number {
    return this.#legs.size + this.#reserved;
  }

  /** Counts a leg that is being made; to be released when it is there or has failed. */
  reserve(): () => void {
    this.#reserved++;
    return () => this.#reserved--;
  }

  /** Resolves when the thread answers; rejects when it cannot be started. */
  start(): Promise<void> {
    if (!existsSync(this.#path)) return Promise.reject(mediaErrors.WORKER_MISSING(this.#path));
    return new Promise((resolve, reject) => {
      let cause: unknown;
      // No flags of the parent: its loaders are for the main thread.
      const worker = new Worker(this.#path, { workerData: this.#data(), execArgv: [], name: `hotline-media-${this.index}` });
      this.#worker = worker;
      this.#state = "up";
      worker.on("message", (posted: Posted) => {
        for (const report of Array.isArray(posted) ? (posted as readonly Report[]) : [posted as Report]) {
          if (report.ev === "ready") resolve();
          else this.#report(report);
        }
      });
      worker.on("error", (error) => {
        cause = error;
      });
      worker.on("exit", (code) => {
        reject(mediaErrors.WORKER_FAILED(cause === undefined ? `exit ${code}` : errorText(cause), { cause })); // no effect once it was ready
        if (this.#worker === worker) this.#died(cause ?? `exit ${code}`);
      });
    });
  }

  /** Sends a command that has no answer. Nothing happens when the worker is down: its legs are gone. */
  send(command: Exclude<Command, RequestCommand>): void {
    if (this.#state === "up") this.#post(command);
  }

  /**
   * Sends a command and waits for its answer; rejects with a coded error.
   *
   * @param leisurely it may wait 20 ms for another command to go along with; the order of commands stays.
   */
  request<O extends RequestCommand["op"]>(command: Without<Extract<RequestCommand, { op: O }>, "rid">, leisurely = false): Promise<Replies[O]> {
    if (this.#state !== "up" || this.#worker === undefined) return Promise.reject(mediaErrors.WORKER_FAILED("it is not running"));
    const rid = ++this.#rid;
    return new Promise((resolve, reject) => {
      this.#pending.set(rid, { resolve: resolve as (value: unknown) => void, reject });
      const whole = { ...command, rid } as Command;
      if (leisurely) this.#postLeisurely(whole);
      else this.#post(whole);
    });
  }

  #post(command: Command): void {
    if (this.#leisurely.length === 0) {
      this.#worker?.postMessage(command);
      return;
    }
    this.#leisurely.push(command);
    this.#postWaiting();
  }

  #postLeisurely(command: Command): void {
    this.#leisurely.push(command);
    this.#leisure ??= this.#clock.setTimeout(() => this.#postWaiting(), LEISURE_MS);
  }

  #postWaiting(): void {
    const waiting = this.#forgetWaiting();
    this.#worker?.postMessage(waiting);
  }

  #forgetWaiting(): readonly Command[] {
    this.#leisure?.cancel();
    this.#leisure = undefined;
    const waiting = this.#leisurely;
    this.#leisurely = [];
    return waiting;
  }

  /** Ports that `takePort` has to give, in this order. */
  get portsReady(): readonly number[] {
    return this.#ports;
  }

  /** A port on which `open-rtp` makes a leg at once; `undefined`: none is ready. */
  takePort(): number | undefined {
    return this.#state === "up" ? this.#ports.shift() : undefined;
  }

  addLeg(id: string, sink: LegSink): void {
    this.#legs.set(id, sink);
  }

  removeLeg(id: string): void {
    this.#legs.delete(id);
  }

  addBridge(id: string, sink: BridgeSink): void {
    this.#bridges.set(id, sink);
  }

  removeBridge(id: string): void {
    this.#bridges.delete(id);
  }

  addCapture(id: string, sink: CaptureSink): void {
    this.#captures.set(id, sink);
  }

  removeCapture(id: string): void {
    this.#captures.delete(id);
  }

  /** Calls back once if the worker dies; the returned function takes it back. */
  onFailed(fn: () => void): () => void {
    this.#onFailed.add(fn);
    return () => this.#onFailed.delete(fn);
  }

  /** Ends the thread as a crash would. For tests of what happens then. */
  async crash(): Promise<void> {
    await this.#worker?.terminate();
  }

  /** Lets the worker finish its captures, `limitMs` at the most, then ends the thread. */
  async stop(limitMs: number): Promise<void> {
    const worker = this.#worker;
    if (this.#state === "up" && worker !== undefined) {
      let timer: { cancel(): void } | undefined;
      const limit = new Promise<void>((resolve) => {
        timer = this.#clock.setTimeout(resolve, limitMs);
      });
      const stopped = this.request<"stop">({ op: "stop" }).then(
        () => undefined,
        () => undefined, // it died on the way: stopped all the same
      );
      await Promise.race([stopped, limit]);
      timer?.cancel();
    }
    this.#state = "stopped";
    this.#worker = undefined;
    await worker?.terminate();
    this.#release("the engine has stopped", "closed");
  }

  #report(report: Exclude<Report, { ev: "ready" }>): void {
    switch (report.ev) {
      case "reply": {
        const pending = this.#pending.get(report.rid);
        this.#pending.delete(report.rid);
        if (report.error !== undefined) pending?.reject(codedError(report.error));
        else pending?.resolve(report.value);
        break;
      }
      case "port-ready":
        this.#ports.push(report.port);
        break;
      case "leg":
        this.#legs.get(report.leg)?.event(report.event);
        break;
      case "key-down":
        this.#legs.get(report.leg)?.keyDown(report.digit, report.way);
        break;
      case "line-message":
        this.#legs.get(report.leg)?.lineMessage(report.message);
        break;
      case "play-end":
        this.#legs.get(report.leg)?.playEnd(report);
        break;
      case "bridge-play-end":
        this.#bridges.get(report.bridge)?.playEnd(report);
        break;
      case "capture-end":
        this.#captures.get(report.capture)?.ended(report.result);
        break;
      case "lateness":
        this.#lateness = { ms: report.ms, until: this.#clock.monotonic() + LATENESS_MS };
        break;
      case "fault":
        this.#log?.error({ worker: this.index, where: report.where }, `media worker fault: ${report.message}`);
    }
  }

  #died(cause: unknown): void {
    this.#worker = undefined;
    if (this.#state === "stopped") return;
    this.#state = "down";
    this.#log?.error({ worker: this.index, legs: this.#legs.size }, `media worker died: ${errorText(cause)}`);
    const now = this.#clock.monotonic();
    this.#failures = now - this.#lastFailure < CALM_MS ? this.#failures + 1 : 0;
    this.#lastFailure = now;
    this.#release(errorText(cause), "worker-failed");
    const pause = this.#failures === 0 ? 0 : Math.min(30_000, 100 * 2 ** this.#failures);
    this.#clock.setTimeout(() => {
      if (this.#state !== "down") return;
      this.start().catch((error: unknown) => this.#log?.error({ worker: this.index }, `media worker did not start: ${errorText(error)}`));
    }, pause);
  }

  #release(why: string, reason: "closed" | "worker-failed"): void {
    this.#forgetWaiting();
    this.#ports = [];
    for (const pending of [...this.#pending.values()]) pending.reject(mediaErrors.WORKER_FAILED(why));
    this.#pending.clear();
    const captures = [...this.#captures.values()];
    this.#captures.clear();
    const legs = [...this.#legs.values()];
    this.#legs.clear();
    const others = [...this.#onFailed];
    this.#onFailed.clear();
    for (const capture of captures) capture.workerFailed();
    for (const leg of legs) leg.gone(reason);
    for (const fn of others) fn();
  }
}

function codedError({ code, message }: WireError): Error {
  return code === "CAPTURE_FAILED" ? mediaErrors.CAPTURE_FAILED("its file", message) : mediaErrors[code](message);
}
