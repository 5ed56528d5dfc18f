import { createAcdState, reduce } from "@hotlinejs/queueing";

/**
 * Decisions a second: 100 agents in 10 queues, callers come and go; one decision is one event put
 * through the reducer with all its effects.
 */
export async function measureAcd(): Promise<{ what: string; value: number; unit: string; note: string }> {
  const state = createAcdState({});
  let now = 0;
  const apply = (event: Parameters<typeof reduce>[1]): ReturnType<typeof reduce> => reduce(state, event, now);
  for (let q = 0; q < 10; q++) apply({ type: "queue.configured", queue: { key: `q${q}`, wrapUpMs: 0, ringMs: 20_000 } });
  for (let a = 0; a < 100; a++) {
    apply({ type: "agent.configured", agent: { id: `a${a}`, queues: [{ queue: `q${a % 10}` }, { queue: `q${(a * 7 + 1) % 10}` }] } });
    apply({ type: "agent.reachable", agentId: `a${a}`, reachable: true });
    apply({ type: "agent.state", agentId: `a${a}`, state: "available" });
  }
  const talking: string[] = [];
  let events = 0;
  let next = 0;
  const step = (event: Parameters<typeof reduce>[1]): void => {
    events++;
    for (const effect of apply(event)) {
      if (effect.type === "offer") step({ type: "offer.accepted", reservationId: effect.reservationId });
      else if (effect.type === "connect") {
        step({ type: "offer.connected", reservationId: effect.reservationId });
        talking.push(effect.interactionId);
      }
    }
  };
  const started = process.cpuUsage();
  const until = performance.now() + 3_000;
  while (performance.now() < until) {
    for (let i = 0; i < 500; i++) {
      now += 5;
      step({ type: "interaction.enqueued", interactionId: `i${next++}`, queue: `q${next % 10}`, priority: next % 3 });
      if (talking.length > 90) step({ type: "interaction.ended", interactionId: talking.shift() ?? "" });
    }
    await Promise.resolve();
  }
  const used = process.cpuUsage(started);
  return { what: "ACD decisions, 100 agents in 10 queues", value: events / ((used.user + used.system) / 1_000_000), unit: "decisions/CPU-second", note: `${events} events, ${next} callers` };
}
