import { defineRoute } from "@hotlinejs/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { startServer, type TestServer } from "./test-server.js";

const body = z.record(z.string(), z.union([z.string(), z.array(z.string())]));
const echo = (path: string, form: boolean) => defineRoute({ method: "POST", path, permission: "public", summary: "", body, form, handler: (request) => Promise.resolve(request.body) });
const page = defineRoute({ method: "GET", path: "/page", permission: "public", summary: "", handler: () => Promise.resolve({ kind: "reply", status: 200, headers: { "Content-Type": "text/html; charset=utf-8", "Set-Cookie": ["a=1", "b=2"] }, text: "<p>您好" }) });

let server: TestServer;
beforeEach(async () => {
  server = await startServer([echo("/form", true), echo("/json-only", false), page], { bodyLimit: 2_000 });
});
afterEach(() => server.stop());

const post = (path: string, text: string, type = "application/x-www-form-urlencoded"): Promise<Response> => fetch(`${server.url}${path}`, { method: "POST", headers: { "content-type": type }, body: text });

describe("HTML forms", () => {
  it("are taken where the route says so, with repeated names as lists", async () => {
    expect(await (await post("/form", "name=%E7%8E%8B&tag=a&tag=b")).json()).toEqual({ name: "王", tag: ["a", "b"] });
    expect(await (await post("/form", '{"name":"王"}', "application/json")).json()).toEqual({ name: "王" });
    expect((await post("/json-only", "name=x")).status).toBe(415);
  });

  it("too large, of too many fields, or with U+0000 are refused by code", async () => {
    expect((await post("/form", `name=${"x".repeat(3_000)}`)).status).toBe(413);
    const many = await post("/form", Array.from({ length: 300 }, (_none, index) => `${index}`).join("&"));
    expect([many.status, ((await many.json()) as { code: string }).code]).toEqual([400, "HTL_HTTP_BAD_REQUEST"]);
    expect((await post("/form", "name=a%00b")).status).toBe(400);
    for (const body of ['{"name":"a\\ud83d"}', '{"\\udc00":"b"}', '{"tag":["\\ude00\\ud83d"]}']) {
      const half = await post("/form", body, "application/json");
      expect([half.status, ((await half.json()) as { code: string }).code], body).toEqual([400, "HTL_HTTP_BAD_INPUT"]);
    }
    expect(await (await post("/form", '{"name":"\\ud83d\\ude00"}', "application/json")).json()).toEqual({ name: "😀" });
    expect(await (await post("/form", "__proto__=x&constructor=y")).json()).toMatchObject({ constructor: "y" });
  });

  it("are answered by pages, which are sent as they are", async () => {
    const response = await fetch(`${server.url}/page`);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(await response.text()).toBe("<p>您好");
    // Chromium sends `Origin: null` with forms of pages under `no-referrer`.
    expect(response.headers.get("referrer-policy")).toBe("same-origin");
  });
});
