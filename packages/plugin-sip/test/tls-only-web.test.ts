import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHotline, createSilentLogger } from "@hotlinejs/core";
import type { Hotline } from "@hotlinejs/core";
import { http } from "@hotlinejs/plugin-http";
import { HTTP_SERVER } from "@hotlinejs/plugin-http/contract";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { SIP } from "../src/contract.js";
import { securedInFront } from "../src/edge/ws-gate.js";
import { sip } from "../src/plugin.js";
import { FakeMedia } from "./support/fake-media.js";
import { stubDirectory, stubMedia } from "./support/stub-plugins.js";

const pem = (name: string): string => readFileSync(new URL(`fixtures/tls/${name}`, import.meta.url), "utf8");
const CERTIFICATE = { tlsCert: pem("hotline.pem"), tlsKey: pem("hotline.key") };

let dataDir: string;
let hotline: Hotline;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "hotline-tls-only-"));
});
afterEach(async () => {
  await hotline.stop({ drain: false });
  await rm(dataDir, { recursive: true, force: true });
});

/** What a REGISTER over the WebSocket is answered with, or `closed`. */
async function knock(web: { tls?: boolean; own?: boolean; tlsOnly?: boolean; publicUrl?: string }): Promise<string> {
  hotline = createHotline({
    dataDir,
    logger: createSilentLogger(),
    environment: web.publicUrl === undefined ? {} : { HOTLINE_PUBLIC_URL: web.publicUrl },
    plugins: [
      stubMedia(new FakeMedia()),
      stubDirectory(),
      ...(web.own === true ? [] : [http({ port: 0, ...(web.tls === true ? CERTIFICATE : {}) })]),
      sip({ port: 0, ...CERTIFICATE, tlsOnly: web.tlsOnly ?? true, ...(web.own === true ? { wsPort: 0 } : {}) }),
    ],
  });
  await hotline.start();
  const base = web.own === true ? `http://127.0.0.1:${hotline.services.get(SIP).webSocketPort}` : (hotline.services.get(HTTP_SERVER).url ?? "");
  const socket = new WebSocket(`${base.replace("http", "ws")}/sip`, ["sip"], { rejectUnauthorized: false });
  const answer = new Promise<string>((resolve) => {
    socket.on("message", (data: Buffer) => resolve(data.toString().split("\r\n", 1)[0] ?? ""));
    socket.on("close", () => resolve("closed"));
    socket.on("error", () => resolve("closed"));
  });
  await once(socket, "open");
  socket.send(["REGISTER sip:hotline SIP/2.0", "Via: SIP/2.0/WS tab.invalid;branch=z9hG4bKa", "Max-Forwards: 70", "From: <sip:1001@hotline>;tag=a", "To: <sip:1001@hotline>", "Call-ID: a@tab", "CSeq: 1 REGISTER", "Contact: <sip:1001@tab.invalid;transport=ws>", "Content-Length: 0", "", ""].join("\r\n"));
  const heard = await answer;
  socket.terminate();
  return heard;
}

const CHALLENGED = "SIP/2.0 401 Unauthorized";

describe("TLS or nothing, for browsers", () => {
  it("refuses a WebSocket in clear on the web server's port", async () => expect(await knock({})).toBe("closed"));

  it("which it takes where it need not be TLS", async () => expect(await knock({ tlsOnly: false })).toBe(CHALLENGED));

  it("refuses one on the port of its own", async () => expect(await knock({ own: true })).toBe("closed"));

  it("takes one within TLS", async () => expect(await knock({ tls: true })).toBe(CHALLENGED));

  it("takes one of a proxy on this machine that speaks TLS with the browsers", async () => expect(await knock({ publicUrl: "https://hotline.example" })).toBe(CHALLENGED));

  it("does not take for the proxy who has gone round it", () => {
    const isProxy = (address: string): boolean => address === "192.0.2.1";
    const taken = (peer: string, tlsOnly: boolean, publicUrl = "https://hotline.example"): boolean => securedInFront(peer, { publicUrl, tlsOnly, isProxy });
    expect(["192.0.2.1", "127.0.0.1", "::ffff:127.0.0.1", "::1"].map((peer) => taken(peer, true))).toEqual([true, true, true, true]);
    expect(["192.0.2.7", "::ffff:192.0.2.7", ""].map((peer) => taken(peer, true))).toEqual([false, false, false]);
    expect(taken("192.0.2.7", false)).toBe(true);
    expect(taken("192.0.2.1", true, "http://hotline.example")).toBe(false);
  });
});
