import { expect, test } from "vitest";
import { onBothDatabases, type TestLayer } from "../../test/data-layers.js";
import { KEEP_EVENTS_MS } from "./outbox.js";

async function started(made: TestLayer): Promise<void> {
  await made.layer.open([], []);
  await made.layer.start();
}

const publish = ({ layer }: TestLayer, numbers: number[], aggregate?: string) =>
  layer.unitOfWork.run((uow) => {
    for (const n of numbers) uow.publish("test.durable", { n }, { aggregate });
    return Promise.resolve();
  });

onBothDatabases("outbox", (fresh) => {
  test("delivers in order, with the envelope as published", async () => {
    const made = (await fresh()).layer();
    const seen: unknown[] = [];
    made.layer.events.forPlugin("p").consume("c", "test.durable", ({ n }, envelope) => {
      seen.push([n, envelope.name, envelope.v, envelope.at]);
      return Promise.resolve();
    });
    made.layer.events.forPlugin("p").consume("c", "test.other", ({ n }, envelope) => {
      seen.push([n, envelope.name, envelope.v, envelope.at]);
      return Promise.resolve();
    });
    await started(made);
    const at = made.clock.now();
    await publish(made, [1, 2]);
    made.layer.events.publish("test.other", { n: 3 });
    await made.activity.idle();
    await publish(made, [4]);
    await made.activity.idle();
    expect(seen).toEqual([
      [1, "test.durable", 1, at],
      [2, "test.durable", 1, at],
      [3, "test.other", 2, at],
      [4, "test.durable", 1, at],
    ]);
  });

  test("a new consumer begins at the end, or at the beginning when it asks", async () => {
    const data = await fresh();
    const first = data.layer();
    await started(first);
    await publish(first, [1, 2]);
    await first.activity.idle();
    await first.layer.close();
    const second = data.layer();
    const end: number[] = [];
    const beginning: number[] = [];
    const events = second.layer.events.forPlugin("p");
    events.consume("end", "test.durable", ({ n }) => Promise.resolve(void end.push(n)));
    events.consume("beginning", "test.durable", ({ n }) => Promise.resolve(void beginning.push(n)), { from: "beginning" });
    await second.layer.open([], []);
    // Before start, as plugins do when they become ready.
    await publish(second, [3]);
    await second.layer.start();
    await second.activity.idle();
    expect(end).toEqual([3]);
    expect(beginning).toEqual([1, 2, 3]);
  });

  test("goes on after a restart with what is left, without repeating what was done", async () => {
    const data = await fresh();
    const first = data.layer();
    const seen: number[] = [];
    first.layer.events.forPlugin("p").consume("c", "test.durable", ({ n }) => Promise.resolve(void seen.push(n)));
    await started(first);
    await publish(first, [1, 2]);
    await first.activity.idle();
    await first.layer.drain();
    await publish(first, [3, 4]);
    await first.layer.close();
    expect(seen).toEqual([1, 2]);
    const second = data.layer();
    second.layer.events.forPlugin("p").consume("c", "test.durable", ({ n }) => Promise.resolve(void seen.push(n)));
    await started(second);
    await second.activity.idle();
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  test("a failing run is retried with back-off and holds back only its own aggregate, also over a restart", async () => {
    const data = await fresh();
    const seen: number[] = [];
    let broken = true;
    let tries = 0;
    const consumer = (made: TestLayer) =>
      made.layer.events.forPlugin("p").consume("c", "test.durable", ({ n }) => {
        if (n === 1) tries++;
        if (n === 1 && broken) return Promise.reject(new Error("broken"));
        seen.push(n);
        return Promise.resolve();
      });
    const first = data.layer();
    consumer(first);
    await started(first);
    await publish(first, [1, 2, 3], "a");
    await publish(first, [10], "b");
    await publish(first, [20]);
    await first.activity.idle();
    expect(seen).toEqual([10, 20]);
    await first.advance(1000);
    expect(tries).toBe(2);
    await first.advance(1999);
    expect(tries).toBe(2);
    await first.advance(1);
    expect(tries).toBe(3);
    expect(first.layer.events.failures()).toEqual({ p: 3 });
    await first.layer.close();

    const second = data.layer({ clock: first.clock });
    consumer(second);
    await started(second);
    await publish(second, [4], "a");
    await second.activity.idle();
    expect(seen).toEqual([10, 20]);
    broken = false;
    await first.clock.advance(4000, second.activity);
    expect(seen).toEqual([10, 20, 1, 2, 3, 4]);
    await publish(second, [5], "a");
    await second.activity.idle();
    expect(seen).toEqual([10, 20, 1, 2, 3, 4, 5]);
    expect(await second.layer.readPool.read((em) => em.execute("select * from core_held_event"))).toEqual([]);
  });

  test("consumers do not hold each other up", async () => {
    const made = (await fresh()).layer();
    const seen: number[] = [];
    const events = made.layer.events.forPlugin("p");
    let release: () => void = () => undefined;
    events.consume("slow", "test.durable", () => new Promise((resolve) => (release = resolve)));
    events.consume("fast", "test.durable", ({ n }) => Promise.resolve(void seen.push(n)));
    await started(made);
    await publish(made, [1]);
    await expect.poll(() => seen).toEqual([1]);
    release();
    await made.activity.idle();
  });

  test("a run that does not end counts as failed after a minute", async () => {
    const made = (await fresh()).layer();
    const seen: number[] = [];
    made.layer.events.forPlugin("p").consume("c", "test.durable", ({ n }) => (n === 1 ? new Promise(() => undefined) : Promise.resolve(void seen.push(n))));
    await started(made);
    void publish(made, [1, 2]);
    await expect.poll(() => made.activity.inFlight, { timeout: 5000 }).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await made.clock.advance(60_000);
    await made.activity.idle();
    expect(seen).toEqual([2]);
    expect(made.layer.events.failures()).toEqual({ p: 1 });
  });

  test("numbers the events of an aggregate, and gives concurrent units positions in the order of commit", async () => {
    const made = (await fresh()).layer();
    const seen: number[] = [];
    made.layer.events.forPlugin("p").consume("c", "test.durable", ({ n }) => Promise.resolve(void seen.push(n)));
    await started(made);
    await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        made.layer.unitOfWork.run(async (uow) => {
          uow.publish("test.durable", { n }, { aggregate: n % 2 === 0 ? "even" : "odd" });
          await uow.em.execute("select 1");
          await new Promise((resolve) => setTimeout(resolve, (n * 7) % 13));
        }),
      ),
    );
    await made.activity.idle();
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, n) => n));
    const rows = await made.layer.readPool.read((em) => em.execute<{ aggregate: string; seq: number }[]>("select aggregate, seq from core_outbox order by position"));
    for (const aggregate of ["even", "odd"]) expect(rows.filter((row) => row.aggregate === aggregate).map((row) => Number(row.seq))).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  test("goes on numbering whether a unit tells one event of an aggregate, several, or one of none", async () => {
    const made = (await fresh()).layer();
    await started(made);
    const units: readonly (readonly (string | undefined)[])[] = [["a", "b", undefined], ["b", "a"], ["a", "a", "b"], [undefined], ["b", "c"]];
    for (const unit of units) {
      await made.layer.unitOfWork.run((uow) => {
        unit.forEach((aggregate, n) => uow.publish("test.durable", { n }, aggregate === undefined ? {} : { aggregate }));
        return Promise.resolve();
      });
    }
    const rows = await made.layer.readPool.read((em) => em.execute<{ aggregate: string | null; seq: number | null }[]>("select aggregate, seq from core_outbox order by position"));
    const told = rows.map(({ aggregate, seq }) => `${aggregate ?? "none"}${seq === null ? "" : Number(seq)}`);
    expect(told).toEqual(["a1", "b1", "none", "b2", "a2", "a3", "a4", "b3", "none", "b4", "c1"]);
  });

  // Long: a week of attempts at what is broken.
  test("sweeps what everybody has seen and is old, nothing else", async () => {
    const made = (await fresh()).layer();
    let broken = true;
    made.layer.events.forPlugin("p").consume("c", "test.durable", ({ n }) => (broken && n === 2 ? Promise.reject(new Error("broken")) : Promise.resolve()));
    await started(made);
    await publish(made, [1, 2, 3]);
    await made.activity.idle();
    const left = () => made.layer.readPool.read(async (em) => (await em.execute<{ payload: string }[]>("select payload from core_outbox order by position")).map((row) => (JSON.parse(row.payload) as { n: number }).n));
    await made.advance(KEEP_EVENTS_MS);
    expect(await left()).toEqual([1, 2, 3]);
    await publish(made, [4]);
    await made.advance(3_600_000);
    expect(await left()).toEqual([2, 4]);
    broken = false;
    await made.advance(2 * 3_600_000);
    expect(await left()).toEqual([4]);
    await publish(made, [5]);
    await made.activity.idle();
    expect(await left()).toEqual([4, 5]);
  }, 120_000);

  test("consuming what is not durable, or twice, is an error at once", async () => {
    const made = (await fresh()).layer();
    const events = made.layer.events.forPlugin("p");
    events.consume("c", "test.durable", () => Promise.resolve());
    expect(() => events.consume("c", "test.durable", () => Promise.resolve())).toThrow(expect.objectContaining({ code: "HTL_CORE_CONSUMER_DUPLICATE" }));
    events.consume("c", "test.plain", () => Promise.resolve());
    await expect(made.layer.open([], [])).rejects.toMatchObject({ code: "HTL_CORE_EVENT_NOT_DURABLE" });
  });

  test("on() streams what is published, and what its subscribers throw goes to the plugin's account", async () => {
    const made = (await fresh()).layer();
    const events = made.layer.events.forPlugin("p");
    const seen: number[] = [];
    events.on("test.plain").subscribe(({ payload }) => void seen.push(payload.n));
    events.on("test.plain").subscribe(() => {
      throw new Error("subscriber");
    });
    await started(made);
    events.publish("test.plain", { n: 1 });
    await made.layer.unitOfWork.run(() => {
      events.publish("test.plain", { n: 2 });
      expect(seen).toEqual([1]);
      return Promise.resolve();
    });
    expect(seen).toEqual([1, 2]);
    expect(made.layer.events.failures()).toEqual({ p: 2 });
  });
});
