import { CALL_PIPELINE, READ_POOL } from "@hotlinejs/core";
import { createTestHotline, FAKE_TELEPHONY, seededRandom, type FakeCall } from "@hotlinejs/testing";
import { expect, it } from "vitest";
import { ACD, acd } from "../src/index.js";

const CALLS = 1_000;
const AGENTS = 52;
const HOUR_MS = 3_600_000;
const WRAP_UP_S = 20;
/** What is shorter was no talk: the caller gave up while the agent picked up. */
const LEAST_TALK_MS = 20_000;

/** Exponential, in ms, between bounds. */
const spread = (random: () => number, mean: number, least: number, most: number): number => Math.min(most, Math.max(least, -Math.log(1 - random()) * mean));

/** One thing an agent's phone did. */
interface Turn {
  readonly rang: number;
  readonly ended: number;
  readonly talked: boolean;
}

/** Until when the agent is taken by a turn. */
const takenUntil = ({ ended, talked }: Turn): number => ended + (talked ? WRAP_UP_S * 1_000 : 0);

/** Since when an agent who is rung at `at` has waited for a call. A ring that came to nothing does not cost the place among the idle. */
const freeSince = (own: readonly Turn[], at: number): number => Math.max(0, ...own.filter(({ ended, talked }) => talked && ended <= at).map(takenUntil));

it(`a busy hour: ${CALLS} callers, ${AGENTS} agents, patience that runs out; everybody is accounted for`, async () => {
  const fill = seededRandom(12_333);
  const random = (): number => {
    const bytes = new Uint8Array(4);
    fill(bytes);
    return new DataView(bytes.buffer).getUint32(0) / 2 ** 32;
  };
  const numbers = Array.from({ length: AGENTS }, (_, index) => String(2001 + index));
  const test = await createTestHotline({
    calls: { initial: { handler: "queue", target: "q" } },
    plugins: [acd({ wrapUp: WRAP_UP_S, queues: [{ key: "q", name: "综合咨询", maxWaitSeconds: 600, maxLength: 500, regainSeconds: 0 }], agents: numbers.map((number) => ({ number, name: number, queues: ["q"] })) })],
  });
  const { clock } = test;
  const telephony = test.services.get(FAKE_TELEPHONY);

  // Agents pick up after a few seconds, talk for about three minutes and hang up.
  const turns = new Map<string, Turn[]>(numbers.map((number) => [number, []]));
  for (const number of numbers) {
    telephony.plug(`sip:${number}`, (call) => {
      const rang = clock.now();
      void call.ended.then(({ at }) => turns.get(number)?.push({ rang, ended: at, talked: at - (call.states.find(({ state }) => state === "answered")?.at ?? at) >= LEAST_TALK_MS }));
      clock.setTimeout(() => {
        if (call.state !== "ringing") return;
        void call.answer();
        clock.setTimeout(() => call.finish("remote-hangup", "remote"), spread(random, 170_000, LEAST_TALK_MS, 900_000));
      }, 1_000 + random() * 4_000);
    });
  }
  await test.advance("1s");

  // Callers arrive at random, and give up when their patience runs out before an agent has come.
  const callers: FakeCall[] = [];
  const began = clock.now();
  for (let i = 0; i < CALLS; i++) {
    clock.setTimeout(() => {
      const call = telephony.arrive(`138${String(i).padStart(8, "0")}`, "12333");
      callers.push(call);
      clock.setTimeout(() => {
        if (call.state === "answered" && (call.leg?.bridgedWith.size ?? 0) === 0) call.finish("remote-hangup", "remote");
      }, spread(random, 120_000, 3_000, 900_000));
    }, random() * HOUR_MS);
  }

  const before = process.cpuUsage();
  await test.advance("1h");
  // The last to come are served to the end.
  for (let i = 0; i < 60 && test.services.get(CALL_PIPELINE).active > 0; i++) await test.advance("1m");
  await test.advance("1m");
  const { user, system } = process.cpuUsage(before);

  const answered = test.events.of("acd.answered");
  const abandoned = test.events.of("acd.abandoned");
  const left = test.events.of("acd.left");
  const figures = { answered: answered.length, abandoned: abandoned.length, cpuSeconds: Number(((user + system) / 1e6).toFixed(1)), virtualMinutes: Math.round((clock.now() - began) / 60_000) };
  process.stdout.write(`busy hour of ${CALLS} calls: ${JSON.stringify(figures)}\n`);

  // Everybody called, and nobody is forgotten or counted twice.
  expect(callers).toHaveLength(CALLS);
  expect(callers.filter(({ state }) => state !== "ended")).toEqual([]);
  expect(answered.length + abandoned.length + left.length).toBe(CALLS);
  expect(answered.length).toBeGreaterThan(CALLS / 2);
  expect(abandoned.length).toBeGreaterThan(10);
  expect(test.journal.open).toEqual([]);
  expect(new Set(test.journal.interactions.map(({ id }) => id)).size).toBe(CALLS);
  const [{ entries, open }] = await test.services.get(READ_POOL).read((em) => em.execute<[{ entries: number; open: number }]>("select count(*) as entries, sum(case when ended_at is null then 1 else 0 end) as open from acd_queue_entry"));
  expect([entries, open]).toEqual([CALLS, 0]);

  // An agent has one call at a time, and the time after a call is the agent's.
  for (const [number, own] of turns) {
    for (const [index, { rang }] of own.entries()) {
      const last = own[index - 1];
      if (last !== undefined) expect([number, rang >= takenUntil(last)]).toEqual([number, true]);
    }
  }
  const talks = [...turns.values()].flat().filter(({ talked }) => talked).length;
  expect(talks).toBeGreaterThanOrEqual(answered.length);
  // The load is spread: each call rings the agent who has waited longest. (Numbers of calls say little: with as much work as
  // there are agents nobody ever waits long, and who has three talks of a quarter of an hour has a third of the others' calls.)
  let choices = 0;
  const unfair: unknown[] = [];
  for (const [number, own] of turns) {
    for (const { rang } of own) {
      const waiting = [...turns].filter(([other, theirs]) => other !== number && !theirs.some((turn) => turn.rang <= rang && rang < takenUntil(turn)));
      if (waiting.length > 0) choices++;
      for (const [other, theirs] of waiting) if (freeSince(theirs, rang) < freeSince(own, rang)) unfair.push({ rang, number, other });
    }
  }
  expect(unfair).toEqual([]);
  expect(choices).toBeGreaterThan(CALLS / 10);
  expect(test.services.get(ACD).agents().map(({ state }) => state)).toEqual(numbers.map(() => "available"));
  expect(test.services.get(ACD).queue("q")).toMatchObject({ waiting: 0, ringing: 0 });
  await test.close();
}, 900_000);
