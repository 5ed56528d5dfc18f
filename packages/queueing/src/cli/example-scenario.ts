import type { ScenarioInput } from "../simulator/scenario.js";

/** A weekday of a city's labour hotline: a morning and an afternoon peak, two groups of agents, lunch in turns. */
export const EXAMPLE_SCENARIO: ScenarioInput = {
  name: "A weekday of a city hotline",
  from: "08:00",
  to: "18:00",
  intervalMinutes: 30,
  queues: [
    { key: "general", strategy: "longest-idle", serviceLevelSeconds: 15, overflow: [{ afterMs: 60_000, queues: ["disputes"] }] },
    { key: "disputes", strategy: "most-skilled", serviceLevelSeconds: 15 },
  ],
  callers: [
    {
      name: "questions",
      queue: "general",
      arrivals: { from: "08:00", minutes: 30, calls: [40, 75, 110, 120, 105, 85, 55, 40, 45, 70, 100, 105, 95, 80, 60, 50, 40, 35, 30, 25] },
      talk: { lognormal: { mean: 170, sd: 130 } },
      patience: { weibull: { shape: 0.9, scale: 140 } },
      redial: { share: 0.4, after: { exponential: 240 } },
    },
    { name: "disputes", queue: "disputes", arrivals: { perHour: 26 }, priority: 0, talk: { lognormal: { mean: 320, sd: 200 } }, patience: { exponential: 200 } },
  ],
  agents: [
    { name: "general-a", count: 8, queues: ["general"], shifts: [{ from: "08:00", to: "18:00" }], breaks: [{ from: "11:30", to: "12:15" }], answer: { uniform: [1, 5] }, misses: 0.01, wrapUp: { gamma: { mean: 20, sd: 15 } } },
    { name: "general-b", count: 6, queues: ["general"], shifts: [{ from: "08:30", to: "18:00" }], breaks: [{ from: "12:15", to: "13:00" }], answer: { uniform: [1, 5] }, misses: 0.01, wrapUp: { gamma: { mean: 20, sd: 15 } } },
    { name: "disputes", count: 4, queues: [{ queue: "disputes", weight: 2 }], shifts: [{ from: "08:00", to: "18:00" }], answer: { uniform: [1, 5] }, wrapUp: { gamma: { mean: 40, sd: 25 } } },
  ],
};
