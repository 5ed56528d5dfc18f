import { describe, expect, it } from "vitest";
import { ALICE, ANSWER, BOB, call, leftovers, makeWorld, NOTHING_LEFT, OFFER } from "../test-support/world.js";
import type { AcceptOutcome, IncomingInvite, InviteOutcome, OutgoingInvite, RequestOutcome, SessionEnd } from "./session-types.js";

/** Notes the value of a promise that never rejects. */
function watch<T>(promise: Promise<T>): { value: T | undefined } {
  const box: { value: T | undefined } = { value: undefined };
  void promise.then((value) => {
    box.value = value;
  });
  return box;
}

async function connected(world = makeWorld()) {
  let incoming: IncomingInvite | undefined;
  let accepted: { value: AcceptOutcome | undefined } = { value: undefined };
  const bob = await world.agent(BOB, {
    onInvite: (invite) => {
      incoming = invite;
      accepted = watch(invite.accept({ body: ANSWER }));
    },
  });
  const alice = await world.agent(ALICE);
  const outgoing = alice.invite(call(BOB));
  const outcome = watch(outgoing.outcome);
  await world.clock.advance(100);
  if (outcome.value?.answered !== true || accepted.value?.ok !== true) throw new Error("not connected");
  return { world, alice, bob, incoming: incoming as IncomingInvite, caller: outcome.value.session, callee: accepted.value.session, outgoing };
}

describe("a call", () => {
  it("rings, is answered, acknowledged and ended by the caller", async () => {
    const world = makeWorld();
    let accepted: { value: AcceptOutcome | undefined } = { value: undefined };
    let calleeEnd: { value: SessionEnd | undefined } = { value: undefined };
    const bob = await world.agent(BOB, {
      onInvite: (invite) => {
        expect(invite.request.body.toString()).toBe(OFFER);
        invite.ring();
        world.clock.setTimeout(() => {
          accepted = watch(invite.accept({ body: ANSWER }));
          calleeEnd = watch((invite.session as NonNullable<typeof invite.session>).ended);
        }, 1000);
      },
    });
    const alice = await world.agent(ALICE);
    const statuses: number[] = [];
    const outgoing = alice.invite({ ...call(BOB), provisional: (response, dialog) => statuses.push(response.status, dialog?.state === "early" ? 1 : 0) });
    const outcome = watch(outgoing.outcome);
    await world.clock.advance(2000);
    expect(statuses).toEqual([180, 1]);
    expect(outcome.value?.answered).toBe(true);
    expect(accepted.value?.ok).toBe(true);
    if (outcome.value?.answered !== true) return;
    expect(outcome.value.response.body.toString()).toBe(ANSWER);
    const bye = watch(outcome.value.session.bye());
    await world.clock.advance(100);
    expect(bye.value?.status).toBe(200);
    expect(calleeEnd.value).toMatchObject({ by: "remote", cause: "bye" });
    expect(world.network.trace()).toEqual([
      `${ALICE}>${BOB} INVITE sip:12333@${BOB} SIP/2.0`, `${BOB}>${ALICE} SIP/2.0 180 Ringing`, `${BOB}>${ALICE} SIP/2.0 200 OK`, `${ALICE}>${BOB} ACK sip:12333@${BOB}:5060 SIP/2.0`,
      `${ALICE}>${BOB} BYE sip:12333@${BOB}:5060 SIP/2.0`, `${BOB}>${ALICE} SIP/2.0 200 OK`,
    ]);
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
    expect(world.errors).toEqual([]);
  });

  it("is ended by the callee", async () => {
    const { world, alice, bob, caller, callee } = await connected();
    const end = watch(caller.ended);
    const bye = watch(callee.bye({ headers: { Reason: 'Q.850;cause=16;text="done"' } }));
    await world.clock.advance(100);
    expect(bye.value?.status).toBe(200);
    expect(end.value?.by).toBe("remote");
    expect(end.value?.request?.headers.get("reason")).toContain("cause=16");
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
  });

  it("sends 100 by itself after 200 ms when the application is slow, not earlier", async () => {
    const world = makeWorld();
    let invite: IncomingInvite | undefined;
    const bob = await world.agent(BOB, { onInvite: (one) => void (invite = one) });
    const alice = await world.agent(ALICE);
    alice.invite(call(BOB));
    await world.clock.advance(150);
    expect(world.network.sent).toHaveLength(1);
    await world.clock.advance(100);
    expect(world.network.trace()[1]).toContain("100 Trying");
    invite?.reject({ status: 486 });
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
  });

  it("is refused with status, Retry-After and body of the application", async () => {
    const world = makeWorld();
    const bob = await world.agent(BOB, { onInvite: (invite) => invite.reject({ status: 503, retryAfter: 7.2, headers: { "X-Why": "full" } }) });
    const alice = await world.agent(ALICE);
    const outcome = watch(alice.invite(call(BOB)).outcome);
    await world.clock.advance(100);
    expect(outcome.value).toMatchObject({ answered: false, status: 503, cause: "response" });
    const response = (outcome.value as InviteOutcome).response;
    expect(response?.headers.get("retry-after")).toBe("8");
    expect(response?.headers.get("x-why")).toBe("full");
    expect(world.network.trace().filter((line) => line.includes("ACK"))).toHaveLength(1);
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
  });

  it("that nobody hears fails after 64*T1 with retransmissions at T1 doubling", async () => {
    const world = makeWorld();
    const alice = await world.agent(ALICE);
    const start = world.clock.now();
    const outcome = watch(alice.invite(call(BOB)).outcome);
    await world.clock.advance(31_990);
    expect(outcome.value).toBeUndefined();
    await world.clock.advance(20);
    expect(outcome.value).toMatchObject({ answered: false, status: 408, cause: "timeout" });
    expect(world.network.sent.map(({ at }) => at - start)).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500]);
    expect(await leftovers(world, alice)).toEqual(NOTHING_LEFT);
  });

  it("that rings and then falls silent fails after three minutes", async () => {
    const world = makeWorld();
    const bob = await world.agent(BOB, { onInvite: (invite) => invite.ring() });
    const alice = await world.agent(ALICE);
    const outcome = watch(alice.invite(call(BOB)).outcome);
    await world.clock.advance(300_000);
    // It repeats its 180 every minute: that may go on for as long as it likes.
    expect(outcome.value).toBeUndefined();
    await bob.stop({ graceMs: 0 });
    await world.clock.advance(200_000);
    expect(outcome.value).toMatchObject({ answered: false, status: 408, cause: "timeout" });
    expect(world.network.trace().some((line) => line.includes("CANCEL"))).toBe(true);
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
  });

  it("gives up after the application's own limit and cancels what rings", async () => {
    const world = makeWorld();
    let closed: { value: { cause: string } | undefined } = { value: undefined };
    const bob = await world.agent(BOB, {
      onInvite: (invite) => {
        invite.ring();
        closed = watch(invite.closed);
      },
    });
    const alice = await world.agent(ALICE);
    const outcome = watch(alice.invite({ ...call(BOB), timeoutMs: 3000 }).outcome);
    await world.clock.advance(3100);
    expect(outcome.value).toMatchObject({ answered: false, status: 408, cause: "timeout" });
    expect(closed.value?.cause).toBe("cancelled");
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
  });

  it("carries a late offer: answer in the ACK", async () => {
    const world = makeWorld();
    let accepted: { value: AcceptOutcome | undefined } = { value: undefined };
    const bob = await world.agent(BOB, { onInvite: (invite) => void (accepted = watch(invite.accept({ body: OFFER }))) });
    const alice = await world.agent(ALICE);
    alice.invite({ uri: `sip:x@${BOB}`, from: "sip:a@b", ack: (response) => ({ body: response.body.toString().replace("10.0.0.1", "10.9.9.9") }) });
    await world.clock.advance(100);
    expect(accepted.value?.ok === true && accepted.value.ack.body.toString()).toContain("10.9.9.9");
    await Promise.all([alice.stop({ graceMs: 0 }), bob.stop({ graceMs: 0 })]);
  });

  it("reports a lost ACK by repeating the 2xx, which brings the ACK again", async () => {
    const world = makeWorld();
    let dropped = 0;
    world.network.drop = ({ text }) => text.startsWith("ACK") && dropped++ < 3;
    const { alice, bob, caller, callee } = await (async () => {
      let accepted: { value: AcceptOutcome | undefined } = { value: undefined };
      const b = await world.agent(BOB, { onInvite: (invite) => void (accepted = watch(invite.accept({ body: ANSWER }))) });
      const a = await world.agent(ALICE);
      const outcome = watch(a.invite(call(BOB)).outcome);
      await world.clock.advance(8000);
      if (outcome.value?.answered !== true || accepted.value?.ok !== true) throw new Error("not connected");
      return { alice: a, bob: b, caller: outcome.value.session, callee: accepted.value.session };
    })();
    expect(callee.state).toBe("confirmed");
    expect(world.network.trace().filter((line) => line.includes("ACK"))).toHaveLength(4);
    void caller.bye();
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
  });

  it("never acknowledged ends after 64*T1 by BYE", async () => {
    const world = makeWorld();
    world.network.drop = ({ text }) => text.startsWith("ACK");
    let accepted: { value: AcceptOutcome | undefined } = { value: undefined };
    let end: { value: SessionEnd | undefined } = { value: undefined };
    const bob = await world.agent(BOB, {
      onInvite: (invite) => {
        accepted = watch(invite.accept({ body: ANSWER }));
        invite.session?.handle({ ended: () => undefined });
        end = watch((invite.session as NonNullable<typeof invite.session>).ended);
      },
    });
    const alice = await world.agent(ALICE);
    const outcome = watch(alice.invite(call(BOB)).outcome);
    await world.clock.advance(33_000);
    expect(accepted.value).toEqual({ ok: false, cause: "no-ack" });
    expect(end.value).toEqual({ by: "system", cause: "no-ack" });
    expect(outcome.value?.answered === true && outcome.value.session.state).toBe("ended");
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
  });
});

describe("races", () => {
  it("CANCEL before any response waits for the first provisional one", async () => {
    const world = makeWorld();
    let invite: IncomingInvite | undefined;
    const bob = await world.agent(BOB, { onInvite: (one) => void (invite = one) });
    const alice = await world.agent(ALICE);
    const outgoing = alice.invite(call(BOB));
    outgoing.cancel({ headers: { Reason: "SIP;cause=200" } });
    const outcome = watch(outgoing.outcome);
    await world.clock.advance(100);
    expect(outcome.value).toMatchObject({ answered: false, status: 487, cause: "cancelled" });
    expect(world.network.trace().some((line) => line.includes("CANCEL"))).toBe(false);
    await world.clock.advance(300);
    expect(invite?.state).toBe("closed");
    const cancel = world.network.sent.find(({ text }) => text.startsWith("CANCEL"));
    expect(cancel?.text).toContain("Reason: SIP;cause=200");
    expect(world.network.trace().slice(-4).map((line) => line.split(" ").slice(1, 3).join(" ")).sort()).toEqual([`ACK sip:12333@${BOB}`, `CANCEL sip:12333@${BOB}`, "SIP/2.0 200", "SIP/2.0 487"]);
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
  });

  it("CANCEL crossing a 200: the 200 is acknowledged and ended", async () => {
    const world = makeWorld();
    let accepted: { value: AcceptOutcome | undefined } = { value: undefined };
    const bob = await world.agent(BOB, {
      onInvite: (invite) => {
        invite.ring();
        world.clock.setTimeout(() => {
          accepted = watch(invite.accept({ body: ANSWER }));
        }, 1000);
      },
    });
    const alice = await world.agent(ALICE);
    const outgoing = alice.invite(call(BOB));
    const outcome = watch(outgoing.outcome);
    await world.clock.advance(1006);
    outgoing.cancel();
    await world.clock.advance(500);
    expect(outcome.value).toMatchObject({ answered: false, cause: "cancelled" });
    expect(accepted.value?.ok).toBe(true);
    const methods = world.network.trace().map((line) => line.split(" ")[1]);
    expect(methods).toContain("ACK");
    expect(methods).toContain("BYE");
    expect(accepted.value?.ok === true && accepted.value.session.state).toBe("ended");
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
  });

  it("BYE of the callee before the ACK waits for it", async () => {
    const world = makeWorld();
    let bye: { value: RequestOutcome | undefined } = { value: undefined };
    let accepted: { value: AcceptOutcome | undefined } = { value: undefined };
    const bob = await world.agent(BOB, {
      onInvite: (invite) => {
        accepted = watch(invite.accept({ body: ANSWER }));
        bye = watch((invite.session as NonNullable<typeof invite.session>).bye());
      },
    });
    const alice = await world.agent(ALICE);
    const outcome = watch(alice.invite(call(BOB)).outcome);
    await world.clock.advance(100);
    expect(accepted.value).toEqual({ ok: false, cause: "local-bye" });
    expect(bye.value?.status).toBe(200);
    expect(outcome.value?.answered === true && outcome.value.session.state).toBe("ended");
    const order = world.network.trace().map((line) => line.split(" ")[1]);
    expect(order.indexOf("BYE")).toBeGreaterThan(order.indexOf("ACK"));
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
  });

  it("BYE overtaking the ACK ends the call on both sides", async () => {
    const world = makeWorld();
    world.network.drop = ({ text }) => text.startsWith("ACK");
    let accepted: { value: AcceptOutcome | undefined } = { value: undefined };
    const bob = await world.agent(BOB, { onInvite: (invite) => void (accepted = watch(invite.accept({ body: ANSWER }))) });
    const alice = await world.agent(ALICE);
    void alice.invite(call(BOB)).outcome.then((outcome) => (outcome.answered ? void outcome.session.bye() : undefined));
    await world.clock.advance(300);
    expect(accepted.value).toEqual({ ok: false, cause: "remote-bye" });
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
  });

  it("both sides sending BYE at once both succeed", async () => {
    const { world, alice, bob, caller, callee } = await connected();
    const a = watch(caller.bye());
    const b = watch(callee.bye());
    await world.clock.advance(200);
    expect([a.value?.status, b.value?.status]).toEqual([200, 200]);
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
  });

  it("BYE to a dead peer settles after 64*T1", async () => {
    const { world, alice, bob, caller } = await connected();
    world.network.drop = () => true;
    const bye = watch(caller.bye());
    expect(caller.state).toBe("ended");
    await world.clock.advance(33_000);
    expect(bye.value).toMatchObject({ status: 408, cause: "timeout" });
    await bob.stop({ graceMs: 0 });
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
  });

  it("an INVITE that expires is refused with 487", async () => {
    const world = makeWorld();
    let closed: { value: { cause: string } | undefined } = { value: undefined };
    const bob = await world.agent(BOB, {
      onInvite: (invite) => {
        invite.ring();
        closed = watch(invite.closed);
      },
    });
    const alice = await world.agent(ALICE);
    const outcome = watch(alice.invite({ ...call(BOB), headers: { Expires: "5" } }).outcome);
    await world.clock.advance(6000);
    expect(closed.value?.cause).toBe("expired");
    expect(outcome.value).toMatchObject({ status: 487, cause: "response" });
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
  });
});

describe("stop", () => {
  it("ends live calls, rings and attempts, and settles every promise", async () => {
    const { world, alice, bob, caller, callee } = await connected();
    const attempt: OutgoingInvite = alice.invite({ ...call("10.0.0.9") });
    const attempted = watch(attempt.outcome);
    const ends = [watch(caller.ended), watch(callee.ended)];
    const stopped = watch(alice.stop().then(() => true));
    await world.clock.advance(2500);
    expect(stopped.value).toBe(true);
    expect(attempted.value).toMatchObject({ answered: false, cause: "stopped" });
    expect(ends[0]?.value).toMatchObject({ by: "local" });
    expect(ends[1]?.value).toMatchObject({ by: "remote" });
    expect(() => alice.invite(call(BOB))).toThrow(/stopped/);
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
  });

  it("without grace sends nothing and still settles everything", async () => {
    const { world, alice, bob, caller } = await connected();
    const pending = [watch(caller.request("INFO")), watch(caller.reinvite({ body: OFFER })), watch(alice.invite(call("10.0.0.9")).outcome), watch(alice.request({ method: "OPTIONS", uri: "sip:10.0.0.9", from: "sip:a@b" }))];
    await world.clock.advance(0);
    const before = world.network.sent.length;
    await alice.stop({ graceMs: 0 });
    await world.clock.advance(0);
    expect(pending.map(({ value }) => (value === undefined ? "open" : "settled"))).toEqual(["settled", "settled", "settled", "settled"]);
    expect(world.network.sent).toHaveLength(before);
    await bob.stop({ graceMs: 0 });
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
  });
});
