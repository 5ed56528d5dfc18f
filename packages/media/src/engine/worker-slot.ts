import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { errorText, isHotlineError } from "@hotlinejs/core";
import type { Clock, Logger, MediaLegEvent, DtmfDigit, Timer } from "@hotlinejs/core";
import { mediaErrors } from "../errors.js";
import { UNCAUGHT } from "../worker/protocol.js";
import type { Command, MediaWorkerData, Posted, Replies, Report, RequestCommand, WireError } from "../worker/protocol.js";
import { WorkerWatch } from "./worker-watch.js";
import type { WatchSenses } from "./worker-watch.js";

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
  readonly op: RequestCommand["op"];
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Longest wait of a command that nobody is in a hurry for, ms: waking the worker costs more than the command. */
const LEISURE_MS = 20;
/** What was told of lateness, and of how busy the thread is, holds for so long, ms; while it goes on it is told each second. */
const TOLD_MS = 2_500;
/** A thread that dies younger than this makes the next start wait longer, ms. */
const CALM_MS = 30_000;
const LONGEST_PAUSE_MS = 30_000;
/** So long a thread that was told to end is waited for, ms. JavaScript is interrupted at once; a call into the system, or into an addon, is not. */
const EXIT_MS = 1_000;
/** So many threads of one place may hang where nothing can end them, each with its memory and its ports, before no other takes the place. */
const MOST_STUCK = 3;

/** Why threads of a place are gone. */
export interface WorkerFailures {
  /** Ended by an error or by themselves. */
  readonly died: number;
  /** Ended since they had hung. */
  readonly hung: number;
}

interface Thread {
  readonly worker: Worker;
  readonly watch: WorkerWatch;
  /** On the hotline's clock. */
  readonly startedAt: number;
  /** What it died of, as far as is known. */
  cause: unknown;
  /** It did not come to answer. */
  refuse(error: Error): void;
}

/**
 * The place of one media worker. When its thread dies, what lived in it is told, and a new thread
 * takes the place; after repeated deaths with growing pauses. A thread that hangs (`WorkerWatch`) is ended, and has died by that;
 * one that cannot be ended, since it hangs in native code, is left behind.
 *
 * ```
 * down --start()--> up --thread dies or hangs--> down (restarts by itself) ; stop() from anywhere --> stopped
 * ```
 */
export class WorkerSlot {
  readonly index: number;
  readonly #path: string;
  readonly #data: () => Omit<MediaWorkerData, "beat">;
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
  readonly #senses: Partial<WatchSenses>;
  #thread: Thread | undefined;
  /** Threads that hang in native code. */
  readonly #stuck = new Set<Worker>();
  #state: "down" | "up" | "stopped" = "down";
  #stopping: Promise<void> | undefined;
  #restart: Timer | undefined;
  #lateness = { ms: 0, until: -Infinity };
  #busy = { share: 0, until: -Infinity };
  #rid = 0;
  #reserved = 0;
  #failures = { died: 0, hung: 0 };
  #faults = 0;
  /** Threads in a row that died young. */
  #young = 0;

  /**
   * @param data asked for at every start of the thread.
   * @param senses how the watch knows that this thread itself was alive.
   */
  constructor(index: number, path: string, data: () => Omit<MediaWorkerData, "beat">, clock: Clock, log: Logger | undefined, senses: Partial<WatchSenses> = {}) {
    this.#senses = senses;
    this.#path = path;
    this.#data = data;
    this.index = index;
    this.#clock = clock;
    this.#log = log;
  }

  get up(): boolean {
    return this.#state === "up";
  }

  /** The thread did not move when it was last looked at: what is new goes elsewhere. */
  get doubtful(): boolean {
    return this.#thread?.watch.doubtful === true;
  }

  get failures(): WorkerFailures {
    return { ...this.#failures };
  }

  /** Errors in its threads that ended one leg, or nothing. */
  get faults(): number {
    return this.#faults;
  }

  /** Threads that hang in native code and could not be ended. Only the end of the process removes them. */
  get stuck(): number {
    return this.#stuck.size;
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

  /** Which part of its time the thread computes now, 0 to 1; 0 below half, and where the system does not tell. */
  get busyShare(): number {
    return this.#state === "up" && this.#clock.monotonic() < this.#busy.until ? this.#busy.share : 0;
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
      const watch = new WorkerWatch(this.#clock, (stillMs) => this.#hung(thread, stillMs), this.#senses, this.#log);
      // No flags of the parent: its loaders are for the main thread.
      const worker = new Worker(this.#path, { workerData: { ...this.#data(), beat: watch.beat }, execArgv: [], name: `hotline-media-${this.index}` });
      const thread: Thread = { worker, watch, startedAt: this.#clock.monotonic(), cause: undefined, refuse: reject };
      this.#thread = thread;
      this.#state = "up";
      this.#stopping = undefined;
      watch.begin();
      worker.on("message", (posted: Posted) => {
        if (this.#thread !== thread) return; // given up already: what it had lived in it has been told
        for (const report of Array.isArray(posted) ? (posted as readonly Report[]) : [posted as Report]) {
          if (report.ev === "ready") {
            watch.ready();
            resolve();
          } else this.#report(report);
        }
      });
      worker.on("error", (error) => {
        thread.cause ??= error;
      });
      worker.on("exit", (code) => {
        thread.cause ??= `exit ${code}`;
        if (this.#stuck.delete(worker)) this.#unstuck();
        this.#died(thread);
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
    if (this.#state !== "up" || this.#thread === undefined) return Promise.reject(mediaErrors.WORKER_FAILED("it is not running"));
    const rid = ++this.#rid;
    return new Promise((resolve, reject) => {
      this.#pending.set(rid, { op: command.op, resolve: resolve as (value: unknown) => void, reject });
      const whole = { ...command, rid } as Command;
      try {
        if (leisurely) this.#postLeisurely(whole);
        else this.#post(whole);
      } catch (error) {
        // The options of a part are a plugin's: what cannot be sent is refused.
        this.#pending.delete(rid);
        reject(mediaErrors.FAILED(errorText(error), { cause: error }));
      }
    });
  }

  #post(command: Command): void {
    if (this.#leisurely.length === 0) {
      this.#thread?.worker.postMessage(command);
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
    const waiting = [...this.#forgetWaiting()];
    try {
      this.#thread?.worker.postMessage(waiting);
    } catch (error) {
      // What a plugin says last may be nothing that can be sent; somebody waits for the others.
      waiting.pop();
      this.#thread?.worker.postMessage(waiting);
      throw error;
    }
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
    await this.#thread?.worker.terminate();
  }

  /** Lets the worker finish its captures, `limitMs` at the most, then ends the thread; one that hangs sooner. */
  stop(limitMs: number): Promise<void> {
    this.#stopping ??= this.#stop(limitMs);
    return this.#stopping;
  }

  async #stop(limitMs: number): Promise<void> {
    const thread = this.#thread;
    this.#restart?.cancel();
    if (this.#state === "up" && thread !== undefined) {
      thread.watch.hurry();
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
    this.#thread = undefined;
    if (thread !== undefined) {
      thread.watch.end();
      await this.#end(thread);
    }
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
        this.#lateness = { ms: report.ms, until: this.#clock.monotonic() + TOLD_MS };
        break;
      case "busy":
        this.#busy = { share: report.share, until: this.#clock.monotonic() + TOLD_MS };
        break;
      case "fault":
        this.#faults++;
        this.#log?.error({ worker: this.index, where: report.where, ...(report.where === UNCAUGHT ? { code: mediaErrors.WORKER_UNCAUGHT.code } : {}) }, report.where === UNCAUGHT ? mediaErrors.WORKER_UNCAUGHT(this.index, report.message).message : `media worker fault: ${report.message}`);
    }
  }

  /** The thread has not moved for so long. */
  #hung(thread: Thread, stillMs: number): void {
    const asked = [...new Set([...this.#pending.values()].map(({ op }) => op))];
    const error = mediaErrors.WORKER_HUNG(this.index, Math.round(stillMs / 1_000));
    thread.cause = error;
    this.#log?.error({ code: error.code, worker: this.index, legs: this.#legs.size, captures: this.#captures.size, unanswered: asked }, error.message);
    // Its exit tells the rest; without one it is given up.
    void this.#end(thread).then(() => this.#died(thread));
  }

  /** Ends the thread; after a second it is left to itself. */
  async #end({ worker }: Thread): Promise<void> {
    if (this.#stuck.has(worker)) return;
    let timer: Timer | undefined;
    const late = new Promise<true>((resolve) => {
      timer = this.#clock.setTimeout(() => resolve(true), EXIT_MS);
    });
    const exited = worker.terminate().then(() => false);
    if (await Promise.race([exited, late])) {
      this.#stuck.add(worker);
      worker.unref();
      const error = mediaErrors.WORKER_STUCK(this.index);
      this.#log?.error({ code: error.code, worker: this.index, stuck: this.#stuck.size }, error.message);
    }
    timer?.cancel();
  }

  #died(thread: Thread): void {
    const { cause, watch, startedAt } = thread;
    watch.end();
    const why = errorText(cause);
    thread.refuse(mediaErrors.WORKER_FAILED(why, { cause })); // no effect once it was ready
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    if (this.#state === "stopped") return;
    this.#state = "down";
    const hung = isHotlineError(cause, mediaErrors.WORKER_HUNG.code);
    this.#failures[hung ? "hung" : "died"]++;
    if (!hung) {
      const error = mediaErrors.WORKER_FAILED(why);
      this.#log?.error({ code: error.code, worker: this.index, legs: this.#legs.size, captures: this.#captures.size }, `media worker died: ${why}`);
    }
    this.#release(why, "worker-failed");
    if (this.#stopping === undefined) this.#startAgain(this.#clock.monotonic() - startedAt);
  }

  /** Another thread takes the place, at once or, after others that died young, later. */
  #startAgain(livedMs: number): void {
    this.#young = livedMs < CALM_MS ? this.#young + 1 : 1;
    const pause = this.#young === 1 ? 0 : Math.min(LONGEST_PAUSE_MS, 100 * 2 ** (this.#young - 1));
    this.#restart = this.#clock.setTimeout(() => {
      this.#restart = undefined;
      if (this.#state !== "down" || this.#stuck.size >= MOST_STUCK) return;
      this.start().catch((error: unknown) => {
        this.#log?.error({ worker: this.index, ...(isHotlineError(error) ? { code: error.code } : {}) }, `media worker did not start: ${errorText(error)}`);
        // Where no thread came about at all (no descriptors or memory left, its file is being replaced) no exit will tell.
        if (this.#state === "down" && this.#restart === undefined && this.#stopping === undefined) this.#startAgain(0);
      });
    }, pause);
  }

  /** A thread that had been given up has ended after all. */
  #unstuck(): void {
    this.#log?.info({ worker: this.index, stuck: this.#stuck.size }, "a media worker that hung in native code has ended");
    if (this.#state === "down" && this.#restart === undefined && this.#stopping === undefined) this.#startAgain(CALM_MS);
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
