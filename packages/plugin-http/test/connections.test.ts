import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { fileURLToPath } from "node:url";
import { createHotline, createSilentLogger, defineRoute, METRICS, Networks, SystemClock } from "@hotlinejs/core";
import { afterEach, describe, expect, it } from "vitest";
import { HTTP_SERVER } from "../src/contract.js";
import { http } from "../src/plugin.js";
import { ConnectionBounds } from "../src/server/connection-bounds.js";
import { startServer, type TestServer } from "./test-server.js";

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const hello = defineRoute({ method: "GET", path: "/x", permission: "public", summary: "", handler: () => Promise.resolve({}) });

let server: TestServer;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.stop();
});

function open(port = server.port, from = "127.0.0.1"): Socket {
  const socket = connect({ host: "127.0.0.1", port, localAddress: from });
  socket.on("error", () => undefined);
  sockets.push(socket);
  return socket;
}

async function settled(open: number): Promise<void> {
  while (server.bounds.open !== open) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Whether a connection is kept: it gets an answer. */
async function answered(socket: Socket): Promise<boolean> {
  const closed = once(socket, "close").then(() => false);
  const data = once(socket, "data").then(() => true, () => false);
  socket.write("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
  return Promise.race([closed, data]);
}

describe("connections to the web server", () => {
  it("are so many at once, whether or not a request came over them; one more is closed, counted and told once a minute", async () => {
    server = await startServer([hello], { maxConnections: 3, maxConnectionsPerAddress: 3 });
    const held = [open(), open(), open()];
    await settled(3);
    for (let i = 0; i < 5; i++) expect(await answered(open())).toBe(false);
    expect(server.bounds).toMatchObject({ open: 3, refused: { full: 5, address: 0 } });
    expect(server.log.warnings).toEqual([expect.objectContaining({ code: "HTL_HTTP_TOO_MANY_CONNECTIONS", full: 1 })]);
    held[0]?.destroy();
    await settled(2);
    expect(await answered(open())).toBe(true);
    for (const socket of held.slice(1)) expect(await answered(socket)).toBe(true);
  });

  it("who only keeps one for later makes room when all are taken", async () => {
    server = await startServer([hello], { maxConnections: 2, maxConnectionsPerAddress: 2 });
    const idle = open();
    expect(await answered(idle)).toBe(true);
    open();
    await settled(2);
    const gone = once(idle, "close");
    expect(await answered(open())).toBe(false);
    await gone;
    await settled(1);
    expect(await answered(open())).toBe(true);
  });

  it("one address has its part of them, but a trusted proxy all", async () => {
    server = await startServer([hello], { maxConnections: 6, maxConnectionsPerAddress: 2, trustedProxies: ["127.0.0.3"] });
    open();
    open();
    await settled(2);
    expect(await answered(open())).toBe(false);
    expect(await answered(open(server.port, "127.0.0.2"))).toBe(true);
    for (let i = 0; i < 3; i++) expect(await answered(open(server.port, "127.0.0.3"))).toBe(true);
    expect(server.bounds.refused).toEqual({ full: 0, address: 1 });
  });

  it("within TLS too, before the handshake", async () => {
    server = await startServer([hello], { maxConnections: 2, tlsCert: fixture("tls-test-cert.pem"), tlsKey: fixture("tls-test-key.pem") });
    open();
    await settled(1);
    expect(server.bounds.perAddress).toBe(1);
    const refused = connectTls({ host: "127.0.0.1", port: server.port, rejectUnauthorized: false });
    refused.on("error", () => undefined);
    await new Promise((resolve) => refused.once("close", resolve));
    expect(server.bounds.refused.address).toBe(1);
  });

  it("have a quarter of the descriptors of the process where nothing is configured", async () => {
    server = await startServer([hello]);
    const log = { warn: () => undefined };
    const bounds = (openFiles: number, most?: number): number[] => {
      const made = new ConnectionBounds({ most, perAddress: undefined, trustedProxies: new Networks([]), clock: new SystemClock(), log }, openFiles);
      return [made.most, made.perAddress];
    };
    expect([bounds(1_024), bounds(65_536), bounds(Infinity), bounds(20), bounds(1_024, 999)]).toEqual([[256, 128], [10_000, 5_000], [10_000, 5_000], [16, 8], [999, 500]]);
  });

  it("are told by metrics", async () => {
    server = await startServer([hello]);
    const folder = mkdtempSync(join(tmpdir(), "hotline-http-connections-"));
    const hotline = createHotline({ dataDir: folder, logger: createSilentLogger(), environment: {}, plugins: [http({ port: 0, maxConnections: 1 })] });
    await hotline.start();
    try {
      const { port = 0 } = hotline.services.get(HTTP_SERVER);
      open(port);
      const read = async (): Promise<Record<string, number>> => Object.fromEntries((await hotline.services.get(METRICS).read()).flatMap(({ name, samples }) => samples.map(({ value, labels = {} }) => [[name, ...Object.values(labels)].join(" "), value])));
      while ((await read()).hotline_http_connections !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(await answered(open(port))).toBe(false);
      expect(await read()).toMatchObject({ hotline_http_connections: 1, "hotline_http_connections_refused_total full": 1, "hotline_http_connections_refused_total address": 0 });
    } finally {
      await hotline.stop({ drain: false });
      rmSync(folder, { recursive: true });
    }
  });
});
