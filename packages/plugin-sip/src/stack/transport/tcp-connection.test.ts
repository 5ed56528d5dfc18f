import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "./limits.js";
import { TcpConnection } from "./tcp-connection.js";

/** A connection over a socket that is none, and a clock in the hands of the test. */
function accepted() {
  const socket = Object.assign(new EventEmitter(), { setNoDelay: () => undefined, setKeepAlive: () => undefined, write: () => true, destroy: () => undefined, writableLength: 0 });
  const time = { now: 0 };
  let messages = 0;
  let closed = false;
  const connection = new TcpConnection({
    kind: "tcp", flow: "f", socket: socket as unknown as Socket, remote: { address: "192.0.2.1", port: 1 }, local: { address: "192.0.2.2", port: 5060 }, connecting: false,
    limits: { ...DEFAULT_LIMITS, messageTimeoutMs: 10_000 }, now: () => time.now,
    handler: { message: () => void messages++, framingError: () => undefined, known: () => true, welcome: () => true, turnedAway: () => undefined, flowClosed: () => undefined, failed: () => undefined },
    closed: () => void (closed = true),
  });
  return {
    connection,
    time,
    feed: (text: string) => void socket.emit("data", Buffer.from(text)),
    messages: () => messages,
    closed: () => closed,
  };
}

const MESSAGE = "OPTIONS sip:x SIP/2.0\r\nContent-Length: 0\r\n\r\n";
const HALF = MESSAGE.length / 2;

describe("a message's time over a stream", () => {
  it("runs from the beginning of that message: a busy peer whose chunks end within messages is not cut off", () => {
    const { connection, time, feed, messages, closed } = accepted();
    feed(MESSAGE + MESSAGE.slice(0, HALF));
    for (let second = 1; second <= 60; second++) {
      time.now = second * 1_000;
      feed(MESSAGE.slice(HALF) + MESSAGE.slice(0, HALF));
      connection.sweep(time.now);
    }
    expect(messages()).toBe(61);
    expect(closed()).toBe(false);
  });

  it("is not made longer by drops of the same message", () => {
    const { connection, time, feed, closed } = accepted();
    feed(MESSAGE + MESSAGE.slice(0, 5));
    for (let second = 1; second <= 9; second++) {
      time.now = second * 1_000;
      feed(MESSAGE[5 + second] ?? "");
      connection.sweep(time.now);
      expect(closed()).toBe(false);
    }
    connection.sweep(10_000);
    expect(closed()).toBe(true);
  });
});
