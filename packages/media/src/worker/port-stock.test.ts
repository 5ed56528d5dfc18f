import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { MediaSocket } from "./media-socket.js";
import { PortStock } from "./port-stock.js";
import type { PortPair } from "./rtp-sockets.js";

/** Pairs that know whether they were closed; `left` may be had. */
class Ports {
  readonly made: (PortPair & { readonly closed: () => number })[] = [];
  left = 100;
  open = async (): Promise<PortPair> => {
    await turn();
    if (this.left <= 0) throw new Error("all taken");
    this.left--;
    let closed = 0;
    const socket = (): MediaSocket => ({ onDatagram: () => undefined, send: () => undefined, forward: () => undefined, sendTo: () => undefined, connect: () => undefined, disconnect: () => undefined, close: () => void closed++ });
    const pair = { rtp: socket(), rtcp: socket(), port: 10_000 + this.made.length * 2, closed: () => closed };
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
  const stock = new PortStock(2, ports.open, (port) => told.push(port));
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

test("where all ports are taken it waits to be asked again", async () => {
  const ports = new Ports();
  ports.left = 1;
  const told: number[] = [];
  const stock = new PortStock(3, ports.open, (port) => told.push(port));
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
  const stock = new PortStock(2, ports.open, (port) => told.push(port));
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
  new PortStock(0, ports.open, () => undefined).fill();
  await turns();
  expect(ports.made).toEqual([]);
});
