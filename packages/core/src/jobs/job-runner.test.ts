import { expect, test } from "vitest";
import type { JobDefinition } from "../contracts/data.js";
import { onBothDatabases, type TestLayer } from "../../test/data-layers.js";

async function withJob<T>(made: TestLayer, definition: JobDefinition<T>, name = "test.job"): Promise<void> {
  made.layer.jobs.define(name, definition);
  await made.layer.open([], []);
  await made.layer.start();
}

const rows = ({ layer }: TestLayer) => layer.readPool.read((em) => em.execute<{ state: string; attempts: number; last_error: string | null }[]>("select state, attempts, last_error from core_job order by id"));

onBothDatabases("jobs", (fresh) => {
  test("runs when committed, at its time, in the order of time", async () => {
    const made = (await fresh()).layer();
    const seen: [string, number][] = [];
    await withJob<{ name: string }>(made, { concurrency: 1, handler: ({ name }) => Promise.resolve(void seen.push([name, made.clock.now()])) });
    const start = made.clock.now();
    await made.layer.jobs.enqueue({ name: "test.job", payload: { name: "later" }, runAt: start + 60_000 });
    await made.layer.jobs.enqueue({ name: "test.job", payload: { name: "sooner" }, runAt: start + 30_000 });
    await made.layer.jobs.enqueue({ name: "test.job", payload: { name: "now" } });
    await made.activity.idle();
    expect(seen).toEqual([["now", start]]);
    await made.advance(60_000);
    expect(seen).toEqual([
      ["now", start],
      ["sooner", start + 30_000],
      ["later", start + 60_000],
    ]);
    expect(await rows(made)).toEqual([]);
  });

  test("exists exactly when the unit commits", async () => {
    const made = (await fresh()).layer();
    const seen: number[] = [];
    await withJob<number>(made, { handler: (n) => Promise.resolve(void seen.push(n)) });
    await made.layer.unitOfWork
      .run(async (uow) => {
        uow.enqueue({ name: "test.job", payload: 1 });
        await made.layer.jobs.enqueue({ name: "test.job", payload: 2 });
        throw new Error("no");
      })
      .catch(() => undefined);
    await made.layer.unitOfWork.run(async (uow) => {
      uow.enqueue({ name: "test.job", payload: 3 });
      await made.layer.jobs.enqueue({ name: "test.job", payload: 4 });
    });
    await made.activity.idle();
    expect(seen.sort()).toEqual([3, 4]);
  });

  test("a key is used once while its job exists, also when done", async () => {
    const made = (await fresh()).layer();
    const seen: number[] = [];
    await withJob<number>(made, { handler: (n) => Promise.resolve(void seen.push(n)) });
    await made.layer.jobs.enqueue({ name: "test.job", payload: 1, key: "k" });
    await made.activity.idle();
    await made.layer.unitOfWork.run((uow) => {
      uow.enqueue({ name: "test.job", payload: 2, key: "k" });
      uow.enqueue({ name: "test.job", payload: 3, key: "other" });
      uow.enqueue({ name: "test.job", payload: 4, key: "other" });
      return Promise.resolve();
    });
    await made.activity.idle();
    expect(seen).toEqual([1, 3]);
    await made.advance(8 * 86_400_000);
    await made.layer.jobs.enqueue({ name: "test.job", payload: 5, key: "k" });
    await made.activity.idle();
    expect(seen).toEqual([1, 3, 5]);
  });

  test("throws are retried with back-off, the last failure is told", async () => {
    const made = (await fresh()).layer();
    const tries: [number, number][] = [];
    const failed: unknown[] = [];
    made.layer.events.forPlugin("p").consume("c", "job.failed", (payload) => Promise.resolve(void failed.push(payload)));
    await withJob(made, {
      maxAttempts: 3,
      handler: (_payload, { attempt }) => {
        tries.push([attempt, made.clock.now()]);
        return Promise.reject(new Error(`try ${attempt}`));
      },
    });
    const start = made.clock.now();
    await made.layer.jobs.enqueue({ name: "test.job", key: "k" });
    await made.advance(10_000);
    expect(tries).toEqual([
      [1, start],
      [2, start + 1000],
      [3, start + 3000],
    ]);
    expect(failed).toEqual([{ jobId: expect.any(String) as string, name: "test.job", error: "try 3" }]);
    expect(await made.layer.jobs.stats()).toEqual({ waiting: 0, running: 0, failed: 1 });
    expect(await rows(made)).toMatchObject([{ state: "failed", last_error: "try 3" }]);
  });

  test("a handler that throws at once, or a bad back-off, does no harm", async () => {
    const made = (await fresh()).layer();
    let tries = 0;
    await withJob(made, {
      backoffMs: () => Number.NaN,
      handler: () => {
        if (++tries < 3) throw new Error("at once");
        return Promise.resolve();
      },
    });
    await made.layer.jobs.enqueue({ name: "test.job" });
    await made.advance(5000);
    expect(tries).toBe(3);
    expect(await rows(made)).toEqual([]);
  });

  test("a back-off that throws does no harm", async () => {
    const made = (await fresh()).layer();
    let tries = 0;
    await withJob(made, {
      backoffMs: () => {
        throw new Error("no rule");
      },
      handler: () => (++tries < 3 ? Promise.reject(new Error("not yet")) : Promise.resolve()),
    });
    await made.layer.jobs.enqueue({ name: "test.job" });
    await made.advance(5000);
    expect(tries).toBe(3);
    expect(await rows(made)).toEqual([]);
  });

  test("one that takes too long is aborted and tried again", async () => {
    const made = (await fresh()).layer();
    const reasons: string[] = [];
    await withJob(made, {
      timeoutMs: 5000,
      handler: (_payload, { attempt, signal }) => {
        if (attempt > 1) return Promise.resolve();
        return new Promise(() => signal.addEventListener("abort", () => reasons.push((signal.reason as Error).message)));
      },
    });
    await made.layer.jobs.enqueue({ name: "test.job" });
    await expect.poll(async () => (await made.layer.jobs.stats()).running, { timeout: 5000 }).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await made.clock.advance(5000);
    await made.activity.idle();
    await made.advance(1000);
    expect(reasons).toEqual(["took longer than 5000 ms"]);
    expect(await rows(made)).toEqual([]);
  });

  test("never more at once than allowed, and all get their turn", async () => {
    const made = (await fresh()).layer();
    let running = 0;
    let most = 0;
    let done = 0;
    await withJob(made, {
      concurrency: 3,
      handler: async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running--;
        done++;
      },
    });
    await made.layer.unitOfWork.run((uow) => {
      for (let i = 0; i < 25; i++) uow.enqueue({ name: "test.job" });
      return Promise.resolve();
    });
    await made.activity.idle();
    expect(done).toBe(25);
    expect(most).toBe(3);
  });

  test("one kind that is full does not hold up another", async () => {
    const made = (await fresh()).layer();
    let release: () => void = () => undefined;
    const seen: number[] = [];
    made.layer.jobs.define<number>("test.quick", { handler: (n) => Promise.resolve(void seen.push(n)) });
    await withJob(made, { concurrency: 1, handler: () => new Promise((resolve) => (release = resolve)) });
    await made.layer.jobs.enqueue({ name: "test.job" });
    await made.layer.jobs.enqueue({ name: "test.quick", payload: 1 });
    await expect.poll(() => seen).toEqual([1]);
    release();
    await made.activity.idle();
  });

  test("cancel takes back what waits, also within the unit that made it, and not what runs", async () => {
    const made = (await fresh()).layer();
    let release: () => void = () => undefined;
    let begun = 0;
    await withJob(made, { handler: () => new Promise((resolve) => ((release = resolve), begun++)) });
    const { jobs, unitOfWork } = made.layer;
    const runAt = made.clock.now() + 1000;
    await jobs.enqueue({ name: "test.job", key: "a", runAt });
    expect(await jobs.cancel("test.job", "a")).toBe(true);
    expect(await jobs.cancel("test.job", "a")).toBe(false);
    await unitOfWork.run(async (uow) => {
      uow.enqueue({ name: "test.job", key: "b", runAt });
      expect(await jobs.cancel("test.job", "b")).toBe(true);
      uow.enqueue({ name: "test.job", key: "b" });
    });
    await expect.poll(() => begun).toBe(1);
    expect(await jobs.cancel("test.job", "b")).toBe(false);
    release();
    await made.activity.idle();
    expect(begun).toBe(1);
  });

  test("draining lets running ones finish and starts no more; at the signal they are put back untouched", async () => {
    const data = await fresh();
    const first = data.layer();
    let release: () => void = () => undefined;
    const seen: string[] = [];
    first.layer.jobs.define("test.stuck", { handler: (_payload, { attempt }) => new Promise(() => seen.push(`stuck ${attempt}`)) });
    await withJob(first, { concurrency: 1, handler: () => new Promise((resolve) => ((release = resolve), seen.push("begun"))) });
    await first.layer.jobs.enqueue({ name: "test.stuck" });
    await first.layer.jobs.enqueue({ name: "test.job" });
    await first.layer.jobs.enqueue({ name: "test.job" });
    await expect.poll(() => seen.length).toBe(2);
    const deadline = new AbortController();
    const drained = first.layer.drain(deadline.signal);
    release();
    await expect.poll(async () => (await first.layer.jobs.stats()).running).toBe(1);
    deadline.abort();
    await drained;
    expect(await first.layer.jobs.stats()).toEqual({ waiting: 2, running: 0, failed: 0 });
    await first.layer.close();
    const second = data.layer();
    second.layer.jobs.define("test.stuck", { handler: (_payload, { attempt }) => Promise.resolve(void seen.push(`again ${attempt}`)) });
    await withJob(second, { handler: () => Promise.resolve(void seen.push("second")) });
    await second.activity.idle();
    expect(seen.sort()).toEqual(["again 1", "begun", "second", "stuck 1"]);
  });

  test("unknown and doubly defined jobs are errors where they are made", async () => {
    const made = (await fresh()).layer();
    await withJob(made, { handler: () => Promise.resolve() });
    expect(() => made.layer.jobs.define("test.job", { handler: () => Promise.resolve() })).toThrow(expect.objectContaining({ code: "HTL_CORE_JOB_DUPLICATE" }));
    await expect(made.layer.jobs.enqueue({ name: "test.none" })).rejects.toMatchObject({ code: "HTL_CORE_JOB_UNKNOWN" });
  });
});
