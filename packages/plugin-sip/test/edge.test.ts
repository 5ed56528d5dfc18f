import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AUDIT, CALL_CONTROL, createHotline, createSilentLogger, definePlugin, READ_POOL } from "@hotlinejs/core";
import type { Call, Hotline } from "@hotlinejs/core";
import { directory } from "@hotlinejs/plugin-directory";
import { http } from "@hotlinejs/plugin-http";
import type { HttpOptions } from "@hotlinejs/plugin-http";
import { HTTP_SERVER } from "@hotlinejs/plugin-http/contract";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { SIP } from "../src/contract.js";
import { sip } from "../src/plugin.js";
import { FakeMedia } from "./support/fake-media.js";
import { offerOf, Phone } from "./support/phone.js";
import { stubMedia } from "./support/stub-plugins.js";

let dataDir: string;
let hotline: Hotline;
let events: string[];
const phones: Phone[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "hotline-edge-"));
  events = [];
});

afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.stop()));
  await hotline.stop({ drain: false });
  await rm(dataDir, { recursive: true, force: true });
});

const watcher = () =>
  definePlugin({
    name: "watcher",
    version: "0.1.0",
    core: ">=0.1.0 <1.0.0",
    config: z.strictObject({}),
    register({ events: bus }) {
      bus.handle("sip.banned", ({ address, reason }) => void events.push(`banned ${address} ${reason}`));
      bus.handle("sip.unbanned", ({ address }) => void events.push(`unbanned ${address}`));
    },
  })();

async function run(options: Record<string, unknown> = {}, web: HttpOptions | "none" = {}): Promise<{ port: number; url: string }> {
  hotline = createHotline({
    dataDir,
    logger: createSilentLogger(),
    environment: {},
    plugins: [
      watcher(),
      stubMedia(new FakeMedia()),
      directory({
        users: [
          { username: "1001", password: "a long secret 1001", displayName: "叶立新", roles: ["agent"] },
          { username: "lead", password: "a long secret lead", displayName: "班长", roles: ["supervisor"] },
          { username: "root", password: "a long secret root", displayName: "管理员", roles: ["admin"] },
        ],
        roles: [{ name: "agent" }, { name: "supervisor" }, { name: "admin" }],
      }),
      ...(web === "none" ? [] : [http({ port: 0, ...web })]),
      // As strangers from this machine are in the tests, it is not exempt.
      sip({ transports: ["udp"], port: 0, edge: { neverBan: [], unknownAccounts: 4 }, ...options }),
    ],
  });
  await hotline.start();
  const { endpoints, webSocketPort } = hotline.services.get(SIP);
  return { port: endpoints[0]?.port ?? 0, url: web === "none" ? `http://127.0.0.1:${webSocketPort}` : (hotline.services.get(HTTP_SERVER).url ?? "") };
}

async function phone(user: string, password?: string): Promise<Phone> {
  const made = await new Phone(user, password === undefined ? {} : { password }).start();
  phones.push(made);
  return made;
}

async function as(url: string, username: string): Promise<(method: string, path: string, body?: unknown) => Promise<{ status: number; body: Record<string, unknown> }>> {
  const response = await fetch(`${url}/api/auth/login`, { method: "POST", headers: { "content-type": "application/json", origin: url }, body: JSON.stringify({ username, password: `a long secret ${username}` }) });
  const cookie = (response.headers.get("set-cookie") ?? "").split(";", 1)[0] ?? "";
  return async (method, path, body) => {
    const answer = await fetch(`${url}${path}`, { method, headers: { cookie, origin: url, ...(body === undefined ? {} : { "content-type": "application/json" }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
}

describe("a source that looks for accounts", () => {
  it("learns of none by the answers, is banned, stays so over a restart, and is let in again by a person", { timeout: 60_000 }, async () => {
    const { port, url } = await run();
    const answers: number[] = [];
    for (const account of ["1001", "2001"]) {
      const guess = await phone(account);
      answers.push((await guess.register(port)).status, (await guess.call(port).outcome as { status: number }).status);
      const wrong = await phone(account, "guess");
      answers.push((await wrong.register(port)).status, (await wrong.call(port).outcome as { status: number }).status);
    }
    expect(answers.slice(0, 4)).toEqual(answers.slice(4));
    expect(answers.slice(0, 4)).toEqual([401, 401, 403, 403]);
    // One that never answers a challenge may be forged.
    for (let i = 0; i < 8; i++) await (await phone(`300${i}`)).register(port);
    expect(hotline.services.get(SIP).bans()).toMatchObject([{ address: "127.0.0.1", reason: "unknown-accounts", proven: false }]);
    expect(events).toEqual([]);
    for (const account of ["2002", "2003"]) await (await phone(account, "guess")).register(port);
    const last = await phone("2004", "guess");
    await last.register(port);
    const lead = await as(url, "lead");
    expect((await lead("GET", "/api/sip/bans")).body.items).toMatchObject([{ address: "127.0.0.1", reason: "unknown-accounts", actor: "plugin:sip", proven: true }]);
    expect((await last.register(port)).status).toBe(408);
    expect((await lead("GET", "/api/sip/edge")).body).toMatchObject({ bans: 1, live: 1, unknownAccounts: expect.any(Number) });
    expect(Number((await lead("GET", "/api/sip/edge")).body.banned)).toBeGreaterThan(0);
    expect((await lead("DELETE", "/api/sip/bans/127.0.0.1")).status).toBe(403);
    await hotline.stop({ drain: false });

    const again = await run();
    const honest = await phone("1001", "a long secret 1001");
    expect((await honest.register(again.port)).status).toBe(408);
    const root = await as(again.url, "root");
    expect((await root("DELETE", "/api/sip/bans/127.0.0.1")).status).toBe(200);
    expect((await root("DELETE", "/api/sip/bans/127.0.0.1")).status).toBe(404);
    expect((await honest.register(again.port)).status).toBe(200);
    expect(events).toEqual(["banned 127.0.0.1 unknown-accounts", "unbanned 127.0.0.1"]);
    expect(await hotline.services.get(AUDIT).verify()).toMatchObject({ ok: true });
    const rows = await hotline.services.get(READ_POOL).read((em) => em.getKnex().table("core_audit").select("action"));
    expect((rows as { action: string }[]).map(({ action }) => action)).toEqual(expect.arrayContaining(["sip.suspected", "sip.banned", "sip.unbanned"]));
  });

  it("is banned by hand, but a trunk is not", async () => {
    const { port, url } = await run({ trunks: [{ key: "carrier", match: ["198.51.100.0/24"] }] });
    const root = await as(url, "root");
    expect((await root("POST", "/api/sip/bans", { address: "127.0.0.1", seconds: 60, reason: "test" })).status).toBe(200);
    expect((await (await phone("1001", "a long secret 1001")).register(port)).status).toBe(408);
    expect(await root("POST", "/api/sip/bans", { address: "198.51.100.7" })).toMatchObject({ status: 409, body: { code: "HTL_SIP_TRUNK_BANNED" } });
    expect((await root("POST", "/api/sip/bans", { address: "nowhere" })).status).toBe(400);
  });
});

describe("what the edge turns away", () => {
  const audited = async (): Promise<{ action: string; subject: string; details: Record<string, unknown> }[]> => {
    const rows = await hotline.services.get(READ_POOL).read((em) => em.execute<{ action: string; subject: string; details: string }[]>("select action, subject_id as subject, details from core_audit where action like 'sip.turned-away%' and outcome = 'refused' order by at, id"));
    return rows.map(({ details, ...row }) => ({ ...row, details: JSON.parse(details) as Record<string, unknown> }));
  };

  it("by an access rule and by the rate of an account is in the audit, once when it begins, with its count when the hotline stops", { timeout: 60_000 }, async () => {
    const { port } = await run({ edge: { neverBan: [], perAccount: { perSecond: 0.01, burst: 1 }, access: [{ purposes: ["call"], allow: ["198.51.100.0/24"] }] } });
    const caller = await phone("1001", "a long secret 1001");
    for (let i = 0; i < 3; i++) expect((await caller.call(port).outcome as { status: number }).status).toBe(408);
    expect([await caller.register(port), await caller.register(port), await caller.register(port)].map(({ status }) => status)).toEqual([200, 503, 503]);
    const { denied } = hotline.services.get(SIP).edge();
    expect(denied).toBeGreaterThanOrEqual(3);
    const begun = [
      { action: "sip.turned-away", subject: "127.0.0.1", details: { reason: "access" } },
      { action: "sip.turned-away", subject: "127.0.0.1", details: { reason: "account-rate", account: "1001" } },
    ];
    for (let i = 0; i < 200 && (await audited()).length < 2; i++) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await audited()).toEqual(begun);
    await hotline.stop({ drain: false });

    await run();
    expect(await audited()).toEqual([
      ...begun,
      { action: "sip.turned-away-count", subject: "127.0.0.1", details: { reason: "access", count: denied - 1, since: expect.any(Number), last: expect.any(Number), over: false } },
      { action: "sip.turned-away-count", subject: "127.0.0.1", details: { reason: "account-rate", account: "1001", count: 1, since: expect.any(Number), last: expect.any(Number), over: false } },
    ]);
  });
});

describe("behind a trusted proxy", () => {
  /** Sends a REGISTER over the WebSocket, as the proxy passes it on; what is answered, "closed" or "nothing". */
  async function knock(url: string, forwardedFor: string | undefined, userAgent: string, header = "x-forwarded-for"): Promise<string> {
    const account = "1001";
    const socket = new WebSocket(`${url.replace("http", "ws")}/sip`, ["sip"], { headers: forwardedFor === undefined ? {} : { [header]: forwardedFor } });
    sockets.push(socket);
    const answer = new Promise<string>((resolve) => {
      socket.on("message", (data: Buffer) => resolve(data.toString().split("\r\n", 1)[0] ?? ""));
      socket.on("close", () => resolve("closed"));
      socket.on("error", () => resolve("closed"));
    });
    await once(socket, "open");
    const register = (agent: string, who: string, branch: string): string =>
      [`REGISTER sip:hotline SIP/2.0`, `Via: SIP/2.0/WS tab.invalid;branch=z9hG4bK${branch}`, "Max-Forwards: 70", `From: <sip:${who}@hotline>;tag=${branch}`, `To: <sip:${who}@hotline>`, `Call-ID: ${branch}@tab`, "CSeq: 1 REGISTER", `Contact: <sip:${who}@tab.invalid;transport=ws>`, `User-Agent: ${agent}`, "Content-Length: 0", "", ""].join("\r\n");
    socket.send(register(userAgent, account, `a${sockets.length}`));
    // Who is dropped without an answer is not banned where this one is answered.
    if (/scanner/.test(userAgent)) socket.send(register("JsSIP", account, `b${sockets.length}`));
    return answer;
  }
  const sockets: WebSocket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.terminate();
  });

  it("bans hit the client and never the proxy", async () => {
    const { url } = await run({}, { trustedProxies: ["127.0.0.1"] });
    expect(await knock(url, "203.0.113.9", "friendly-scanner")).toBe("closed");
    const bans = (): readonly string[] => hotline.services.get(SIP).bans().map(({ address }) => address);
    expect(bans()).toEqual(["203.0.113.9"]);
    expect(await knock(url, "203.0.113.9", "JsSIP")).toBe("closed");
    expect(await knock(url, "198.51.100.4, 203.0.113.9", "JsSIP")).toBe("closed");
    expect(await knock(url, "203.0.113.10", "JsSIP")).toBe("SIP/2.0 401 Unauthorized");
    // Where the proxy does not tell, its own address is not banned.
    for (const untold of [undefined, "unknown"]) expect(await knock(url, untold, "friendly-scanner")).toBe("SIP/2.0 401 Unauthorized");
    expect(bans()).toEqual(["203.0.113.9"]);
    const root = await as(url, "root");
    expect(await root("POST", "/api/sip/bans", { address: "127.0.0.1" })).toMatchObject({ status: 409, body: { code: "HTL_SIP_PROXY_BANNED" } });
  });

  it("the port without plugin-http believes its own trusted proxies, and bans none of them", async () => {
    const { url } = await run({ wsPort: 0, trustedProxies: ["127.0.0.0/8"], proxyHeader: "forwarded" }, "none");
    expect(await knock(url, "for=203.0.113.9", "friendly-scanner", "forwarded")).toBe("closed");
    const { bans, ban } = hotline.services.get(SIP);
    expect(bans().map(({ address }) => address)).toEqual(["203.0.113.9"]);
    expect(await knock(url, 'for=198.51.100.4, for="203.0.113.9:4711"', "JsSIP", "forwarded")).toBe("closed");
    expect(await knock(url, "for=203.0.113.10", "JsSIP", "forwarded")).toBe("SIP/2.0 401 Unauthorized");
    // The other header is the visitor's own, and where the proxy does not tell its own address is not banned.
    for (const untold of [undefined, "203.0.113.9"]) expect(await knock(url, untold, "friendly-scanner")).toBe("SIP/2.0 401 Unauthorized");
    expect(bans().map(({ address }) => address)).toEqual(["203.0.113.9"]);
    await expect(ban("127.0.0.1", { seconds: 60, reason: "x", actor: "root" })).rejects.toMatchObject({ code: "HTL_SIP_PROXY_BANNED" });
  });

  it("the port without plugin-http believes nobody's header unless told", async () => {
    const { url } = await run({ wsPort: 0 }, "none");
    expect(await knock(url, "203.0.113.9", "friendly-scanner")).toBe("closed");
    expect(hotline.services.get(SIP).bans().map(({ address }) => address)).toEqual(["127.0.0.1"]);
  });

  it("a header of somebody who is no trusted proxy is his own invention", async () => {
    const { url } = await run();
    expect(await knock(url, "203.0.113.9", "friendly-scanner")).toBe("closed");
    expect(hotline.services.get(SIP).bans().map(({ address }) => address)).toEqual(["127.0.0.1"]);
  });
});

describe("calls that cost money", () => {
  const made: Call[] = [];
  const dial = (to: string, actor = "u1"): Promise<unknown> =>
    hotline.services.get(CALL_CONTROL).originate({ to, interactionId: "0190f0a0-0000-7000-8000-000000000001", purpose: "callback", role: "citizen", actor }).then(
      (call) => {
        made.push(call);
        return "dialled";
      },
      (error: unknown) => (error as { details: { code: string } }).details.code,
    );

  it("go where they may, as many at once and a day as they may, and within the house always", { timeout: 60_000 }, async () => {
    const carrier = await phone("carrier");
    carrier.onInvite = (invite) => void invite.accept({ body: offerOf(40_100) });
    await run({
      trunks: [{ key: "out", outbound: { host: "127.0.0.1", port: carrier.port } }],
      toll: { allow: ["1", "0", "0085"], deny: ["00"], maxConcurrent: 3, perDay: 4 },
    });
    expect(await dial("tel:0044201234567")).toBe("toll-destination");
    expect(await dial(`sip:0044201234567@127.0.0.1:${carrier.port}`)).toBe("toll-destination");
    expect(await dial("tel:900123456")).toBe("toll-destination");
    expect(await dial("sip:1001")).toBe("dialled");
    expect(await dial("tel:00852123456")).toBe("dialled");
    expect(await dial("tel:13800138000")).toBe("dialled");
    expect(await dial("tel:13800138001")).toBe("dialled");
    expect(await dial("tel:13800138002")).toBe("toll-concurrent");
    for (const call of made.splice(0)) await call.hangup().then(() => call.ended);
    expect(await dial("tel:13800138003")).toBe("dialled");
    expect(await dial("tel:13800138004")).toBe("toll-daily");
    expect(await dial("tel:13800138005", "u2")).toBe("dialled");
    let rows: { calls: number }[] = [];
    for (let i = 0; i < 200 && rows.length < 2; i++) {
      rows = (await hotline.services.get(READ_POOL).read((em) => em.getKnex().table("sip_daily_calls").select("calls").orderBy("calls"))) as { calls: number }[];
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(rows.map(({ calls }) => calls)).toEqual([1, 5]);
    // What was not allowed is counted, and written down with who tried and where to.
    expect(hotline.services.get(SIP).edge().toll).toBe(5);
    const audit = await hotline.services.get(READ_POOL).read((em) => em.execute<{ actor: string; details: string }[]>("select actor, details from core_audit where action = 'sip.toll-refused' and outcome = 'refused'"));
    expect(audit).toHaveLength(5);
    expect(new Set(audit.map(({ actor }) => actor))).toEqual(new Set(["u1"]));
    expect(JSON.stringify(audit)).toContain("004420");
    expect(JSON.stringify(audit)).not.toContain("0044201234567");
  });

  it("wait for the hours in which they may", async () => {
    hotline = createHotline({
      dataDir,
      logger: createSilentLogger(),
      environment: {},
      calendars: [{ key: "never", week: {} }],
      plugins: [stubMedia(new FakeMedia()), sip({ transports: ["udp"], port: 0, trunks: [{ key: "out", outbound: { host: "127.0.0.1", port: 9 } }], toll: { calendar: "never" } })],
    });
    await hotline.start();
    expect(await dial("tel:13800138000")).toBe("toll-hours");
  });
});

it("shows nobody an address or a name that is not told", async () => {
  const carrier = await phone("carrier");
  await run({ advertisedAddress: "203.0.113.5", productName: "hotline", trunks: [{ key: "out", outbound: { host: "127.0.0.1", port: carrier.port } }] });
  void hotline.services.get(CALL_CONTROL).originate({ to: "tel:13800138000", from: { number: "12333" }, interactionId: "0190f0a0-0000-7000-8000-000000000001", purpose: "callback", role: "citizen" });
  for (let i = 0; i < 200 && carrier.invites.length === 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  const invite = carrier.invites[0]?.request;
  const head = invite?.toBuffer().subarray(0, invite.toBuffer().indexOf("\r\n\r\n")).toString() ?? "";
  const told = head.split("\r\n").filter((line) => !/^(INVITE|To:|t:)/i.test(line)).join("\n").replace(/;received=[^;,\s]*/g, "");
  expect(told).toContain("203.0.113.5");
  expect(told).not.toMatch(/127\.0\.0\.1|\b10\.|192\.168\.|localhost/);
  expect(invite?.headers.get("user-agent")).toBe("hotline");
});
