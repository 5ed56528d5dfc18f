import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSilentLogger } from "@hotlinejs/core";
import type { Logger } from "@hotlinejs/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ManualClock } from "../../test/support/manual-clock.js";
import { sipConfig } from "../config.js";
import { SipError } from "../stack/index.js";
import { TlsFiles } from "./tls-files.js";

let folder: string;
let told: { readonly level: string; readonly fields: object }[];
let used: string[];
let files: TlsFiles;
let clock: ManualClock;
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const pem = (name: string): string => readFileSync(new URL(`../../test/fixtures/tls/${name}.pem`, import.meta.url), "utf8");
const nameOf = (cert: string): string => new X509Certificate(cert).subject;
/** The short one is valid for 30 days from this day on. */
const SHORT_FROM = Date.UTC(2026, 10, 28, 5, 17, 22);
const DAY = 86_400_000;
/** As the stack does it: throws at what is no certificate. */
const look = (): Promise<void> =>
  files.look(({ cert }) => {
    if (cert.includes("spoiled")) throw new SipError("SIP_BAD_CERTIFICATE", "certificate or key cannot be used (bad base64 decode)");
    used.push(nameOf(cert));
  });

async function begin(): Promise<void> {
  const tell = (level: string) => (fields: object) => void told.push({ level, fields });
  const log: Logger = { ...createSilentLogger(), info: tell("info"), warn: tell("warn"), error: tell("error") } as Logger;
  files = new TlsFiles(sipConfig.parse({ tlsCert: join(folder, "cert.pem"), tlsKey: join(folder, "key.pem") }), clock, log);
  await files.load();
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tls-files-"));
  told = [];
  used = [];
  write("cert.pem", pem("hotline"));
  write("key.pem", "key");
  clock = new ManualClock(SHORT_FROM + DAY);
  await begin();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("a certificate that cannot be used is refused with a code, once, and the former one stays until there is a good one", async () => {
  write("cert.pem", "broken");
  await look();
  await look();
  expect(files.terms.health()).toMatchObject({ ok: false, message: expect.stringContaining("HTL_SIP_TLS_INVALID") });
  expect(told).toEqual([{ level: "error", fields: { code: "HTL_SIP_TLS_INVALID", error: expect.stringContaining("PEM") } }]);
  write("cert.pem", `${pem("other")}spoiled`);
  await look();
  expect(told).toHaveLength(2);
  write("cert.pem", pem("renewed"));
  await look();
  await look();
  expect(used).toEqual(["CN=renewed"]);
  expect(files.terms.health()).toMatchObject({ ok: true, details: [{ name: "default", validTo: "2126-11-02T05:30:14.000Z" }] });
  expect(told.at(-1)?.level).toBe("info");
  // What was refused before is told again when it comes back.
  write("cert.pem", "broken");
  await look();
  expect(told).toHaveLength(4);
});

it("a key with a passphrase is told with its place and how to decrypt it, at the start and when it comes later", async () => {
  const plain = readFileSync(new URL("../../test/fixtures/tls/other.key", import.meta.url), "utf8");
  const locked = createPrivateKey(plain).export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }).toString();
  write("key.pem", locked);
  await look();
  await look();
  expect(told).toEqual([{ level: "error", fields: { code: "HTL_SIP_TLS_KEY_LOCKED", error: expect.stringContaining("openssl pkey") } }]);
  await expect(begin()).rejects.toMatchObject({ code: "HTL_SIP_TLS_KEY_LOCKED", message: expect.stringContaining("HOTLINE_TLS_KEY") });
  const named = sipConfig.parse({ tlsCert: pem("hotline"), tlsKey: plain, tlsNames: [{ name: "desk.example", cert: pem("other"), key: locked }] });
  await expect(new TlsFiles(named, clock, createSilentLogger()).load()).rejects.toMatchObject({ code: "HTL_SIP_TLS_KEY_LOCKED", message: expect.stringContaining("desk.example") });
});

it("a file that is gone is told once, with the same code", async () => {
  rmSync(join(folder, "key.pem"));
  await look();
  await look();
  expect(told).toEqual([{ level: "error", fields: { code: "HTL_SIP_TLS_INVALID", error: expect.stringContaining("ENOENT") } }]);
  expect(used).toEqual([]);
});

it("health fails with files that cannot be used, until they are again those in use", async () => {
  write("cert.pem", "broken");
  await look();
  expect(files.terms.health().ok).toBe(false);
  write("cert.pem", pem("hotline"));
  await look();
  expect(files.terms.health()).toMatchObject({ ok: true });
  expect(files.terms.health()).not.toHaveProperty("message");
  expect(used).toEqual([]);
});

it("a certificate is warned of 14 days before its end, and again when it has run out, when health fails until there is a good one", async () => {
  write("cert.pem", pem("short"));
  await begin();
  await look();
  expect(told).toEqual([]);
  expect(files.terms.health()).toEqual({ ok: true, details: [{ name: "default", validFrom: "2026-11-28T05:17:22.000Z", validTo: "2026-12-28T05:17:22.000Z" }] });
  await clock.advance(15 * DAY);
  await look();
  await look();
  expect(told).toEqual([{ level: "warn", fields: { code: "HTL_SIP_TLS_EXPIRES", error: expect.stringContaining("runs out at 2026-12-28T05:17:22.000Z") } }]);
  expect(files.terms.health()).toMatchObject({ ok: true, message: expect.stringContaining("HTL_SIP_TLS_EXPIRES") });
  await clock.advance(14 * DAY);
  await look();
  await look();
  expect(told.slice(1)).toEqual([{ level: "error", fields: { code: "HTL_SIP_TLS_NOT_VALID", error: expect.stringContaining("ran out at 2026-12-28T05:17:22.000Z") } }]);
  expect(files.terms.health()).toMatchObject({ ok: false, message: expect.stringContaining("HTL_SIP_TLS_NOT_VALID") });
  write("cert.pem", pem("hotline"));
  await look();
  expect(files.terms.health()).toMatchObject({ ok: true });
  expect(used).toEqual(["CN=hotline"]);
});

it.each([
  [31, "ran out at 2026-12-28T05:17:22.000Z"],
  [-1, "is not valid before 2026-11-28T05:17:22.000Z"],
])("at the start a certificate that is not valid is told (day %i of the one of 30 days)", async (day, when) => {
  clock = new ManualClock(SHORT_FROM + day * DAY);
  write("cert.pem", pem("short"));
  await begin();
  expect(told).toEqual([{ level: "error", fields: { code: "HTL_SIP_TLS_NOT_VALID", error: expect.stringContaining(when) } }]);
  expect(files.terms.health().ok).toBe(false);
});

it("one that has run out never takes the place of a valid one, and is told once", async () => {
  await clock.advance(40 * DAY);
  write("cert.pem", pem("short"));
  await look();
  await look();
  expect(used).toEqual([]);
  expect(told).toEqual([{ level: "error", fields: { code: "HTL_SIP_TLS_NOT_VALID", error: expect.stringContaining("ran out at") } }]);
  expect(files.terms.health()).toMatchObject({ ok: false, message: expect.stringContaining("ran out at"), details: [{ validTo: "2126-11-02T05:30:14.000Z" }] });
});
