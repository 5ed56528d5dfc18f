import { createHash } from "node:crypto";
import type { AudioAsset, Clock, Logger, MediaEngine } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import { CHARACTERS_PER_TIMEOUT, type SpeechProvider } from "../contract.js";
import type { DiskCache } from "../cache/disk-cache.js";
import { makeAsset, trimSilence } from "../cache/asset-format.js";
import type { MemoryCache } from "../cache/memory-cache.js";
import { errors } from "../errors.js";

export interface SynthesizerOptions {
  /** Asked at use: plugins may come in any order. */
  readonly provider: () => SpeechProvider | undefined;
  readonly media: () => MediaEngine;
  readonly memory: MemoryCache;
  readonly disk: DiskCache | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** For a text of `CHARACTERS_PER_TIMEOUT`. */
  readonly timeoutMs: number;
  readonly concurrency: number;
  /** Voice by language, for example `{ "zh-CN": "cmn" }`. */
  readonly voices: Readonly<Record<string, string>>;
}

export interface SpeechRequest {
  /** Normalised text. */
  readonly text: string;
  readonly language: string;
  readonly voice?: string;
  readonly persist: boolean;
  /** Waits behind everything a caller waits for. */
  readonly background?: boolean;
}

interface Waiting {
  readonly key: string;
  background: boolean;
  readonly begin: () => void;
}

/** So many failures in a row open the circuit; while it is open, callers are not kept waiting for a dead service. */
const FAILURES_TO_OPEN = 3;
const OPEN_MS = 15_000;
/** Changes when the way sound is made changes, so that old files are not used. */
const AUDIO_SETTINGS = "alaw/8000/trim1";

/** Text to sound: memory, then disk, then the provider. One text is synthesised once, however many ask. */
export class Synthesizer {
  readonly #options: SynthesizerOptions;
  readonly #inFlight = new Map<string, Promise<AudioAsset>>();
  readonly #queue: Waiting[] = [];
  /** Keys a caller waits for, whoever asked first. */
  readonly #urgent = new Set<string>();
  readonly #stopped = new AbortController();
  #running = 0;
  #failures = 0;
  #openUntil = Number.NEGATIVE_INFINITY;
  #lastError: string | undefined;

  constructor(options: SynthesizerOptions) {
    this.#options = options;
  }

  /** Rejects with `HTL_TTS_SYNTHESIS_FAILED`, or with the signal's reason; the work goes on for others and for the cache. */
  async speak(request: SpeechRequest, signal?: AbortSignal): Promise<AudioAsset> {
    signal?.throwIfAborted();
    const key = this.#key(request);
    const ready = this.#options.memory.get(key);
    if (ready) return ready;
    let work = this.#inFlight.get(key);
    if (!work) {
      work = this.#make(key, request).finally(() => {
        this.#inFlight.delete(key);
        this.#urgent.delete(key);
      });
      this.#inFlight.set(key, work);
    }
    if (!request.background) this.#hurry(key);
    return withSignal(work, signal);
  }

  /** Nothing more is synthesised; what runs is aborted. Resolves when all has settled. */
  async stop(): Promise<void> {
    this.#stopped.abort(errors.SYNTHESIS_FAILED("the hotline stops"));
    for (const waiting of this.#queue.splice(0)) {
      this.#running++;
      waiting.begin();
    }
    await Promise.allSettled(this.#inFlight.values());
  }

  get health(): { ok: boolean; lastError?: string } {
    return this.#failures >= FAILURES_TO_OPEN ? { ok: false, lastError: this.#lastError } : { ok: true };
  }

  #key(request: SpeechRequest): string {
    const provider = this.#options.provider();
    const parts = [provider?.name ?? "", provider?.settingsKey ?? "", this.#voice(request) ?? "", request.language, AUDIO_SETTINGS, request.text];
    return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  }

  #voice(request: SpeechRequest): string | undefined {
    return request.voice ?? this.#options.voices[request.language];
  }

  async #make(key: string, request: SpeechRequest): Promise<AudioAsset> {
    const { memory, disk } = this.#options;
    const stored = request.persist ? await disk?.get(key) : undefined;
    if (stored) {
      memory.set(key, stored);
      return stored;
    }
    await this.#turn(key, (request.background ?? false) && !this.#urgent.has(key));
    try {
      const asset = await this.#synthesise(request);
      memory.set(key, asset);
      if (request.persist) await disk?.put(key, asset);
      return asset;
    } finally {
      this.#running--;
      this.#next();
    }
  }

  async #synthesise(request: SpeechRequest): Promise<AudioAsset> {
    const { clock } = this.#options;
    this.#stopped.signal.throwIfAborted();
    const provider = this.#options.provider();
    if (!provider) throw errors.SYNTHESIS_FAILED("no provider", { cause: errors.NO_PROVIDER() });
    if (clock.monotonic() < this.#openUntil) throw errors.SYNTHESIS_FAILED(`${provider.name} failed ${this.#failures} times in a row and is left alone for a while`);
    let asset: AudioAsset | undefined;
    try {
      asset = await this.#limited(Math.round(this.#options.timeoutMs * Math.max(1, request.text.length / CHARACTERS_PER_TIMEOUT)), async (signal) => {
        const { pcm, sampleRate } = await provider.synthesize(request.text, { language: request.language, voice: this.#voice(request), signal });
        if (!(sampleRate >= 4000 && sampleRate <= 192_000)) throw new Error(`sample rate ${sampleRate} Hz`);
        const trimmed = trimSilence(pcm, sampleRate);
        if (trimmed.length === 0) return undefined;
        const encoded = await this.#options.media().encode(trimmed, sampleRate);
        return makeAsset(encoded.samples);
      });
      this.#failures = 0;
      this.#openUntil = Number.NEGATIVE_INFINITY;
    } catch (error) {
      if (!this.#stopped.signal.aborted) this.#failed(provider.name, error);
      throw errors.SYNTHESIS_FAILED(errorText(error), { cause: error });
    }
    // The text's fault, not the provider's: no step towards opening the circuit.
    if (!asset) throw errors.SYNTHESIS_FAILED("the sound is empty");
    return asset;
  }

  #failed(provider: string, error: unknown): void {
    this.#failures++;
    this.#lastError = errorText(error);
    if (this.#failures < FAILURES_TO_OPEN) return;
    this.#openUntil = this.#options.clock.monotonic() + OPEN_MS;
    this.#options.log.error({ provider, failures: this.#failures, error: this.#lastError }, "speech provider keeps failing");
  }

  /** Runs with a time limit and an end at stop; what ignores its signal is left behind. */
  async #limited<T>(timeoutMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const limit = new AbortController();
    const timer = this.#options.clock.setTimeout(() => limit.abort(new Error(`no result within ${timeoutMs} ms`)), timeoutMs);
    const signal = AbortSignal.any([limit.signal, this.#stopped.signal]);
    try {
      return await withSignal(work(signal), signal);
    } finally {
      timer.cancel();
    }
  }

  /** Resolves when one of the slots is free; those a caller waits for go first. */
  #turn(key: string, background: boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#enqueue({ key, background, begin: resolve });
      this.#next();
    });
  }

  #enqueue(waiting: Waiting): void {
    const firstBackground = waiting.background ? -1 : this.#queue.findIndex((other) => other.background);
    if (firstBackground < 0) this.#queue.push(waiting);
    else this.#queue.splice(firstBackground, 0, waiting);
  }

  /** A caller now waits for what was to be prepared some time. */
  #hurry(key: string): void {
    this.#urgent.add(key);
    const index = this.#queue.findIndex((waiting) => waiting.key === key && waiting.background);
    const [waiting] = index < 0 ? [] : this.#queue.splice(index, 1);
    if (!waiting) return;
    waiting.background = false;
    this.#enqueue(waiting);
  }

  #next(): void {
    while (this.#running < this.#options.concurrency) {
      const waiting = this.#queue.shift();
      if (!waiting) return;
      this.#running++;
      waiting.begin();
    }
  }
}

/** The promise's outcome, or a rejection as soon as the signal fires. */
function withSignal<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
