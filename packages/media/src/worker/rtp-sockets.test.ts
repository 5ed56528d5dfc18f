import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { MediaSocket, MediaSockets } from "./media-socket.js";
import { FOREIGN_S, PortTable } from "./port-table.js";
import { NoPortError, openPortPair } from "./rtp-sockets.js";
import type { PortPair, PortPlace } from "./rtp-sockets.js";
import { TurnBudget } from "./turn-budget.js";

/** Ports of one machine: two cannot have the same. */
class Machine {
  readonly taken = new Set<number>();
  seconds = 100;
  binds = 0;
  readonly #slow: boolean;
  readonly #memory: SharedArrayBuffer;
  readonly #min: number;

  /** @param slow binding takes its time, as with Node's sockets; batched ones are bound within the turn. */
  constructor(min: number, max: number, cursor: number, slow: boolean) {
    this.#min = min;
    this.#slow = slow;
    this.#memory = PortTable.memory(min, max, cursor);
  }

  readonly bind: MediaSockets = async (_address, port): Promise<MediaSocket> => {
    this.binds++;
    if (this.#slow) await turn();
    if (this.taken.has(port)) throw Object.assign(new Error("in use"), { code: "EADDRINUSE" });
    this.taken.add(port);
    return { onDatagram: () => undefined, send: () => undefined, forward: () => undefined, sendTo: () => undefined, connect: () => undefined, disconnect: () => undefined, close: () => void this.taken.delete(port) };
  };

  /** Each worker has its own view of the ports. */
  worker(worker: number, budget = new TurnBudget(8)): PortPlace & { readonly open: () => Promise<PortPair>; readonly refused: () => Promise<number> } {
    const place = { address: "127.0.0.1", table: new PortTable(this.#memory, this.#min, () => this.seconds), worker, bind: this.bind, budget };
    const open = (): Promise<PortPair> => openPortPair(place, "held");
    /** How many binds it costs to hear that there is none. */
    const refused = async (): Promise<number> => {
      const before = this.binds;
      await expect(open()).rejects.toBeInstanceOf(NoPortError);
      return this.binds - before;
    };
    return { ...place, open, refused };
  }
}

test.each([true, false])("searches at the same time miss no pair: as many as there are free, for however many search (slow sockets: %s)", async (slow) => {
  for (let from = 0; from < 16; from++) {
    const machine = new Machine(20_000, 20_015, from, slow);
    const { taken } = machine;
    // Two of eight pairs are left, each a long way from where the search begins.
    for (let port = 20_000; port < 20_016; port++) if (port >> 1 !== 10_003 && port >> 1 !== 10_006) taken.add(port);
    const found = await Promise.allSettled([1, 2, 3, 4].map((index) => machine.worker(index).open()));
    expect(found.flatMap((each) => (each.status === "fulfilled" ? [each.value.port] : [])).sort()).toEqual([20_006, 20_012]);
    for (const each of found) if (each.status === "rejected") expect(each.reason).toBeInstanceOf(NoPortError);
    expect(taken.size).toBe(16);
  }
});

test("a pair just closed rests until the range has gone round; half a pair is none, and is let go", async () => {
  const machine = new Machine(20_000, 20_007, 0, true);
  machine.taken.add(20_003);
  const { open } = machine.worker(0);
  const ports: number[] = [];
  for (let i = 0; i < 6; i++) {
    const pair = await open();
    ports.push(pair.port);
    pair.close();
    pair.close();
  }
  expect(ports).toEqual([20_000, 20_004, 20_006, 20_000, 20_004, 20_006]);
  expect([...machine.taken]).toEqual([20_003]);
});

test("however many search in a range that others hold, so many ports are tried in a turn of the event loop and no more; sound goes on between", async () => {
  const machine = new Machine(20_000, 21_999, 0, false);
  for (let port = 20_000; port < 21_998; port++) machine.taken.add(port);
  const { open } = machine.worker(0);
  const turns: number[] = [];
  let over = false;
  const searches = Promise.allSettled([1, 2, 3, 4, 5].map(open)).finally(() => (over = true));
  await turn();
  let before = machine.binds;
  while (!over) {
    await turn();
    turns.push(machine.binds - before);
    before = machine.binds;
  }
  expect((await searches).filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(Math.max(...turns)).toBe(8);
  // Each once, whoever searched.
  expect(machine.binds).toBe(1_001);
});

test("a full range is known to be: nothing is tried for who is refused, in no worker, until a pair is closed", async () => {
  const machine = new Machine(20_000, 20_015, 0, false);
  const [one, two] = [machine.worker(0), machine.worker(1)];
  const pairs = [];
  for (let i = 0; i < 8; i++) pairs.push(await (i % 2 === 0 ? one : two).open());
  expect(one.table.full).toBe(false);
  expect(await one.refused()).toBe(0);
  expect([one.table.full, two.table.full]).toEqual([true, true]);
  expect(await two.refused()).toBe(0);
  pairs[4]!.close();
  expect(one.table.full).toBe(false);
  expect((await two.open()).port).toBe(pairs[4]!.port);
  expect(await one.refused()).toBe(0);
  // As when its thread dies.
  one.table.forget(0);
  machine.taken.clear();
  expect(one.table.full).toBe(false);
  expect([20_000, 20_004, 20_012]).toContain((await two.open()).port);
});

test("ports that somebody else holds are left alone for some seconds, and then tried again", async () => {
  const machine = new Machine(20_000, 20_015, 0, false);
  for (let port = 20_000; port < 20_014; port++) machine.taken.add(port);
  const { open, refused, table } = machine.worker(0);
  expect((await open()).port).toBe(20_014);
  expect(await refused()).toBe(0);
  machine.taken.delete(20_004);
  machine.taken.delete(20_005);
  expect([await refused(), table.full]).toEqual([0, true]);
  machine.seconds += FOREIGN_S;
  expect(table.full).toBe(false);
  expect((await open()).port).toBe(20_004);
  expect(await refused()).toBe(5);
  expect(await refused()).toBe(0);
});

test("what stands ready is not gone: the range is full only when that is used, too", async () => {
  const machine = new Machine(20_000, 20_003, 0, false);
  const place = machine.worker(0);
  const ready = await openPortPair(place, "ready");
  await place.open();
  expect(await place.refused()).toBe(0);
  expect(place.table.full).toBe(false);
  place.table.use(ready.port, 0);
  expect(await place.refused()).toBe(0);
  expect(place.table.full).toBe(true);
  ready.close();
  expect(place.table.full).toBe(false);
});

test("an address that cannot be bound costs no pair", async () => {
  const machine = new Machine(20_000, 20_001, 0, false);
  const place = machine.worker(0);
  const away = { ...place, bind: () => Promise.reject(Object.assign(new Error("none such"), { code: "EMFILE" })) };
  await expect(openPortPair(away, "held")).rejects.toMatchObject({ code: "EMFILE" });
  expect((await place.open()).port).toBe(20_000);
});
