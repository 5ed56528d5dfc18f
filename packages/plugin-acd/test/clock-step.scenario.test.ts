import type { BusinessCalendar, Clock, Ids } from "@hotlinejs/core";
import { createSilentLogger, VirtualClock } from "@hotlinejs/core";
import type { AcdEffect } from "@hotlinejs/queueing";
import { describe, expect, it } from "vitest";
import type { AgentSpan, QueueFact } from "../src/domain/facts.js";
import { quarterOf } from "../src/domain/quarter-hours.js";
import { ClosingTimes } from "../src/services/closing-times.js";
import { QueueEngine } from "../src/services/queue-engine.js";
import { QueueFacts } from "../src/services/queue-facts.js";

const HOUR = 3_600_000;

/** A machine whose clock is set while time passes as ever. */
function machine(): { readonly clock: Clock; readonly virtual: VirtualClock; set(ms: number): void } {
  const virtual = new VirtualClock(Date.UTC(2026, 10, 26, 2, 5));
  let leap = 0;
  const clock: Clock = {
    now: () => virtual.now() + leap,
    monotonic: () => virtual.monotonic(),
    setTimeout: (fn, ms) => virtual.setTimeout(fn, ms),
    setInterval: (fn, ms) => virtual.setInterval(fn, ms),
    sleep: (ms, signal) => virtual.sleep(ms, signal),
  };
  return { clock, virtual, set: (ms) => void (leap += ms) };
}

function line(at: ReturnType<typeof machine>) {
  const effects: AcdEffect[] = [];
  const booked: AgentSpan[] = [];
  const calendar = { dateOf: () => "2026-11-26", hourOf: () => 10 } as unknown as BusinessCalendar;
  const writer = { push: (fact: QueueFact) => void ("spans" in fact && booked.push(...fact.spans)) };
  const facts = new QueueFacts({ writer, clock: at.clock, ids: { next: () => "id" } as Ids, calendar });
  const engine = new QueueEngine({
    clock: at.clock,
    log: createSilentLogger(),
    stepped: (ms) => facts.clockStepped(ms),
    perform: (effect, when) => {
      effects.push(effect);
      if (effect.type === "agent-status") facts.agentStatus(effect, when);
    },
  });
  engine.dispatch({ type: "queue.configured", queue: { key: "q", maxWaitMs: 600_000, wrapUpMs: 0 } });
  engine.dispatch({ type: "agent.configured", agent: { id: "a", queues: [{ queue: "q" }] } });
  const of = <T extends AcdEffect["type"]>(type: T) => effects.filter((effect): effect is Extract<AcdEffect, { type: T }> => effect.type === type);
  return { engine, facts, booked, of };
}

describe.each([-HOUR, HOUR])("the clock is set by %s ms while callers wait", (leap) => {
  it("who came first is served first, and the wait is what has passed", async () => {
    const at = machine();
    const { engine, of } = line(at);
    engine.dispatch({ type: "interaction.enqueued", interactionId: "first", queue: "q" });
    await at.virtual.advance(60_000);
    at.set(leap);
    engine.dispatch({ type: "interaction.enqueued", interactionId: "second", queue: "q" });
    await at.virtual.advance(60_000);
    engine.dispatch({ type: "agent.reachable", agentId: "a", reachable: true });
    engine.dispatch({ type: "agent.state", agentId: "a", state: "available" });
    const [offer] = of("offer");
    expect(offer?.interactionId).toBe("first");
    engine.dispatch({ type: "offer.accepted", reservationId: offer?.reservationId ?? "" });
    engine.dispatch({ type: "offer.connected", reservationId: offer?.reservationId ?? "" });
    expect(of("left")).toMatchObject([{ outcome: "answered", waitMs: 120_000 }]);
    at.set(-leap);
    await at.virtual.advance(30_000);
    engine.dispatch({ type: "interaction.ended", interactionId: "first" });
    expect(of("ended")).toMatchObject([{ talkMs: 30_000 }]);
    // The longest wait is counted by what passes, too.
    engine.dispatch({ type: "agent.state", agentId: "a", state: "offline" });
    await at.virtual.advance(600_000 - 90_001);
    expect(of("left")).toHaveLength(1);
    await at.virtual.advance(2);
    expect(of("left").at(-1)).toMatchObject({ interactionId: "second", outcome: "timeout", waitMs: 600_000 });
  });

  it("an agent's states have lasted as long as they did, in the quarters of the day as it is now called", async () => {
    const at = machine();
    const { engine, facts, booked } = line(at);
    engine.dispatch({ type: "agent.reachable", agentId: "a", reachable: true });
    engine.dispatch({ type: "agent.state", agentId: "a", state: "available" });
    await at.virtual.advance(120_000);
    at.set(leap);
    engine.checkClock();
    await at.virtual.advance(60_000);
    facts.bookStates();
    expect(booked).toEqual([{ agent: "a", startsAt: quarterOf(at.clock.now()), delta: { availableMs: 180_000 } }]);
  });
});

describe("opening hours end by the clock as it is set", () => {
  const day = Date.UTC(2026, 10, 26);
  const [from, to] = [day, day + 4 * HOUR];
  const calendar = { isOpen: (at: number) => from <= at && at < to, nextOpening: (at: number) => (at < from ? from : at < to ? at : undefined), dateOf: () => "2026-11-26", slots: () => [{ from, to }] } as unknown as BusinessCalendar;

  it.each<[string, number, number]>([
    ["forward, past the end", 3 * HOUR, 0],
    ["forward, before the end", HOUR, 55 * 60_000],
    ["back", -HOUR, 175 * 60_000],
  ])("%s", async (_, leap, after) => {
    const at = machine();
    const times = new ClosingTimes(at.clock);
    let closed = 0;
    times.watch("q", calendar, () => void (closed += 1));
    at.set(leap);
    times.clockStepped();
    if (after > 0) {
      await at.virtual.advance(after - 1);
      expect(closed).toBe(0);
      await at.virtual.advance(1);
    }
    expect(closed).toBe(1);
    times.stop();
    expect(at.virtual.pending).toBe(0);
  });
});
