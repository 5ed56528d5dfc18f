import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { HotlineSide } from "../support/hotline-side.js";
import { peerPresent } from "../support/peers.js";

const OPENSSL = "/usr/bin/openssl";
const present = peerPresent("OpenSSL", OPENSSL);
const fixtures = fileURLToPath(new URL("../fixtures/tls/", import.meta.url));
const pair = (name: string): string[] => ["-cert", `${fixtures}${name}.pem`, "-key", `${fixtures}${name}.key`];
/** So that OpenSSL itself does not hold back what is old or weak. */
const ANYTHING = ["-cipher", "ALL:eNULL:aNULL:@SECLEVEL=0"];

/** A phone that knows TLS and one line of SIP: a client of another's making than Node's own. */
describe.skipIf(!present)("SIP over TLS with OpenSSL as the client", () => {
  let hotline: HotlineSide | undefined;
  let folder = "";

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "hotline-openssl-"));
  });
  afterEach(async () => {
    await hotline?.stop();
    hotline = undefined;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function begin(options: Record<string, unknown> = {}): Promise<void> {
    hotline = await new HotlineSide({ tlsCert: `${fixtures}hotline.pem`, tlsKey: `${fixtures}hotline.key`, tlsCa: `${fixtures}ca.pem`, ...options }).start();
  }

  /** Connects, sends OPTIONS, and tells the answer's first line, `refused` when there is none, and what OpenSSL wrote. */
  async function options(...args: string[]): Promise<{ answer: string; output: string }> {
    const port = hotline?.adapter.agent?.endpoints.find(({ kind }) => kind === "tls")?.port ?? 0;
    const client = spawn(OPENSSL, ["s_client", "-connect", `127.0.0.1:${port}`, "-ign_eof", ...args], { stdio: ["pipe", "pipe", "pipe"] });
    let output = "";
    const answer = await new Promise<string>((resolve) => {
      const take = (data: Buffer): void => {
        output += data.toString("latin1");
        const line = /SIP\/2\.0 \d{3} [^\r\n]*/.exec(output)?.[0];
        if (line !== undefined) resolve(line);
      };
      client.stdout.on("data", take);
      client.stderr.on("data", take);
      client.once("close", () => resolve("refused"));
      client.stdin.on("error", () => undefined);
      client.stdin.write(["OPTIONS sip:hotline.test SIP/2.0", "Via: SIP/2.0/TLS 127.0.0.1:9;branch=z9hG4bKopenssl", "Max-Forwards: 70", "From: <sip:probe@carrier.test>;tag=1", "To: <sip:hotline.test>", "Call-ID: openssl", "CSeq: 1 OPTIONS", "Content-Length: 0", "", ""].join("\r\n"));
    });
    client.kill("SIGKILL");
    return { answer, output };
  }

  it.each([["1.2", "-tls1_2"], ["1.3", "-tls1_3"]])("answers OPTIONS over TLS %s, with a certificate that proves its name", async (version, flag) => {
    await begin();
    const { answer, output } = await options(flag, "-CAfile", `${fixtures}ca.pem`, "-verify_hostname", "hotline.test", "-verify_return_error", "-servername", "hotline.test");
    expect(answer, output).toBe("SIP/2.0 200 OK");
    expect(output).toContain("Verification: OK");
    expect(output).toMatch(new RegExp(`TLSv${version}, Cipher is (ECDHE|TLS_)`));
    expect((await options("-CAfile", `${fixtures}ca.pem`, "-verify_hostname", "elsewhere.test", "-verify_return_error")).answer).toBe("refused");
  });

  it.each([["1.0", ["-tls1", ...ANYTHING]], ["1.1", ["-tls1_1", ...ANYTHING]], ["1.2 without a cipher or without proof of who it is", ["-tls1_2", "-cipher", "eNULL:aNULL:@SECLEVEL=0"]]])("refuses TLS %s", async (_version, args) => {
    await begin();
    const { answer, output } = await options(...args);
    expect(answer, output).toBe("refused");
    // By word of the hotline, and not since OpenSSL did not try.
    expect(output).toMatch(/alert (protocol version|handshake failure)/);
    expect((await options()).answer).toBe("SIP/2.0 200 OK");
  });

  it("shows the certificate of the name asked for, also under the wildcard of one label, and otherwise its own", async () => {
    await begin({ tlsNames: [{ name: "other.test", cert: `${fixtures}other.pem`, key: `${fixtures}other.key` }, { name: "*.wild.test", cert: `${fixtures}renewed.pem`, key: `${fixtures}renewed.key` }] });
    const shown = async (...args: string[]): Promise<string | undefined> => /subject=.*CN ?= ?(\w+)/.exec((await options(...args)).output)?.[1];
    expect(await shown("-servername", "other.test")).toBe("other");
    expect(await shown("-servername", "OTHER.test")).toBe("other");
    expect(await shown("-servername", "a.wild.test")).toBe("renewed");
    expect(await shown("-servername", "a.b.wild.test")).toBe("hotline");
    expect(await shown("-servername", "hotline.test")).toBe("hotline");
    expect(await shown("-noservername")).toBe("hotline");
    expect((await options("-servername", "other.test")).answer).toBe("SIP/2.0 200 OK");
  });

  describe("where clients must prove themselves", () => {
    /** A certificate of an authority that has the name of the believed one, and not its key. */
    function forged(): string[] {
      const openssl = (...args: string[]): unknown => execFileSync(OPENSSL, args, { cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
      const subject = String(openssl("x509", "-in", `${fixtures}ca.pem`, "-noout", "-subject", "-nameopt", "compat")).replace(/^subject= ?/, "").trim();
      openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", subject.startsWith("/") ? subject : `/${subject}`, "-days", "2");
      openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "forged.key", "-out", "forged.csr", "-subj", "/CN=other");
      openssl("x509", "-req", "-in", "forged.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "forged.pem", "-days", "2");
      return ["-cert", join(folder, "forged.pem"), "-key", join(folder, "forged.key")];
    }

    it.each(["-tls1_2", "-tls1_3"])("takes who is vouched for and nobody else (%s), whatever name is asked for", { timeout: 60_000 }, async (version) => {
      await begin({ tlsClients: "required", tlsNames: [{ name: "other.test", cert: `${fixtures}other.pem`, key: `${fixtures}other.key` }] });
      const strangers = [[], pair("stranger"), forged()];
      for (const name of [[], ["-servername", "other.test"]]) {
        for (const stranger of strangers) expect((await options(version, ...name, ...stranger)).answer).toBe("refused");
        expect((await options(version, ...name, ...pair("renewed"))).answer).toBe("SIP/2.0 200 OK");
      }
    });

    it("refuses who shows what nobody vouches for, also where one need not show any", async () => {
      await begin({ tlsClients: "optional" });
      expect((await options()).answer).toBe("SIP/2.0 200 OK");
      expect((await options(...pair("other"))).answer).toBe("SIP/2.0 200 OK");
      for (const stranger of [pair("stranger"), forged()]) expect((await options(...stranger)).answer).toBe("refused");
    });
  });
});
