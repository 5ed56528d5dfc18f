import { createSilentLogger } from "@hotlinejs/core";
import type { Logger } from "@hotlinejs/core";
import { udpBatchMissing } from "@hotlinejs/udp-batch";
import { afterEach, describe, expect, test } from "vitest";
import { sineSecond } from "../src/audio/tones.js";
import type { WorkerSlot } from "../src/engine/worker-slot.js";
import { delay, MediaBench, purity, until } from "./engine-setup.js";

const kinds = [false, true].filter((batched) => !batched || udpBatchMissing() === undefined);

describe.each(kinds)("ports that stand ready (batched sockets: %s)", (batchedUdp) => {
  let bench: MediaBench;
  afterEach(() => bench.stop());

  const slot = (): WorkerSlot => bench.engine.slots[0]!;
  /** Ports are made ready from the first call on. */
  async function start(options: Parameters<typeof MediaBench.start>[0] = {}): Promise<void> {
    bench = await MediaBench.start({ batchedUdp, ...options });
    expect(slot().portsReady).toEqual([]);
    await (await bench.engine.createRtpLeg()).close();
  }

  test("a leg is there before its worker has heard of it, and is as good as any", async () => {
    await start();
    await until(() => slot().portsReady.length === 4);
    const peer = await bench.peer();
    const [port] = slot().portsReady;
    const making = bench.engine.createRtpLeg({ remote: peer.remote });
    const answered = slot().waiting;
    const leg = await making;
    expect([leg.localPort, answered]).toEqual([port, 0]);
    expect(slot().legs).toBe(1);
    await leg.play({ kind: "sine", hz: 600, durationMs: 200 }).done;
    await until(() => peer.packets.length >= 10);
    // Each by itself: twelve whole waves, however late it was.
    for (const { payload } of peer.packets) expect(purity(payload, 600)).toBeGreaterThan(0.9);
    await peer.speak(leg.localPort, sineSecond(700, -12).subarray(0, 800));
    await until(() => peer.packets.length >= 10);
    while ((await leg.stats()).packetsReceived < 5) await delay(5);
    await leg.close();
    expect((await bench.engine.health())[0]).toMatchObject({ legs: 0, held: 0, waiting: 0 });
  });

  test("what was sent to the port before is of no call", async () => {
    await start();
    await until(() => slot().portsReady.length > 0);
    const stranger = await bench.peer("127.0.0.66");
    const [port = 0] = slot().portsReady;
    for (let i = 0; i < 20; i++) stranger.sendPacket(port, new Uint8Array(160), { sequence: i });
    await delay(300);
    const { leg, peer } = await bench.call();
    expect(leg.localPort).toBe(port);
    await peer.speak(leg.localPort, sineSecond(700, -12).subarray(0, 800));
    while ((await leg.stats()).packetsReceived < 5) await delay(5);
    expect((await leg.stats()).packetsReceived).toBe(5);
  });

  test("more than stand ready at once, at other addresses, and near others: each has a pair of its own", async () => {
    await start();
    await until(() => slot().portsReady.length === 4);
    const legs = await Promise.all(Array.from({ length: 20 }, (_, n) => bench.engine.createRtpLeg(n % 5 === 4 ? { bindAddress: "127.0.0.9" } : {})));
    expect(new Set(legs.map(({ localAddress, localPort }) => `${localAddress}:${localPort}`)).size).toBe(20);
    expect(legs.filter(({ localAddress }) => localAddress === "127.0.0.9")).toHaveLength(4);
    await Promise.all(legs.map((leg) => leg.close()));
    await until(() => slot().portsReady.length === 4);
  });

  test("the last of the range are had also where another worker keeps them ready, and the log tells when there are none", async () => {
    // Below those which the system gives to whoever asks for any: all of them must be had here.
    const min = 3_000 + Math.floor(Math.random() * 500) * 2;
    const lines: { readonly code?: string }[] = [];
    const log = Object.assign(Object.create(createSilentLogger()) as Logger, { error: (fields: object) => void lines.push(fields) });
    await start({ workers: 2, log, rtpPorts: { min, max: min + 2 * 128 - 1 } });
    const legs = [await bench.engine.createRtpLeg(), await bench.engine.createRtpLeg()];
    await until(() => bench.engine.slots.every(({ portsReady }) => portsReady.length === 4));
    // All in one worker, until nothing is left anywhere.
    while (legs.length < 126) legs.push(await bench.engine.createRtpLeg({ near: legs[0]! }));
    const browser = await bench.engine.createWebRtcLeg({ near: legs[0]! });
    const port = await bench.engine.createDatagramPort({ near: legs[0]!, part: { module: new URL("datagram-part.mjs", import.meta.url).href } });
    expect(new Set([...legs, browser, port].map(({ localPort }) => localPort)).size).toBe(128);
    expect(bench.engine.refused.lately).toBeUndefined();
    await expect(bench.engine.createRtpLeg()).rejects.toMatchObject({ code: "HTL_MEDIA_NO_PORT", sip: 503 });
    expect(bench.engine.refused.lately).toMatchObject({ code: "HTL_MEDIA_NO_PORT" });
    expect(lines).toEqual([{ code: "HTL_MEDIA_NO_PORT", refused: 1 }]);
  });

  test("a small range keeps none, so that all of it is for calls", async () => {
    const min = 3_000 + Math.floor(Math.random() * 500) * 2;
    await start({ rtpPorts: { min, max: min + 2 * 63 - 1 } });
    await bench.engine.health();
    await delay(50);
    expect(slot().portsReady).toEqual([]);
    await bench.call();
  });

  test("with the worker die its ports; the next one has others", async () => {
    await start();
    await until(() => slot().portsReady.length === 4);
    const { events } = await bench.call();
    await slot().crash();
    expect(slot().portsReady).toEqual([]);
    await until(() => slot().up);
    await bench.call();
    await until(() => slot().portsReady.length === 4);
    expect(events.at(-1)).toMatchObject({ type: "ended", reason: "worker-failed" });
    await bench.call();
    await bench.call();
  });
});
