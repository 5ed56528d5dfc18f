import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { once } from "node:events";
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { getPriority, networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { requestThreadRealtime, requestThreadSlice, UdpPool, udpBatchMissing } from "../src/index.js";
import type { DatagramSource, UdpSocket } from "../src/index.js";

const missing = udpBatchMissing();
if (missing !== undefined) {
  if (process.env.HOTLINE_REQUIRE_PEERS === "1") throw new Error(`@hotlinejs/udp-batch is not compiled: ${missing}`);
  process.stdout.write(`skipped: @hotlinejs/udp-batch is not compiled (${missing})\n`);
}

const open: { close(): unknown }[] = [];
const keep = <T extends { close(): unknown }>(socket: T): T => {
  open.push(socket);
  return socket;
};
afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
});

async function peer(type: "udp4" | "udp6" = "udp4"): Promise<Socket & { port: number }> {
  const socket = keep(createSocket(type));
  socket.bind(0, type === "udp4" ? "127.0.0.1" : "::1");
  await once(socket, "listening");
  return Object.assign(socket, { port: socket.address().port });
}

interface Heard {
  readonly text: string;
  readonly address: string;
  readonly port: number;
}

/** What comes in, copied as a handler must that keeps it. */
function listen(socket: UdpSocket): { heard: Heard[]; until(count: number): Promise<Heard[]> } {
  const heard: Heard[] = [];
  let check = (): void => undefined;
  socket.handler = (octets: Uint8Array, { address, port }: DatagramSource) => {
    heard.push({ text: Buffer.from(octets).toString(), address, port });
    check();
  };
  return {
    heard,
    until: (count) =>
      new Promise((resolve) => {
        check = () => {
          if (heard.length >= count) resolve(heard);
        };
        check();
      }),
  };
}

describe.skipIf(missing !== undefined)("a pool of UDP sockets", () => {
  it("receives in order with the source, and answers it", async () => {
    const socket = keep(new UdpPool().bind("127.0.0.1", 0));
    const ear = listen(socket);
    const other = await peer();
    for (const text of ["one", "two", "three"]) other.send(text, socket.port, "127.0.0.1");
    expect(await ear.until(3)).toEqual(["one", "two", "three"].map((text) => ({ text, address: "127.0.0.1", port: other.port })));
    const answered = once(other, "message") as Promise<[Buffer, { port: number }]>;
    expect(socket.sendTo(Buffer.from("four"), other.port, "127.0.0.1")).toBe(true);
    const [answer, from] = await answered;
    expect([answer.toString(), from.port]).toEqual(["four", socket.port]);
  });

  it("sends on what came, in order with what is sent besides, and also from a socket that closes", async () => {
    const pool = new UdpPool();
    const [near, far] = [keep(pool.bind("127.0.0.1", 0)), keep(pool.bind("127.0.0.1", 0))];
    const [caller, agent] = [await peer(), await peer()];
    far.connect(agent.port, "127.0.0.1");
    const got: string[] = [];
    agent.on("message", (octets) => got.push(octets.toString()));
    const heard = new Promise<void>((resolve) => {
      near.handler = (octets) => {
        octets[0] = "B".charCodeAt(0);
        expect(far.forward(octets)).toBe(true);
        if (octets[1] === "2".charCodeAt(0)) expect(far.send(Buffer.from("own"))).toBe(true);
        // Not what the handler was given: sent at once.
        if (octets[1] === "3".charCodeAt(0)) expect(far.forward(octets.slice(0, 1))).toBe(true);
        if (octets[1] !== "4".charCodeAt(0)) return;
        far.close();
        expect(far.forward(octets)).toBe(false);
        resolve();
      };
    });
    for (const text of ["a1", "a2", "a3 longer", "a4"]) caller.send(text, near.port, "127.0.0.1");
    await heard;
    while (got.length < 6) await once(agent, "message");
    expect(got).toEqual(["B1", "B2", "own", "B3 longer", "B", "B4"]);
  });

  it("asks for short turns of its thread", () => {
    expect(requestThreadSlice(3_000)).toBe(true);
  });

  it("asks for real-time turns of its thread, gives them back, and its nice is the same then", () => {
    const nice = getPriority();
    // Field 41 of proc(5) stat: 2 is SCHED_RR.
    const policy = (): number => Number(readFileSync("/proc/thread-self/stat", "latin1").split(") ").at(-1)?.split(" ")[38]);
    expect(policy()).toBe(0);
    // Refused without the right to it, which is no fault.
    const granted = requestThreadRealtime(1);
    expect(policy()).toBe(granted ? 2 : 0);
    expect(requestThreadRealtime(0)).toBe(true);
    expect([policy(), getPriority()]).toEqual([0, nice]);
  });

  it("takes them from another thread of the process, though it does not move", async () => {
    const addon = fileURLToPath(new URL("../build/Release/udp_batch.node", import.meta.url));
    // The stat line of proc(5) begins with the thread's number.
    const hanging = `require(${JSON.stringify(addon)}).threadRealtime(1, 0); require("worker_threads").parentPort.postMessage(parseInt(require("fs").readFileSync("/proc/thread-self/stat", "latin1"), 10)); for (;;);`;
    const worker = new Worker(hanging, { eval: true });
    try {
      const [thread] = (await once(worker, "message")) as [number];
      expect(requestThreadRealtime(0, thread)).toBe(true);
      expect(readFileSync(`/proc/self/task/${thread}/stat`, "latin1").split(") ").at(-1)?.split(" ")[38]).toBe("0");
    } finally {
      await worker.terminate();
    }
    expect(requestThreadRealtime(0, 2 ** 31 - 1)).toBe(false);
  });

  it.skipIf(process.getuid?.() !== 0 || !existsSync("/usr/bin/setpriv"))("grants short turns to a thread without rights after real-time ones too", () => {
    const folder = mkdtempSync(join(tmpdir(), "udp-batch-"));
    try {
      const addon = join(folder, "udp_batch.node");
      copyFileSync(new URL("../build/Release/udp_batch.node", import.meta.url), addon);
      chmodSync(folder, 0o755);
      chmodSync(addon, 0o755);
      const program = `const n = require(${JSON.stringify(addon)}); console.log(n.threadRealtime(1, 0) < 0, n.threadRealtime(0, 0), n.threadSlice(200))`;
      expect(execFileSync("/usr/bin/setpriv", ["--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", process.execPath, "-e", program], { encoding: "utf8" })).toBe("true 0 0\n");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("takes all of a socket that has many, beside others, and all of more than a batch", async () => {
    const pool = new UdpPool();
    const [flooded, calm] = [keep(pool.bind("127.0.0.1", 0)), keep(pool.bind("127.0.0.1", 0))];
    const ears = [listen(flooded), listen(calm)];
    const other = await peer();
    for (let i = 0; i < 150; i++) other.send(`${i}`, flooded.port, "127.0.0.1");
    for (let i = 0; i < 5; i++) other.send(`${i}`, calm.port, "127.0.0.1");
    for (const [ear, count] of [[ears[0], 150], [ears[1], 5]] as const) expect((await ear?.until(count))?.map(({ text }) => Number(text))).toEqual(Array.from({ length: count }, (_, i) => i));
  });

  it("takes more than one batch holds, of many sockets, and loses none", async () => {
    const pool = new UdpPool();
    const sockets = Array.from({ length: 40 }, () => keep(pool.bind("127.0.0.1", 0)));
    const ears = sockets.map(listen);
    const other = await peer();
    for (let round = 0; round < 10; round++) for (const { port } of sockets) other.send(`${round}`, port, "127.0.0.1");
    for (const ear of ears) expect((await ear.until(10)).map(({ text }) => text)).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
  });

  it("hears only whom it is connected to, until disconnected", async () => {
    const socket = keep(new UdpPool().bind("127.0.0.1", 0));
    const ear = listen(socket);
    const [friend, stranger] = [await peer(), await peer()];
    socket.connect(friend.port, "127.0.0.1");
    stranger.send("stranger", socket.port, "127.0.0.1");
    friend.send("friend", socket.port, "127.0.0.1");
    await ear.until(1);
    const got = once(friend, "message");
    expect(socket.send(Buffer.from("back"))).toBe(true);
    await got;
    socket.disconnect();
    stranger.send("stranger", socket.port, "127.0.0.1");
    expect((await ear.until(2)).map(({ text }) => text)).toEqual(["friend", "stranger"]);
    // Nobody to send to any more.
    expect(socket.send(Buffer.from("whom"))).toBe(false);
  });

  it("goes on after a peer that is not there refused", async () => {
    const socket = keep(new UdpPool().bind("127.0.0.1", 0));
    const ear = listen(socket);
    const gone = await peer();
    socket.connect(gone.port, "127.0.0.1");
    gone.close();
    open.splice(open.indexOf(gone), 1);
    await new Promise((resolve) => setImmediate(resolve));
    for (let i = 0; i < 5; i++) socket.send(Buffer.from("anybody"));
    socket.disconnect();
    (await peer()).send("here", socket.port, "127.0.0.1");
    expect((await ear.until(1))[0]?.text).toBe("here");
  });

  it("drops what is longer than it keeps, and counts it", async () => {
    const pool = new UdpPool();
    const socket = keep(pool.bind("127.0.0.1", 0));
    const ear = listen(socket);
    const other = await peer();
    other.send(Buffer.alloc(2049), socket.port, "127.0.0.1");
    other.send(Buffer.alloc(2048, "x"), socket.port, "127.0.0.1");
    other.send(Buffer.alloc(0), socket.port, "127.0.0.1");
    expect((await ear.until(2)).map(({ text }) => text.length)).toEqual([2048, 0]);
    expect(pool.oversize).toBe(1);
  });

  it("closes sockets while a batch is handed over; a new one hears nothing of the old", async () => {
    const pool = new UdpPool();
    const [first, second] = [keep(pool.bind("127.0.0.1", 0)), keep(pool.bind("127.0.0.1", 0))];
    const other = await peer();
    const told: string[] = [];
    let third: UdpSocket | undefined;
    const done = new Promise<void>((resolve) => {
      const close = (octets: Uint8Array): void => {
        told.push(Buffer.from(octets).toString());
        // Whichever comes first closes both; what is there of the other is for nobody.
        first.close();
        second.close();
        third = keep(pool.bind("127.0.0.1", 0));
        third.handler = (late) => {
          told.push(Buffer.from(late).toString());
          if (told.includes("third")) resolve();
        };
        other.send("third", third.port, "127.0.0.1");
      };
      first.handler = close;
      second.handler = close;
    });
    for (let i = 0; i < 4; i++) for (const { port } of [first, second]) other.send(`old ${i}`, port, "127.0.0.1");
    await done;
    expect(told).toHaveLength(2);
    expect(told[1]).toBe("third");
    expect([first.port, first.send(Buffer.from("x")), first.sendTo(Buffer.from("x"), other.port, "127.0.0.1")]).toEqual([0, false, false]);
  });

  it("speaks IPv6", async () => {
    if (!Object.values(networkInterfaces()).flat().some((each) => each?.address === "::1")) return void process.stdout.write("skipped: this machine has no IPv6 loopback\n");
    const socket = keep(new UdpPool().bind("::1", 0));
    const ear = listen(socket);
    const other = await peer("udp6");
    other.send("six", socket.port, "::1");
    expect(await ear.until(1)).toEqual([{ text: "six", address: "::1", port: other.port }]);
  });

  it("tells by code why an address cannot be bound", () => {
    const pool = new UdpPool();
    const taken = keep(pool.bind("127.0.0.1", 0));
    const code = (bind: () => unknown): string | undefined => {
      try {
        bind();
      } catch (error) {
        return (error as NodeJS.ErrnoException).code;
      }
      return undefined;
    };
    expect(code(() => pool.bind("127.0.0.1", taken.port))).toBe("EADDRINUSE");
    expect(code(() => pool.bind("192.0.2.1", 0))).toBe("EADDRNOTAVAIL");
    expect(code(() => pool.bind("localhost", 0))).toBe("EINVAL");
    expect(code(() => pool.bind("127.0.0.1", 70_000))).toBe("EINVAL");
    expect(code(() => taken.connect(5000, "nowhere"))).toBe("EINVAL");
    expect(taken.sendTo(Buffer.from("x"), 5000, "nowhere")).toBe(false);
  });

  it("ends with its thread, in the middle of traffic, and lets a thread end", async () => {
    const code = (after: string): string => `
      const addon = require(${JSON.stringify(new URL("../build/Release/udp_batch.node", import.meta.url).pathname)});
      const { parentPort } = require("node:worker_threads");
      const pool = addon.create(() => undefined, new Uint8Array(2048 * 8), new Int32Array(32), new Int32Array(17), 2048);
      const socket = addon.bind(pool, "127.0.0.1", 0);
      parentPort.postMessage(addon.localPort(pool, socket));
      ${after}`;
    const other = await peer();
    const busy = new Worker(code(""), { eval: true });
    const [port] = (await once(busy, "message")) as [number];
    for (let i = 0; i < 200; i++) other.send("x", port, "127.0.0.1");
    expect(await busy.terminate()).toBe(1);
    const quiet = new Worker(code("addon.close(pool, socket);"), { eval: true });
    expect(await once(quiet, "exit")).toEqual([0]);
  });
});
