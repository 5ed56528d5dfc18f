import { describe, expect, it } from "vitest";
import { ALICE, ANSWER, BOB, call, leftovers, makeWorld, NOTHING_LEFT, OFFER } from "../test-support/world.js";
import type { Dialog } from "../dialog/types.js";
import type { IncomingInvite, IncomingRefer, Session } from "./session-types.js";

/** What crosses on the wire, between two user agents in virtual time. The table is in docs/guides/sip.md. */
const RELIABLE = { supported: ["100rel"] };

async function connect(take: (invite: IncomingInvite) => void = (invite) => void invite.accept({ body: ANSWER })) {
  const world = makeWorld();
  let invite: IncomingInvite | undefined;
  const bob = await world.agent(BOB, {
    ...RELIABLE,
    onInvite: (one) => {
      invite = one;
      take(one);
    },
  });
  const alice = await world.agent(ALICE, RELIABLE);
  const statuses: number[] = [];
  const outgoing = alice.invite({ ...call(BOB), provisional: ({ status }) => void statuses.push(status) });
  let session: Session | undefined;
  void outgoing.outcome.then((outcome) => void (session = outcome.answered ? outcome.session : undefined));
  await world.clock.advance(100);
  world.network.sent.length = 0;
  return { world, alice, bob, outgoing, statuses, invite: invite as IncomingInvite, caller: session as Session, callee: invite?.session as Session, end: () => leftovers(world, alice, bob) };
}

const methods = (lines: string[], method: string): number => lines.filter((line) => line.split(" ")[1] === method).length;

describe("offers that cross", () => {
  it("UPDATE against re-INVITE: both get 491, the re-INVITE comes through after its wait", async () => {
    const { world, caller, callee, end } = await connect();
    for (const side of [caller, callee]) side.handle({ reoffer: (offer) => void offer.accept({ body: ANSWER }) });
    const done: string[] = [];
    void caller.reinvite({ body: OFFER }).then(({ status }) => done.push(`re-INVITE ${status}`));
    void callee.update({ body: OFFER }).then(({ status }) => done.push(`UPDATE ${status}`));
    await world.clock.advance(10_000);
    expect(done.sort()).toEqual(["UPDATE 200", "re-INVITE 200"]);
    expect(world.network.trace().filter((line) => line.includes("SIP/2.0 491"))).toHaveLength(2);
    void caller.bye();
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("the owner of the Call-ID waits 2.1 to 4 s, the other side at most 2 s", async () => {
    for (const seed of [1, 2, 3]) {
      const world = makeWorld(seed);
      let callee: Session | undefined;
      const bob = await world.agent(BOB, { onInvite: (one) => { void one.accept({ body: ANSWER }); callee = one.session; } });
      const alice = await world.agent(ALICE);
      let caller: Session | undefined;
      void alice.invite(call(BOB)).outcome.then((outcome) => void (caller = outcome.answered ? outcome.session : undefined));
      await world.clock.advance(100);
      world.network.sent.length = 0;
      const sides = [caller as Session, callee as Session];
      for (const side of sides) side.handle({ reoffer: (offer) => void offer.accept({ body: ANSWER }) });
      for (const side of sides) void side.reinvite({ body: OFFER });
      await world.clock.advance(10_000);
      const refused = world.network.sent.filter(({ text }) => text.startsWith("SIP/2.0 491"));
      const again = (address: string): number => (world.network.sent.filter(({ text, from }) => text.startsWith("INVITE") && from.address === address).at(1)?.at ?? 0) - (refused[0]?.at ?? 0);
      expect(again(ALICE)).toBeGreaterThanOrEqual(2_100);
      expect(again(ALICE)).toBeLessThanOrEqual(4_010);
      expect(again(BOB)).toBeLessThanOrEqual(2_010);
      void caller?.bye();
      expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
    }
  });
});

describe("the end that crosses something", () => {
  it("BYE against UPDATE: the UPDATE settles, the call is over on both sides", async () => {
    const { world, caller, callee, end } = await connect();
    const statuses: number[] = [];
    void caller.update({ body: OFFER }).then(({ status }) => statuses.push(status));
    void callee.bye().then(({ status }) => statuses.push(status));
    await world.clock.advance(100);
    expect(statuses.sort()).toEqual([200, 481]);
    expect([caller.state, callee.state]).toEqual(["ended", "ended"]);
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("BYE against re-INVITE: 481 or 487 to the re-INVITE, its refusal is acknowledged", async () => {
    const { world, caller, callee, end } = await connect();
    callee.handle({ reoffer: () => expect.unreachable() });
    const statuses: number[] = [];
    void caller.reinvite({ body: OFFER }).then(({ status }) => statuses.push(status));
    void callee.bye().then(({ status }) => statuses.push(status));
    await world.clock.advance(1_000);
    expect(statuses.sort()).toEqual([200, 481]);
    expect(methods(world.network.trace(), "ACK")).toBe(1);
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("BYE against REFER: the REFER gets 481, nobody is asked, the referral is finished without a status", async () => {
    const { world, caller, callee, end } = await connect();
    callee.handle({ refer: () => expect.unreachable() });
    const referral = caller.refer("sip:1002@x");
    void callee.bye();
    await world.clock.advance(100);
    await expect(referral.accepted).resolves.toMatchObject({ cause: "ended" });
    expect(world.network.trace().some((line) => line.includes("SIP/2.0 481"))).toBe(true);
    await expect(referral.finished).resolves.toEqual({ status: undefined });
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("BYE after REFER: the NOTIFY that crosses it is answered 481, and no more are sent", async () => {
    const { world, caller, callee, end } = await connect();
    let refer: IncomingRefer | undefined;
    callee.handle({ refer: (one) => void (refer = one) });
    const referral = caller.refer("sip:1002@x");
    await world.clock.advance(50);
    refer?.accept();
    void caller.bye();
    refer?.notify(180);
    void refer?.finish(200);
    await world.clock.advance(100);
    await expect(referral.finished).resolves.toEqual({ status: undefined });
    expect(methods(world.network.trace(), "NOTIFY")).toBe(1);
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("BYE against INFO and the refresh of a session timer: both settle", async () => {
    const { world, caller, callee, end } = await connect();
    const statuses: number[] = [];
    void caller.request("INFO", { body: "Signal=5", contentType: "application/dtmf-relay" }).then(({ status }) => statuses.push(status));
    void caller.update().then(({ status }) => statuses.push(status));
    void callee.bye();
    await world.clock.advance(100);
    expect(statuses).toEqual([481, 481]);
    expect(await end()).toEqual(NOTHING_LEFT);
  });
});

describe("CANCEL that crosses something", () => {
  it("a reliable 183: it is not acknowledged any more, the INVITE ends with 487", async () => {
    const { world, outgoing, invite, end } = await connect(() => undefined);
    invite.progress({ status: 183, body: ANSWER });
    outgoing.cancel();
    await world.clock.advance(200);
    const lines = world.network.trace();
    expect(methods(lines, "PRACK")).toBe(0);
    expect(lines.some((line) => line.includes("SIP/2.0 487"))).toBe(true);
    expect(methods(lines, "ACK")).toBe(1);
    await world.clock.advance(40_000);
    // The 183 is not repeated after the final response.
    expect(world.network.trace().filter((line) => line.includes("SIP/2.0 183"))).toHaveLength(1);
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("a PRACK under way: whatever its answer, the call is cancelled once", async () => {
    const { world, outgoing, invite, statuses, end } = await connect((one) => one.progress({ status: 183, body: ANSWER }));
    expect(statuses).toEqual([183]);
    invite.progress({ status: 183, body: ANSWER });
    await world.clock.advance(6);
    outgoing.cancel();
    await world.clock.advance(200);
    await expect(invite.closed).resolves.toEqual({ cause: "cancelled" });
    await expect(outgoing.outcome).resolves.toMatchObject({ answered: false, status: 487 });
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("an UPDATE under way: it settles, the call is cancelled", async () => {
    let early: Dialog | undefined;
    const world = makeWorld();
    let invite: IncomingInvite | undefined;
    const bob = await world.agent(BOB, { ...RELIABLE, onInvite: (one) => { invite = one; one.handle({ reoffer: () => undefined }); one.progress({ status: 183, body: ANSWER }); } });
    const alice = await world.agent(ALICE, RELIABLE);
    const outgoing = alice.invite({ ...call(BOB), provisional: (_response, dialog) => void (early = dialog) });
    await world.clock.advance(100);
    let status = 0;
    void outgoing.update(early as Dialog, { body: OFFER }).then((outcome) => void (status = outcome.status));
    await world.clock.advance(20);
    outgoing.cancel();
    await world.clock.advance(200);
    await expect(invite?.closed).resolves.toEqual({ cause: "cancelled" });
    // For the application it is over at once; on the wire the callee answers it.
    expect(status).toBe(481);
    expect(world.network.sent.some(({ text }) => /^SIP\/2\.0 487[\s\S]*CSeq: \d+ UPDATE/.test(text))).toBe(true);
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
  });
});

describe("a fork with several early dialogs", () => {
  it("each is acknowledged by itself, the first 200 wins, the second gets ACK and BYE", async () => {
    const world = makeWorld();
    const alice = await world.agent(ALICE, RELIABLE);
    const heard: string[] = [];
    let invite = "";
    const proxy = world.network.port(BOB, 5060, (text) => {
      if (text.startsWith("INVITE")) {
        invite = text;
        return;
      }
      heard.push(`${text.slice(0, text.indexOf("@"))}${/^RAck: (.*)\r$/m.exec(text)?.[1] === undefined ? "" : ` ${/^RAck: (.*)\r$/m.exec(text)?.[1] ?? ""}`}`);
      if (!text.startsWith("PRACK") && !text.startsWith("BYE")) return;
      const kept = text.split("\r\n").filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line));
      proxy.send(["SIP/2.0 200 OK", ...kept, "Content-Length: 0", "", ""].join("\r\n"), { address: ALICE, port: 5060 });
    });
    const dialogs: (string | undefined)[] = [];
    const outgoing = alice.invite({ ...call(BOB), provisional: (_response, dialog) => void dialogs.push(dialog?.remoteTag) });
    await world.clock.advance(20);
    const reply = (status: string, tag: string, ...more: string[]): void => {
      const kept = invite.split("\r\n").filter((line) => /^(Via|From|Call-ID|CSeq):/.test(line));
      proxy.send([`SIP/2.0 ${status}`, ...kept, `To: <sip:12333@${BOB}>;tag=${tag}`, `Contact: <sip:${tag}@${BOB}:5060>`, ...more, "Content-Length: 0", "", ""].join("\r\n"), { address: ALICE, port: 5060 });
    };
    reply("180 Ringing", "one", "Require: 100rel", "RSeq: 5");
    reply("180 Ringing", "two", "Require: 100rel", "RSeq: 900");
    reply("183 Session Progress", "two", "Require: 100rel", "RSeq: 901");
    await world.clock.advance(50);
    expect(dialogs).toEqual(["one", "two", "two"]);
    expect(heard).toEqual(["PRACK sip:one 5 1 INVITE", "PRACK sip:two 900 1 INVITE", "PRACK sip:two 901 1 INVITE"]);
    reply("200 OK", "two");
    reply("200 OK", "one");
    await world.clock.advance(50);
    const outcome = await outgoing.outcome;
    expect(outcome.answered && outcome.session.dialog.remoteTag).toBe("two");
    expect(heard.slice(3)).toEqual(["ACK sip:two", "ACK sip:one", "BYE sip:one"]);
    // So the phone lists no missed call (RFC 3326).
    expect(world.network.sent.find(({ text }) => text.startsWith("BYE sip:one"))?.text).toContain('\r\nReason: SIP;cause=200;text="Call completed elsewhere"\r\n');
    if (outcome.answered) void outcome.session.bye();
    expect(await leftovers(world, alice)).toEqual(NOTHING_LEFT);
  });
});

describe("an offer that comes late", () => {
  it("INVITE without one: offer in the 200, answer in the ACK; a re-INVITE without one the same", async () => {
    const world = makeWorld();
    let invite: IncomingInvite | undefined;
    let acked = "";
    const bob = await world.agent(BOB, { onInvite: (one) => { invite = one; void one.accept({ body: OFFER }).then((outcome) => void (acked = outcome.ok ? outcome.ack.body.toString() : "")); } });
    const alice = await world.agent(ALICE);
    const outgoing = alice.invite({ ...call(BOB), body: undefined, ack: () => ({ body: ANSWER }) });
    await world.clock.advance(100);
    const outcome = await outgoing.outcome;
    expect(acked).toBe(ANSWER);
    if (!outcome.answered) throw new Error("not answered");
    let again: string | undefined;
    invite?.session?.handle({ reoffer: (offer) => void offer.accept({ body: OFFER }).then((ack) => void (again = ack?.body.toString())) });
    void outcome.session.reinvite({ ack: () => ({ body: ANSWER }) });
    await world.clock.advance(100);
    expect(again).toBe(ANSWER);
    void outcome.session.bye();
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
  });
});
