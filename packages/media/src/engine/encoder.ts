import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import { errorText } from "@hotlinejs/core";
import type { AudioAsset } from "@hotlinejs/core";
import type { EncodeJob, EncodeReply } from "../encoder/main.js";
import { mediaErrors } from "../errors.js";
import { builtEntry } from "./package-paths.js";

type Without<J, K extends string> = J extends unknown ? Omit<J, K> : never;

/** Sound read from files is kept up to this size; an hour of A-law has 28.8 MB. */
const CACHE_BYTES = 64 * 1024 * 1024;

interface Cached {
  readonly version: string;
  readonly asset: Promise<AudioAsset>;
  bytes: number;
}

/** Makes assets in a thread of its own, started when first needed. */
export class Encoder {
  readonly #pending = new Map<number, { resolve(asset: AudioAsset): void; reject(error: Error): void; path: string }>();
  readonly #cache = new Map<string, Cached>();
  #worker: Worker | undefined;
  #rid = 0;
  #stopped = false;

  encode(pcm: Int16Array, sampleRate: number): Promise<AudioAsset> {
    const copy = pcm.slice(); // the caller keeps its own
    return this.#run({ kind: "pcm", pcm: copy, sampleRate }, "", [copy.buffer]);
  }

  /** Reads a file once; again when it has changed. */
  async loadWav(path: string): Promise<AudioAsset> {
    const info = await stat(path).catch((error: unknown) => {
      throw mediaErrors.BAD_WAV(path, errorText(error), { cause: error });
    });
    const version = `${info.mtimeMs}:${info.size}`;
    const cached = this.#cache.get(path);
    if (cached !== undefined && cached.version === version) {
      this.#cache.delete(path);
      this.#cache.set(path, cached); // youngest again
      return cached.asset;
    }
    const entry: Cached = { version, asset: this.#run({ kind: "wav", path }, path, []), bytes: 0 };
    this.#cache.set(path, entry);
    try {
      const asset = await entry.asset;
      entry.bytes = asset.samples.length;
      this.#trim();
      return asset;
    } catch (error) {
      if (this.#cache.get(path) === entry) this.#cache.delete(path);
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cache.clear();
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
    this.#fail(mediaErrors.NOT_RUNNING());
  }

  #run(job: Without<EncodeJob, "rid">, path: string, transfer: readonly ArrayBufferLike[]): Promise<AudioAsset> {
    if (this.#stopped) return Promise.reject(mediaErrors.NOT_RUNNING());
    return new Promise((resolve, reject) => {
      const worker = this.#start();
      const rid = ++this.#rid;
      this.#pending.set(rid, { resolve, reject, path });
      worker.ref(); // a job under way keeps the process alive, an idle thread does not
      worker.postMessage({ ...job, rid }, transfer.filter((buffer): buffer is ArrayBuffer => buffer instanceof ArrayBuffer));
    });
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const path = builtEntry("encoder");
    if (!existsSync(path)) throw mediaErrors.WORKER_MISSING(path);
    const worker = new Worker(path, { execArgv: [], name: "hotline-encoder" });
    let cause: unknown = "it ended";
    worker.on("message", (reply: EncodeReply) => this.#reply(worker, reply));
    worker.on("error", (error) => {
      cause = error;
    });
    worker.on("exit", () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined; // the next job starts another
      this.#fail(mediaErrors.WORKER_FAILED(errorText(cause), { cause }));
    });
    this.#worker = worker;
    return worker;
  }

  #reply(worker: Worker, reply: EncodeReply): void {
    const pending = this.#pending.get(reply.rid);
    this.#pending.delete(reply.rid);
    if (this.#pending.size === 0) worker.unref();
    if (pending === undefined) return;
    if ("error" in reply) {
      pending.reject(pending.path === "" ? mediaErrors.BAD_AUDIO(reply.error.message) : mediaErrors.BAD_WAV(pending.path, reply.error.message));
    } else pending.resolve({ id: reply.id, samples: reply.samples, durationMs: reply.samples.length / 8 });
  }

  #fail(error: Error): void {
    for (const pending of [...this.#pending.values()]) pending.reject(error);
    this.#pending.clear();
  }

  #trim(): void {
    let bytes = 0;
    for (const { bytes: size } of this.#cache.values()) bytes += size;
    for (const [path, { bytes: size }] of this.#cache) {
      if (bytes <= CACHE_BYTES) return;
      this.#cache.delete(path);
      bytes -= size;
    }
  }
}
