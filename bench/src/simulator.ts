import { parseScenario, simulate } from "@hotlinejs/queueing/simulator";

/** A hundred thousand callers with twenty skills and a thousand agents, ten hours at a load of 93 %. */
export async function measureSimulator(): Promise<{ what: string; value: number; unit: string; goal: string; note: string }> {
  const skillsOf = (group: number): Record<string, number> => Object.fromEntries(Array.from({ length: 20 }, (_, skill) => [`s${skill}`, (group * 7 + skill * 13) % 5]));
  const scenario = parseScenario({
    from: "00:00",
    to: "10:00",
    queues: [{ key: "general" }],
    callers: Array.from({ length: 20 }, (_, skill) => ({ name: `callers-${skill}`, queue: "general", arrivals: { perHour: 500 }, skills: { [`s${skill}`]: 2 }, talk: { exponential: 320 }, patience: { exponential: 180 } })),
    agents: Array.from({ length: 20 }, (_, group) => ({ name: `agents-${group}`, count: 50, queues: ["general"], skills: skillsOf(group), wrapUp: { exponential: 20 }, answer: { uniform: [1, 4] as [number, number] } })),
  });
  const started = process.cpuUsage();
  const { total, decisions } = simulate(scenario);
  const used = process.cpuUsage(started);
  return { what: "simulator, 100,000 calls, 1,000 agents, 20 skills", value: (used.user + used.system) / 1_000_000, unit: "CPU-seconds", goal: "<= 20", note: `${total.offered} calls, ${decisions} decisions` };
}
