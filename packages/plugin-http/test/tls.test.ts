import { readFileSync } from "node:fs";
import { request, type RequestOptions } from "node:https";
import { connect } from "node:net";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { IncomingMessage } from "node:http";
import { defineRoute } from "@hotlinejs/core";
import { describe, expect, it } from "vitest";
import { loadTls } from "../src/server/tls-material.js";
import { startServer } from "./test-server.js";

const tlsCert = fileURLToPath(new URL("fixtures/tls-test-cert.pem", import.meta.url));
const tlsKey = fileURLToPath(new URL("fixtures/tls-test-key.pem", import.meta.url));
const ca = readFileSync(tlsCert);

async function get(options: RequestOptions): Promise<IncomingMessage> {
  const req = request({ host: "127.0.0.1", servername: "localhost", ca, ...options });
  req.end();
  const [response] = (await once(req, "response")) as [IncomingMessage];
  response.resume();
  await once(response, "end");
  return response;
}

describe("TLS", () => {
  it("serves with the certificate given, tells browsers to stay, and speaks nothing older than 1.2", async () => {
    const server = await startServer([defineRoute({ method: "GET", path: "/x", permission: "public", summary: "", handler: () => Promise.resolve({}) })], { tlsCert, tlsKey });
    expect(server.url).toBe(`https://127.0.0.1:${server.port}`);
    const response = await get({ port: server.port, path: "/x" });
    expect([response.statusCode, response.headers["strict-transport-security"]]).toEqual([200, "max-age=15552000"]);
    expect(response.headers["content-security-policy"]).toContain("upgrade-insecure-requests");
    await expect(get({ port: server.port, path: "/x", maxVersion: "TLSv1.1" })).rejects.toThrow();
    const plain = connect(server.port, "127.0.0.1");
    plain.on("error", () => undefined);
    plain.end("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(plain.resume(), "close");
    expect((await get({ port: server.port, path: "/x" })).statusCode).toBe(200);
    await server.stop();
  });

  it("takes PEM text as well as files", async () => {
    expect(await loadTls(ca.toString(), readFileSync(tlsKey, "utf8"))).toMatchObject({ cert: ca.toString() });
    expect(await loadTls(undefined, undefined)).toBeUndefined();
    // The key of another certificate.
    await expect(loadTls(tlsCert, tlsCert)).rejects.toMatchObject({ code: "HTL_HTTP_TLS_INVALID" });
    await expect(loadTls(undefined, tlsKey)).rejects.toMatchObject({ code: "HTL_HTTP_TLS_INVALID" });
  });
});
