import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
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
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
/** As the stack does it: throws at what is no certificate. */
const look = (): Promise<void> =>
  files.look(({ cert }) => {
    if (cert.includes("broken")) throw new SipError("SIP_BAD_CERTIFICATE", "certificate or key cannot be used (bad base64 decode)");
    used.push(cert);
  });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "tls-files-"));
  told = [];
  used = [];
  write("cert.pem", "first");
  write("key.pem", "key");
  const log: Logger = { ...createSilentLogger(), info: (fields: object) => void told.push({ level: "info", fields }), error: (fields: object) => void told.push({ level: "error", fields }) } as Logger;
  files = new TlsFiles(sipConfig.parse({ tlsCert: join(folder, "cert.pem"), tlsKey: join(folder, "key.pem") }), new ManualClock(), log);
  await files.load();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("a certificate that cannot be used is refused with a code, once, and the former one stays until there is a good one", async () => {
  write("cert.pem", "broken");
  await look();
  await look();
  expect(told).toEqual([{ level: "error", fields: { code: "HTL_SIP_TLS_INVALID", error: expect.stringContaining("bad base64 decode") } }]);
  write("cert.pem", "broken in another way");
  await look();
  expect(told).toHaveLength(2);
  write("cert.pem", "second");
  await look();
  await look();
  expect(used).toEqual(["second"]);
  expect(told.at(-1)?.level).toBe("info");
  // What was refused before is told again when it comes back.
  write("cert.pem", "broken");
  await look();
  expect(told).toHaveLength(4);
});

it("a file that is gone is told once, with the same code", async () => {
  rmSync(join(folder, "key.pem"));
  await look();
  await look();
  expect(told).toEqual([{ level: "error", fields: { code: "HTL_SIP_TLS_INVALID", error: expect.stringContaining("ENOENT") } }]);
  expect(used).toEqual([]);
});
