import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { udpBatchMissing } from "@hotlinejs/udp-batch";
import { afterEach, describe, expect, test } from "vitest";
import { MediaBench, until } from "./engine-setup.js";

const kinds = [false, true].filter((batched) => !batched || udpBatchMissing() === undefined);
const PAIRS = 256;
/** Pairs that nobody else holds. */
const LEFT = 3;

describe.each(kinds)("a range of ports without any left (batched sockets: %s)", (batchedUdp) => {
  let bench: MediaBench;
  let others: Socket[] = [];
  afterEach(async () => {
    await bench.stop();
    for (const socket of others) socket.close();
    others = [];
  });

  /** Others on the machine hold nearly all of the range. */
  async function start(workers: number): Promise<void> {
    const min = 6_000 + Math.floor(Math.random() * 500) * 2;
    for (let nth = LEFT; nth < PAIRS; nth++) {
      const socket = createSocket("udp4");
      await new Promise<void>((resolve) => socket.once("error", () => resolve()).bind(min + nth * 2, "127.0.0.1", resolve));
      others.push(socket);
    }
    bench = await MediaBench.start({ batchedUdp, workers, rtpPorts: { min, max: min + 2 * PAIRS - 1 } });
  }

  test("however many legs are refused, each frame of those there is sent, and their worker stays", { timeout: 60_000 }, async () => {
    await start(1);
    const calls = [await bench.call(), await bench.call(), await bench.call()];
    const { leg, peer } = calls[0]!;
    const playback = leg.play({ kind: "sine", hz: 600, durationMs: 2_000 });
    await until(() => peer.packets.length > 0);
    const asked = await Promise.allSettled(Array.from({ length: 3_000 }, (_, n) => (n % 3 === 0 ? bench.engine.createWebRtcLeg() : bench.engine.createRtpLeg())));
    expect(new Set(asked.map((each) => (each.status === "rejected" ? (each.reason as { code: string }).code : each.status)))).toEqual(new Set(["HTL_MEDIA_NO_PORT"]));
    expect(bench.engine.portsTaken).toBe(true);
    expect(await playback.done).toMatchObject({ reason: "completed" });
    await until(() => peer.packets.length >= 100);
    const first = peer.packets[0]!.sequence;
    expect(peer.packets.map(({ sequence }) => (sequence - first) & 0xffff)).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect([calls.filter((each) => each.leg.ended).length, bench.engine.slots[0]!.failures]).toEqual([0, { died: 0, hung: 0 }]);
    // What is given back is had at once.
    await leg.close();
    expect(bench.engine.portsTaken).toBe(false);
    expect((await bench.call()).leg.localPort).toBe(leg.localPort);
  });

  test("a worker that dies gives back its ports", async () => {
    await start(1);
    for (let n = 0; n < LEFT; n++) await bench.call();
    await expect(bench.call()).rejects.toMatchObject({ code: "HTL_MEDIA_NO_PORT", sip: 503 });
    await until(() => bench.engine.portsTaken);
    await bench.engine.slots[0]!.crash();
    await until(() => bench.engine.slots[0]!.up && !bench.engine.portsTaken);
    for (let n = 0; n < LEFT; n++) await bench.call();
  });
});
