import { HotlineError } from "@hotlinejs/core";
import type { CallEvent, HangupOptions } from "@hotlinejs/core";
import { describe, expect, it, vi } from "vitest";
import { FakeWebRtcLeg } from "../test/support/fake-media.js";
import { until } from "../test/support/hotline-side.js";
import { ManualClock } from "../test/support/manual-clock.js";
import { begin, caller, connected, hotline, oneCaller } from "../test/support/one-caller.js";
import { offerOf } from "../test/support/phone.js";
import { parseSdp } from "./sdp/index.js";

oneCaller();

describe("a call from a trunk", () => {
  it("arrives, rings, is answered and ends by the caller", async () => {
    await begin();
    const states: string[] = [];
    hotline.onCall = (call) => call.subscribe((event) => void (event.type === "state" && states.push(event.state)));
    const arriving = hotline.next();
    let ringing = 0;
    const outgoing = caller.call(hotline.port, { from: '"张三" <sip:13800138000@127.0.0.1>', provisional: (r) => void (ringing = r.status) });
    const call = await arriving;
    expect(call).toMatchObject({ adapter: "sip", direction: "inbound", state: "new", via: { kind: "trunk", key: "demo" } });
    expect(call.from).toMatchObject({ number: "13800138000", displayName: "张三" });
    expect(call.to.number).toBe("12333");
    expect(call.attributes["user-agent"]).toBe("test-phone");
    expect(call.media).toBeUndefined();
    expect(() => call.play({ kind: "silence", durationMs: 10 })).toThrow(expect.objectContaining({ code: "HTL_SIP_NO_MEDIA" }));
    await call.ring();
    await until(() => ringing === 180, "180");
    await Promise.all([call.answer(), call.answer()]);
    const outcome = await outgoing.outcome;
    if (!outcome.answered) throw new Error("not answered");
    expect(parseSdp(outcome.response.body.toString()).media[0]).toMatchObject({ port: hotline.media.last.localPort, formats: ["8", "101"] });
    expect(hotline.media.last.remote).toMatchObject({ address: "127.0.0.1", signalledFrom: "127.0.0.1", port: 40_000, codec: "PCMA", payloadType: 8, telephoneEventPayloadType: 101, direction: "sendrecv" });
    expect(call.media).toBe(hotline.media.last);
    expect(hotline.dialogs.get(call.id)).toMatchObject({ version: 1, role: "uas" });
    const playing = call.play({ kind: "tone", tone: "dial" });
    await outcome.session.bye({ headers: { Reason: 'Q.850;cause=16;text="bye"' } });
    await expect(call.ended).resolves.toMatchObject({ reason: "remote-hangup", by: "remote", status: 16 });
    await expect(playing.done).resolves.toMatchObject({ reason: "leg-ended" });
    expect(call.signal.aborted).toBe(true);
    expect(states).toEqual(["ringing", "answered", "ended"]);
    expect(hotline.dialogs.get(call.id)).toBeNull();
    await expect(call.answer()).rejects.toMatchObject({ code: "HTL_CORE_CALL_ENDED" });
    await expect(call.hold()).rejects.toMatchObject({ code: "HTL_CORE_CALL_ENDED" });
    await expect(call.collect()).resolves.toMatchObject({ reason: "ended" });
    await call.hangup();
  });

  it("ends by us with BYE and a reason", async () => {
    await begin();
    const { call, session } = await connected();
    await call.hangup();
    const end = await session.ended;
    expect(end).toMatchObject({ by: "remote", cause: "bye" });
    expect(end.request?.headers.get("reason")).toContain("Q.850;cause=16");
    await expect(call.ended).resolves.toMatchObject({ reason: "hangup", by: "local" });
  });

  const refusals: [HangupOptions, number, string | undefined][] = [
    [{}, 603, undefined],
    [{ status: 486, reason: "busy" }, 486, undefined],
    [{ status: 503, reason: "rejected", retryAfter: 7 }, 503, "7"],
  ];
  it.each(refusals)("is refused with %j as %i", async (options, status, retryAfter) => {
    await begin();
    const arriving = hotline.next();
    const outgoing = caller.call(hotline.port);
    const call = await arriving;
    await call.ring();
    await call.hangup(options);
    const outcome = await outgoing.outcome;
    expect(outcome).toMatchObject({ answered: false, status });
    expect(!outcome.answered && outcome.response?.headers.get("retry-after")).toBe(retryAfter);
    await expect(call.ended).resolves.toMatchObject({ by: "local", reason: options.reason ?? "hangup" });
    await expect(call.answer()).rejects.toMatchObject({ code: "HTL_CORE_CALL_ENDED" });
  });

  it("is sent elsewhere by 302", async () => {
    await begin();
    const arriving = hotline.next();
    const outgoing = caller.call(hotline.port);
    const call = await arriving;
    await call.redirect("tel:+8613800138000");
    expect(await call.ended).toMatchObject({ reason: "redirected", by: "local", status: 302 });
    const outcome = await outgoing.outcome;
    expect(outcome).toMatchObject({ answered: false, status: 302 });
    expect(!outcome.answered && outcome.response?.headers.get("contact")).toBe("<tel:+8613800138000>");
  });

  it("is given up by the caller while it rings", async () => {
    await begin();
    const arriving = hotline.next();
    const outgoing = caller.call(hotline.port);
    const call = await arriving;
    await call.ring();
    outgoing.cancel();
    await expect(call.ended).resolves.toMatchObject({ reason: "cancelled", by: "remote" });
    await expect(call.answer()).rejects.toMatchObject({ code: "HTL_CORE_CALL_ENDED" });
  });

  it("is given up while its media is being set up", async () => {
    await begin();
    let open: () => void = () => undefined;
    hotline.media.gate = new Promise((resolve) => (open = resolve));
    const arriving = hotline.next();
    const outgoing = caller.call(hotline.port);
    const call = await arriving;
    await call.ring();
    const answering = call.answer();
    const refused = expect(answering).rejects.toMatchObject({ code: "HTL_CORE_CALL_ENDED" });
    outgoing.cancel();
    await call.ended;
    open();
    await refused;
    await until(() => hotline.media.open === 0 && hotline.media.made.length === 1, "the late leg to be closed");
  });

  it("gets 503 and when to try again where there is no media", async () => {
    await begin();
    hotline.media.failure = new Error("all workers are gone");
    const arriving = hotline.next();
    const outgoing = caller.call(hotline.port);
    const call = await arriving;
    await expect(call.answer()).rejects.toMatchObject({ code: "HTL_SIP_MEDIA_FAILED" });
    const outcome = await outgoing.outcome;
    expect(outcome).toMatchObject({ answered: false, status: 503 });
    expect(outcome.response?.headers.get("retry-after")).toBe("5");
    await expect(call.ended).resolves.toMatchObject({ reason: "failed" });
  });

  it("ends when the answer is never acknowledged", async () => {
    await begin();
    const arriving = hotline.next();
    // A raw INVITE from a caller that then is silent.
    const { createSocket } = await import("node:dgram");
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const body = offerOf(40_000);
    const { port } = socket.address();
    socket.send(
      [
        `INVITE sip:12333@127.0.0.1:${hotline.port} SIP/2.0`,
        `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bKsilent`,
        "Max-Forwards: 70",
        `From: <sip:x@127.0.0.1>;tag=1`,
        `To: <sip:12333@127.0.0.1>`,
        "Call-ID: silent",
        "CSeq: 1 INVITE",
        `Contact: <sip:x@127.0.0.1:${port}>`,
        "Content-Type: application/sdp",
        `Content-Length: ${body.length}`,
        "",
        body,
      ].join("\r\n"),
      hotline.port,
      "127.0.0.1",
    );
    const call = await arriving;
    await expect(call.answer()).rejects.toMatchObject({ code: "HTL_CORE_CALL_ENDED" });
    await expect(call.ended).resolves.toMatchObject({ reason: "failed", status: 408 });
    socket.close();
  });

  it("offers in the 200 when the INVITE brings no description", async () => {
    await begin();
    const arriving = hotline.next();
    let offered = "";
    const outgoing = caller.call(hotline.port, {
      body: "",
      ack: (response) => {
        offered = response.body.toString();
        return { body: offerOf(41_000, ["a=sendrecv"], "RTP/AVP 0 101") };
      },
    });
    const call = await arriving;
    await call.answer();
    await outgoing.outcome;
    expect(parseSdp(offered).media[0]?.formats).toEqual(["8", "0", "101"]);
    expect(hotline.media.last.remote).toMatchObject({ port: 41_000, codec: "PCMU", payloadType: 0 });
    await call.hangup();
  });

  it("ends at once when the late answer fits nothing", async () => {
    await begin();
    const arriving = hotline.next();
    const outgoing = caller.call(hotline.port, { body: "", ack: () => ({ body: offerOf(41_000, [], "RTP/AVP 18") }) });
    const call = await arriving;
    await expect(call.answer()).rejects.toMatchObject({ code: "HTL_SIP_OFFER_REFUSED" });
    const outcome = await outgoing.outcome;
    if (outcome.answered) await outcome.session.ended;
    await expect(call.ended).resolves.toMatchObject({ reason: "failed" });
  });

  it.each([
    [offerOf(40_000, [], "RTP/AVP 18"), "application/sdp", 488],
    [offerOf(40_000, [], "RTP/SAVP 8"), "application/sdp", 488],
    [offerOf(40_000).replace("v=0", "v=\0"), "application/sdp", 400],
    ["v=0 rubbish", "application/sdp", 400],
    ["hello", "text/plain", 415],
  ])("refuses the body %j (%s) with %i", async (body, contentType, status) => {
    await begin();
    expect(await caller.call(hotline.port, { body, contentType }).outcome).toMatchObject({ answered: false, status });
    expect(hotline.arrived).toHaveLength(0);
  });

  it("finds the description in a multipart body", async () => {
    await begin();
    const arriving = hotline.next();
    const body = `--b\r\nContent-Type: application/sdp\r\n\r\n${offerOf(42_000)}\r\n--b\r\nContent-Type: application/isup\r\n\r\n\u0001\u0002\r\n--b--\r\n`;
    const outgoing = caller.call(hotline.port, { body, contentType: 'multipart/mixed;boundary="b"' });
    const call = await arriving;
    await call.answer();
    await outgoing.outcome;
    expect(hotline.media.last.remote).toMatchObject({ port: 42_000 });
    await call.hangup();
  });
});

describe("an answered call", () => {
  it("is held and taken back by the peer, and moves to another port", async () => {
    await begin();
    const { call, session } = await connected();
    const holds: boolean[] = [];
    call.subscribe((event) => void (event.type === "remote-hold" && holds.push(event.held)));
    const held = await session.reinvite({ body: offerOf(40_000, ["a=sendonly"]).replace("o=phone 1 1", "o=phone 1 2") });
    expect(held.response?.body.toString()).toContain("a=recvonly");
    expect(hotline.media.last.remote).toMatchObject({ direction: "recvonly" });
    await session.reinvite({ body: offerOf(44_000, ["a=sendrecv"], "RTP/AVP 0").replace("o=phone 1 1", "o=phone 1 3") });
    expect(hotline.media.last.remote).toMatchObject({ direction: "sendrecv", port: 44_000, codec: "PCMU" });
    expect(holds).toEqual([true, false]);
    await call.hangup();
  });

  it("keeps what was agreed when a re-INVITE fits nothing", async () => {
    await begin();
    const { call, session } = await connected();
    const before = hotline.media.last.remotes.length;
    expect(await session.reinvite({ body: offerOf(44_000, [], "RTP/AVP 18") })).toMatchObject({ status: 488 });
    expect(await session.reinvite({ body: offerOf(0, [], "RTP/AVP 8") })).toMatchObject({ status: 488 });
    expect(hotline.media.last.remotes).toHaveLength(before);
    expect(call.state).toBe("answered");
    await call.hangup();
  });

  it("answers a re-INVITE without a body with an offer", async () => {
    await begin();
    const { call, session } = await connected();
    let offered = "";
    await session.reinvite({
      ack: (response) => {
        offered = response.body.toString();
        return { body: offerOf(45_000) };
      },
    });
    expect(parseSdp(offered).media[0]?.formats).toEqual(["8", "101"]);
    await until(() => hotline.media.last.remote?.port === 45_000, "the late answer");
    await call.hangup();
  });

  it("holds and takes back the far end", async () => {
    await begin();
    const { call, session } = await connected();
    const offers: string[] = [];
    session.handle({
      reoffer: (offer) => {
        const body = offer.request.body.toString();
        offers.push(/a=(sendrecv|sendonly)/.exec(body)?.[1] ?? "?");
        void offer.accept({ body: offerOf(40_000, [body.includes("sendonly") ? "a=recvonly" : "a=sendrecv"]) });
      },
    });
    await Promise.all([call.hold(), call.hold(), call.unhold(), call.hold()]);
    expect(offers).toEqual(["sendonly", "sendrecv", "sendonly"]);
    expect(hotline.media.last.remote).toMatchObject({ direction: "sendonly" });
    await call.unhold();
    expect(hotline.media.last.remote).toMatchObject({ direction: "sendrecv" });
    await call.hangup();
  });

  it("says so when the far end does not let itself be held", async () => {
    await begin();
    const { call, session } = await connected();
    session.handle({ reoffer: (offer) => offer.respond({ status: 488 }) });
    await expect(call.hold()).rejects.toMatchObject({ code: "HTL_SIP_OFFER_REFUSED" });
    expect(hotline.media.last.remote).toMatchObject({ direction: "sendrecv" });
    await call.hangup();
  });

  it("survives both sides holding at once (glare)", async () => {
    await begin();
    const { call, session } = await connected();
    session.handle({
      reoffer: (offer) => void offer.accept({ body: offerOf(40_000, [offer.request.body.toString().includes("sendonly") ? "a=recvonly" : "a=sendrecv"]) }),
    });
    const [, theirs] = await Promise.all([call.hold(), session.reinvite({ body: offerOf(40_000, ["a=sendonly"]).replace("o=phone 1 1", "o=phone 1 2") })]);
    expect(theirs.status).toBe(200);
    expect(call.state).toBe("answered");
    await call.hangup();
  });

  it("rejects a hold when the call ends under it", async () => {
    await begin();
    const { call, session } = await connected();
    session.handle({ reoffer: () => undefined });
    const holding = expect(call.hold()).rejects.toMatchObject({ code: "HTL_CORE_CALL_ENDED" });
    await session.bye();
    await holding;
  });

  it("takes keys from INFO and refuses what is none", async () => {
    await begin();
    const { call, session } = await connected();
    const info = (body: string, contentType = "application/dtmf-relay") => session.request("INFO", { body, contentType });
    expect(await info("Signal=5\r\nDuration=160\r\n")).toMatchObject({ status: 200 });
    expect(await info("Signal= 11\r\n")).toMatchObject({ status: 200 });
    expect(await info("*", "application/dtmf")).toMatchObject({ status: 200 });
    expect(await info("Signal=x\r\n")).toMatchObject({ status: 400 });
    expect(await info("<x/>", "application/media_control+xml")).toMatchObject({ status: 415 });
    expect(await session.request("INFO")).toMatchObject({ status: 200 });
    expect(hotline.media.last.injected).toEqual(["5", "#", "*"]);
    await call.hangup();
  });

  it("takes as many keys from INFO as can be pressed, and refuses more, which ends nothing", async () => {
    const clock = new ManualClock();
    await begin({}, clock);
    const { call, session } = await connected();
    const press = async (): Promise<number> => (await session.request("INFO", { body: "Signal=5", contentType: "application/dtmf-relay" })).status;
    const statuses = await Promise.all(Array.from({ length: 70 }, press));
    expect(statuses.filter((status) => status === 200)).toHaveLength(64);
    expect(statuses.filter((status) => status === 503)).toHaveLength(6);
    expect(hotline.media.last.injected).toHaveLength(64);
    await clock.advance(1_000);
    expect(await Promise.all(Array.from({ length: 6 }, press))).toEqual([200, 200, 200, 200, 200, 503]);
    expect(call.state).toBe("answered");
    await call.hangup();
  });

  it("hands a REFER to whoever takes it", async () => {
    await begin();
    const { call, session } = await connected();
    const wanted: string[] = [];
    call.subscribe((event: CallEvent) => {
      if (event.type !== "transfer-request") return;
      wanted.push(event.to);
      const report = event.accept();
      event.reject();
      report.progress(180);
      void report.finish(200);
    });
    const notified: number[] = [];
    const referral = session.refer("sip:1002@127.0.0.1", { notified: (status) => notified.push(status) });
    expect(await referral.accepted).toMatchObject({ status: 202 });
    expect(await referral.finished).toEqual({ status: 200 });
    expect(wanted).toEqual(["sip:1002@127.0.0.1"]);
    expect(notified).toEqual([100, 180, 200]);
    await call.hangup();
  });

  it("tells a transfer that failed, and keeps the call; one that came about is told before the BYE", async () => {
    await begin();
    const { call, session } = await connected();
    const notified: string[] = [];
    session.handle({ ended: () => notified.push("BYE") });
    let status = 486;
    call.subscribe((event: CallEvent) => {
      if (event.type !== "transfer-request") return;
      const report = event.accept();
      report.progress(180);
      const last = status;
      void report.finish(last).then(() => (last === 200 ? call.hangup() : undefined));
      // Nothing follows the final status.
      report.progress(183);
      void report.finish(500);
    });
    const refer = (): Promise<{ readonly status: number | undefined }> => session.refer("sip:1002@127.0.0.1", { notified: (each) => notified.push(String(each)) }).finished;
    expect(await refer()).toEqual({ status: 486 });
    expect(call.state).toBe("answered");
    status = 200;
    expect(await refer()).toEqual({ status: 200 });
    await call.ended;
    await until(() => notified.includes("BYE"), "BYE");
    expect(notified).toEqual(["100", "180", "486", "100", "180", "200", "BYE"]);
  });

  it("knows the call of the same phone that a REFER names by Replaces, and one it does not know", async () => {
    await begin();
    const { call, session } = await connected();
    const second = await connected();
    const asked: CallEvent[] = [];
    call.subscribe((event: CallEvent) => {
      if (event.type !== "transfer-request") return;
      asked.push(event);
      event.reject(603);
    });
    await session.refer("sip:1002@127.0.0.1", { replaces: second.session }).accepted;
    await session.refer("sip:1002@127.0.0.1?Replaces=elsewhere%3Bto-tag%3Da%3Bfrom-tag%3Db&X-Evil=1").accepted;
    expect(asked).toMatchObject([{ to: "sip:1002@127.0.0.1", replaces: { id: second.call.id } }, { to: "sip:1002@127.0.0.1", headers: { Replaces: "elsewhere;to-tag=a;from-tag=b" } }]);
    expect(asked[0]).not.toHaveProperty("headers");
    expect(asked[1]).not.toHaveProperty("replaces");
    expect(await session.refer("sip:1002@127.0.0.1?Replaces=nonsense").accepted).toMatchObject({ status: 400 });
    const replaces = `${second.session.dialog.callId};to-tag=${second.session.dialog.remoteTag};from-tag=${second.session.dialog.localTag}`;
    await second.call.hangup();
    // Who was asked has just hung up: nobody is rung with a Replaces that only we understand, and the phone's call goes on.
    expect(await session.refer(`sip:1002@127.0.0.1?Replaces=${encodeURIComponent(replaces)}`).accepted).toMatchObject({ status: 603 });
    expect(asked).toHaveLength(2);
    expect(call.state).toBe("answered");
    await call.hangup();
  });

  it("answers 603 to a REFER nobody takes", async () => {
    await begin();
    const { call, session } = await connected();
    expect(await session.refer("sip:1002@127.0.0.1").accepted).toMatchObject({ status: 603 });
    call.subscribe(() => undefined);
    expect(await session.refer("sip:1002@127.0.0.1").accepted).toMatchObject({ status: 603 });
    await call.hangup();
  });

  it("has no T.38 yet and says so", async () => {
    await begin();
    const { call } = await connected();
    await expect(call.mediaPort("audio")).resolves.toBe(call.media);
    await call.hangup();
  });

  it("ends when no sound comes, but not while on hold", async () => {
    await begin({ mediaTimeoutMs: 150 });
    const { call, session } = await connected();
    expect(hotline.media.last.options.mediaTimeoutMs).toBe(150);
    session.handle({
      reoffer: (offer) => void offer.accept({ body: offerOf(40_000, [offer.request.body.toString().includes("sendonly") ? "a=recvonly" : "a=sendrecv"]) }),
    });
    await call.hold();
    hotline.media.last.emit({ type: "media-timeout", silentMs: 150 });
    expect(call.state).toBe("answered");
    await call.unhold();
    expect(call.state).toBe("answered");
    // Still silent after one more time-out.
    await expect(call.ended).resolves.toMatchObject({ reason: "media-timeout", by: "local" });
    expect(await session.ended).toMatchObject({ by: "remote" });
  });

  it("lives on when the sound comes back after a hold", async () => {
    await begin({ mediaTimeoutMs: 50 });
    const { call, session } = await connected();
    await session.reinvite({ body: offerOf(40_000, ["a=inactive"]).replace("o=phone 1 1", "o=phone 1 2") });
    hotline.media.last.emit({ type: "media-timeout", silentMs: 50 });
    await session.reinvite({ body: offerOf(40_000, ["a=sendrecv"]).replace("o=phone 1 1", "o=phone 1 3") });
    hotline.media.last.emit({ type: "media-resumed" });
    await hotline.clock.sleep(100);
    expect(call.state).toBe("answered");
    hotline.media.last.emit({ type: "media-timeout", silentMs: 50 });
    await expect(call.ended).resolves.toMatchObject({ reason: "media-timeout" });
  });

  it("ends when its media worker dies", async () => {
    await begin();
    const { call, session } = await connected();
    hotline.media.last.emit({ type: "ended", reason: "worker-failed" });
    await expect(call.ended).resolves.toMatchObject({ reason: "failed" });
    await session.ended;
  });

  describe("of a browser", () => {
    const offer = offerOf(9, ["a=ice-ufrag:tab1", "a=ice-pwd:a-password-of-the-tab-1", `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => "CD").join(":")}`, "a=setup:actpass", "a=mid:0", "a=rtcp-mux", "a=sendrecv"], "UDP/TLS/RTP/SAVPF 8 101");

    it("is refused with 488 where the media engine cannot use what it describes, which is no failure of ours", async () => {
      await begin();
      vi.spyOn(FakeWebRtcLeg.prototype, "setRemote").mockImplementationOnce(() => {
        throw new HotlineError("HTL_MEDIA_BAD_REMOTE", "The remote media description is unusable: no fingerprint", { status: 400, sip: 488 });
      });
      const arriving = hotline.next();
      const outgoing = caller.call(hotline.port, { body: offer });
      const call = await arriving;
      await expect(call.answer()).rejects.toMatchObject({ code: "HTL_CORE_CALL_ENDED" });
      const outcome = await outgoing.outcome;
      expect(outcome).toMatchObject({ answered: false, status: 488 });
      expect(outcome.response?.headers.get("retry-after")).toBeUndefined();
      await expect(call.ended).resolves.toMatchObject({ reason: "failed", status: 488 });
      expect(hotline.logged.filter((line) => !line.startsWith("info"))).toEqual(["warn: what a peer has described cannot be used"]);
    });

    it("asks for another sound with a certificate that nothing proves: 488, and the call goes on as it was", async () => {
      await begin();
      const arriving = hotline.next();
      const reached = caller.reach(hotline.port, { body: offer });
      const call = await arriving;
      await call.answer();
      const { session } = await reached;
      const { browsers } = hotline.media.last;
      const before = browsers.length;
      const anew = (fingerprint: string, version: number): string => offer.replace(/a=fingerprint:.*?\r\n/, `a=fingerprint:${fingerprint}\r\n`).replace("ice-ufrag:tab1", "ice-ufrag:tab2").replace("o=phone 1 1", `o=phone 1 ${version}`);
      for (const [i, fingerprint] of ["sha-1 01:02:03", "sha-256 zz", "md5 CD"].entries()) expect((await session.reinvite({ body: anew(fingerprint, i + 2) })).status).toBe(488);
      expect(call.state).toBe("answered");
      expect(browsers).toHaveLength(before);
      // The same call is changed by what can be used.
      expect((await session.reinvite({ body: offer.replace("a=sendrecv", "a=sendonly").replace("o=phone 1 1", "o=phone 1 9") })).status).toBe(200);
      expect(browsers.at(-1)).toMatchObject({ direction: "recvonly" });
      await call.hangup();
    });

    it("ends when the browser takes its leave, which is no failure", async () => {
      await begin();
      const arriving = hotline.next();
      const reached = caller.reach(hotline.port, { body: offer });
      const call = await arriving;
      await call.answer();
      const { session } = await reached;
      hotline.media.last.emit({ type: "transport", state: "failed", why: "the peer closed (alert 0)", closed: true });
      await expect(call.ended).resolves.toMatchObject({ reason: "failed" });
      await session.ended;
      expect(hotline.logged.filter((line) => !line.startsWith("info"))).toEqual([]);
      expect(hotline.logged).toContain("info: the peer gives no sound for a call; the call is ended");
    });
  });

  it("does not let one bad listener disturb it", async () => {
    await begin();
    const { call } = await connected();
    let told = 0;
    call.subscribe(() => {
      throw new Error("mine");
    });
    call.subscribe(() => void told++);
    await call.hangup();
    expect(told).toBe(1);
  });
});
