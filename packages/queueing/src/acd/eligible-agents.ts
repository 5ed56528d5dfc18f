import { tieBreak } from "../strategies/strategies.js";
import type { Strategy } from "../strategies/strategies.js";
import { OrderedList } from "./ordered-list.js";
import type { Listed } from "./ordered-list.js";
import type { AgentState, Membership } from "./state.js";

/** 1 for who comes after all others. */
export function onDemand({ choice }: AgentState): 0 | 1 {
  return choice === "on-demand" ? 1 : 0;
}

/** An agent and what the order hung on when the place was given: the agent's own figures may have moved on since. */
export interface Place extends Listed {
  readonly agent: AgentState;
  readonly own: Membership;
  readonly id: string;
  readonly last: 0 | 1;
  readonly tier: number;
  readonly score: number;
  readonly idleSince: number;
  readonly order: number;
  readonly skills: AgentState["skills"];
}

/** @param own the agent's membership in the queue */
type Suits = (agent: AgentState, own: Membership) => boolean;

function comparePlaces(a: Place, b: Place): number {
  return a.last - b.last || a.tier - b.tier || a.score - b.score || tieBreak(a, b);
}

/**
 * The members of one queue who could be offered something now, kept in the order in which they would be rung. Whoever
 * looks for one takes the first who fits, so that a decision hardly grows with the number of those who are free. An agent's
 * place is kept with the membership: of ten thousand who come and go none is looked up in a table.
 */
export class EligibleAgents {
  #strategy: Strategy;
  readonly #order = new OrderedList(comparePlaces);
  /** Who has a skill, at whatever level; only where everybody would have to be looked at otherwise. */
  readonly #bySkill = new Map<string, Set<AgentState>>();

  constructor(strategy: Strategy) {
    this.#strategy = strategy;
  }

  get size(): number {
    return this.#order.size;
  }

  /** In the order in which they would be rung, as they are now. */
  [Symbol.iterator](): IterableIterator<AgentState> {
    return this.filter(() => true)[Symbol.iterator]();
  }

  /** Those whom `suits` accepts, in the order in which they would be rung. */
  filter(suits: Suits): AgentState[] {
    const agents: AgentState[] = [];
    this.#order.find(({ agent, own }) => {
      if (suits(agent, own)) agents.push(agent);
      return false;
    });
    return agents;
  }

  some(suits: Suits): boolean {
    return this.#order.find(({ agent, own }) => suits(agent, own)) !== undefined;
  }

  /** Those who have one of the skills, the fewest there are, or everybody if none is named: nobody else can have all of them. */
  having(skills: Iterable<string>): Iterable<AgentState> {
    if (this.#strategy.standing !== undefined) return this.filter(() => true);
    let fewest: ReadonlySet<AgentState> | undefined;
    for (const skill of skills) {
      const those = this.#bySkill.get(skill);
      if (those === undefined) return [];
      if (fewest === undefined || those.size < fewest.size) fewest = those;
    }
    return fewest ?? this.filter(() => true);
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
    const places: Place[] = [];
    this.#order.find(({ agent, own }) => {
      const place = this.#placeOf(agent, own);
      own.place = place;
      this.#noteSkills(place);
      places.push(place);
      return false;
    });
    this.#order.replace(places);
  }

  /** Gives the agent, by way of the membership, the place that follows from the present figures. Returns whether the agent was not there before. */
  put(agent: AgentState, own: Membership): boolean {
    const { place } = own;
    const there = place?.listed === "in";
    if (place !== undefined && this.#holds(place)) {
      if (there) return false;
      this.#noteSkills(place);
      this.#order.insert(place);
      return true;
    }
    if (there) {
      this.#order.remove(place);
      this.#forgetSkills(place);
    }
    own.place = this.#placeOf(agent, own);
    this.#noteSkills(own.place);
    this.#order.insert(own.place);
    return !there;
  }

  delete({ place }: Membership): void {
    if (place?.listed !== "in") return;
    this.#order.remove(place);
    this.#forgetSkills(place);
  }

  clear(): void {
    this.#bySkill.clear();
    this.#order.replace([]);
  }

  /**
   * The first whom the queue's strategy would ring and whom `suits` accepts; only for strategies whose order is `standing`.
   * @param lastOrder where a strategy that goes round left off
   */
  first(suits: Suits, lastOrder: number): AgentState | undefined {
    if (this.#strategy.goesRound === true) return this.#firstInTurn(suits, lastOrder);
    return this.#order.find(({ agent, own }) => suits(agent, own))?.agent;
  }

  /** In each tier those after the last one first, then the rest from the top. */
  #firstInTurn(suits: Suits, lastOrder: number): AgentState | undefined {
    let tier: Place | undefined;
    let found: AgentState | undefined;
    let fromTop: AgentState | undefined;
    this.#order.find((place) => {
      if (tier === undefined || place.last !== tier.last || place.tier !== tier.tier) {
        if (fromTop !== undefined) return true;
        tier = place;
      }
      if (place.order > lastOrder) found = suits(place.agent, place.own) ? place.agent : undefined;
      else if (fromTop === undefined && suits(place.agent, place.own)) fromTop = place.agent;
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

  #placeOf(agent: AgentState, own: Membership): Place {
    const { id, idleSince, order, skills } = agent;
    return { agent, own, skills, id, last: onDemand(agent), tier: own.tier, score: this.#strategy.standing?.(agent) ?? 0, idleSince, order, listed: "out" };
  }

  /** Whether the agent would be given this very place now. */
  #holds({ agent, skills, last, score, idleSince, order }: Place): boolean {
    return idleSince === agent.idleSince && order === agent.order && last === onDemand(agent) && skills === agent.skills && score === (this.#strategy.standing?.(agent) ?? 0);
  }
}

/** Whether the agent could be offered something now in the queue of this membership. */
export function isListed({ place }: Membership): boolean {
  return place?.listed === "in";
}
