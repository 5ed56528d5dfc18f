import { expect, it } from "vitest";
import { seededRandom } from "../random.js";
import { ALICE, ANSWER, BOB, call, leftovers, makeWorld, NOTHING_LEFT, OFFER } from "../test-support/world.js";
import type { IncomingInvite, InviteOutcome, Session, SessionEnd } from "./session-types.js";

const CALLS = 200;

/** A bad line between two sites: 5 of 100 datagrams are lost, 3 are held up so long that others overtake them, 3 come twice. */
it.each([1, 2, 3])("200 calls while of 100 datagrams 5 are lost, 3 overtaken and 3 doubled: each is rung, answered, offered anew twice and ended in order (seed %i)", async (seed) => {
  const world = makeWorld(seed);
  const random = seededRandom(seed * 31);
  world.network.faults = {
    loss: 0.05,
    duplication: 0.03,
    delay: 20,
    get jitter() {
      return random.number() < 0.03 ? 900 : 5;
    },
  };
  const answered: Session[] = [];
  const ends: SessionEnd[] = [];
  const bob = await world.agent(BOB, {
    onInvite: (invite: IncomingInvite) => {
      invite.ring();
      world.clock.setTimeout(() => {
        void invite.accept({ body: ANSWER });
        const { session } = invite;
        if (session === undefined) return;
        answered.push(session);
        session.handle({ reoffer: (offer) => void offer.accept({ body: ANSWER }) });
        void session.ended.then((end) => ends.push(end));
      }, 1_500);
    },
  });
  const alice = await world.agent(ALICE);
  const outcomes: InviteOutcome[] = [];
  const offers: number[] = [];
  const byes: Promise<unknown>[] = [];
  const begin = async (): Promise<void> => {
    const outcome = await alice.invite({ ...call(BOB), timeoutMs: 30_000 }).outcome;
    outcomes.push(outcome);
    if (!outcome.answered) return;
    const { session } = outcome;
    for (const body of [OFFER, OFFER]) offers.push((await session.reinvite({ body })).status);
    byes.push(session.bye());
  };
  for (let i = 0; i < CALLS; i++) world.clock.setTimeout(() => void begin(), i * 50);
  await world.clock.advance(120_000);
  await Promise.all(byes);
  expect(outcomes.filter((outcome) => outcome.answered)).toHaveLength(CALLS);
  expect(answered).toHaveLength(CALLS);
  expect(offers).toEqual(Array.from({ length: 2 * CALLS }, () => 200));
  expect(byes).toHaveLength(CALLS);
  // By the caller's BYE and by nothing that ran out.
  expect(ends).toHaveLength(CALLS);
  expect(new Set(ends.map(({ by, cause }) => `${by} ${cause}`))).toEqual(new Set(["remote bye"]));
  // Nothing of it went by luck: more datagrams went out than a good line needs.
  const lines = world.network.trace().filter((line) => /INVITE sip:/.test(line));
  expect(lines.length).toBeGreaterThan(3 * CALLS);
  expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
  expect(world.errors).toEqual([]);
});
