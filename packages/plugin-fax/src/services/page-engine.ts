import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { Activity } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import { builtEntry } from "../built-entry.js";
import { errors } from "../errors.js";
import type { FaxSource, LinePage, PageAnswers, PageReply, PageRequest } from "../worker/page-requests.js";

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Makes and reads pages in a thread of its own, started at first use and anew when it dies. */
export class PageEngine {
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  #closed = false;

  constructor(private readonly activity: Activity) {}

  /** Rejects with `HTL_FAX_UNREADABLE`, `HTL_FAX_TOO_LONG`, `HTL_FAX_WORKER_FAILED`. */
  render(source: FaxSource, maxPages: number): Promise<PageAnswers["render"]> {
    return this.#ask<"render">({ type: "render", source, maxPages });
  }

  read(pages: readonly LinePage[], title: string): Promise<PageAnswers["read"]> {
    return this.#ask<"read">({ type: "read", pages, title });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    this.#lost("closed");
    await worker?.terminate();
  }

  #ask<T extends PageRequest["type"]>(request: Extract<PageRequest, { type: T }>): Promise<PageAnswers[T]> {
    if (this.#closed) return Promise.reject(errors.WORKER_FAILED("closed"));
    const path = builtEntry("page-worker");
    if (!existsSync(path)) return Promise.reject(errors.WORKER_MISSING(path));
    const worker = (this.#worker ??= this.#start(path));
    const id = this.#next++;
    const answer = new Promise<PageAnswers[T]>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      worker.postMessage({ id, request });
    });
    return this.activity.track(answer);
  }

  #start(path: string): Worker {
    const worker = new Worker(path, { execArgv: [], name: "hotline-fax-pages" });
    worker.unref();
    let cause: unknown;
    worker.on("message", (reply: PageReply) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if (!("error" in reply)) waiting?.resolve(reply.value);
      else {
        const { kind, message } = reply.error;
        waiting?.reject(kind === "unreadable" ? errors.UNREADABLE(message) : kind === "too-long" ? errors.TOO_LONG(message) : errors.WORKER_FAILED(message));
      }
    });
    worker.on("error", (error) => (cause = error));
    worker.on("exit", (code) => {
      if (this.#worker === worker) this.#lost(cause === undefined ? `exit ${code}` : errorText(cause));
    });
    return worker;
  }

  #lost(why: string): void {
    this.#worker = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const each of waiting) each.reject(errors.WORKER_FAILED(why));
  }
}
