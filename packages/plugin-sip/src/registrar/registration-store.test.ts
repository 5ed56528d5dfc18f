import { createSilentLogger } from "@hotlinejs/core";
import type { ReadPool, UnitOfWork } from "@hotlinejs/core";
import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.js";
import type { Binding } from "./binding.js";
import { RegistrationStore } from "./registration-store.js";

let clock: ManualClock;
let rows: Map<string, Record<string, unknown>>;
let transactions: number;
let broken: boolean;
let store: RegistrationStore;

beforeEach(() => {
  clock = new ManualClock();
  rows = new Map();
  transactions = 0;
  broken = false;
  const em = {
    nativeDelete: async (_entity: unknown, where: { id: { $in: string[] } }) => where.id.$in.forEach((id) => rows.delete(id)),
    upsertMany: async (_entity: unknown, all: Record<string, unknown>[]) => all.forEach((row) => rows.set(String(row.id), row)),
    find: async () => [...rows.values()],
  };
  const unitOfWork = {
    run: async (fn: (uow: { em: typeof em }) => Promise<unknown>) => {
      transactions++;
      if (broken) throw new Error("disk full");
      return fn({ em });
    },
  };
  store = new RegistrationStore({ unitOfWork: unitOfWork as unknown as UnitOfWork, reads: { read: (fn: (e: typeof em) => unknown) => fn(em) } as unknown as ReadPool, clock, log: createSilentLogger() });
});

const binding = (id: string, patch: Partial<Binding> = {}): Binding => ({
  id, account: "1001", contact: `sip:1001@10.0.0.${id}`, callId: "c", cseq: 1, q: 0.5, expiresAt: 5, destination: { kind: "udp", host: "10.0.0.1", port: 5060 }, path: ["<sip:p;lr>"], ...patch,
});

describe("RegistrationStore", () => {
  it("writes what happens together in one transaction, the newest state of each", async () => {
    store.save(binding("1"));
    store.save(binding("2"));
    store.save(binding("1", { cseq: 2, instance: "<urn:x>", userAgent: "phone" }));
    store.save(binding("3"));
    store.remove("3");
    expect(transactions).toBe(0);
    await clock.advance(100);
    expect(transactions).toBe(1);
    expect([...rows.keys()].sort()).toEqual(["1", "2"]);
    expect((await store.load()).find((b) => b.id === "1")).toEqual(binding("1", { cseq: 2, instance: "<urn:x>", userAgent: "phone" }));
  });

  it("leaves phones on connections out of what it loads, and deletes them", async () => {
    store.save(binding("1"));
    store.save(binding("2", { destination: { kind: "tcp", host: "10.0.0.2", port: 40000, flow: "f" } }));
    await clock.advance(100);
    expect((await store.load()).map((b) => b.id)).toEqual(["1"]);
    await clock.advance(100);
    expect([...rows.keys()]).toEqual(["1"]);
  });

  it("tries again what the database did not take, without undoing what came later", async () => {
    broken = true;
    store.save(binding("1"));
    store.save(binding("2"));
    await clock.advance(100);
    store.remove("1");
    broken = false;
    await clock.advance(10_000);
    expect([...rows.keys()]).toEqual(["2"]);
  });

  it("writes at once when flushed, and leaves no timer behind even when that fails", async () => {
    store.save(binding("1"));
    await store.flush();
    expect([...rows.keys()]).toEqual(["1"]);
    broken = true;
    store.save(binding("2"));
    await store.flush();
    expect(clock.armed).toBe(0);
  });
});
