import { readFileSync } from "node:fs";
import { connect, type TLSSocket } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { eventually, realClock } from "../test-support/real-clock.js";
import { ANSWER, OFFER } from "../test-support/world.js";
import type { TlsPair, TlsSettings } from "../transport/tls-material.js";
import { createUserAgent } from "./create-user-agent.js";
import type { UserAgent, UserAgentOptions } from "./types.js";

const file = (name: string): string => readFileSync(new URL(`../../../test/fixtures/tls/${name}`, import.meta.url), "utf8");
const pair = (name: string): TlsPair => ({ cert: file(`${name}.pem`), key: file(`${name}.key`) });
const ca = file("ca.pem");

const agents: UserAgent[] = [];
const sockets: TLSSocket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(agents.splice(0).map((ua) => ua.stop({ graceMs: 0 })));
});

async function agent(tls: Partial<TlsSettings> = {}, address = "127.0.0.1", options: Partial<UserAgentOptions> = {}): Promise<UserAgent> {
  const ua = createUserAgent({
    clock: realClock, transports: [{ kind: "tls", address, port: 0, tls: { ...pair("hotline"), ca, ...tls } }], userAgentHeader: "test",
    onInvite: (incoming) => void incoming.accept({ body: ANSWER }), ...options,
  });
  agents.push(ua);
  await ua.start();
  return ua;
}

const portOf = (ua: UserAgent): number => ua.endpoints[0]?.port ?? 0;

async function call(from: UserAgent, to: UserAgent, host = "127.0.0.1"): Promise<number> {
  const outcome = await from.invite({ uri: `sip:x@${host}:${portOf(to)};transport=tls`, from: "sip:a@b", body: OFFER }).outcome;
  if (!outcome.answered) return outcome.status;
  return (await outcome.session.bye()).status;
}

/** The name on the certificate shown for a server name, over a connection that stays open. */
async function shown(ua: UserAgent, servername: string): Promise<{ name: string; socket: TLSSocket }> {
  const socket = connect({ host: "127.0.0.1", port: portOf(ua), servername, rejectUnauthorized: false });
  sockets.push(socket);
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  return { name: String(socket.getPeerCertificate().subject.CN), socket };
}

describe("SIP over TLS", () => {
  it("calls and is called, and says so in Via and Contact", async () => {
    const callee = await agent();
    const caller = await agent();
    let via = "";
    let contact = "";
    const heard = await agent({}, "127.0.0.1", {
      onInvite: (incoming) => {
        via = incoming.request.headers.get("via") ?? "";
        contact = incoming.request.contacts()[0]?.uri ?? "";
        void incoming.accept({ body: ANSWER });
      },
    });
    expect(await call(caller, callee)).toBe(200);
    expect(await call(caller, heard)).toBe(200);
    expect(via).toMatch(/^SIP\/2\.0\/TLS 127\.0\.0\.1:\d+;/);
    expect(contact).toMatch(/;transport=tls$/);
  });

  it("works over IPv6", async () => {
    const callee = await agent({}, "::1");
    const caller = await agent({}, "::1");
    expect(await call(caller, callee, "[::1]")).toBe(200);
  });

  it("believes nobody who proves nothing, or another name, unless told to", async () => {
    const callee = await agent({ ...pair("stranger") });
    expect(await call(await agent(), callee)).toBe(503);
    expect(await call(await agent({ verify: "none" }), callee)).toBe(200);
    const other = await agent({ ...pair("other") });
    expect(await call(await agent(), other)).toBe(503);
    expect(await call(await agent({ verify: "chain" }), other)).toBe(200);
    expect(await call(await agent({ verify: "chain" }), callee)).toBe(503);
  });

  it("holds a peer to the domain it was looked up for, not to the address found", async () => {
    const callee = await agent();
    const resolver = ({ host }: { host: string }) => [{ kind: "tls" as const, host: "127.0.0.1", port: portOf(callee), name: host }];
    const named = await agent({}, "127.0.0.1", { resolver });
    expect((await named.request({ method: "OPTIONS", uri: "sips:hotline.test", from: "sip:a@b" })).status).toBe(200);
    expect((await named.request({ method: "OPTIONS", uri: "sips:elsewhere.test", from: "sip:a@b" })).status).toBe(503);
  });

  it("asks clients for certificates where it must", async () => {
    const callee = await agent({ clients: "required" });
    expect(await call(await agent(), callee)).toBe(200);
    expect(await call(await agent(pair("stranger")), callee)).toBe(503);
  });

  it("refuses a certificate nobody vouches for where clients may come without one", async () => {
    const callee = await agent({ clients: "optional" });
    expect(await call(await agent(), callee)).toBe(200);
    expect(await call(await agent(pair("stranger")), callee)).toBe(503);
    const bare = connect({ host: "127.0.0.1", port: portOf(callee), rejectUnauthorized: false });
    sockets.push(bare);
    bare.write("OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:9;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n");
    const answer = await new Promise<string>((resolve) => bare.once("data", (data: Buffer) => resolve(data.toString())));
    expect(answer).toMatch(/^SIP\/2\.0 200 /);
  });

  it("shows the certificate of the name asked for", async () => {
    const ua = await agent({ names: { "other.test": pair("other"), "*.wild.test": pair("other") } });
    expect((await shown(ua, "other.test")).name).toBe("other");
    expect((await shown(ua, "a.wild.test")).name).toBe("other");
    expect((await shown(ua, "hotline.test")).name).toBe("hotline");
  });

  it("takes new certificates without ending a connection, and refuses bad ones", async () => {
    const ua = await agent();
    const { socket } = await shown(ua, "hotline.test");
    await eventually(() => ua.metrics().connections === 1);
    ua.useTls({ ...pair("renewed"), ca });
    expect((await shown(ua, "hotline.test")).name).toBe("renewed");
    const before = ua.metrics().received;
    socket.write("OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:9;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n");
    const answer = await new Promise<string>((resolve) => socket.once("data", (data: Buffer) => resolve(data.toString())));
    expect(answer).toMatch(/^SIP\/2\.0 200 /);
    expect(ua.metrics().received).toBe(before + 1);
    for (const bad of ["nothing", "-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n", `${ca}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`]) {
      expect(() => ua.useTls({ ...pair("renewed"), ca: bad })).toThrow(expect.objectContaining({ code: "SIP_BAD_CERTIFICATE" }));
    }
    // A file is empty while it is written.
    const empty = [{ cert: "", key: "" }, { ...pair("renewed"), cert: "" }, { ...pair("renewed"), key: "" }];
    for (const bad of empty) expect(() => ua.useTls(bad)).toThrow(expect.objectContaining({ code: "SIP_BAD_CERTIFICATE" }));
    for (const bad of empty) expect(() => ua.useTls({ ...pair("renewed"), names: { "other.test": bad } })).toThrow(expect.objectContaining({ code: "SIP_BAD_CERTIFICATE" }));
    expect(() => ua.useTls({ cert: "no certificate", key: "none" })).toThrow(expect.objectContaining({ code: "SIP_BAD_CERTIFICATE" }));
    expect((await shown(ua, "hotline.test")).name).toBe("renewed");
  });
});
