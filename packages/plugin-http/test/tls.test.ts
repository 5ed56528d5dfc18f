import { createPrivateKey, type KeyObject } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request, type RequestOptions } from "node:https";
import { connect } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { fileURLToPath } from "node:url";
import type { IncomingMessage } from "node:http";
import { createHotline, createSilentLogger, defineRoute, METRICS, SystemClock, VirtualClock } from "@hotlinejs/core";
import { describe, expect, it, vi } from "vitest";
import { http } from "../src/plugin.js";
import { loadTls } from "../src/server/tls-material.js";
import { TlsWatch } from "../src/server/tls-watch.js";
import { recordingLogger, startServer } from "./test-server.js";

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
    for (const [cert, key] of [["/dev/null", tlsKey], [tlsCert, "/dev/null"], ["/dev/null", "/dev/null"]]) await expect(loadTls(cert, key)).rejects.toMatchObject({ code: "HTL_HTTP_TLS_INVALID" });
    await expect(loadTls(undefined, tlsKey)).rejects.toMatchObject({ code: "HTL_HTTP_TLS_INVALID" });
  });

  it.each([
    ["PKCS #8", (key: KeyObject) => key.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" })],
    ["OpenSSL's older way", (key: KeyObject) => key.export({ type: "sec1", format: "pem", cipher: "aes-256-cbc", passphrase: "x" })],
  ])("says of a key with a passphrase how to decrypt it (%s)", async (_way, lock) => {
    const locked = lock(createPrivateKey(readFileSync(tlsKey))).toString();
    await expect(loadTls(tlsCert, locked)).rejects.toMatchObject({ code: "HTL_HTTP_TLS_KEY_LOCKED", message: expect.stringContaining("openssl pkey") });
  });

  it("takes a renewed certificate for connections that come, while a request over an old one is answered; one that cannot be used is told once", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hotline-http-tls-"));
    const files = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
    copyFileSync(tlsCert, files.cert);
    copyFileSync(tlsKey, files.key);
    let answer = (): void => undefined;
    const asked = new Promise<void>((resolve) => (answer = resolve));
    const slow = new Promise<Record<string, never>>((resolve) => void asked.then(() => resolve({})));
    let came = (): void => undefined;
    const arrived = new Promise<void>((resolve) => (came = resolve));
    const route = defineRoute({ method: "GET", path: "/x", permission: "public", summary: "", handler: () => (came(), slow) });
    const server = await startServer([route], { tlsCert: files.cert, tlsKey: files.key });
    const log = recordingLogger();
    const watch = new TlsWatch({ ...files, clock: new SystemClock(), log, changed: (material) => server.server.useTls(material) });
    await watch.load();
    const shown = async (): Promise<string> => {
      const socket = connectTls({ host: "127.0.0.1", port: server.port, rejectUnauthorized: false });
      await once(socket, "secureConnect");
      const { fingerprint256 } = socket.getPeerCertificate();
      socket.destroy();
      return fingerprint256;
    };
    const first = await shown();
    const waiting = get({ port: server.port, path: "/x", agent: false });
    await arrived;

    const renewed = new URL("../../plugin-sip/test/fixtures/tls/renewed.", import.meta.url);
    writeFileSync(files.cert, readFileSync(fileURLToPath(`${renewed.href}pem`)));
    // Between the writing of the two files they do not fit together.
    await watch.look();
    await watch.look();
    expect(log.errors).toHaveLength(1);
    expect(log.errors[0]).toContain("HTL_HTTP_TLS_INVALID");
    expect(await shown()).toBe(first);
    writeFileSync(files.key, readFileSync(fileURLToPath(`${renewed.href}key`)));
    await watch.look();
    expect(await shown()).not.toBe(first);
    await expect(get({ port: server.port, path: "/x", rejectUnauthorized: false, maxVersion: "TLSv1.1" })).rejects.toThrow();
    answer();
    expect((await waiting).statusCode).toBe(200);
    watch.stop();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("says until when the certificate is valid, warns 14 days before, fails once it has run out, and never takes one that has run out for a valid one", async () => {
    const fixture = (name: string): string => readFileSync(fileURLToPath(new URL(`../../plugin-sip/test/fixtures/tls/${name}`, import.meta.url)), "utf8");
    const folder = mkdtempSync(join(tmpdir(), "hotline-http-tls-"));
    const files = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
    const put = (name: string): void => {
      writeFileSync(files.cert, fixture(`${name}.pem`));
      writeFileSync(files.key, fixture(`${name}.key`));
    };
    const used: string[] = [];
    const log = recordingLogger();
    // `short` is valid for 30 days from this day on, the others for a hundred years.
    const clock = new VirtualClock();
    const now = vi.spyOn(clock, "now").mockReturnValue(Date.UTC(2026, 10, 29));
    const watch = new TlsWatch({ ...files, clock, log, changed: ({ cert }) => used.push(cert) });
    put("short");
    await watch.load();
    expect(watch.terms.health()).toMatchObject({ ok: true, details: [{ validFrom: "2026-11-28T05:17:22.000Z", validTo: "2026-12-28T05:17:22.000Z" }] });
    expect(watch.terms.health()).not.toHaveProperty("message");
    now.mockReturnValue(Date.UTC(2026, 11, 15));
    await watch.look();
    expect(watch.terms.health()).toMatchObject({ ok: true, message: expect.stringContaining("HTL_HTTP_TLS_EXPIRES") });
    now.mockReturnValue(Date.UTC(2026, 11, 29));
    await watch.look();
    await watch.look();
    expect(watch.terms.health()).toMatchObject({ ok: false, message: expect.stringContaining("HTL_HTTP_TLS_NOT_VALID") });
    expect(log.errors).toEqual([expect.stringContaining("ran out at 2026-12-28T05:17:22.000Z")]);
    put("hotline");
    await watch.look();
    expect(watch.terms.health()).toMatchObject({ ok: true });
    put("short");
    await watch.look();
    await watch.look();
    expect(log.errors).toHaveLength(2);
    expect(used).toEqual([fixture("hotline.pem")]);
    expect(watch.terms.health()).toMatchObject({ ok: false, message: expect.stringContaining("ran out"), details: [{ validTo: "2126-11-02T05:30:14.000Z" }] });
    put("hotline");
    await watch.look();
    expect(watch.terms.health()).toMatchObject({ ok: true });
    watch.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("tells the end of its certificate in health and metrics", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "hotline-http-tls-"));
    const hotline = createHotline({ dataDir, logger: createSilentLogger(), environment: {}, plugins: [http({ port: 0, tlsCert, tlsKey })] });
    await hotline.start();
    expect((await hotline.health()).plugins.find(({ name }) => name === "http")).toMatchObject({ ok: true, details: { certificates: [{ validTo: "2126-10-30T23:22:37.000Z" }] } });
    const families = await hotline.services.get(METRICS).read();
    expect(families.find(({ name }) => name === "hotline_http_certificate_expiry_time_seconds")?.samples).toEqual([expect.objectContaining({ value: Date.UTC(2126, 9, 30, 23, 22, 37) / 1_000 })]);
    await hotline.stop({ drain: false });
    rmSync(dataDir, { recursive: true, force: true });
  });
});
