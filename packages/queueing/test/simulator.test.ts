import { describe, expect, it } from "vitest";
import { erlangA, erlangC } from "../src/index.js";
import { parseScenario, readPastCalls, replicate, simulate, whatIf } from "../src/simulator/index.js";
import type { ScenarioInput } from "../src/simulator/index.js";

const base = (change: Partial<ScenarioInput> = {}): ScenarioInput => ({
  from: "08:00",
  to: "18:00",
  queues: [{ key: "general" }],
  callers: [{ name: "citizens", queue: "general", arrivals: { perHour: 120 }, talk: { exponential: 180 } }],
  agents: [{ name: "team", count: 8, queues: ["general"] }],
  ...change,
});
const play = (input: ScenarioInput, seed = 1) => simulate(parseScenario(input), seed);

describe("against the formulas", () => {
  /** 12 runs of about 6,000 calls after 300 minutes of warming up; the interval is 99.5 % wide, as more than thirty figures are looked at. */
  const RUNS = 12;
  const T_995 = 3.497;
  const wide = T_995 / 2.201;
  const days = (perHour: number): number => Math.max(1, Math.round(6_000 / perHour / 24));
  const points: readonly (readonly [agents: number, perHour: number])[] = [
    [1, 10],
    [2, 30],
    [5, 80],
    [10, 180],
    [20, 360],
    [40, 720],
  ];
  for (const [agents, perHour] of points) {
    it(`M/M/${agents} at ${((perHour / 20 / agents) * 100).toFixed(0)} %: Erlang C within the confidence interval`, () => {
      const scenario = parseScenario(base({ from: "00:00", to: "24:00", days: days(perHour), warmUpMinutes: 300, callers: [{ name: "citizens", queue: "general", arrivals: { perHour }, talk: { exponential: 180 } }], agents: [{ name: "team", count: agents, queues: ["general"] }] }));
      const { total, occupancy } = replicate(scenario, RUNS, 100);
      const formula = erlangC(perHour / 20, agents, 180, 15);
      expect(total.averageWait?.halfWidth).toBeGreaterThan(0);
      expect(Math.abs((total.averageWait?.mean ?? 0) - formula.averageWait)).toBeLessThan((total.averageWait?.halfWidth ?? 0) * wide);
      expect(Math.abs((total.serviceLevel?.mean ?? 0) - formula.serviceLevel)).toBeLessThan((total.serviceLevel?.halfWidth ?? 0) * wide);
      expect(Math.abs((occupancy?.mean ?? 0) - formula.occupancy)).toBeLessThan((occupancy?.halfWidth ?? 0) * wide);
    });
  }

  for (const [agents, perHour, patience] of [
    [5, 80, 60],
    [5, 140, 120],
    [10, 210, 90],
    [20, 440, 30],
    [40, 800, 180],
    [3, 30, 300],
  ] as const) {
    it(`${agents} agents, ${perHour} calls an hour, patience ${patience} s: Erlang A within the confidence interval`, () => {
      const scenario = parseScenario(base({ from: "00:00", to: "24:00", days: days(perHour), warmUpMinutes: 300, callers: [{ name: "citizens", queue: "general", arrivals: { perHour }, talk: { exponential: 180 }, patience: { exponential: patience } }], agents: [{ name: "team", count: agents, queues: ["general"] }] }));
      const { runs, total } = replicate(scenario, RUNS, 200);
      const formula = erlangA(perHour / 3_600, 180, patience, agents);
      const lost = runs.map((run) => run.total.abandoned / run.total.offered);
      const mean = lost.reduce((sum, value) => sum + value, 0) / RUNS;
      const half = (T_995 * Math.sqrt(lost.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (RUNS - 1))) / Math.sqrt(RUNS);
      expect(Math.abs(mean - formula.abandonProbability)).toBeLessThan(half);
      expect(Math.abs((total.averageWait?.mean ?? 0) - formula.averageWait)).toBeLessThan((total.averageWait?.halfWidth ?? 0) * wide);
    });
  }

  it("the columns beside the figures are those of the formulas", () => {
    const [pool] = play(base({ callers: [{ name: "citizens", queue: "general", arrivals: { perHour: 120 }, talk: { exponential: 180 }, patience: { exponential: 60 } }] })).pools;
    const load = (pool?.figures.offered ?? 0) / 10 / 20;
    expect(pool?.analytic?.load).toBeCloseTo(load, 6);
    expect(pool?.analytic?.agents).toBe(8);
    expect(pool?.analytic?.erlangC?.averageWait).toBeCloseTo(erlangC(load, 8, 180, 15).averageWait, 6);
    expect(pool?.analytic?.erlangA?.abandonRate).toBeCloseTo(erlangA((pool?.figures.offered ?? 0) / 36_000, 180, 60, 8).abandonProbability, 6);
  });
});

describe("a play", () => {
  it("is the same for the same seed, another for another", () => {
    expect(play(base(), 7)).toEqual(play(base(), 7));
    expect(play(base(), 8).total).not.toEqual(play(base(), 7).total);
  });

  it("accounts for every caller: answered, gave up, turned away or to be called back", () => {
    const result = play(
      base({
        queues: [{ key: "general", maxWaitMs: 120_000, maxLength: 12 }],
        callers: [{ name: "citizens", queue: "general", arrivals: { perHour: 260 }, talk: { lognormal: { mean: 170, sd: 120 } }, patience: { exponential: 90 }, callback: { afterSeconds: 30, accept: 0.2, reached: 0.8 }, redial: { share: 0.3, after: { exponential: 300 } } }],
        agents: [{ name: "team", count: 8, queues: ["general"], answer: { uniform: [1, 5] }, misses: 0.02, wrapUp: { gamma: { mean: 20, sd: 10 } }, breaks: [{ from: "12:00", to: "12:30" }] }],
      }),
    );
    const { offered, answered, abandoned, turnedAway, callbacks, callbacksReached } = result.total;
    expect(answered + abandoned + turnedAway + callbacks).toBe(offered);
    expect(result.leftInside).toBe(0);
    for (const figure of [answered, abandoned, turnedAway, callbacks, callbacksReached]) expect(figure).toBeGreaterThan(0);
    expect(callbacksReached).toBeLessThan(callbacks);
    // Sums of the intervals are the totals.
    for (const name of ["offered", "answered", "abandoned", "turnedAway", "callbacks"] as const) expect(result.intervals.reduce((sum, interval) => sum + interval.figures[name], 0)).toBe(result.total[name]);
    // Nobody is ready from 12:00 to 12:30 but who finishes a call.
    expect(result.intervals.find((interval) => interval.from === 12.25 * 3_600_000)?.agents).toBeLessThan(1);
    expect(result.intervals.find((interval) => interval.from === 11 * 3_600_000)?.agents).toBeCloseTo(8, 6);
  });

  it("hand-made: one agent, three callers, every figure by hand", () => {
    const result = play(
      base({
        from: "08:00",
        to: "09:00",
        callers: [{ name: "citizens", queue: "general", arrivals: { past: readPastCalls("time,talk,patience\n08:00:00,60,\n08:00:10,60,\n08:00:20,60,30\n") }, talk: 1 }],
        agents: [{ name: "team", count: 1, queues: ["general"], wrapUp: 10 }],
      }),
    );
    // 0 s: at once. 10 s: until 70 s = 60 s. 20 s: gives up at 50 s.
    expect(result.total).toMatchObject({ offered: 3, answered: 2, abandoned: 1, shortAbandoned: 0, asa: 30, averageWait: 30, serviceLevel: 0.5, serviceLevel2: 1 / 3, abandonRate: 1 / 3, waitP50: 0, longestWait: 60, aht: 70 });
    expect(result.agents[0]).toMatchObject({ calls: 2 });
    expect(result.agents[0]?.occupancy).toBeCloseTo(140 / 3_600, 9);
  });

  it("occupancy is that of the live page: being rung is not work, nor is it in the formulas beside it", () => {
    const past = readPastCalls("time,talk\n08:00:00,300\n08:10:00,300\n08:20:00,300\n");
    const { agents, pools } = play(base({ from: "08:00", to: "09:00", callers: [{ name: "citizens", queue: "general", arrivals: { past }, talk: 300 }], agents: [{ name: "team", count: 1, queues: ["general"], answer: 15, wrapUp: 60 }] }));
    // Three times 360 s of 3,600; rung for 45 s besides, in which the agent is signed in.
    expect(agents[0]?.occupancy).toBeCloseTo(0.3, 9);
    expect(pools[0]).toMatchObject({ agents: 1, occupancy: agents[0]?.occupancy });
    // They are held up by the ring all the same: it is in the load.
    expect(pools[0]?.analytic?.load).toBeCloseTo((3 * 375) / 3_600, 9);
    expect(pools[0]?.analytic?.erlangC?.occupancy).toBeCloseTo(0.3, 9);
  });

  it("agents on demand are rung after the wait that is set, or never", () => {
    const past = readPastCalls("time,talk,patience\n08:00:00,300,\n08:00:10,60,90\n");
    const backed = (onDemandAfterMs: number | null) =>
      play(
        base({
          from: "08:00",
          to: "09:00",
          queues: [{ key: "general", onDemandAfterMs }],
          callers: [{ name: "citizens", queue: "general", arrivals: { past }, talk: 1 }],
          agents: [{ name: "team", count: 1, queues: ["general"] }, { name: "office", count: 1, queues: ["general"], onDemand: true }],
        }),
      );
    expect(backed(20_000).total).toMatchObject({ answered: 2, longestWait: 20 });
    expect(backed(20_000).agents).toMatchObject([{ calls: 1 }, { calls: 1, occupancy: 60 / 3_600 }]);
    expect(backed(null).total).toMatchObject({ answered: 1, abandoned: 1 });
  });

  it("an empty queue lets in and sends away by the states that are named", () => {
    const past = readPastCalls("time,talk\n08:30:00,60\n09:30:00,60\n");
    const shut = (rules: Pick<ScenarioInput["queues"][number], "joinEmpty" | "leaveEmpty" | "emptyGraceMs">) =>
      play(
        base({
          from: "08:00",
          to: "10:00",
          queues: [{ key: "general", ...rules }],
          callers: [{ name: "citizens", queue: "general", arrivals: { past }, talk: 1, patience: 900 }],
          agents: [{ name: "team", count: 1, queues: ["general"], shifts: [{ from: "08:00", to: "09:00" }], breaks: [{ from: "08:20", to: "08:45" }] }],
        }),
      ).total;
    // On the break the one waits, who comes when all have gone is not let in.
    expect(shut({ joinEmpty: ["offline"] })).toMatchObject({ answered: 1, longestWait: 900, abandoned: 0, turnedAway: 1 });
    expect(shut({ joinEmpty: ["offline", "not-ready"] })).toMatchObject({ answered: 0, turnedAway: 2 });
    expect(shut({ leaveEmpty: ["not-ready"], emptyGraceMs: 60_000 })).toMatchObject({ answered: 0, turnedAway: 1, abandoned: 1 });
  });

  it("a step of weight is worth so long a wait where that is said", () => {
    const past = readPastCalls("time,queue,talk\n08:00:00,light,60\n08:00:05,light,60\n08:00:25,heavy,60\n");
    const first = (weightWorthMs?: number) => {
      const { queues } = play(
        base({
          from: "08:00",
          to: "09:00",
          queues: [{ key: "light" }, { key: "heavy", weight: 1 }],
          callers: [{ name: "citizens", queue: "light", arrivals: { past }, talk: 1 }],
          agents: [{ name: "team", count: 1, queues: ["light", "heavy"] }],
          ...(weightWorthMs !== undefined && { weightWorthMs }),
        }),
      );
      return queues.map(({ figures }) => figures.longestWait);
    };
    // 20 s before the heavy one came the light one: strict weight, 30 s of wait and 10 s of wait for it.
    expect([first(), first(30_000), first(10_000)]).toEqual([[115, 35], [115, 35], [55, 95]]);
  });

  it("shifts sign in and out; who is in a call finishes it", () => {
    const result = play(
      base({
        from: "08:00",
        to: "10:00",
        callers: [{ name: "citizens", queue: "general", arrivals: { past: readPastCalls("time,talk\n08:10,30\n08:59:50,600\n09:30,30\n") }, talk: 1, patience: 60 }],
        agents: [{ name: "team", count: 1, queues: ["general"], shifts: [{ from: "08:00", to: "09:00" }] }],
      }),
    );
    expect(result.total).toMatchObject({ answered: 2, abandoned: 1, longestWait: 0 });
  });

  it("a night shift runs over midnight, days follow each other", () => {
    const result = play(base({ from: "00:00", to: "24:00", days: 3, callers: [{ name: "citizens", queue: "general", arrivals: { perHour: 20 }, talk: 60, patience: { exponential: 30 } }], agents: [{ name: "night", count: 4, queues: ["general"], shifts: [{ from: "22:00", to: "30:00" }] }] }));
    const ready = (day: number, hour: number): number => result.intervals.find((interval) => interval.from === (day * 24 + hour) * 3_600_000)?.agents ?? 0;
    expect([ready(0, 3), ready(0, 7), ready(0, 12), ready(0, 23), ready(1, 3), ready(2, 23)]).toEqual([4, 0, 0, 4, 4, 4].map((n) => (n === 0 ? expect.closeTo(0, 1) : expect.closeTo(n, 6))));
  });

  it("past calls of several days meet everybody's shifts on each of them, and the night after a late day is no day more", () => {
    const past = readPastCalls("time\n2026-03-04 09:00\n2026-03-02 09:00\n2026-03-03 09:00\n2026-03-03 20:00\n");
    const shifts = [{ from: "08:00", to: "18:00" }];
    const three = parseScenario(base({ callers: [{ name: "citizens", queue: "general", arrivals: { past }, talk: 60, patience: 60 }], agents: [{ name: "team", count: 2, queues: ["general"], shifts }] }));
    expect(three.days).toBe(3);
    expect(parseScenario(three)).toEqual(three);
    const result = simulate(three);
    // One came after hours.
    expect(result.total).toMatchObject({ offered: 4, answered: 3, abandoned: 1 });
    expect(result.intervals.filter(({ figures }) => figures.answered > 0).map(({ agents }) => agents)).toEqual([2, 2, 2]);
    const night = readPastCalls("time\n2026-03-02 22:00\n2026-03-03 02:00\n");
    expect(parseScenario(base({ from: "20:00", to: "28:00", callers: [{ name: "citizens", queue: "general", arrivals: { past: night }, talk: 60 }] })).days).toBe(1);
  });

  it.each([
    ["a day no calendar has", "time\n2026-02-30 08:00\n", /Line 2 .*there is no day 2026-02-30/],
    ["a month no calendar has", "time\n2026-03-01 08:00\n2026-13-01 08:00\n", /Line 3 .*there is no day 2026-13-01/],
    ["a time without a date among dated ones", "time\n2026-03-02 08:00\n08:30\n", /Line 3 .*a date with every time, or with none/],
    ["a dated time among others", "time\n08:30\n2026-03-02 08:00\n", /Line 3 .*a date with every time, or with none/],
    ["a column twice", "time,talk,Talk\n08:00,5,6\n", /Line 1 .*the column talk twice/],
    ["no call", "time,talk\n", /there is no call/],
    ["a span below zero", "time,talk\n08:00,-5\n", /Line 2 .*talk must be a number of seconds, got "-5"/],
  ])("a list of past calls with %s is refused with its line", (_what, csv, message) => {
    expect(() => readPastCalls(csv)).toThrow(expect.objectContaining({ code: "HTL_QUEUEING_PAST_CALLS", message: expect.stringMatching(message) as string }) as Error);
  });

  it("refuses more days of past calls than are played, shifts that end before they begin with the way to write a night, and names that would be lost", () => {
    const refused = (change: Partial<ScenarioInput>): RegExp | string => {
      try {
        parseScenario(base(change));
        return "";
      } catch (error) {
        return `${(error as { code: string }).code} ${(error as Error).message}`;
      }
    };
    const callers = (csv: string): Partial<ScenarioInput> => ({ callers: [{ name: "citizens", queue: "general", arrivals: { past: readPastCalls(csv) }, talk: 60 }] });
    expect(refused(callers("time\n2020-01-01 08:00\n2026-01-01 08:00\n"))).toMatch(/^HTL_QUEUEING_SCENARIO .*callers\.0\.arrivals: .*at most 1000/);
    expect(refused({ agents: [{ name: "night", count: 1, queues: ["general"], shifts: [{ from: "22:00", to: "06:00" }] }] })).toMatch(/agents\.0\.shifts\.0\.to: .*22:00 to 30:00/);
    expect(refused({ agents: [{ name: "a", count: 1, queues: ["general"], skills: JSON.parse('{"__proto__": 1}') as Record<string, number> }] })).toMatch(/^HTL_QUEUEING_SCENARIO .*agents\.0\.skills: __proto__/);
    expect(refused({ agents: [{ name: "a", count: Number.NaN, queues: ["general"] }] })).toMatch(/agents\.0\.count/);
  });

  it("who is promised a call back keeps the place", () => {
    // One agent talks for 100 s; A waits, is promised a call at 30 s; B comes later and waits on: A is served first.
    const result = play(
      base({
        from: "08:00",
        to: "09:00",
        callers: [
          { name: "first", queue: "general", arrivals: { past: readPastCalls("time,talk\n08:00:00,100\n") }, talk: 1 },
          { name: "a", queue: "general", arrivals: { past: readPastCalls("time,talk\n08:00:10,50\n") }, talk: 1, callback: { afterSeconds: 30, accept: 1, ring: 5 } },
          { name: "b", queue: "general", arrivals: { past: readPastCalls("time,talk\n08:00:20,10\n") }, talk: 1 },
        ],
        agents: [{ name: "team", count: 1, queues: ["general"] }],
      }),
    );
    // A: promised at 40 s, agent free at 100 s, answers at 105 s. B: at 155 s, having come at 20 s.
    expect(result.total).toMatchObject({ answered: 2, callbacks: 1, callbacksReached: 1, callbackDelay: 65, longestWait: 135 });
  });

  it("two queues that share agents are one pool, others are apart", () => {
    const result = play(
      base({
        queues: [{ key: "a" }, { key: "b" }, { key: "c" }],
        callers: ["a", "b", "c"].map((queue) => ({ name: queue, queue, arrivals: { perHour: 30 }, talk: 100 })),
        agents: [
          { name: "both", count: 4, queues: ["a", { queue: "b", weight: 2 }] },
          { name: "own", count: 3, queues: ["c"] },
        ],
      }),
    );
    expect(result.pools.map((pool) => pool.queues)).toEqual([["a", "b"], ["c"]]);
    expect(result.pools.map((pool) => pool.agents)).toEqual([expect.closeTo(4, 6), expect.closeTo(3, 6)]);
  });
});

describe("what if", () => {
  const scenario = parseScenario(base({ callers: [{ name: "citizens", queue: "general", arrivals: { perHour: 140 }, talk: { exponential: 180 }, patience: { exponential: 200 } }] }));

  it("fewer agents: longer waits, the same callers", () => {
    const [now, fewer] = [simulate(scenario), simulate(whatIf(scenario, "agents=-2"))];
    expect(fewer.total.offered).toBe(now.total.offered);
    expect(fewer.total.asa ?? 0).toBeGreaterThan((now.total.asa ?? 0) * 2);
    expect(fewer.agents[0]?.count).toBe(6);
  });

  it("a callback offer lets fewer give up", () => {
    const [now, offer] = [simulate(whatIf(scenario, "agents=-1")), simulate(whatIf(scenario, "agents=-1,callback=60/0.6"))];
    expect(offer.total.callbacks).toBeGreaterThan(0);
    expect(offer.total.abandoned).toBeLessThan(now.total.abandoned);
  });

  it("changes what was asked for", () => {
    expect(whatIf(scenario, "strategy=random").queues[0]?.strategy).toBe("random");
    expect(whatIf(scenario, "callers=+50%").callers[0]?.arrivals).toEqual({ perHour: 210 });
    expect(whatIf(scenario, "talk=-10%").callers[0]?.talk).toEqual({ exponential: 162 });
    expect(whatIf(scenario, "maxWait=60,maxLength=3").queues[0]).toMatchObject({ maxWaitMs: 60_000, maxLength: 3 });
    const two = parseScenario(base({ agents: [{ name: "a", count: 10, queues: ["general"] }, { name: "b", count: 5, queues: ["general"] }] }));
    expect(whatIf(two, "agents=-4").agents.map((group) => group.count)).toEqual([8, 3]);
    expect(whatIf(two, "agents.b=9").agents.map((group) => group.count)).toEqual([10, 9]);
  });

  it.each(["agents=-20", "agents=many", "agents.x=1", "strategy=fastest", "callers=20", "callback=soon", "moon=full", "", "talk=-100%"])("%s is refused with what is known", (change) => {
    expect(() => whatIf(scenario, change)).toThrow(expect.objectContaining({ code: expect.stringMatching(/^HTL_QUEUEING_(WHAT_IF|SCENARIO)$/) }));
  });
});

describe("bad input", () => {
  it.each<[string, unknown, RegExp]>([
    ["no object", null, /scenario/],
    ["a typo", { ...base(), agentz: [] }, /agentz/],
    ["an unknown queue", base({ agents: [{ name: "t", count: 1, queues: ["generel"] }] }), /agents\.0\.queues\.0: there is no queue "generel"; queues: general/],
    ["an unknown strategy", base({ queues: [{ key: "general", strategy: "fastest" }] }), /queues\.0\.strategy: a strategy: longest-idle/],
    ["a time", base({ from: "8 o'clock" }), /from: a time such as 08:30/],
    ["the end before the beginning", base({ from: "18:00", to: "08:00" }), /to: must be after/],
    ["a negative rate", base({ callers: [{ name: "c", queue: "general", arrivals: { perHour: -1 }, talk: 1 }] }), /callers\.0\.arrivals/],
    ["an endless talk", base({ callers: [{ name: "c", queue: "general", arrivals: { perHour: 1 }, talk: Infinity }] }), /callers\.0\.talk/],
    ["a name twice", base({ agents: [{ name: "t", count: 1, queues: ["general"] }, { name: "t", count: 1, queues: ["general"] }] }), /"t" stands twice/],
  ])("%s", (_, input, message) => {
    expect(() => parseScenario(input)).toThrow(expect.objectContaining({ code: "HTL_QUEUEING_SCENARIO", message: expect.stringMatching(message) }));
  });

  it.each<[string, string, RegExp]>([
    ["empty", "", /Line 1 .*no column `time`/],
    ["no calls", "time\n", /there is no call/],
    ["a time", "time\n08:00\nlater\n", /Line 3 .*got "later"/],
    ["a talk", "time,talk\n08:00,long\n", /Line 2 .*talk must be a number of seconds/],
    ["an open quote", 'time,queue\n08:00,"a\n', /Line/],
    ["25 o'clock", "time\n25:00\n", /got "25:00"/],
  ])("past calls: %s", (_, csv, message) => {
    expect(() => readPastCalls(csv)).toThrow(expect.objectContaining({ code: "HTL_QUEUEING_PAST_CALLS", message: expect.stringMatching(message) }));
  });

  it("past calls with dates, quotes, a BOM and other columns", () => {
    expect(readPastCalls('\uFEFFcaller;x,time,queue,talk\r\n1,2026-03-03 00:00:01,"a, b",60\r\n2,2026-03-02T23:59:59.5,,\r\n')).toEqual([
      { at: 86_399_500 },
      { at: 86_401_000, queue: "a, b", talkSeconds: 60 },
    ]);
  });
});

describe("the nights between repeated days", () => {
  const shifted = (shifts: ScenarioInput["agents"][number]["shifts"], days: number) => play(base({ days, callers: [{ name: "citizens", queue: "general", arrivals: { perHour: 120 }, talk: 180 }], agents: [{ name: "team", count: 12, queues: ["general"], ...(shifts === undefined ? {} : { shifts }) }] }));

  it("count for nobody: agents without shifts are as busy as those whose shifts are the opening hours", () => {
    const always = shifted(undefined, 4);
    const hours = shifted([{ from: "08:00", to: "18:00" }], 4);
    expect(always.agents[0]?.occupancy).toBeCloseTo(0.5, 1);
    expect(always.agents[0]?.occupancy).toBeCloseTo(hours.agents[0]?.occupancy ?? 0, 2);
    expect(always.pools[0]?.occupancy).toBeCloseTo(hours.pools[0]?.occupancy ?? 0, 2);
    // 12 agents in the hours that count, whatever comes between, and the formula beside them sees the calls of those hours.
    expect(always.pools[0]?.agents).toBeCloseTo(12, 6);
    expect(hours.pools[0]?.agents).toBeCloseTo(12, 1);
    expect(always.pools[0]?.analytic?.load).toBeCloseTo(6, 0);
  });

  it("nor do the hours before and after: a longer shift does not idle in the figures, and the intervals add up to it", () => {
    const long = shifted([{ from: "06:00", to: "22:00" }], 3);
    expect(long.pools[0]?.agents).toBeCloseTo(12, 6);
    expect(long.intervals.every(({ from }) => from % 86_400_000 >= 8 * 3_600_000 && from % 86_400_000 < 18 * 3_600_000)).toBe(true);
    expect(long.intervals.every(({ agents }) => Math.abs(agents - 12) < 1e-6)).toBe(true);
  });
});

it("a scenario whose settings would do nothing is refused with their path", () => {
  const refused = (change: Partial<ScenarioInput>, where: string) => expect(() => parseScenario(base(change))).toThrow(where);
  refused({ queues: [{ key: "general", divert: {} }] }, "queues.0.divert");
  refused({ queues: [{ key: "general", overflow: [{ afterMs: 1, queues: ["general"] }] }] }, "queues.0.overflow.0.queues.0: queue \"general\" cannot overflow into itself");
  refused({ queues: [{ key: "general", overflow: [{ afterMs: 1, queues: ["b"] }, { afterMs: 2, queues: ["b"] }] }, { key: "b" }] }, "queues.0.overflow.1.queues.0");
  refused({ agents: [{ name: "team", count: 1, queues: ["general", { queue: "general", weight: 2 }] }] }, "agents.0.queues.1: queue \"general\" is given twice");
});

describe("a play that would never end", () => {
  const citizens = { name: "citizens", queue: "general", arrivals: { perHour: 20 }, talk: 60 } as const;

  it("for want of anybody who answers ends, and tells who was never served", () => {
    for (const queue of [{ key: "general", noAnswerDelayMs: 0 }, { key: "general", strategy: "ring-all" }]) {
      const result = play(base({ from: "08:00", to: "09:00", queues: [queue], callers: [citizens], agents: [{ name: "team", count: 2, queues: ["general"], misses: 1 }] }));
      expect(result.total).toMatchObject({ answered: 0, abandoned: 0 });
      expect(result.leftInside).toBe(result.total.offered);
      expect(result.leftInside).toBeGreaterThan(0);
    }
  });

  it("since redials let no time pass is a coded error with the time", () => {
    const scenario = base({ from: "08:00", to: "09:00", callers: [{ ...citizens, patience: 0, redial: { share: 1, after: 0 } }], agents: [{ name: "team", count: 0, queues: ["general"] }] });
    expect(() => play(scenario)).toThrow(expect.objectContaining({ code: "HTL_QUEUEING_SCENARIO", message: expect.stringMatching(/callers: it does not get past 08:\d\d/) as string }) as Error);
  });

  it("for the number of its calls is refused, as is a talk whose mean no formula takes", () => {
    expect(() => parseScenario(base({ callers: [{ ...citizens, arrivals: { perHour: 1e9 } }] }))).toThrow("at most 10000000 are played");
    for (const shape of [0.005, 1e-9]) expect(() => parseScenario(base({ callers: [{ ...citizens, talk: { weibull: { shape, scale: 1 } } }] }))).toThrow("callers.0.talk");
    expect(play(base({ from: "08:00", to: "09:00", callers: [{ ...citizens, talk: { weibull: { shape: 0.3, scale: 1 } }, patience: { exponential: 60 } }] })).total.offered).toBeGreaterThan(0);
  });
});
