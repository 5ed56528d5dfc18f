import { createSocket } from "node:dgram";
import { once } from "node:events";
import { udpBatchMissing } from "@hotlinejs/udp-batch";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sineSecond } from "../src/audio/tones.js";
import { delay, MediaBench, until } from "./engine-setup.js";

const kinds = [
  { batchedUdp: false, name: "Node's own" },
  { batchedUdp: true, name: "batched" },
].filter(({ batchedUdp }) => {
  const missing = batchedUdp ? udpBatchMissing() : undefined;
  if (missing !== undefined) process.stdout.write(`skipped: @hotlinejs/udp-batch is not compiled (${missing})\n`);
  return missing === undefined;
});

describe.each(kinds)("sockets of the media workers: $name", ({ batchedUdp }) => {
  let bench: MediaBench;
  beforeAll(async () => {
    bench = await MediaBench.start({ batchedUdp });
  });
  afterAll(() => bench.stop());

  test("relay both ways, follow a peer that is elsewhere than announced, and refuse strangers", async () => {
    const a = await bench.call();
    // Announced at a port where nobody is: the peer behind it is found by what it sends.
    const nowhere = createSocket("udp4");
    nowhere.bind(0, "127.0.0.1");
    await once(nowhere, "listening");
    const { port } = nowhere.address();
    nowhere.close();
    const b = await bench.call({ near: a.leg, remote: { port } });
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await Promise.all([bridge.join(a.leg), bridge.join(b.leg)]);
    await b.peer.speak(b.leg.localPort, sineSecond(700, -12).subarray(0, 320));
    const sound = sineSecond(1000, -12);
    const stranger = await bench.peer();
    await Promise.all([a.peer.speak(a.leg.localPort, sound), delay(100).then(() => stranger.speak(a.leg.localPort, sineSecond(400, -12)))]);
    await until(() => b.peer.packets.length >= 50);
    expect(Buffer.compare(b.peer.heard, sound)).toBe(0);
    expect((await a.leg.stats()).packetsReceived).toBe(50);
    await bridge.close();
    await Promise.all([a.leg.close(), b.leg.close()]);
  });

  test("are told by the health of each worker", async () => {
    expect(await bench.engine.health()).toMatchObject([{ udp: batchedUdp ? "batched" : "node" }]);
  });

  test("carry RTCP on the port above, and say good-bye on closing", async () => {
    const { leg, peer } = await bench.call();
    await peer.speak(leg.localPort, sineSecond(1000, -12).subarray(0, 1600));
    await leg.close();
    // RFC 3550 section 6.6: what a closing leg sends holds a BYE (203).
    await until(() => peer.rtcp.some((packet) => Buffer.from(packet).includes(Buffer.from([0x81, 203]))));
  });

  test("pass over ports that are taken, and tell when all are", async () => {
    const first = 42_000 + Math.floor(Math.random() * 2_000) * 2;
    const taken = createSocket("udp4");
    taken.bind(first + 1, "127.0.0.1");
    await once(taken, "listening");
    const small = await MediaBench.start({ batchedUdp, rtpPorts: { min: first, max: first + 3 } });
    try {
      const { leg } = await small.call();
      expect(leg.localPort).toBe(first + 2);
      await expect(small.call()).rejects.toMatchObject({ code: "HTL_MEDIA_NO_PORT" });
      await leg.close();
      const again = await small.call();
      expect(again.leg.localPort).toBe(first + 2);
      await expect(small.engine.createRtpLeg({ bindAddress: "192.0.2.1" })).rejects.toThrow(/EADDRNOTAVAIL/);
    } finally {
      await small.stop();
      taken.close();
    }
  });
});
