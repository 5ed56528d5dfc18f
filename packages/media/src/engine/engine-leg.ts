import type {
  AudioSource,
  Capture,
  CaptureOptions,
  Clock,
  Collected,
  CollectOptions,
  DtmfDigit,
  Ids,
  LegStats,
  Logger,
  MediaLeg,
  MediaLegEvent,
  Playback,
  PlayEndReason,
  PlayOptions,
} from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import { isDtmfDigit } from "../audio/tones.js";
import { KeyTwins } from "../dsp/key-twins.js";
import type { KeyWay } from "../dsp/key-twins.js";
import { mediaErrors } from "../errors.js";
import type { QualityTally } from "../quality/quality-tally.js";
import type { Report } from "../worker/protocol.js";
import { bargeInKeys } from "./barge-in.js";
import { DigitCollector } from "./digit-collector.js";
import { EngineCapture } from "./engine-capture.js";
import type { WorkerSlot } from "./worker-slot.js";

const NO_STATS: LegStats = { packetsSent: 0, packetsReceived: 0, octetsSent: 0, octetsReceived: 0, packetsLost: 0, packetsLate: 0, jitterMs: 0 };

/** A play-out as the main thread knows it. */
interface Running {
  readonly playback: Playback;
  readonly keys: string;
  digit: DtmfDigit | undefined;
  settled: boolean;
  /** The worker knows of it, and will say when it ends. */
  sent: boolean;
  settle(reason: PlayEndReason, playedMs: number): void;
}

/** What all legs of the engine need. */
export interface LegContext {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger | undefined;
  /** Told how good each leg was whose last figures came. */
  readonly quality: QualityTally;
}

/** Main-thread handle of a leg in a worker, whatever carries its sound. */
export class EngineLeg implements MediaLeg {
  readonly id: string;
  readonly slot: WorkerSlot;
  protected readonly context: LegContext;
  readonly #collector: DigitCollector;
  readonly #listeners = new Set<(event: MediaLegEvent) => void>();
  readonly #running = new Map<string, Running>();
  #latest: Running | undefined;
  readonly #twins = new KeyTwins();
  /** The key that is down in the sound is one that came by signalling. */
  #repeatedKey = false;
  #ended = false;
  #lastStats: LegStats = NO_STATS;
  #closing: Promise<LegStats> | undefined;

  constructor(id: string, slot: WorkerSlot, context: LegContext) {
    this.id = id;
    this.slot = slot;
    this.context = context;
    this.#collector = new DigitCollector(context.clock);
    slot.addLeg(id, {
      event: (event) => (event.type === "ended" ? this.#end(event.reason) : event.type === "dtmf" ? this.#keyUp(event) : this.#event(event)),
      keyDown: (digit, way) => this.#soundKeyDown(digit, way),
      playEnd: (report) => this.#playEnd(report),
      lineMessage: (message) => this.lineMessage(message),
      gone: (reason) => this.#end(reason),
    });
  }

  get worker(): number {
    return this.slot.index;
  }

  get ended(): boolean {
    return this.#ended;
  }

  play(source: AudioSource | readonly AudioSource[], options: PlayOptions = {}): Playback {
    const sources = Array.isArray(source) ? (source as readonly AudioSource[]) : [source as AudioSource];
    const running = this.#newRunning(bargeInKeys(options.bargeIn));
    const { playback } = running;
    if (this.#ended) {
      running.settle("leg-ended", 0);
      return playback;
    }
    const start = (): void => {
      running.sent = true;
      this.slot.send({ op: "play", leg: this.id, playback: playback.id, sources, loop: options.loop ?? false, startAtMs: Math.max(0, options.startAtMs ?? 0) });
    };
    const before = this.#latest;
    this.#latest = running;
    const early = [...this.#collector.buffered].find((digit) => running.keys.includes(digit));
    if (early === undefined) {
      start();
      return playback;
    }
    // Keyed ahead: the caller knows the prompt. But `collect({ flush: true })` in the same breath throws those keys away.
    if (before !== undefined && !before.settled) before.playback.stop();
    const flushes = this.#collector.flushes;
    queueMicrotask(() => {
      if (running.settled) return;
      if (this.#latest !== running) running.settle("stopped", 0);
      else if (this.#collector.flushes !== flushes) start();
      else {
        running.digit = early as DtmfDigit;
        running.settle("barge-in", 0);
      }
    });
    return playback;
  }

  collect(options?: CollectOptions): Promise<Collected> {
    return this.#collector.collect(options);
  }

  async sendDtmf(digits: string, options: { toneMs?: number; gapMs?: number } = {}): Promise<void> {
    if (![...digits].every(isDtmfDigit)) throw mediaErrors.BAD_DIGITS();
    if (this.#ended) return;
    try {
      await this.slot.request<"send-dtmf">({ op: "send-dtmf", leg: this.id, digits, toneMs: options.toneMs ?? 100, gapMs: options.gapMs ?? 100 });
    } catch (error) {
      if (!this.#ended) throw error;
    }
  }

  injectDtmf(digit: DtmfDigit): void {
    if (this.#ended || this.#twins.repeated(digit, "info", this.context.clock.monotonic())) return;
    this.#keyDown(digit);
    this.#event({ type: "dtmf", digit, durationMs: 100, via: "info" });
    this.slot.send({ op: "key", leg: this.id, digit });
  }

  setDirection(direction: "sendrecv" | "sendonly" | "recvonly" | "inactive"): void {
    this.slot.send({ op: "direction", leg: this.id, direction });
  }

  subscribe(listener: (event: MediaLegEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async capture(options: CaptureOptions): Promise<Capture> {
    if (this.#ended) throw mediaErrors.CAPTURE_FAILED(options.path, "the leg has ended");
    const id = this.context.ids.next();
    // Registered before the file is made, so that an end that comes at once is not missed.
    const capture = new EngineCapture(id, options.path, this.slot);
    try {
      await this.slot.request<"capture">({
        op: "capture",
        leg: this.id,
        capture: id,
        options: {
          path: options.path,
          flushMs: Math.max(20, Math.min(10_000, options.flushMs ?? 1_000)),
          channels: options.channels ?? "stereo",
          endOnSilenceMs: options.endOnSilenceMs,
          maxMs: options.maxMs,
        },
      });
    } catch (error) {
      this.slot.removeCapture(id);
      throw mediaErrors.CAPTURE_FAILED(options.path, errorText(error), { cause: error });
    }
    return capture;
  }

  async stats(): Promise<LegStats> {
    if (this.#ended) return this.#lastStats;
    try {
      this.#lastStats = await this.slot.request<"stats">({ op: "stats", leg: this.id });
    } catch (error) {
      if (!this.#ended) throw error;
    }
    return this.#lastStats;
  }

  close(): Promise<LegStats> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<LegStats> {
    if (this.#ended) return this.#lastStats;
    try {
      this.#lastStats = await this.slot.request<"close-leg">({ op: "close-leg", leg: this.id }, true);
      this.context.quality.add(this.#lastStats.quality);
    } catch (error) {
      // The worker died first: the leg has ended by that.
      this.context.log?.debug({ legId: this.id }, `leg was gone when it was closed: ${errorText(error)}`);
    }
    this.#end("closed");
    return this.#lastStats;
  }

  /** For legs on lines. */
  protected lineMessage(_message: unknown): void {
    // Other legs have no part that could send one.
  }

  #newRunning(keys: string): Running {
    const id = this.context.ids.next();
    let resolve: (value: Awaited<Playback["done"]>) => void = () => undefined;
    const done = new Promise<Awaited<Playback["done"]>>((settle) => {
      resolve = settle;
    });
    const running: Running = {
      playback: {
        id,
        done,
        stop: () => {
          if (running.settled) return;
          if (running.sent) this.slot.send({ op: "stop-play", leg: this.id, playback: id, reason: "stopped" });
          else running.settle("stopped", 0);
        },
      },
      keys,
      digit: undefined,
      settled: false,
      sent: false,
      settle: (reason, playedMs) => {
        if (running.settled) return;
        running.settled = true;
        this.#running.delete(id);
        resolve({ reason, playedMs, ...(running.digit === undefined ? {} : { digit: running.digit }) });
      },
    };
    this.#running.set(id, running);
    return running;
  }

  #playEnd(report: Extract<Report, { ev: "play-end" }>): void {
    this.#running.get(report.playback)?.settle(report.reason, report.playedMs);
  }

  /** A key cuts the play-out short as soon as it is down. */
  /** A key in the sound that has come by signalling already is none. */
  #soundKeyDown(digit: DtmfDigit, way: KeyWay): void {
    this.#repeatedKey = this.#twins.repeated(digit, way, this.context.clock.monotonic());
    if (!this.#repeatedKey) this.#keyDown(digit);
  }

  #keyUp(event: Extract<MediaLegEvent, { type: "dtmf" }>): void {
    if (!this.#repeatedKey) this.#event(event);
    this.#repeatedKey = false;
  }

  #keyDown(digit: DtmfDigit): void {
    const running = this.#latest;
    if (running === undefined || running.settled || running.digit !== undefined) return;
    if (!running.keys.includes(digit) || this.#collector.swallows(digit)) return;
    running.digit = digit;
    this.slot.send({ op: "stop-play", leg: this.id, playback: running.playback.id, reason: "barge-in" });
  }

  #event(event: MediaLegEvent): void {
    if (this.#ended && event.type !== "ended") return;
    if (event.type === "dtmf") this.#collector.push(event.digit);
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        this.context.log?.error({ legId: this.id, event: event.type }, `listener of a media leg failed: ${errorText(error)}`);
      }
    }
  }

  #end(reason: "closed" | "worker-failed"): void {
    if (this.#ended) return;
    this.#ended = true;
    this.slot.removeLeg(this.id);
    for (const running of [...this.#running.values()]) running.settle("leg-ended", 0);
    this.#collector.end();
    this.#event({ type: "ended", reason, stats: this.#lastStats });
    this.#listeners.clear();
  }
}
