import { expect, it } from "vitest";
import { ANSWER, BOB, call, leftovers, makeWorld, NOTHING_LEFT } from "../test-support/world.js";
import type { Destination } from "../transport/types.js";

const at = (...hosts: string[]): readonly Destination[] => hosts.map((host) => ({ kind: "udp", host, port: 5060 }));

it("goes on to the next address when one is silent or refuses with 503, and begins with the good one for a minute", async () => {
  const world = makeWorld();
  let served = 0;
  let tried = at("10.0.0.9", "10.0.0.8", BOB);
  const bob = await world.agent(BOB, {
    onInvite: (incoming) => {
      served++;
      void incoming.accept({ body: ANSWER });
    },
  });
  const busy = await world.agent("10.0.0.8", { admission: () => ({ status: 503 }), onInvite: (incoming) => incoming.reject({ status: 500 }) });
  const alice = await world.agent("10.0.0.1", { resolver: () => tried });
  const first = alice.invite(call("carrier.test"));
  await world.clock.advance(3_900);
  expect(served).toBe(0);
  await world.clock.advance(400);
  const outcome = await first.outcome;
  expect(outcome.answered).toBe(true);
  expect(served).toBe(1);

  world.network.sent.length = 0;
  const second = alice.invite(call("carrier.test"));
  await world.clock.advance(200);
  expect((await second.outcome).answered).toBe(true);
  expect(world.network.trace().filter((line) => line.includes("INVITE")).map((line) => line.split(" ")[0])).toEqual([`10.0.0.1>${BOB}`]);

  // After a minute the order of DNS counts again.
  await world.clock.advance(61_000);
  world.network.sent.length = 0;
  tried = at("10.0.0.8", BOB);
  const third = alice.invite(call("carrier.test"));
  await world.clock.advance(200);
  expect((await third.outcome).answered).toBe(true);
  expect(world.network.trace().find((line) => line.includes("INVITE"))).toContain("10.0.0.1>10.0.0.8");

  for (const one of [outcome, await second.outcome, await third.outcome]) if (one.answered) void one.session.bye();
  expect(await leftovers(world, alice, bob, busy)).toEqual(NOTHING_LEFT);
});

it("a single address is given all its time", async () => {
  const world = makeWorld();
  const alice = await world.agent("10.0.0.1", { resolver: () => at("10.0.0.9") });
  const invite = alice.invite(call("carrier.test"));
  await world.clock.advance(31_000);
  let settled = false;
  void invite.outcome.then(() => (settled = true));
  await world.clock.advance(0);
  expect(settled).toBe(false);
  await world.clock.advance(2_000);
  expect(await invite.outcome).toMatchObject({ answered: false, status: 408 });
});

it("tells each place it goes to and which is the last; given up, it goes to no further one", async () => {
  const world = makeWorld();
  let served = 0;
  const bob = await world.agent(BOB, {
    onInvite: (incoming) => {
      served++;
      void incoming.accept({ body: ANSWER });
    },
  });
  let tried = at("10.0.0.9", "10.0.0.8");
  const alice = await world.agent("10.0.0.1", { resolver: () => tried });
  const places: boolean[] = [];
  const silent = alice.invite({ ...call("carrier.test"), trying: (last) => void places.push(last) });
  await world.clock.advance(3_900);
  expect(places).toEqual([false]);
  await world.clock.advance(400);
  expect(places).toEqual([false, true]);
  silent.cancel();
  await world.clock.advance(61_000);

  tried = at("10.0.0.9", BOB);
  const second = alice.invite(call("carrier.test"));
  await world.clock.advance(1_000);
  second.cancel();
  await world.clock.advance(40_000);
  expect(await second.outcome).toMatchObject({ answered: false, status: 487 });
  expect(served).toBe(0);
  expect(await leftovers(world, alice, bob)).toEqual(NOTHING_LEFT);
});
