import { existsSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Logger } from "@hotlinejs/core";
import { errors } from "../errors.js";
import type { AudioEngine } from "./audio-engine.js";
import { AudioRequests } from "./audio-requests.js";
import type { AudioReply, AudioRequest } from "./audio-requests.js";
import type { CompressRequest, CompressResult } from "./compress-capture.js";

type Unnumbered<T> = T extends unknown ? Omit<T, "id"> : never;

/**
 * Runs the work in one worker thread of low priority, made at first use and made anew when it dies. Run from
 * TypeScript sources without a build there is no worker to load: then the work is done here, in slices.
 */
export class WorkerAudioEngine implements AudioEngine {
  private worker: Worker | undefined;
  private inline: AudioRequests | undefined;
  private readonly waiting = new Map<number, { resolve: (reply: AudioReply) => void; reject: (error: Error) => void }>();
  private nextId = 1;
  private closed = false;

  constructor(
    private readonly log: Logger,
    /** `null`: work on this thread. */
    private readonly workerFile: string | null = findWorker(),
  ) {}

  async compress(request: CompressRequest): Promise<CompressResult> {
    const reply = await this.ask({ type: "compress", request });
    if (reply.type === "compressed") return reply.result;
    throw failure(reply, (reason) => errors.BAD_CAPTURE(request.capturePath, reason));
  }

  async decodeBlock(key: string, index: number, load: () => Promise<Uint8Array>): Promise<Uint8Array> {
    let reply = await this.ask({ type: "decode", key, index });
    if (reply.type === "need-file") reply = await this.ask({ type: "decode", key, index, file: await load() });
    if (reply.type === "decoded") return reply.bytes;
    throw failure(reply, (reason) => errors.BAD_OPUS(reason));
  }

  async close(): Promise<void> {
    this.closed = true;
    const worker = this.worker;
    this.worker = undefined;
    await worker?.terminate();
    this.rejectAll("closed");
  }

  private ask(request: Unnumbered<AudioRequest>): Promise<AudioReply> {
    if (this.closed) return Promise.reject(errors.WORKER_FAILED("closed"));
    const numbered = { ...request, id: this.nextId++ } as AudioRequest;
    const { workerFile } = this;
    if (workerFile === null) {
      if (this.inline === undefined) this.log.warn("no built audio worker: recordings are compressed on the main thread");
      this.inline ??= new AudioRequests(() => nextTurn());
      return this.inline.answer(numbered);
    }
    return new Promise((resolve, reject) => {
      this.waiting.set(numbered.id, { resolve, reject });
      this.start(workerFile).postMessage(numbered);
    });
  }

  private start(file: string): Worker {
    if (this.worker !== undefined) return this.worker;
    // Not with the parent's options: started from TypeScript sources those would lead the built worker to sources too.
    const worker = new Worker(file, { name: "hotline-recording", execArgv: [] });
    worker.unref();
    worker.on("message", (reply: AudioReply) => {
      this.waiting.get(reply.id)?.resolve(reply);
      this.waiting.delete(reply.id);
    });
    worker.on("error", (error) => this.lost(worker, String(error)));
    worker.on("exit", (code) => this.lost(worker, `exit code ${code}`));
    this.worker = worker;
    return worker;
  }

  private lost(worker: Worker, reason: string): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    this.log.error({ reason }, "audio worker ended");
    this.rejectAll(reason);
  }

  private rejectAll(reason: string): void {
    for (const { reject } of this.waiting.values()) reject(errors.WORKER_FAILED(reason));
    this.waiting.clear();
  }
}

function failure(reply: AudioReply, badFile: (reason: string) => Error): Error {
  if (reply.type !== "error") return errors.WORKER_FAILED(`unexpected answer ${reply.type}`);
  return reply.format ? badFile(reply.message) : errors.WORKER_FAILED(reply.message);
}

/** Beside this file once built; from the sources, in `dist`. */
function findWorker(): string | null {
  for (const candidate of ["./audio-worker.js", "../../dist/audio-worker.js"]) {
    const file = fileURLToPath(new URL(candidate, import.meta.url));
    if (existsSync(file)) return file;
  }
  return null;
}
