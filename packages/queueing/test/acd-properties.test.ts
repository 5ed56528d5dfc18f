import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AcdEffect, AcdEvent, AgentStatus } from "../src/index.js";
import { fits } from "../src/acd/matching.js";
import { comparePlaces } from "../src/acd/waiting-line.js";
import { agentView, strategyNames } from "../src/index.js";
import { Driver } from "./driver.js";
import { Lives } from "./restart.js";

const queueKey = fc.constantFrom("q0", "q1", "q2");
const agentId = fc.constantFrom("a0", "a1", "a2", "a3");
const callId = fc.integer({ min: 0, max: 11 }).map((n) => `c${n}`);
const skills = fc.dictionary(fc.constantFrom("x", "y"), fc.integer({ min: 1, max: 3 }), { maxKeys: 2 });
const span = fc.constantFrom(0, 1, 500, 1000, 5000);
const maybeSpan = fc.option(span, { nil: undefined });

const absence = fc.subarray<AgentStatus>(["offline", "unreachable", "not-ready", "held", "busy", "wrap-up"]);

const queueConfig = fc.record({
  key: queueKey,
  strategy: fc.constantFrom(...strategyNames()),
  weight: fc.integer({ min: 0, max: 2 }),
  ringMs: fc.constantFrom(500, 2000),
  connectMs: fc.constantFrom(500, 2000),
  wrapUpMs: span,
  maxWaitMs: maybeSpan,
  maxLength: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
  skills,
  relaxSkillsAfterMs: maybeSpan,
  skillSteps: fc.array(fc.record({ afterMs: span, skills: fc.dictionary(fc.constantFrom("x", "y"), fc.integer({ min: 0, max: 2 }), { maxKeys: 2 }) }), { maxLength: 2 }),
  tiersAfterMs: fc.constantFrom([], [500], [500, 5000]),
  preferredMs: span,
  onDemandAfterMs: fc.constantFrom(null, 0, 0, 5000),
  progressMs: fc.constantFrom(300, 1500),
  divert: fc.option(fc.record({ ewtMs: fc.constantFrom(60_000, 400_000), ratio: fc.constantFrom(0.5, 2), whileWaiting: fc.boolean() }), { nil: undefined }),
  overflow: fc.array(fc.record({ afterMs: span, queues: fc.array(queueKey, { maxLength: 2 }) }), { maxLength: 2 }),
  announceFirstMs: maybeSpan,
  announceEveryMs: fc.option(fc.constantFrom(700, 3000), { nil: undefined }),
  regainMs: span,
  joinEmpty: fc.oneof(fc.boolean(), absence),
  leaveEmpty: fc.oneof(fc.boolean(), absence),
  emptyGraceMs: span,
  staff: fc.constantFrom("reachable" as const, "ready" as const),
  rejectDelayMs: span,
  noAnswerDelayMs: span,
  busyDelayMs: span,
  failDelayMs: fc.constantFrom(1, 1000),
  pauseAfterMisses: fc.integer({ min: 0, max: 2 }),
});

const agentConfig = fc.record({
  id: agentId,
  queues: fc.uniqueArray(fc.record({ queue: queueKey, weight: fc.constantFrom(1, 2), tier: fc.nat(2) }), { maxLength: 3, selector: (membership) => membership.queue }),
  skills,
  wrapUpMs: fc.option(span, { nil: undefined }),
  capacity: fc.option(
    fc.record(
      {
        channels: fc.dictionary(fc.constantFrom("chat", "email", "*"), fc.integer({ min: 0, max: 3 }), { maxKeys: 3 }),
        total: fc.integer({ min: 1, max: 4 }),
        rules: fc.array(fc.record({ while: fc.constantFrom("voice", "chat", "*"), exclude: fc.subarray(["voice", "chat", "email", "*"], { minLength: 1, maxLength: 2 }) }), { maxLength: 2 }),
      },
      { requiredKeys: [] },
    ),
    { nil: undefined },
  ),
});

type Action = { kind: "event"; event: AcdEvent } | { kind: "offer"; pick: number; as: "accept" | "picked-up" | "connect" | "declined" | "busy" | "no-answer" | "failed" } | { kind: "timer" } | { kind: "wait"; ms: number } | { kind: "restart"; ms: number; /** Phones that are there again at once, by agent. */ phones: readonly boolean[] };

const event: fc.Arbitrary<AcdEvent> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ type: fc.constant("interaction.enqueued" as const), interactionId: callId, queue: queueKey, priority: fc.integer({ min: -1, max: 2 }), skills, callerKey: fc.option(fc.constantFrom("k0", "k1"), { nil: undefined }), channel: fc.constantFrom("voice", "voice", "voice", "chat", "chat", "email"), preferredAgent: fc.option(agentId, { nil: undefined }), preferredMs: fc.option(span, { nil: undefined, freq: 4 }), placeAt: fc.option(fc.constantFrom(999_000, 2_000_000), { nil: undefined, freq: 8 }), ringMs: fc.option(fc.constantFrom(500, 90_000), { nil: undefined, freq: 4 }), patient: fc.option(fc.constant(true), { nil: undefined, freq: 6 }), yields: fc.option(fc.constant(true), { nil: undefined, freq: 4 }), onlyAgent: fc.option(agentId, { nil: undefined, freq: 6 }), exceptAgent: fc.option(agentId, { nil: undefined, freq: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("interaction.moved" as const), interactionId: callId, queue: queueKey, priority: fc.option(fc.integer({ min: -1, max: 2 }), { nil: undefined }) }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constantFrom("interaction.ended" as const, "interaction.exited" as const), interactionId: callId }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("interaction.ended" as const), interactionId: callId, broken: fc.constant(true) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("queue.closing" as const), queue: queueKey }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant("agent.state" as const), agentId, state: fc.constantFrom("available" as const, "available" as const, "on-demand" as const, "not-ready" as const, "offline" as const) }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant("agent.reachable" as const), agentId, reachable: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("agent.occupied" as const), agentId, occupied: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("agent.wrap-up-done" as const), agentId }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("agent.wrap-up-extended" as const), agentId, ms: span }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("agent.wrap-up-restored" as const), agentId, ms: span, spentMs: span }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("interaction.priority" as const), interactionId: callId, priority: fc.integer({ min: -1, max: 2 }) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("queue.configured" as const), queue: queueConfig }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("queue.frozen" as const), queue: queueKey, frozen: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("queue.removed" as const), queue: queueKey }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("agent.configured" as const), agent: agentConfig }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("agent.history" as const), agentId, callsTaken: fc.nat(3), talkMs: span }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("queue.history" as const), queue: queueKey, lastAgentId: agentId, handled: fc.record({ count: fc.nat(3), averageMs: span }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("agent.removed" as const), agentId }) },
);

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("event" as const), event }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("offer" as const), pick: fc.nat(7), as: fc.constantFrom("accept" as const, "accept" as const, "picked-up" as const, "connect" as const, "connect" as const, "declined" as const, "busy" as const, "no-answer" as const, "failed" as const) }) },
  { weight: 2, arbitrary: fc.constant({ kind: "timer" as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 6000 }) }) },
);

/** Among the other events a process dies now and then. */
const withRestarts: fc.Arbitrary<Action> = fc.oneof({ weight: 25, arbitrary: action }, { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const), ms: fc.constantFrom(0, 2_000, 600_000), phones: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }) }) });

function live(lives: Lives, step: Action): void {
  if (step.kind === "event") lives.send(step.event);
  else if (step.kind === "restart") lives.restart(step.ms, (id) => step.phones[Number(id.slice(1))] === true);
  else play(lives.driver, step);
}

function play(driver: Driver, step: Action): void {
  if (step.kind === "event") driver.send(step.event);
  else if (step.kind === "restart") throw new Error("only lives restart");
  else if (step.kind === "timer") driver.fireNext();
  else if (step.kind === "wait") driver.advance(step.ms);
  else {
    const ids = driver.state.reservations.values().map(({ id }) => id);
    const reservationId = ids[step.pick % Math.max(1, ids.length)] ?? "r-unknown";
    if (step.as === "accept") driver.send({ type: "offer.accepted", reservationId });
    else if (step.as === "connect") driver.send({ type: "offer.connected", reservationId });
    else if (step.as === "picked-up") driver.send({ type: "offer.picked-up", reservationId, agentId: `a${step.pick % 4}` });
    else driver.send({ type: "offer.rejected", reservationId, cause: step.as });
  }
}

function setUp(of: { send(event: AcdEvent): unknown }): void {
  for (const key of ["q0", "q1", "q2"]) of.send({ type: "queue.configured", queue: { key, ringMs: 2000, wrapUpMs: 1000, maxWaitMs: 60_000, announceEveryMs: 5000, regainMs: 60_000 } });
  for (const [index, id] of ["a0", "a1", "a2", "a3"].entries()) {
    of.send({ type: "agent.configured", agent: { id, queues: ["q0", index % 2 === 0 ? "q1" : "q2"].map((queue) => ({ queue })) } });
    of.send({ type: "agent.reachable", agentId: id, reachable: true });
    of.send({ type: "agent.state", agentId: id, state: "available" });
  }
}

/** Runs that once found something; each is played again. */
const KEPT_SEEDS = [949_433_956];

/** Nobody who may serve the one before in line was given to one behind, within a queue; but who can be served later makes room for who cannot. */
function checkOrder(driver: Driver): void {
  for (const offer of driver.of("offer")) {
    // The agent's own choice.
    if (offer.pickedUp === true) continue;
    const taken = driver.state.interactions.get(offer.interactionId);
    const agent = driver.state.agents.get(offer.agentId);
    const queue = driver.state.queues.get(offer.queue);
    if (taken === undefined || agent === undefined || queue === undefined || taken.state !== "offered") continue;
    for (const waiting of queue.line) if (comparePlaces(waiting, taken) < 0 && (!waiting.yields || taken.yields) && fits(agent, waiting, queue)) throw new Error(`${offer.interactionId} was served before ${waiting.id}`);
  }
}

/** What an agent has is within the capacity, by channel and in all; an offer never breaks a rule, nor passes over somebody who does not serve on demand only. */
function checkOffers(driver: Driver): void {
  for (const { agentId, interactionId, queue: key } of driver.of("offer")) {
    const agent = driver.state.agents.get(agentId);
    const taken = driver.state.interactions.get(interactionId);
    const queue = driver.state.queues.get(key);
    if (agent === undefined || taken === undefined || agent.reservation?.interaction !== taken || queue === undefined) continue;
    const { capacity } = agent;
    const load = new Map<string, number>([[taken.channel, 1]]);
    for (const { channel } of agent.interactions) load.set(channel, (load.get(channel) ?? 0) + 1);
    const all = [...load.values()].reduce((sum, each) => sum + each, 0);
    if (all > capacity.total) throw new Error(`${agentId} was offered more than ${capacity.total} things`);
    if ((load.get(taken.channel) ?? 0) > (taken.channel === "voice" ? 1 : (capacity.channels[taken.channel] ?? capacity.other))) throw new Error(`${agentId} was offered too much of ${taken.channel}`);
    for (const rule of capacity.rules) {
      const at = [...agent.interactions].some(({ channel }) => rule.while === "*" || channel === rule.while);
      if (at && (rule.exclude.has("*") || rule.exclude.has(taken.channel))) throw new Error(`${agentId} was offered ${taken.channel} against a rule`);
    }
    if (agent.choice !== "on-demand" || taken.preferredAgent === agentId || taken.tried.size > 0) continue;
    const better = [...queue.eligible].find((other) => other.choice === "available" && fits(other, taken, queue));
    if (better !== undefined && taken.reservations.size === 1) throw new Error(`${agentId} on demand was rung though ${better.id} is free`);
  }
}

describe("ACD under random events", () => {
  const runs = Number(process.env.HOTLINE_TEST_LONG === "1" ? 20_000 : 3_000);

  it("keeps every invariant after every event (Driver.send checks them)", { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(fc.option(fc.constant(2000), { nil: undefined }), fc.array(withRestarts, { minLength: 20, maxLength: 80 }), (priorityWorthMs, actions) => {
        const lives = new Lives({ priorityWorthMs });
        setUp(lives);
        for (const step of actions) {
          live(lives, step);
          if (step.kind === "restart") continue;
          checkOrder(lives.driver);
          checkOffers(lives.driver);
        }
      }),
      { numRuns: runs },
    );
  });

  it("loses nobody: each caller who entered leaves exactly once, and each answered one ends exactly once", { timeout: 120_000 }, () => {
    const property = (actionOfLife: fc.Arbitrary<Action>) => fc.property(fc.array(actionOfLife, { minLength: 20, maxLength: 80 }), (actions) => {
      const lives = new Lives();
      setUp(lives);
      for (const step of actions) live(lives, step);
      // Everybody hangs up, every timer runs out.
      const { driver } = lives;
      for (const id of [...driver.state.interactions.keys()]) driver.send({ type: "interaction.ended", interactionId: id });
      driver.advance(10 * 60_000);
      expect(driver.state.interactions.size).toBe(0);
      expect(driver.state.reservations.size).toBe(0);
      for (const agent of driver.state.agents.values()) expect(["reserved", "busy", "wrap-up", "held"]).not.toContain(agent.status);
      const all = <T extends AcdEffect["type"]>(type: T): Extract<AcdEffect, { type: T }>[] => [...lives.past, driver].flatMap((one) => one.all(type));
      const cut = (state: string): number => lives.cut.filter((caller) => caller.state === state).length;
      const entered = all("entered").length;
      const refused = all("left").filter((left) => ["full", "diverted", "no-agents", "closed", "unknown-queue"].includes(left.outcome) && left.waitMs === 0).length;
      // Who waited or was rung for when a process died has not left; the database says so.
      const gone = all("left").length + cut("waiting") + cut("offered");
      expect(gone).toBeLessThanOrEqual(entered + refused);
      expect(gone).toBeGreaterThanOrEqual(entered);
      const answered = all("left").filter((left) => left.outcome === "answered");
      expect(all("ended").length + cut("connected")).toBe(answered.length);
      // One who answers, for each reservation at most one talk.
      const connects = all("connect").map((connect) => connect.reservationId);
      expect(new Set(connects).size).toBe(connects.length);
      // Every offer had one end: connected, taken back, failed, or cut with the process.
      const withdrawn = all("rescind").filter((rescind) => ["caller-gone", "moved", "picked-up", "answered-elsewhere"].includes(rescind.reason)).length;
      const cutOffers = lives.past.reduce((sum, one) => sum + one.state.reservations.size, 0);
      expect(all("offer")).toHaveLength(answered.length + withdrawn + all("requeued").length + cutOffers);
    });
    for (const seed of KEPT_SEEDS) fc.assert(property(action), { seed, numRuns: 100 });
    fc.assert(property(withRestarts), { numRuns: Math.round(runs / 2) });
  });

  it("never gives an agent more than the capacity, nor two calls, while capacities stay as they are", { timeout: 60_000 }, () => {
    const work = fc.oneof(
      { weight: 5, arbitrary: fc.record({ kind: fc.constant("event" as const), event: fc.record({ type: fc.constant("interaction.enqueued" as const), interactionId: callId, queue: fc.constantFrom("q0", "q1"), channel: fc.constantFrom("voice", "chat", "chat", "email") }) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("event" as const), event: fc.record({ type: fc.constant("interaction.ended" as const), interactionId: callId }) }) },
      { weight: 8, arbitrary: fc.record({ kind: fc.constant("offer" as const), pick: fc.nat(3), as: fc.constantFrom("accept" as const, "connect" as const, "connect" as const, "no-answer" as const) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 3000 }) }) },
    );
    let together = 0;
    fc.assert(
      fc.property(fc.array(work, { minLength: 20, maxLength: 80 }), (actions) => {
        const driver = new Driver();
        setUp(driver);
        for (const id of ["a0", "a1"]) driver.send({ type: "agent.configured", agent: { id, queues: [{ queue: "q0" }, { queue: "q1" }], wrapUpMs: 0, capacity: { channels: { voice: 1, chat: 3, email: 1 }, total: 4, rules: [{ while: "voice", exclude: ["chat"] }] } } });
        for (const step of actions) {
          play(driver, step);
          for (const agent of driver.state.agents.values()) {
            const of = (channel: string): number => [...agent.interactions].filter((each) => each.channel === channel).length;
            const limits = agent.id === "a0" || agent.id === "a1" ? { chat: 3, all: 4 } : { chat: 1, all: 1 };
            if (of("voice") > 1 || of("chat") > limits.chat || of("email") > 1 || agent.interactions.size > limits.all) throw new Error(`${agent.id} is above capacity`);
            if (agent.interactions.size > 1) together += 1;
          }
        }
      }),
      { numRuns: 500 },
    );
    expect(together).toBeGreaterThan(100);
  });

  it("at closing time everybody who waits and is not patient leaves once, as closed, and whose agent is being rung is served or leaves the same way", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.array(action, { minLength: 20, maxLength: 60 }), (actions) => {
        const driver = new Driver();
        setUp(driver);
        for (const step of actions) play(driver, step);
        const inside = [...driver.state.interactions.values()].filter(({ queue, state }) => queue.config.key === "q0" && state !== "connected" && !queue.removed).map(({ id, state, patient }) => ({ id, state, patient }));
        driver.send({ type: "queue.closing", queue: "q0" });
        for (const { id, state, patient } of inside) expect(driver.of("left").filter((left) => left.interactionId === id)).toMatchObject(state === "waiting" && !patient ? [{ outcome: "closed" }] : []);
        for (const { id } of inside.filter(({ state, patient }) => state === "offered" && !patient)) {
          const before = driver.effects.length;
          for (const reservation of [...driver.state.reservations.values()].filter(({ interaction }) => interaction.id === id)) driver.send({ type: "offer.rejected", reservationId: reservation.id, cause: "declined" });
          expect(driver.effects.slice(before).filter((effect) => effect.type === "left" && effect.interactionId === id)).toMatchObject([{}]);
          expect(driver.state.interactions.has(id)).toBe(false);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("serves equal priorities first come, first served", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.array(fc.record({ priority: fc.integer({ min: 0, max: 2 }), gap: fc.nat(5000) }), { minLength: 2, maxLength: 20 }), fc.option(fc.constant(3000), { nil: undefined }), (calls, priorityWorthMs) => {
        const driver = new Driver({ priorityWorthMs });
        driver.send({ type: "queue.configured", queue: { key: "q", wrapUpMs: 0, ringMs: 1e9 } });
        for (const [index, call] of calls.entries()) {
          driver.now += call.gap;
          driver.call(`c${index}`, { priority: call.priority });
        }
        driver.agent("a");
        const served: number[] = [];
        for (let i = 0; i < calls.length; i++) {
          const offer = driver.all("offer").at(-1);
          const id = offer?.interactionId ?? "";
          served.push(Number(id.slice(1)));
          driver.answer(id);
          driver.send({ type: "interaction.ended", interactionId: id });
        }
        expect([...served].sort((a, b) => a - b)).toEqual(calls.map((_, index) => index));
        for (let i = 1; i < served.length; i++) {
          for (let j = 0; j < i; j++) {
            const before = served[j] as number;
            const after = served[i] as number;
            if (calls[before]?.priority === calls[after]?.priority) expect(before).toBeLessThan(after);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it("a restart in the middle: who was inside and rings back has the old place, agents are as they chose, nobody sticks", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.array(action, { minLength: 20, maxLength: 60 }), fc.nat(1000), (actions, shuffle) => {
        const before = new Driver();
        setUp(before);
        for (const step of actions) play(before, step);
        const inside = [...before.state.interactions.values()].filter((interaction) => interaction.state !== "connected");
        const after = new Driver({}, before.now + 2000);
        after.send({ type: "queue.configured", queue: { key: "q", wrapUpMs: 0, regainMs: 120_000 } });
        for (const { id, placeAt } of inside) after.send({ type: "place.restored", callerKey: id, queue: "q", placeAt, leftAt: before.now });
        const back = inside.map((interaction, index) => ({ interaction, at: ((index + 1) * 7919 + shuffle) % 1009 })).sort((a, b) => a.at - b.at);
        for (const { interaction } of back) {
          after.now += 10;
          after.call(interaction.id, { callerKey: interaction.id });
        }
        for (const agent of before.state.agents.values()) {
          after.send({ type: "agent.configured", agent: { id: agent.id, queues: [{ queue: "q" }] } });
          after.send({ type: "agent.state", agentId: agent.id, state: agent.choice });
          expect(agentView(after.state, agent.id)?.choice).toBe(agent.choice);
          expect(["offline", "not-ready", "unreachable"]).toContain(agentView(after.state, agent.id)?.status);
        }
        after.agent("one");
        const served: number[] = [];
        for (let i = 0; i < inside.length; i++) {
          const id = after.all("offer").at(-1)?.interactionId ?? "";
          served.push(inside.find((interaction) => interaction.id === id)?.placeAt ?? Number.NaN);
          after.answer(id);
          after.send({ type: "interaction.ended", interactionId: id });
        }
        expect(served).toEqual([...served].sort((a, b) => a - b));
        expect(after.state.interactions.size).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it("a clock that is set, back or forward, changes nothing but the time of day: same offers, same order, same waits", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(action, fc.option(fc.constantFrom(-86_400_000, -3_600_000, -700, 900, 3_600_000, 86_400_000), { nil: undefined, freq: 8 })), { minLength: 20, maxLength: 60 }), (actions) => {
        const [steady, stepped] = [new Driver({ seed: 7 }, 1e12), new Driver({ seed: 7 }, 1e12)];
        let leap = 0;
        for (const driver of [steady, stepped]) setUp(driver);
        for (const [step, ms] of actions) {
          // A place from elsewhere is told by the time of day, which is another one here.
          if (step.kind === "event" && step.event.type === "interaction.enqueued" && step.event.placeAt !== undefined) continue;
          play(steady, step);
          if (ms !== undefined) {
            leap += ms;
            stepped.stepClock(ms);
          }
          play(stepped, step);
        }
        const seen = (driver: Driver, by: number): unknown => driver.effects.map((effect) => (effect.type === "timer" ? { ...effect, at: 0 } : "placeAt" in effect ? { ...effect, placeAt: 0 } : effect)).concat([...driver.state.agents.values()].map(({ id, statusSince, idleSince }) => ({ id, statusSince: statusSince - by, idleSince: idleSince - by })) as never);
        expect(seen(stepped, leap)).toEqual(seen(steady, 0));
      }),
      { numRuns: 500 },
    );
  });

  it("gives the same answers again for the same events (deterministic)", () => {
    fc.assert(
      fc.property(fc.array(action, { minLength: 20, maxLength: 60 }), (actions) => {
        const run = (): unknown => {
          const driver = new Driver({ seed: 7 });
          setUp(driver);
          driver.send({ type: "queue.configured", queue: { key: "q0", strategy: "random" } });
          for (const step of actions) play(driver, step);
          return driver.effects;
        };
        expect(run()).toEqual(run());
      }),
      { numRuns: 100 },
    );
  });
});
