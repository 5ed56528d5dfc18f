import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { MediaSocket } from "./media-socket.js";
import { NoPortError, openPortPair } from "./rtp-sockets.js";

/** Ports of one machine: two cannot have the same, and binding takes its time. */
function machine() {
  const taken = new Set<number>();
  return {
    taken,
    bind: async (_address: string, port: number): Promise<MediaSocket> => {
      await turn();
      if (taken.has(port)) throw Object.assign(new Error("in use"), { code: "EADDRINUSE" });
      taken.add(port);
      return { onDatagram: () => undefined, send: () => undefined, forward: () => undefined, sendTo: () => undefined, connect: () => undefined, disconnect: () => undefined, close: () => void taken.delete(port) };
    },
  };
}
const cursorAt = (at: number): Int32Array => new Int32Array(new SharedArrayBuffer(4)).fill(at);

test("searches at the same time miss no pair: as many as there are free, for however many search", async () => {
  for (let from = 0; from < 16; from++) {
    const { bind, taken } = machine();
    // Two of eight pairs are left, each a long way from where the search begins.
    for (let port = 20_000; port < 20_016; port++) if (port >> 1 !== 10_003 && port >> 1 !== 10_006) taken.add(port);
    const cursor = cursorAt(from);
    const found = await Promise.allSettled([1, 2, 3, 4].map(() => openPortPair(bind, "127.0.0.1", 20_000, 20_015, cursor)));
    expect(found.flatMap((each) => (each.status === "fulfilled" ? [each.value.port] : [])).sort()).toEqual([20_006, 20_012]);
    for (const each of found) if (each.status === "rejected") expect(each.reason).toBeInstanceOf(NoPortError);
    expect(taken.size).toBe(16);
  }
});

test("a pair just closed rests until the range has gone round; half a pair is none, and is let go", async () => {
  const { bind, taken } = machine();
  taken.add(20_003);
  const cursor = cursorAt(0);
  const ports: number[] = [];
  for (let i = 0; i < 6; i++) {
    const pair = await openPortPair(bind, "127.0.0.1", 20_000, 20_007, cursor);
    ports.push(pair.port);
    pair.rtp.close();
    pair.rtcp.close();
  }
  expect(ports).toEqual([20_000, 20_004, 20_006, 20_000, 20_004, 20_006]);
  expect([...taken]).toEqual([20_003]);
});
