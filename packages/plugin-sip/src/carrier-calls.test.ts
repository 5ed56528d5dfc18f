import { afterEach, describe, expect, it } from "vitest";
import { HotlineSide, until } from "../test/support/hotline-side.js";
import { offerOf, Phone } from "../test/support/phone.js";
import type { IncomingInvite, IncomingRequest, UserAgentOptions } from "./stack/index.js";

/** What carriers demand beyond RFC 3261. */
let hotline: HotlineSide;
const phones: Phone[] = [];

async function carrier(agent: Partial<UserAgentOptions> = {}): Promise<Phone> {
  const made = await new Phone("13800138000", { agent: { supported: ["100rel"], ...agent } }).start();
  phones.push(made);
  return made;
}

async function withTrunk(options: Record<string, unknown> = {}, agent: Partial<UserAgentOptions> = {}): Promise<Phone> {
  const far = await carrier(agent);
  hotline = await new HotlineSide({ trunks: [{ key: "out", match: ["127.0.0.1"], outbound: { host: "127.0.0.1", port: far.port } }], ...options }).start();
  return far;
}

afterEach(async () => {
  await hotline.stop();
  await Promise.all(phones.splice(0).map((each) => each.stop()));
  expect(hotline.media.open).toBe(0);
  expect(hotline.adapter.calls).toBe(0);
});

describe("provisional responses that are acknowledged", () => {
  it("an INVITE without offer gets ours in the 180, the PRACK answers, the 200 has none", async () => {
    const far = await withTrunk();
    const arriving = hotline.next();
    const offers: string[] = [];
    const outgoing = far.call(hotline.port, {
      body: undefined,
      headers: { Require: "100rel" },
      prack: (response) => {
        offers.push(response.body.toString());
        return { body: offerOf(46_000) };
      },
    });
    const call = await arriving;
    const answered = call.answer();
    const outcome = await outgoing.outcome;
    await answered;
    expect(offers).toHaveLength(1);
    expect(offers[0]).toContain(`m=audio ${hotline.media.last.localPort} RTP/AVP`);
    expect(outcome.answered && outcome.response.body.length).toBe(0);
    expect(hotline.media.last.remote).toMatchObject({ port: 46_000, codec: "PCMA" });
    await call.hangup();
  });

  it("a PRACK whose answer fits nothing is refused, and the call cannot be answered", async () => {
    const far = await withTrunk();
    const arriving = hotline.next();
    const outgoing = far.call(hotline.port, { body: undefined, headers: { Require: "100rel" }, prack: () => ({ body: offerOf(46_000, [], "RTP/AVP 3") }) });
    const call = await arriving;
    await expect(call.answer()).rejects.toMatchObject({ code: "HTL_SIP_OFFER_REFUSED" });
    await outgoing.outcome;
    await expect(call.ended).resolves.toMatchObject({ reason: "failed" });
  });

  it("its media worker dies while it rings with sound agreed: 503, and when to try again", async () => {
    const far = await withTrunk();
    const arriving = hotline.next();
    const outgoing = far.call(hotline.port, { body: undefined, headers: { Require: "100rel" }, prack: () => ({ body: offerOf(46_000) }) });
    const call = await arriving;
    await call.ring();
    hotline.media.last.emit({ type: "ended", reason: "worker-failed" });
    const outcome = await outgoing.outcome;
    expect(outcome).toMatchObject({ answered: false, status: 503 });
    expect(outcome.response?.headers.get("retry-after")).toBe("5");
    await expect(call.ended).resolves.toMatchObject({ reason: "failed" });
  });

  it("no PRACK at all ends the call as failed with 504", async () => {
    const far = await withTrunk({}, { supported: [] });
    const arriving = hotline.next();
    const outgoing = far.call(hotline.port, { headers: { Require: "100rel" } });
    const call = await arriving;
    await call.ring();
    await expect(call.ended).resolves.toMatchObject({ reason: "failed", by: "system", status: 504 });
    await expect(outgoing.outcome).resolves.toMatchObject({ answered: false, status: 504 });
  });

  it("an early answer of the carrier is heard, an UPDATE moves it, and the 200 only repeats it", async () => {
    let invite: IncomingInvite | undefined;
    const far = await withTrunk({ reliableProvisionals: "required" });
    far.onInvite = (one) => {
      invite = one;
      one.progress({ status: 183, body: offerOf(51_000) });
    };
    const call = await hotline.adapter.originate("tel:13900139000");
    await until(() => call.media !== undefined, "early media");
    expect(invite?.request.headers.get("require")).toBe("100rel");
    expect(hotline.media.last.remote?.port).toBe(51_000);
    const moved = await invite?.update({ body: offerOf(51_500).replace("o=phone 1 1", "o=phone 1 2") });
    expect(moved?.status).toBe(200);
    expect(moved?.response?.body.toString()).toContain("m=audio");
    expect(hotline.media.last.remote?.port).toBe(51_500);
    void invite?.accept({ body: offerOf(51_500) });
    expect(await call.answered).toBe(true);
    expect(hotline.media.last.remote?.port).toBe(51_500);
    await call.hangup();
  });

  it("switched off it is not spoken of, and a demand gets 420", async () => {
    const far = await withTrunk({ reliableProvisionals: "off" });
    await expect(far.call(hotline.port, { headers: { Require: "100rel" } }).outcome).resolves.toMatchObject({ answered: false, status: 420 });
    far.onInvite = (one) => {
      expect(one.request.headers.get("supported")).toBe("replaces, timer");
      one.reject({ status: 486 });
    };
    const call = await hotline.adapter.originate("tel:13900139000");
    await expect(call.ended).resolves.toMatchObject({ reason: "busy" });
  });
});

describe("session timers", () => {
  it("are asked for and agreed on with a carrier, as the option says", async () => {
    const far = await withTrunk({ sessionTimer: { seconds: 600, minSeconds: 120 } }, { sessionTimer: { expires: 1800 } });
    const arriving = hotline.next();
    const outgoing = far.call(hotline.port);
    await (await arriving).answer();
    const outcome = await outgoing.outcome;
    expect(outcome.answered && outcome.response.headers.get("session-expires")).toBe("600;refresher=uac");
    let asked: string | undefined;
    far.onInvite = (invite) => {
      asked = invite.request.headers.get("session-expires");
      invite.reject({ status: 486 });
    };
    await (await hotline.adapter.originate("tel:13900139000")).ended;
    expect(asked).toBe("600");
  });

  it("a wish below the least is refused with 422, and 0 speaks of none", async () => {
    const far = await withTrunk({ sessionTimer: { seconds: 1800, minSeconds: 300 } });
    const refused = await far.call(hotline.port, { headers: { "Session-Expires": "120", Supported: "timer" } }).outcome;
    expect(refused).toMatchObject({ answered: false, status: 422 });
    expect(!refused.answered && refused.response?.headers.get("min-se")).toBe("300");
    await hotline.stop();
    const other = await withTrunk({ sessionTimer: { seconds: 0 } });
    let headers: string | undefined;
    other.onInvite = (invite) => {
      headers = `${invite.request.headers.get("session-expires") ?? "none"} ${invite.request.headers.get("supported") ?? ""}`;
      invite.reject({ status: 486 });
    };
    await (await hotline.adapter.originate("tel:13900139000")).ended;
    expect(headers).toBe("none replaces, 100rel");
  });
});

describe("redirections of a carrier", () => {
  const moved = (invite: IncomingInvite, ...contacts: string[]): void => invite.reject({ status: 302, headers: { Contact: contacts } });
  const dialled = (far: Phone): string[] => far.invites.map(({ request }) => /^sip:([^@]*)@/.exec(request.uri)?.[1] ?? request.uri);
  const trunk = (far: Phone, options: Record<string, unknown>): Record<string, unknown> => ({ trunks: [{ key: "out", match: ["127.0.0.1"], outbound: { host: "127.0.0.1", port: far.port }, ...options }] });

  async function redirecting(options: Record<string, unknown>, answer: (invite: IncomingInvite, far: Phone) => void, more: Record<string, unknown> = {}): Promise<Phone> {
    const far = await carrier();
    hotline = await new HotlineSide({ ...trunk(far, options), ...more }).start();
    far.onInvite = (invite) => answer(invite, far);
    return far;
  }

  it("are not followed unless the trunk says so", async () => {
    const far = await redirecting({}, (invite, { port }) => moved(invite, `<sip:2@127.0.0.1:${port}>`));
    await expect((await hotline.adapter.originate("tel:1")).ended).resolves.toMatchObject({ reason: "declined", status: 302 });
    expect(dialled(far)).toEqual(["1"]);
  });

  it("are followed, the best contact first, and the call is that of who answers", async () => {
    const far = await redirecting({ redirects: 3 }, (invite, { port }) => {
      if (invite.request.uri.startsWith("sip:1@")) moved(invite, `<sip:8@127.0.0.1:${port}>;q=0.2`, `<sip:2@127.0.0.1:${port}?X=y>;q=0.9`);
      else if (invite.request.uri.startsWith("sip:2@")) moved(invite, "<tel:3>");
      else void invite.accept({ body: offerOf(50_000) });
    });
    const call = await hotline.adapter.originate("tel:1");
    expect(await call.answered).toBe(true);
    expect(dialled(far)).toEqual(["1", "2", "3"]);
    expect(new Set(far.invites.map(({ request }) => request.callId)).size).toBe(3);
    await call.hangup();
  });

  it("in a ring end where they began, and long ones at the limit", async () => {
    const ring = await redirecting({ redirects: 10 }, (invite, { port }) => moved(invite, `<sip:${invite.request.uri.startsWith("sip:1@") ? 2 : 1}@127.0.0.1:${port}>`));
    await expect((await hotline.adapter.originate("tel:1")).ended).resolves.toMatchObject({ reason: "declined" });
    expect(dialled(ring)).toEqual(["1", "2"]);
    await hotline.stop();
    const long = await redirecting({ redirects: 2 }, (invite, { port }) => moved(invite, `<sip:${Number(/^sip:(\d+)/.exec(invite.request.uri)?.[1]) + 1}@127.0.0.1:${port}>`));
    await expect((await hotline.adapter.originate("tel:1")).ended).resolves.toMatchObject({ reason: "declined" });
    expect(dialled(long)).toEqual(["1", "2", "3"]);
  });

  it("lead to no other host, to no number that may not be called, and to nothing that is no address", async () => {
    const far = await redirecting({ redirects: 5 }, (invite, { port }) => moved(invite, "<sip:2@203.0.113.9>", `<sip:00441@127.0.0.1:${port}>`, "<sip:127.0.0.1>", "<http://x>"), { toll: { deny: ["00"] } });
    await expect((await hotline.adapter.originate("tel:1")).ended).resolves.toMatchObject({ reason: "declined" });
    expect(dialled(far)).toEqual(["1"]);
  });

  it("a call that is given up meanwhile is not followed", async () => {
    const far = await redirecting({ redirects: 5 }, () => undefined);
    const call = await hotline.adapter.originate("tel:1");
    await until(() => far.invites.length === 1, "the INVITE");
    void call.hangup();
    moved(far.invites[0] as IncomingInvite, `<sip:2@127.0.0.1:${far.port}>`);
    await call.ended;
    expect(dialled(far)).toEqual(["1"]);
  });
});

describe("who calls, and why it ended", () => {
  const trunk = (far: Phone, options: Record<string, unknown>): Record<string, unknown> => ({ trunks: [{ key: "out", match: ["127.0.0.1"], outbound: { host: "127.0.0.1", port: far.port }, callerId: "12333", ...options }] });

  it("believes P-Asserted-Identity and Privacy of a trunk, unless it is told not to", async () => {
    const headers = { "P-Asserted-Identity": '"City" <sip:+8610555@carrier.test>, <tel:+8610555>', Diversion: "<sip:+86109999@carrier.test>;reason=no-answer" };
    for (const trustIdentity of [true, false]) {
      const far = await carrier();
      hotline = await new HotlineSide(trunk(far, { trustIdentity })).start();
      const arriving = hotline.next();
      const outgoing = far.call(hotline.port, { headers });
      const call = await arriving;
      expect(call.from.number).toBe(trustIdentity ? "+8610555" : "13800138000");
      expect(call.attributes).toMatchObject({ "diverted-from": "+86109999", "diversion-reason": "no-answer", "diversion-count": "1" });
      outgoing.cancel();
      await call.ended;
      await hotline.stop();
    }
    const far = await withTrunk();
    const arriving = hotline.next();
    const outgoing = far.call(hotline.port, { headers: { ...headers, Privacy: "id" } });
    expect((await arriving).from.number).toBe("");
    outgoing.cancel();
    await (await arriving).ended;
  });

  it.each([
    ["off", {}, undefined, undefined, "sip:10010@"],
    ["asserted", {}, "<sip:12333@127.0.0.1>", undefined, "sip:10010@"],
    ["preferred", {}, undefined, "<sip:12333@127.0.0.1>", "sip:10010@"],
    ["asserted", { Privacy: "id" }, "<sip:12333@127.0.0.1>", undefined, "sip:anonymous@anonymous.invalid"],
  ] as const)("writes its own identity %s with %j", async (identity, headers, asserted, preferred, shown) => {
    const far = await carrier();
    hotline = await new HotlineSide(trunk(far, { identity })).start();
    far.onInvite = (invite) => invite.reject({ status: 486 });
    await (await hotline.adapter.originate("tel:139", { from: { number: "10010" }, headers })).ended;
    const request = far.invites[0]?.request;
    expect(request?.headers.get("p-asserted-identity")).toBe(asserted);
    expect(request?.headers.get("p-preferred-identity")).toBe(preferred);
    expect(request?.headers.get("privacy")).toBe((headers as { Privacy?: string }).Privacy);
    expect(request?.from.uri.startsWith(shown)).toBe(true);
  });

  it.each([
    ["off", undefined, undefined],
    ["diversion", "<sip:01012333@127.0.0.1>;reason=deflection;counter=1", undefined],
    ["history-info", undefined, /^<sip:01012333@127\.0\.0\.1>;index=1, ?<sip:139@127\.0\.0\.1;cause=480>;index=1\.1$/],
  ] as const)("tells a carrier with forwarded %s of a call that came in first", async (forwarded, diversion, history) => {
    const far = await carrier();
    const rewrite = [{ of: "caller" as const, prefix: "12333", prepend: "010" }];
    hotline = await new HotlineSide({ trunks: [{ key: "carrier", forwarded, outbound: { host: "127.0.0.1", port: far.port, rewrite } }] }).start();
    far.onInvite = (invite) => invite.reject({ status: 486 });
    await (await hotline.adapter.originate("tel:139", { forwarded: { called: "12333" } })).ended;
    await (await hotline.adapter.originate("tel:139")).ended;
    const [sentOn, own] = far.invites.map(({ request }) => request.headers);
    expect(sentOn?.get("diversion")).toBe(diversion);
    if (history === undefined) expect(sentOn?.has("history-info")).toBe(false);
    else expect(sentOn?.list("history-info").join(", ")).toMatch(history);
    expect([own?.has("diversion"), own?.has("history-info")]).toEqual([false, false]);
  });

  it.each([
    [480, 'Q.850;cause=19;text="no answer"', "no-answer"],
    [500, "SIP;cause=500, Q.850;cause=17", "busy"],
    [503, "Q.850;cause=1", "not-found"],
    [480, "Q.850;cause=127", "unreachable"],
    [486, "SIP;cause=600", "busy"],
  ])("a refusal with %i and %s reads as %s", async (status, reason, expected) => {
    const far = await withTrunk();
    far.onInvite = (invite) => invite.reject({ status, headers: { Reason: reason } });
    await expect((await hotline.adapter.originate("tel:139")).ended).resolves.toMatchObject({ reason: expected, status });
  });

  it("tells why it refuses", async () => {
    const far = await withTrunk();
    hotline.onCall = (call) => void call.hangup({ status: 486, reason: "busy" });
    const outcome = await far.call(hotline.port).outcome;
    expect(!outcome.answered && outcome.response?.headers.get("reason")).toBe('Q.850;cause=17;text="User busy"');
  });

  it("sends keys by INFO where the trunk wants it, in order, and says when one is refused", async () => {
    const far = await carrier();
    hotline = await new HotlineSide(trunk(far, { dtmf: "info" })).start();
    const arriving = hotline.next();
    const reached = far.reach(hotline.port);
    const call = await arriving;
    await call.answer();
    const { session } = await reached;
    const heard: string[] = [];
    session.handle({
      request: (incoming) => {
        heard.push(`${incoming.request.contentType} ${/Signal=(.)/.exec(incoming.request.body.toString())?.[1] ?? ""}`);
        incoming.respond({ status: heard.length > 5 ? 415 : 200 });
      },
    });
    // What a bridge has for the carrier, from a leg with keys of another kind.
    hotline.media.last.emit({ type: "send-key", digit: "5" });
    hotline.media.last.emit({ type: "send-key", digit: "6" });
    await until(() => heard.length === 2, "two keys");
    await call.sendDtmf("1#A");
    expect(heard).toEqual(["application/dtmf-relay 5", "application/dtmf-relay 6", "application/dtmf-relay 1", "application/dtmf-relay #", "application/dtmf-relay A"]);
    await expect(call.sendDtmf("2")).rejects.toMatchObject({ code: "HTL_SIP_OFFER_REFUSED" });
    await call.hangup();
  });

  it("keeps the keys of several senders in order, and refuses more than can wait for a carrier that does not answer", async () => {
    const far = await carrier();
    hotline = await new HotlineSide(trunk(far, { dtmf: "info" })).start();
    const arriving = hotline.next();
    const reached = far.reach(hotline.port);
    const call = await arriving;
    await call.answer();
    const { session } = await reached;
    const heard: string[] = [];
    const waiting: IncomingRequest[] = [];
    let answering = false;
    session.handle({
      request: (incoming) => {
        heard.push(/Signal=(.)/.exec(incoming.request.body.toString())?.[1] ?? "");
        if (answering) incoming.respond({ status: 200 });
        else waiting.push(incoming);
      },
    });
    const first = call.sendDtmf("1".repeat(100));
    const second = call.sendDtmf("2".repeat(28));
    hotline.media.last.emit({ type: "send-key", digit: "3" });
    await expect(call.sendDtmf("4")).rejects.toMatchObject({ code: "HTL_SIP_KEYS_FULL", status: 429 });
    await until(() => heard.length === 1, "the first key");
    answering = true;
    for (const incoming of waiting) incoming.respond({ status: 200 });
    await Promise.all([first, second]);
    expect(heard.join("")).toBe(`${"1".repeat(100)}${"2".repeat(28)}`);
    expect(hotline.logged).toContain("info: a key could not be passed on by INFO");
    await call.sendDtmf("5");
    expect(heard.at(-1)).toBe("5");
    await call.hangup();
  });

  it("takes no MESSAGE, in a call or out of it, and says what it takes", async () => {
    const far = await withTrunk();
    const arriving = hotline.next();
    const reached = far.reach(hotline.port);
    await (await arriving).answer();
    const { session } = await reached;
    const inside = await session.request("MESSAGE", { body: "hello", contentType: "text/plain" });
    const outside = await far.agent.request({ method: "MESSAGE", uri: `sip:12333@127.0.0.1:${hotline.port}`, from: "sip:a@b", body: "hello", contentType: "text/plain" });
    for (const { status, response } of [inside, outside]) {
      expect(status).toBe(405);
      expect(response?.headers.get("allow")).toContain("INFO");
    }
    await session.bye();
  });
});
