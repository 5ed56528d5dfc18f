import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { DatagramPort } from "@hotlinejs/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { delay, MediaBench, until } from "./engine-setup.js";

const MODULE = pathToFileURL(join(import.meta.dirname, "datagram-part.mjs")).href;

/** A peer on loopback. */
class Peer {
  readonly got: Buffer[] = [];
  readonly socket: Socket = createSocket("udp4");

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.socket.bind(0, "127.0.0.1", resolve));
    this.socket.on("message", (octets) => this.got.push(octets));
    return this;
  }

  get port(): number {
    return this.socket.address().port;
  }

  send(port: DatagramPort, ...octets: readonly number[]): void {
    this.socket.send(Buffer.from(octets), port.localPort, "127.0.0.1");
  }
}

describe("datagram ports", () => {
  let bench: MediaBench;
  const peers: Peer[] = [];
  beforeAll(async () => {
    bench = await MediaBench.start({ workers: 1 });
  });
  afterAll(async () => {
    for (const { socket } of peers) socket.close();
    await bench.stop();
  });
  const peer = async (): Promise<Peer> => {
    const made = await new Peer().open();
    peers.push(made);
    return made;
  };

  test("pass datagrams to their part and back, from the announced host on any port", async () => {
    const port = await bench.engine.createDatagramPort({ part: { module: MODULE, options: { number: 1 } } });
    expect(port.localPort % 2).toBe(0);
    const messages: unknown[] = [];
    port.listen((message) => messages.push(message));
    expect(messages).toEqual([{ opened: { number: 1 } }]);
    const [one, other] = [await peer(), await peer()];
    // Nobody was announced yet: dropped.
    one.send(port, 9, 9);
    await delay(100);
    port.setRemote({ address: "127.0.0.1", port: one.port });
    port.post({ say: Uint8Array.of(1, 2, 3) });
    await until(() => one.got.length === 1);
    expect([...(one.got[0] as Buffer)]).toEqual([1, 2, 3]);
    other.send(port, 4, 5);
    await until(() => other.got.length === 1);
    expect([...(other.got[0] as Buffer)]).toEqual([5, 4]);
    port.post({ wake: 20 });
    await until(() => messages.length === 3);
    expect(messages.slice(1)).toEqual([{ got: Uint8Array.of(4, 5) }, { woke: true }]);
    await port.close();
    await port.close();
    expect(messages.at(-1)).toEqual({ closed: true });
    await expect(port.closed).resolves.toEqual({ reason: "closed" });
    expect(bench.engine.legs).toBe(0);
  });

  test("end when their part fails, and nothing else does", async () => {
    const [bad, good] = [await bench.engine.createDatagramPort({ part: { module: MODULE } }), await bench.engine.createDatagramPort({ part: { module: MODULE } })];
    const one = await peer();
    for (const port of [bad, good]) port.setRemote({ address: "127.0.0.1", port: one.port });
    one.send(bad, 0xff);
    await expect(bad.closed).resolves.toEqual({ reason: "worker-failed" });
    one.send(good, 7, 8);
    await until(() => one.got.length === 1);
    await good.close();
  });

  test("are not made without a part that opens, and end with their worker", async () => {
    await expect(bench.engine.createDatagramPort({ part: { module: MODULE, options: { refuse: true } } })).rejects.toMatchObject({ code: "HTL_MEDIA_LINE_PART_FAILED" });
    await expect(bench.engine.createDatagramPort({ part: { module: "file:///nowhere.mjs" } })).rejects.toMatchObject({ code: "HTL_MEDIA_LINE_PART_FAILED" });
    const port = await bench.engine.createDatagramPort({ part: { module: MODULE } });
    expect(() => port.setRemote({ address: "fax.example", port: 1 })).toThrow("not numeric");
    expect(() => port.setRemote({ address: "239.1.1.1", port: 1 })).toThrow("not one machine's");
    await bench.engine.slots[0]?.crash();
    await expect(port.closed).resolves.toEqual({ reason: "worker-failed" });
  });
});
