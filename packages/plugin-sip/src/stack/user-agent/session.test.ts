import { describe, expect, it } from "vitest";
import { ALICE, ANSWER, BOB, call, leftovers, makeWorld, NOTHING_LEFT, OFFER } from "../test-support/world.js";
import type { IncomingInvite, IncomingRefer, IncomingReoffer, IncomingRequest, RequestOutcome, Session } from "./session-types.js";
import type { UserAgentOptions } from "./types.js";

function watch<T>(promise: Promise<T>): { value: T | undefined } {
  const box: { value: T | undefined } = { value: undefined };
  void promise.then((value) => {
    box.value = value;
  });
  return box;
}

async function connect(options: { alice?: Partial<UserAgentOptions>; bob?: Partial<UserAgentOptions> } = {}) {
  const world = makeWorld();
  let invite: IncomingInvite | undefined;
  const bob = await world.agent(BOB, {
    onInvite: (one) => {
      invite = one;
      void one.accept({ body: ANSWER });
    },
    ...options.bob,
  });
  const alice = await world.agent(ALICE, options.alice);
  const outcome = watch(alice.invite(call(BOB)).outcome);
  await world.clock.advance(100);
  if (outcome.value?.answered !== true) throw new Error("not connected");
  world.network.sent.length = 0;
  return { world, alice, bob, caller: outcome.value.session, callee: invite?.session as Session, end: () => leftovers(world, alice, bob) };
}

describe("re-INVITE", () => {
  it("carries offer, answer and ACK, and refreshes the target", async () => {
    const { world, caller, callee, end } = await connect();
    let acked: { value: unknown } = { value: undefined };
    callee.handle({
      reoffer: (offer) => {
        expect(offer.method).toBe("INVITE");
        expect(offer.request.body.toString()).toContain("sendonly");
        acked = watch(offer.accept({ body: ANSWER }));
      },
    });
    const result = watch(caller.reinvite({ body: `${OFFER}a=sendonly\r\n` }));
    await world.clock.advance(100);
    expect(result.value).toMatchObject({ status: 200, cause: "response" });
    expect(acked.value).toBeDefined();
    void caller.bye();
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("without handler is refused 488 and the call goes on", async () => {
    const { world, caller, callee, end } = await connect();
    const result = watch(caller.reinvite({ body: OFFER }));
    await world.clock.advance(100);
    expect(result.value?.status).toBe(488);
    expect([caller.state, callee.state]).toEqual(["confirmed", "confirmed"]);
    void caller.bye();
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("from both sides at once: both get 491, both succeed after their waits", async () => {
    const { world, caller, callee, end } = await connect();
    caller.handle({ reoffer: (offer) => void offer.accept({ body: ANSWER }) });
    callee.handle({ reoffer: (offer) => void offer.accept({ body: ANSWER }) });
    const results = [watch(caller.reinvite({ body: OFFER })), watch(callee.reinvite({ body: OFFER }))];
    await world.clock.advance(50);
    expect(world.network.trace().filter((line) => line.includes("491"))).toHaveLength(2);
    await world.clock.advance(10_000);
    expect(results.map(({ value }) => value?.status)).toEqual([200, 200]);
    void caller.bye();
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("one that collided is written anew when it is sent again, after the other side's was answered", async () => {
    const { world, caller, callee, end } = await connect();
    const taken: string[] = [];
    caller.handle({ reoffer: (offer) => (taken.push("callee's"), void offer.accept({ body: ANSWER })) });
    callee.handle({ reoffer: (offer) => (taken.push(offer.request.body.toString()), void offer.accept({ body: ANSWER })) });
    let collisions = 0;
    const results = [watch(caller.reinvite({ body: OFFER, collided: () => (collisions++, () => `${OFFER}a=after ${taken.length}\r\n`) })), watch(callee.reinvite({ body: OFFER }))];
    await world.clock.advance(10_000);
    expect(results.map(({ value }) => value?.status)).toEqual([200, 200]);
    expect(collisions).toBe(1);
    expect(taken).toEqual(["callee's", `${OFFER}a=after 1\r\n`]);
    void caller.bye();
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("queues a second one of ours until the first is done", async () => {
    const { world, caller, callee, end } = await connect();
    const bodies: string[] = [];
    callee.handle({
      reoffer: (offer) => {
        bodies.push(offer.request.body.toString());
        world.clock.setTimeout(() => void offer.accept({ body: ANSWER }), 400);
      },
    });
    const results = [watch(caller.reinvite({ body: "first" })), watch(caller.reinvite({ body: "second" }))];
    await world.clock.advance(300);
    expect(bodies).toEqual(["first"]);
    await world.clock.advance(1000);
    expect(bodies).toEqual(["first", "second"]);
    expect(results.map(({ value }) => value?.status)).toEqual([200, 200]);
    void caller.bye();
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("meets BYE: the re-INVITE settles, its 2xx is acknowledged", async () => {
    const { world, caller, callee, end } = await connect();
    callee.handle({ reoffer: (offer) => void world.clock.setTimeout(() => void offer.accept({ body: ANSWER }), 20) });
    const result = watch(caller.reinvite({ body: OFFER }));
    await world.clock.advance(10);
    const bye = watch(caller.bye());
    await world.clock.advance(200);
    expect(result.value).toMatchObject({ cause: "ended" });
    expect(bye.value?.status).toBe(200);
    expect(callee.state).toBe("ended");
    expect(world.network.trace().some((line) => line.includes("487"))).toBe(true);
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("not answered by the application is closed with 500 before the peer gives up", async () => {
    const { world, caller, callee, end } = await connect();
    callee.handle({ reoffer: () => undefined });
    const result = watch(caller.reinvite({ body: OFFER }));
    await world.clock.advance(40_000);
    expect(result.value?.status).toBe(500);
    void caller.bye();
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("whose handler throws is answered 500", async () => {
    const { world, caller, callee, end } = await connect();
    callee.handle({
      reoffer: () => {
        throw new Error("broken application");
      },
    });
    const result = watch(caller.reinvite({ body: OFFER }));
    await world.clock.advance(100);
    expect(result.value?.status).toBe(500);
    expect(world.errors.join()).toContain("broken application");
    void callee.bye();
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("never acknowledged ends the call", async () => {
    const { world, caller, callee, end } = await connect();
    callee.handle({ reoffer: (offer) => void offer.accept({ body: ANSWER }) });
    world.network.drop = ({ text }) => text.startsWith("ACK");
    void caller.reinvite({ body: OFFER });
    await world.clock.advance(33_000);
    expect([caller.state, callee.state]).toEqual(["ended", "ended"]);
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("answered 481 or not at all ends the session", async () => {
    const { world, caller, callee, bob, end } = await connect();
    await bob.stop({ graceMs: 0 });
    const ended = watch(caller.ended);
    const result = watch(caller.reinvite({ body: OFFER }));
    await world.clock.advance(33_000);
    expect(result.value).toMatchObject({ status: 408, cause: "timeout" });
    expect(ended.value).toMatchObject({ by: "system", cause: "dialog-lost" });
    expect(callee.state).toBe("ended");
    expect(await end()).toEqual(NOTHING_LEFT);
  });
});

describe("requests in a session", () => {
  it("UPDATE without body refreshes, with body is an offer", async () => {
    const { world, caller, callee, end } = await connect();
    const offers: IncomingReoffer[] = [];
    callee.handle({
      reoffer: (offer) => {
        offers.push(offer);
        void offer.accept({ body: ANSWER });
      },
    });
    const results = [watch(caller.update()), watch(caller.update({ body: OFFER }))];
    await world.clock.advance(100);
    expect(results.map(({ value }) => value?.status)).toEqual([200, 200]);
    expect(offers.map(({ method }) => method)).toEqual(["UPDATE"]);
    expect(results[1]?.value?.response?.body.toString()).toBe(ANSWER);
    void caller.bye();
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("INFO reaches the handler with its body; without handler it is accepted", async () => {
    const { world, caller, callee, end } = await connect();
    const seen: string[] = [];
    callee.handle({
      request: (incoming) => {
        seen.push(incoming.request.body.toString());
        incoming.respond({ status: 200 });
      },
    });
    const results = [watch(caller.request("INFO", { body: "Signal=5\r\n", contentType: "application/dtmf-relay" })), watch(callee.request("INFO"))];
    await world.clock.advance(100);
    expect(results.map(({ value }) => value?.status)).toEqual([200, 200]);
    expect(seen).toEqual(["Signal=5\r\n"]);
    void caller.bye();
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("an unknown method gets 405 with Allow, an unknown extension 420, a request out of order 500", async () => {
    const { world, caller, end } = await connect();
    const results = [watch(caller.request("FROBNICATE")), watch(caller.request("INFO", { headers: { Require: "magic" } }))];
    await world.clock.advance(100);
    expect(results[0]?.value?.status).toBe(405);
    expect(results[0]?.value?.response?.headers.get("allow")).toContain("INVITE");
    expect(results[1]?.value?.response?.headers.get("unsupported")).toBe("magic");
    const info = world.network.sent.find(({ text }) => text.startsWith("INFO"));
    world.network.send(Buffer.from((info?.text ?? "").replace(/branch=[^;]+/, "branch=z9hG4bKold")), info?.from as never, info?.to as never);
    await world.clock.advance(100);
    expect(world.network.trace().at(-1)).toContain("500");
    void caller.bye();
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("REFER: accepted, progress by NOTIFY, finished", async () => {
    const { world, caller, callee, end } = await connect();
    let refer: IncomingRefer | undefined;
    callee.handle({
      refer: (one) => {
        refer = one;
        one.accept();
      },
    });
    const heard: number[] = [];
    const referral = caller.refer("sip:1002@10.0.0.3?Replaces=abc%3Bto-tag%3D1", { headers: { "Referred-By": "<sip:1001@x.test>" }, notified: (status) => heard.push(status) });
    const accepted = watch(referral.accepted);
    const finished = watch(referral.finished);
    await world.clock.advance(100);
    expect(accepted.value?.status).toBe(202);
    expect(refer?.target).toBe("sip:1002@10.0.0.3?Replaces=abc%3Bto-tag%3D1");
    expect(refer?.referredBy).toBe("<sip:1001@x.test>");
    refer?.notify(180);
    void refer?.finish(200);
    void refer?.finish(503);
    await world.clock.advance(100);
    expect(heard).toEqual([100, 180, 200]);
    expect(finished.value).toEqual({ status: 200 });
    void caller.bye();
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("REFER: refused, without handler, without subscription, and cut off by BYE", async () => {
    const { world, caller, callee, end } = await connect();
    const without = watch(caller.refer("sip:x@10.0.0.3").accepted);
    await world.clock.advance(50);
    expect(without.value?.status).toBe(405);
    callee.handle({ refer: (one) => one.respond({ status: 603 }) });
    const refused = caller.refer("sip:x@10.0.0.3");
    const refusedAccepted = watch(refused.accepted);
    const refusedFinished = watch(refused.finished);
    await world.clock.advance(50);
    expect(refusedAccepted.value?.status).toBe(603);
    expect(refusedFinished.value).toEqual({ status: undefined });
    callee.handle({ refer: (one) => one.accept() });
    const silent = watch(caller.refer("sip:x@10.0.0.3", { headers: { "Refer-Sub": "false" } }).finished);
    await world.clock.advance(50);
    expect(silent.value).toEqual({ status: undefined });
    const cut = watch(caller.refer("sip:x@10.0.0.3").finished);
    await world.clock.advance(50);
    void callee.bye();
    await world.clock.advance(50);
    expect(cut.value).toEqual({ status: 100 });
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("after the end gives 481 at once", async () => {
    const { world, caller, end } = await connect();
    void caller.bye();
    const result = watch(caller.request("INFO"));
    const reinvite = watch(caller.reinvite({ body: OFFER }));
    await world.clock.advance(0);
    expect(result.value).toEqual({ status: 481, cause: "ended" });
    expect(reinvite.value).toEqual({ status: 481, cause: "ended" });
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("handlers set after the end still hear of it", async () => {
    const { world, caller, callee, end } = await connect();
    void caller.bye();
    await world.clock.advance(100);
    const ends: string[] = [];
    callee.handle({ ended: ({ by }) => ends.push(by) });
    callee.handle({ ended: ({ by }) => ends.push(by) });
    expect(ends).toEqual(["remote"]);
    expect(await end()).toEqual(NOTHING_LEFT);
  });

  it("refuses headers that would break the dialog or inject lines", async () => {
    const { alice, bob, caller, end } = await connect();
    await expect((async () => caller.request("INFO", { headers: { "Call-ID": "x" } }))()).rejects.toThrow(/set by the stack/);
    await expect((async () => caller.request("INFO", { headers: { "X-A": "a\r\nVia: b" } }))()).rejects.toThrow(/line break/);
    expect(() => caller.refer("sip:x@y", { headers: { Via: "x" } })).toThrow(/set by the stack/);
    await expect(caller.reinvite({ headers: { To: "x" } })).rejects.toThrow(/set by the stack/);
    expect(() => alice.invite({ ...call(BOB), headers: { "X A": "b" } })).toThrow(/header name/);
    expect(() => alice.invite({ ...call(BOB), uri: "sip:a b@c" })).toThrow(/not an address/);
    void caller.bye({ headers: { Reason: "x\r\ny" } });
    void bob;
    expect(await end()).toEqual(NOTHING_LEFT);
  });
});

describe("challenges", () => {
  const challenged = (withProxy: boolean): Partial<UserAgentOptions> => ({
    onInvite: (incoming) => {
      const header = withProxy ? "proxy-authorization" : "authorization";
      if (incoming.request.headers.get(header) !== "Digest good") incoming.reject({ status: withProxy ? 407 : 401, headers: { [withProxy ? "Proxy-Authenticate" : "WWW-Authenticate"]: ['Digest realm="a", algorithm=SHA-256', 'Digest realm="a"'] } });
      else void incoming.accept({ body: ANSWER });
    },
    onRequest: (incoming) => incoming.respond(incoming.request.headers.has("authorization") ? { status: 200 } : { status: 401, headers: { "WWW-Authenticate": 'Digest realm="r"' } }),
  });

  it.each([true, false])("INVITE (proxy %s) is repeated with credentials and the next CSeq", async (proxy) => {
    const world = makeWorld();
    const bob = await world.agent(BOB, challenged(proxy));
    const seen: unknown[] = [];
    const alice = await world.agent(ALICE, {
      onChallenge: async ({ challenges, attempt, context, header }) => {
        seen.push(challenges.length, attempt, context, header);
        return "Digest good";
      },
    });
    const outcome = watch(alice.invite({ ...call(BOB), context: "trunk-1" }).outcome);
    await world.clock.advance(200);
    expect(outcome.value?.answered).toBe(true);
    expect(seen).toEqual([2, 1, "trunk-1", proxy ? "Proxy-Authorization" : "Authorization"]);
    const seqs = world.network.sent.filter(({ text }) => text.startsWith("INVITE")).map(({ text }) => /CSeq: (\d+)/.exec(text)?.[1]);
    expect(seqs).toEqual(["1", "2"]);
    if (outcome.value?.answered === true) void outcome.value.session.bye();
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
  });

  it("wrong credentials are tried at most three times; no credentials end at once; cancel meanwhile settles", async () => {
    const world = makeWorld();
    const bob = await world.agent(BOB, challenged(false));
    let asked = 0;
    const alice = await world.agent(ALICE, { onChallenge: () => `Digest bad${++asked}` });
    const bad = watch(alice.invite(call(BOB)).outcome);
    await world.clock.advance(500);
    expect(bad.value).toMatchObject({ status: 401, cause: "response" });
    expect(asked).toBe(3);
    const none = watch(alice.invite({ ...call(BOB), onChallenge: () => undefined }).outcome);
    const throwing = watch(alice.invite({ ...call(BOB), onChallenge: () => Promise.reject(new Error("no vault")) }).outcome);
    const slow = alice.invite({ ...call(BOB), onChallenge: () => new Promise((resolve) => void world.clock.setTimeout(() => resolve("Digest good"), 60_000)) });
    const slowOutcome = watch(slow.outcome);
    await world.clock.advance(500);
    expect([none.value, throwing.value]).toMatchObject([{ status: 401 }, { status: 401 }]);
    slow.cancel();
    await world.clock.advance(0);
    expect(slowOutcome.value).toMatchObject({ cause: "cancelled" });
    await world.clock.advance(70_000);
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
  });

  it("REGISTER is kept up, retried after failure, and removed", async () => {
    const world = makeWorld();
    const expiries: (string | undefined)[] = [];
    let status = 200;
    const registrar = await world.agent(BOB, {
      onRequest: (incoming: IncomingRequest) => {
        const { headers } = incoming.request;
        if (!headers.has("authorization")) incoming.respond({ status: 401, headers: { "WWW-Authenticate": 'Digest realm="r"' } });
        else {
          expiries.push(headers.get("expires"));
          incoming.respond(status === 200 ? { status, headers: { Contact: `${headers.get("contact") ?? ""};expires=120` } } : { status });
        }
      },
    });
    const alice = await world.agent(ALICE, { onChallenge: () => "Digest x" });
    const states: string[] = [];
    const registration = alice.register({ registrar: `sip:${BOB}`, aor: "sip:trunk@carrier.test", expires: 600, changed: (state) => states.push(state.status) });
    await world.clock.advance(1000);
    expect(registration.state.status).toBe("registered");
    await world.clock.advance(86_000);
    expect(expiries).toEqual(["600", "600"]);
    status = 500;
    await world.clock.advance(86_000);
    expect(registration.state.status).toBe("failed");
    status = 200;
    await world.clock.advance(6_000);
    expect(registration.state.status).toBe("registered");
    const removed = watch(registration.unregister());
    await world.clock.advance(1000);
    expect(removed.value?.status).toBe(200);
    expect(expiries.at(-1)).toBe("0");
    expect(states.at(-1)).toBe("removed");
    expect(await leftovers(world, alice, registrar)).toEqual(NOTHING_LEFT);
  });
});

describe("snapshots", () => {
  it("a BYE from a snapshot ends the call at a process that knows nothing of it", async () => {
    const { world, alice, caller, callee, bob } = await connect();
    void caller.request("INFO");
    const snapshot = JSON.parse(JSON.stringify(caller.dialog.snapshot())) as ReturnType<typeof caller.dialog.snapshot>;
    void caller.request("INFO");
    await world.clock.advance(100);
    await alice.stop({ graceMs: 0 });
    const reborn = await world.agent(ALICE);
    const bye = watch<RequestOutcome>(reborn.sendByeFromSnapshot(snapshot, { headers: { Reason: 'SIP;text="restart"' } }));
    await world.clock.advance(100);
    expect(bye.value?.status).toBe(200);
    expect(callee.state).toBe("ended");
    expect(await leftovers(world, reborn, bob)).toEqual(NOTHING_LEFT);
  });
});
