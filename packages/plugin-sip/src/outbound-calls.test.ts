import { createSocket } from "node:dgram";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HotlineSide, until } from "../test/support/hotline-side.js";
import { offerOf, Phone } from "../test/support/phone.js";
import { parseSdp } from "./sdp/index.js";
import type { IncomingInvite } from "./stack/index.js";

let hotline: HotlineSide;
const phones: Phone[] = [];

async function begin(options: Record<string, unknown> = {}): Promise<void> {
  hotline = await new HotlineSide(options).start();
}

/** A registered phone. */
async function phone(user: string, onInvite?: (invite: IncomingInvite) => void, transport: "udp" | "tcp" = "udp"): Promise<Phone> {
  const made = await new Phone(user, { password: `demo-${user}`, transport }).start();
  phones.push(made);
  if (onInvite !== undefined) made.onInvite = onInvite;
  const port = transport === "udp" ? hotline.port : (hotline.adapter.agent?.endpoints.find((e) => e.kind === "tcp")?.port ?? 0);
  const outcome = await made.register(port, transport === "tcp" ? { contact: `<sip:${user}@127.0.0.1:${made.port};transport=tcp>` } : {});
  expect(outcome.status).toBe(200);
  return made;
}

async function carrier(onInvite?: (invite: IncomingInvite) => void): Promise<Phone> {
  const made = await new Phone("carrier").start();
  phones.push(made);
  if (onInvite !== undefined) made.onInvite = onInvite;
  return made;
}

const lift = (invite: IncomingInvite): void => void invite.accept({ body: offerOf(50_000) });

beforeEach(() => {
  phones.length = 0;
});

afterEach(async () => {
  await hotline.stop();
  await Promise.all(phones.map((each) => each.stop()));
  expect(hotline.media.open).toBe(0);
  expect(hotline.adapter.calls).toBe(0);
  expect(hotline.trunks.trunks.every((trunk) => trunk.describe(hotline.clock).channels === 0)).toBe(true);
});

describe("a call to a registered phone", () => {
  it("rings, is answered and ends", async () => {
    await begin();
    const agent = await phone("1001", (invite) => invite.ring());
    expect(hotline.adapter.reachable("sip:1001")).toBe(true);
    expect(hotline.adapter.reachable("sip:1002")).toBe(false);
    // Nobody is there who would carry it; of what a trunk carries nothing is known.
    expect(hotline.adapter.reachable("tel:110")).toBe(false);
    const states: string[] = [];
    const call = await hotline.adapter.originate("sip:1001", { from: { number: "13800138000", displayName: "王五" }, id: "given", headers: { "X-Queue": "general" } });
    call.subscribe((event) => void (event.type === "state" && states.push(event.state)));
    expect(call).toMatchObject({ id: "given", direction: "outbound", state: "new", via: { kind: "account", key: "1001" } });
    await until(() => call.state === "ringing", "ringing");
    const [invite] = agent.invites;
    expect(invite?.request.from).toMatchObject({ displayName: "王五", uri: "sip:13800138000@127.0.0.1" });
    expect(invite?.request.headers.get("x-queue")).toBe("general");
    expect(parseSdp(invite?.request.body.toString() ?? "").media[0]?.formats).toEqual(["8", "0", "101"]);
    expect(call.media).toBeUndefined();
    const answered = invite?.accept({ body: offerOf(50_000, [], "RTP/AVP 0 101") });
    await expect(call.answered).resolves.toBe(true);
    await answered;
    await call.answer();
    expect(call.media).toBe(hotline.media.last);
    expect(hotline.media.last.remote).toMatchObject({ port: 50_000, signalledFrom: "127.0.0.1", codec: "PCMU" });
    expect(hotline.dialogs.get("given")).toMatchObject({ role: "uac" });
    await invite?.session?.bye();
    await expect(call.ended).resolves.toMatchObject({ reason: "remote-hangup", by: "remote" });
    expect(states).toEqual(["ringing", "answered", "ended"]);
  });

  it("rings all phones of an account; the first to answer gets the call, the others are told", async () => {
    await begin();
    const slow = await phone("1001", (invite) => invite.ring());
    const fast = await phone("1001", (invite) => invite.ring());
    const call = await hotline.adapter.originate("sip:1001");
    await until(() => slow.invites.length === 1 && fast.invites.length === 1 && call.state === "ringing", "both to ring");
    const [first] = fast.invites;
    const accepted = first?.accept({ body: offerOf(50_000) });
    await expect(call.answered).resolves.toBe(true);
    await accepted;
    await expect(slow.invites[0]?.closed).resolves.toEqual({ cause: "cancelled" });
    expect(hotline.media.made).toHaveLength(1);
    await call.hangup();
  });

  it("survives both phones being lifted at the same moment", async () => {
    await begin();
    const sessions: (() => Promise<unknown> | undefined)[] = [];
    const answer = (invite: IncomingInvite): void => {
      void invite.accept({ body: offerOf(50_000) });
      sessions.push(() => invite.session?.ended);
    };
    await phone("1001", answer);
    await phone("1001", answer);
    const call = await hotline.adapter.originate("sip:1001");
    await expect(call.answered).resolves.toBe(true);
    await until(() => sessions.length === 2, "the other to be lifted", 10);
    await Promise.race(sessions.map((ended) => ended()));
    expect(call.state).toBe("answered");
    await call.hangup();
    await Promise.all(sessions.map((ended) => ended()));
  });

  it.each([
    [486, "busy"],
    [603, "declined"],
    [480, "unreachable"],
    [404, "not-found"],
    [500, "failed"],
    [302, "declined"],
  ])("is refused with %i: %s", async (status, reason) => {
    await begin();
    await phone("1001", (invite) => invite.reject({ status }));
    const call = await hotline.adapter.originate("sip:1001");
    await expect(call.answered).resolves.toBe(false);
    await expect(call.ended).resolves.toMatchObject({ reason, status });
    await expect(call.answer()).rejects.toMatchObject({ code: "HTL_CORE_CALL_ENDED" });
  });

  it("goes on ringing elsewhere when one phone refuses, but not after a 6xx", async () => {
    await begin();
    const refusing = await phone("1001", (invite) => invite.reject({ status: 486 }));
    const ringing = await phone("1001", (invite) => invite.ring());
    let call = await hotline.adapter.originate("sip:1001");
    await until(() => call.state === "ringing" && refusing.invites.length === 1, "the other to ring");
    void ringing.invites[0]?.accept({ body: offerOf(50_000) });
    await expect(call.answered).resolves.toBe(true);
    await call.hangup();
    refusing.onInvite = (invite) => invite.reject({ status: 603 });
    call = await hotline.adapter.originate("sip:1001");
    await expect(call.ended).resolves.toMatchObject({ reason: "declined", status: 603 });
    await until(() => ringing.invites[1]?.state === "closed", "the other to be cancelled");
  });

  it("gives up after its time, and cancels", async () => {
    await begin();
    const agent = await phone("1001");
    const call = await hotline.adapter.originate("sip:1001", { timeoutMs: 100 });
    await expect(call.ended).resolves.toMatchObject({ reason: "no-answer", status: 408, by: "local" });
    await until(() => agent.invites[0]?.state === "closed", "the cancel");
  });

  it("is cancelled by hangup and by its signal, also before anything was sent", async () => {
    await begin();
    const agent = await phone("1001");
    const call = await hotline.adapter.originate("sip:1001");
    await until(() => call.state === "ringing", "ringing");
    await call.hangup();
    await expect(call.ended).resolves.toMatchObject({ reason: "hangup", by: "local" });
    await until(() => agent.invites[0]?.state === "closed", "the cancel");
    const abort = new AbortController();
    const second = await hotline.adapter.originate("sip:1001", { signal: abort.signal });
    abort.abort();
    await expect(second.ended).resolves.toMatchObject({ reason: "cancelled" });
    const third = await hotline.adapter.originate("sip:1001", { signal: abort.signal });
    await expect(third.ended).resolves.toMatchObject({ reason: "cancelled" });
    await expect(third.answered).resolves.toBe(false);
  });

  it("is its own once answered: the signal that would have cancelled the ringing does not end the talk", async () => {
    await begin();
    const agent = await phone("1001");
    const abort = new AbortController();
    const call = await hotline.adapter.originate("sip:1001", { signal: abort.signal });
    await until(() => call.state === "ringing", "ringing");
    lift(agent.invites[0] ?? expect.unreachable());
    await expect(call.answered).resolves.toBe(true);
    abort.abort();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(call.signal.aborted).toBe(false);
    await call.hangup();
  });

  it("is unreachable when no phone is registered, and when the phone is gone", async () => {
    await begin();
    const call = await hotline.adapter.originate("sip:1001");
    await expect(call.ended).resolves.toMatchObject({ reason: "unreachable", status: 480 });
    const agent = await phone("1001");
    await agent.stop();
    const second = await hotline.adapter.originate("sip:1001", { timeoutMs: 20_000 });
    await expect(second.ended).resolves.toMatchObject({ reason: "unreachable" });
  });

  it("forgets a phone whose connection is gone", async () => {
    await begin();
    const agent = await phone("1001", lift, "tcp");
    expect(hotline.registrar.lookup("1001")[0]?.destination).toMatchObject({ kind: "tcp" });
    const call = await hotline.adapter.originate("sip:1001");
    await expect(call.answered).resolves.toBe(true);
    await call.hangup();
    await agent.stop();
    const second = await hotline.adapter.originate("sip:1001");
    await expect(second.ended).resolves.toMatchObject({ reason: "unreachable" });
    expect(hotline.registrar.lookup("1001")).toEqual([]);
    expect(hotline.events).toContain("unbound 1001 lost");
  });

  it("lets early media through and the answer change it", async () => {
    await begin();
    const agent = await phone("1001", (invite) => invite.progress({ status: 183, body: offerOf(51_000) }));
    const call = await hotline.adapter.originate("sip:1001");
    await until(() => call.media !== undefined, "early media");
    expect(hotline.media.last.remote).toMatchObject({ port: 51_000 });
    expect(call.state).toBe("ringing");
    void agent.invites[0]?.accept({ body: offerOf(52_000) });
    await expect(call.answered).resolves.toBe(true);
    expect(hotline.media.last.remote).toMatchObject({ port: 52_000 });
    await call.hangup();
  });

  it("ends a call whose answer fits nothing", async () => {
    await begin();
    const agent = await phone("1001", (invite) => void invite.accept({ body: offerOf(50_000, [], "RTP/AVP 18") }));
    const call = await hotline.adapter.originate("sip:1001");
    await expect(call.answered).resolves.toBe(false);
    await expect(call.ended).resolves.toMatchObject({ reason: "failed", status: 488 });
    await agent.invites[0]?.session?.ended;
  });

  it("fails when there is no media, and when a header cannot be written", async () => {
    await begin();
    await phone("1001", lift);
    const bad = await hotline.adapter.originate("sip:1001", { headers: { "X-A": "a\r\nEvil: 1" } });
    await expect(bad.ended).resolves.toMatchObject({ reason: "failed" });
    hotline.media.failure = new Error("none left");
    const call = await hotline.adapter.originate("sip:1001");
    await expect(call.ended).resolves.toMatchObject({ reason: "failed", status: 503 });
  });

  it("passes the leg to be near to the engine", async () => {
    await begin();
    await phone("1001", lift);
    const first = await hotline.adapter.originate("sip:1001");
    await first.answered;
    const near = first.media;
    const second = await hotline.adapter.originate("sip:1001", near === undefined ? {} : { near });
    await second.answered;
    expect(hotline.media.last.options.near).toBe(near);
    await Promise.all([first.hangup(), second.hangup()]);
  });
});

describe("a call out by a trunk", () => {
  it("goes where its number leads, shows the trunk's number, and holds a channel", async () => {
    const far = await carrier(lift);
    const near = await carrier(lift);
    await begin({
      trunks: [
        { key: "all", outbound: { host: "127.0.0.1", port: far.port }, callerId: "12333", maxChannels: 1 },
        { key: "mobile", outbound: { host: "127.0.0.1", port: near.port, prefixes: ["13", "15"] } },
      ],
    });
    expect(hotline.adapter.reachable("tel:010-8888-1234")).toBeUndefined();
    const call = await hotline.adapter.originate("tel:010-8888-1234");
    await expect(call.answered).resolves.toBe(true);
    expect(call.via).toEqual({ kind: "trunk", key: "all" });
    expect(call.to.number).toBe("01088881234");
    expect(far.invites[0]?.request.uri).toBe(`sip:01088881234@127.0.0.1:${far.port}`);
    expect(far.invites[0]?.request.from.uri).toBe("sip:12333@127.0.0.1");
    await expect(hotline.adapter.originate("tel:110")).rejects.toMatchObject({ code: "HTL_SIP_TRUNK_FULL" });
    const mobile = await hotline.adapter.originate("tel:13800138000", { from: { number: "4008" } });
    await expect(mobile.answered).resolves.toBe(true);
    expect(near.invites[0]?.request.from.uri).toBe("sip:4008@127.0.0.1");
    await call.hangup();
    const again = await hotline.adapter.originate(`sip:110@127.0.0.1:${far.port}`);
    await expect(again.answered).resolves.toBe(true);
    await Promise.all([mobile.hangup(), again.hangup()]);
  });

  it.each(["sip:victim@203.0.113.9", "tel:110", "sip:1@127.0.0.1:9"])("never relays to %s", async (to) => {
    await begin();
    expect(hotline.adapter.reachable(to)).toBe(false);
    await expect(hotline.adapter.originate(to)).rejects.toMatchObject({ code: "HTL_SIP_NO_ROUTE" });
  });

  it.each(["", "sip:", "tel:abc", "http://x", "sip:a b", "line:3", "sip:@x", "tel:1;DROP"])("refuses the address %j", async (to) => {
    await begin();
    await expect(hotline.adapter.originate(to)).rejects.toMatchObject({ code: expect.stringMatching(/HTL_SIP_(BAD_ADDRESS|NO_ROUTE)/) });
    expect(hotline.adapter.reachable(to)).not.toBe(true);
  });

  it("means itself by its own addresses", async () => {
    await begin();
    await phone("1001", lift);
    for (const to of ["sip:1001@127.0.0.1", `sip:1001@127.0.0.1:${hotline.port}`, "sip:1001@hotline", "sips:1001"]) expect(hotline.adapter.reachable(to)).toBe(true);
  });
});

describe("registration", () => {
  it("registers by digest, refreshes, and is gone after Expires 0", async () => {
    await begin();
    const agent = await phone("1001");
    expect(hotline.registrar.lookup("1001")[0]).toMatchObject({ contact: `sip:1001@127.0.0.1:${agent.port}`, destination: { kind: "udp", host: "127.0.0.1", port: agent.port }, userAgent: "test-phone" });
    expect((await agent.register(hotline.port)).status).toBe(200);
    expect(hotline.registrar.all()).toHaveLength(1);
    expect((await agent.register(hotline.port, { expires: 30 })).status).toBe(423);
    expect((await agent.register(hotline.port, { expires: 0 })).status).toBe(200);
    expect(hotline.registrar.all()).toEqual([]);
    expect(hotline.events).toEqual(["bound 1001", "refreshed 1001", "unbound 1001 removed"]);
  });

  it("refuses wrong passwords, unknown accounts and foreign ones, and then makes the source wait", async () => {
    await begin({ authFailures: 3 });
    const wrong = await new Phone("1001", { password: "guess" }).start();
    const unknown = await new Phone("nobody", { password: "x" }).start();
    phones.push(wrong, unknown);
    expect((await unknown.register(hotline.port)).status).toBe(403);
    for (let i = 0; i < 3; i++) expect((await wrong.register(hotline.port)).status).toBe(403);
    const blocked = await wrong.register(hotline.port);
    expect(blocked.status).toBe(403);
    expect(blocked.response?.headers.get("retry-after")).toBeDefined();
    const right = await new Phone("1001", { password: "demo-1001" }).start();
    phones.push(right);
    expect((await right.register(hotline.port)).status).toBe(403);
    expect(hotline.registrar.all()).toEqual([]);
    expect(hotline.audit.filter((e) => e.action === "sip.auth-failed")).toHaveLength(4);
    expect(hotline.audit.filter((e) => e.action === "sip.auth-blocked")).toHaveLength(1);
    expect(JSON.stringify(hotline.audit)).not.toContain("nobody");
    await phone("1002");
  });

  it("a number that is an account here never goes out by a trunk, registered or not", async () => {
    const theirs = await carrier();
    const dialled: string[] = [];
    theirs.onInvite = (invite) => {
      dialled.push(invite.request.uri);
      lift(invite);
    };
    await begin({ trunks: [{ key: "carrier", outbound: { host: "127.0.0.1", port: theirs.port } }] });
    expect(await (await hotline.adapter.originate("tel:1003")).ended).toMatchObject({ reason: "unreachable" });
    const registered = await phone("1003");
    registered.onInvite = (invite) => lift(invite);
    const call = await hotline.adapter.originate("tel:1003");
    expect(await call.answered).toBe(true);
    expect(call.via).toEqual({ kind: "account", key: "1003" });
    await call.hangup();
    expect(dialled).toEqual([]);
    const outside = await hotline.adapter.originate("tel:1006");
    expect(await outside.answered).toBe(true);
    expect(dialled).toHaveLength(1);
    await outside.hangup();
  });

  it("registers with a carrier, answers its challenges in calls, and takes its calls", async () => {
    const { DigestServer } = await import("./digest/digest-server.js");
    const { computeHa1 } = await import("./digest/digest-response.js");
    const { SystemClock } = await import("@hotlinejs/core");
    const server = new DigestServer({
      clock: new SystemClock(),
      credentials: { realm: "carrier", find: async (username) => ({ username, md5: computeHa1("MD5", username, "carrier", "s3cret"), sha256: computeHa1("SHA-256", username, "carrier", "s3cret") }) },
    });
    const theirs = await carrier();
    const registered: string[] = [];
    theirs.onRequest = (incoming) => {
      void server.verify({ method: "REGISTER", uri: incoming.request.uri, address: "127.0.0.1", authorization: incoming.request.headers.all("authorization") }).then((verdict) => {
        if (verdict.kind !== "accepted") return incoming.respond({ status: 401, headers: { "WWW-Authenticate": server.challenge("127.0.0.1") } });
        registered.push(incoming.request.headers.get("expires") ?? incoming.request.contacts()[0]?.params.get("expires") ?? "?");
        incoming.respond({ status: 200, headers: { Contact: `${incoming.request.headers.get("contact") ?? ""};expires=300` } });
      });
    };
    theirs.onInvite = (invite) => {
      void server.verify({ method: "INVITE", uri: invite.request.uri, address: "127.0.0.1", authorization: invite.request.headers.all("proxy-authorization") }).then((verdict) => {
        if (verdict.kind === "accepted") lift(invite);
        else invite.reject({ status: 407, headers: { "Proxy-Authenticate": server.challenge("127.0.0.1") } });
      });
    };
    await begin({ trunks: [{ key: "carrier", registration: { server: "127.0.0.1", port: theirs.port, username: "021001", password: "s3cret" }, outbound: {} }] });
    await until(() => hotline.trunks.trunks[0]?.describe(hotline.clock).state === "registered", "the registration");
    const call = await hotline.adapter.originate("tel:10086");
    await expect(call.answered).resolves.toBe(true);
    expect(theirs.invites.at(-1)?.request.from.uri).toBe("sip:021001@127.0.0.1");
    await call.hangup();
    const arriving = hotline.next();
    const inbound = theirs.call(hotline.port);
    const arrived = await arriving;
    expect(arrived.via).toEqual({ kind: "trunk", key: "carrier" });
    await arrived.hangup();
    await inbound.outcome;
    await hotline.stop();
    expect(registered.at(-1)).toBe("0");
    expect(hotline.events).toContain("trunk carrier registered");
  });

  it("says when a carrier refuses", async () => {
    const theirs = await carrier();
    theirs.onRequest = (incoming) => incoming.respond({ status: 403 });
    await begin({ trunks: [{ key: "carrier", registration: { server: "127.0.0.1", port: theirs.port, username: "u", password: "p" } }] });
    await until(() => hotline.trunks.trunks[0]?.describe(hotline.clock).state === "failed", "the failure");
    expect(hotline.trunks.trunks[0]?.describe(hotline.clock)).toMatchObject({ status: 403 });
  });
});

describe("start and recovery", () => {
  it("sends a BYE to calls of a process that died", async () => {
    await begin();
    const caller = await carrier();
    const arriving = hotline.next();
    const reached = caller.reach(hotline.port);
    const call = await arriving;
    await call.answer();
    const { session } = await reached;
    const snapshot = hotline.dialogs.get(call.id);
    expect(snapshot).toBeDefined();
    const second = new HotlineSide();
    second.orphans = [{ legId: call.id, dialog: JSON.parse(JSON.stringify(snapshot)) as unknown }, { legId: "broken", dialog: { version: 7 } }, { legId: "none", dialog: "x" }];
    await second.start();
    const end = await session.ended;
    expect(end).toMatchObject({ by: "remote", cause: "bye" });
    expect(end.request?.headers.get("reason")).toContain("cause=41");
    await second.stop();
    await call.hangup();
  });

  it("says which port is taken and what to set", async () => {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const { port } = socket.address();
    const blocked = new HotlineSide({ port });
    await expect(blocked.start()).rejects.toMatchObject({ code: "HTL_SIP_PORT_IN_USE", message: expect.stringContaining(`Port ${port} on 127.0.0.1 is taken`) });
    await expect(blocked.start()).rejects.toMatchObject({ message: expect.stringContaining("HOTLINE_SIP_PORT") });
    await blocked.stop();
    socket.close();
    hotline = await new HotlineSide({ port }).start();
    expect(hotline.port).toBe(port);
    await hotline.stop();
    const nowhere = new HotlineSide({ host: "192.0.2.1" });
    await expect(nowhere.start()).rejects.toMatchObject({ code: "HTL_SIP_BIND_FAILED" });
  });
});
