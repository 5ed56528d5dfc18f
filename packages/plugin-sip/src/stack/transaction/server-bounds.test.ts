import { describe, expect, it } from "vitest";
import { ServerBounds, type Bounded } from "./server-bounds.js";
import { ALICE, BOB, leftovers, makeWorld, NOTHING_LEFT } from "../test-support/world.js";
import type { IncomingRequest } from "../user-agent/session-types.js";

const LIMITS = { keptPerSource: 3, kept: 5, openPerSource: 2, open: 3 };

describe("bounds on what strangers make us keep", () => {
  function bounds() {
    const gone: string[] = [];
    const made = new ServerBounds(LIMITS);
    const keep = (name: string, source: string): Bounded => {
      const one: Bounded = {
        terminate: () => {
          gone.push(name);
          made.ended(one);
        },
      };
      made.answered(one, source);
      return one;
    };
    return { made, gone, keep };
  }

  it("the oldest of a source goes first, then the oldest of all", () => {
    const { made, gone, keep } = bounds();
    keep("a1", "a");
    for (const name of ["b1", "b2", "b3", "b4"]) keep(name, "b");
    expect(gone).toEqual(["b1"]);
    keep("c1", "c");
    expect(gone).toEqual(["b1"]);
    keep("d1", "d");
    expect(gone).toEqual(["b1", "a1"]);
    expect(made.forgotten).toBe(2);
  });

  it("those that have ended by themselves count no more", () => {
    const { made, gone, keep } = bounds();
    for (let i = 0; i < 20; i++) made.ended(keep(`a${i}`, "a"));
    expect(gone).toEqual([]);
  });

  it("one source's open requests leave room for others', and all have a bound", () => {
    const { made } = bounds();
    const open = ["a", "a", "b"].map((source) => {
      expect(made.mayBegin(source)).toBe(true);
      const one = { terminate: () => undefined };
      made.begun(one, source);
      return one;
    });
    expect([made.mayBegin("a"), made.mayBegin("c")]).toEqual([false, false]);
    made.ended(open[2] as Bounded);
    expect([made.mayBegin("a"), made.mayBegin("c")]).toEqual([false, true]);
    made.answered(open[0] as Bounded, "a");
    expect(made.mayBegin("a")).toBe(true);
  });
});

describe("a flood of requests from forged sources", () => {
  async function flooded(onRequest: (request: IncomingRequest) => void) {
    const world = makeWorld();
    const bob = await world.agent(BOB, { onRequest, serverLimits: { keptPerSource: 50, kept: 100, openPerSource: 20, open: 40 } });
    const heard: string[] = [];
    const ask = (address: string, i: number, method = "REGISTER"): void => {
      const port = world.network.port(address, 5060, (text) => heard.push(text));
      port.send([`${method} sip:${BOB} SIP/2.0`, `Via: SIP/2.0/UDP ${address}:5060;branch=z9hG4bK${address}-${i};rport`, "Max-Forwards: 70", `From: <sip:a@x>;tag=${i}`, "To: <sip:a@x>", `Call-ID: ${address}-${i}`, `CSeq: 1 ${method}`, `Contact: <sip:a@${address}>`, "Content-Length: 0", "", ""].join("\r\n"), { address: BOB, port: 5060 });
      port.close();
    };
    return { world, bob, heard, ask };
  }

  it.each(["REGISTER", "OPTIONS"])("keeps so many %s transactions, and answers each", async (method) => {
    const { world, bob, ask } = await flooded((incoming) => incoming.respond({ status: 401 }));
    for (let i = 0; i < 400; i++) ask(`10.1.${i % 200}.${i % 7}`, i, method);
    await world.clock.advance(50);
    expect(bob.metrics()).toMatchObject({ serverTransactions: 100, forgotten: 300, shed: 0, sent: 400 });
    for (let i = 0; i < 80; i++) ask(ALICE, i, method);
    await world.clock.advance(50);
    expect(bob.metrics()).toMatchObject({ serverTransactions: 100, forgotten: 380, sent: 480 });
    expect(await leftovers(world, bob)).toEqual(NOTHING_LEFT);
  });

  it("refuses with 503 and Retry-After, keeping nothing, where they wait for their answer; others are served", async () => {
    const waiting: IncomingRequest[] = [];
    const { world, bob, heard, ask } = await flooded((incoming) => void waiting.push(incoming));
    for (let i = 0; i < 30; i++) ask(ALICE, i);
    await world.clock.advance(50);
    expect(bob.metrics()).toMatchObject({ serverTransactions: 20, shed: 10 });
    ask("10.9.9.9", 1);
    await world.clock.advance(50);
    expect(waiting).toHaveLength(21);
    for (const one of waiting) one.respond({ status: 200 });
    ask(ALICE, 99);
    await world.clock.advance(50);
    expect(waiting).toHaveLength(22);
    waiting.at(-1)?.respond({ status: 200 });
    expect(heard.every((text) => /^SIP\/2\.0 503 .*\r\n(?:.*\r\n)*Retry-After: 5\r\n/.test(text) || text.startsWith("SIP/2.0 200"))).toBe(true);
    expect(await leftovers(world, bob)).toEqual(NOTHING_LEFT);
  });
});
