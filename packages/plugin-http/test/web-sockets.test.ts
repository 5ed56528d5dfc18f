import { once } from "node:events";
import type { Duplex } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { WsHub } from "../src/server/ws-hub.js";
import { startServer, type TestServer } from "./test-server.js";

let test: TestServer;
afterEach(() => test.stop());

type ServerSocket = Duplex & { send(data: string | Buffer): void };
const accepted: ServerSocket[] = [];

function routes(hub: WsHub): void {
  hub.handle("/echo", { permission: "desk.read" }, (socket, _request, principal) => {
    accepted.push(socket);
    socket.on("data", (message: string | Buffer) => socket.send(typeof message === "string" ? `${principal?.username}:${message}` : message));
  });
  hub.handle("/sip", { permission: "public", protocols: ["sip"] }, (socket) => socket.on("data", (message: string) => socket.write(message.toUpperCase())));
  hub.handle("/whence", { permission: "public" }, (socket) => socket.send(socket.remoteAddress));
  hub.handle("/broken", { permission: "public" }, () => {
    throw new Error("handler");
  });
  hub.handle("/flood", { permission: "public" }, (socket) => {
    accepted.push(socket);
    const chunk = Buffer.alloc(1024 * 1024);
    for (let i = 0; i < 200; i++) socket.send(chunk);
  });
}

async function start(options: Parameters<typeof startServer>[1] = {}): Promise<void> {
  accepted.length = 0;
  test = await startServer([], options, { beforeStart: routes });
}

const open = (path: string, options: { protocols?: string[]; headers?: Record<string, string> } = {}) => new WebSocket(test.url.replace("http", "ws") + path, options.protocols ?? [], { headers: options.headers ?? {} });
const authorization = { authorization: "Bearer good" };

async function refusal(socket: WebSocket): Promise<number> {
  const [, response] = (await once(socket, "unexpected-response")) as [unknown, { statusCode: number; resume(): void }];
  response.resume();
  socket.on("error", () => undefined);
  socket.terminate();
  return response.statusCode;
}

describe("WebSockets", () => {
  it("keep message boundaries and kinds", async () => {
    await start();
    const socket = open("/echo", { headers: authorization });
    const received: [unknown, boolean][] = [];
    socket.on("message", (data: Buffer, binary) => received.push([binary ? data : data.toString(), binary]));
    await once(socket, "open");
    socket.send("一");
    socket.send("two");
    socket.send(Buffer.from([1, 2, 3]));
    await expect.poll(() => received.length).toBe(3);
    expect(received).toEqual([
      ["1001:一", false],
      ["1001:two", false],
      [Buffer.from([1, 2, 3]), true],
    ]);
    socket.close();
    await expect.poll(() => test.hub.connections).toBe(0);
    // A plugin that is late must not bring anything down.
    accepted[0]?.send("too late");
    accepted[0]?.write("too late");
    await expect.poll(() => accepted[0]?.destroyed).toBe(true);
  });

  it("tell whose they are: a trusted proxy is believed, nobody else", async () => {
    const told = async (header: string): Promise<string> => {
      const socket = open("/whence", { headers: { "x-forwarded-for": header } });
      const [data] = (await once(socket, "message")) as [Buffer];
      socket.close();
      return data.toString();
    };
    await start();
    expect(await told("203.0.113.9")).toBe("127.0.0.1");
    expect(test.hub.isProxy("127.0.0.1")).toBe(false);
    await test.stop();
    await start({ trustedProxies: ["127.0.0.1"] });
    expect(await told("203.0.113.9")).toBe("203.0.113.9");
    expect(await told("nonsense")).toBe("127.0.0.1");
    expect(test.hub.isProxy("::ffff:127.0.0.1")).toBe(true);
  });

  it("are refused before the upgrade", async () => {
    await start({ wsMaxConnections: 1 });
    expect(await refusal(open("/echo"))).toBe(401);
    expect(await refusal(open("/echo", { headers: { authorization: "Bearer bad" } }))).toBe(401);
    expect(await refusal(open("/none"))).toBe(404);
    expect(await refusal(open("/echo", { headers: { cookie: "hotline_session=good" } }))).toBe(403);
    expect(await refusal(open("/echo", { headers: { cookie: "hotline_session=good", origin: "https://evil.example" } }))).toBe(403);
    expect(await refusal(open("/sip"))).toBe(400);
    expect(await refusal(open("/sip", { protocols: ["sip"], headers: { origin: "https://evil.example" } }))).toBe(403);
    test.sessions.tokens.set("weak", { userId: "u2", username: "x", displayName: "x", roles: [], permissions: new Set() });
    expect(await refusal(open("/echo", { headers: { authorization: "Bearer weak" } }))).toBe(403);
    test.sessions.failing = true;
    expect(await refusal(open("/echo", { headers: authorization }))).toBe(500);
    test.sessions.failing = false;
    const first = open("/echo", { headers: { cookie: "hotline_session=good", origin: test.url } });
    await once(first, "open");
    expect(await refusal(open("/echo", { headers: authorization }))).toBe(503);
  });

  it("agree on a protocol", async () => {
    await start();
    const socket = open("/sip", { protocols: ["other", "sip"] });
    await once(socket, "open");
    expect(socket.protocol).toBe("sip");
    socket.send("options");
    const [data] = (await once(socket, "message")) as [Buffer];
    expect(data.toString()).toBe("OPTIONS");
  });

  it("that a handler throws on are closed with 1011", async () => {
    await start();
    const [code] = (await once(open("/broken"), "close")) as [number];
    expect(code).toBe(1011);
  });

  it("that send too much are closed with 1009", async () => {
    await start({ wsMaxMessage: 1024 });
    const socket = open("/echo", { headers: authorization });
    await once(socket, "open");
    socket.send("x".repeat(2000));
    const [code] = (await once(socket, "close")) as [number];
    expect(code).toBe(1009);
    await expect.poll(() => test.hub.connections).toBe(0);
  });

  it("that do not read are cut off instead of filling our memory", async () => {
    await start({ wsMaxBuffered: 4 * 1024 * 1024 });
    const socket = open("/flood");
    socket.on("error", () => undefined);
    socket.once("upgrade", () => socket.pause());
    await expect.poll(() => accepted.length).toBe(1);
    await expect.poll(() => test.hub.connections).toBe(0);
    socket.terminate();
  });

  it("that do not answer a ping are cut off", async () => {
    await start({ wsPingSeconds: 0.1 });
    const live = open("/echo", { headers: authorization });
    const dead = open("/echo", { headers: authorization });
    await Promise.all([once(live, "open"), once(dead, "open")]);
    dead.on("error", () => undefined);
    dead.pause();
    await expect.poll(() => test.hub.connections).toBe(1);
    await test.clock.sleep(300);
    expect(live.readyState).toBe(live.OPEN);
    dead.terminate();
  });

  it("end with the session", async () => {
    await start({ wsPingSeconds: 0.1 });
    const socket = open("/echo", { headers: authorization });
    await once(socket, "open");
    test.sessions.tokens.delete("good");
    const [code] = (await once(socket, "close")) as [number];
    expect(code).toBe(1008);
  });

  it("are told 1001 when the hotline goes, and cut at the deadline when they do not answer", async () => {
    await start();
    const polite = open("/echo", { headers: authorization });
    const deaf = open("/echo", { headers: authorization });
    await Promise.all([once(polite, "open"), once(deaf, "open")]);
    deaf.on("error", () => undefined);
    deaf.pause();
    const deadline = new AbortController();
    const gone = once(polite, "close") as Promise<[number]>;
    const closing = test.hub.close(deadline.signal);
    expect((await gone)[0]).toBe(1001);
    expect(await refusal(open("/echo", { headers: authorization }))).toBe(503);
    expect(test.hub.connections).toBe(1);
    deadline.abort();
    await closing;
    expect(test.hub.connections).toBe(0);
    deaf.terminate();
    await test.server.drain(AbortSignal.abort());
  });

  it("have one owner per path", async () => {
    await start();
    expect(() => test.hub.handle("/echo", { permission: "public" }, () => undefined)).toThrowError(expect.objectContaining({ code: "HTL_HTTP_WS_PATH_TAKEN" }));
  });
});
