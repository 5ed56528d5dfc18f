import type { Call, OutboundCall } from "@hotlinejs/core";
import { afterEach, describe, expect, it } from "vitest";
import { HotlineSide, until } from "../test/support/hotline-side.js";
import { offerOf, Phone } from "../test/support/phone.js";
import type { IncomingInvite, Session } from "./stack/index.js";

/** INVITE with Replaces: another place takes the far end of a call. */
let hotline: HotlineSide;
const phones: Phone[] = [];

async function withTrunk(options: Record<string, unknown> = {}): Promise<Phone> {
  const far = await new Phone("13800138000").start();
  phones.push(far);
  hotline = await new HotlineSide({ trunks: [{ key: "out", match: ["127.0.0.1"], outbound: { host: "127.0.0.1", port: far.port } }], ...options }).start();
  return far;
}

/** What a browser writes. */
function browserOffer(name: string): string {
  const fingerprint = Array.from({ length: 32 }, () => "CD").join(":");
  return offerOf(9, [`a=ice-ufrag:${name}`, "a=ice-pwd:a-password-of-the-tab-1", `a=fingerprint:sha-256 ${fingerprint}`, "a=setup:actpass", "a=mid:0", "a=rtcp-mux", "a=sendrecv"], "UDP/TLS/RTP/SAVPF 8 101");
}

afterEach(async () => {
  await hotline.stop();
  await Promise.all(phones.splice(0).map((each) => each.stop()));
  expect(hotline.media.open).toBe(0);
  expect(hotline.adapter.calls).toBe(0);
});

describe("a call that is taken over (RFC 3891)", () => {
  /** What a phone writes to take the place of its own call. */
  const replaces = (session: Session, more = ""): string => `${session.dialog.callId};to-tag=${session.dialog.remoteTag};from-tag=${session.dialog.localTag}${more}`;

  async function talking(): Promise<{ far: Phone; call: Call; session: Session }> {
    const far = await withTrunk();
    const arriving = hotline.next();
    const reached = far.reach(hotline.port);
    const call = await arriving;
    await call.answer();
    return { far, call, session: (await reached).session };
  }

  it("stays the same call with the same leg, and the old dialog gets a BYE", async () => {
    const { far, call, session } = await talking();
    const leg = hotline.media.last;
    const events: string[] = [];
    call.subscribe((event) => void events.push(event.type));
    const taken = await far.reach(hotline.port, { body: offerOf(47_000), headers: { Replaces: replaces(session) } });
    await expect(session.ended).resolves.toMatchObject({ by: "remote", cause: "bye" });
    expect(hotline.arrived).toHaveLength(1);
    expect(hotline.media.made).toHaveLength(1);
    expect(leg.remote?.port).toBe(47_000);
    expect(call.state).toBe("answered");
    expect(events).toEqual([]);
    await until(() => (hotline.dialogs.get(call.id) as { callId?: string } | undefined)?.callId === taken.session.dialog.callId, "the new dialog to be stored");
    // It can be held, and ended, by the new dialog.
    taken.session.handle({ reoffer: (offer) => void offer.accept({ body: offerOf(47_000, ["a=recvonly"]) }) });
    await call.hold();
    expect(leg.remote?.direction).toBe("sendonly");
    await taken.session.bye();
    await expect(call.ended).resolves.toMatchObject({ reason: "remote-hangup" });
  });

  it("is not taken by whoever knows no such dialog, wants an early one, writes nonsense or fits not", async () => {
    const { far, call, session } = await talking();
    const tries: readonly (readonly [Record<string, string | string[]>, string | undefined, number])[] = [
      [{ Replaces: "nobody@x;to-tag=1;from-tag=2" }, offerOf(47_000), 481],
      [{ Replaces: replaces(session, ";early-only") }, offerOf(47_000), 486],
      [{ Replaces: "x;to-tag=1" }, offerOf(47_000), 400],
      [{ Replaces: [replaces(session), replaces(session)] }, offerOf(47_000), 400],
      [{ Replaces: replaces(session), Join: "x;to-tag=1;from-tag=2" }, offerOf(47_000), 400],
      [{ Replaces: replaces(session) }, offerOf(47_000, [], "RTP/AVP 3"), 488],
      [{ Replaces: replaces(session), Accept: "text/plain" }, undefined, 406],
    ];
    for (const [headers, body, status] of tries) expect(await far.call(hotline.port, { headers, body }).outcome).toMatchObject({ answered: false, status });
    expect(call.state).toBe("answered");
    await call.hangup();
  });

  it("is not taken by another account", async () => {
    const { call, session } = await talking();
    const stranger = await new Phone("1001", { password: "demo-1001" }).start();
    phones.push(stranger);
    await expect(stranger.call(hotline.port, { headers: { Replaces: replaces(session) } }).outcome).resolves.toMatchObject({ answered: false, status: 403 });
    expect(call.state).toBe("answered");
    await call.hangup();
  });

  it("is taken over without an offer: ours goes into the 200, the ACK brings the answer", async () => {
    const { far, call, session } = await talking();
    let offered = "";
    const taken = await far.reach(hotline.port, {
      body: undefined,
      headers: { Replaces: replaces(session) },
      ack: (response) => {
        offered = response.body.toString();
        return { body: offerOf(47_000) };
      },
    });
    expect(offered).toContain(`m=audio ${hotline.media.last.localPort} RTP/AVP`);
    await expect(session.ended).resolves.toMatchObject({ by: "remote", cause: "bye" });
    await until(() => hotline.media.last.remote?.port === 47_000, "the answer in the ACK");
    expect(hotline.media.made).toHaveLength(1);
    expect(call.state).toBe("answered");
    taken.session.handle({ reoffer: (offer) => void offer.accept({ body: offerOf(47_000, ["a=recvonly"]) }) });
    await call.hold();
    await taken.session.bye();
    await expect(call.ended).resolves.toMatchObject({ reason: "remote-hangup" });
  });

  it("ends when the ACK of such a 200 has no answer: the old dialog is gone by then", async () => {
    const { far, call, session } = await talking();
    const taken = await far.reach(hotline.port, { body: undefined, headers: { Replaces: replaces(session) } });
    await expect(call.ended).resolves.toMatchObject({ reason: "failed" });
    await expect(taken.session.ended).resolves.toMatchObject({ by: "remote" });
    await session.ended;
  });

  it("is declined with 603 when it has ended already, and unknown to others", async () => {
    const { far, call, session } = await talking();
    await call.hangup();
    await session.ended;
    await expect(far.call(hotline.port, { headers: { Replaces: replaces(session) } }).outcome).resolves.toMatchObject({ answered: false, status: 603 });
    const stranger = await new Phone("1001", { password: "demo-1001" }).start();
    phones.push(stranger);
    await expect(stranger.call(hotline.port, { headers: { Replaces: replaces(session) } }).outcome).resolves.toMatchObject({ answered: false, status: 403 });
  });

  it("a dialog that was replaced is over: the next who would replace it gets 603", async () => {
    const { far, call, session } = await talking();
    await far.reach(hotline.port, { body: offerOf(47_000), headers: { Replaces: replaces(session) } });
    await session.ended;
    await expect(far.call(hotline.port, { headers: { Replaces: replaces(session) } }).outcome).resolves.toMatchObject({ answered: false, status: 603 });
    expect(call.state).toBe("answered");
    await call.hangup();
  });

  it("goes on with a browser in a phone's place, and with a phone in the browser's, on one leg", async () => {
    const { far, call, session } = await talking();
    const leg = hotline.media.last;
    const first = await far.reach(hotline.port, { body: browserOffer("tab1"), headers: { Replaces: replaces(session) } });
    await session.ended;
    expect(first.sdp).toContain("a=fingerprint:sha-256 AB:");
    expect(first.sdp).toContain(`m=audio ${leg.localPort} UDP/TLS/RTP/SAVPF`);
    expect(leg.browsers).toHaveLength(1);
    // Another tab: other credentials of ours.
    const second = await far.reach(hotline.port, { body: browserOffer("tab2"), headers: { Replaces: replaces(first.session) } });
    await first.session.ended;
    const credentials = (sdp: string): string | undefined => /a=ice-ufrag:(\S+)/.exec(sdp)?.[1];
    expect(credentials(second.sdp)).not.toBe(credentials(first.sdp));
    expect(leg.browsers).toHaveLength(2);
    const third = await far.reach(hotline.port, { body: offerOf(47_000), headers: { Replaces: replaces(second.session) } });
    await second.session.ended;
    expect(third.sdp).toContain(`m=audio ${leg.localPort} RTP/AVP`);
    expect(third.sdp).not.toContain("ice-ufrag");
    expect(leg.remote?.port).toBe(47_000);
    expect(hotline.media.made).toHaveLength(1);
    expect(call.media).toBe(leg);
    await call.hangup();
    await third.session.ended;
  });

  it("goes on with a phone where a browser had called", async () => {
    const far = await withTrunk();
    const arriving = hotline.next();
    const reached = far.reach(hotline.port, { body: browserOffer("tab1") });
    const call = await arriving;
    await call.answer();
    const { session } = await reached;
    const leg = hotline.media.last;
    const taken = await far.reach(hotline.port, { body: offerOf(47_000), headers: { Replaces: replaces(session) } });
    await session.ended;
    expect(taken.sdp).toContain("RTP/AVP");
    expect(leg.remotes.at(-1)).toMatchObject({ port: 47_000 });
    expect(hotline.media.made).toHaveLength(1);
    await call.hangup();
    await taken.session.ended;
  });

  it("a hold of ours waits until the ACK has brought the answer", async () => {
    const { far, call, session } = await talking();
    let held: Promise<void> | undefined;
    const directions: string[] = [];
    const taken = await far.reach(hotline.port, {
      body: undefined,
      headers: { Replaces: replaces(session) },
      ack: () => {
        held = call.hold();
        return { body: offerOf(47_000) };
      },
    });
    taken.session.handle({
      reoffer: (offer) => {
        directions.push(/a=(sendonly|sendrecv)/.exec(offer.request.body.toString())?.[1] ?? "");
        void offer.accept({ body: offerOf(47_000, ["a=recvonly"]) });
      },
    });
    await held;
    expect(directions).toEqual(["sendonly"]);
    expect(hotline.media.last.remote).toMatchObject({ port: 47_000, direction: "sendonly" });
    await call.hangup();
    await taken.session.ended;
  });

  it("a call that is hung up while media are made ready for a browser: 603", async () => {
    const { far, call, session } = await talking();
    const leg = hotline.media.last;
    const ready = leg.asWebRtc.bind(leg);
    leg.asWebRtc = async () => {
      await call.hangup();
      return ready();
    };
    await expect(far.call(hotline.port, { body: browserOffer("tab1"), headers: { Replaces: replaces(session) } }).outcome).resolves.toMatchObject({ answered: false, status: 603 });
    await session.ended;
  });

  it("while media for the newcomer is not to be had: 503, and the old place goes on", async () => {
    const { far, call, session } = await talking();
    hotline.media.last.asWebRtc = () => Promise.reject(new Error("worker died"));
    const body = browserOffer("tab1");
    await expect(far.call(hotline.port, { body, headers: { Replaces: replaces(session) } }).outcome).resolves.toMatchObject({ answered: false, status: 503 });
    expect(call.state).toBe("answered");
    expect(session.state).toBe("confirmed");
    await call.hangup();
  });

  it("a REFER of ours says who refers, and names the dialog to replace", async () => {
    const { far, call, session } = await talking();
    const asked: (string | undefined)[] = [];
    session.handle({
      refer: (refer) => {
        asked.push(refer.referredBy, refer.target);
        refer.accept();
        void refer.finish(200);
      },
    });
    await call.redirect("sip:1001");
    expect(asked[0]).toMatch(/^<sip:.*>$/);
    await call.ended;
    // The stack alone: the other side is to take our place in a second call.
    const arriving = hotline.next();
    const reached = far.reach(hotline.port);
    const second = await arriving;
    await second.answer();
    const other = (await reached).session;
    const named = new Promise<string | undefined>((resolve) => second.subscribe((event) => event.type === "transfer-request" && resolve(event.replaces?.id)));
    other.refer(`sip:12333@127.0.0.1:${hotline.port}`, { replaces: other });
    expect(await named).toBe(second.id);
    await second.hangup();
  });
});

describe("a call of ours that rings and is picked up elsewhere (RFC 3891)", () => {
  /** The early dialog of a phone that rings, as another place of its owner writes it. */
  const early = (invite: IncomingInvite, more = ""): string => `${invite.request.callId};to-tag=${invite.request.from.tag};from-tag=${invite.localTag}${more}`;

  async function ringing(options: Record<string, unknown> = {}, ring: (invite: IncomingInvite) => void = (invite) => invite.ring()): Promise<{ far: Phone; call: OutboundCall; invite: IncomingInvite }> {
    const far = await withTrunk(options);
    far.onInvite = ring;
    const call = await hotline.adapter.originate("tel:13900139000");
    await until(() => call.state === "ringing", "ringing");
    const [invite] = far.invites;
    if (invite === undefined) throw new Error("nothing rings");
    return { far, call, invite };
  }

  it("the newcomer has the call, the phone that rang gets a CANCEL", async () => {
    const { far, call, invite } = await ringing();
    const states: string[] = [];
    call.subscribe((event) => void (event.type === "state" && states.push(event.state)));
    const taken = await far.reach(hotline.port, { body: offerOf(47_000), headers: { Replaces: early(invite, ";early-only") } });
    await expect(call.answered).resolves.toBe(true);
    await expect(invite.closed).resolves.toEqual({ cause: "cancelled" });
    expect(hotline.arrived).toHaveLength(0);
    expect(hotline.media.made).toHaveLength(1);
    expect(call.media).toBe(hotline.media.last);
    expect(hotline.media.last.remote?.port).toBe(47_000);
    expect(hotline.dialogs.get(call.id)).toMatchObject({ callId: taken.session.dialog.callId });
    await taken.session.bye();
    await expect(call.ended).resolves.toMatchObject({ reason: "remote-hangup", by: "remote" });
    expect(states).toEqual(["answered", "ended"]);
  });

  it("without an offer the ACK brings the answer; before it the call is not answered", async () => {
    const { far, call, invite } = await ringing();
    const taken = await far.reach(hotline.port, { body: undefined, headers: { Replaces: early(invite) }, ack: () => ({ body: offerOf(47_000) }) });
    await expect(call.answered).resolves.toBe(true);
    expect(hotline.media.last.remote?.port).toBe(47_000);
    await expect(invite.closed).resolves.toEqual({ cause: "cancelled" });
    await call.hangup();
    await taken.session.ended;
  });

  it("without a usable answer in the ACK the call fails on both sides", async () => {
    const { far, call, invite } = await ringing();
    const taken = await far.reach(hotline.port, { body: undefined, headers: { Replaces: early(invite) } });
    await expect(call.answered).resolves.toBe(false);
    await expect(call.ended).resolves.toMatchObject({ reason: "failed" });
    await taken.session.ended;
    await invite.closed;
  });

  it("early media stays on its leg when a browser picks up", async () => {
    const { far, call, invite } = await ringing({}, (one) => one.progress({ status: 183, body: offerOf(51_000) }));
    await until(() => call.media !== undefined, "early media");
    const leg = hotline.media.last;
    const body = browserOffer("tab1");
    const taken = await far.reach(hotline.port, { body, headers: { Replaces: early(invite) } });
    await expect(call.answered).resolves.toBe(true);
    expect(call.media).toBe(leg);
    expect(leg.browsers).toHaveLength(1);
    await invite.closed;
    await call.hangup();
    await taken.session.ended;
  });

  it("a phone lifted at that moment is let go: the newcomer has the call", async () => {
    const { far, call, invite } = await ringing();
    const lifted = invite.accept({ body: offerOf(50_000) });
    const taken = await far.reach(hotline.port, { body: offerOf(47_000), headers: { Replaces: early(invite) } });
    await expect(call.answered).resolves.toBe(true);
    const phone = await lifted;
    if (phone.ok) await expect(phone.session.ended).resolves.toMatchObject({ by: "remote", cause: "bye" });
    expect(call.state).toBe("answered");
    await until(() => hotline.media.last.remote?.port === 47_000, "the newcomer's sound");
    await call.hangup();
    await taken.session.ended;
  });

  it("is declined with 603 when nothing rings any more, refused where the newcomer does not fit, and rings on then", async () => {
    const { far, call, invite } = await ringing();
    const tries: readonly (readonly [Record<string, string>, string, number])[] = [
      [{ Replaces: early(invite) }, offerOf(47_000, [], "RTP/AVP 3"), 488],
      [{ Replaces: early(invite).replace(/from-tag=.*/, "from-tag=other") }, offerOf(47_000), 481],
    ];
    for (const [headers, body, status] of tries) expect(await far.call(hotline.port, { headers, body }).outcome).toMatchObject({ answered: false, status });
    const stranger = await new Phone("1001", { password: "demo-1001" }).start();
    phones.push(stranger);
    await expect(stranger.call(hotline.port, { headers: { Replaces: early(invite) } }).outcome).resolves.toMatchObject({ answered: false, status: 403 });
    expect(call.state).toBe("ringing");
    await call.hangup();
    await expect(far.call(hotline.port, { body: offerOf(47_000), headers: { Replaces: early(invite) } }).outcome).resolves.toMatchObject({ answered: false, status: 603 });
  });

  it("one that rings here, begun by the other side, cannot be replaced: 481", async () => {
    const far = await withTrunk();
    const arriving = hotline.next();
    let heard: (tag: string | undefined) => void = () => undefined;
    const tag = new Promise<string | undefined>((resolve) => (heard = resolve));
    const outgoing = far.call(hotline.port, { provisional: (response) => heard(response.to.tag) });
    const call = await arriving;
    await call.ring();
    const dialog = `${outgoing.callId};to-tag=${await tag};from-tag=${outgoing.localTag}`;
    await expect(far.call(hotline.port, { headers: { Replaces: dialog } }).outcome).resolves.toMatchObject({ answered: false, status: 481 });
    expect(call.state).toBe("ringing");
    await call.hangup();
    await outgoing.outcome;
    await expect(far.call(hotline.port, { headers: { Replaces: dialog } }).outcome).resolves.toMatchObject({ answered: false, status: 603 });
  });
});
