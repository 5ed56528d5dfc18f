import { connect, type Socket } from "node:net";
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { eventually, realClock } from "../test-support/real-clock.js";
import { makeWorld } from "../test-support/world.js";
import { createUserAgent } from "./create-user-agent.js";
import type { UserAgent, UserAgentOptions } from "./types.js";

const file = (name: string): string => readFileSync(new URL(`../../../test/fixtures/tls/${name}`, import.meta.url), "utf8");
const agents: UserAgent[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(agents.splice(0).map((ua) => ua.stop({ graceMs: 0 })));
});

const options = (n: number): string =>
  `OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/WS a.invalid;branch=z9hG4bK${n}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@b>\r\nCall-ID: c${n}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n`;

async function agent(kind: "tcp" | "tls", more: Partial<UserAgentOptions>): Promise<UserAgent> {
  const at = { address: "127.0.0.1", port: 0 };
  const ua = createUserAgent({
    clock: realClock, transports: [kind === "tcp" ? { kind, ...at } : { kind, ...at, tls: { cert: file("hotline.pem"), key: file("hotline.key") } }], userAgentHeader: "test", onInvite: (invite) => invite.reject({ status: 480 }), ...more,
  });
  agents.push(ua);
  await ua.start();
  return ua;
}

/** A bare TCP connection; `closed` turns true when the other side ends it. */
async function dial(ua: UserAgent): Promise<{ readonly socket: Socket; closed(): boolean }> {
  const socket = connect(ua.endpoints[0]?.port ?? 0, "127.0.0.1");
  sockets.push(socket);
  let closed = false;
  socket.on("error", () => undefined);
  socket.on("close", () => (closed = true));
  await new Promise((resolve) => socket.once("connect", resolve));
  return { socket, closed: () => closed };
}

describe("connections that are handed over", () => {
  it("may be handed back while both stand: requests over either are answered", async () => {
    const world = makeWorld();
    const ua = await world.agent("10.0.0.2", { transports: [{ kind: "ws", local: () => ({ address: "10.0.0.2", port: 80 }) }] });
    const heard: string[][] = [[], []];
    const flows = heard.map((texts, at) => ua.acceptWebSocket("ws", { send: (data) => void texts.push(String(data)), close: () => undefined }, { address: "10.0.0.1", port: 1000 + at }));
    const [first, second] = flows.map((flow) => flow?.name ?? "");
    const at = (flow: string | undefined) => ({ kind: "ws" as const, host: "10.0.0.1", port: 1000, flow });
    ua.handOver(first ?? "", at(second));
    ua.handOver(second ?? "", at(first));
    ua.handOver(first ?? "", at(second));
    ua.handOver(second ?? "", at(first));
    // What was sent to the second goes to the first, where the phone is now; that it ends at all is the point.
    flows[0]?.message(options(1));
    flows[1]?.message(options(2));
    await world.clock.advance(10);
    expect(heard[0]).toHaveLength(2);
    expect(heard[0]?.every((text) => text.startsWith("SIP/2.0 200"))).toBe(true);
    await ua.stop({ graceMs: 0 });
  });
});

describe("many connections of one address", () => {
  it.each(["tcp", "tls"] as const)("over %s are held to what it may have, half-open ones among them, and room is made by those that end", async (kind) => {
    const asked: string[] = [];
    const ua = await agent(kind, {
      mayConnect: (address, open) => {
        asked.push(`${address} ${open}`);
        return open < 2;
      },
    });
    const all = [await dial(ua), await dial(ua), await dial(ua)];
    await eventually(() => all[2]?.closed() === true);
    expect(all.map((one) => one.closed())).toEqual([false, false, true]);
    expect(asked).toEqual(["127.0.0.1 0", "127.0.0.1 1", "127.0.0.1 2"]);
    all[0]?.socket.destroy();
    let taken = false;
    for (let i = 0; i < 200 && !taken; i++) {
      const known = asked.length;
      const next = await dial(ua);
      await eventually(() => asked.length > known);
      taken = asked.at(-1) === "127.0.0.1 1";
      next.socket.destroy();
    }
    expect(taken).toBe(true);
  });

  it("over WebSocket too", async () => {
    const world = makeWorld();
    const ua = await world.agent("10.0.0.2", { transports: [{ kind: "ws", local: () => ({ address: "10.0.0.2", port: 80 }) }], mayConnect: (_address, open) => open < 1 });
    let ended = 0;
    const accept = (address: string) => ua.acceptWebSocket("ws", { send: () => undefined, close: () => void ended++ }, { address, port: 1 });
    const first = accept("10.0.0.1");
    expect(accept("10.0.0.1")).toBeUndefined();
    expect(ended).toBe(1);
    expect(accept("10.0.0.9")).toBeDefined();
    first?.closed();
    expect(accept("10.0.0.1")).toBeDefined();
    await ua.stop({ graceMs: 0 });
  });
});

describe("WebSockets", () => {
  const ws = (world: ReturnType<typeof makeWorld>, options: Parameters<typeof world.agent>[1] = {}) => world.agent("10.0.0.2", { transports: [{ kind: "ws", local: () => ({ address: "10.0.0.2", port: 80 }) }], ...options });

  it("a message that is too long is refused where it can be read, and the connection ends with 1009", async () => {
    const world = makeWorld();
    const ua = await ws(world, { limits: { maxBodyBytes: 1_000, maxHeadBytes: 2_000 } });
    for (const [text, answers] of [
      [options(1).replace("Content-Length: 0\r\n\r\n", `Content-Length: 4000\r\n\r\n${"x".repeat(4_000)}`), 1],
      ["x".repeat(4_000), 0],
    ] as const) {
      const heard: string[] = [];
      const closed: unknown[] = [];
      const flow = ua.acceptWebSocket("ws", { send: (data) => void heard.push(String(data)), close: (...how) => void closed.push(how) }, { address: "10.0.0.1", port: 1 });
      flow?.message(text);
      expect(heard.map((each) => each.split("\r\n", 1)[0])).toEqual(Array.from({ length: answers }, () => "SIP/2.0 513 Message Too Large"));
      expect(closed).toEqual([[1009, "message too big"]]);
      flow?.message(options(2));
      expect(heard).toHaveLength(answers);
    }
    expect(ua.metrics().connections).toBe(0);
    await ua.stop({ graceMs: 0 });
  });

  it("that say nothing are held to a number of their own, and closed in time", async () => {
    const world = makeWorld();
    const asked: number[] = [];
    const ua = await ws(world, {
      limits: { firstMessageTimeoutMs: 8_000 },
      mayConnect: (_address, _open, silent) => {
        asked.push(silent);
        return silent < 2;
      },
    });
    const closed: string[] = [];
    const accept = (name: string, address = "10.0.0.1") => ua.acceptWebSocket("ws", { send: () => undefined, close: () => void closed.push(name) }, { address, port: 1 });
    const first = accept("first");
    const second = accept("second");
    expect(accept("third")).toBeUndefined();
    expect(accept("elsewhere", "10.0.0.9")).toBeDefined();
    first?.message(options(1));
    first?.message(options(2));
    expect(accept("fourth")).toBeDefined();
    second?.closed();
    expect(accept("fifth")).toBeDefined();
    expect(asked).toEqual([0, 1, 2, 0, 1, 1]);
    await world.clock.advance(9_100);
    expect(closed).toEqual(["third", "elsewhere", "fourth", "fifth"]);
    expect(ua.metrics()).toMatchObject({ silent: 3, connections: 1 });
    await ua.stop({ graceMs: 0 });
  });
});
