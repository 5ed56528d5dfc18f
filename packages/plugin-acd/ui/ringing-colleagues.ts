import type { AgentSnapshot } from "../src/contract.js";

/**
 * Colleagues at whose phones a queue's call rings that I may pick up (代接), the longest ringing first: of a group in common, or of a queue
 * in common where there are no groups; `anybody`: all. What the page offers; who really may is decided by the server.
 */
export function ringingColleagues(own: AgentSnapshot, agents: Iterable<AgentSnapshot>, anybody: boolean): readonly AgentSnapshot[] {
  const all = [...agents];
  const grouped = all.some(({ groups }) => groups.length > 0);
  const mine = new Set(grouped ? own.groups : own.queues);
  const near = (agent: AgentSnapshot): boolean => anybody || (grouped ? agent.groups : agent.queues).some((each) => mine.has(each));
  return all.filter((agent) => agent.number !== own.number && agent.offered === "voice" && near(agent)).sort((a, b) => a.since - b.since);
}
