import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CALL_PIPELINE, CLOCK, createHotline, createSilentLogger, definePlugin, READ_POOL, SECRETS, UNIT_OF_WORK } from "@hotlinejs/core";
import type { Call, Hotline } from "@hotlinejs/core";
import { directory } from "@hotlinejs/plugin-directory";
import { http } from "@hotlinejs/plugin-http";
import { HTTP_SERVER } from "@hotlinejs/plugin-http/contract";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { SIP } from "../src/contract.js";
import { sip } from "../src/plugin.js";
import { WebCredentialEntity } from "../src/web/web-credential.entity.js";
import { WebCredentials } from "../src/web/web-credentials.js";
import { Browser } from "./support/browser.js";
import { FakeMedia } from "./support/fake-media.js";
import { until } from "./support/hotline-side.js";
import { offerOf } from "./support/phone.js";
import { stubDirectory, stubMedia } from "./support/stub-plugins.js";

interface Issued {
  username: string;
  uri: string;
  authorizationUser: string;
  password: string;
  realm: string;
  wsUrl: string;
  expiresAt: number;
}

let dataDir: string;
let hotline: Hotline;
let calls: Call[];
/** Addresses told as reachable, each time. */
let reachable: string[];
const browsers: Browser[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "hotline-browser-"));
  calls = [];
  reachable = [];
});

afterEach(async () => {
  await Promise.all(browsers.splice(0).map((browser) => browser.stop()));
  await hotline.stop({ drain: false });
  await rm(dataDir, { recursive: true, force: true });
});

const answering = () =>
  definePlugin({
    name: "answering",
    version: "0.1.0",
    core: ">=0.1.0 <1.0.0",
    config: z.strictObject({}),
    register({ services, hooks, events }) {
      events.handle("endpoint.reachable", ({ address }) => void reachable.push(address));
      hooks.callRoute.tap(() => ({ handler: "test", target: "" }));
      services.get(CALL_PIPELINE).handler("test", async ({ call }) => {
        calls.push(call);
        await call.answer();
        await call.ended;
      });
    },
  })();

async function run(options: Record<string, unknown> = {}): Promise<string> {
  hotline = createHotline({
    dataDir,
    logger: createSilentLogger(),
    environment: {},
    plugins: [
      answering(),
      stubMedia(new FakeMedia()),
      directory({ users: [{ username: "1001", password: "a long secret 1001", displayName: "叶立新", roles: ["agent"] }, { username: "clerk", password: "a long secret clerk", displayName: "办事员", roles: ["clerk"] }], roles: [{ name: "agent" }, { name: "clerk" }] }),
      http({ port: 0 }),
      sip({ transports: ["udp"], port: 0, ...options }),
    ],
  });
  await hotline.start();
  return hotline.services.get(HTTP_SERVER).url ?? "";
}

async function signIn(url: string, username: string): Promise<string> {
  const response = await fetch(`${url}/api/auth/login`, { method: "POST", headers: { "content-type": "application/json", origin: url }, body: JSON.stringify({ username, password: `a long secret ${username}` }) });
  expect(response.status).toBe(200);
  return (response.headers.get("set-cookie") ?? "").split(";", 1)[0] ?? "";
}

async function ask(url: string, cookie: string, headers: Record<string, string> = { origin: url }): Promise<Response> {
  return fetch(`${url}/api/sip/credentials`, { method: "POST", headers: { cookie, ...headers } });
}

async function browserOf(url: string): Promise<{ browser: Browser; issued: Issued }> {
  const response = await ask(url, await signIn(url, "1001"));
  expect(response.status).toBe(200);
  const issued = (await response.json()) as Issued;
  const browser = new Browser(issued.wsUrl, issued.username, issued.authorizationUser, issued.password);
  browsers.push(browser);
  return { browser, issued };
}

const answerOnInvite = (browser: Browser): void => {
  const webRtc = ["a=ice-ufrag:tab1", "a=ice-pwd:a-password-of-the-tab-1", `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => "CD").join(":")}`, "a=setup:active", "a=mid:0", "a=rtcp-mux", "a=sendrecv"];
  browser.onInvite = (invite) => void invite.accept({ body: offerOf(40_002, webRtc, "UDP/TLS/RTP/SAVPF 8 101") });
};

describe("a phone in a browser", () => {
  it("gets credentials from its session, registers on the HTTP port, calls and is called", async () => {
    const url = await run();
    const { browser, issued } = await browserOf(url);
    expect(issued).toMatchObject({ username: "1001", uri: "sip:1001@127.0.0.1", wsUrl: `${url.replace("http", "ws")}/sip` });
    await browser.open({ origin: url });
    expect((await browser.register()).status).toBe(200);
    expect(hotline.services.get(SIP).registrations("1001")).toMatchObject([{ contact: "sip:k3v9@tab.invalid;transport=ws", userAgent: "test-browser" }]);
    expect(await browser.say("\r\n\r\n")).toBe("\r\n");

    const outcome = await browser.call("12333").outcome;
    expect(outcome.answered).toBe(true);
    expect(calls[0]?.via).toEqual({ kind: "account", key: "1001" });
    if (outcome.answered) expect((await outcome.session.bye()).status).toBe(200);

    answerOnInvite(browser);
    const [sipAdapter] = hotline.services.get(CALL_PIPELINE).adapters;
    const call = await sipAdapter?.originate("sip:1001", { from: { number: "13800138000" } });
    expect(await call?.answered).toBe(true);
    expect(browser.invites[0]?.request.uri).toBe("sip:k3v9@tab.invalid;transport=ws");
    expect(browser.invites[0]?.request.contacts()[0]?.uri).toMatch(/;transport=ws$/);
    await call?.hangup();
    await expect(call?.ended).resolves.toMatchObject({ by: "local" });
  });

  it("keeps its connection while the hotline drains, until it has hung up; who calls then is refused over it", async () => {
    const url = await run();
    const { browser } = await browserOf(url);
    await browser.open({ origin: url });
    await browser.register();
    const outcome = await browser.call("12333").outcome;
    if (!outcome.answered) return expect.unreachable();
    let over = false;
    const stopped = hotline.stop().then(() => (over = true));
    await until(() => hotline.state === "draining", "the drain");
    expect(await browser.say("\r\n\r\n")).toBe("\r\n");
    const late = await browser.call("12333").outcome;
    expect(late).toMatchObject({ answered: false, response: { status: 503 } });
    expect(over).toBe(false);
    expect((await outcome.session.bye()).status).toBe(200);
    await stopped;
    await browser.closed();
  });

  it("keeps its call over a cut connection: the hang-up comes over the new one", async () => {
    const url = await run();
    const { browser } = await browserOf(url);
    await browser.open({ origin: url });
    await browser.register();
    answerOnInvite(browser);
    const call = await hotline.services.get(CALL_PIPELINE).adapters[0]?.originate("sip:1001");
    expect(await call?.answered).toBe(true);
    const outcome = await browser.invites[0]?.closed;
    expect(outcome?.cause).toBe("accepted");
    const session = browser.invites[0]?.session;

    await browser.cut();
    await until(() => hotline.services.get(SIP).registrations("1001").length === 0, "the lost phone");
    expect(call?.state).toBe("answered");
    await browser.open({ origin: url });
    expect((await browser.register()).status).toBe(200);
    expect(hotline.services.get(SIP).registrations("1001")).toHaveLength(1);
    await call?.hangup();
    await expect(session?.ended).resolves.toMatchObject({ by: "remote", cause: "bye" });
  });

  it("is told as reachable again when it comes over another connection while the first one, dead, still seems open; a refresh over the same is not", async () => {
    const url = await run();
    const { browser } = await browserOf(url);
    await browser.open({ origin: url });
    await browser.register();
    await browser.register();
    expect(reachable).toEqual(["sip:1001"]);
    await browser.open({ origin: url });
    expect((await browser.register()).status).toBe(200);
    expect([reachable, hotline.services.get(SIP).registrations("1001").length]).toEqual([["sip:1001", "sip:1001"], 1]);
  });

  it("tells nobody else: a page of another site, no session, no permission, another subprotocol", async () => {
    const url = await run();
    expect((await ask(url, "")).status).toBe(401);
    expect((await ask(url, await signIn(url, "clerk"))).status).toBe(403);
    expect((await ask(url, await signIn(url, "1001"), { origin: "https://evil.example" })).status).toBe(403);
    const { browser } = await browserOf(url);
    await expect(browser.open({ origin: "https://evil.example" })).rejects.toThrow("refused");
    await expect(browser.open({ origin: url, protocols: ["chat"] })).rejects.toThrow("refused");
  });

  it("keeps no password, and takes none that is out of date, of another account or made up", async () => {
    const url = await run({ browserCredentialSeconds: 60 });
    const { browser, issued } = await browserOf(url);
    const rows = await hotline.services.get(READ_POOL).read((em) => em.find(WebCredentialEntity, {}));
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(issued.password);
    expect((await readFile(join(dataDir, "hotline.db"))).includes(issued.password)).toBe(false);
    await browser.open({ origin: url });
    expect((await browser.register()).status).toBe(200);
    for (const [account, user, password] of [["1001", issued.authorizationUser, "wrong"], ["clerk", issued.authorizationUser, issued.password], ["1001", "1001~none", issued.password]] as const) {
      const other = new Browser(issued.wsUrl, account, user, password);
      browsers.push(other);
      await other.open({ origin: url });
      expect((await other.register()).status).toBe(403);
    }
  });

  it("lets a guest dial the number it was given once, and nothing else", async () => {
    const url = await run();
    const guest = await hotline.services.get(SIP).issueGuestCredentials({ numbers: ["12333"] });
    const browser = new Browser(`${url.replace("http", "ws")}/sip`, guest.account, guest.authorizationUser, guest.password);
    browsers.push(browser);
    await browser.open({ origin: url });
    const outcome = await browser.call("12333").outcome;
    expect(outcome.answered).toBe(true);
    expect(calls[0]).toMatchObject({ via: { kind: "trunk", key: "web" }, from: { number: "" } });
    // Spent with the first call, for a later process too.
    expect(await browser.call("12333").outcome).toMatchObject({ answered: false, status: 403 });
    expect(calls).toHaveLength(1);
    const rows = await hotline.services.get(READ_POOL).read((em) => em.find(WebCredentialEntity, { id: guest.account }));
    expect(rows.map(({ numbers }) => numbers)).toEqual(["[]"]);
    const second = await hotline.services.get(SIP).issueGuestCredentials({ numbers: ["12333"] });
    const other = new Browser(`${url.replace("http", "ws")}/sip`, second.account, second.authorizationUser, second.password);
    browsers.push(other);
    await other.open({ origin: url });
    expect(await other.call("13800138000").outcome).toMatchObject({ answered: false, status: 403 });
    expect((await browser.register()).status).toBe(403);
  });

  it("takes one of a guest's calls that come at once, whether it is remembered or has to be read", async () => {
    await run();
    const { services } = hotline;
    const { account } = await services.get(SIP).issueGuestCredentials({ numbers: ["12333"] });
    const remembered = (await services.get(SIP).issueGuestCredentials({ numbers: ["12333"] })).account;
    const accounts = { realm: "hotline", find: async () => undefined };
    const credentials = new WebCredentials({ accounts, directory: undefined, clock: services.get(CLOCK), secrets: services.get(SECRETS), unitOfWork: services.get(UNIT_OF_WORK), reads: services.get(READ_POOL), lifetimeMs: 60_000 });
    expect(await credentials.mayDial(remembered)).toEqual(["12333"]);
    for (const guest of [account, remembered]) {
      const verdicts = await Promise.all([1, 2, 3, 4].map(() => credentials.claim(guest, "12333")));
      expect(verdicts.filter((verdict) => verdict === true)).toHaveLength(1);
      expect(await credentials.claim(guest, "12333")).toBe(false);
    }
  });
});

describe("a port of its own, without plugin-http", () => {
  it("that is taken is told with what sets it", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    hotline = createHotline({ dataDir, logger: createSilentLogger(), environment: {}, plugins: [stubMedia(new FakeMedia()), stubDirectory(), sip({ transports: ["udp"], port: 0, wsPort: port })] });
    await expect(hotline.start()).rejects.toMatchObject({ code: "HTL_SIP_PORT_IN_USE", message: `Port ${port} on 127.0.0.1 is taken: another program, perhaps another hotline, listens there. Stop it, or set HOTLINE_SIP_WS_PORT to a free port` });
    taken.close();
  });

  it("takes programs and pages of the origins named, and closes with the hotline", async () => {
    hotline = createHotline({
      dataDir,
      logger: createSilentLogger(),
      environment: {},
      plugins: [answering(), stubMedia(new FakeMedia()), stubDirectory(), sip({ transports: ["udp"], port: 0, wsPort: 0, wsOrigins: ["https://desk.example"] })],
    });
    await hotline.start();
    const port = hotline.services.get(SIP).webSocketPort ?? 0;
    const make = (path = "/sip"): Browser => {
      const browser = new Browser(`ws://127.0.0.1:${port}${path}`, "1001", "1001", "demo-1001");
      browsers.push(browser);
      return browser;
    };
    await expect(make().open({ origin: "https://evil.example" })).rejects.toThrow("refused");
    await expect(make("/other").open()).rejects.toThrow("refused");
    await expect(make().open({ protocols: ["chat"] })).rejects.toThrow("refused");
    const page = make();
    await page.open({ origin: "https://desk.example" });
    expect((await page.register()).status).toBe(200);
    const program = make();
    await program.open();
    expect((await program.register()).status).toBe(200);
    await hotline.stop({ drain: false });
    await page.closed();
  });
});
