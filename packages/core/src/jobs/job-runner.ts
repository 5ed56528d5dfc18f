import type { SqlEntityManager } from "@mikro-orm/knex";
import type { JobDefinition, JobRequest, Jobs, ReadPool } from "../contracts/data.js";
import type { Activity, Clock, Ids, Timer } from "../contracts/time.js";
import { dataErrors } from "../db/data-errors.js";
import type { PendingJob, UnitContent, UnitWriter } from "../db/unit.js";
import type { DatabaseUnitOfWork } from "../db/unit-of-work.js";
import { errorText } from "../errors/define-errors.js";
import type { Logger } from "../log/logger.js";
import { JobStore, type ClaimedJob, type JobOutcome } from "./job-store.js";

export interface JobRunnerOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly activity: Activity;
  readonly log: Logger;
  readonly nodeId: string;
  readonly readPool: ReadPool;
  readonly unitOfWork: () => DatabaseUnitOfWork;
  readonly databaseKind: () => "sqlite" | "postgres";
}

interface JobKind {
  readonly definition: JobDefinition<unknown>;
  readonly plugin: string;
  readonly takesPart: () => boolean;
  readonly maxAttempts: number;
  readonly concurrency: number;
  readonly timeoutMs: number;
  running: number;
  /** When the next waiting one is due; undefined: none waits. */
  nextDue: number | undefined;
  /** The earliest that was enqueued while the store was being asked. */
  arrived: number | undefined;
}

interface ActiveJob {
  readonly plugin: string;
  readonly controller: AbortController;
  readonly done: Promise<void>;
}

const SWEEP_EVERY_MS = 3_600_000;
const LONGEST_TIMER_MS = 3_600_000;
/** Added to the time limit for the lease written with a claim. */
const LEASE_MARGIN_MS = 30_000;

class JobAborted extends Error {
  override readonly name = "JobAborted";
}

/** Wait before try n+1: 1 s, doubling, at most 10 min. */
function defaultBackoffMs(attempt: number): number {
  return Math.min(1000 * 2 ** Math.min(attempt - 1, 20), 600_000);
}

/** See the contract. One loop stores what has ended and claims what is due, both in one transaction. */
export class JobRunner implements Jobs, UnitWriter {
  readonly #options: JobRunnerOptions;
  readonly #store: JobStore;
  readonly #kinds = new Map<string, JobKind>();
  readonly #active = new Map<string, ActiveJob>();
  #finished: JobOutcome[] = [];
  #state: "idle" | "running" | "draining" | "stopped" = "idle";
  #dirty = false;
  #loop: Promise<void> | undefined;
  #timer: Timer | undefined;
  #sweeper: Timer | undefined;
  #storeFailures = 0;

  constructor(options: JobRunnerOptions) {
    this.#options = options;
    this.#store = new JobStore(options);
  }

  define<T>(name: string, definition: JobDefinition<T>): void {
    this.#define("core", () => true, name, definition as JobDefinition<unknown>);
  }

  /**
   * The jobs as one plugin sees them.
   *
   * @param takesPart false once the plugin has failed: its jobs wait in the table until it is back
   */
  forPlugin(plugin: string, takesPart: () => boolean): Jobs {
    return {
      define: (name, definition) => this.#define(plugin, takesPart, name, definition as JobDefinition<unknown>),
      enqueue: (job) => this.enqueue(job),
      cancel: (name, key) => this.cancel(name, key),
      stats: () => this.stats(),
    };
  }

  /** A plugin has failed: those of its jobs that run are aborted and put back as if never begun. */
  putBack(plugin: string): void {
    for (const job of this.#active.values()) if (job.plugin === plugin) job.controller.abort(new JobAborted("the plugin failed"));
  }

  #define(plugin: string, takesPart: () => boolean, name: string, definition: JobDefinition<unknown>): void {
    if (this.#kinds.has(name)) throw dataErrors.JOB_DUPLICATE(name);
    this.#kinds.set(name, {
      definition,
      plugin,
      takesPart,
      maxAttempts: Math.max(1, definition.maxAttempts ?? 8),
      concurrency: Math.max(1, definition.concurrency ?? 4),
      timeoutMs: definition.timeoutMs ?? 60_000,
      running: 0,
      nextDue: 0,
      arrived: undefined,
    });
    this.#wake();
  }

  async enqueue(job: JobRequest): Promise<void> {
    const unitOfWork = this.#options.unitOfWork();
    await unitOfWork.run((uow) => {
      uow.enqueue(job);
      return Promise.resolve();
    });
  }

  async cancel(name: string, key: string): Promise<boolean> {
    const unitOfWork = this.#options.unitOfWork();
    return unitOfWork.run(async (uow) => {
      const pending = unitOfWork.currentUnit?.content.jobs ?? [];
      const at = pending.findIndex((job) => job.name === name && job.key === key);
      if (at !== -1) pending.splice(at, 1);
      return (await this.#store.cancel(uow.em, name, key)) || at !== -1;
    });
  }

  stats(): Promise<{ waiting: number; running: number; failed: number }> {
    return this.#options.readPool.read((em) => this.#store.stats(em));
  }

  prepare(job: JobRequest): PendingJob {
    if (!this.#kinds.has(job.name)) throw dataErrors.JOB_UNKNOWN(job.name);
    return { id: this.#options.ids.next(), name: job.name, key: job.key, payload: JSON.stringify(job.payload ?? null), runAt: Math.trunc(job.runAt ?? this.#options.clock.now()) };
  }

  write(em: SqlEntityManager, content: UnitContent): Promise<void> {
    return this.#store.insert(em, content.jobs);
  }

  committed(content: UnitContent): void {
    if (content.jobs.length === 0) return;
    for (const job of content.jobs) {
      const kind = this.#kinds.get(job.name);
      if (kind === undefined) continue;
      kind.nextDue = Math.min(kind.nextDue ?? job.runAt, job.runAt);
      kind.arrived = Math.min(kind.arrived ?? job.runAt, job.runAt);
    }
    this.#wake();
  }

  /** Takes over what a dead process left running, and begins. Nobody else has this database, so there is no lease to wait for. */
  async start(): Promise<void> {
    const limits = new Map([...this.#kinds].map(([name, kind]) => [name, kind.maxAttempts]));
    const taken = await this.#options.unitOfWork().run((uow) => this.#store.takeOver(uow, limits));
    if (taken > 0) this.#options.log.warn({ jobs: taken }, "jobs that a dead process left running are taken over");
    this.#state = "running";
    this.#sweeper = this.#options.clock.setInterval(() => void this.#options.activity.track(this.#sweep()), SWEEP_EVERY_MS);
    this.#wake();
  }

  /** Starts no more; resolves when the running ones have ended. At the signal they are aborted and put back as if never begun. */
  async drain(signal?: AbortSignal): Promise<void> {
    if (this.#state === "running") this.#state = "draining";
    this.#timer?.cancel();
    this.#sweeper?.cancel();
    const abort = (): void => {
      for (const { controller } of this.#active.values()) controller.abort(new JobAborted("the hotline stops"));
    };
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      await this.#loop;
      await Promise.all([...this.#active.values()].map((job) => job.done));
      await this.#loop;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
    if (this.#state === "draining") this.#state = "stopped";
  }

  /** Lets go of the timers, whatever the state. */
  stop(): void {
    this.#state = "stopped";
    this.#timer?.cancel();
    this.#sweeper?.cancel();
    for (const { controller } of this.#active.values()) controller.abort(new JobAborted("the hotline stops"));
  }

  #wake(): void {
    this.#dirty = true;
    if ((this.#state !== "running" && this.#state !== "draining") || this.#loop !== undefined) return;
    this.#loop = this.#options.activity.track(this.#options.unitOfWork().detached(() => this.#work()));
  }

  async #work(): Promise<void> {
    this.#timer?.cancel();
    let retryAt: number | undefined;
    try {
      while (this.#dirty) {
        this.#dirty = false;
        await this.#turn();
      }
      this.#storeFailures = 0;
    } catch (error) {
      this.#storeFailures++;
      retryAt = this.#options.clock.now() + defaultBackoffMs(this.#storeFailures);
      this.#options.log.error({ err: error }, "jobs cannot reach their store; they will try again");
    } finally {
      this.#loop = undefined;
    }
    if (retryAt === undefined && this.#dirty) this.#wake();
    else this.#arm(retryAt);
  }

  /** One transaction: what has ended is stored, what is due is claimed. */
  async #turn(): Promise<void> {
    const now = this.#options.clock.now();
    const finished = [...this.#finished];
    const wanted = this.#state === "running" ? [...this.#kinds].filter(([, kind]) => kind.takesPart() && kind.running < kind.concurrency && kind.nextDue !== undefined && kind.nextDue <= now) : [];
    if (finished.length === 0 && wanted.length === 0) return;
    for (const [, kind] of wanted) kind.arrived = undefined;
    const { claimed, nextDue } = await this.#options.unitOfWork().run(async (uow) => {
      for (const outcome of finished) await this.#store.finish(uow, outcome, now);
      const claimed: ClaimedJob[] = [];
      const nextDue = new Map<string, number | undefined>();
      for (const [name, kind] of wanted) {
        const jobs = await this.#store.claim(uow.em, name, kind.concurrency - kind.running, now, now + kind.timeoutMs + LEASE_MARGIN_MS);
        claimed.push(...jobs);
        nextDue.set(name, await this.#store.nextDue(uow.em, name));
      }
      return { claimed, nextDue };
    });
    this.#finished = this.#finished.slice(finished.length);
    for (const [name, kind] of wanted) {
      const next = nextDue.get(name);
      kind.nextDue = next === undefined ? kind.arrived : Math.min(next, kind.arrived ?? next);
    }
    for (const outcome of finished) {
      const kind = this.#kinds.get(outcome.job.name);
      if (kind !== undefined && outcome.result === "retry") kind.nextDue = Math.min(kind.nextDue ?? outcome.runAt, outcome.runAt);
    }
    for (const job of claimed) this.#begin(job);
    if (finished.length > 0) this.#dirty = true;
  }

  #begin(job: ClaimedJob): void {
    const kind = this.#kinds.get(job.name);
    if (kind === undefined) return;
    kind.running++;
    const controller = new AbortController();
    const done = this.#options.activity.track(this.#execute(job, kind, controller));
    this.#active.set(job.id, { plugin: kind.plugin, controller, done });
  }

  /** Never rejects. */
  async #execute(job: ClaimedJob, kind: JobKind, controller: AbortController): Promise<void> {
    const { clock, log } = this.#options;
    const aborted = new Promise<never>((_resolve, reject) => controller.signal.addEventListener("abort", () => reject(controller.signal.reason as Error), { once: true }));
    aborted.catch(() => undefined);
    const timer = clock.setTimeout(() => controller.abort(new Error(`took longer than ${kind.timeoutMs} ms`)), kind.timeoutMs);
    let outcome: JobOutcome;
    try {
      const payload: unknown = JSON.parse(job.payload);
      await Promise.race([kind.definition.handler(payload, { id: job.id, attempt: job.attempts, signal: controller.signal }), aborted]);
      outcome = { job, result: "done", runAt: 0, error: null };
    } catch (error) {
      outcome = this.#failed(job, kind, error, controller.signal);
      if (outcome.result !== "putBack") log.warn({ job: job.name, jobId: job.id, attempt: job.attempts, err: error }, outcome.result === "failed" ? "a job failed for good" : "a job failed; it will be tried again");
    } finally {
      timer.cancel();
    }
    kind.running--;
    this.#active.delete(job.id);
    this.#finished.push(outcome);
    this.#wake();
  }

  #failed(job: ClaimedJob, kind: JobKind, error: unknown, signal: AbortSignal): JobOutcome {
    const now = this.#options.clock.now();
    if (signal.reason instanceof JobAborted) return { job, result: "putBack", runAt: now, error: null };
    const text = errorText(error).slice(0, 2000);
    if (job.attempts >= kind.maxAttempts) return { job, result: "failed", runAt: 0, error: text };
    return { job, result: "retry", runAt: now + this.#backoffMs(job, kind), error: text };
  }

  /** Milliseconds until the next try; the default when the job's own rule throws or gives no number. */
  #backoffMs(job: ClaimedJob, kind: JobKind): number {
    try {
      const wait = kind.definition.backoffMs?.(job.attempts);
      if (Number.isFinite(wait)) return Math.max(0, Math.trunc(wait as number));
    } catch (error) {
      this.#options.log.error({ job: job.name, err: error }, "backoffMs of a job threw; the default is taken");
    }
    return defaultBackoffMs(job.attempts);
  }

  /** One timer for whatever is due next. */
  #arm(retryAt: number | undefined): void {
    if (this.#state !== "running") return;
    const now = this.#options.clock.now();
    let next = retryAt;
    if (next === undefined) {
      for (const kind of this.#kinds.values()) {
        // A kind that is full is looked at again when one of its jobs ends.
        if (kind.takesPart() && kind.nextDue !== undefined && kind.running < kind.concurrency) next = Math.min(next ?? kind.nextDue, kind.nextDue);
      }
    }
    if (next === undefined) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimeout(() => this.#wake(), Math.min(LONGEST_TIMER_MS, Math.max(0, next - now)));
  }

  async #sweep(): Promise<void> {
    try {
      await this.#options.unitOfWork().detached(() => this.#options.unitOfWork().run((uow) => this.#store.sweep(uow.em, this.#options.clock.now())));
    } catch (error) {
      this.#options.log.error({ err: error }, "sweeping finished jobs failed");
    }
  }
}
