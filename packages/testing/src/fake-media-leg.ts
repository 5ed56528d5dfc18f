import type { AudioSource, Capture, CaptureOptions, CaptureResult, Clock, Collected, CollectOptions, DtmfDigit, Ids, LegQuality, LegStats, LineLeg, MediaLeg, MediaLegEvent, Playback, PlayEndReason, PlayOptions, RtpLeg, Timer, WebRtcTransport } from "@hotlinejs/core";
import { DigitCollector } from "@hotlinejs/media";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const NO_STATS: LegStats = { packetsSent: 0, packetsReceived: 0, octetsSent: 0, octetsReceived: 0, packetsLost: 0, packetsLate: 0, jitterMs: 0 };

/** Something a leg was given to play, in the order in which it began. */
export interface Heard {
  readonly at: number;
  /** Text of a prompt, or `tone:busy`, `silence` ... */
  readonly what: string;
}

/** A media leg without media: it keeps time, remembers what was played and takes keys from a test. */
export class FakeMediaLeg implements RtpLeg, LineLeg {
  readonly id: string;
  readonly worker = 0;
  readonly localAddress = "127.0.0.1";
  readonly localPort = 40_000;
  readonly heard: Heard[] = [];
  /** Keys the hotline sent to this leg. */
  sent = "";
  /** Legs this one talks with at the moment. */
  readonly bridgedWith = new Set<MediaLeg>();
  /** Legs it hears in its bridge: those who talk, and those who whisper to it. */
  readonly hears = new Set<MediaLeg>();
  /** What was sent to the part of a line. */
  readonly posted: unknown[] = [];
  /** Sets what a capture will report: a test's "the caller spoke for four seconds". */
  speech = { voicedMs: 4_000, peakLevel: -12 };
  /** Sets what the leg tells of its sound at its end; a leg without media has nothing of its own to tell. */
  quality: LegQuality | undefined;
  #ended = false;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #digits: DigitCollector;
  readonly #listeners = new Set<(event: MediaLegEvent) => void>();
  readonly #captures = new Set<FakeCapture>();
  readonly #hearers = new Set<(message: unknown) => void>();
  #playing: FakePlayback | undefined;

  constructor(clock: Clock, ids: Ids) {
    this.#clock = clock;
    this.#ids = ids;
    this.id = ids.next();
    this.#digits = new DigitCollector(clock);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** What was heard, as text. */
  get texts(): readonly string[] {
    return this.heard.map((each) => each.what);
  }

  setRemote(): void {
    // There is no far end.
  }

  asWebRtc(): Promise<WebRtcTransport> {
    return Promise.reject(new Error("legs without media speak with no browser"));
  }

  play(source: AudioSource | readonly AudioSource[], options: PlayOptions = {}): Playback {
    this.#playing?.end("stopped");
    const playback = new FakePlayback(this.#ids.next(), Array.isArray(source) ? (source as readonly AudioSource[]) : [source as AudioSource], options, this.#clock, (what) => this.heard.push({ at: this.#clock.now(), what }));
    if (this.#ended) {
      playback.end("leg-ended");
      return playback;
    }
    this.#playing = playback;
    playback.begin();
    // Type-ahead: a key that is waiting already cuts a prompt short that allows it.
    const waiting = this.#digits.buffered[0];
    if (waiting !== undefined) playback.key(waiting as DtmfDigit);
    return playback;
  }

  collect(options: CollectOptions = {}): Promise<Collected> {
    if (this.#ended) return Promise.resolve({ digits: "", reason: "ended" });
    return this.#digits.collect(options);
  }

  async sendDtmf(digits: string): Promise<void> {
    this.sent += digits;
    await Promise.resolve();
  }

  injectDtmf(digit: DtmfDigit): void {
    if (this.#ended) return;
    if (!this.#digits.swallows(digit)) this.#playing?.key(digit);
    this.#emit({ type: "dtmf", digit, durationMs: 100, via: "rfc4733" });
    this.#digits.push(digit);
  }

  post(message: unknown): void {
    if (!this.#ended) this.posted.push(message);
  }

  listen(listener: (message: unknown) => void): () => void {
    this.#hearers.add(listener);
    return () => this.#hearers.delete(listener);
  }

  /** The part of the line in the worker sends a message. */
  partSends(message: unknown): void {
    for (const hearer of [...this.#hearers]) hearer(message);
  }

  /** Something happens in the sound: a tone, a voice, a silence. */
  tell(event: MediaLegEvent): void {
    if (event.type === "ended") this.#ended = true;
    this.#emit(event);
  }

  setDirection(): void {
    // Hold is visible at the call.
  }

  subscribe(listener: (event: MediaLegEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  capture(options: CaptureOptions): Promise<Capture> {
    const capture = new FakeCapture(options, this.#clock, () => this.speech, () => this.#captures.delete(capture));
    this.#captures.add(capture);
    if (this.#ended) capture.finish("leg-ended");
    return Promise.resolve(capture);
  }

  stats(): Promise<LegStats> {
    return Promise.resolve(this.#stats());
  }

  close(): Promise<LegStats> {
    if (!this.#ended) {
      this.#ended = true;
      this.#playing?.end("leg-ended");
      this.#digits.end();
      for (const capture of [...this.#captures]) capture.finish("leg-ended");
      this.#emit({ type: "ended", reason: "closed", stats: this.#stats() });
    }
    return Promise.resolve(this.#stats());
  }

  #stats(): LegStats {
    return this.quality === undefined ? NO_STATS : { ...NO_STATS, quality: this.quality };
  }

  #emit(event: MediaLegEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}

/** Something that is played to nobody, in the time of the clock. */
export class FakePlayback implements Playback {
  readonly id: string;
  readonly done: Playback["done"];
  readonly #sources: readonly AudioSource[];
  readonly #options: PlayOptions;
  readonly #clock: Clock;
  readonly #began: (what: string) => void;
  readonly #startedAt: number;
  #settle: (result: Awaited<Playback["done"]>) => void = () => undefined;
  #timer: Timer | undefined;
  #over = false;

  constructor(id: string, sources: readonly AudioSource[], options: PlayOptions, clock: Clock, began: (what: string) => void) {
    this.id = id;
    this.#sources = sources;
    this.#options = options;
    this.#clock = clock;
    this.#began = began;
    this.#startedAt = clock.now();
    this.done = new Promise((resolve) => (this.#settle = resolve));
  }

  begin(index = 0): void {
    const source = this.#sources[index];
    if (source === undefined) {
      if (this.#options.loop === true && this.#sources.length > 0) this.#timer = this.#clock.setTimeout(() => this.begin(0), 1);
      else this.end("completed");
      return;
    }
    this.#began(describe(source));
    const duration = durationOf(source);
    if (duration === Infinity) return;
    this.#timer = this.#clock.setTimeout(() => this.begin(index + 1), duration);
  }

  key(digit: DtmfDigit): void {
    const { bargeIn } = this.#options;
    if (bargeIn === true || (typeof bargeIn === "string" && bargeIn.includes(digit))) this.end("barge-in", digit);
  }

  stop(): void {
    this.end("stopped");
  }

  end(reason: PlayEndReason, digit?: DtmfDigit): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer?.cancel();
    this.#settle({ reason, playedMs: this.#clock.now() - this.#startedAt, ...(digit === undefined ? {} : { digit }) });
  }
}

class FakeCapture implements Capture {
  readonly done: Promise<CaptureResult>;
  readonly #options: CaptureOptions;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #speech: () => { voicedMs: number; peakLevel: number };
  readonly #ended: () => void;
  readonly #limit: Timer | undefined;
  #settle: (result: CaptureResult) => void = () => undefined;
  #over = false;

  constructor(options: CaptureOptions, clock: Clock, speech: () => { voicedMs: number; peakLevel: number }, ended: () => void) {
    this.#options = options;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#speech = speech;
    this.#ended = ended;
    this.done = new Promise((resolve) => (this.#settle = resolve));
    mkdirSync(dirname(options.path), { recursive: true });
    writeFileSync(options.path, "");
    const silence = options.endOnSilenceMs === undefined ? Infinity : speech().voicedMs + options.endOnSilenceMs;
    const most = Math.min(silence, options.maxMs ?? Infinity);
    this.#limit = most === Infinity ? undefined : clock.setTimeout(() => this.finish(most === silence ? "silence" : "max"), most);
  }

  pause(): void {
    // Nothing is captured.
  }

  resume(): void {
    // Nothing is captured.
  }

  stop(): Promise<CaptureResult> {
    this.finish("stopped");
    return this.done;
  }

  finish(reason: CaptureResult["reason"]): void {
    if (this.#over) return;
    this.#over = true;
    this.#limit?.cancel();
    this.#ended();
    const durationMs = this.#clock.now() - this.#startedAt;
    const { voicedMs, peakLevel } = this.#speech();
    this.#settle({ path: this.#options.path, durationMs, peakLevel, voicedMs: Math.min(voicedMs, durationMs), reason });
  }
}

function durationOf(source: AudioSource): number {
  switch (source.kind) {
    case "asset":
      return source.asset.durationMs;
    case "silence":
      return source.durationMs;
    case "tone":
      return source.durationMs ?? (source.tone === "beep" ? 400 : Infinity);
    case "sine":
      return source.durationMs ?? Infinity;
  }
}

function describe(source: AudioSource): string {
  switch (source.kind) {
    case "asset":
      return source.asset.id.replace(/^text:/, "");
    case "silence":
      return "silence";
    case "tone":
      return `tone:${source.tone}`;
    case "sine":
      return `sine:${source.hz}`;
  }
}
