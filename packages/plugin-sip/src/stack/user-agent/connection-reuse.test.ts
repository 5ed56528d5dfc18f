import { readFileSync } from "node:fs";
import { connect as connectTcp, type Socket } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { eventually, realClock } from "../test-support/real-clock.js";
import { ANSWER, OFFER } from "../test-support/world.js";
import type { TlsPair, TlsSettings } from "../transport/tls-material.js";
import { createUserAgent } from "./create-user-agent.js";
import type { Session } from "./session-types.js";
import type { UserAgent, UserAgentOptions } from "./types.js";

/** RFC 5923: requests go to a peer over the connection that it made, where it says so and its certificate proves it. */
const file = (name: string): string => readFileSync(new URL(`../../../test/fixtures/tls/${name}`, import.meta.url), "utf8");
const pair = (name: string): TlsPair => ({ cert: file(`${name}.pem`), key: file(`${name}.key`) });
const ca = file("ca.pem");

const agents: UserAgent[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(agents.splice(0).map((ua) => ua.stop({ graceMs: 0 })));
});

async function agent(tls: Partial<TlsSettings> = {}, options: Partial<UserAgentOptions> = {}): Promise<UserAgent> {
  const ua = createUserAgent({
    clock: realClock, transports: [{ kind: "tls", address: "127.0.0.1", port: 0, tls: { ...pair("hotline"), ca, clients: "optional", ...tls } }], userAgentHeader: "test",
    onInvite: (incoming) => void incoming.accept({ body: ANSWER }), ...options,
  });
  agents.push(ua);
  await ua.start();
  return ua;
}

const portOf = (ua: UserAgent): number => ua.endpoints[0]?.port ?? 0;
const ask = (from: UserAgent, to: UserAgent) => from.request({ method: "OPTIONS", uri: `sip:x@127.0.0.1:${portOf(to)};transport=tls`, from: "sip:a@b" });

/** Somebody on the same machine who claims to listen at a port; keeps what arrives. */
async function claim(at: UserAgent, port: number, who: Partial<TlsPair>, alias = ";alias"): Promise<{ text: () => string }> {
  const socket: TLSSocket = connect({ host: "127.0.0.1", port: portOf(at), rejectUnauthorized: false, ...who });
  sockets.push(socket);
  let text = "";
  let closed = false;
  socket.on("data", (data: Buffer) => (text += data.toString("latin1")));
  socket.on("error", () => undefined);
  socket.once("close", () => (closed = true));
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  socket.write(`OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:${port};branch=z9hG4bK${port}${alias}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@b>\r\nCall-ID: claim\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`);
  // One with a certificate that nobody vouches for is sent away before.
  await eventually(() => closed || text.startsWith("SIP/2.0 200"));
  return { text: () => text };
}

describe("connections over TLS that a peer made (RFC 5923)", () => {
  it("carry requests to where the peer listens: those of its calls, and new ones", async () => {
    let session: Session | undefined;
    const vias: string[] = [];
    const callee = await agent({}, {
      onInvite: (incoming) => {
        vias.push(incoming.request.headers.get("via") ?? "");
        void incoming.accept({ body: ANSWER });
        session = incoming.session;
      },
    });
    const caller = await agent();
    const outcome = await caller.invite({ uri: `sip:x@127.0.0.1:${portOf(callee)};transport=tls`, from: "sip:a@b", body: OFFER }).outcome;
    expect(outcome.answered).toBe(true);
    expect(vias[0]).toMatch(/;alias\b/);
    expect((await ask(callee, caller)).status).toBe(200);
    expect((await session!.request("OPTIONS", {})).status).toBe(200);
    expect((await session!.bye()).status).toBe(200);
    expect(caller.metrics().connections).toBe(1);
    expect(callee.metrics().connections).toBe(1);
  });

  it("count for the domain that the certificate proves, and for no other", async () => {
    const caller = await agent();
    const resolver = ({ host }: { host: string }) => [{ kind: "tls" as const, host: "127.0.0.1", port: portOf(caller), name: host }];
    const callee = await agent({}, { resolver });
    expect((await caller.request({ method: "OPTIONS", uri: `sip:x@127.0.0.1:${portOf(callee)};transport=tls`, from: "sip:a@b" })).status).toBe(200);
    expect((await callee.request({ method: "OPTIONS", uri: "sips:hotline.test", from: "sip:a@b" })).status).toBe(200);
    expect(callee.metrics().connections).toBe(1);
    // One of its own, which the peer's certificate then fails.
    expect((await callee.request({ method: "OPTIONS", uri: "sips:elsewhere.test", from: "sip:a@b" })).status).toBe(503);
  });

  it("end with the connection: the next request makes one of ours", async () => {
    const callee = await agent();
    const listening = await agent();
    const { text } = await claim(callee, portOf(listening), pair("renewed"));
    const reached = ask(callee, listening);
    await eventually(() => text().includes("OPTIONS sip:x@127.0.0.1:"));
    for (const socket of sockets.splice(0)) socket.destroy();
    await eventually(() => callee.metrics().connections === 0);
    expect((await ask(callee, listening)).status).toBe(200);
    expect(listening.metrics().connections).toBe(1);
    void reached;
  });

  it.each([
    ["with a certificate for another name", pair("other"), ";alias", {}],
    ["with one of an authority nobody knows", pair("stranger"), ";alias", {}],
    ["with one of an authority nobody knows, where peers are believed unproved", pair("stranger"), ";alias", { verify: "none" }],
    ["with a certificate for another name, where names do not count", pair("other"), ";alias", { verify: "chain" }],
    ["without a certificate", {}, ";alias", {}],
    ["without the alias", pair("renewed"), "", {}],
  ] as const)("are not taken from who claims somebody else's port %s", async (_how, who, alias, tls) => {
    const callee = await agent(tls);
    const victim = await agent();
    const { text } = await claim(callee, portOf(victim), who, alias);
    expect((await ask(callee, victim)).status).toBe(200);
    expect(victim.metrics().connections).toBe(1);
    expect(text()).not.toContain("OPTIONS sip:");
  });

  it("are not taken where clients are not asked for certificates", async () => {
    const callee = await agent({ clients: "none" });
    const victim = await agent();
    const { text } = await claim(callee, portOf(victim), pair("renewed"));
    expect((await ask(callee, victim)).status).toBe(200);
    expect(text()).not.toContain("OPTIONS sip:");
  });

  it("a wrong claim takes nothing from a right one", async () => {
    const callee = await agent();
    const caller = await agent();
    expect((await ask(caller, callee)).status).toBe(200);
    const { text } = await claim(callee, portOf(caller), pair("other"));
    expect((await ask(callee, caller)).status).toBe(200);
    expect(caller.metrics().connections).toBe(1);
    expect(callee.metrics().connections).toBe(2);
    expect(text()).not.toContain("OPTIONS sip:");
  });

  it("cannot be claimed for any number of ports", async () => {
    const callee = await agent();
    const socket = connect({ host: "127.0.0.1", port: portOf(callee), rejectUnauthorized: false, ...pair("renewed") });
    sockets.push(socket);
    let text = "";
    socket.on("data", (data: Buffer) => (text += data.toString("latin1")));
    socket.on("error", () => undefined);
    await new Promise((resolve) => socket.once("secureConnect", resolve));
    const victim = await agent();
    for (const port of [1, 2, 3, 4, 5, 6, 7, 8, portOf(victim)]) socket.write(`OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:${port};branch=z9hG4bK${port};alias\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@b>\r\nCall-ID: claim-${port}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`);
    await eventually(() => text.split("SIP/2.0 200").length === 10);
    expect((await ask(callee, victim)).status).toBe(200);
    expect(victim.metrics().connections).toBe(1);
  });
});

it("over TCP an alias counts for nothing: an address proves nobody", async () => {
  const tcp = async (): Promise<UserAgent> => {
    const ua = createUserAgent({ clock: realClock, transports: [{ kind: "tcp", address: "127.0.0.1", port: 0 }], userAgentHeader: "test", onInvite: (incoming) => incoming.reject({ status: 486 }) });
    agents.push(ua);
    await ua.start();
    return ua;
  };
  const callee = await tcp();
  const victim = await tcp();
  const socket = connectTcp(portOf(callee), "127.0.0.1");
  sockets.push(socket);
  let text = "";
  socket.on("data", (data: Buffer) => (text += data.toString("latin1")));
  socket.write(`OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:${portOf(victim)};branch=z9hG4bKx;alias\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@b>\r\nCall-ID: claim\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`);
  await eventually(() => text.startsWith("SIP/2.0 200"));
  expect((await callee.request({ method: "OPTIONS", uri: `sip:x@127.0.0.1:${portOf(victim)};transport=tcp`, from: "sip:a@b" })).status).toBe(200);
  expect(victim.metrics().connections).toBe(1);
  expect(text).not.toContain("OPTIONS sip:");
});
