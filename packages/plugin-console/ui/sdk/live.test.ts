import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { connectLive, missedStore, onResync, onTopic, setNewsPlace } from "./live.js";

/** The server's end of the page's connection. */
class Wire {
  static readonly OPEN = 1;
  readonly readyState = 1;
  readonly sent: unknown[] = [];
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.onclose?.();
  }
  tells(...messages: object[]): void {
    for (const message of messages) this.onmessage?.({ data: JSON.stringify(message) });
  }
}

const wires: Wire[] = [];
const heard: unknown[] = [];
let resyncs = 0;
const stops: (() => void)[] = [];
const event = (id: number, topic = "t"): object => ({ type: "event", id, topic, data: id });
const newest = (): Wire => wires.at(-1) ?? expect.fail("not connected");

function connect(): Wire {
  stops.push(connectLive("ws://desk/live"));
  return newest();
}

beforeEach(() => {
  vi.useFakeTimers();
  wires.length = 0;
  heard.length = 0;
  resyncs = 0;
  missedStore.set(undefined);
  vi.stubGlobal("window", { addEventListener: () => undefined, removeEventListener: () => undefined });
  vi.stubGlobal("WebSocket", class extends Wire {
    constructor() {
      super();
      wires.push(this);
    }
  });
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
  stops.push(onTopic("t", (data) => heard.push(data)), onResync(() => (resyncs += 1)));
});
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  setNewsPlace(undefined);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the connection of a page", () => {
  it("begins where the session was asked for: what was told before it was there comes, and is not called an interruption", () => {
    setNewsPlace({ epoch: "e", id: 7 });
    const wire = connect();
    wire.tells({ type: "hello", epoch: "e", id: 9 });
    expect(wire.sent).toEqual([{ type: "resume", epoch: "e", last: 7 }]);
    wire.tells(event(8), event(9), { type: "resumed", missed: 2 }, event(10));
    expect([heard, missedStore.get(), resyncs]).toEqual([[8, 9, 10], undefined, 0]);
  });

  it("of another process, everything is loaded anew", () => {
    setNewsPlace({ epoch: "e", id: 7 });
    connect().tells({ type: "hello", epoch: "f", id: 2 }, { type: "reset", id: 2 }, event(2), event(3));
    expect([heard, missedStore.get(), resyncs]).toEqual([[3], undefined, 1]);
  });

  it("after an interruption tells what was missed, also where something newer is told before that", () => {
    const first = connect();
    first.tells({ type: "hello", epoch: "e", id: 1 }, event(2));
    first.close();
    vi.advanceTimersByTime(500);
    const second = newest();
    expect(second).not.toBe(first);
    // Told while the page asks what it has missed, and again in the answer.
    second.tells({ type: "hello", epoch: "e", id: 4 }, event(5));
    expect([second.sent, heard]).toEqual([[{ type: "resume", epoch: "e", last: 2 }], [2]]);
    second.tells(event(3), event(4), event(5), { type: "resumed", missed: 3 }, event(6));
    expect([heard, missedStore.get(), resyncs]).toEqual([[2, 3, 4, 5, 6], 3, 0]);
  });

  it("broken off before the answer it asks again from where it was", () => {
    const first = connect();
    first.tells({ type: "hello", epoch: "e", id: 1 });
    first.close();
    vi.advanceTimersByTime(500);
    newest().tells({ type: "hello", epoch: "e", id: 3 }, event(4), event(2));
    newest().close();
    vi.advanceTimersByTime(1_000);
    const third = newest();
    third.tells({ type: "hello", epoch: "e", id: 4 });
    expect([third.sent, heard]).toEqual([[{ type: "resume", epoch: "e", last: 1 }], []]);
    third.tells(event(2), event(3), event(4), { type: "resumed", missed: 3 });
    expect(heard).toEqual([2, 3, 4]);
  });
});
