import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Example } from "./support/example.js";
import { hasSipp } from "./support/peers.js";
import { pause, RtpProbe } from "./support/rtp-probe.js";
import { rawInvite } from "./support/raw-invite.js";
import { SippCallers } from "./support/sipp.js";
import { readWav } from "./support/wav.js";

interface Item {
  readonly id?: string;
  readonly number?: string;
  readonly key?: string;
}
interface Page<T = Item> {
  readonly items: readonly T[];
  readonly next: string | null;
}
interface Failure {
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}
interface Recording {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
}

const PAGED = ["/api/calls", "/api/interactions", "/api/tickets", "/api/recordings", "/api/agents", "/api/queues"] as const;
/** What must never be in an answer: a place in the code or on the disk. */
const LEAK = /\n\s+at |node_modules|\.[jt]s:\d+|\/tmp\/|SQLITE|select .* from/i;

let example: Example;
const tokens = new Map<string, string>();

/** As somebody, or as nobody. */
async function ask(who: "admin" | "agent" | undefined, path: string, init: RequestInit = {}): Promise<Response> {
  const headers: Record<string, string> = { ...(init.headers as Record<string, string> | undefined) };
  if (who !== undefined) {
    if (!tokens.has(who)) tokens.set(who, await (who === "admin" ? example.login() : example.login("1001", "demo-1001")));
    headers.authorization = `Bearer ${tokens.get(who)}`;
  }
  return fetch(`http://127.0.0.1:${example.httpPort}${path}`, { ...init, headers });
}

const json = (method: string, body: unknown): RequestInit => ({ method, headers: { "content-type": "application/json" }, body: typeof body === "string" ? body : JSON.stringify(body) });

/** Expects a refusal in the form that all refusals have. */
async function refused(response: Response, status: number, code?: string | RegExp): Promise<Failure> {
  const text = await response.text();
  expect(response.status, text).toBe(status);
  expect(text).not.toMatch(LEAK);
  const failure = JSON.parse(text) as Failure;
  expect(Object.keys(failure).sort()).toEqual(["code", "details", "message"]);
  expect(failure.code).toMatch(/^HTL_[A-Z_0-9]+$/);
  if (code !== undefined) expect(failure.code).toMatch(code);
  return failure;
}

async function items<T = Item>(path: string): Promise<Page<T>> {
  const response = await ask("admin", path);
  expect(response.status, `${path}: ${response.status === 200 ? "" : await response.clone().text()}`).toBe(200);
  return (await response.json()) as Page<T>;
}

beforeAll(async () => {
  example = await Example.start();
});
afterAll(() => example.dispose());

describe("without login", () => {
  it("health says how the hotline is, and no more", async () => {
    const response = await ask(undefined, "/api/health");
    expect(response.status).toBe(200);
    const health = (await response.json()) as { state: string; ok: boolean; plugins: readonly Record<string, unknown>[] };
    expect(health).toMatchObject({ state: "running", ok: true });
    for (const plugin of health.plugins) expect(Object.keys(plugin).sort()).toEqual(["name", "ok", "state"]);
    const full = (await (await ask("admin", "/api/health")).json()) as { version: string; plugins: readonly { details?: unknown }[] };
    expect(full.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(full.plugins.some((plugin) => plugin.details !== undefined)).toBe(true);
  });

  it("nothing else is open", async () => {
    const { paths } = (await (await ask(undefined, "/api/openapi.json")).json()) as { paths: Record<string, Record<string, unknown>> };
    const open: string[] = [];
    for (const [path, methods] of Object.entries(paths)) {
      for (const method of Object.keys(methods)) {
        const response = await ask(undefined, path.replace(/\{\w+\}/g, "x"), { method: method.toUpperCase() });
        if (response.status === 401) {
          await refused(response, 401, "HTL_HTTP_NOT_SIGNED_IN");
          expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
        } else open.push(`${method} ${path}`);
      }
    }
    // Pages for citizens, and the shell of the console with its scripts, are public; a citizen's chat is opened by its own token.
    const others = open.filter((route) => !/^\w+ \/(portal|console)\b/.test(route));
    expect(others.sort()).toEqual(["get /", "get /api/auth/session", "get /api/health", "get /api/openapi.json", "get /api/webchat/chat", "post /api/auth/login", "post /api/webchat/chat/end", "post /api/webchat/chat/messages", "post /api/webchat/chats"]);
  });

  it("a made-up token is no login", async () => {
    for (const authorization of ["Bearer x", "Bearer ", `Bearer ${"a".repeat(500)}`, "Basic YWRtaW46ZGVtby1hZG1pbg=="]) await refused(await ask(undefined, "/api/tickets", { headers: { authorization } }), 401, "HTL_HTTP_NOT_SIGNED_IN");
  });
});

describe("login", () => {
  const login = (username: unknown, password: unknown): Promise<Response> => ask(undefined, "/api/auth/login", json("POST", { username, password }));

  it("right: a token and a cookie, either opens; after logout neither", async () => {
    const response = await login("1002", "demo-1002");
    expect(response.status).toBe(200);
    const { token, user } = (await response.json()) as { token: string; user: { username: string; roles: string[]; agentNumber: string } };
    expect(user).toMatchObject({ username: "1002", roles: ["agent"], agentNumber: "1002" });
    const cookie = response.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(/HttpOnly/i);
    expect(cookie).toMatch(/SameSite/i);
    for (const headers of [{ authorization: `Bearer ${token}` }, { cookie: cookie.split(";")[0] ?? "" }] as Record<string, string>[]) expect((await ask(undefined, "/api/auth/me", { headers })).status).toBe(200);
    expect((await ask(undefined, "/api/auth/logout", { method: "POST", headers: { authorization: `Bearer ${token}` } })).status).toBe(204);
    await refused(await ask(undefined, "/api/auth/me", { headers: { authorization: `Bearer ${token}` } }), 401);
    await refused(await ask(undefined, "/api/auth/me", { headers: { cookie: cookie.split(";")[0] ?? "" } }), 401);
  });

  it("wrong: the same answer for a wrong name and a wrong password, without either in it", async () => {
    const wrong = await refused(await login("1003", "not-the-password"), 401, "HTL_HTTP_WRONG_CREDENTIALS");
    const unknown = await refused(await login("nobody-here", "demo-1003"), 401, "HTL_HTTP_WRONG_CREDENTIALS");
    expect(unknown).toEqual(wrong);
    expect(JSON.stringify([wrong, unknown])).not.toMatch(/not-the-password|nobody-here/);
  });

  it("locked after five failures, with when to come again; others are not", async () => {
    for (let i = 0; i < 5; i++) await refused(await login("1004", `wrong-${i}`), 401);
    const response = await login("1004", "demo-1004");
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    await refused(response, 429, "HTL_DIRECTORY_LOCKED");
    expect((await login("1003", "demo-1003")).status).toBe(200);
  });

  it.each([
    ["no body", { method: "POST" }, 400, "BAD_INPUT"],
    ["no JSON", json("POST", "{username"), 400, "BAD_JSON"],
    ["another type", { method: "POST", headers: { "content-type": "text/plain" }, body: "x" }, 415, "BAD_MEDIA_TYPE"],
    ["an array", json("POST", []), 400, "BAD_INPUT"],
    ["a number for a name", json("POST", { username: 1, password: "x" }), 400, "BAD_INPUT"],
    ["one key too many", json("POST", { username: "a", password: "b", admin: true }), 400, "BAD_INPUT"],
    ["prototype tricks", json("POST", '{"username":"a","password":"b","__proto__":{"x":1},"constructor":1}'), 400, "BAD_INPUT"],
    ["two megabytes", json("POST", { username: "a", password: "x".repeat(2 * 1024 * 1024) }), 413, "BODY_TOO_LARGE"],
  ] as const)("%s is told apart", async (_name, init, status, code) => {
    await refused(await ask(undefined, "/api/auth/login", init), status, `HTL_HTTP_${code}`);
  });
});

describe.skipIf(!hasSipp())("lists, recordings and tickets after two calls", () => {
  let recording: Recording;

  beforeAll(async () => {
    const probes = await Promise.all([RtpProbe.open(), RtpProbe.open()]);
    const callers = await SippCallers.start({ sipPort: example.sipPort, talkMs: 4_000, calls: probes.map((probe, index) => ({ from: `1360000000${index}`, mediaPort: probe.port })) });
    try {
      for (const probe of probes) probe.playTone(700);
      await Promise.all(probes.map((probe) => probe.hearsSound()));
      const { items: live } = await example.eventually<Page<Recording>>("/api/recordings", (page) => page.items.length === 2);
      expect(live.map((each) => each.state)).toEqual(["capturing", "capturing"]);
      // Still being written: no Opus file yet.
      await refused(await ask("admin", `/api/recordings/${live[0]?.id}/audio?format=opus`), 409, "HTL_RECORDING_NOT_COMPRESSED");
      await callers.exited;
    } finally {
      callers.dispose();
      for (const probe of probes) probe.close();
    }
    const done = await example.eventually<Page<Recording>>("/api/recordings", (page) => page.items.every((each) => each.state === "compressed"), 30_000);
    recording = done.items[0] as Recording;
    for (const kind of ["complaint", "report", "consultation"]) {
      const response = await ask("admin", "/api/tickets", json("POST", { kind, summary: "公交", contactName: "张三", contactNumber: "13800138000" }));
      expect(response.status).toBe(201);
      expect(response.headers.get("location")).toMatch(/^\/api\/tickets\/[\w-]+$/);
    }
  }, 60_000);

  it.each(PAGED)("%s: {items, next}, page by page the same as in one", async (path) => {
    const whole = await items(`${path}?limit=200`);
    expect(Object.keys(whole).sort()).toEqual(["items", "next"]);
    expect(whole.next).toBeNull();
    expect(whole.items.length).toBeGreaterThan(0);
    const seen: Item[] = [];
    let cursor: string | null = null;
    do {
      const page: Page = await items(`${path}?limit=1${cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`}`);
      expect(page.items.length).toBe(1);
      seen.push(...page.items);
      cursor = page.next;
    } while (cursor !== null && seen.length < 50);
    const key = (item: Item): string => item.id ?? item.number ?? item.key ?? "";
    expect(seen.map(key)).toEqual(whole.items.map(key));
  });

  it.each(PAGED)("%s: 400 with code and details for what does not fit", async (path) => {
    for (const query of ["limit=0", "limit=-1", "limit=100000", "limit=x", "limit=1.5", "limit=1&limit=2", `cursor=${"x".repeat(300)}`]) {
      const failure = await refused(await ask("admin", `${path}?${query}`), 400, "HTL_HTTP_BAD_INPUT");
      expect(JSON.stringify(failure.details)).toContain(query.split("=")[0]);
    }
    await refused(await ask("admin", `${path}?%E0%A4%A=1`), 400);
    if (!["/api/agents", "/api/queues"].includes(path)) for (const cursor of ["nonsense", "AAAA", "bnVsbA", "%00", "'; drop table x --"]) await refused(await ask("admin", `${path}?cursor=${encodeURIComponent(cursor)}`), 400, /_BAD_CURSOR$/);
  });

  it.each(PAGED)("%s: a filter that does not exist is told, not passed over", async (path) => {
    await refused(await ask("admin", `${path}?colour=red`), 400, "HTL_HTTP_BAD_INPUT");
  });

  it("every list of the description answers {items, next} to the admin, and 403 or a list to an agent", async () => {
    const { paths } = (await (await ask(undefined, "/api/openapi.json")).json()) as { paths: Record<string, Record<string, unknown>> };
    const denied: string[] = [];
    const lists: string[] = [];
    for (const [path, methods] of Object.entries(paths)) {
      if (!("get" in methods) || path.includes("{") || !path.startsWith("/api/") || ["/api/health", "/api/openapi.json"].includes(path)) continue;
      const answer = await ask("admin", path);
      if (answer.status !== 200) {
        // No list of everybody's: the caller's own, who has none.
        await refused(answer, answer.status);
        continue;
      }
      if (answer.headers.get("content-type")?.startsWith("application/json") !== true) continue;
      const page = (await answer.json()) as object;
      if (!("items" in page)) continue;
      lists.push(path);
      expect(Array.isArray(page.items), path).toBe(true);
      expect(page, path).toHaveProperty("next");
      const agent = await ask("agent", path);
      if (agent.status === 403) {
        await refused(agent, 403, "HTL_HTTP_FORBIDDEN");
        denied.push(path);
      } else expect(agent.status, path).toBe(200);
    }
    expect(denied).toEqual(expect.arrayContaining(["/api/directory/users", "/api/directory/roles", "/api/sip/registrations", "/api/sip/trunks", "/api/surveys"]));
    expect(denied).not.toContain("/api/tickets");
    expect(lists).toEqual(expect.arrayContaining(["/api/agents", "/api/calls", "/api/callbacks", "/api/faxes", "/api/interactions", "/api/queues", "/api/recordings", "/api/tickets"]));
  });

  it("what an agent may not do is 403, whatever the body", async () => {
    await refused(await ask("agent", "/api/directory/users", json("POST", { username: "evil", password: "x", displayName: "x", roles: ["admin"] })), 403, "HTL_HTTP_FORBIDDEN");
    await refused(await ask("agent", "/api/agents/1002/state", json("POST", { state: "offline" })), 403, "HTL_ACD_NOT_ALLOWED");
    expect((await ask("agent", "/api/agents/1001/state", json("POST", { state: "not-ready", reason: "training" }))).status).toBe(200);
    expect((await ask("agent", "/api/agents/1001/state", json("POST", { state: "available" }))).status).toBe(200);
  });

  it("404 with code for each thing that is not there", async () => {
    const { paths } = (await (await ask(undefined, "/api/openapi.json")).json()) as { paths: Record<string, Record<string, unknown>> };
    for (const [path, methods] of Object.entries(paths)) {
      if (!("get" in methods) || !path.includes("{") || !path.startsWith("/api/") || path.startsWith("/api/webchat/")) continue;
      const answer = await ask("admin", path.replace(/\{(\w+)\}/g, (_all, name: string) => (["number", "line"].includes(name) ? "99" : "0190-none")));
      // What belongs to a thing that is not there may also be an empty list.
      if (answer.status === 200) expect(await answer.json(), path).toEqual({ items: [], next: null });
      else await refused(answer, 404);
    }
    for (const path of ["/api/none", "/api/tickets/x/y/z", "/api/recordings/", "/etc/passwd", "/api/../../etc/passwd", "/.env"]) {
      const response = await ask("admin", path);
      if (path === "/api/recordings/") expect([200, 404]).toContain(response.status);
      else await refused(response, 404, "HTL_HTTP_NOT_FOUND");
    }
    await refused(await ask("admin", "/api/tickets/none/transitions", json("POST", { action: "register" })), 404, "HTL_TICKETS_NOT_FOUND");
    await refused(await ask("admin", "/api/agents/9999/state", json("POST", { state: "available" })), 404, "HTL_ACD_UNKNOWN_AGENT");
    await refused(await ask("admin", "/api/tickets", { method: "DELETE" }), 405, "HTL_HTTP_METHOD_NOT_ALLOWED");
    await refused(await ask("admin", "/api/tickets/%E0%A4%A"), 400);
  });

  it("400 with code and details for tickets that cannot be", async () => {
    for (const [body, code] of [
      [{}, "HTL_HTTP_BAD_INPUT"],
      [{ kind: "complaint", nonsense: 1 }, "HTL_HTTP_BAD_INPUT"],
      [{ kind: "complaint", summary: "x".repeat(501) }, "HTL_HTTP_BAD_INPUT"],
      [{ kind: "juggling" }, "HTL_TICKETS_UNKNOWN_KIND"],
      [{ kind: "complaint", category: "999999" }, "HTL_TICKETS_UNKNOWN_CATEGORY"],
      [{ kind: "complaint", anonymous: true }, "HTL_TICKETS_ANONYMOUS_NOT_ALLOWED"],
    ] as const) {
      const failure = await refused(await ask("admin", "/api/tickets", json("POST", body)), 400, code);
      if (code === "HTL_HTTP_BAD_INPUT") expect(Object.keys(failure.details).length).toBeGreaterThan(0);
    }
    const { items: tickets } = await items<{ id: string; version: number; status: string }>("/api/tickets?kind=complaint");
    const ticket = tickets[0];
    const move = (body: unknown): Promise<Response> => ask("admin", `/api/tickets/${ticket?.id}/transitions`, json("POST", body));
    await refused(await move({ action: "fly" }), 400, "HTL_TICKETS_UNKNOWN_ACTION");
    await refused(await move({ action: "close" }), 409, "HTL_TICKETS_NOT_ALLOWED");
    await refused(await move({ action: "start", version: 99 }), 409, "HTL_TICKETS_CONFLICT");
  });

  it("the citizen behind a report is not an agent's business", async () => {
    const seen = (await (await ask("agent", "/api/tickets?kind=report")).json()) as Page<{ contactName: unknown; contactNumber: unknown; summary: unknown }>;
    expect(seen.items).toMatchObject([{ contactName: null, contactNumber: null, summary: null }]);
    expect((await items("/api/tickets?kind=report")).items).toMatchObject([{ contactNumber: "13800138000" }]);
  });

  it.each(["wav", "opus"])("the sound as %s: ranges are slices of the whole", async (format) => {
    const path = `/api/recordings/${recording.id}/audio?format=${format}`;
    const whole = await ask("admin", path);
    expect(whole.status).toBe(200);
    expect(whole.headers.get("accept-ranges")).toBe("bytes");
    const bytes = Buffer.from(await whole.arrayBuffer());
    expect(Number(whole.headers.get("content-length"))).toBe(bytes.length);
    expect(bytes.toString("latin1", 0, 4)).toBe(format === "wav" ? "RIFF" : "OggS");
    if (format === "wav") expect(Math.max(...(readWav(bytes).channels[0] ?? []))).toBeGreaterThan(3_000);
    const size = bytes.length;
    for (const [range, from, to] of [
      ["bytes=0-99", 0, 99],
      ["bytes=100-199", 100, 199],
      ["bytes=-50", size - 50, size - 1],
      [`bytes=${size - 1}-`, size - 1, size - 1],
      ["bytes=40-999999999", 40, size - 1],
    ] as const) {
      const part = await ask("admin", path, { headers: { range } });
      expect(part.status, range).toBe(206);
      expect(part.headers.get("content-range")).toBe(`bytes ${from}-${to}/${size}`);
      expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(from, to + 1)), range).toBe(true);
    }
    const outside = await ask("admin", path, { headers: { range: `bytes=${size}-` } });
    expect(outside.headers.get("content-range")).toBe(`bytes */${size}`);
    await refused(outside, 416, "HTL_HTTP_RANGE_UNSATISFIABLE");
    const head = await ask("admin", path, { method: "HEAD" });
    expect(head.status).toBe(200);
    expect(Number(head.headers.get("content-length"))).toBe(size);
  });

  it("sound that is not there, or not for this person", async () => {
    await refused(await ask("admin", `/api/recordings/${recording.id}/audio?format=mp3`), 400, "HTL_HTTP_BAD_INPUT");
    await refused(await ask("admin", "/api/recordings/none/audio"), 404, "HTL_RECORDING_NOT_FOUND");
    const { items: reports } = await items<{ id: string }>("/api/tickets?kind=report");
    expect(reports).toHaveLength(1);
    await refused(await ask(undefined, `/api/recordings/${recording.id}/audio`), 401);
  });
});

describe.skipIf(!hasSipp())("SIGTERM while a call is up", () => {
  it("drains: new callers get 503 and when to come again, the call finishes, exit code 0", async () => {
    const probe = await RtpProbe.open();
    const caller = await SippCallers.start({ sipPort: example.sipPort, talkMs: 6_000, calls: [{ from: "13600000009", mediaPort: probe.port }] });
    try {
      probe.playSilence();
      await probe.hearsSound();
      example.process.kill("SIGTERM");
      await pause(500);
      const answer = await rawInvite(example.sipPort);
      expect(answer?.status).toBe(503);
      expect(Number(answer?.headers["retry-after"])).toBeGreaterThan(0);
      // Who works over the web goes on, too: agents end their calls and write what they were told.
      const health = await fetch(`${example.url}/api/health`);
      expect([health.status, await health.json()]).toMatchObject([503, { state: "draining" }]);
      expect((await example.get<Page<{ endReason: string | null }>>("/api/calls?limit=1")).items[0]).toMatchObject({ endReason: null });
      const before = probe.packets.length;
      await pause(1_500);
      // The one inside goes on hearing.
      expect(probe.packets.length - before).toBeGreaterThan(50);
      expect(example.process.exitCode).toBeNull();
      expect(await caller.exited, caller.errors()).toBe(0);
      expect(await example.exited).toBe(0);
    } finally {
      caller.dispose();
      probe.close();
    }
    expect(example.stderr).not.toMatch(/"level":(50|60)/);
  }, 60_000);

  it("a second one stops at once: the caller gets BYE, exit code 0, nothing is found open afterwards", async () => {
    const second = await Example.start({ dataDir: example.dataDir });
    const probe = await RtpProbe.open();
    const caller = await SippCallers.start({ sipPort: second.sipPort, talkMs: 60_000, calls: [{ from: "13600000008", mediaPort: probe.port }] });
    let third: Example | undefined;
    try {
      probe.playSilence();
      await probe.hearsSound();
      second.process.kill("SIGTERM");
      await pause(800);
      expect(second.process.exitCode).toBeNull();
      second.process.kill("SIGTERM");
      expect(await second.exited).toBe(0);
      expect(await Promise.race([caller.exited, pause(3_000).then(() => "no BYE" as const)]), caller.errors()).toBe(0);
      third = await Example.start({ dataDir: example.dataDir });
      const calls = await third.get<Page<{ callerNumber: string; endReason: string | null }>>("/api/calls?limit=10");
      expect(calls.items[0]).toMatchObject({ endReason: "hangup" });
      expect(calls.items.some((call) => call.endReason === "process_restart" || call.endReason === null)).toBe(false);
    } finally {
      caller.dispose();
      probe.close();
      await second.dispose();
      await third?.dispose();
    }
  }, 60_000);
});
