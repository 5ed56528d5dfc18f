import { createAcdState, reduce } from "@hotlinejs/queueing";

type Event = Parameters<typeof reduce>[1];

export interface AcdRow {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly note: string;
  readonly goal?: string;
}

/** Runs the reducer as a hotline does: offers are accepted, joined, and end in the order in which they began. */
class Floor {
  readonly #state = createAcdState({});
  readonly talking: string[] = [];
  now = 0;
  events = 0;

  send(event: Event): void {
    this.events += 1;
    for (const effect of reduce(this.#state, event, this.now)) {
      if (effect.type === "offer") this.send({ type: "offer.accepted", reservationId: effect.reservationId });
      else if (effect.type === "connect") {
        this.send({ type: "offer.connected", reservationId: effect.reservationId });
        this.talking.push(effect.interactionId);
      }
    }
  }

  agent(id: string, queues: readonly string[], skills: Readonly<Record<string, number>> = {}): void {
    this.send({ type: "agent.configured", agent: { id, queues: queues.map((queue) => ({ queue })), skills } });
    this.send({ type: "agent.reachable", agentId: id, reachable: true });
    this.send({ type: "agent.state", agentId: id, state: "available" });
  }
}

/**
 * Decisions a second: 100 agents in 10 queues, callers come and go; one decision is one event put
 * through the reducer with all its effects.
 */
export async function measureAcd(): Promise<AcdRow> {
  const floor = new Floor();
  for (let q = 0; q < 10; q++) floor.send({ type: "queue.configured", queue: { key: `q${q}`, wrapUpMs: 0, ringMs: 20_000 } });
  for (let a = 0; a < 100; a++) floor.agent(`a${a}`, [`q${a % 10}`, `q${(a * 7 + 1) % 10}`]);
  floor.events = 0;
  let next = 0;
  const started = process.cpuUsage();
  const until = performance.now() + 3_000;
  while (performance.now() < until) {
    for (let i = 0; i < 500; i++) {
      floor.now += 5;
      floor.send({ type: "interaction.enqueued", interactionId: `i${next++}`, queue: `q${next % 10}`, priority: next % 3 });
      if (floor.talking.length > 90) floor.send({ type: "interaction.ended", interactionId: floor.talking.shift() ?? "" });
    }
    await Promise.resolve();
  }
  const used = process.cpuUsage(started);
  return { what: "ACD decisions, 100 agents in 10 queues", value: floor.events / ((used.user + used.system) / 1_000_000), unit: "decisions/CPU-second", note: `${floor.events} events, ${next} callers` };
}

const SKILLS = 20;

interface Spans {
  /** Wall clock of each decision, ms. */
  readonly spans: readonly number[];
  /** CPU of one decision on the average, µs. */
  readonly cpuUs: number;
}

/**
 * Placements with skills: every agent has 5 of 20 skills at levels 1 to 3, every caller needs two. In turn a talk ends while
 * `waiting` callers wait (the agent looks for the first who fits), and a caller comes while half of the agents are free (the
 * caller looks for the first in the strategy's order who fits). A decision is all that follows from one such event, the answer and the joining included.
 */
function measurePlacement(agents: number, waiting: number, strategy: string, turns: number): { busy: Spans; free: Spans } {
  const skillsOf = (index: number): Record<string, number> => Object.fromEntries([0, 1, 2, 3, 4].map((n) => [`s${(index * 3 + n * 7) % SKILLS}`, 1 + ((index + n) % 3)]));
  const needs = (index: number): Record<string, number> => Object.fromEntries([0, 2].map((n) => [`s${(index * 3 + n * 7) % SKILLS}`, 1]));
  const measure = (floor: Floor, events: Iterable<Event>, warm: number): Spans => {
    const spans: number[] = [];
    let n = 0;
    let cpu = 0;
    for (const event of events) {
      floor.now += 20;
      const used = process.cpuUsage();
      const at = performance.now();
      floor.send(event);
      const span = performance.now() - at;
      if (n++ < warm) continue;
      const { user, system } = process.cpuUsage(used);
      cpu += user + system;
      spans.push(span);
    }
    return { spans, cpuUs: cpu / spans.length };
  };
  const make = (available: number): Floor => {
    const floor = new Floor();
    // Filled one by one, whatever is measured: to ring thousands for each of thousands would take minutes.
    floor.send({ type: "queue.configured", queue: { key: "q", wrapUpMs: 0 } });
    for (let a = 0; a < available; a++) floor.agent(`a${a}`, ["q"], skillsOf(a));
    return floor;
  };
  const warm = turns / 6;
  const begin = (floor: Floor): void => floor.send({ type: "queue.configured", queue: { key: "q", wrapUpMs: 0, strategy } });

  const full = make(agents);
  let next = 0;
  const enter = (): Event => ({ type: "interaction.enqueued", interactionId: `i${next++}`, queue: "q", priority: next % 3, skills: needs(next * 11) });
  while (full.talking.length < agents) full.send(enter());
  for (let i = 0; i < waiting; i++) full.send(enter());
  begin(full);
  function* ends(): Generator<Event> {
    for (let i = 0; i < turns; i++) {
      yield { type: "interaction.ended", interactionId: full.talking.shift() ?? "" };
      // Refilled outside of the measured event: it finds nobody free.
      full.send(enter());
    }
  }
  const busy = measure(full, ends(), warm);

  const half = make(agents);
  while (half.talking.length < agents / 2) half.send(enter());
  begin(half);
  function* arrivals(): Generator<Event> {
    for (let i = 0; i < turns; i++) {
      yield enter();
      half.send({ type: "interaction.ended", interactionId: half.talking.shift() ?? "" });
    }
  }
  return { busy, free: measure(half, arrivals(), warm) };
}

const TEAMS = [100, 1_000, 10_000];

/** Rows for 100, 1,000 and 10,000 agents with 20 skills and 500 waiting callers, and how the cost grows from one to the next. */
export function measurePlacements(): AcdRow[] {
  return [...placementsBy("longest-idle", true), ...["round-robin", "most-skilled", "random", "ring-progressively"].flatMap((strategy) => placementsBy(strategy, false)), ...placementsBy("ring-all", false, TURNS_OF_MANY)];
}

/** Who rings hundreds at a time needs fewer calls to tell what one costs. */
const TURNS = 6_000;
const TURNS_OF_MANY = 600;

/** `whole`: rate and latency too, not only how the cost grows. */
function placementsBy(strategy: string, whole: boolean, turns = TURNS): AcdRow[] {
  const rows: AcdRow[] = [];
  let before: number | undefined;
  for (const agents of TEAMS) {
    const { busy, free } = measurePlacement(agents, 500, strategy, turns);
    const all = [...busy.spans, ...free.spans].sort((a, b) => a - b);
    const quantile = (share: number): number => all[Math.min(all.length - 1, Math.floor(all.length * share))] ?? 0;
    const total = all.reduce((sum, span) => sum + span, 0);
    const what = `${agents.toLocaleString("en")} agents × ${SKILLS} skills × 500 waiting`;
    const note = `${all.length} decisions: a talk ends ${busy.cpuUs.toFixed(1)} CPU-µs, a caller finds ${(agents / 2).toLocaleString("en")} free ${free.cpuUs.toFixed(1)} CPU-µs`;
    if (whole) {
      rows.push({ what: `ACD placements, ${what}`, value: (1000 * all.length) / total, unit: "decisions/s", note, ...(agents === 1_000 ? { goal: ">= 5,000" } : {}) });
      rows.push({ what: `ACD placement latency p99, ${what}`, value: quantile(0.99), unit: "ms", note: `p50 ${quantile(0.5).toFixed(3)} ms`, ...(agents === 1_000 ? { goal: "< 2 ms" } : {}) });
    }
    const cost = (busy.cpuUs + free.cpuUs) / 2;
    if (before !== undefined) rows.push({ what: `ACD cost of a placement, ${agents.toLocaleString("en")} agents to ${(agents / 10).toLocaleString("en")}, ${strategy}`, value: cost / before, unit: "times", note: `${cost.toFixed(1)} to ${before.toFixed(1)} CPU-µs; ${note}`, goal: "<= 10 (linear)" });
    before = cost;
  }
  return rows;
}
