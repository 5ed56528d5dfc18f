import { describe, expect, it } from "vitest";
import { seededRandom } from "../random.js";
import { ALICE, ANSWER, BOB, call, leftovers, makeWorld, NOTHING_LEFT, OFFER } from "../test-support/world.js";
import type { AcceptOutcome, IncomingInvite, InviteOutcome, Session } from "./session-types.js";

/**
 * Calls over a network that loses, doubles and reorders datagrams, with both sides acting at random. Whatever
 * happens, every promise settles, both sides agree that the call is over, and nothing is left behind.
 */
describe.each([
  { name: "no loss, much reordering", loss: 0, duplication: 0.2, delay: 5, jitter: 900 },
  { name: "20 % loss", loss: 0.2, duplication: 0.1, delay: 20, jitter: 100 },
  { name: "60 % loss", loss: 0.6, duplication: 0.3, delay: 20, jitter: 400 },
])("calls over a bad network: $name", (faults) => {
  it.each(Array.from({ length: 25 }, (_, seed) => seed + 1))("seed %i", async (seed) => {
    const world = makeWorld(seed);
    world.network.faults = faults;
    const random = seededRandom(seed * 77);
    const promises: Promise<unknown>[] = [];
    const settled = { count: 0 };
    const track = <T>(promise: Promise<T>): Promise<T> => {
      promises.push(promise);
      void promise.then(() => settled.count++);
      return promise;
    };
    const later = (ms: number, run: () => void): void => void world.clock.setTimeout(run, Math.floor(random.number() * ms));
    const sessions: Session[] = [];
    const accepts: Promise<AcceptOutcome>[] = [];

    const act = (session: Session): void => {
      sessions.push(session);
      void track(session.ended);
      session.handle({
        reoffer: (offer) => {
          const what = random.number();
          if (what < 0.6) later(300, () => void track(offer.accept({ body: ANSWER })));
          else if (what < 0.8) offer.respond({ status: 488 });
        },
        refer: (refer) => {
          refer.accept();
          later(500, () => void refer.finish(200));
        },
      });
      for (let i = 0; i < 3; i++) {
        const what = random.number();
        later(4000, () => {
          if (what < 0.4) void track(session.reinvite({ body: OFFER }));
          else if (what < 0.6) void track(session.request("INFO", { body: "x", contentType: "text/plain" }));
          else if (what < 0.8) void track(session.refer("sip:z@10.0.0.3").finished);
          else void track(session.update({ body: OFFER }));
        });
      }
      if (random.number() < 0.7) later(6000, () => void track(session.bye()));
    };

    const answer = (invite: IncomingInvite): void => {
      void track(invite.closed);
      const what = random.number();
      if (what < 0.5) invite.ring();
      later(3000, () => {
        if (what < 0.1) invite.reject({ status: 486 });
        else if (invite.state !== "closed") {
          accepts.push(track(invite.accept({ body: ANSWER })));
          if (invite.session !== undefined) act(invite.session);
        }
      });
    };
    const bob = await world.agent(BOB, { onInvite: answer });
    const alice = await world.agent(ALICE, { onInvite: answer });
    const outcomes: InviteOutcome[] = [];
    for (let i = 0; i < 6; i++) {
      later(2000, () => {
        const [caller, callee] = i % 2 === 0 ? [alice, BOB] : [bob, ALICE];
        const outgoing = caller.invite({ ...call(callee), timeoutMs: 20_000 });
        void track(outgoing.outcome).then((outcome) => {
          outcomes.push(outcome);
          if (outcome.answered) act(outcome.session);
        });
        if (random.number() < 0.3) later(4000, () => outgoing.cancel());
      });
    }
    await world.clock.advance(60_000);
    for (const session of sessions) void track(session.bye());
    // Refer subscriptions live for three minutes, transactions for 32 s after that.
    await world.clock.advance(300_000);
    expect(outcomes).toHaveLength(6);
    expect(settled.count).toBe(promises.length);
    expect(sessions.every(({ state }) => state === "ended")).toBe(true);
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
    expect(world.errors).toEqual([]);
    // With nothing lost every call is decided by somebody, not by a time-out.
    if (faults.loss === 0) expect(outcomes.filter((outcome) => !outcome.answered && outcome.cause === "timeout")).toEqual([]);
  });

  it("stop in the middle settles everything", async () => {
    for (let seed = 100; seed < 115; seed++) {
      const world = makeWorld(seed);
      world.network.faults = faults;
      const random = seededRandom(seed);
      const open = new Set<Promise<unknown>>();
      const track = (promise: Promise<unknown>): void => {
        open.add(promise);
        void promise.then(() => open.delete(promise));
      };
      const bob = await world.agent(BOB, {
        onInvite: (invite) => {
          track(invite.closed);
          if (random.number() < 0.7) track(invite.accept({ body: ANSWER }));
          if (invite.session !== undefined) track(invite.session.ended);
        },
      });
      const alice = await world.agent(ALICE);
      for (let i = 0; i < 8; i++) {
        const { outcome } = alice.invite(call(BOB));
        track(outcome);
        void outcome.then((result) => {
          if (!result.answered) return;
          track(result.session.ended);
          track(result.session.reinvite({ body: OFFER }));
        });
      }
      await world.clock.advance(Math.floor(random.number() * 3000));
      const stops = [alice.stop({ graceMs: 1500 }), bob.stop({ graceMs: random.number() < 0.5 ? 0 : 1500 })];
      await world.clock.advance(2000);
      await Promise.all(stops);
      await world.clock.advance(0);
      expect(open.size).toBe(0);
      expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
    }
  });
});
