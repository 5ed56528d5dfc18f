import type { Clock, Logger, NewNotification } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import type { AcdEffect, AcdEvent } from "@hotlinejs/queueing";
import type { AcdConfig } from "../config.js";
import type { AgentChoice, AgentProfile, AgentReason } from "../contract.js";
import { agentAddress, sharedPhones } from "../domain/agent-address.js";
import { effectiveAgent, engineAgent } from "../domain/engine-config.js";
import { capacityDoubts } from "../domain/settings-doubts.js";
import { acdErrors } from "../errors.js";
import type { AcdStore, StoredAgent, StoredProfile } from "./acd-store.js";
import { AgentLeases } from "./agent-leases.js";
import { AgentReasons } from "./agent-reasons.js";
import { checked, INPUTS } from "./checked.js";

export interface AgentStatesDeps {
  readonly config: AcdConfig;
  readonly store: AcdStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly agents: ReadonlyMap<string, StoredAgent>;
  readonly hasQueue: (key: string) => boolean;
  readonly dispatch: (event: AcdEvent) => void;
  /** The agent's address is another one. */
  readonly moved: (agent: StoredAgent) => void;
  readonly changed: (agent: string) => void;
  /** Other agents serve these queues than before. */
  readonly staffChanged: (queues: Iterable<string>) => void;
  readonly signedOut: (agent: string, reason: string | null) => void;
  readonly overdue: (about: { readonly agent: string; readonly reason: string; readonly since: number }) => void;
  readonly notify: (notification: NewNotification) => Promise<unknown>;
  /** The agent is at work: what is chosen meanwhile begins afterwards. */
  readonly atWork: (agent: string) => boolean;
}

/** What agents choose and what they are assigned: stored first, then taken into account. */
export class AgentStates {
  readonly reasons: AgentReasons;
  readonly #deps: AgentStatesDeps;
  readonly #profiles = new Map<string, StoredProfile>();
  readonly #leases: AgentLeases;
  /** Whose break begins when the work is done. */
  readonly #later = new Set<string>();
  /** Place of the agents in the team's order. */
  readonly #order = new Map<string, number>();
  /** The change of agents or profiles that is under way: the next sees what it left. */
  #changing: Promise<unknown> = Promise.resolve();

  constructor(deps: AgentStatesDeps) {
    this.#deps = deps;
    this.reasons = new AgentReasons(deps.config);
    this.#leases = new AgentLeases({
      clock: deps.clock,
      signInMaxHours: deps.config.signInMaxHours,
      over: (agent, reason) => this.#over(agent, reason),
      expired: (agent) => this.#signOutFor(agent, "the longest time signed in is over"),
    });
  }

  /** What the database holds goes into the engine; nobody is reachable yet. */
  load(profiles: readonly StoredProfile[]): void {
    for (const profile of profiles) this.#profiles.set(profile.key, profile);
    for (const agent of this.#deps.agents.values()) {
      this.#order.set(agent.number, this.#order.size);
      this.#configure(agent);
      this.#deps.dispatch({ type: "agent.state", agentId: agent.number, state: agent.choice, reason: agent.reason ?? undefined });
    }
  }

  /** From here on states run out. */
  start(): void {
    for (const agent of this.#deps.agents.values()) this.#watch(agent);
  }

  stop(): void {
    this.#leases.stop();
  }

  /** The clock was set: nobody has been away, or signed in, the longer or shorter for it. What runs out does so after the time that passes. */
  clockStepped(ms: number): void {
    for (const agent of this.#deps.agents.values()) {
      agent.choiceAt += ms;
      if (agent.signedInAt !== null) agent.signedInAt += ms;
    }
  }

  async choose(number: string, choice: AgentChoice, { actor, reason, keepWrapUp }: { readonly actor: string; readonly reason?: string; readonly keepWrapUp?: boolean }): Promise<void> {
    const agent = this.#known(number);
    checked(INPUTS.choice, choice, `The state for agent ${number}`);
    await this.#choose(agent, choice, choice === "available" || choice === "on-demand" ? null : this.reasons.codeFor(choice, reason), actor, keepWrapUp);
  }

  /** Signed out by somebody else. */
  async force(number: string, actor: string): Promise<void> {
    await this.#choose(this.#known(number), "offline", "forced", actor);
  }

  /** Not stored: it was not the agent's choice, and a restart gives everyone a fresh start. */
  autoPaused({ agentId, cause }: Extract<AcdEffect, { type: "auto-paused" }>): void {
    const agent = this.#deps.agents.get(agentId);
    this.#deps.log.warn({ agent: agentId, cause }, cause === "no-answer" ? "an agent missed too many calls and is put into not-ready" : "an agent's after-call work lasted too long; not-ready now");
    if (agent === undefined) return;
    agent.choice = "not-ready";
    agent.reason = cause;
  }

  /** The agent goes on with what an earlier process began: a break that was chosen meanwhile begins afterwards. Before `start`. */
  goesOn(number: string): void {
    if (this.#deps.agents.get(number)?.choice === "not-ready") this.#later.add(number);
  }

  /** A break that was chosen during a call begins now that the work is done: so does the time it may last. */
  idle(number: string): void {
    const agent = this.#deps.agents.get(number);
    if (agent?.choice !== "not-ready" || !this.#later.delete(number)) return;
    agent.choiceAt = this.#deps.clock.now();
    this.#watch(agent);
    this.#deps.store.choiceBegan(number, agent.choiceAt).catch((error: unknown) => this.#deps.log.warn({ agent: number, error: errorText(error) }, "when a break began could not be stored; after a restart its time counts from when it was chosen"));
  }

  profiles(): readonly AgentProfile[] {
    return [...this.#profiles.values()].map(({ key, name, settings }) => ({ key, name, ...settings }));
  }

  groups(): readonly { readonly key: string; readonly name: string; readonly agents: readonly string[] }[] {
    return this.#deps.config.groups.map(({ key, name }) => ({ key, name, agents: [...this.#deps.agents.values()].filter((agent) => agent.own.groups.includes(key)).map(({ number }) => number) }));
  }

  /** @throws HTL_ACD_UNKNOWN_AGENT, HTL_ACD_UNKNOWN_PROFILE, HTL_ACD_UNKNOWN_GROUP, HTL_ACD_PHONE_TWICE */
  assign(number: string, change: { readonly profile?: string | null; readonly groups?: readonly string[] }, actor: string): Promise<void> {
    return this.#inTurn(() => this.#assign(number, change, actor));
  }

  /** @throws HTL_ACD_UNKNOWN_QUEUE, HTL_ACD_QUEUE_TWICE, HTL_ACD_PHONE_TWICE */
  setProfile(given: AgentProfile, actor: string): Promise<AgentProfile> {
    return this.#inTurn(() => this.#setProfile(given, actor));
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#changing.then(change);
    this.#changing = done.catch(() => undefined);
    return done;
  }

  async #assign(number: string, change: { readonly profile?: string | null; readonly groups?: readonly string[] }, actor: string): Promise<void> {
    const agent = this.#known(number);
    checked(INPUTS.assignment, change, `The assignment of agent ${number}`);
    const { groups: known } = this.#deps.config;
    const profile = change.profile === undefined ? agent.own.profile : (change.profile ?? undefined);
    if (profile !== undefined && !this.#profiles.has(profile)) throw acdErrors.UNKNOWN_PROFILE(profile, [...this.#profiles.keys()].join(", ") || "none");
    for (const key of change.groups ?? []) if (!known.some((group) => group.key === key)) throw acdErrors.UNKNOWN_GROUP(key, known.map((group) => group.key).join(", ") || "none");
    const { profile: _before, ...rest } = agent.own;
    const own = { ...rest, ...(profile === undefined ? {} : { profile }), groups: [...new Set(change.groups ?? agent.own.groups)] };
    this.#ownPhones([agent], profile === undefined ? undefined : this.#profiles.get(profile)?.settings.address);
    await this.#deps.store.assign(number, own, actor);
    agent.own = own;
    this.#reconfigure([agent]);
  }

  async #setProfile(given: AgentProfile, actor: string): Promise<AgentProfile> {
    const { key, name, ...settings } = checked(INPUTS.profile, given, `The profile ${String((given as Partial<AgentProfile> | undefined)?.key)}`);
    const served = new Set<string>();
    for (const membership of settings.queues) {
      const queue = typeof membership === "string" ? membership : membership.queue;
      if (!this.#deps.hasQueue(queue)) throw acdErrors.UNKNOWN_QUEUE(queue, "see GET /api/queues");
      if (served.has(queue)) throw acdErrors.QUEUE_TWICE(queue);
      served.add(queue);
    }
    const profile = { key, name, settings };
    const members = [...this.#deps.agents.values()].filter(({ own }) => own.profile === key);
    this.#ownPhones(members, settings.address);
    for (const { path, message } of capacityDoubts(settings.capacity)) this.#deps.log.warn({ profile: key, setting: path.join(".") }, `a setting probably has no effect: ${message}`);
    await this.#deps.store.putProfile(profile, actor);
    this.#profiles.set(key, profile);
    this.#reconfigure(members);
    return { key, name, ...settings };
  }

  /** Whoever shares a telephone since before the change is not to blame for it. @throws HTL_ACD_PHONE_TWICE */
  #ownPhones(changed: readonly StoredAgent[], profileAddress: string | undefined): void {
    const moved = new Map(changed.map((agent) => [agent.number, agentAddress(agent.number, agent.ownAddress, profileAddress)]));
    const after = [...this.#deps.agents.values()].map(({ number, address }) => ({ number, address: moved.get(number) ?? address, stays: (moved.get(number) ?? address) === address }));
    // Who stays comes first, so that only who moves is told.
    const [shared] = sharedPhones([...after.filter(({ stays }) => stays), ...after.filter(({ stays }) => !stays)]).filter(({ number }) => after.some((agent) => agent.number === number && !agent.stays));
    if (shared !== undefined) throw acdErrors.PHONE_TWICE(shared.with, shared.number, shared.address);
  }

  #reconfigure(agents: readonly StoredAgent[]): void {
    const served = new Set<string>();
    for (const agent of agents) {
      for (const { queue } of memberships(agent)) served.add(queue);
      this.#configure(agent);
      for (const { queue } of memberships(agent)) served.add(queue);
      this.#deps.changed(agent.number);
    }
    // Whoever is on a call stays in that state: that the queues have others now is told apart.
    this.#deps.staffChanged(served);
  }

  #configure(agent: StoredAgent): void {
    const { config, dispatch, log } = this.#deps;
    const profile = agent.own.profile === undefined ? undefined : this.#profiles.get(agent.own.profile);
    if (agent.own.profile !== undefined && profile === undefined) log.warn({ agent: agent.number, profile: agent.own.profile }, "the agent's profile is not there; only the agent's own settings count");
    agent.settings = effectiveAgent(agent.own, profile?.settings, config.capacity);
    dispatch({ type: "agent.configured", agent: engineAgent(agent.number, agent.settings, this.#order.get(agent.number) ?? this.#order.size) });
    const address = agentAddress(agent.number, agent.ownAddress, profile?.settings.address);
    if (address === agent.address) return;
    agent.address = address;
    this.#deps.moved(agent);
  }

  async #choose(agent: StoredAgent, choice: AgentChoice, reason: string | null, actor: string, keepWrapUp = false): Promise<void> {
    const choiceAt = this.#deps.clock.now();
    const wasIn = agent.choice !== "offline";
    const state = { choice, reason, choiceAt, signedInAt: choice === "offline" ? null : (agent.signedInAt ?? choiceAt) };
    await this.#deps.store.choose(agent.number, state, actor);
    Object.assign(agent, state);
    if (choice === "not-ready" && this.#deps.atWork(agent.number)) this.#later.add(agent.number);
    else this.#later.delete(agent.number);
    this.#deps.dispatch({ type: "agent.state", agentId: agent.number, state: choice, reason: reason ?? undefined, keepWrapUp });
    this.#watch(agent);
    // On a call, in after-call work, without a phone the state stays as it is: what was chosen does not.
    this.#deps.changed(agent.number);
    if (choice === "offline" && wasIn) this.#deps.signedOut(agent.number, reason);
  }

  #watch(agent: StoredAgent): void {
    this.#leases.watch(agent.number, { ...agent, reason: this.#later.has(agent.number) ? undefined : this.reasons.find(agent.reason) });
  }

  #over(number: string, reason: AgentReason): void {
    const { clock, overdue, notify, log, agents } = this.#deps;
    const { name = number, choiceAt: since = clock.now() } = agents.get(number) ?? {};
    overdue({ agent: number, reason: reason.code, since });
    const minutes = Math.round((clock.now() - since) / 60_000);
    notify({ channel: "screen", to: "permission:acd.agents.state", template: "acd.agent-overdue", title: "坐席超时", text: `${name}（${number}）${reason.name}已${minutes}分钟`, subject: { type: "acd.agent", id: number }, key: `acd.agent-overdue:${number}:${since}` }).catch((error: unknown) =>
      log.warn({ agent: number, error: errorText(error) }, "supervisors could not be told of an agent who is away too long"),
    );
    if (reason.whenOver === "sign-out") this.#signOutFor(number, "the time for the reason is over");
  }

  #signOutFor(number: string, why: string): void {
    const agent = this.#deps.agents.get(number);
    if (agent === undefined) return;
    this.#deps.log.warn({ agent: number }, `an agent is signed out: ${why}`);
    this.#choose(agent, "offline", "overdue", "plugin:acd").catch((error: unknown) => this.#deps.log.error({ err: error, agent: number }, "an agent could not be signed out"));
  }

  #known(number: string): StoredAgent {
    const agent = this.#deps.agents.get(number);
    if (agent === undefined) throw acdErrors.UNKNOWN_AGENT(number);
    return agent;
  }
}

function memberships({ settings }: StoredAgent): readonly { readonly queue: string }[] {
  return settings.queues.map((membership) => (typeof membership === "string" ? { queue: membership } : membership));
}
