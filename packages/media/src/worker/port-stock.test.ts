import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { DatagramHandler, MediaSocket } from "./media-socket.js";
import { PortStock } from "./port-stock.js";
import type { PortPair } from "./rtp-sockets.js";

/** Pairs that know whether they were closed; `left` may be had. */
class Ports {
  at = 0;
  readonly now = (): number => this.at;
  /** A datagram comes to the RTP port of the nth pair. */
  comes = (nth: number, octet: number): void => this.made[nth]?.heard()?.(Uint8Array.of(octet), { address: "127.0.0.1", port: 9 });
  readonly made: (PortPair & { readonly closed: () => number; readonly heard: () => DatagramHandler | undefined })[] = [];
  left = 100;
  open = async (): Promise<PortPair> => {
    await turn();
    if (this.left <= 0) throw new Error("all taken");
    this.left--;
    let closed = 0;
    let heard: DatagramHandler | undefined;
    const socket = (main: boolean): MediaSocket => ({ onDatagram: (handler) => void (main && (heard = handler)), send: () => undefined, forward: () => undefined, sendTo: () => undefined, connect: () => undefined, disconnect: () => undefined, close: () => void closed++ });
    const [rtp, rtcp] = [socket(true), socket(false)];
    const close = (): void => [rtp, rtcp].forEach((each) => each.close());
    const pair = { rtp, rtcp, port: 10_000 + this.made.length * 2, close, closed: () => closed, heard: () => heard };
    this.made.push(pair);
    return pair;
  };
}

async function turns(): Promise<void> {
  for (let i = 0; i < 20; i++) await turn();
}

test("as many as wanted stand ready, told once each; one that is taken is replaced", async () => {
  const ports = new Ports();
  const told: number[] = [];
  const stock = new PortStock(2, ports.open, (port) => told.push(port), ports.now);
  stock.fill();
  stock.fill();
  await turns();
  expect(told).toEqual([10_000, 10_002]);
  expect(stock.take(10_000)).toBe(ports.made[0]);
  expect(stock.take(10_000)).toBeUndefined();
  await turns();
  expect(told).toEqual([10_000, 10_002, 10_004]);
  stock.close();
  expect(ports.made.map((pair) => pair.closed())).toEqual([0, 2, 2]);
});

test("it settles when none is on its way into it", async () => {
  const ports = new Ports();
  const told: number[] = [];
  const stock = new PortStock(3, ports.open, (port) => told.push(port), ports.now);
  await stock.settled();
  stock.fill();
  await stock.settled();
  expect(told).toEqual([10_000, 10_002, 10_004]);
  ports.left = 0;
  stock.take(10_000);
  await stock.settled();
  expect(told).toHaveLength(3);
  stock.close();
});

test("where all ports are taken it waits to be asked again", async () => {
  const ports = new Ports();
  ports.left = 1;
  const told: number[] = [];
  const stock = new PortStock(3, ports.open, (port) => told.push(port), ports.now);
  stock.fill();
  await turns();
  expect(told).toEqual([10_000]);
  ports.left = 5;
  await turns();
  expect(told).toEqual([10_000]);
  stock.fill();
  await turns();
  expect(told).toEqual([10_000, 10_002, 10_004]);
});

test("closed while one is being opened: that one is closed too, and none is told any more", async () => {
  const ports = new Ports();
  const told: number[] = [];
  const stock = new PortStock(2, ports.open, (port) => told.push(port), ports.now);
  stock.fill();
  await turn();
  stock.close();
  stock.fill();
  await turns();
  expect(told).toEqual([]);
  expect(ports.made.map((pair) => pair.closed())).toEqual(ports.made.map(() => 2));
  expect(ports.left).toBeGreaterThanOrEqual(99);
});

test("none are kept where none are wanted", async () => {
  const ports = new Ports();
  new PortStock(0, ports.open, () => undefined, ports.now).fill();
  await turns();
  expect(ports.made).toEqual([]);
});

test("what comes a moment before a port is taken is the new leg's, once it is set up; what came earlier is nobody's", async () => {
  const ports = new Ports();
  const stock = new PortStock(2, ports.open, () => undefined, ports.now);
  stock.fill();
  await turns();
  ports.comes(0, 1);
  ports.at = 99;
  for (let octet = 2; octet < 40; octet++) ports.comes(0, octet);
  ports.at = 110;
  const heard: number[] = [];
  const listen: DatagramHandler = ([octet = 0]) => void heard.push(octet);
  stock.take(10_000)?.rtp.onDatagram(listen);
  expect(heard).toEqual([]);
  await turn();
  expect(heard).toEqual(Array.from({ length: 32 }, (_, n) => 8 + n));
  ports.comes(0, 40);
  expect(heard.at(-1)).toBe(40);
  // Told once, and nothing where nothing has come.
  ports.made[0]?.rtp.onDatagram(listen);
  stock.take(10_002)?.rtp.onDatagram(listen);
  await turn();
  expect(heard).toHaveLength(33);
  stock.close();
});
