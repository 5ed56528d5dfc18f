import { expect, it } from "vitest";
import { recordLongRun } from "../../../examples/12333/test/support/long-results.js";
import { ALICE, ANSWER, BOB, call, leftovers, makeWorld, NOTHING_LEFT, OFFER } from "../src/stack/test-support/world.js";

/** Calls in all: `HOTLINE_LOSSY_CALLS`. */
const CALLS = Number(process.env.HOTLINE_LOSSY_CALLS ?? 20_000);
/** By one pair of user agents. */
const EACH = 200;
/** From one call to the next, ms. */
const APART_MS = 100;
const TALK_MS = 5_000;

it(`${CALLS} calls over a network that loses 5 %, reorders 3 % and doubles 1 % of all datagrams: every one is answered, held, retrieved and hung up`, async () => {
  const setUp: number[] = [];
  const wrong: string[] = [];
  let datagrams = 0;
  for (let seed = 1; seed <= CALLS / EACH; seed++) {
    const world = makeWorld(seed);
    world.network.faults = { loss: 0.05, reorder: 0.03, duplication: 0.01, delay: 20, jitter: 20 };
    let ended = 0;
    const bob = await world.agent(BOB, {
      onInvite: (invite) => {
        invite.ring();
        world.clock.setTimeout(() => {
          void invite.accept({ body: ANSWER });
          const { session } = invite;
          if (session === undefined) return void wrong.push(`seed ${seed}: no session at the answer`);
          session.handle({ reoffer: (offer) => void offer.accept({ body: ANSWER }) });
          void session.ended.then(() => ended++);
        }, 1_000);
      },
    });
    const alice = await world.agent(ALICE);
    const one = async (): Promise<void> => {
      const began = world.clock.now();
      const outcome = await alice.invite(call(BOB)).outcome;
      if (!outcome.answered) return void wrong.push(`seed ${seed}: not answered, ${outcome.cause}`);
      setUp.push(world.clock.now() - began - 1_000);
      await new Promise<void>((resolve) => void world.clock.setTimeout(resolve, TALK_MS));
      const held = await outcome.session.reinvite({ body: OFFER.replace("RTP/AVP 8\r\n", "RTP/AVP 8\r\na=sendonly\r\n") });
      const back = await outcome.session.reinvite({ body: OFFER });
      const bye = await outcome.session.bye();
      for (const { status } of [held, back, bye]) if (status !== 200) wrong.push(`seed ${seed}: ${status} within the call`);
    };
    const all: Promise<void>[] = [];
    for (let i = 0; i < EACH; i++) world.clock.setTimeout(() => void all.push(one()), i * APART_MS);
    await world.clock.advance(EACH * APART_MS + 200_000);
    await Promise.all(all);
    if (ended !== EACH) wrong.push(`seed ${seed}: ${ended} of ${EACH} ended at the callee`);
    expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
    expect(world.errors).toEqual([]);
    datagrams += world.network.sent.length;
  }
  setUp.sort((a, b) => a - b);
  const at = (share: number): string => (setUp[Math.min(setUp.length - 1, Math.floor(setUp.length * share))] ?? 0).toFixed(0);
  recordLongRun("lossy calls", `${CALLS} calls (answer, hold, retrieve, BYE) over 5 % loss, 3 % reordering, 1 % duplicates, 20 to 40 ms one way, in virtual time: ${wrong.length === 0 ? "all completed" : `${wrong.length} went wrong`}, nothing left behind; ${(datagrams / CALLS).toFixed(1)} datagrams each; from INVITE to answer (without the callee's second) p50 ${at(0.5)}, p95 ${at(0.95)}, max ${at(1)} ms`);
  expect(wrong).toEqual([]);
});
