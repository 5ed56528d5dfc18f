import { Readable } from "node:stream";
import { defineRoute, type HttpContent } from "@hotlinejs/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startServer, type TestServer } from "./test-server.js";

const bytes = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 251));
const opened: [number, number][] = [];

const contents: Record<string, () => HttpContent> = {
  audio: () => ({
    kind: "content",
    contentType: "audio/wav",
    size: bytes.length,
    etag: "v1",
    fileName: "录音 \"1\".wav",
    open: (start, end) => {
      opened.push([start, end]);
      return Readable.from([bytes.subarray(start, start + 1), bytes.subarray(start + 1, end + 1)]);
    },
  }),
  page: () => ({ kind: "content", contentType: "text/html", size: 3, fileName: "x.html", open: () => Readable.from([Buffer.from("<b>")]) }),
  empty: () => ({ kind: "content", contentType: "text/plain", size: 0, open: () => Readable.from([]) }),
  missing: () => ({
    kind: "content",
    contentType: "audio/wav",
    size: 10,
    open: () =>
      new Readable({
        read() {
          this.destroy(new Error("blob is gone: /secret/path"));
        },
      }),
  }),
  short: () => ({ kind: "content", contentType: "audio/wav", size: 1000, open: () => Readable.from([Buffer.alloc(10)]) }),
  long: () => ({ kind: "content", contentType: "audio/wav", size: 10, open: () => Readable.from([Buffer.alloc(5), Buffer.alloc(10)]) }),
};

const routes = Object.entries(contents).map(([name, make]) => defineRoute({ method: "GET", path: `/${name}`, permission: "public", summary: "", handler: () => Promise.resolve(make()) }));

let test: TestServer;
beforeEach(async () => {
  opened.length = 0;
  test = await startServer(routes);
});
afterEach(() => test.stop());

const headersOf = (response: Response, ...names: string[]) => names.map((name) => response.headers.get(name));

describe("content", () => {
  it("comes whole with its headers", async () => {
    const response = await test.call("/audio");
    expect(response.status).toBe(200);
    expect(headersOf(response, "content-type", "content-length", "accept-ranges", "etag")).toEqual(["audio/wav", "1000", "bytes", '"v1"']);
    expect(response.headers.get("content-disposition")).toBe("inline; filename=\"__ '1'.wav\"; filename*=UTF-8''%E5%BD%95%E9%9F%B3%20%221%22.wav");
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it("never shows what could run as our page", async () => {
    expect((await test.call("/page")).headers.get("content-disposition")).toMatch(/^attachment;/);
  });

  it.each([
    ["bytes=0-9", "bytes 0-9/1000", [0, 9]],
    ["bytes=990-", "bytes 990-999/1000", [990, 999]],
    ["bytes=-1", "bytes 999-999/1000", [999, 999]],
    ["bytes=500-5000", "bytes 500-999/1000", [500, 999]],
  ])("%s is read no further than wanted", async (range, contentRange, [start, end]) => {
    const response = await test.call("/audio", { headers: { range } });
    expect([response.status, ...headersOf(response, "content-range", "content-length")]).toEqual([206, contentRange, String((end ?? 0) - (start ?? 0) + 1)]);
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes.subarray(start, (end ?? 0) + 1))).toBe(true);
    expect(opened).toEqual([[start, end]]);
  });

  it("beyond the end is 416", async () => {
    const response = await test.call("/audio", { headers: { range: "bytes=1000-" } });
    expect([response.status, ...headersOf(response, "content-range", "content-type")]).toEqual([416, "bytes */1000", "application/json; charset=utf-8"]);
    expect(((await response.json()) as { code: string }).code).toBe("HTL_HTTP_RANGE_UNSATISFIABLE");
  });

  it.each(["bytes=0-1,5-6", "chars=0-1", "bytes=9-1"])("%s gives the whole", async (range) => {
    expect((await test.call("/audio", { headers: { range } })).status).toBe(200);
  });

  it("knows If-Range, If-None-Match and HEAD", async () => {
    expect((await test.call("/audio", { headers: { range: "bytes=0-1", "if-range": '"v1"' } })).status).toBe(206);
    expect((await test.call("/audio", { headers: { range: "bytes=0-1", "if-range": '"v0"' } })).status).toBe(200);
    opened.length = 0;
    const cached = await test.call("/audio", { headers: { "if-none-match": '"v0", W/"v1"' } });
    expect([cached.status, cached.headers.get("etag"), await cached.text()]).toEqual([304, '"v1"', ""]);
    const head = await test.call("/audio", { method: "HEAD", headers: { range: "bytes=0-1" } });
    expect([head.status, ...headersOf(head, "content-length", "accept-ranges")]).toEqual([200, "1000", "bytes"]);
    expect(opened).toEqual([]);
  });

  it("may be empty", async () => {
    const response = await test.call("/empty");
    expect([response.status, response.headers.get("content-length"), await response.text()]).toEqual([200, "0", ""]);
    expect((await test.call("/empty", { headers: { range: "bytes=0-" } })).status).toBe(416);
  });

  it("that cannot be opened is an error, not half a file", async () => {
    const response = await test.call("/missing", { headers: { range: "bytes=0-1" } });
    expect([response.status, ...headersOf(response, "content-range", "content-type")]).toEqual([500, null, "application/json; charset=utf-8"]);
    expect(await response.text()).not.toContain("/secret/path");
  });

  it("of another length than announced is broken off", async () => {
    for (const path of ["/short", "/long"]) await expect(test.call(path).then((response) => response.arrayBuffer())).rejects.toThrow();
    expect((await test.call("/audio")).status).toBe(200);
  });

  it("stops being read when the client goes away", async () => {
    let destroyed = false;
    const endless = defineRoute({
      method: "GET",
      path: "/endless",
      permission: "public",
      summary: "",
      handler: () =>
        Promise.resolve<HttpContent>({
          kind: "content",
          contentType: "audio/wav",
          size: 1e9,
          open: () =>
            new Readable({
              read() {
                this.push(Buffer.alloc(65_536));
              },
              destroy(error, done) {
                destroyed = true;
                done(error);
              },
            }),
        }),
    });
    const server = await startServer([endless]);
    const abort = new AbortController();
    const response = await server.call("/endless", { signal: abort.signal });
    expect(response.status).toBe(200);
    abort.abort();
    await expect.poll(() => destroyed).toBe(true);
    await server.stop();
  });
});
