import { once } from "node:events";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import type { ClientRequest } from "node:http";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectInClear } from "node:net";
import { connect } from "node:tls";
import type { ConnectionOptions } from "node:tls";
import { fileURLToPath } from "node:url";
import { createHotline, createSilentLogger, METRICS, SystemClock } from "@hotlinejs/core";
import type { Hotline, Logger, Timer } from "@hotlinejs/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { SIP } from "../src/contract.js";
import { sip } from "../src/plugin.js";
import { Browser } from "./support/browser.js";
import { FakeMedia } from "./support/fake-media.js";
import { stubDirectory, stubMedia } from "./support/stub-plugins.js";

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/tls/${name}`, import.meta.url));
const pem = (name: string): string => readFileSync(fixture(name), "utf8");
const CA = pem("ca.pem");
const CERTIFICATE = { tlsCert: pem("hotline.pem"), tlsKey: pem("hotline.key") };

/** The machine's clock, but what would be done every 30 s is done when told: looking at the files is. */
class LookingClock extends SystemClock {
  readonly #every30s: (() => void)[] = [];

  override setInterval(fn: () => void, ms: number): Timer {
    if (ms !== 30_000) return super.setInterval(fn, ms);
    this.#every30s.push(fn);
    return { cancel: () => undefined };
  }

  look(): void {
    for (const fn of this.#every30s) fn();
  }
}

let dataDir: string;
let hotline: Hotline;
let clock: LookingClock;
/** What the log tells, by its text. */
let told: (message: string) => void;
const browsers: Browser[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "hotline-web-tls-"));
  clock = new LookingClock();
  told = () => undefined;
});
afterEach(async () => {
  await Promise.all(browsers.splice(0).map(async (each) => {
    await each.cut();
    await each.agent.stop();
  }));
  await hotline.stop({ drain: false });
  await rm(dataDir, { recursive: true, force: true });
});

/** Starts a hotline whose own port speaks TLS; resolves with that port. */
async function run(options: Record<string, unknown> = {}): Promise<number> {
  const logger: Logger = { ...createSilentLogger(), info: (_fields, message) => told(message ?? ""), error: (_fields, message) => told(message ?? ""), child: () => logger };
  hotline = createHotline({ dataDir, clock, logger, environment: {}, plugins: [stubMedia(new FakeMedia()), stubDirectory(), sip({ port: 0, wsPort: 0, wsTls: true, ...CERTIFICATE, ...options })] });
  await hotline.start();
  return hotline.services.get(SIP).webSocketPort ?? 0;
}

function browser(url: string, account = "1001"): Browser {
  const made = new Browser(url, account, account, `demo-${account}`);
  browsers.push(made);
  return made;
}

/** The name on the certificate that a new connection is shown. */
async function shown(port: number, options: ConnectionOptions = {}): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port, ca: CA, checkServerIdentity: () => undefined, ...options });
  await once(socket, "secureConnect");
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}

/** Whether the WebSocket opens, or why not. */
async function knock(url: string, options: ConnectionOptions = {}): Promise<string> {
  const socket = new WebSocket(url, ["sip"], { ca: CA, ...options });
  const outcome = new Promise<string>((resolve) => {
    socket.once("open", () => resolve("open"));
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
  const heard = await outcome;
  socket.terminate();
  return heard;
}

describe("a port of its own that speaks TLS", () => {
  it("tells in health and metrics until when its certificates are valid, and health fails with ones that have run out", async () => {
    const other = { cert: pem("other.pem"), key: pem("other.key") };
    await run({ tlsNames: [{ name: "Other.test", ...other }] });
    const health = async (): Promise<unknown> => (await hotline.health()).plugins.find(({ name }) => name === "sip");
    expect(await health()).toMatchObject({ ok: true, details: { certificates: [{ name: "default", validTo: "2126-11-02T05:30:14.000Z" }, { name: "other.test", validTo: "2126-11-02T05:30:15.000Z" }] } });
    const families = await hotline.services.get(METRICS).read();
    expect(families.find(({ name }) => name === "hotline_sip_certificate_expiry_time_seconds")?.samples).toEqual([
      { value: Date.UTC(2126, 10, 2, 5, 30, 14) / 1_000, labels: { name: "default" } },
      { value: Date.UTC(2126, 10, 2, 5, 30, 15) / 1_000, labels: { name: "other.test" } },
    ]);
    vi.spyOn(clock, "now").mockReturnValue(Date.UTC(2127, 0, 1));
    expect(await health()).toMatchObject({ ok: false, message: expect.stringContaining("HTL_SIP_TLS_NOT_VALID") });
  });

  it.each([false, true])("registers a browser over wss:, whose certificate proves the hotline (tlsOnly: %s)", async (tlsOnly) => {
    const port = await run({ tlsOnly });
    const phone = browser(`wss://127.0.0.1:${port}/sip`);
    await phone.open({ ca: CA });
    expect((await phone.register()).status).toBe(200);
    expect(hotline.services.get(SIP).registrations().map(({ account }) => account)).toEqual(["1001"]);
    // Nobody who believes other authorities does.
    await expect(browser(`wss://127.0.0.1:${port}/sip`).open({ ca: pem("stranger.pem") })).rejects.toThrow("refused");
  });

  it("does not take a WebSocket in clear, which ends at once, and goes on", async () => {
    const port = await run();
    expect(await knock(`ws://127.0.0.1:${port}/sip`)).toBe("ECONNRESET");
    expect(await knock(`wss://127.0.0.1:${port}/sip`)).toBe("open");
  });

  it("keeps its path, its origins and its protocol within TLS, and tells other requests to upgrade", async () => {
    const port = await run({ wsOrigins: ["https://desk.example"] });
    const url = `wss://127.0.0.1:${port}/sip`;
    await expect(browser(url).open({ ca: CA, origin: "https://evil.example" })).rejects.toThrow("refused");
    await expect(browser(`wss://127.0.0.1:${port}/other`).open({ ca: CA })).rejects.toThrow("refused");
    await expect(browser(url).open({ ca: CA, protocols: ["chat"] })).rejects.toThrow("refused");
    await browser(url).open({ ca: CA, origin: "https://desk.example" });
    const plain: ClientRequest = request({ host: "127.0.0.1", port, path: "/sip", ca: CA, agent: false }).end();
    const [response] = await once(plain, "response") as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(426);
  });

  it("shows the next connection a renewed certificate, while those that stand go on, and the former one where the new one is bad", async () => {
    const place = (name: string): void => {
      copyFileSync(fixture(`${name}.pem`), join(dataDir, "cert.pem"));
      copyFileSync(fixture(`${name}.key`), join(dataDir, "key.pem"));
    };
    place("hotline");
    const port = await run({ tlsCert: join(dataDir, "cert.pem"), tlsKey: join(dataDir, "key.pem") });
    const phone = browser(`wss://127.0.0.1:${port}/sip`);
    await phone.open({ ca: CA });
    expect(await shown(port)).toBe("hotline");
    const lookUntil = async (beginning: string): Promise<void> => {
      const said = new Promise<void>((resolve) => (told = (message) => (message.startsWith(beginning) ? resolve() : undefined)));
      clock.look();
      await said;
    };
    place("renewed");
    expect(await shown(port)).toBe("hotline");
    await lookUntil("new certificates for SIP over TLS are in use");
    expect(await shown(port)).toBe("renewed");
    writeFileSync(join(dataDir, "cert.pem"), "");
    await lookUntil("changed certificates for SIP over TLS cannot be used");
    expect(await shown(port)).toBe("renewed");
    expect((await phone.register()).status).toBe(200);
    const next = browser(`wss://127.0.0.1:${port}/sip`, "1002");
    await next.open({ ca: CA });
    expect((await next.register()).status).toBe(200);
  });

  it("has certificates for further names (SNI)", async () => {
    const port = await run({ tlsNames: [{ name: "other.test", cert: pem("other.pem"), key: pem("other.key") }] });
    expect([await shown(port, { servername: "other.test" }), await shown(port, { servername: "hotline.test" }), await shown(port)]).toEqual(["other", "hotline", "hotline"]);
  });

  it("asks clients for certificates as SIP over TLS does", async () => {
    const known = { cert: pem("other.pem"), key: pem("other.key") };
    const stranger = { cert: pem("stranger.pem"), key: pem("stranger.key") };
    const knockAll = async (tlsClients: string): Promise<boolean[]> => {
      const url = `wss://127.0.0.1:${await run({ tlsClients, tlsCa: CA })}/sip`;
      const opened: boolean[] = [];
      for (const each of [{}, known, stranger]) opened.push((await knock(url, each)) === "open");
      await hotline.stop({ drain: false });
      return opened;
    };
    expect([await knockAll("none"), await knockAll("optional"), await knockAll("required")]).toEqual([[true, true, true], [true, true, false], [false, true, false]]);
  });

  it("has so many connections at once, those of which nobody knows yet what they will be among them; one more is closed and counted", async () => {
    const port = await run({ maxConnections: 2 });
    const open = Array.from({ length: 5 }, () => connectInClear(port, "127.0.0.1").on("error", () => undefined));
    const closed = open.map((socket) => once(socket, "close"));
    await Promise.race(closed);
    while (hotline.services.get(SIP).edge().limited === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(hotline.services.get(SIP).edge().limited).toBe(1);
    expect(open.filter(({ closed: gone }) => gone)).toHaveLength(1);
    for (const socket of open) socket.destroy();
  });

  it("does not start with a certificate that cannot be used", async () => {
    await expect(run({ tlsCert: "-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----" })).rejects.toMatchObject({ code: "HTL_SIP_TLS_INVALID" });
  });
});

describe("a port of its own in clear", () => {
  it("takes no TLS", async () => {
    const port = await run({ wsTls: false });
    expect(await knock(`wss://127.0.0.1:${port}/sip`)).not.toBe("open");
    expect(await knock(`ws://127.0.0.1:${port}/sip`)).toBe("open");
  });
});
