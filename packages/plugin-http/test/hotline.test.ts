import { createServer } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AUDIT, createHotline, createSilentLogger, definePlugin, defineRoute, DIRECTORY, HEALTH, READ_POOL, UNIT_OF_WORK, VirtualClock, type AuditEntry, type Directory, type Hotline, type HotlineOptions, type Principal } from "@hotlinejs/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { HTTP_SERVER, HTTP_SESSIONS } from "../src/contract.js";
import { SessionEntity } from "../src/entities/session.entity.js";
import { http, type HttpOptions } from "../src/index.js";
import { parseMetrics } from "./metrics-parser.js";

const HOUR = 3_600_000;

const people = new Map<string, Principal>();

function person(username: string, permissions: readonly string[], extra: Partial<Principal> = {}): void {
  people.set(username, { userId: `id-${username}`, username, displayName: username, roles: ["x"], permissions: new Set(permissions), ...extra });
}

const byId = (userId: string) => Promise.resolve([...people.values()].find((each) => each.userId === userId));

/** Stands for plugin-directory: everybody's password is his name and "-secret". */
const fakeDirectory = definePlugin({
  name: "directory",
  version: "0.1.0",
  core: ">=0.1.0 <1.0.0",
  config: z.strictObject({}),
  provides: [DIRECTORY],
  routes: [defineRoute({ method: "GET", path: "/api/desk", permission: "authenticated", summary: "", query: z.strictObject({ n: z.coerce.number() }), handler: ({ query }) => Promise.resolve(query) })],
  register({ services }) {
    const fake = {
      authenticate: (username: string, password: string) => Promise.resolve(password === `${username}-secret` ? people.get(username) : undefined),
      principal: byId,
      listUsers: () => Promise.resolve([...people.values()].map(({ userId: id, username, displayName }) => ({ id, username, displayName }))),
    };
    services.provide(DIRECTORY, () => fake as unknown as Directory);
  },
});

let dataDir: string;
let hotline: Hotline;
let clock: VirtualClock;
let url: string;

async function start(options: HttpOptions = {}, core: Partial<HotlineOptions> = {}): Promise<void> {
  clock = new VirtualClock();
  hotline = createHotline({ dataDir, clock, logger: createSilentLogger(), plugins: [fakeDirectory(), http({ port: 0, checkOutput: true, ...options })], ...core });
  await hotline.start();
  url = hotline.services.get(HTTP_SERVER).url ?? "";
}

async function stop(): Promise<void> {
  let done = false;
  const stopped = hotline.stop({ drain: false }).finally(() => (done = true));
  while (!done) await clock.advance(1000);
  await stopped;
}

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "hotline-http-"));
  people.clear();
  person("agent", ["core.interactions.read"]);
  person("boss", ["core.interactions.read", "core.interactions.personal", "core.health.details"]);
  person("auditor", ["core.audit.read"]);
  person("watcher", ["core.metrics.read"]);
  person("guest", []);
});
afterEach(async () => {
  await stop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function call(path: string, init: { method?: string; token?: string; cookie?: string; body?: unknown; headers?: Record<string, string> } = {}) {
  const response = await fetch(url + path, {
    method: init.method ?? (init.body === undefined ? "GET" : "POST"),
    headers: {
      ...(init.body === undefined ? {} : { "content-type": "application/json" }),
      ...(init.token === undefined ? {} : { authorization: `Bearer ${init.token}` }),
      ...(init.cookie === undefined ? {} : { cookie: init.cookie }),
      ...init.headers,
    },
    ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
  return { status: response.status, headers: response.headers, text, json: (isJson ? JSON.parse(text) : undefined) as Record<string, unknown> | undefined };
}

async function login(username: string): Promise<{ token: string; cookie: string }> {
  const answer = await call("/api/auth/login", { body: { username, password: `${username}-secret` } });
  expect(answer.status).toBe(200);
  return { token: String(answer.json?.token), cookie: answer.headers.getSetCookie()[0]?.split(";")[0] ?? "" };
}

describe("signing in", () => {
  it("gives a token and a cookie, either of which opens the door", async () => {
    await start();
    const answer = await call("/api/auth/login", { body: { username: "agent", password: "agent-secret" } });
    expect(answer.json).toMatchObject({ user: { id: "id-agent", username: "agent", permissions: ["core.interactions.read"], agentNumber: null } });
    expect(answer.headers.getSetCookie()[0]).toMatch(/^hotline_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=604800$/);
    const token = String(answer.json?.token);
    expect((await call("/api/auth/me", { token })).json).toMatchObject({ user: { username: "agent" } });
    expect((await call("/api/auth/me", { cookie: `a=b; hotline_session=${token}` })).json).toMatchObject({ user: { username: "agent" } });
    expect((await call("/api/auth/me")).status).toBe(401);
  });

  it("is asked about without an error; an account with a published password is told on this computer only", async () => {
    const demo = { username: "agent", password: "agent-secret" };
    const home = { home: { actions: [{ plugin: "console", href: "/console", title: "坐席", text: "接听", label: "打开", demo }] } };
    await start(home);
    const { token, cookie } = await login("agent");
    expect([(await call("/api/auth/session")).json, (await call("/api/auth/session", { cookie })).json]).toEqual([{ signedIn: false, demo }, { signedIn: true, demo }]);
    await call("/api/auth/logout", { token, body: {} });
    expect((await call("/api/auth/session", { cookie })).json).toEqual({ signedIn: false, demo });
    await stop();
    await start(home, { host: "0.0.0.0" });
    expect((await call("/api/auth/session")).json).toEqual({ signedIn: false, demo: null });
    await stop();
    await start();
    expect((await call("/api/auth/session")).json).toEqual({ signedIn: false, demo: null });
  });

  it("behind a trusted proxy limits and sessions are those of the client", async () => {
    await start({ loginAttempts: 2, trustedProxies: ["127.0.0.1"] });
    const from = (client: string) => ({ "x-forwarded-for": client });
    const wrong = { username: "agent", password: "nope" };
    for (let i = 0; i < 2; i++) expect((await call("/api/auth/login", { body: wrong, headers: from("203.0.113.9") })).status).toBe(401);
    const right = { username: "agent", password: "agent-secret" };
    expect((await call("/api/auth/login", { body: right, headers: from("203.0.113.9") })).status).toBe(429);
    expect((await call("/api/auth/login", { body: right, headers: from("1.2.3.4, 203.0.113.9") })).status).toBe(429);
    expect((await call("/api/auth/login", { body: right, headers: from("203.0.113.10") })).status).toBe(200);
    const sessions = await hotline.services.get(READ_POOL).read((em) => em.find(SessionEntity, {}));
    expect(sessions.map(({ remoteAddress }) => remoteAddress)).toEqual(["203.0.113.10"]);
  });

  it("refuses, slows down, and is not done for other sites", async () => {
    await start({ loginAttempts: 3 });
    const wrong = { username: "agent", password: "nope" };
    for (let i = 0; i < 3; i++) expect((await call("/api/auth/login", { body: wrong })).json).toMatchObject({ code: "HTL_HTTP_WRONG_CREDENTIALS" });
    const limited = await call("/api/auth/login", { body: { username: "AGENT ", password: "agent-secret" } });
    expect([limited.status, limited.json?.code]).toEqual([429, "HTL_HTTP_TOO_MANY_ATTEMPTS"]);
    expect(Number(limited.headers.get("retry-after"))).toBeGreaterThan(0);
    // Others at the same address still can, and being right costs nothing.
    for (let i = 0; i < 10; i++) await login("boss");
    expect((await call("/api/auth/login", { body: { username: "boss", password: "boss-secret" }, headers: { origin: "https://evil.example" } })).status).toBe(403);
    expect((await call("/api/auth/login", { body: { username: "boss" } })).status).toBe(400);
    expect((await call("/api/auth/login", { body: { username: "boss", password: "x", extra: 1 } })).status).toBe(400);
  });

  it("keeps only a hash of the token", async () => {
    await start();
    const { token } = await login("agent");
    const rows = await hotline.services.get(UNIT_OF_WORK).run((uow) => uow.em.execute("select * from http_session"));
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(token);
  });
});

describe("sessions", () => {
  it("end by signing out", async () => {
    await start();
    const first = await login("agent");
    const second = await login("agent");
    const out = await call("/api/auth/logout", { method: "POST", cookie: first.cookie, headers: { origin: url } });
    expect([out.status, out.headers.getSetCookie()[0]]).toEqual([204, "hotline_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"]);
    expect((await call("/api/auth/me", { token: first.token })).status).toBe(401);
    expect((await call("/api/auth/me", { token: second.token })).status).toBe(200);
    const third = await login("agent");
    expect((await call("/api/auth/logout", { token: third.token, body: { all: true } })).status).toBe(204);
    expect((await call("/api/auth/me", { token: second.token })).status).toBe(401);
  });

  it("slide for twelve hours, and outlive a restart", async () => {
    await start();
    const { token } = await login("agent");
    await clock.advance(11 * HOUR);
    expect((await call("/api/auth/me", { token })).status).toBe(200);
    await expect.poll(async () => (await hotline.services.get(UNIT_OF_WORK).run((uow) => uow.em.execute<{ last_seen_at: number }[]>("select last_seen_at from http_session")))[0]?.last_seen_at).toBe(clock.now());
    await clock.advance(11 * HOUR);
    expect((await call("/api/auth/me", { token })).status).toBe(200);
    await stop();
    await start();
    expect((await call("/api/auth/me", { token })).status).toBe(200);
    await clock.advance(40 * HOUR);
    expect((await call("/api/auth/me", { token })).status).toBe(401);
    const rows = await hotline.services.get(UNIT_OF_WORK).run((uow) => uow.em.execute("select * from http_session"));
    expect(rows).toEqual([]);
  });

  it("end in any case after the longest time", async () => {
    await start({ sessionMaxHours: 20 });
    const { token } = await login("agent");
    await clock.advance(11 * HOUR);
    expect((await call("/api/auth/me", { token })).status).toBe(200);
    await hotline.services.get(HTTP_SESSIONS).resolve(token);
    await clock.advance(9 * HOUR);
    expect((await call("/api/auth/me", { token })).status).toBe(401);
  });

  it("end with a new password and with the account", async () => {
    await start();
    const { token } = await login("agent");
    const other = await login("boss");
    await clock.advance(1000);
    person("agent", [], { credentialsChangedAt: clock.now() });
    people.delete("boss");
    expect((await call("/api/auth/me", { token })).status).toBe(401);
    expect((await call("/api/auth/me", { token: other.token })).status).toBe(401);
    expect((await call("/api/auth/me", { token: (await login("agent")).token })).status).toBe(200);
  });
});

describe("what everybody sees", () => {
  it("health: little for all, everything for who may", async () => {
    await start();
    const open = await call("/api/health");
    expect(open.status).toBe(200);
    expect(open.json).toMatchObject({ state: "running", ok: true });
    expect(Object.keys(open.json ?? {}).sort()).toEqual(["ok", "plugins", "state"]);
    expect((open.json?.plugins as object[])[0]).not.toHaveProperty("details");
    const { token } = await login("boss");
    const full = await call("/api/health", { token });
    expect(full.json).toMatchObject({ name: "hotline", uptimeMs: expect.any(Number) as number });
    expect((full.json?.plugins as { name: string; details: object }[]).find((plugin) => plugin.name === "http")?.details).toMatchObject({ url });
    expect(hotline.services.get(HEALTH).state).toBe("running");
  });

  it("a page that says what this is, allowed by its own security policy", async () => {
    await start({}, { name: "haiyan-12333" });
    const page = await call("/");
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.text).toContain("<h1>haiyan-12333</h1>");
    expect(page.text).toContain('href="/api/health"');
    const style = /<style>(.*)<\/style>/s.exec(page.text)?.[1] ?? "";
    const hash = Buffer.from(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style))).toString("base64");
    expect(page.headers.get("content-security-policy")).toContain(`'sha256-${hash}'`);
  });

  it("an OpenAPI description of every route", async () => {
    await start();
    const { json } = await call("/api/openapi.json");
    const paths = json?.paths as Record<string, Record<string, { security: object[]; parameters: { name: string; in: string; required: boolean; schema: object }[]; requestBody?: object; "x-permission": string }>>;
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(["/", "/api/health", "/api/auth/login", "/api/calls", "/api/interactions/{id}", "/api/desk"]));
    expect(paths["/api/interactions/{id}"]?.get?.parameters).toEqual([expect.objectContaining({ name: "id", in: "path", required: true })]);
    expect(paths["/api/desk"]?.get?.parameters).toEqual([expect.objectContaining({ name: "n", in: "query", required: true })]);
    expect(paths["/api/calls"]?.get?.["x-permission"]).toBe("core.interactions.read");
    expect(JSON.stringify(paths["/api/auth/login"]?.post?.requestBody)).toContain('"username"');
    expect(paths["/api/auth/login"]?.post?.security).toEqual([]);
  });
});

describe("interactions", () => {
  const base = 1_772_413_200_000;
  const id = (n: number) => `0195-${String(n).padStart(4, "0")}`;

  async function seed(count: number): Promise<void> {
    await hotline.services.get(UNIT_OF_WORK).run(async ({ em }) => {
      for (let i = 0; i < count; i++) {
        // Three start in the same millisecond: the id then decides.
        const at = base + Math.floor(i / 3) * 1000;
        const row = { id: id(i), channel: i % 5 === 4 ? "email" : "voice", direction: "inbound", caller_number: "13800138000", called_number: "12333", queue: i % 2 === 0 ? "general" : null, agent_id: i === 0 ? "id-agent" : null, started_at: at, ended_at: i < count - 2 ? at + 500 : null, data: JSON.stringify({ topic: "养老" }), business_date: "2026-03-02", business_hour: 9, node_id: "n", version: 1 };
        await em.execute(em.getKnex()("core_interaction").insert(row));
        await em.execute(em.getKnex()("core_leg").insert({ id: `leg-${id(i)}`, interaction_id: id(i), adapter: "sip", direction: "inbound", role: "citizen", from_number: "13800138000", to_number: "12333", started_at: at, node_id: "n", dialog: JSON.stringify({ tag: "secret-tag" }), ...(i === 0 ? { mos: 3.9, round_trip_ms: 41.5, received_mos: 3.9, received_loss_percent: 2.5, received_jitter_ms: 8, reported_mos: 4, reported_loss_percent: 3, reported_discard_percent: 1, reported_burst_density_percent: 30, reported_burst_ms: 400 } : {}) }));
      }
      await em.execute(em.getKnex()("core_interaction_event").insert({ id: "e2", interaction_id: id(0), at: base + 2, type: "queue.entered", data: JSON.stringify({ queue: "general" }) }));
      await em.execute(em.getKnex()("core_interaction_event").insert({ id: "e1", interaction_id: id(0), at: base + 1, type: "ivr.node", data: null }));
    });
  }

  it("are listed newest first, page by page, none twice and none left out", async () => {
    await start();
    await seed(25);
    const { token } = await login("agent");
    const seen: string[] = [];
    let cursor: string | null = null;
    let pages = 0;
    do {
      const answer: Awaited<ReturnType<typeof call>> = await call(`/api/interactions?limit=4${cursor === null ? "" : `&cursor=${cursor}`}`, { token });
      expect(answer.status).toBe(200);
      seen.push(...(answer.json?.items as { id: string }[]).map((item) => item.id));
      cursor = answer.json?.next as string | null;
      pages++;
    } while (cursor !== null);
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => id(24 - i)));
    expect(pages).toBe(7);
    expect((await call("/api/interactions?limit=25", { token })).json?.next).toBeNull();
  });

  it("are filtered", async () => {
    await start();
    await seed(25);
    const { token } = await login("agent");
    const ids = async (query: string) => ((await call(`/api/${query}`, { token })).json?.items as { id: string }[]).map((item) => item.id);
    expect(await ids("interactions?channel=email")).toEqual([id(24), id(19), id(14), id(9), id(4)]);
    expect(await ids("interactions?state=live")).toEqual([id(24), id(23)]);
    expect(await ids("calls?state=live")).toEqual([id(23)]);
    expect(await ids(`interactions?from=${base + 1000}&to=${base + 2000}`)).toEqual([id(5), id(4), id(3)]);
    expect(await ids(`interactions?to=${encodeURIComponent(new Date(base + 1).toISOString())}&queue=general`)).toEqual([id(2), id(0)]);
    expect(await ids("calls?agent=id-agent")).toEqual([id(0)]);
    expect(await ids("calls?direction=outbound")).toEqual([]);
  });

  it("show legs and timeline, but not the signalling dialog", async () => {
    await start();
    await seed(3);
    const { token } = await login("agent");
    const calls = await call("/api/calls", { token });
    expect((calls.json?.items as { legs: object[] }[])[0]?.legs).toEqual([expect.objectContaining({ id: `leg-${id(2)}`, role: "citizen", from: "138****8000", to: "12333", quality: null })]);
    const one = await call(`/api/interactions/${id(0)}`, { token });
    expect(one.json).toMatchObject({ id: id(0), state: "ended", agentId: "id-agent", data: { topic: "养老" }, legs: [{ adapter: "sip", quality: { mos: 3.9, roundTripMs: 41.5, received: { mos: 3.9, lossPercent: 2.5, jitterMs: 8 }, sent: null, reported: { mos: 4, rating: null, lossPercent: 3, discardPercent: 1, burstDensityPercent: 30, burstMs: 400 } } }], events: [{ id: "e1", type: "ivr.node", data: null }, { id: "e2", data: { queue: "general" } }] });
    expect(calls.text + one.text).not.toContain("secret-tag");
  });

  it("show the numbers of citizens in full to whom it is given, and those of one citizen to all", async () => {
    await start();
    await seed(4);
    await hotline.services.get(UNIT_OF_WORK).run(({ em }) => em.execute(em.getKnex()("core_interaction").where("id", id(1)).update({ caller_number: "13900139000" })));
    const [agent, boss] = [await login("agent"), await login("boss")];
    const numbers = async (token: string) => ((await call("/api/interactions", { token })).json?.items as { callerNumber: string }[]).map((item) => item.callerNumber);
    expect(await numbers(agent.token)).toEqual(["138****8000", "138****8000", "139****9000", "138****8000"]);
    expect(await numbers(boss.token)).toEqual(["13800138000", "13800138000", "13900139000", "13800138000"]);
    const related = async (of: string) => ((await call(`/api/interactions?relatedTo=${of}`, { token: agent.token })).json?.items as { id: string }[]).map((item) => item.id);
    expect(await related(id(0))).toEqual([id(3), id(2)]);
    expect(await related(id(1))).toEqual([]);
    expect(await related("no-such-call")).toEqual([]);
  });

  it("refuse what does not fit", async () => {
    await start();
    const { token } = await login("agent");
    const status = async (path: string, as = token) => {
      const answer = await call(path, { token: as });
      return [answer.status, answer.json?.code];
    };
    expect(await status("/api/calls", (await login("guest")).token)).toEqual([403, "HTL_HTTP_FORBIDDEN"]);
    expect(await status("/api/calls?cursor=rubbish")).toEqual([400, "HTL_HTTP_BAD_CURSOR"]);
    expect(await status("/api/calls?limit=201")).toEqual([400, "HTL_HTTP_BAD_INPUT"]);
    expect(await status("/api/calls?from=yesterday")).toEqual([400, "HTL_HTTP_BAD_INPUT"]);
    expect(await status("/api/calls?channel=email")).toEqual([400, "HTL_HTTP_BAD_INPUT"]);
    expect(await status("/api/interactions/none")).toEqual([404, "HTL_HTTP_INTERACTION_UNKNOWN"]);
    expect(await status(`/api/interactions/${encodeURIComponent("' or 1=1 --")}`)).toEqual([404, "HTL_HTTP_INTERACTION_UNKNOWN"]);
  });
});

describe("the audit", () => {
  const T0 = 1_772_413_200_000;

  /** Rows as the hotline's parts write them, sealed. */
  async function write(...entries: (AuditEntry & { after?: number })[]): Promise<void> {
    for (const { after = 1_000, ...entry } of entries) {
      await clock.advance(after);
      await hotline.services.get(AUDIT).record(entry);
    }
    await sealed();
  }
  /** Sealing goes to the database in real time. */
  async function sealed(): Promise<void> {
    await clock.advance(2_000);
    await expect.poll(() => hotline.services.get(READ_POOL).read((em) => em.execute("select id from core_audit where number is null"))).toEqual([]);
  }
  const about = (n: number): AuditEntry => ({ actor: n % 2 === 0 ? "id-boss" : "plugin:sip", action: n % 3 === 0 ? "sip.banned" : "auth.signed-in", subject: { type: n % 2 === 0 ? "ticket" : "address", id: `s${n % 4}` }, details: { n } });
  const numbers = (answer: Awaited<ReturnType<typeof call>>): number[] => (answer.json?.items as { details: { n: number } }[]).map(({ details }) => details.n);

  it("is read newest first, page by page, none twice and none left out", async () => {
    await start();
    const { token } = await login("auditor");
    await write(...Array.from({ length: 11 }, (_, n) => ({ ...about(n), after: n % 3 === 0 ? 1_000 : 0 })));
    const seen: number[] = [];
    let cursor: string | null = null;
    do {
      const answer: Awaited<ReturnType<typeof call>> = await call(`/api/audit?limit=4&subjectId=s1${cursor === null ? "" : `&cursor=${cursor}`}`, { token });
      expect(answer.status).toBe(200);
      seen.push(...numbers(answer));
      cursor = answer.json?.next as string | null;
    } while (cursor !== null);
    expect(seen).toEqual([9, 5, 1]);
    const all: number[] = [];
    do {
      const answer: Awaited<ReturnType<typeof call>> = await call(`/api/audit?limit=4&from=${T0}${cursor === null ? "" : `&cursor=${cursor}`}`, { token });
      all.push(...numbers(answer));
      cursor = answer.json?.next as string | null;
    } while (cursor !== null);
    expect(all).toHaveLength(11);
    expect(new Set(all).size).toBe(11);
    const [first] = (await call("/api/audit?limit=1", { token })).json?.items as Record<string, unknown>[];
    expect(first).toEqual({ id: expect.any(String) as string, at: expect.any(Number) as number, actor: "id-boss", actorName: "boss", action: "auth.signed-in", subject: { type: "ticket", id: "s2" }, details: { n: 10 }, outcome: "done", seal: { number: 11, hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string } });
  });

  it("is filtered by actor, action, subject, outcome and time", async () => {
    await start();
    const { token } = await login("auditor");
    await write(...[0, 1, 2, 3].map(about), { actor: "system", action: "sip_banned", outcome: "refused", details: { n: 4 } });
    const ask = async (query: string): Promise<number[]> => numbers(await call(`/api/audit?${query}`, { token }));
    expect(await ask("actor=id-boss")).toEqual([2, 0]);
    expect(await ask("action=sip.")).toEqual([3, 0]);
    expect(await ask("action=auth.signed-in")).toEqual([2, 1]);
    expect(await ask("action=SIP.")).toEqual([]);
    expect(await ask("action=auth.signed")).toEqual([]);
    expect(await ask("actor=plugin:")).toEqual([3, 1]);
    expect(await ask("actor=plugin")).toEqual([]);
    expect(await ask("subjectType=address")).toEqual([3, 1]);
    expect(await ask("subjectType=ticket&subjectId=s2")).toEqual([2]);
    expect(await ask("outcome=refused")).toEqual([4]);
    const times = ((await call("/api/audit", { token })).json?.items as { at: number }[]).map(({ at }) => at);
    expect(await ask(`from=${times[3]}&to=${times[1]}`)).toEqual([2, 1]);
    expect(await ask(`to=${encodeURIComponent(new Date((times[4] ?? 0) + 1).toISOString())}`)).toEqual([0]);
  });

  it("shows telephone numbers in full only to whom those of citizens are given", async () => {
    await start();
    people.set("chief", { ...(people.get("boss") as Principal), userId: "id-chief", username: "chief", permissions: new Set(["core.audit.read", "core.interactions.personal"]) });
    await write({ actor: "id-boss", action: "acd.dialled", subject: { type: "number", id: "13800138000" }, details: { to: "tel:057388881234", serial: "260924000571" } });
    const shown = async (who: string): Promise<unknown> => ((await call("/api/audit?action=acd.dialled", { token: (await login(who)).token })).json?.items as object[])[0];
    expect(await shown("auditor")).toMatchObject({ subject: { id: "138****8000" }, details: { to: "tel:0573-8888****", serial: "260924000571" } });
    expect(await shown("chief")).toMatchObject({ subject: { id: "13800138000" }, details: { to: "tel:057388881234" } });
  });

  it("tells whether the chain of seals holds, and where it is broken", async () => {
    await start();
    const { token } = await login("auditor");
    await write(...[0, 1, 2, 3].map(about));
    const verify = async () => (await call("/api/audit/verify", { token })).json;
    expect(await verify()).toEqual({ ok: true, rows: 4, brokenAt: null, broken: null, unsealed: 0, checkedAt: clock.now() });
    await hotline.services.get(AUDIT).record(about(4));
    expect(await verify()).toMatchObject({ ok: true, rows: 4, unsealed: 1 });
    await sealed();
    expect(await verify()).toMatchObject({ ok: true, rows: 5, unsealed: 0 });
    await hotline.services.get(UNIT_OF_WORK).run(({ em }) => em.execute("update core_audit set actor = 'somebody' where number = 3"));
    expect(await verify()).toMatchObject({ ok: false, rows: 2, brokenAt: 3, broken: { actor: "somebody", details: { n: 2 }, seal: { number: 3 } } });
    await hotline.services.get(UNIT_OF_WORK).run(({ em }) => em.execute("delete from core_audit where number = 3"));
    expect(await verify()).toMatchObject({ ok: false, rows: 2, brokenAt: 3, broken: null });
  });

  it("has words for the codes, and names for the people", async () => {
    await start();
    const words = (await call("/api/audit/words", { token: (await login("auditor")).token })).json as Record<string, Record<string, unknown>[]>;
    expect(words.actors).toContainEqual({ id: "id-boss", name: "boss" });
    expect(words.actions).toContainEqual({ name: "core.call-redirected", title: "把来电转到别处", titleEn: "Sent a call elsewhere" });
    expect(words.subjects).toContainEqual({ name: "interaction", title: "通话或会话", titleEn: "Call or chat" });
  });

  it("is not for everybody, and refuses what does not fit", async () => {
    await start();
    const { token } = await login("auditor");
    const status = async (path: string, as: string | undefined = token) => (await call(path, as === undefined ? {} : { token: as })).status;
    expect((await call("/api/audit")).status).toBe(401);
    for (const path of ["/api/audit", "/api/audit/verify", "/api/audit/words"]) expect(await status(path, (await login("boss")).token)).toBe(403);
    expect(await status("/api/audit?cursor=rubbish")).toBe(400);
    expect(await status("/api/audit?limit=201")).toBe(400);
    expect(await status("/api/audit?outcome=maybe")).toBe(400);
    expect(await status("/api/audit?colour=red")).toBe(400);
  });
});

describe("metrics", () => {
  const TOKEN = "scrape-me-0123456789";
  /** The parameters have no order. */
  const mediaType = (headers: Headers): string[] => (headers.get("content-type") ?? "").split("; ").sort();

  it("are read by Prometheus with its token, in the format it asks for, and by people who may", async () => {
    await start({ metricsToken: TOKEN });
    const answer = await call("/api/metrics", { token: TOKEN });
    expect(answer.status).toBe(200);
    expect(mediaType(answer.headers)).toEqual(["charset=utf-8", "text/plain", "version=0.0.4"]);
    const read = parseMetrics(answer.text, "prometheus");
    expect(read.get("hotline_running")).toMatchObject({ type: "gauge", samples: [{ value: 1 }] });
    expect(read.get("hotline_calls_total")).toMatchObject({ type: "counter", samples: [{ labels: { direction: "inbound" }, value: 0 }, { labels: { direction: "outbound" }, value: 0 }] });
    expect(read.get("process_cpu_user_seconds_total")?.samples[0]?.value).toBeGreaterThan(0);
    expect(read.get("process_resident_memory_bytes")?.samples[0]?.value).toBeGreaterThan(1_000_000);
    expect(read.get("hotline_http_requests")?.samples[0]?.value).toBeGreaterThanOrEqual(1);
    const modern = await call("/api/metrics", { token: (await login("watcher")).token, headers: { accept: "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5" } });
    expect(mediaType(modern.headers)).toEqual(["application/openmetrics-text", "charset=utf-8", "version=1.0.0"]);
    expect(parseMetrics(modern.text, "openmetrics").get("hotline_calls")).toMatchObject({ type: "counter" });
  });

  it("are for nobody else, and their token opens nothing else", async () => {
    await start({ metricsToken: TOKEN });
    expect((await call("/api/metrics")).status).toBe(401);
    expect((await call("/api/metrics", { token: `${TOKEN}x` })).status).toBe(401);
    expect((await call("/api/metrics", { token: (await login("guest")).token })).status).toBe(403);
    for (const path of ["/api/auth/me", "/api/interactions", "/api/audit", "/api/desk?n=1"]) expect((await call(path, { token: TOKEN })).status).toBe(401);
    await stop();
    await start();
    expect((await call("/api/metrics", { token: TOKEN })).status).toBe(401);
  });
});

describe("starting", () => {
  it("says which port is taken and what to set", async () => {
    await start();
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
    const { port } = holder.address() as AddressInfo;
    const other = mkdtempSync(join(tmpdir(), "hotline-http-"));
    const second = createHotline({ dataDir: other, logger: createSilentLogger(), plugins: [http({ port })] });
    const error: unknown = await second.start().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "HTL_HTTP_PORT_IN_USE" });
    expect((error as Error).message).toContain(String(port));
    expect((error as Error).message).toContain("HOTLINE_HTTP_PORT");
    holder.close();
    rmSync(other, { recursive: true, force: true });
  });

  it.each([
    [{ tlsCert: "/nowhere/cert.pem", tlsKey: "/nowhere/key.pem" }, "HTL_HTTP_TLS_INVALID"],
    [{ tlsCert: "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----" }, "HTL_HTTP_TLS_INVALID"],
    [{ host: "0.0.0.0" }, "HTL_HTTP_HOST_EXPOSED"],
    [{ port: 70_000 }, "HTL_CORE_CONFIG_INVALID"],
  ])("refuses %j", async (options, code) => {
    await start();
    const other = mkdtempSync(join(tmpdir(), "hotline-http-"));
    await expect(createHotline({ dataDir: other, logger: createSilentLogger(), plugins: [http({ port: 0, ...options })] }).start()).rejects.toMatchObject({ code });
    rmSync(other, { recursive: true, force: true });
  });

  it("works without anybody who could sign in", async () => {
    await start({}, { plugins: [http({ port: 0 })] });
    const answer = await call("/api/auth/login", { body: { username: "a", password: "b" } });
    expect([answer.status, answer.json?.code]).toEqual([503, "HTL_HTTP_NO_DIRECTORY"]);
    expect((await call("/api/health")).status).toBe(200);
  });
});
