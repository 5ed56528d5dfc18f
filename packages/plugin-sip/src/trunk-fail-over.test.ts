import { createSocket } from "node:dgram";
import type { CallEvent, OutboundCall } from "@hotlinejs/core";
import { afterEach, describe, expect, it } from "vitest";
import { HotlineSide, until } from "../test/support/hotline-side.js";
import { ManualClock } from "../test/support/manual-clock.js";
import { offerOf, Phone } from "../test/support/phone.js";
import type { IncomingInvite } from "./stack/index.js";

let hotline: HotlineSide;
const phones: Phone[] = [];

async function carrier(onInvite: (invite: IncomingInvite) => void): Promise<Phone> {
  const made = await new Phone("carrier").start();
  made.onInvite = onInvite;
  phones.push(made);
  return made;
}

const lift = (invite: IncomingInvite): void => void invite.accept({ body: offerOf(50_000) });
const refuse = (status: number, more: Record<string, unknown> = {}) => (invite: IncomingInvite): void => invite.reject({ status, ...more });

/** Two trunks, the first of which is asked first. */
async function two(first: (invite: IncomingInvite) => void, options: { first?: Record<string, unknown>; out?: Record<string, unknown>; second?: (invite: IncomingInvite) => void } = {}): Promise<[Phone, Phone]> {
  const a = await carrier(first);
  const b = await carrier(options.second ?? lift);
  hotline = await new HotlineSide({
    trunks: [
      { key: "b", outbound: { host: "127.0.0.1", port: b.port, priority: 2 } },
      { key: "a", outbound: { host: "127.0.0.1", port: a.port, priority: 1, ...options.out }, ...options.first },
    ],
  }).start();
  return [a, b];
}

async function dial(): Promise<{ call: OutboundCall; attempts: string[] }> {
  const call = await hotline.adapter.originate("tel:13800138000");
  const attempts: string[] = [];
  call.subscribe((event: CallEvent) => void (event.type === "attempt" && attempts.push(`${event.via.key} ${event.status} ${event.cause}`)));
  return { call, attempts };
}

/** A carrier that speaks when told and not before: any stack would send 100 by itself. */
class MuteCarrier {
  /** Methods of what came. */
  readonly heard: string[] = [];
  /** CSeq of what came. */
  readonly sequences: string[] = [];
  readonly #socket = createSocket("udp4");
  #invite: { lines: string[]; port: number } | undefined;

  async start(): Promise<this> {
    this.#socket.on("message", (data, { port }) => {
      const lines = data.toString().split("\r\n");
      const method = lines[0]?.split(" ")[0] ?? "";
      this.heard.push(method);
      this.sequences.push(lines.find((line) => /^cseq:/i.test(line))?.slice(5).trim() ?? "");
      if (method === "INVITE") this.#invite = { lines, port };
      else if (method !== "ACK") this.#respond(lines, port, 200, []);
    });
    await new Promise<void>((resolve) => this.#socket.bind(0, "127.0.0.1", resolve));
    return this;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Responds to the INVITE. */
  say(status: number, more: readonly string[] = []): void {
    if (this.#invite === undefined) throw new Error("nobody has called");
    this.#respond(this.#invite.lines, this.#invite.port, status, more);
  }

  #respond(lines: readonly string[], port: number, status: number, more: readonly string[]): void {
    const copied = lines.filter((line) => /^(via|from|to|call-id|cseq):/i.test(line)).map((line) => (/^to:/i.test(line) && !line.includes(";tag=") && status > 100 ? `${line};tag=mute` : line));
    const body = status === 200 && /^INVITE/.test(lines[0] ?? "") ? offerOf(50_000) : "";
    const head = [`SIP/2.0 ${status} Said`, ...copied, ...more, `Contact: <sip:mute@127.0.0.1:${this.port}>`, ...(body === "" ? [] : ["Content-Type: application/sdp"]), `Content-Length: ${Buffer.byteLength(body)}`, "", body];
    this.#socket.send(head.join("\r\n"), port, "127.0.0.1");
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(resolve));
  }
}

const mutes: MuteCarrier[] = [];

afterEach(async () => {
  await hotline.stop();
  await Promise.all([...phones.splice(0), ...mutes.splice(0)].map((each) => each.stop()));
  expect(hotline.media.open).toBe(0);
  expect(hotline.adapter.calls).toBe(0);
  expect(hotline.trunks.trunks.every((trunk) => trunk.describe(hotline.clock).channels === 0)).toBe(true);
});

describe("a call that a trunk does not take", () => {
  it.each([500, 501, 502, 503, 504, 408, 430])("with %i goes to the next, and tells each attempt", async (status) => {
    const [a, b] = await two(refuse(status));
    const { call, attempts } = await dial();
    expect(call.via.key).toBe("a");
    expect(await call.answered).toBe(true);
    expect([a.invites.length, b.invites.length]).toEqual([1, 1]);
    expect(attempts).toEqual([`a ${status} response`, "b 200 answered"]);
    expect(call.via).toEqual({ kind: "trunk", key: "b" });
    expect(hotline.adapter.trunkCalls).toBe(1);
    expect(hotline.trunks.trunks.map((trunk) => [trunk.key, trunk.describe(hotline.clock).channels])).toEqual([["b", 1], ["a", 0]]);
    await call.hangup();
  });

  it.each([400, 403, 404, 480, 484, 486, 488, 505, 600, 603, 604])("with %i is over: that is what the called side, or anybody, would say", async (status) => {
    const [, b] = await two(refuse(status));
    const { call, attempts } = await dial();
    await expect(call.ended).resolves.toMatchObject({ status });
    expect(b.invites).toEqual([]);
    expect(attempts).toEqual([]);
  });

  it("is over where a gateway's 500 has a cause of the called side beside it", async () => {
    const [, b] = await two(refuse(500, { headers: { Reason: "Q.850;cause=17" } }));
    const { call } = await dial();
    await expect(call.ended).resolves.toMatchObject({ reason: "busy", status: 500 });
    expect(b.invites).toEqual([]);
  });

  it("ends with the word of the last", async () => {
    await two(refuse(503), { second: refuse(486) });
    const { call, attempts } = await dial();
    await expect(call.ended).resolves.toMatchObject({ reason: "busy", status: 486 });
    expect(attempts).toEqual(["a 503 response", "b 486 response"]);
  });

  it("goes on after it rang where the carrier fails, but a 408 then means that nobody lifted", async () => {
    const ringing = (status: number) => (invite: IncomingInvite): void => {
      invite.ring();
      invite.reject({ status });
    };
    const [a, b] = await two(ringing(503));
    const first = await dial();
    expect(await first.call.answered).toBe(true);
    await first.call.hangup();
    a.onInvite = ringing(408);
    const second = await dial();
    await expect(second.call.ended).resolves.toMatchObject({ status: 408, reason: "no-answer" });
    expect(b.invites).toHaveLength(1);
  });

  it("does not go on once its early media was heard", async () => {
    let invite: IncomingInvite | undefined;
    const [, b] = await two((one) => {
      invite = one;
      one.progress({ status: 183, body: offerOf(51_000) });
    });
    const { call } = await dial();
    await until(() => call.media !== undefined, "early media");
    invite?.reject({ status: 503 });
    await expect(call.ended).resolves.toMatchObject({ status: 503 });
    expect(b.invites).toEqual([]);
  });

  it("a trunk that refuses the connection", async () => {
    const b = await carrier(lift);
    hotline = await new HotlineSide({ trunks: [{ key: "a", outbound: { host: "127.0.0.1", port: 9, transport: "tcp" } }, { key: "b", outbound: { host: "127.0.0.1", port: b.port } }] }).start();
    const { call, attempts } = await dial();
    expect(await call.answered).toBe(true);
    expect(attempts).toEqual(["a 503 transport", "b 200 answered"]);
    await call.hangup();
  });

  it("a Retry-After rests the trunk: the next calls do not ask it", async () => {
    const [a, b] = await two(refuse(503, { retryAfter: 60 }));
    for (let i = 0; i < 2; i++) {
      const { call } = await dial();
      expect(await call.answered).toBe(true);
      await call.hangup();
    }
    expect([a.invites.length, b.invites.length]).toEqual([1, 2]);
  });

  it("a full trunk is passed over, and the record says so", async () => {
    await two(lift, { first: { maxChannels: 1 } });
    const first = await dial();
    expect(await first.call.answered).toBe(true);
    const second = await dial();
    expect(await second.call.answered).toBe(true);
    expect(second.call.via.key).toBe("b");
    expect(second.attempts).toEqual(["a 0 full", "b 200 answered"]);
    await Promise.all([first.call.hangup(), second.call.hangup()]);
  });
});

describe("a trunk that says nothing", () => {
  async function mute(clock: ManualClock): Promise<{ a: MuteCarrier; b: Phone }> {
    const a = await new MuteCarrier().start();
    mutes.push(a);
    const b = await carrier((invite) => invite.ring());
    hotline = await new HotlineSide({ trunks: [{ key: "a", outbound: { host: "127.0.0.1", port: a.port, tryMs: 1_000 } }, { key: "b", outbound: { host: "127.0.0.1", port: b.port } }] }, clock).start();
    return { a, b };
  }

  it("is given up after tryMs, and its late answer gets a BYE while the next rings on", async () => {
    const clock = new ManualClock();
    const { a, b } = await mute(clock);
    const { call, attempts } = await dial();
    await until(() => a.heard.includes("INVITE"), "the first INVITE");
    await clock.advance(999);
    expect(attempts).toEqual([]);
    await clock.advance(1);
    expect(attempts).toEqual(["a 408 timeout"]);
    await until(() => call.state === "ringing", "the second to ring");
    expect(a.heard).not.toContain("CANCEL");
    a.say(200);
    await until(() => a.heard.includes("BYE"), "the BYE of the late answer");
    expect(a.heard.filter((method) => method !== "INVITE")).toEqual(["ACK", "BYE"]);
    expect(call.state).toBe("ringing");
    void b.invites[0]?.accept({ body: offerOf(52_000) });
    expect(await call.answered).toBe(true);
    expect(hotline.media.last.remote?.port).toBe(52_000);
    expect(attempts).toEqual(["a 408 timeout", "b 200 answered"]);
    await call.hangup();
  });

  it("may still be given up by us while the next is tried: both are cancelled", async () => {
    const clock = new ManualClock();
    const { a, b } = await mute(clock);
    const { call } = await dial();
    await until(() => a.heard.includes("INVITE"), "the first INVITE");
    await clock.advance(1_000);
    await until(() => call.state === "ringing", "the second to ring");
    await call.hangup();
    await expect(call.ended).resolves.toMatchObject({ reason: "hangup" });
    await until(() => b.invites[0]?.state === "closed", "the CANCEL of the second");
    // Only now does the first say something: it is told to stop (RFC 3261 section 9.1).
    a.say(180);
    await until(() => a.heard.includes("CANCEL"), "the CANCEL of the first");
    expect(b.invites).toHaveLength(1);
  });

  it("hears no second INVITE when it asks for a password after it was given up", async () => {
    const clock = new ManualClock();
    const a = await new MuteCarrier().start();
    mutes.push(a);
    const b = await carrier(lift);
    hotline = await new HotlineSide(
      { trunks: [{ key: "a", outbound: { host: "127.0.0.1", port: a.port, tryMs: 1_000 }, registration: { server: "127.0.0.1", port: b.port, username: "u", password: "p" } }, { key: "b", outbound: { host: "127.0.0.1", port: b.port } }] },
      clock,
    ).start();
    const { call } = await dial();
    await until(() => a.heard.includes("INVITE"), "the first INVITE");
    await clock.advance(1_000);
    expect(await call.answered).toBe(true);
    a.say(401, ['WWW-Authenticate: Digest realm="x", nonce="1"']);
    await until(() => a.heard.includes("ACK"), "the ACK of the refusal");
    expect(new Set(a.sequences)).toEqual(new Set(["1 INVITE", "1 ACK"]));
    await call.hangup();
  });

  it("that has said that it tries is waited for", async () => {
    const clock = new ManualClock();
    const { a, b } = await mute(clock);
    const trying = await dial();
    await until(() => a.heard.includes("INVITE"), "the INVITE");
    a.say(100);
    await until(() => hotline.adapter.agent?.metrics().received === 1, "the 100");
    await clock.advance(5_000);
    expect(b.invites).toEqual([]);
    a.say(200);
    expect(await trying.call.answered).toBe(true);
    await trying.call.hangup();
  });
});

describe("rates and numbers on the wire", () => {
  it("above its rate a trunk's calls wait in their turn, and then fail with what to do", async () => {
    const clock = new ManualClock();
    const a = await carrier(lift);
    hotline = await new HotlineSide({ trunks: [{ key: "a", outbound: { host: "127.0.0.1", port: a.port, maxCallsPerSecond: 1 } }] }, clock).start();
    const calls = [await dial(), await dial(), await dial()].map(({ call }) => call);
    await expect(hotline.adapter.originate("tel:13800138000")).rejects.toMatchObject({ code: "HTL_SIP_TRUNK_RATE", message: expect.stringContaining("maxCallsPerSecond") });
    await until(() => a.invites.length === 1, "the first INVITE");
    await clock.advance(999);
    expect(a.invites).toHaveLength(1);
    await clock.advance(1);
    await until(() => a.invites.length === 2, "the second INVITE");
    await calls[2]?.hangup();
    await clock.advance(1_000);
    await Promise.all(calls.map((call) => call.hangup()));
    expect(a.invites).toHaveLength(2);
  });

  it("calls that come in above the trunk's rate get 503 with Retry-After, and are written down", async () => {
    const a = await carrier(lift);
    hotline = await new HotlineSide({ trunks: [{ key: "a", match: ["127.0.0.1"], maxCallsPerSecond: 0.1 }] }).start();
    const arriving = hotline.next();
    const first = a.call(hotline.port);
    await (await arriving).answer();
    await first.outcome;
    const second = await a.call(hotline.port).outcome;
    expect(second).toMatchObject({ answered: false, status: 503 });
    expect(!second.answered && second.response?.headers.get("retry-after")).toBe("1");
    expect(hotline.turnedAway).toEqual(["carrier 503"]);
    await hotline.arrived[0]?.hangup();
  });

  it("are rewritten for each trunk, caller and P-Asserted-Identity too; the record keeps the hotline's", async () => {
    const rewrite = [{ of: "called", prefix: "0", strip: 1, prepend: "+86" }, { of: "caller", prefix: "12333", prepend: "010" }];
    const [a, b] = await two(refuse(503), { first: { callerId: "12333", identity: "asserted" }, out: { rewrite } });
    const call = await hotline.adapter.originate("tel:02166668888", { from: { number: "12333" } });
    expect(await call.answered).toBe(true);
    const [wire] = a.invites;
    expect(wire?.request.uri).toBe(`sip:+862166668888@127.0.0.1:${a.port}`);
    expect(wire?.request.to.uri).toContain("+862166668888");
    expect(wire?.request.from.uri).toBe("sip:01012333@127.0.0.1");
    expect(wire?.request.headers.get("p-asserted-identity")).toBe("<sip:01012333@127.0.0.1>");
    expect(b.invites[0]?.request.uri).toBe(`sip:02166668888@127.0.0.1:${b.port}`);
    expect(b.invites[0]?.request.from.uri).toBe("sip:12333@127.0.0.1");
    expect(b.invites[0]?.request.headers.has("p-asserted-identity")).toBe(false);
    expect([call.from.number, call.to.number]).toEqual(["12333", "02166668888"]);
    await call.hangup();
  });

  it("of calls that come in are the hotline's in routing, records and `numbers`", async () => {
    const phone = await new Phone("+8613800138000").start();
    phones.push(phone);
    hotline = await new HotlineSide({
      trunks: [{ key: "a", match: ["127.0.0.1"], numbers: ["12333"], rewriteInbound: [{ of: "caller", prefix: "+86", strip: 3 }, { of: "called", prefix: "+8610", strip: 5 }] }],
    }).start();
    const arriving = hotline.next();
    const outgoing = phone.call(hotline.port, { number: "+861012333", headers: { "P-Asserted-Identity": "<sip:+8613900139000@127.0.0.1>" } });
    const call = await arriving;
    expect([call.from.number, call.to.number]).toEqual(["13900139000", "12333"]);
    outgoing.cancel();
    await call.ended;
  });

  it("`numbers` takes none as the carrier wrote it where a rule makes another of it", async () => {
    const phone = await new Phone("13800138000").start();
    phones.push(phone);
    hotline = await new HotlineSide({ trunks: [{ key: "a", match: ["127.0.0.1"], numbers: ["12333"], rewriteInbound: [{ of: "called", prefix: "12333", prepend: "9" }] }] }).start();
    expect(await phone.call(hotline.port, { number: "12333" }).outcome).toMatchObject({ status: 404 });
    expect(hotline.arrived).toEqual([]);
  });

  it.each([
    ["Diversion", "<sip:+861066668888@x>;reason=user-busy, <sip:+8613900139000@x>;reason=unconditional"],
    ["History-Info", "<sip:+8613900139000@x>;index=1, <sip:+861066668888@x;cause=302>;index=1.1, <sip:12333@x;cause=486>;index=1.1.1"],
  ])("of who diverted a call (%s) are the hotline's; the header stays as it came", async (header, value) => {
    const phone = await new Phone("13800138000").start();
    phones.push(phone);
    hotline = await new HotlineSide({ trunks: [{ key: "a", match: ["127.0.0.1"], rewriteInbound: [{ of: "caller", prefix: "+8610", strip: 5 }, { of: "caller", prefix: "+86", strip: 3 }, { of: "called", prefix: "+86", strip: 1 }] }] }).start();
    const arriving = hotline.next();
    const outgoing = phone.call(hotline.port, { headers: { [header]: value } });
    const { attributes, ended } = await arriving;
    expect([attributes["diverted-from"], attributes["diverted-by"], attributes["diversion-reason"]]).toEqual(["13900139000", "66668888", "user-busy"]);
    expect(attributes[header.toLowerCase()]).toContain("+861066668888");
    outgoing.cancel();
    await ended;
  });

  it("a call that names no caller shows that of the trunk that has it, in the record too", async () => {
    await two(refuse(503), { first: { callerId: "01012333" } });
    const { call } = await dial();
    expect(call.from).toMatchObject({ number: "01012333", uri: "sip:01012333@127.0.0.1" });
    expect(await call.answered).toBe(true);
    expect(call.via.key).toBe("b");
    expect(call.from.number).toBe("");
    await call.hangup();
  });

  it("trunks tell their priority, use, rate and rest", async () => {
    const clock = new ManualClock();
    const a = await carrier(lift);
    hotline = await new HotlineSide({
      trunks: [
        { key: "a", match: ["127.0.0.1"], outbound: { host: "127.0.0.1", port: a.port, priority: 3, maxCallsPerSecond: 2 }, maxCallsPerSecond: 9 },
        { key: "in", match: ["192.0.2.1"] },
      ],
    }, clock).start();
    const state = (): unknown => hotline.trunks.trunks[0]?.describe(clock);
    const call = await hotline.adapter.originate("tel:13800138000");
    await call.answered;
    const arriving = hotline.next();
    const outgoing = a.call(hotline.port);
    await arriving;
    const rest = { outbound: { calls: 1, lastMinute: 1, maxCallsPerSecond: 2 }, inbound: { calls: 1, lastMinute: 1, maxCallsPerSecond: 9 } };
    expect(state()).toMatchObject({ priority: 3, restsUntil: null, channels: 2, ...rest });
    expect(hotline.trunks.trunks[1]?.describe(clock)).toMatchObject({ priority: null, restsUntil: null, outbound: { calls: 0, maxCallsPerSecond: null }, inbound: { calls: 0, maxCallsPerSecond: null } });
    outgoing.cancel();
    await call.hangup();
    a.onInvite = refuse(503, { retryAfter: 30 });
    const until = clock.now() + 30_000;
    const refused = await hotline.adapter.originate("tel:13800138000");
    await refused.ended;
    expect(state()).toMatchObject({ restsUntil: until, outbound: { calls: 2, lastMinute: 2 } });
    await clock.advance(30_000);
    expect(state()).toMatchObject({ restsUntil: null, outbound: { calls: 2, lastMinute: 2 } });
    await clock.advance(31_000);
    expect(state()).toMatchObject({ outbound: { calls: 2, lastMinute: 0 }, inbound: { calls: 1, lastMinute: 0 } });
    await hotline.arrived[0]?.ended;
  });
});
