import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { SETTINGS, definePlugin } from "@hotlinejs/core";
import { directory } from "@hotlinejs/plugin-directory";
import { http } from "@hotlinejs/plugin-http";
import { HTTP_SERVER } from "@hotlinejs/plugin-http/contract";
import { SIP, type SipService } from "@hotlinejs/plugin-sip/contract";
import { createTestHotline, type TestHotline } from "@hotlinejs/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { portal } from "../src/index.js";

let dataDir: string;
let test: TestHotline;
let asked: { readonly numbers: readonly string[]; readonly seconds?: number }[];

/** Stands in for plugin-sip, whose own tests prove what these credentials are good for. */
const sip = (webSocketPath: string | undefined, webSocketPort?: number) =>
  definePlugin({
    name: "sip",
    version: "0.1.0",
    core: ">=0.1.0 <1.0.0",
    config: z.strictObject({}),
    provides: [SIP],
    register({ services }) {
      services.provide(SIP, () => ({
        webSocketPath,
        webSocketPort,
        issueGuestCredentials: (request: (typeof asked)[number]) => {
          asked.push(request);
          return Promise.resolve({ account: "web-1", authorizationUser: "web-1", password: "once", realm: services.get(SETTINGS).name, expiresAt: 180_000 });
        },
      }) as unknown as SipService);
    },
  })();

async function start(webSocketPath: string | undefined, options: Parameters<typeof portal>[0] = {}, port?: number): Promise<void> {
  test = await createTestHotline({ dataDir, plugins: [directory(), http({ port: 0, checkOutput: true }), sip(webSocketPath, port), portal({ agency: "海晏市12333", phone: "0999-12333", ...options })] });
}
const base = (): string => test.services.get(HTTP_SERVER).url ?? "";
const open = async (path: string, headers: Record<string, string> = {}): Promise<{ status: number; page: string; response: Response }> => {
  const response = await fetch(`${base()}${path}`, { headers });
  return { status: response.status, page: await response.text(), response };
};
const token = (headers: Record<string, string> = { origin: base() }): Promise<Response> => fetch(`${base()}/portal/call/token`, { method: "POST", headers });

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "hotline-portal-call-"));
  asked = [];
});
afterEach(async () => {
  await test.close();
  rmSync(dataDir, { recursive: true, force: true });
});

describe("a call from the citizens' pages", () => {
  it("is offered on the first page; without script the page names the number", async () => {
    await start("/sip");
    expect((await open("/portal")).page).toContain('href="/portal/call"');
    const { status, page } = await open("/portal/call");
    expect(status).toBe(200);
    expect(page).toMatch(/<noscript>[\s\S]*请直接拨打 0999-12333[\s\S]*<\/noscript>/);
    expect(page).toContain('<a href="tel:099912333">');
    expect(page).toMatch(/<div id="talk"[^>]* hidden>/);
    expect((await open("/portal/call", { "accept-language": "en" })).page).toContain("Start the call");
    const script = /<script src="([^"]+)"/.exec(page)?.[1] ?? "";
    const sent = await open(script, { "accept-encoding": "gzip" });
    expect(sent.response.headers.get("content-encoding")).toBe("gzip");
    expect(sent.response.headers.get("cache-control")).toContain("immutable");
    expect(sent.page).toContain("/portal/call/token");
  });

  it("gets a token for the hotline's number, some minutes and this page only", async () => {
    await start("/sip", { callTokenSeconds: 120 });
    const answer = await token();
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ uri: "sip:web-1@127.0.0.1", target: "sip:099912333@127.0.0.1", path: "/sip", password: "once" });
    expect(asked).toEqual([{ numbers: ["099912333"], seconds: 120 }]);
    // A page of another site gets none.
    expect((await token({ origin: "https://evil.example" })).status).toBe(403);
    expect(asked).toHaveLength(1);
  });

  it.each([["a b", "localhost"], ["[::1", "localhost"], ["hotline.example:8443", "hotline.example"], ["[2001:db8::1]:80", "[2001:db8::1]"]])("gets one whatever the request calls the host: %j", async (host, named) => {
    await start("/sip");
    const asking = request(`${base()}/portal/call/token`, { method: "POST", headers: { host } }).end();
    const [answer] = (await once(asking, "response")) as [IncomingMessage];
    expect([answer.statusCode, await json(answer)]).toMatchObject([200, { uri: `sip:web-1@${named}`, target: `sip:099912333@${named}` }]);
  });

  it("calls what was configured, so many times an hour from one address", async () => {
    await start("/sip", { callNumber: "12333", callsPerHour: 2 });
    expect((await token()).status).toBe(200);
    expect((await token()).status).toBe(200);
    const refused = await token();
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ code: "HTL_PORTAL_TOO_MANY_CALLS", details: { minutes: 60 } });
    expect(asked.map(({ numbers }) => numbers)).toEqual([["12333"], ["12333"]]);
    await test.advance(3_600_000);
    expect((await token()).status).toBe(200);
  });

  it.each<[string, string | undefined, Parameters<typeof portal>[0], number | undefined]>([
    ["where browsers cannot come", undefined, {}, undefined],
    ["where it was turned off", "/sip", { browserCalls: false }, undefined],
    ["where the WebSocket is on another port", "/sip", {}, 5066],
  ])("is not offered %s", async (_where, path, options, port) => {
    await start(path, options, port);
    expect((await open("/portal")).page).not.toContain("/portal/call");
    const { status, page } = await open("/portal/call");
    expect(status).toBe(503);
    expect(page).toContain("请拨打 0999-12333");
    expect((await token()).status).toBe(503);
    expect(asked).toEqual([]);
  });
});
