import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resolveStrategy } from "../strategies/strategies.js";
import { EligibleAgents } from "./eligible-agents.js";
import type { AgentState, Membership } from "./state.js";

const SKILLS = ["pension", "injury", "wages"] as const;
const memberOf = (): Membership => ({ weight: 1, tier: 0, queue: undefined, place: undefined });
const agentOf = (id: number): AgentState => ({ id: `a${id}`, order: id, idleSince: 0, choice: "available", memberships: new Map(), skills: {} }) as unknown as AgentState;

const skills = fc.subarray([...SKILLS]).map((names) => Object.fromEntries(names.map((name) => [name, 1])));
const step = fc.oneof(
  fc.record({ kind: fc.constant("put" as const), agent: fc.nat(7), skills, idleSince: fc.nat(3) }),
  fc.record({ kind: fc.constant("delete" as const), agent: fc.nat(7) }),
  fc.record({ kind: fc.constant("rank" as const), strategy: fc.constantFrom("most-skilled", "random", "longest-idle", "round-robin") }),
  fc.record({ kind: fc.constant("clear" as const) }),
);

describe("those who are free, by skill", () => {
  it("nobody who has all the skills is left out, and nobody is named who is not free, whatever changed", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const agents = Array.from({ length: 8 }, (_, id) => agentOf(id));
        const free = new Set<AgentState>();
        const members = agents.map(memberOf);
        const eligible = new EligibleAgents(resolveStrategy("most-skilled"));
        for (const each of steps) {
          if (each.kind === "put") {
            const agent = agents[each.agent] as AgentState;
            Object.assign(agent, { skills: each.skills, idleSince: each.idleSince });
            expect(eligible.put(agent, members[each.agent] as Membership)).toBe(!free.has(agent));
            free.add(agent);
          } else if (each.kind === "delete") {
            eligible.delete(members[each.agent] as Membership);
            free.delete(agents[each.agent] as AgentState);
          } else if (each.kind === "rank") eligible.rankBy(resolveStrategy(each.strategy));
          else {
            eligible.clear();
            free.clear();
          }
          expect(eligible.size).toBe(free.size);
          for (const needs of [[], ["pension"], ["pension", "wages"], [...SKILLS], ["unknown"]]) {
            const named = new Set(eligible.having(needs));
            for (const agent of named) expect(free.has(agent)).toBe(true);
            for (const agent of free) if (needs.every((skill) => Object.hasOwn(agent.skills, skill))) expect(named.has(agent)).toBe(true);
          }
        }
      }),
    );
  });

  it("of many, only those with the rarest skill are looked at", () => {
    const eligible = new EligibleAgents(resolveStrategy("most-skilled"));
    for (let id = 0; id < 100; id++) eligible.put(Object.assign(agentOf(id), { skills: { pension: 1, ...(id % 10 === 0 ? { injury: 2 } : {}) } }), memberOf());
    expect([...eligible.having(["pension", "injury"])].map(({ id }) => id)).toEqual(["a0", "a10", "a20", "a30", "a40", "a50", "a60", "a70", "a80", "a90"]);
    expect([...eligible.having(["none"])]).toEqual([]);
    expect([...eligible.having([])]).toHaveLength(100);
  });
});
