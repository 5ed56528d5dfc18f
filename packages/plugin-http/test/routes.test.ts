import { once } from "node:events";
import { connect } from "node:net";
import { defineErrors, defineRoute } from "@hotlinejs/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { checkRoutes } from "../src/server/route-app.js";
import { startServer, type TestServer } from "./test-server.js";

const errors = defineErrors("DESK", { FULL: { message: "Desk %s is full", status: 409 }, BROKEN: { message: "internal path /etc/secret" } });

let aborted: Promise<unknown>;
let release: () => void;

const echo = defineRoute({
  method: "POST",
  path: "/api/echo/:id",
  permission: "desk.read",
  summary: "echo",
  params: z.strictObject({ id: z.coerce.number().int() }),
  query: z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50) }),
  body: z.strictObject({ name: z.string().min(1), tags: z.array(z.string()).default([]) }),
  output: z.object({ params: z.object({ id: z.number() }), query: z.object({ limit: z.number() }), body: z.unknown(), user: z.string() }),
  handler: ({ params, query, body, principal }) => Promise.resolve({ params, query, body, user: principal?.username }),
});

function get(path: string, handler: () => unknown, permission = "public") {
  return defineRoute({ method: "GET", path, permission, summary: path, handler: async () => Promise.resolve(handler()) });
}

const routes = [
  echo,
  get("/api/things/:id", () => ({ which: "by id" }), "desk.read"),
  get("/api/things/export", () => ({ which: "export" }), "desk.read"),
  get("/api/me", () => ({}), "authenticated"),
  get("/api/rare", () => ({}), "desk.write"),
  get("/api/full", () => {
    throw errors.FULL("3", { details: { waiting: 4, retryAfter: 7 } });
  }),
  get("/api/broken", () => {
    throw errors.BROKEN();
  }),
  get("/api/crash", () => {
    throw new Error("password is hunter2");
  }),
  get("/api/hostile", () => {
    const trap = (): never => {
      throw new Error("at /etc/secret");
    };
    throw new Proxy({}, { get: trap, getPrototypeOf: trap }) as unknown as Error;
  }),
  get("/api/nothing", () => undefined),
  defineRoute({ method: "GET", path: "/api/whence", permission: "public", summary: "", handler: ({ remoteAddress, headers }) => Promise.resolve({ remoteAddress, requestId: headers["x-request-id"] }) }),
  get("/api/created", () => ({ kind: "reply", status: 201, headers: { Location: "/api/created/1" }, body: { id: 1 } })),
  get("/api/bigint", () => ({ n: 1n })),
  defineRoute({ method: "GET", path: "/api/misfit", permission: "public", summary: "", output: z.object({ n: z.number() }), handler: () => Promise.resolve({ n: "1" }) }),
  defineRoute({
    method: "GET",
    path: "/api/slow",
    permission: "public",
    summary: "",
    handler: ({ signal }) =>
      new Promise((resolve) => {
        release = () => resolve({ done: true });
        aborted = new Promise((seen) => signal.addEventListener("abort", () => seen(signal.reason), { once: true }));
      }),
  }),
];

let test: TestServer;
beforeEach(async () => {
  test = await startServer(routes, { bodyLimit: 2048 });
});
afterEach(() => test.stop());

describe("input", () => {
  it("is checked, converted and given to the handler", async () => {
    const response = await test.post("/api/echo/7?limit=3", { name: "x" });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toEqual({ params: { id: 7 }, query: { limit: 3 }, body: { name: "x", tags: [] }, user: "1001" });
  });

  it.each([
    ["/api/echo/x", { name: "x" }, "params.id"],
    ["/api/echo/1?limit=0", { name: "x" }, "query.limit"],
    ["/api/echo/1?limit=201", { name: "x" }, "query.limit"],
    ["/api/echo/1?other=1", { name: "x" }, "query"],
    ["/api/echo/1?limit=1&limit=2", { name: "x" }, "query.limit"],
    ["/api/echo/1", { name: "" }, "body.name"],
    ["/api/echo/1", { name: "x", tags: ["a", 1] }, "body.tags.1"],
    ["/api/echo/1", [], "body"],
    ["/api/echo/1", "null", "body"],
    ["/api/echo/1", "5", "body"],
    ["/api/echo/1?limit=%00", { name: "x" }, "query.limit"],
    ["/api/echo/%00", { name: "x" }, "params.id"],
    ["/api/echo/1", { name: "x", tags: ["a", "b\0"] }, "body.tags.1"],
    ["/api/echo/1", { name: "x", "a\0": 1 }, "body"],
  ])("%s %j is refused at %s", async (path, body, where) => {
    const response = await test.post(path, body);
    expect(response.status).toBe(400);
    const json = (await response.json()) as { code: string; details: { issues: { path: string }[] } };
    expect(json.code).toBe("HTL_HTTP_BAD_INPUT");
    expect(json.details.issues.map((issue) => issue.path)).toContain(where);
  });

  it("is refused however deep it is nested", async () => {
    const response = await test.call("/api/echo/1", { method: "POST", token: "good", headers: { "content-type": "application/json" }, body: `{"name":${"[".repeat(400)}"\\u0000"${"]".repeat(400)}}` });
    expect(response.status).toBe(400);
    expect((await response.text()).length).toBeLessThan(2000);
  });

  it("without a body is refused as such", async () => {
    const response = await test.call("/api/echo/1", { method: "POST", token: "good" });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([400, "HTL_HTTP_BAD_INPUT"]);
  });

  it.each([
    ["broken JSON", '{"name":', { "content-type": "application/json" }, 400, "HTL_HTTP_BAD_JSON"],
    ["no JSON", "name=x", { "content-type": "application/x-www-form-urlencoded" }, 415, "HTL_HTTP_BAD_MEDIA_TYPE"],
    ["an unknown encoding", "{}", { "content-encoding": "rot13" }, 415, "HTL_HTTP_BAD_MEDIA_TYPE"],
    ["an unknown charset", "{}", { "content-type": "application/json; charset=ebcdic" }, 415, "HTL_HTTP_BAD_MEDIA_TYPE"],
    ["too much", JSON.stringify({ name: "x".repeat(5000) }), {}, 413, "HTL_HTTP_BODY_TOO_LARGE"],
  ])("of %s", async (_what, body, headers, status, code) => {
    const response = await test.post("/api/echo/1", body, { headers: headers as Record<string, string> });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
  });

  it("of too much is refused before it is sent", async () => {
    const socket = connect(test.port, "127.0.0.1");
    socket.write("POST /api/echo/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\nContent-Length: 200000000\r\n\r\n{");
    const [answer] = (await once(socket, "data", { signal: AbortSignal.timeout(3_000) })) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
  });

  it("does not pollute prototypes", async () => {
    const response = await test.post("/api/echo/1", '{"name":"x","__proto__":{"polluted":true}}');
    expect(response.status).toBe(400);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe("paths and methods", () => {
  it("take a fixed path for itself, whoever registered first", async () => {
    expect(await (await test.call("/api/things/export", { token: "good" })).json()).toEqual({ which: "export" });
    expect(await (await test.call("/api/things/12", { token: "good" })).json()).toEqual({ which: "by id" });
  });

  it("tell unknown ones as 404 and wrong methods as 405", async () => {
    const unknown = await test.call("/api/none?secret=1");
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toEqual({ code: "HTL_HTTP_NOT_FOUND", message: "There is nothing at /api/none", details: {} });
    const wrong = await test.call("/api/me", { method: "DELETE" });
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get("allow")).toBe("GET, HEAD, OPTIONS");
    expect(((await wrong.json()) as { code: string }).code).toBe("HTL_HTTP_METHOD_NOT_ALLOWED");
    const options = await test.call("/api/echo/1", { method: "OPTIONS" });
    expect([options.status, options.headers.get("allow"), options.headers.get("access-control-allow-origin")]).toEqual([204, "POST, OPTIONS", null]);
    expect((await test.call("/api/%E0%A4%A")).status).toBe(404);
    expect((await test.call("/api/things/%E0%A4%A", { token: "good" })).status).toBe(400);
  });

  it("a path that leads nowhere is a page for people, in their language, and JSON for programs", async () => {
    const browser = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
    const page = await test.call("/portal/nowhere", { headers: { ...browser, "accept-language": "zh-CN,zh;q=0.9" } });
    expect([page.status, page.headers.get("content-type")]).toEqual([404, "text/html; charset=utf-8"]);
    const words = await page.text();
    expect(words).toContain("没有这个页面");
    expect(words).toContain('<a href="/">返回首页</a>');
    expect(words).not.toContain("nowhere");
    expect(await (await test.call("/old", { headers: { ...browser, "accept-language": "en-GB" } })).text()).toContain("There is no such page");
    for (const [path, headers] of [["/portal/nowhere", {}], ["/api/nowhere", browser]] as const) {
      const answer = await test.call(path, { headers });
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([404, "HTL_HTTP_NOT_FOUND"]);
    }
  });

  it("answer HEAD without a body", async () => {
    const head = await test.call("/api/created", { method: "HEAD" });
    expect([head.status, head.headers.get("location"), await head.text()]).toEqual([201, "/api/created/1", ""]);
  });

  it("believe a proxy only where told to", async () => {
    const headers = { "x-forwarded-for": "203.0.113.9", "x-request-id": "from-the-proxy" };
    expect(await (await test.call("/api/whence", { headers })).json()).toMatchObject({ remoteAddress: "127.0.0.1", requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string });
    const behind = await startServer(routes, { trustedProxies: ["127.0.0.0/8"] });
    expect(await (await behind.call("/api/whence", { headers })).json()).toEqual({ remoteAddress: "203.0.113.9", requestId: "from-the-proxy" });
    expect(await (await behind.call("/api/whence", { headers: { ...headers, "x-forwarded-for": "unknown", forwarded: "for=203.0.113.9" } })).json()).toMatchObject({ remoteAddress: "127.0.0.1" });
    await behind.stop();
    const elsewhere = await startServer(routes, { trustedProxies: ["10.0.0.1"] });
    expect(await (await elsewhere.call("/api/whence", { headers })).json()).toMatchObject({ remoteAddress: "127.0.0.1", requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string });
    await elsewhere.stop();
    const modern = await startServer(routes, { trustedProxies: ["127.0.0.1"], proxyHeader: "forwarded" });
    expect(await (await modern.call("/api/whence", { headers: { ...headers, forwarded: 'for="[2001:db8::5]:4711";proto=https' } })).json()).toMatchObject({ remoteAddress: "2001:db8::5" });
    await modern.stop();
  });

  it("have an id and the headers that keep browsers safe", async () => {
    const response = await test.call("/api/created", { headers: { "x-request-id": "forged-by-client" } });
    expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(response.headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(response.headers.get("content-security-policy")).not.toContain("unsafe-inline");
    expect(response.headers.get("content-security-policy")).not.toContain("upgrade-insecure-requests");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("x-powered-by")).toBeNull();
    expect(response.headers.get("strict-transport-security")).toBeNull();
  });
});

describe("answers", () => {
  it("may be empty, or carry a status and headers", async () => {
    expect((await test.call("/api/nothing")).status).toBe(204);
    const created = await test.call("/api/created");
    expect([created.status, await created.json()]).toEqual([201, { id: 1 }]);
  });

  it("tell coded errors with their status", async () => {
    const response = await test.call("/api/full");
    expect(response.status).toBe(409);
    expect(response.headers.get("retry-after")).toBe("7");
    expect(await response.json()).toEqual({ code: "HTL_DESK_FULL", message: "Desk 3 is full", details: { waiting: 4, retryAfter: 7 } });
  });

  it.each(["/api/crash", "/api/broken", "/api/hostile", "/api/bigint", "/api/misfit"])("leak nothing of what went wrong at %s", async (path) => {
    const response = await test.call(path);
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ code: "HTL_HTTP_INTERNAL", details: { requestId: response.headers.get("x-request-id") } });
    expect(text).not.toMatch(/hunter2|secret|BigInt|stack/);
    expect(test.log.errors).toHaveLength(1);
  });
});

describe("access", () => {
  const codeAndStatus = async (response: Response) => [response.status, ((await response.json()) as { code?: string }).code];

  it("needs a session, and the permission", async () => {
    expect(await codeAndStatus(await test.call("/api/me"))).toEqual([401, "HTL_HTTP_NOT_SIGNED_IN"]);
    expect(await codeAndStatus(await test.call("/api/me", { token: "bad" }))).toEqual([401, "HTL_HTTP_NOT_SIGNED_IN"]);
    expect(await codeAndStatus(await test.call("/api/rare", { token: "good" }))).toEqual([403, "HTL_HTTP_FORBIDDEN"]);
    expect((await test.call("/api/me", { token: "good" })).status).toBe(200);
    expect((await test.call("/api/me", { headers: { cookie: "hotline_session=good" } })).status).toBe(200);
    expect((await test.call("/api/created", { token: "bad" })).status).toBe(201);
  });

  it("takes no cookie when an Authorization header is there, right or wrong", async () => {
    expect((await test.call("/api/me", { headers: { cookie: "hotline_session=good", authorization: "Basic eDp5" } })).status).toBe(401);
  });

  it("does not tell what is wrong with the database", async () => {
    test.sessions.failing = true;
    const response = await test.call("/api/me", { token: "good" });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("secret-dsn");
  });

  it("by cookie needs proof that the page is ours before anything changes", async () => {
    const post = (headers: Record<string, string>) =>
      test.call("/api/echo/1", { method: "POST", body: '{"name":"x"}', headers: { "content-type": "application/json", cookie: "hotline_session=good", ...headers } });
    // Node's fetch says sec-fetch-mode only, so the rest is as given here.
    expect(await codeAndStatus(await post({}))).toEqual([403, "HTL_HTTP_CROSS_ORIGIN"]);
    expect(await codeAndStatus(await post({ origin: "https://evil.example" }))).toEqual([403, "HTL_HTTP_CROSS_ORIGIN"]);
    expect(await codeAndStatus(await post({ origin: "null" }))).toEqual([403, "HTL_HTTP_CROSS_ORIGIN"]);
    expect((await post({ origin: test.url })).status).toBe(200);
    expect((await post({ "x-hotline-csrf": "1" })).status).toBe(200);
    expect((await test.post("/api/echo/1", { name: "x" }, { headers: { origin: "https://evil.example" } })).status).toBe(200);
  });
});

describe("connections", () => {
  it("that go away abort the handler", async () => {
    const socket = connect(test.port, "127.0.0.1");
    socket.write("GET /api/slow HTTP/1.1\r\nHost: x\r\n\r\n");
    await expect.poll(() => test.server.active).toBe(1);
    socket.destroy();
    expect(await aborted).toMatchObject({ code: "HTL_HTTP_CLIENT_GONE" });
    release();
    await expect.poll(() => test.server.active).toBe(0);
    expect((await test.call("/api/nothing")).status).toBe(204);
  });

  it.each(["\0\x01\x02 rubbish\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", "GET /x HTTP/9.9\r\n\r\n"])("with rubbish are answered 400 and closed: %j", async (text) => {
    const socket = connect(test.port, "127.0.0.1");
    socket.end(text);
    const chunks: string[] = [];
    socket.on("data", (chunk) => chunks.push(String(chunk)));
    await once(socket, "close");
    expect(chunks.join("")).toMatch(/^HTTP\/1\.1 (400|505) /);
    expect((await test.call("/api/nothing")).status).toBe(204);
  });

  it("are drained: what runs is finished, nothing new is taken", async () => {
    const slow = test.call("/api/slow");
    await expect.poll(() => test.server.active).toBe(1);
    // An idle kept-alive connection must not hold up the drain.
    const idle = connect(test.port, "127.0.0.1");
    idle.write("GET /api/nothing HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(idle, "data");
    let drained = false;
    const drain = test.server.drain(new AbortController().signal).then(() => (drained = true));
    await expect(fetch(`${test.url}/api/nothing`)).rejects.toThrow();
    expect(drained).toBe(false);
    release();
    const response = await slow;
    expect([response.status, response.headers.get("connection"), await response.json()]).toEqual([200, "close", { done: true }]);
    await drain;
  });

  it("that do not end are cut at the deadline", async () => {
    const slow = test.call("/api/slow");
    slow.catch(() => undefined);
    await expect.poll(() => test.server.active).toBe(1);
    const deadline = new AbortController();
    const drain = test.server.drain(deadline.signal);
    deadline.abort();
    await drain;
    await test.server.stop();
    await expect(slow).rejects.toThrow();
    await test.server.stop();
  });
});

describe("routes that cannot be served", () => {
  it.each([
    ["GET", "/api/(", /Route GET \/api\/\( of plugin vip cannot be served/],
    ["GET", "/api/:", /plugin vip/],
    ["BREW", "/api/pot", /the method is none of GET, POST/],
  ])("%s %s is told with its plugin", (method, path, says) => {
    const bad = { ...get("/api/x", () => undefined), method: method as "GET", path };
    expect(() => checkRoutes([{ plugin: "desk", route: echo }, { plugin: "vip", route: bad }])).toThrow(says);
  });
  it("is told of good ones by nobody", () => expect(() => checkRoutes(routes.map((route) => ({ plugin: "desk", route })))).not.toThrow());
});
