import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CALL_PIPELINE, definePlugin, isHotlineError, MEDIA, READ_POOL } from "@hotlinejs/core";
import { FAKE_TELEPHONY, type FakeCall } from "@hotlinejs/testing";
import fc from "fast-check";
import { expect } from "vitest";
import { z } from "zod";
import { ACD, AGENT_CALLS, type AcdPluginOptions, type AgentChoice, type QueueResult } from "../src/index.js";
import { AgentIntervalEntity } from "../src/entities/agent-interval.entity.js";
import { AgentStateLogEntity } from "../src/entities/agent-state-log.entity.js";
import { addsUp } from "./adds-up.js";
import { agentTimesAddUp } from "./agent-times.js";
import { agent, queue } from "./routing-scene.js";
import { checkOrder, type Told } from "./served-in-order.js";
import { crash, database, stage, type Stage } from "./stage.js";

/** What may happen on a day; `pick` chooses among those there are. */
export type Happening =
  | { readonly does: "calls"; readonly queue: string; readonly priority: number; readonly skills: Readonly<Record<string, number>>; readonly prefers: string | undefined; /** Who was cut off by a restart rings back. */ readonly again: boolean; /** Asks to be called instead, and hangs up. */ readonly keeps: boolean }
  | { readonly does: "gives-up" | "breaks-off"; readonly pick: number }
  /** Of the phones that ring, and of those with a talk. */
  | { readonly does: "answers" | "declines" | "is-busy" | "hangs-up" | "phone-breaks"; readonly pick: number }
  /** Of the citizens who are called back. `key`: what they press. */
  | { readonly does: "is-called-back"; readonly pick: number; readonly key: "1" | "2" | "hang up" }
  /** Of the agents who talk. */
  | { readonly does: "transfers"; readonly pick: number; readonly to: string }
  | { readonly does: "gives-to-queue"; readonly pick: number; readonly queue: string }
  | { readonly does: "phone-gone" | "phone-back" | "no-wrap-up"; readonly agent: string }
  | { readonly does: "chooses"; readonly agent: string; readonly choice: AgentChoice }
  | { readonly does: "refuses-rings"; readonly agent: string; readonly refused: boolean }
  | { readonly does: "media-fail" }
  | { readonly does: "database"; readonly state: "there" | "away" | "lost" }
  | { readonly does: "is-urgent"; readonly pick: number; readonly priority: number }
  | { readonly does: "is-moved"; readonly pick: number; readonly queue: string }
  | { readonly does: "passes"; readonly ms: number }
  | { readonly does: "restarts"; readonly how: "killed" | "stopped"; readonly ms: number; readonly phones: readonly boolean[] };

export const AGENTS = ["1001", "1002", "1003", "1004"] as const;
export const QUEUES = ["plain", "all", "law"] as const;
const SKILLS: Readonly<Record<string, Readonly<Record<string, number>>>> = { "1001": { law: 1 }, "1002": {}, "1003": { law: 2 }, "1004": { law: 1 } };
const SERVES: Readonly<Record<string, readonly string[]>> = { "1001": ["plain", "all", "law"], "1002": ["plain", "all"], "1003": ["all", "law"], "1004": ["plain", "law"] };
const RELAX_S = 40;
const OVERFLOW_S = 20;
const TIER_S = 15;
/** Of answers and talks, until all who wait have been served; a citizen who was on the line when it was their turn is looked at again after five minutes. */
const MOST_ROUNDS = 250;
/** Longer than whatever takes its time after a talk: after-call work, the wait for a phone that broke off, the rest after a failure. */
const ALL_QUIET_MS = 150_000;

const rules = { rejectDelaySeconds: 2, busyDelaySeconds: 3, noAnswerDelaySeconds: 2, ringTimeoutSeconds: 12, regainSeconds: 60, shortAbandonSeconds: 2, serviceLevelSeconds: 10 } as const;

function configuration(strategy: string, weightWorthSeconds: number | undefined): AcdPluginOptions {
  return {
    wrapUp: 4,
    ...(weightWorthSeconds === undefined ? {} : { weightWorthSeconds }),
    callback: { callerId: "12333", ringSeconds: 15, waitMinutes: [1], maxAttempts: 3 },
    queues: [
      queue("plain", { ...rules, strategy, maxLength: 6, maxWaitSeconds: 90, connectPrompt: { text: "请稍候" }, tiersAfterSeconds: [TIER_S] }),
      queue("all", { ...rules, strategy: "ring-all", weight: 1, divert: { ratio: 3, whileWaiting: true }, connectPrompt: { text: "请稍候" } }),
      queue("law", { ...rules, strategy: "most-skilled", priority: 1, skills: { law: 1 }, relaxSkillsAfterSeconds: RELAX_S, overflow: [{ afterSeconds: OVERFLOW_S, queues: ["all"] }], leaveEmpty: true, emptyGraceSeconds: 25 }),
    ],
    agents: AGENTS.map((number) => agent(number, { skills: SKILLS[number] ?? {}, queues: (SERVES[number] ?? []).map((key) => (number === "1004" && key === "plain" ? { queue: key, tier: 1 } : key)) })),
  };
}

const one = fc.constantFrom(...AGENTS);
const pick = fc.nat(9);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 9, arbitrary: fc.record({ does: fc.constant("calls" as const), queue: fc.constantFrom(...QUEUES), priority: fc.constantFrom(0, 0, 0, 1, -1), skills: fc.constantFrom<Readonly<Record<string, number>>>({}, {}, { law: 1 }, { law: 2 }), prefers: fc.option(one, { nil: undefined, freq: 6 }), again: fc.boolean(), keeps: fc.constantFrom(false, false, false, false, false, false, true) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("is-called-back" as const), pick, key: fc.constantFrom("1" as const, "1" as const, "1" as const, "2" as const, "hang up" as const) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("transfers" as const), pick, to: one }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("gives-to-queue" as const), pick, queue: fc.constantFrom(...QUEUES) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constantFrom("gives-up" as const, "gives-up" as const, "breaks-off" as const), pick }) },
  { weight: 9, arbitrary: fc.record({ does: fc.constant("answers" as const), pick }) },
  { weight: 5, arbitrary: fc.record({ does: fc.constantFrom("declines" as const, "is-busy" as const, "hangs-up" as const, "hangs-up" as const, "phone-breaks" as const), pick }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constantFrom("phone-gone" as const, "phone-back" as const, "phone-back" as const, "no-wrap-up" as const), agent: one }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant("chooses" as const), agent: one, choice: fc.constantFrom("available" as const, "available" as const, "on-demand" as const, "not-ready" as const, "offline" as const) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("refuses-rings" as const), agent: one, refused: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ does: "media-fail" as const }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("database" as const), state: fc.constantFrom("there" as const, "away" as const, "lost" as const) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("is-urgent" as const), pick, priority: fc.constantFrom(-1, 0, 2) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("is-moved" as const), pick, queue: fc.constantFrom(...QUEUES) }) },
  { weight: 6, arbitrary: fc.record({ does: fc.constant("passes" as const), ms: fc.constantFrom(10, 700, 3_000, 6_000, 13_000, 30_000) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("restarts" as const), how: fc.constantFrom("killed" as const, "stopped" as const), ms: fc.constantFrom(500, 5_000, 70_000), phones: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }) }) },
);

export const day = (most: number): fc.Arbitrary<{ readonly strategy: string; readonly weightWorthSeconds: number | undefined; readonly happenings: readonly Happening[] }> =>
  fc.record({ weightWorthSeconds: fc.constantFrom(undefined, 20), strategy: fc.constantFrom("longest-idle", "round-robin", "fewest-calls", "random", "ring-progressively"), happenings: fc.array(happening, { minLength: Math.ceil(most / 2), maxLength: most, size: "max" }) });

interface Caller {
  readonly call: FakeCall;
  readonly queue: string;
  readonly skills: Readonly<Record<string, number>>;
  interactionId: string | undefined;
  result: QueueResult | undefined;
  /** Wants to be called, and goes. */
  readonly keeps: boolean;
  /** An agent has given the caller on. */
  passed: boolean;
  /** Told to go, and still there when it was looked at last. */
  overdue: boolean;
}

/** From start to start of the process. */
interface Life {
  readonly at: Stage;
  readonly callers: Caller[];
  readonly told: Told[];
  readonly phones: Map<string, { calls: FakeCall[]; unplug: (() => void) | undefined }>;
  readonly refused: Set<string>;
  /** Calls to citizens. */
  readonly callbacks: FakeCall[];
  readonly link: { state: "there" | "away" | "lost" };
  mediaFails: number;
}

/** Lives through what happens, and checks after each of it that nobody is lost, stuck or in two places; see `over` for what must hold in the end. */
export class RandomDay {
  readonly #root = mkdtempSync(join(tmpdir(), "acd-day-"));
  readonly #acd: AcdPluginOptions;
  #folder = join(this.#root, "0");
  #folders = 0;
  #life: Life | undefined;
  #callers = 0;
  /** Numbers of who wanted to be called. */
  readonly #keepers: string[] = [];
  /** Numbers of callers whom a restart has cut off. */
  readonly #cut: string[] = [];
  /** Interactions of callers who reached a queue, over all lives. */
  readonly #served = new Set<string>();
  /** Since when an agent is taken without a call. */
  readonly #alone = new Map<string, number>();
  readonly #choices = new Map<string, AgentChoice | undefined>();

  constructor(strategy: string, weightWorthSeconds?: number) {
    this.#acd = configuration(strategy, weightWorthSeconds);
  }

  async begin(startAt = Date.UTC(2026, 2, 2, 1), phones: readonly boolean[] = AGENTS.map(() => true)): Promise<void> {
    const byNumber = new Map<string, { readonly caller: Caller; readonly happening: Happening & { does: "calls" } }>();
    const refused = new Set<string>();
    const desk = definePlugin({
      name: "by-number",
      version: "0.1.0",
      core: "*",
      after: ["acd"],
      config: z.strictObject({}),
      register: ({ services, hooks, onReady }) => {
        hooks.callOutbound.tap(({ to }) => (refused.has(to) ? { refused: true, code: "not-permitted", message: "no" } : undefined));
        onReady(() =>
          services.get(CALL_PIPELINE).handler("by-number", async (session) => {
            const own = byNumber.get(session.call.from.number);
            if (own === undefined) return;
            const { caller, happening: wish } = own;
            // Without skills: who waits for ever for one that nobody has is no bug.
            if (caller.keeps) return void (await services.get(ACD).offerCallback(session, { queue: wish.queue, priority: wish.priority }));
            caller.interactionId = session.interaction.id;
            this.#served.add(session.interaction.id);
            caller.result = await services.get(ACD).serve(session, { queue: wish.queue, priority: wish.priority, skills: wish.skills, ...(wish.prefers === undefined ? {} : { preferredAgent: wish.prefers }) });
          }),
        );
      },
    });
    const at = await stage({ dataDir: this.#folder, startAt, acd: this.#acd, plan: { handler: "by-number", target: "" }, plugins: [desk()] });
    const life: Life = { at, callers: [], told: at.told as Told[], phones: new Map(), refused, callbacks: [], link: database(at), mediaFails: 0 };
    const media = at.test.services.get(MEDIA);
    const make = media.createBridge.bind(media);
    media.createBridge = (options) => (life.mediaFails > 0 ? (life.mediaFails--, Promise.reject(new Error("the worker died"))) : make(options));
    this.#life = life;
    this.#dialled = (wish) => {
      const from = (wish.again ? this.#cut.shift() : undefined) ?? `138${String(++this.#callers).padStart(8, "0")}`;
      const caller: Caller = { call: undefined as never, queue: wish.queue, skills: wish.skills, keeps: wish.keeps, interactionId: undefined, result: undefined, passed: false, overdue: false };
      if (wish.keeps) {
        this.#keepers.push(from);
        this.#plugCitizen(from);
      }
      byNumber.set(from, { caller, happening: wish });
      const call = at.test.services.get(FAKE_TELEPHONY).arrive(from, "12333");
      life.callers.push(Object.assign(caller, { call }));
    };
    for (const [index, number] of AGENTS.entries()) {
      life.phones.set(number, { calls: [], unplug: undefined });
      if (phones[index] === true) this.#plug(number);
    }
    for (const number of this.#keepers) this.#plugCitizen(number);
    await at.test.advance(100);
    // Who chose something is as they chose, after whatever the process before went through.
    for (const [number, choice] of this.#choices) if (choice !== undefined) expect([number, at.acd.agent(number)?.choice]).toEqual([number, choice]);
  }

  #dialled: (wish: Happening & { does: "calls" }) => void = () => undefined;

  async happens(what: Happening): Promise<void> {
    const life = this.#now;
    const { at } = life;
    const calling = life.callers.filter(({ call }) => call.state !== "ended");
    const caller = "pick" in what && calling.length > 0 ? calling[what.pick % calling.length] : undefined;
    const phone = "agent" in what ? life.phones.get(what.agent) : undefined;
    const legs = (state: FakeCall["state"]): FakeCall | undefined => {
      const those = [...life.phones.values()].flatMap(({ calls }) => calls.filter((call) => call.state === state));
      return "pick" in what ? those[what.pick % those.length] : undefined;
    };
    switch (what.does) {
      case "calls":
        this.#dialled(what);
        if (!what.keeps) break;
        await at.test.advance(100);
        life.callers.at(-1)?.call.leg?.injectDtmf("1");
        break;
      case "is-called-back":
        await this.#calledBack(life.callbacks.filter((call) => call.state === "ringing")[0], what.key);
        break;
      case "transfers":
      case "gives-to-queue": {
        const desk = at.test.services.get(AGENT_CALLS);
        const talking = AGENTS.filter((number) => desk.current(number)?.state === "talking");
        const by = talking[what.pick % Math.max(1, talking.length)];
        if (by === undefined) break;
        const given = life.callers.find(({ interactionId }) => interactionId === desk.current(by)?.interactionId);
        if (given !== undefined) given.passed = true;
        void this.#tried(what.does === "transfers" ? desk.transfer(by, what.to, "t") : desk.toQueue(by, what.queue, "t"));
        break;
      }
      case "gives-up":
        caller?.call.finish("remote-hangup", "remote");
        break;
      case "breaks-off":
        caller?.call.finish("media-timeout", "system");
        break;
      case "answers":
        await legs("ringing")?.answer();
        break;
      case "declines":
        legs("ringing")?.finish("declined", "remote", 603);
        break;
      case "is-busy":
        legs("ringing")?.finish("busy", "remote", 486);
        break;
      case "hangs-up":
        legs("answered")?.finish("remote-hangup", "remote");
        break;
      case "phone-breaks":
        legs("answered")?.finish("media-timeout", "system");
        break;
      case "phone-gone":
        phone?.unplug?.();
        if (phone !== undefined) phone.unplug = undefined;
        for (const call of phone?.calls ?? []) call.finish("unreachable", "remote", 480);
        break;
      case "phone-back":
        if (phone?.unplug === undefined) this.#plug(what.agent);
        break;
      case "no-wrap-up":
        at.acd.finishWrapUp(what.agent);
        break;
      case "chooses":
        await this.#tried(at.acd.setAgentState(what.agent, what.choice, { actor: "t" }), (done) => void this.#choices.set(what.agent, done ? what.choice : undefined));
        break;
      case "refuses-rings":
        life.refused[what.refused ? "add" : "delete"](`sip:${what.agent}`);
        break;
      case "media-fail":
        life.mediaFails = 1;
        break;
      case "database":
        life.link.state = what.state;
        break;
      case "is-urgent":
        if (caller?.interactionId !== undefined) await this.#tried(at.acd.setPriority(caller.interactionId, what.priority, { actor: "t" }), (done) => done && life.told.push({ name: "priority", payload: { interactionId: caller.interactionId ?? "", priority: what.priority, at: at.test.clock.now() } }));
        break;
      case "is-moved":
        if (caller?.interactionId !== undefined) await this.#tried(at.acd.move(caller.interactionId, what.queue, { actor: "t" }));
        break;
      case "passes":
        await this.#passes(what.ms);
        break;
      case "restarts":
        return this.#restarts(what);
    }
    await at.test.advance(60);
    this.#check();
  }

  /** All agents come and answer whatever rings, with short talks, until nobody waits: whoever waits is served or leaves by a rule. */
  async #serveAll(): Promise<void> {
    const life = this.#now;
    const { at, phones } = life;
    life.link.state = "there";
    life.refused.clear();
    life.mediaFails = 0;
    // The database takes what it could not.
    await this.#passes(3_000);
    for (const number of AGENTS) {
      if (phones.get(number)?.unplug === undefined) this.#plug(number);
      await at.acd.setAgentState(number, "available", { actor: "t" });
      this.#choices.set(number, "available");
    }
    const legs = (state: FakeCall["state"]): FakeCall[] => [...phones.values()].flatMap(({ calls }) => calls.filter((call) => call.state === state));
    for (let round = 0; QUEUES.some((key) => at.acd.waiting(key).length > 0) || (await at.acd.keptPlaces()).length > 0; round++) {
      if (round > MOST_ROUNDS) throw new Error(`nobody comes for ${JSON.stringify([QUEUES.flatMap((key) => at.acd.waiting(key)), await at.acd.keptPlaces()])} at ${at.test.clock.now()} ${JSON.stringify([at.acd.agents(), life.callbacks.map(({state,to})=>[state,to])])}`);
      for (const call of life.callbacks.filter(({ state }) => state === "ringing")) await this.#calledBack(call, "1");
      for (const call of legs("ringing")) await call.answer();
      await this.#passes(3_000);
      for (const call of legs("answered")) call.finish("remote-hangup", "remote");
      await at.test.advance(60);
      for (const number of AGENTS) at.acd.finishWrapUp(number);
      await this.#passes(1_000);
    }
  }

  /** The day is done, and everybody goes home. What must hold then: nobody is left anywhere, agents are as they chose, and rows, sums, events and results tell the same. */
  async over(): Promise<void> {
    const life = this.#now;
    const { at, callers, phones } = life;
    await this.#serveAll();
    for (const { call } of callers) call.finish("remote-hangup", "remote");
    await at.test.advance(ALL_QUIET_MS);
    this.#check();
    expect(at.acd.agents().map(({ number, state, offered }) => [number, state, offered])).toEqual(at.acd.agents().map(({ number, choice }) => [number, choice, null]));
    for (const key of QUEUES) expect(at.acd.queue(key)).toMatchObject({ waiting: 0, ringing: 0 });
    for (const { calls } of phones.values()) expect(calls.filter(({ state }) => state !== "ended")).toEqual([]);
    expect(at.test.services.get(CALL_PIPELINE).active).toBe(0);
    expect(callers.filter(({ interactionId, result }) => interactionId !== undefined && result === undefined)).toEqual([]);
    await this.#recorded(life);
  }

  /** Rows, sums and events. */
  async #recorded({ at, callers, told }: Life): Promise<void> {
    const entries = await at.entries();
    // Nobody is missing, and nobody has two stays at a time, or one without an end.
    const outbound = await at.test.services.get(READ_POOL).read((em) => em.execute<{ id: string }[]>("select id from core_interaction where direction = 'outbound'"));
    const calledBack = new Set(outbound.map(({ id }) => id));
    expect(new Set(entries.flatMap(({ interactionId }) => (calledBack.has(interactionId) ? [] : [interactionId])))).toEqual(this.#served);
    for (const { outcome, enteredAt, leftAt, endedAt, waitMs, talkMs, expectedWaitMs, answeredAt, agent: by } of entries) {
      expect(outcome).not.toBeNull();
      for (const span of [waitMs, talkMs, expectedWaitMs]) expect(span ?? 0).toBeGreaterThanOrEqual(0);
      expect([(leftAt ?? -1) >= enteredAt, (endedAt ?? -1) >= (leftAt ?? 0), (answeredAt === null) === (outcome !== "answered"), (by === null) === (outcome !== "answered")]).toEqual([true, true, true, true]);
    }
    for (const id of this.#served) {
      const stays = entries.filter(({ interactionId }) => interactionId === id).sort((a, b) => a.enteredAt - b.enteredAt || (a.leftAt ?? 0) - (b.leftAt ?? 0));
      for (const [index, stay] of stays.entries()) expect((stays[index - 1]?.endedAt ?? 0) <= stay.enteredAt).toBe(true);
    }
    // What was told to whoever asked for service is what is written.
    for (const { interactionId, result } of callers) {
      if (interactionId === undefined || result === undefined) continue;
      const own = entries.filter((entry) => entry.interactionId === interactionId);
      const [last] = own.slice(-1);
      const outcomes: readonly (string | null | undefined)[] = result.outcome === "abandoned" ? ["abandoned", "cut"] : [result.outcome];
      expect(outcomes).toContain(own.some(({ outcome }) => outcome === "answered") && result.outcome === "answered" ? "answered" : last?.outcome);
    }
    await addsUp(at);
    await agentTimesAddUp(at);
    for (const key of QUEUES) expect((await at.acd.figures({ queue: key, from: 0, to: Number.MAX_SAFE_INTEGER })).total).toEqual(at.acd.queue(key)?.today);
    const { log, spans } = await at.test.services.get(READ_POOL).read(async (em) => ({ log: await em.find(AgentStateLogEntity, {}), spans: await em.find(AgentIntervalEntity, {}) }));
    for (const { previousMs } of log) expect(previousMs).toBeGreaterThanOrEqual(0);
    for (const row of spans) for (const ms of [row.availableMs, row.reservedMs, row.busyMs, row.wrapUpMs, row.heldMs, row.notReadyMs, row.unreachableMs, row.occupiedMs, row.onDemandMs]) expect(ms).toBeGreaterThanOrEqual(0);
    // How long a talk was that a kill cut off is not known: it counts in no average.
    expect(spans.reduce((sum, { handled }) => sum + handled, 0)).toBe(entries.filter(({ talkMs }) => talkMs !== null).length);
    checkOrder(told, entries, (number, wait, own) => fits(number, wait, own), (id) => callers.find(({ interactionId }) => interactionId === id)?.skills ?? {});
  }

  #plugCitizen(number: string): void {
    const { at, callbacks } = this.#now;
    at.test.services.get(FAKE_TELEPHONY).plug(`tel:${number}`, (call) => callbacks.push(call));
  }

  async #calledBack(call: FakeCall | undefined, key: "1" | "2" | "hang up"): Promise<void> {
    if (call === undefined) return;
    const { at } = this.#now;
    await call.answer();
    await at.test.advance(100);
    if (key === "hang up") call.finish("remote-hangup", "remote");
    else call.leg?.injectDtmf(key);
    await at.test.advance(60);
  }

  async close(): Promise<void> {
    if (this.#life !== undefined) await crash(this.#life.at);
    rmSync(this.#root, { recursive: true, force: true });
  }

  /** Stays in queues so far, over all restarts. */
  rows(): ReturnType<Stage["entries"]> {
    return this.#now.at.entries();
  }

  get #now(): Life {
    return this.#life ?? expect.fail("the day has not begun");
  }

  #plug(number: string): void {
    const { at, phones } = this.#now;
    const phone = phones.get(number);
    if (phone === undefined) return;
    phone.unplug = at.test.services.get(FAKE_TELEPHONY).plug(`sip:${number}`, (call) => {
      const there = phone.calls.filter(({ state }) => state !== "ended");
      if (there.length > 0) throw new Error(`${number} is rung though on the phone`);
      phone.calls.push(call);
    });
  }

  async #passes(ms: number): Promise<void> {
    // In steps, so that what should not last is seen.
    for (let left = ms; left > 0; left -= 3_000) {
      await this.#now.at.test.advance(Math.min(left, 3_000));
      this.#check();
    }
  }

  /** What a database that is away, or a caller who is no longer in line, makes impossible. */
  async #tried(doing: Promise<unknown>, then: (done: boolean) => void = () => undefined): Promise<void> {
    try {
      await doing;
      then(true);
    } catch (error) {
      if (!isHotlineError(error)) throw error;
      // Refused without effect, unless the answer of the database was lost.
      if (this.#now.link.state === "lost") then(false);
    }
  }

  async #restarts({ how, ms, phones }: Happening & { does: "restarts" }): Promise<void> {
    const life = this.#now;
    await life.at.test.advance(100);
    this.#check();
    const now = life.at.test.clock.now();
    if (how === "killed") {
      const next = join(this.#root, String(++this.#folders));
      cpSync(this.#folder, next, { recursive: true });
      this.#folder = next;
    }
    life.link.state = "there";
    this.#cut.push(...life.callers.filter(({ call }) => call.state !== "ended").map(({ call }) => call.from.number));
    await crash(life.at);
    for (const { calls } of life.phones.values()) for (const call of calls) expect(call.state).toBe("ended");
    this.#life = undefined;
    this.#alone.clear();
    // It took a while to stop, too.
    await this.begin(Math.max(now + ms, life.at.test.clock.now()), phones);
    this.#check();
  }

  #check(): void {
    const { at, callers, phones, callbacks } = this.#now;
    const now = at.test.clock.now();
    const calls = at.test.services.get(AGENT_CALLS);
    const agents = at.acd.agents();
    const lines = new Map(QUEUES.map((key) => [key, at.acd.waiting(key)]));
    const waiting = [...lines.values()].flat();
    const fail = (message: string): never => {
      throw new Error(`${message}\n${JSON.stringify({ agents: agents.map(({ number, state, choice, work, reachable }) => ({ number, state, choice, work, reachable })), waiting })}`);
    };
    const dialling = callbacks.some(({ state }) => state !== "ended");
    for (const caller of callers) {
      const { call, interactionId, result } = caller;
      if (caller.keeps) continue;
      if ((call.leg?.bridgedWith.size ?? 0) > 1) fail(`${call.from.number} talks with two`);
      const places = waiting.filter((each) => each.interactionId === interactionId).length;
      const talks = agents.filter(({ work }) => work.some((each) => each.interactionId === interactionId)).length;
      if (call.state === "ended") {
        if (places > 0) fail(`${call.from.number} has gone and waits`);
        continue;
      }
      if (interactionId === undefined) fail(`${call.from.number} reached nobody`);
      // Who is given on is nobody's of a queue: somebody has them, or is being rung for them, or they wait.
      const given = caller.passed && agents.some(({ number, state }) => state === "occupied" || calls.current(number)?.interactionId === interactionId);
      if (result === undefined && places + talks !== 1 && !given) fail(`${call.from.number} is in ${places} lines and ${talks} talks`);
      if (result !== undefined && caller.overdue) fail(`${call.from.number} should be gone (${result.outcome})`);
      caller.overdue = result !== undefined;
    }
    for (const { number, state, since, reachable, wrapUpUntil } of agents) {
      const phone = phones.get(number);
      const live = (phone?.calls ?? []).filter((call) => call.state !== "ended");
      const talk = calls.current(number);
      if (live.length > 1) fail(`${number} has two calls`);
      if ((live[0]?.leg?.bridgedWith.size ?? 0) > 1) fail(`${number} talks with two`);
      if (reachable !== (phone?.unplug !== undefined)) fail(`${number} is shown reachable: ${String(reachable)}`);
      if (state === "reserved" && live.length === 0 && !dialling) fail(`${number} sticks in reserved`);
      if (state === "busy" && live.length === 0 && talk?.state !== "reconnecting") fail(`${number} sticks in busy`);
      // Between two rings of a caller who is given on there may be a moment without any.
      const alone = state === "occupied" && live.length === 0 ? (this.#alone.get(number) ?? now) : undefined;
      if (alone === undefined) this.#alone.delete(number);
      else this.#alone.set(number, alone);
      if (now - (alone ?? now) > 35_000) fail(`${number} sticks in occupied`);
      if (!["reserved", "busy", "occupied"].includes(state) && live.length > 0) fail(`${number} is ${state} with a call`);
      if (since > now || (wrapUpUntil ?? now) < now) fail(`${number} is ${state} since or until the wrong time`);
    }
    for (const key of QUEUES) {
      const { oldestWaitMs = -1, expectedWaitMs = -1 } = at.acd.queue(key) ?? {};
      if (!(oldestWaitMs >= 0 && expectedWaitMs >= 0)) fail(`${key} has a wait below zero`);
      for (const { interactionId, enteredAt, ringing } of lines.get(key) ?? []) {
        const own = callers.find((caller) => caller.interactionId === interactionId);
        if (ringing !== null || own === undefined) continue;
        for (const { number, state } of agents) if (state === "available" && fits(number, { queue: key, waited: now - enteredAt - 100 }, own.skills)) fail(`${own.call.from.number} waits in ${key} though ${number} is free`);
      }
    }
  }
}

/** Whether the agent may serve a caller who has waited so long, without what the wait may bring besides. */
function fits(number: string, { queue: key, waited }: { readonly queue: string; readonly waited: number }, own: Readonly<Record<string, number>>): boolean {
  const serves = SERVES[number] ?? [];
  const member = serves.includes(key) && !(number === "1004" && key === "plain" && waited < TIER_S * 1_000);
  const guest = key === "law" && waited >= OVERFLOW_S * 1_000 && serves.includes("all");
  if (!member && !guest) return false;
  if (key === "law" && waited >= RELAX_S * 1_000) return true;
  const needed = Math.max(key === "law" ? 1 : 0, own["law"] ?? 0);
  return needed === 0 || (SKILLS[number]?.["law"] ?? 0) >= needed;
}
