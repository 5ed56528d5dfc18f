import { performance } from "node:perf_hooks";
import { expect, it } from "vitest";
import { createAcdState, reduce } from "../src/index.js";
import type { AcdEvent } from "../src/index.js";

// The goal is 100,000 decisions a second; a tenth of it fails the test, the figure itself is printed by the bench.
it("decides fast: 100 agents, 10 queues, calls coming and going", () => {
  const state = createAcdState();
  let now = 0;
  let events = 0;
  const send = (event: AcdEvent): ReturnType<typeof reduce> => {
    events += 1;
    return reduce(state, event, (now += 1));
  };
  for (let i = 0; i < 10; i++) send({ type: "queue.configured", queue: { key: `q${i}`, wrapUpMs: 0 } });
  for (let i = 0; i < 100; i++) {
    send({ type: "agent.configured", agent: { id: `a${i}`, queues: [{ queue: `q${i % 10}` }, { queue: `q${(i + 3) % 10}` }] } });
    send({ type: "agent.reachable", agentId: `a${i}`, reachable: true });
    send({ type: "agent.state", agentId: `a${i}`, state: "available" });
  }
  const live: string[] = [];
  const talk = (effects: ReturnType<typeof reduce>): void => {
    for (const effect of effects) {
      if (effect.type !== "offer") continue;
      send({ type: "offer.accepted", reservationId: effect.reservationId });
      send({ type: "offer.connected", reservationId: effect.reservationId });
      live.push(effect.interactionId);
    }
  };
  events = 0;
  const start = performance.now();
  for (let i = 0; i < 20_000; i++) {
    talk(send({ type: "interaction.enqueued", interactionId: `c${i}`, queue: `q${i % 10}`, priority: i % 3 }));
    if (live.length > 90) {
      const id = live.shift() as string;
      talk(send({ type: "interaction.ended", interactionId: id }));
    }
  }
  const rate = events / ((performance.now() - start) / 1000);
  expect(rate).toBeGreaterThan(10_000);
  if (process.env.HOTLINE_TEST_LONG === "1") process.stdout.write(`ACD: ${Math.round(rate)} decisions/s\n`);
});
