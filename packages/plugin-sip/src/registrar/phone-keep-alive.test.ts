import { createSilentLogger } from "@hotlinejs/core";
import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.js";
import { seededRandom } from "../stack/index.js";
import type { Binding } from "./binding.js";
import { PhoneKeepAlive } from "./phone-keep-alive.js";

let clock: ManualClock;
let asked: { id: string; at: number }[];
let told: string[];
/** What phones do when asked: answer, say nothing, or answer after so many ms. */
let manners: Map<string, "silent" | number>;
let keepAlive: PhoneKeepAlive;

const binding = (id: string, kind: "udp" | "tcp" | "ws" = "udp", port = 5060): Binding => ({ id, account: id, contact: `sip:${id}@192.0.2.1`, callId: id, cseq: 1, q: 1, expiresAt: Infinity, destination: { kind, host: "192.0.2.1", port }, path: [] });

beforeEach(() => {
  clock = new ManualClock();
  asked = [];
  told = [];
  manners = new Map();
  const random = seededRandom(7);
  keepAlive = new PhoneKeepAlive({
    clock,
    log: createSilentLogger(),
    seconds: 30,
    misses: 3,
    random: () => random.number(),
    ask: async ({ id }) => {
      asked.push({ id, at: clock.now() });
      const manner = manners.get(id) ?? 0;
      if (manner === "silent") return clock.sleep(32_000).then(() => false);
      return manner === 0 ? true : clock.sleep(manner).then(() => true);
    },
    silent: ({ id }, silent) => void told.push(`${id} ${silent ? "silent" : "back"}`),
  });
});

describe("asking phones whether they are there", () => {
  it("asks each about every half minute, never twice at once and never all together", async () => {
    for (let i = 0; i < 100; i++) keepAlive.bound(binding(`p${i}`));
    await clock.advance(600_000);
    const times = asked.filter(({ id }) => id === "p0").map(({ at }) => at);
    const apart = times.slice(1).map((at, i) => at - (times[i] as number));
    expect(Math.min(...apart)).toBeGreaterThanOrEqual(23_900);
    expect(Math.max(...apart)).toBeLessThanOrEqual(36_100);
    expect(new Set(apart).size).toBeGreaterThan(5);
    const bySecond = new Map<number, number>();
    for (const { at } of asked) bySecond.set(Math.floor(at / 1_000), (bySecond.get(Math.floor(at / 1_000)) ?? 0) + 1);
    expect(Math.max(...bySecond.values())).toBeLessThan(15);
    expect([keepAlive.asked, keepAlive.missed, told]).toEqual([asked.length, 0, []]);
  });

  it("ten thousand that register in one moment are asked evenly, by one timer", async () => {
    for (let i = 0; i < 10_000; i++) keepAlive.bound(binding(`p${i}`));
    expect(clock.armed).toBe(1);
    const start = clock.now();
    await clock.advance(30_200);
    expect(new Set(asked.map(({ id }) => id)).size).toBe(10_000);
    const first = new Map<number, number>();
    for (const { at } of asked) first.set(Math.floor((at - start) / 1_000), (first.get(Math.floor((at - start) / 1_000)) ?? 0) + 1);
    // 333 a second, and what comes round again.
    expect(Math.max(...[...first].filter(([second]) => second < 24).map(([, count]) => count))).toBeLessThan(420);
  }, 60_000);

  it("of those due together no more than a hundred in a tick are asked; the others follow in the next", async () => {
    keepAlive = new PhoneKeepAlive({ clock, log: createSilentLogger(), seconds: 30, misses: 3, random: () => 0.5, ask: ({ id }) => (asked.push({ id, at: clock.now() }), Promise.resolve(true)), silent: () => undefined });
    for (let i = 0; i < 250; i++) keepAlive.bound(binding(`p${i}`));
    await clock.advance(20_000);
    const ticks = new Map<number, number>();
    for (const { at } of asked) ticks.set(at, (ticks.get(at) ?? 0) + 1);
    expect([...ticks.values()]).toEqual([100, 100, 50]);
  });

  it("one that says nothing three times in a row is silent, told once; when it answers it is back", async () => {
    keepAlive.bound(binding("p"));
    manners.set("p", "silent");
    while (asked.length < 3) await clock.advance(1_000);
    expect(told).toEqual([]);
    await clock.advance(5_000);
    expect([asked.length, told]).toEqual([3, ["p silent"]]);
    await clock.advance(300_000);
    expect([told, keepAlive.missed > 5]).toEqual([["p silent"], true]);
    manners.delete("p");
    await clock.advance(45_000);
    expect(told).toEqual(["p silent", "p back"]);
  });

  it("a lost answer or two change nothing; one that comes within five seconds counts", async () => {
    keepAlive.bound(binding("p"));
    for (const manner of ["silent", "silent", 4_000, "silent", "silent", 4_000] as const) {
      manners.set("p", manner);
      const before = asked.length;
      while (asked.length === before) await clock.advance(1_000);
      await clock.advance(6_000);
    }
    expect([told, keepAlive.missed]).toEqual([[], 4]);
  });

  it("one that registers again is there, also while a question to its old address waits", async () => {
    keepAlive.bound(binding("p"));
    manners.set("p", "silent");
    while (asked.length < 3) await clock.advance(1_000);
    keepAlive.bound(binding("p", "udp", 6_000));
    await clock.advance(6_000);
    expect(told).toEqual([]);
  });

  it("phones over connections are not asked, nor those that are gone; without phones there is no timer", async () => {
    keepAlive.bound(binding("t", "tcp"));
    keepAlive.bound(binding("w", "ws"));
    expect(clock.armed).toBe(0);
    keepAlive.bound(binding("p"));
    keepAlive.bound(binding("q"));
    // The same phone, by TCP now.
    keepAlive.bound(binding("q", "tcp"));
    keepAlive.unbound(binding("p"));
    await clock.advance(60_000);
    expect(asked).toEqual([]);
    keepAlive.unbound(binding("q"));
    keepAlive.bound(binding("p"));
    await clock.advance(31_000);
    expect(asked.length).toBe(1);
    keepAlive.stop();
    keepAlive.bound(binding("r"));
    await clock.advance(60_000);
    expect([asked.length, clock.armed]).toEqual([1, 0]);
  });
});
