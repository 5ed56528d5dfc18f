import { tieBreak } from "../strategies/strategies.js";
import type { Strategy } from "../strategies/strategies.js";
import { OrderedList } from "./ordered-list.js";
import type { AgentState } from "./state.js";

/** 1 for who comes after all others. */
export function onDemand({ choice }: AgentState): 0 | 1 {
  return choice === "on-demand" ? 1 : 0;
}

/** An agent and what the order hung on when the place was given: the agent's own figures may have moved on since. */
interface Place {
  readonly agent: AgentState;
  readonly id: string;
  readonly last: 0 | 1;
  readonly tier: number;
  readonly score: number;
  readonly idleSince: number;
  readonly order: number;
  readonly skills: AgentState["skills"];
}

function comparePlaces(a: Place, b: Place): number {
  return a.last - b.last || a.tier - b.tier || a.score - b.score || tieBreak(a, b);
}

/**
 * The members of one queue who could be offered something now, kept in the order in which they would be rung. Whoever
 * looks for one takes the first who fits, so that a decision hardly grows with the number of those who are free.
 */
export class EligibleAgents {
  readonly #key: string;
  #strategy: Strategy;
  readonly #places = new Map<AgentState, Place>();
  readonly #order = new OrderedList(comparePlaces);
  /** Who has a skill, at whatever level; only where everybody would have to be looked at otherwise. */
  readonly #bySkill = new Map<string, Set<AgentState>>();

  constructor(key: string, strategy: Strategy) {
    this.#key = key;
    this.#strategy = strategy;
  }

  get size(): number {
    return this.#places.size;
  }

  has(agent: AgentState): boolean {
    return this.#places.has(agent);
  }

  [Symbol.iterator](): IterableIterator<AgentState> {
    return this.#places.keys();
  }

  /** All as they are now, in the order in which they would be rung. */
  inOrder(): AgentState[] {
    const agents: AgentState[] = [];
    this.#order.find(({ agent }) => {
      agents.push(agent);
      return false;
    });
    return agents;
  }

  /** Those who have one of the skills, the fewest there are, or everybody if none is named: nobody else can have all of them. */
  having(skills: Iterable<string>): Iterable<AgentState> {
    if (this.#strategy.standing !== undefined) return this.#places.keys();
    let fewest: ReadonlySet<AgentState> | undefined;
    for (const skill of skills) {
      const those = this.#bySkill.get(skill);
      if (those === undefined) return [];
      if (fewest === undefined || those.size < fewest.size) fewest = those;
    }
    return fewest ?? this.#places.keys();
  }

  /** New rules: another order. */
  rankBy(strategy: Strategy): void {
    if (strategy === this.#strategy) return;
    this.#strategy = strategy;
    this.rank();
  }

  /** Everybody's figures have changed. */
  rank(): void {
    this.#bySkill.clear();
    for (const agent of this.#places.keys()) {
      const place = this.#placeOf(agent);
      this.#places.set(agent, place);
      this.#noteSkills(place);
    }
    this.#order.replace([...this.#places.values()]);
  }

  /** Gives the agent the place that follows from the present figures. Returns whether the agent was not there before. */
  put(agent: AgentState): boolean {
    const before = this.#places.get(agent);
    const place = this.#placeOf(agent);
    if (before !== undefined) {
      if (comparePlaces(before, place) === 0 && before.skills === place.skills) return false;
      this.#order.remove(before);
      this.#forgetSkills(before);
    }
    this.#places.set(agent, place);
    this.#noteSkills(place);
    this.#order.insert(place);
    return before === undefined;
  }

  delete(agent: AgentState): void {
    const place = this.#places.get(agent);
    if (place === undefined) return;
    this.#places.delete(agent);
    this.#order.remove(place);
    this.#forgetSkills(place);
  }

  clear(): void {
    this.#places.clear();
    this.#bySkill.clear();
    this.#order.replace([]);
  }

  /**
   * The first whom the queue's strategy would ring and whom `suits` accepts; only for strategies whose order is `standing`.
   * @param lastOrder where a strategy that goes round left off
   */
  first(suits: (agent: AgentState) => boolean, lastOrder: number): AgentState | undefined {
    if (this.#strategy.goesRound === true) return this.#firstInTurn(suits, lastOrder);
    return this.#order.find(({ agent }) => suits(agent))?.agent;
  }

  /** In each tier those after the last one first, then the rest from the top. */
  #firstInTurn(suits: (agent: AgentState) => boolean, lastOrder: number): AgentState | undefined {
    let tier: Place | undefined;
    let found: AgentState | undefined;
    let fromTop: AgentState | undefined;
    this.#order.find((place) => {
      if (tier === undefined || place.last !== tier.last || place.tier !== tier.tier) {
        if (fromTop !== undefined) return true;
        tier = place;
      }
      if (place.order > lastOrder) found = suits(place.agent) ? place.agent : undefined;
      else if (fromTop === undefined && suits(place.agent)) fromTop = place.agent;
      return found !== undefined;
    });
    return found ?? fromTop;
  }

  #noteSkills({ agent, skills }: Place): void {
    if (this.#strategy.standing !== undefined) return;
    for (const skill of Object.keys(skills)) {
      const those = this.#bySkill.get(skill);
      if (those === undefined) this.#bySkill.set(skill, new Set([agent]));
      else those.add(agent);
    }
  }

  #forgetSkills({ agent, skills }: Place): void {
    if (this.#bySkill.size === 0) return;
    for (const skill of Object.keys(skills)) {
      const those = this.#bySkill.get(skill);
      if (those?.delete(agent) === true && those.size === 0) this.#bySkill.delete(skill);
    }
  }

  #placeOf(agent: AgentState): Place {
    const { id, idleSince, order, skills } = agent;
    return { agent, skills, id, last: onDemand(agent), tier: agent.memberships.get(this.#key)?.tier ?? 0, score: this.#strategy.standing?.(agent) ?? 0, idleSince, order };
  }
}
