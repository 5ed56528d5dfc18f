import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Clock, Logger, Timer } from "@hotlinejs/core";
import { CHARACTERS_PER_TIMEOUT, type SpeechAudio, type SpeechProvider, type SpeechVoice, type SynthesisOptions } from "@hotlinejs/plugin-tts/contract";
import { errors } from "./errors.js";
import type { SpeakReply, SpeakRequest } from "./worker/protocol.js";

export interface EspeakProviderOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Words per minute; eSpeak's own default is 175, which is fast on the telephone. */
  readonly rate: number;
  /** 0-99. */
  readonly pitch: number;
  /** A text of up to 100 characters that takes longer is given up and the worker replaced; longer texts have as much for each further 100. */
  readonly timeoutMs: number;
  /** The worker's script; default the built one of this package. */
  readonly worker?: URL;
}

interface Job {
  readonly request: SpeakRequest;
  readonly resolve: (audio: SpeechAudio) => void;
  readonly reject: (error: Error) => void;
}

const VOICES: readonly SpeechVoice[] = [
  { name: "cmn", language: "zh-CN" },
  { name: "yue", language: "zh-HK" },
  { name: "en-us", language: "en-US" },
  { name: "en-gb", language: "en-GB" },
];

const LONGEST_TEXT = 5_000;

/**
 * eSpeak NG in a worker thread: synthesis is synchronous and would hold up every call. One text at a time;
 * a worker that crashes or hangs is replaced, and only the text it was at fails.
 */
export class EspeakProvider implements SpeechProvider {
  readonly name = "espeak-ng";
  readonly settingsKey: string;
  readonly #options: EspeakProviderOptions;
  readonly #queue: Job[] = [];
  #worker: Worker | undefined;
  #current: { job: Job; timer: Timer } | undefined;
  #nextId = 1;
  #stopped = false;
  #restarts = 0;

  constructor(options: EspeakProviderOptions) {
    this.#options = options;
    this.settingsKey = `0.3.5/${options.rate}/${options.pitch}/level1`;
  }

  voices(): readonly SpeechVoice[] {
    return VOICES;
  }

  /** Times the worker had to be replaced. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Loads the engine ahead (some 100 ms in its own thread). */
  start(): void {
    if (!this.#stopped) this.#ensureWorker();
  }

  async synthesize(text: string, options: SynthesisOptions): Promise<SpeechAudio> {
    const { signal } = options;
    signal?.throwIfAborted();
    if (this.#stopped) throw errors.STOPPED();
    if (text.length > LONGEST_TEXT) throw errors.TOO_LONG(text.length);
    const request: SpeakRequest = { id: this.#nextId++, text: plainText(text), voice: options.voice ?? voiceFor(options.language), rate: this.#options.rate, pitch: this.#options.pitch };
    return new Promise<SpeechAudio>((resolve, reject) => {
      const forget = () => {
        // Not begun: nobody needs it. Begun: it runs to its end, and the answer is dropped.
        const index = this.#queue.indexOf(job);
        if (index >= 0) this.#queue.splice(index, 1);
        reject(signal?.reason as Error);
      };
      const job: Job = {
        request,
        resolve: (audio) => {
          signal?.removeEventListener("abort", forget);
          resolve(audio);
        },
        reject: (error) => {
          signal?.removeEventListener("abort", forget);
          reject(error);
        },
      };
      signal?.addEventListener("abort", forget, { once: true });
      this.#queue.push(job);
      this.#next();
    });
  }

  /** Ends the worker; everything unfinished rejects. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const error = errors.STOPPED();
    for (const job of this.#queue.splice(0)) job.reject(error);
    this.#finish()?.reject(error);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #next(): void {
    if (this.#current || this.#stopped) return;
    const job = this.#queue.shift();
    if (!job) return;
    const timeoutMs = Math.round(this.#options.timeoutMs * Math.max(1, job.request.text.length / CHARACTERS_PER_TIMEOUT));
    const timer = this.#options.clock.setTimeout(() => this.#hangs(timeoutMs), timeoutMs);
    this.#current = { job, timer };
    try {
      this.#ensureWorker().postMessage(job.request);
    } catch (error) {
      this.#finish()?.reject(error instanceof Error ? error : errors.FAILED(String(error)));
      this.#next();
    }
  }

  #ensureWorker(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(this.#options.worker ?? workerFile(), { name: "tts-espeak", execArgv: [], stderr: false });
    this.#worker = worker;
    worker.on("message", (reply: SpeakReply) => {
      if (this.#worker === worker) this.#answered(reply);
    });
    // An error is followed by the exit; the first of the two that comes decides.
    worker.on("error", (error) => this.#died(worker, error.message));
    worker.on("messageerror", (error) => this.#died(worker, error.message));
    worker.on("exit", (code) => this.#died(worker, `the worker ended with code ${code}`));
    return worker;
  }

  #answered(reply: SpeakReply): void {
    if (this.#current?.job.request.id !== reply.id) return;
    const job = this.#finish();
    if ("error" in reply) job?.reject(errors.FAILED(reply.error));
    else job?.resolve({ pcm: reply.pcm, sampleRate: reply.sampleRate });
    this.#next();
  }

  #died(worker: Worker, why: string): void {
    if (this.#worker !== worker) return;
    this.#replace(worker);
    this.#options.log.warn({ error: why, restarts: this.#restarts }, "the speech worker failed and is replaced");
    this.#finish()?.reject(errors.FAILED(why));
    this.#next();
  }

  #hangs(timeoutMs: number): void {
    const worker = this.#worker;
    if (worker) this.#replace(worker);
    this.#options.log.warn({ timeoutMs, characters: this.#current?.job.request.text.length }, "the speech worker hangs and is replaced");
    this.#finish()?.reject(errors.TIMEOUT(timeoutMs));
    this.#next();
  }

  #replace(worker: Worker): void {
    this.#worker = undefined;
    this.#restarts++;
    worker.terminate().catch((error: unknown) => this.#options.log.debug({ error: String(error) }, "a speech worker did not end cleanly"));
  }

  #finish(): Job | undefined {
    const current = this.#current;
    this.#current = undefined;
    current?.timer.cancel();
    return current?.job;
  }
}

/** eSpeak's voice for a BCP 47 tag; tags it does not know by another name are handed on. */
export function voiceFor(language: string): string {
  const tag = language.toLowerCase();
  if (tag === "zh-hk" || tag === "zh-mo" || tag.startsWith("yue")) return "yue";
  if (tag === "zh" || tag.startsWith("zh-") || tag.startsWith("cmn")) return "cmn";
  if (tag === "en" || tag === "en-us") return "en-us";
  return tag;
}

/** eSpeak reads tags and [[phonemes]]; neither may come out of a text. */
function plainText(text: string): string {
  return text.replace(/[<>&[\]{}\u0000-\u001f]/g, " ");
}

/** Beside this file in `dist`, or in `dist` beside `src` when the sources run. */
function workerFile(): URL {
  const candidates = [new URL("./worker.js", import.meta.url), new URL("../dist/worker.js", import.meta.url)];
  const found = candidates.find((url) => existsSync(fileURLToPath(url)));
  if (!found) throw errors.NOT_BUILT(candidates.map((url) => fileURLToPath(url)).join(", "));
  return found;
}
