import { QueueingError } from "../errors.js";
import { aheadOf, createAcdState, expectedWaitMs } from "../acd/state.js";
import { reduce } from "../acd/reduce.js";
import type { AcdEffect, AcdEvent, AgentStatus } from "../acd/events.js";
import { DAY_MS, drawArrivals } from "./arrivals.js";
import type { Arrival } from "./arrivals.js";
import { draw, meanOf } from "./distribution.js";
import { EventHeap } from "./event-heap.js";
import { FigureSum } from "./figures.js";
import type { Figures } from "./figures.js";
import { analyse, findPools } from "./pools.js";
import type { Analytic } from "./pools.js";
import { randomStream } from "./random.js";
import type { Random } from "./random.js";
import { clockMs, clockText } from "./scenario.js";
import type { Scenario } from "./scenario.js";

export interface IntervalResult {
  /** Milliseconds since the midnight before the first day. */
  readonly from: number;
  readonly queues: readonly string[];
  readonly figures: Figures;
  /** Signed in and ready, mean over the interval, as far as it lies between `from` and `to` of a day. */
  readonly agents: number;
  /** At work / (at work or free for it), 0 to 1, as the live figures count: talk and after-call work; being rung counts as free. */
  readonly occupancy: number | undefined;
  readonly analytic: Analytic | undefined;
}

export interface SimulationResult {
  readonly seed: number;
  readonly total: Figures;
  readonly queues: readonly { readonly queue: string; readonly figures: Figures }[];
  /** Queues that share agents are one pool. Agents and occupancy are of the time between `from` and `to` of each day, in which calls come: a night in between counts for nobody. */
  readonly pools: readonly { readonly queues: readonly string[]; readonly figures: Figures; readonly agents: number; readonly occupancy: number | undefined; readonly analytic: Analytic | undefined }[];
  readonly intervals: readonly IntervalResult[];
  readonly agents: readonly { readonly group: string; readonly count: number; readonly calls: number; readonly occupancy: number | undefined }[];
  /** Callers nobody came for until the end: no agent signed in any more, none may serve them, or none ever answers. */
  readonly leftInside: number;
  /** Events put through the ACD. */
  readonly decisions: number;
}

interface Caller {
  readonly arrival: Arrival;
  readonly enteredAt: number;
  state: "waiting" | "talking";
  /** A call back: since when it is promised. */
  readonly promisedAt?: number;
}

interface SimAgent {
  readonly group: Scenario["agents"][number];
  readonly index: number;
  readonly random: Random;
  status: AgentStatus;
  since: number;
  /** Number of the present after-call work: a late end must not cut the next one short. */
  wrapUp: number;
  calls: number;
  workMs: number;
  readyMs: number;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** An interval of one pool. */
interface Bucket {
  readonly sum: FigureSum;
  readyMs: number;
  workMs: number;
}

// The occupancy of plugin-acd, so that a play and the live page can be held side by side.
const WORKING: readonly AgentStatus[] = ["busy", "occupied", "wrap-up"];
const READY: readonly AgentStatus[] = ["available", "on-demand", "reserved", "held", ...WORKING];

/** Decisions without anybody who comes, is answered or leaves, after which nobody will. */
const IN_VAIN = 100_000;
/** Events of one millisecond beside the arrivals, after which the play will never get past it. */
const AT_ONCE = 1_000_000;

/**
 * Plays a scenario through the very reducer that runs the live ACD, under virtual time. The same scenario and seed give the same
 * result, on every machine; variants of a scenario meet the same callers.
 *
 * @param seed whole number, default 1
 * @throws HTL_QUEUEING_SCENARIO where redials without any delay let no time pass
 */
export function simulate(scenario: Scenario, seed = 1): SimulationResult {
  return new Play(scenario, seed).run();
}

class Play {
  readonly #state;
  readonly #heap = new EventHeap<() => void>();
  readonly #pending: AcdEvent[] = [];
  readonly #callers = new Map<string, Caller>();
  readonly #agents = new Map<string, SimAgent>();
  readonly #pools;
  readonly #poolOf = new Map<string, number>();
  readonly #buckets: Map<number, Bucket>[];
  readonly #queueSums = new Map<string, FigureSum>();
  readonly #poolSums: FigureSum[];
  readonly #total = new FigureSum();
  readonly #settings = new Map<string, { thresholdMs: number; shortMs: number }>();
  readonly #from: number;
  readonly #to: number;
  readonly #intervalMs: number;
  readonly #redialDraw;
  readonly #callbackDraw;
  #now = 0;
  #busy = false;
  #expected = 0;
  #names = 0;
  #decisions = 0;
  /** `#decisions` when a caller last came, was answered or left. */
  #movedAt = 0;

  constructor(
    private readonly scenario: Scenario,
    private readonly seed: number,
  ) {
    this.#state = createAcdState({ seed, ...(scenario.priorityWorthMs !== undefined && { priorityWorthMs: scenario.priorityWorthMs }), ...(scenario.weightWorthMs !== undefined && { weightWorthMs: scenario.weightWorthMs }) });
    this.#intervalMs = scenario.intervalMinutes * 60_000;
    this.#from = clockMs(scenario.from) + scenario.warmUpMinutes * 60_000;
    this.#to = (scenario.days - 1) * DAY_MS + clockMs(scenario.to);
    this.#pools = findPools(scenario);
    this.#poolSums = this.#pools.map(() => new FigureSum());
    this.#buckets = this.#pools.map(() => new Map());
    this.#pools.forEach((pool, index) => pool.queues.forEach((key) => this.#poolOf.set(key, index)));
    this.#redialDraw = randomStream(seed, "redial");
    this.#callbackDraw = randomStream(seed, "callback");
  }

  run(): SimulationResult {
    const arrivals = drawArrivals(this.scenario, this.seed);
    this.#now = Math.min(clockMs(this.scenario.from), arrivals[0]?.at ?? Infinity);
    this.#configure();
    let next = 0;
    const arrive = (): void => {
      const arrival = arrivals[next++] as Arrival;
      if (next < arrivals.length) this.#at((arrivals[next] as Arrival).at, arrive);
      this.#expected -= 1;
      this.#enter(arrival);
    };
    this.#expected = arrivals.length;
    if (arrivals.length > 0) this.#at((arrivals[0] as Arrival).at, arrive);
    // Until the last caller is served, and the staff's last minute is over.
    let atOnce = 0;
    while (this.#expected > 0 || this.#callers.size > 0 || this.#heap.nextAt <= this.#to) {
      const entry = this.#heap.pop();
      // Agents may be rung for ever and never answer: once nobody comes any more, whoever is inside stays there.
      if (entry === undefined || (this.#expected === 0 && this.#decisions - this.#movedAt > IN_VAIN)) break;
      atOnce = entry.at > this.#now ? 0 : atOnce + 1;
      if (atOnce > AT_ONCE + arrivals.length) throw new QueueingError("SCENARIO", `The scenario cannot be played. callers: it does not get past ${clockText(this.#now)}, since whoever gives up at once rings again at once; give redial.after or patience a length`);
      this.#now = entry.at;
      entry.item();
    }
    this.#now = Math.max(this.#now, this.#to);
    for (const agent of this.#agents.values()) this.#account(agent, agent.status);
    return this.#result();
  }

  #at(at: number, action: () => void): void {
    this.#heap.push(at, action);
  }

  #configure(): void {
    const callbackQueues = new Set(this.scenario.callers.filter((group) => group.callback !== undefined).map((group) => group.queue));
    for (const { serviceLevelSeconds, shortAbandonSeconds, ...config } of this.scenario.queues) {
      // Who is to be called back keeps the place by leaving and regaining it in the same millisecond.
      const regainMs = Math.max(config.regainMs ?? 0, callbackQueues.has(config.key) ? 1 : 0);
      this.#dispatch({ type: "queue.configured", queue: { ...config, connectMs: 600_000, regainMs } });
      this.#settings.set(config.key, { thresholdMs: serviceLevelSeconds * 1_000, shortMs: shortAbandonSeconds * 1_000 });
      this.#queueSums.set(config.key, new FigureSum());
    }
    this.scenario.agents.forEach((group) => {
      for (let index = 1; index <= group.count; index++) {
        const id = `${group.name}-${index}`;
        const pool = this.#poolOf.get(queueOf(group.queues[0] ?? "")) ?? 0;
        this.#agents.set(id, { group, index: pool, random: randomStream(this.seed, `agent ${id}`), status: "offline", since: this.#now, wrapUp: 0, calls: 0, workMs: 0, readyMs: 0 });
        this.#dispatch({
          type: "agent.configured",
          agent: {
            id,
            queues: group.queues.map((membership) => (typeof membership === "string" ? { queue: membership } : { queue: membership.queue, ...(membership.weight !== undefined && { weight: membership.weight }), ...(membership.tier !== undefined && { tier: membership.tier }) })),
            ...(group.skills !== undefined && { skills: group.skills }),
            wrapUpMs: meanOf(group.wrapUp) * 1_000,
          },
        });
        this.#dispatch({ type: "agent.reachable", agentId: id, reachable: true });
        this.#plan(id, group);
      }
    });
  }

  /** Shifts and breaks as changes of state; the last day runs over until the last caller is served. */
  #plan(agentId: string, group: Scenario["agents"][number]): void {
    const set = (at: number, wanted: "available" | "not-ready" | "offline"): void => {
      const state = wanted === "available" && group.onDemand ? "on-demand" : wanted;
      if (at <= this.#now) this.#dispatch({ type: "agent.state", agentId, state });
      else this.#at(at, () => this.#dispatch({ type: "agent.state", agentId, state }));
    };
    if (group.shifts === undefined) set(this.#now, "available");
    const days = this.scenario.days + (group.shifts === undefined ? 0 : 1);
    for (let day = group.shifts === undefined ? 0 : -1; day < days; day++) {
      const midnight = day * DAY_MS;
      const changes: { at: number; state: "available" | "not-ready" | "offline" }[] = [];
      for (const shift of group.shifts ?? []) changes.push({ at: clockMs(shift.from), state: "available" }, { at: clockMs(shift.to), state: "offline" });
      for (const pause of group.breaks ?? []) changes.push({ at: clockMs(pause.from), state: "not-ready" }, { at: clockMs(pause.to), state: "available" });
      const present = (at: number): boolean => group.shifts === undefined || group.shifts.some((shift) => clockMs(shift.from) <= at && at < clockMs(shift.to));
      for (const { at, state } of changes.sort((a, b) => a.at - b.at)) {
        // A break outside the shift does not sign anybody in; shifts that touch do not sign out.
        if (state === "offline" ? !present(at) : present(at)) set(midnight + at, state);
      }
    }
  }

  #enter(arrival: Arrival, promised?: { placeAt: number; at: number }): void {
    this.#names += 1;
    this.#movedAt = this.#decisions;
    const id = `c${this.#names}`;
    this.#callers.set(id, { arrival, enteredAt: this.#now, state: "waiting", ...(promised && { promisedAt: promised.at }) });
    if (promised === undefined) this.#sums(arrival.queue, this.#now, (sum) => (sum.offered += 1));
    else this.#dispatch({ type: "place.restored", callerKey: id, queue: arrival.queue, placeAt: promised.placeAt, leftAt: this.#now });
    this.#dispatch({ type: "interaction.enqueued", interactionId: id, queue: arrival.queue, priority: arrival.priority, callerKey: id, ...(arrival.group.skills && { skills: arrival.group.skills }) });
    if (promised !== undefined || !this.#waits(id)) return;
    if (arrival.patienceMs !== Infinity) this.#at(this.#now + arrival.patienceMs, () => this.#waits(id) && this.#dispatch({ type: "interaction.ended", interactionId: id }));
    const offer = arrival.group.callback;
    if (offer !== undefined) this.#at(this.#now + offer.afterSeconds * 1_000, () => this.#offerCallback(id, offer));
  }

  #waits(id: string): boolean {
    return this.#callers.get(id)?.state === "waiting";
  }

  #offerCallback(id: string, offer: NonNullable<Arrival["group"]["callback"]>): void {
    const caller = this.#callers.get(id);
    const ahead = aheadOf(this.#state, id);
    const queue = this.#state.queues.get(caller?.arrival.queue ?? "");
    // Drawn for everybody, so that one caller's fate does not change the next one's mind.
    const accepts = this.#callbackDraw() < offer.accept;
    if (caller === undefined || ahead === undefined || queue === undefined || !accepts) return;
    if (expectedWaitMs(this.#state, queue, ahead, this.#now) <= offer.expectedWaitOver * 1_000) return;
    const placeAt = this.#state.interactions.get(id)?.placeAt ?? this.#now;
    this.#dispatch({ type: "interaction.exited", interactionId: id });
    this.#sums(caller.arrival.queue, caller.enteredAt, (sum) => (sum.callbacks += 1));
    this.#enter(caller.arrival, { placeAt, at: this.#now });
  }

  #dispatch(event: AcdEvent): void {
    this.#pending.push(event);
    if (this.#busy) return;
    this.#busy = true;
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
      this.#decisions += 1;
      for (const effect of reduce(this.#state, next, this.#now)) this.#carryOut(effect);
    }
    this.#busy = false;
  }

  #carryOut(effect: AcdEffect): void {
    switch (effect.type) {
      case "timer":
        return this.#at(effect.at, () => this.#dispatch({ type: "timer", id: effect.id }));
      case "offer":
        return this.#ring(effect);
      case "connect":
        return this.#connect(effect);
      case "left":
        return this.#left(effect);
      case "ended":
        return this.#wrapUp(effect);
      case "agent-status": {
        const agent = this.#agents.get(effect.agentId);
        if (agent !== undefined) this.#account(agent, effect.to);
        return;
      }
      default:
        return;
    }
  }

  #ring({ agentId, reservationId }: AcdEffect & { type: "offer" }): void {
    const { group, random } = this.#agents.get(agentId) as SimAgent;
    if (group.misses > 0 && random() < group.misses) return;
    const accept = (): void => this.#dispatch({ type: "offer.accepted", reservationId });
    if (group.answer === 0) accept();
    else this.#at(this.#now + draw(group.answer, random) * 1_000, accept);
  }

  #connect({ interactionId, reservationId }: AcdEffect & { type: "connect" }): void {
    const caller = this.#callers.get(interactionId);
    const offer = caller?.arrival.group.callback;
    if (caller?.promisedAt === undefined || offer === undefined) return this.#dispatch({ type: "offer.connected", reservationId });
    const ring = draw(offer.ring, this.#callbackDraw) * 1_000;
    const reached = this.#callbackDraw() < offer.reached;
    this.#at(this.#now + ring, () => this.#dispatch(reached ? { type: "offer.connected", reservationId } : { type: "interaction.ended", interactionId }));
  }

  #left({ interactionId, outcome, waitMs }: AcdEffect & { type: "left" }): void {
    const caller = this.#callers.get(interactionId);
    if (caller === undefined) return;
    this.#movedAt = this.#decisions;
    const { arrival, enteredAt, promisedAt } = caller;
    const { thresholdMs, shortMs } = this.#settings.get(arrival.queue) as { thresholdMs: number; shortMs: number };
    if (outcome === "answered") {
      caller.state = "talking";
      if (promisedAt === undefined) this.#sums(arrival.queue, enteredAt, (sum) => sum.answer(waitMs, thresholdMs));
      else
        this.#sums(arrival.queue, promisedAt, (sum) => {
          sum.callbacksReached += 1;
          sum.callbackDelayMs += this.#now - promisedAt;
        });
      this.#at(this.#now + arrival.talkMs, () => this.#dispatch({ type: "interaction.ended", interactionId }));
      return;
    }
    this.#callers.delete(interactionId);
    if (promisedAt !== undefined) return;
    if (outcome === "abandoned") {
      this.#sums(arrival.queue, enteredAt, (sum) => sum.abandon(waitMs, thresholdMs, shortMs));
      this.#redial(arrival);
    } else if (outcome !== "exit") this.#sums(arrival.queue, enteredAt, (sum) => (sum.turnedAway += 1));
  }

  #redial(arrival: Arrival): void {
    const { redial, patience } = arrival.group;
    if (redial === undefined || this.#redialDraw() >= redial.share) return;
    const at = this.#now + draw(redial.after, this.#redialDraw) * 1_000;
    const patienceMs = patience === undefined ? Infinity : draw(patience, this.#redialDraw) * 1_000;
    if (at >= this.#to) return;
    this.#expected += 1;
    this.#at(at, () => {
      this.#expected -= 1;
      this.#enter({ ...arrival, at, patienceMs });
    });
  }

  #wrapUp({ interactionId, agentId, talkMs }: AcdEffect & { type: "ended" }): void {
    const agent = this.#agents.get(agentId) as SimAgent;
    const caller = this.#callers.get(interactionId);
    this.#callers.delete(interactionId);
    const usualMs = meanOf(agent.group.wrapUp) * 1_000;
    const wrapUpMs = typeof agent.group.wrapUp === "number" ? usualMs : draw(agent.group.wrapUp, agent.random) * 1_000;
    if (caller !== undefined) this.#sums(caller.arrival.queue, caller.promisedAt ?? caller.enteredAt, (sum) => sum.handle(talkMs + wrapUpMs));
    agent.calls += 1;
    agent.wrapUp += 1;
    const nth = agent.wrapUp;
    // The reducer ends after-call work at its mean; chance moves that end.
    if (wrapUpMs > usualMs) this.#dispatch({ type: "agent.wrap-up-extended", agentId, ms: wrapUpMs - usualMs });
    else if (wrapUpMs < usualMs) this.#at(this.#now + wrapUpMs, () => agent.wrapUp === nth && agent.status === "wrap-up" && this.#dispatch({ type: "agent.wrap-up-done", agentId }));
  }

  /** Adds to the figures of all that a caller of this queue, who entered then, counts for. */
  #sums(queue: string, enteredAt: number, add: (sum: FigureSum) => void): void {
    if (enteredAt < this.#from) return;
    const pool = this.#poolOf.get(queue) as number;
    add(this.#total);
    add(this.#queueSums.get(queue) as FigureSum);
    add(this.#poolSums[pool] as FigureSum);
    add(this.#bucket(pool, enteredAt).sum);
  }

  #bucket(pool: number, at: number): Bucket {
    const index = Math.floor(at / this.#intervalMs);
    const buckets = this.#buckets[pool] as Map<number, Bucket>;
    let bucket = buckets.get(index);
    if (bucket === undefined) buckets.set(index, (bucket = { sum: new FigureSum(), readyMs: 0, workMs: 0 }));
    return bucket;
  }

  /** Books the time since the last change of an agent, cut at the intervals. */
  #account(agent: SimAgent, next: AgentStatus): void {
    if (READY.includes(agent.status)) for (const span of this.#counted(agent.since, this.#now)) this.#book(agent, span);
    agent.status = next;
    agent.since = this.#now;
  }

  #book(agent: SimAgent, { from, to }: Span): void {
    const work = WORKING.includes(agent.status);
    agent.readyMs += to - from;
    if (work) agent.workMs += to - from;
    for (let at = from; at < to; ) {
      const end = Math.min(to, (Math.floor(at / this.#intervalMs) + 1) * this.#intervalMs);
      const bucket = this.#bucket(agent.index, at);
      bucket.readyMs += end - at;
      if (work) bucket.workMs += end - at;
      at = end;
    }
  }

  /** What of a span counts for the staff: between `from` and `to` of each day, after the warm-up. Who is there always does not idle through the nights. */
  *#counted(since: number, until: number): Generator<Span> {
    const opens = clockMs(this.scenario.from);
    const length = clockMs(this.scenario.to) - opens;
    for (let day = Math.max(0, Math.floor((since - opens) / DAY_MS)); day < this.scenario.days; day++) {
      const start = day * DAY_MS + opens;
      if (start >= until) return;
      const from = Math.max(since, start, this.#from);
      const to = Math.min(until, start + length);
      if (to > from) yield { from, to };
    }
  }

  #countedMs(since: number, until: number): number {
    let ms = 0;
    for (const { from, to } of this.#counted(since, until)) ms += to - from;
    return ms;
  }

  #result(): SimulationResult {
    const agents = [...this.#agents.values()];
    const sum = (of: readonly SimAgent[], value: (agent: SimAgent) => number): number => of.reduce((total, agent) => total + value(agent), 0);
    const share = (part: number, whole: number): number | undefined => (whole > 0 ? part / whole : undefined);
    const spanMs = Math.max(1, this.#countedMs(0, this.#to));
    return {
      seed: this.seed,
      total: this.#total.figures(),
      queues: this.scenario.queues.map(({ key }) => ({ queue: key, figures: (this.#queueSums.get(key) as FigureSum).figures() })),
      pools: this.#pools.map((pool, index) => {
        const staff = agents.filter((agent) => agent.index === index);
        const readyMs = sum(staff, (agent) => agent.readyMs);
        const figures = (this.#poolSums[index] as FigureSum).figures();
        return { queues: pool.queues, figures, agents: readyMs / spanMs, occupancy: share(sum(staff, (agent) => agent.workMs), readyMs), analytic: analyse(pool, figures.offered, spanMs / 1_000, readyMs / spanMs) };
      }),
      intervals: this.#pools.flatMap((pool, index) =>
        [...(this.#buckets[index] as Map<number, Bucket>)]
          .sort(([a], [b]) => a - b)
          .map(([at, bucket]) => {
            const figures = bucket.sum.figures();
            const from = at * this.#intervalMs;
            const lengthMs = this.#countedMs(from, from + this.#intervalMs);
            // Who rings again after hours counts, but for no staff.
            const agents = share(bucket.readyMs, lengthMs) ?? 0;
            return { from, queues: pool.queues, figures, agents, occupancy: share(bucket.workMs, bucket.readyMs), analytic: lengthMs > 0 ? analyse(pool, figures.offered, lengthMs / 1_000, agents) : undefined };
          }),
      ),
      agents: this.scenario.agents.map((group) => {
        const members = agents.filter((agent) => agent.group === group);
        return { group: group.name, count: group.count, calls: sum(members, (agent) => agent.calls), occupancy: share(sum(members, (agent) => agent.workMs), sum(members, (agent) => agent.readyMs)) };
      }),
      leftInside: this.#callers.size,
      decisions: this.#decisions,
    };
  }
}

function queueOf(membership: Scenario["agents"][number]["queues"][number]): string {
  return typeof membership === "string" ? membership : membership.queue;
}
