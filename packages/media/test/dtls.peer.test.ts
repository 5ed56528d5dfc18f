import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createDtlsCertificate, fingerprintOf } from "../src/worker/dtls/dtls-certificate.js";
import { DtlsServer } from "../src/worker/dtls/dtls-server.js";
import type { DtlsSrtpKeys } from "../src/worker/dtls/dtls-server.js";
import { until } from "./engine-setup.js";
import { hasOpenssl } from "./has-openssl.js";

describe.skipIf(!hasOpenssl())("DTLS with OpenSSL as the client", () => {
  const own = createDtlsCertificate(Date.now());
  let folder = "";
  let socket: Socket;
  let client: ChildProcess | undefined;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "hotline-dtls-"));
    const make = (name: string, ...kind: string[]): unknown =>
      execFileSync("openssl", ["req", "-x509", "-newkey", ...kind, "-nodes", "-keyout", join(folder, `${name}.key`), "-out", join(folder, `${name}.pem`), "-subj", "/CN=peer", "-days", "2"], { stdio: "ignore" });
    make("ec", "ec", "-pkeyopt", "ec_paramgen_curve:P-256");
    make("rsa", "rsa:2048");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => {
    client?.kill();
    socket.close();
  });

  /** @param pass whether the n-th datagram of either direction arrives; default all do. */
  async function shake(options: { cert?: string; fingerprint?: string; srtp?: readonly string[]; args?: readonly string[]; pass?: (direction: "in" | "out", n: number) => boolean }): Promise<{ keys: DtlsSrtpKeys[]; failures: string[]; left: boolean[]; output: () => string; server: DtlsServer; datagrams: number[] }> {
    const cert = options.cert ?? "ec";
    const keys: DtlsSrtpKeys[] = [];
    const failures: string[] = [];
    const left: boolean[] = [];
    const datagrams: number[] = [];
    const count = { in: 0, out: 0 };
    const passes = (direction: "in" | "out"): boolean => options.pass?.(direction, ++count[direction]) ?? true;
    let peer: { port: number; address: string } | undefined;
    socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const der = new X509Certificate(readFileSync(join(folder, `${cert}.pem`))).raw;
    const server = new DtlsServer({
      certificate: own,
      fingerprints: [{ algorithm: "sha-256", value: options.fingerprint ?? fingerprintOf(der, "sha256").toLowerCase() }],
      send: (datagram) => {
        datagrams.push(datagram.length);
        if (passes("out") && peer !== undefined) socket.send(datagram, peer.port, peer.address);
      },
      established: (made) => keys.push(made),
      failed: (why, closed) => {
        failures.push(why);
        left.push(closed);
      },
    });
    socket.on("message", (message, from) => {
      peer = from;
      if (passes("in")) server.receive(message);
    });
    let output = "";
    client = spawn("openssl", [
      "s_client", "-dtls1_2", "-connect", `127.0.0.1:${socket.address().port}`, ...(options.srtp ?? ["-use_srtp", "SRTP_AES128_CM_SHA1_80"]), "-keymatexport", "EXTRACTOR-dtls_srtp", "-keymatexportlen", "60",
      "-cert", join(folder, `${cert}.pem`), "-key", join(folder, `${cert}.key`), ...(options.args ?? []),
    ]);
    client.stdout!.on("data", (data: Buffer) => (output += data.toString()));
    client.stderr!.on("data", (data: Buffer) => (output += data.toString()));
    return { keys, failures, left, output: () => output, server, datagrams };
  }

  test.each(["ec", "rsa"])("agrees on the same SRTP keys, with a client that has an %s key", async (cert) => {
    const { keys, failures, output, server } = await shake({ cert });
    await until(() => /Keying material: [0-9A-F]{120}/.test(output()) && keys.length === 1);
    const [made] = keys;
    const material = Buffer.from(/Keying material: ([0-9A-F]{120})/.exec(output())![1]!, "hex");
    expect(Buffer.concat([made!.receive.subarray(0, 16), made!.send.subarray(0, 16), made!.receive.subarray(16), made!.send.subarray(16)])).toEqual(material);
    expect(made!.suite).toBe("AES_CM_128_HMAC_SHA1_80");
    expect(output()).toContain("SRTP Extension negotiated, profile=SRTP_AES128_CM_SHA1_80");
    expect(output()).toContain("Extended master secret: yes");
    expect(failures).toEqual([]);
    server.close();
    await until(() => client!.exitCode !== null); // it saw our close_notify
  }, 20_000);

  test("once established, what anybody sends in clear changes nothing", async () => {
    const { keys, failures, output, server } = await shake({});
    await until(() => keys.length === 1 && output().includes("Keying material"));
    for (let sequence = 0; sequence < 12; sequence++) {
      const hello = Buffer.from([1, 0, 0, 4, 0, sequence, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4]);
      server.receive(Buffer.concat([Buffer.from([22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 1, sequence, 0, hello.length]), hello]));
    }
    server.receive(Buffer.from([21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 2, 0, 0, 2, 2, 40]));
    expect(failures).toEqual([]);
    server.close();
    await until(() => client!.exitCode !== null); // our close_notify still reaches it under the keys agreed
    expect(keys).toHaveLength(1);
  }, 20_000);

  test("a client that takes its leave is told from one that gives up", async () => {
    const { keys, failures, left, output } = await shake({});
    await until(() => keys.length === 1 && output().includes("Keying material"));
    client!.stdin!.write("Q\n");
    await until(() => failures.length === 1);
    expect([failures, left]).toEqual([["the peer closed (alert 0)"], [true]]);
    socket.close();
    const other = await shake({ fingerprint: own.fingerprint });
    await until(() => other.failures.length === 1);
    expect(other.left).toEqual([false]);
  }, 20_000);

  test("takes the shorter tag where the client offers only that", async () => {
    const { keys } = await shake({ srtp: ["-use_srtp", "SRTP_AES128_CM_SHA1_32"] });
    await until(() => keys.length === 1);
    expect(keys[0]!.suite).toBe("AES_CM_128_HMAC_SHA1_32");
  }, 20_000);

  test("puts together what comes in small pieces", async () => {
    const { keys, output } = await shake({ args: ["-mtu", "256"] });
    await until(() => keys.length === 1 && output().includes("Keying material"));
  }, 20_000);

  test.each([
    ["our first flight", (direction: string, n: number) => !(direction === "out" && n <= 2)],
    ["our last flight", (direction: string, n: number) => !(direction === "out" && n === 2)],
    ["the client's second flight, in part", (direction: string, n: number) => !(direction === "in" && (n === 2 || n === 4))],
  ] as const)("gets over the loss of %s", async (_what, pass) => {
    const { keys, failures, output } = await shake({ pass, args: ["-mtu", "300"] });
    await until(() => keys.length === 1 && output().includes("Keying material"));
    expect(failures).toEqual([]);
  }, 30_000);

  test("refuses a client whose certificate is not the one of its description", async () => {
    const { keys, failures, output } = await shake({ fingerprint: own.fingerprint });
    await until(() => failures.length === 1 && client!.exitCode !== null);
    expect(failures[0]).toContain("not the one its description names");
    expect(output()).toContain("alert bad certificate");
    expect(keys).toEqual([]);
  }, 20_000);

  test("refuses a client that speaks none of our ciphers, or no SRTP", async () => {
    const first = await shake({ args: ["-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"] });
    await until(() => first.failures.length === 1);
    client?.kill();
    socket.close();
    const second = await shake({ srtp: [] });
    await until(() => second.failures.length === 1);
    expect(first.failures[0]).toContain("ECDHE-ECDSA-AES128-GCM-SHA256");
    expect(second.failures[0]).toContain("SRTP profile");
  }, 20_000);

  test("its certificate is one OpenSSL can read, signed by itself", () => {
    socket = createSocket("udp4");
    const read = new X509Certificate(own.der);
    expect(read.verify(read.publicKey)).toBe(true);
    expect(read.fingerprint256).toBe(own.fingerprint);
    expect(own.der.length).toBeLessThan(450);
    const late = new X509Certificate(createDtlsCertificate(Date.UTC(2045, 5, 1)).der);
    expect(late.validTo).toContain("2055");
  });
});
