import type { Audit, Calendars, CallControl, CallPipeline, CallSession, Clock, EventMap, EventName, FlowVisits, Ids, Interactions, Logger, NewNotification, Prompts, Secrets, Timer } from "@hotlinejs/core";
import { agentView, isWanted } from "@hotlinejs/queueing";
import type { AcdConfig } from "../config.js";
import type { Acd, CallbackOffer, KeptPlace, KeptPlaceResult, AgentFiguresReport, AgentProfile, AgentReason, FiguresReport, AgentChoice, AgentSnapshot, Colleague, Occupation, QueueRequest, QueueResult, QueueRules as QueueRulesView, QueueRulesChange, QueueSnapshot, QueueWork, WaitingCaller, WorkRequest, WrapUpCode } from "../contract.js";
import { addressScheme, sameAddress } from "../domain/agent-address.js";
import { citizenNumber } from "../domain/citizen-number.js";
import { bareNumber } from "../domain/callback-number.js";
import type { QueueFact } from "../domain/facts.js";
import { acdErrors } from "../errors.js";
import type { AcdStore, StoredAgent } from "./acd-store.js";
import { AgentDesk } from "./agent-desk.js";
import type { AgentDeskDeps } from "./agent-desk-deps.js";
import { AgentStates } from "./agent-states.js";
import { Announcements } from "./announcements.js";
import { answered } from "./answered.js";
import { BusinessDay } from "./business-day.js";
import { checked, INPUTS } from "./checked.js";
import { ClosingTimes } from "./closing-times.js";
import { AT_WORK, Decisions } from "./decisions.js";
import type { FactWriter } from "./fact-writer.js";
import { FigureReports } from "./figure-reports.js";
import { Floor } from "./floor.js";
import type { HoldMusic } from "./hold-music.js";
import type { KeptPlaceStore } from "./kept-place-store.js";
import { KeptPlaces } from "./kept-places.js";
import { LineSteering } from "./line-steering.js";
import { LiveView } from "./live-view.js";
import { Occupations } from "./occupations.js";
import type { PastProcess } from "./past-process.js";
import { PlaceHours } from "./place-hours.js";
import { QueueEngine } from "./queue-engine.js";
import { QueueEntrance } from "./queue-entrance.js";
import type { QueueRuleStore } from "./queue-rule-store.js";
import { QueueRules } from "./queue-rules.js";
import type { QueueFacts } from "./queue-facts.js";
import { SettingsCheck } from "./settings-check.js";
import { endStrandedEntries } from "./stranded-entries.js";
import { WrapUps } from "./wrap-ups.js";

export interface DefaultAcdDeps {
  readonly config: AcdConfig;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly store: AcdStore;
  readonly places: KeptPlaceStore;
  readonly rules: QueueRuleStore;
  readonly writer: FactWriter<QueueFact>;
  readonly facts: QueueFacts;
  readonly past: PastProcess;
  readonly music: HoldMusic;
  readonly prompts: Prompts | undefined;
  readonly secrets: Secrets | undefined;
  readonly calendars: Calendars;
  readonly audit: () => Audit;
  readonly flows: () => FlowVisits | undefined;
  readonly control: CallControl;
  readonly pipeline: CallPipeline;
  readonly interactions: Interactions;
  readonly notify: (notification: NewNotification) => Promise<unknown>;
  /** An agent is another one: groups, profile. */
  readonly agentChanged: (number: string) => void;
  /** Somebody entered, left, or is being rung. */
  readonly queueChanged: (key: string) => void;
  /** States that last have gone into the figures, once a minute. */
  readonly booked: () => void;
  readonly publish: <N extends EventName>(name: N, payload: EventMap[N]) => void;
  readonly screens: AgentDeskDeps["screens"];
}

/** So often states are held against the calls they stand for: what looks wrong twice is put right. */
export const CHECK_MS = 15_000;
/** States that last are booked at every so manieth check. */
const BOOK_EVERY = 4;

/** Puts the parts of the distribution together, from its start to its end. */
export class DefaultAcd implements Acd {
  readonly #deps: DefaultAcdDeps;
  readonly #floor: Floor;
  readonly #announcements: Announcements;
  readonly #occupations: Occupations;
  readonly #entrance: QueueEntrance;
  readonly #decisions: Decisions;
  readonly #live: LiveView;
  readonly #figures: FigureReports;
  readonly #steering: LineSteering;
  readonly #wrapUps: WrapUps;
  readonly #check: SettingsCheck;
  readonly #rules: QueueRules;
  readonly #day: BusinessDay;
  /** What the agents have on the phone. */
  readonly desk: AgentDesk;
  readonly #states: AgentStates;
  /** Citizens who are called when it is their turn. */
  readonly places: KeptPlaces;
  readonly #closing: ClosingTimes;
  #checkTimer: Timer | undefined;
  /** Wrong at the last check. */
  readonly #suspects = new Set<string>();
  #stopped = false;

  constructor(deps: DefaultAcdDeps) {
    this.#deps = deps;
    const { priorityWorthSeconds: worth, weightWorthSeconds: weightWorth, wrapUpMaxSeconds } = deps.config;
    const engine = new QueueEngine({
      clock: deps.clock,
      log: deps.log,
      priorityWorthMs: worth === undefined ? undefined : worth * 1000,
      weightWorthMs: weightWorth === undefined ? undefined : weightWorth * 1000,
      ...(wrapUpMaxSeconds === undefined ? {} : { wrapUpMaxMs: wrapUpMaxSeconds * 1000 }),
      perform: (effect, at) => this.#decisions.perform(effect, at),
      stepped: (ms) => this.#clockStepped(ms),
    });
    const floor = new Floor(engine);
    this.#floor = floor;
    this.#closing = new ClosingTimes(deps.clock);
    this.#wrapUps = new WrapUps({
      ...deps,
      floor,
      restoring: (agent, talk) => {
        this.#states.goesOn(agent);
        if (talk !== undefined) deps.facts.wrappingUp(agent, talk);
      },
    });
    this.#states = new AgentStates({
      config: deps.config,
      store: deps.store,
      clock: deps.clock,
      log: deps.log,
      agents: floor.agents,
      hasQueue: (key) => floor.queues.has(key),
      dispatch: (event) => floor.engine.dispatch(event),
      moved: (agent) => this.#reach(agent, this.#reachable(agent.address)),
      changed: deps.agentChanged,
      staffChanged: (queues) => {
        for (const queue of queues) deps.queueChanged(queue);
      },
      signedOut: (agent, reason) => deps.publish("acd.agent-signed-out", { agent, reason, at: deps.clock.now() }),
      overdue: (about) => deps.publish("acd.agent-overdue", { ...about, at: deps.clock.now() }),
      notify: deps.notify,
      atWork: (agent) => AT_WORK.has(agentView(floor.engine.state, agent)?.status ?? "offline"),
    });
    this.#occupations = new Occupations({ floor, control: deps.control, log: deps.log, wrapUp: deps.config.wrapUp });
    this.#entrance = new QueueEntrance({ ...deps, floor, desk: () => this.desk, stopped: () => this.#stopped });
    this.#decisions = new Decisions({ ...deps, floor, wrapUps: this.#wrapUps, stopping: () => deps.pipeline.admission() !== undefined, autoPaused: (effect) => this.#states.autoPaused(effect), idle: (agent) => this.#states.idle(agent), moved: (entry, id) => this.#entrance.moved(entry, id) });
    this.#live = new LiveView({ ...deps, floor, occupations: this.#occupations, wrapUps: this.#wrapUps, reasons: this.#states.reasons, targets: deps.config.targets });
    this.#figures = new FigureReports({ ...deps, floor, targets: deps.config.targets });
    this.#steering = new LineSteering({ ...deps, floor });
    this.#day = new BusinessDay({ ...deps, floor, calendar: deps.calendars.get("default") });
    this.#check = new SettingsCheck(deps);
    this.#rules = new QueueRules({ ...deps, store: deps.rules, floor, check: this.#check, profiles: () => this.#states.profiles(), ruled: (queue) => this.places.ruled(queue) });
    const { callback } = deps.config;
    const hours = new PlaceHours(floor, deps.calendars, callback.calendar);
    this.places = new KeptPlaces({
      config: callback,
      store: deps.places,
      clock: deps.clock,
      ids: deps.ids,
      log: deps.log,
      pipeline: deps.pipeline,
      resolve: (ref, session) => deps.prompts?.resolve(ref, { language: session.language, signal: session.signal }) ?? Promise.resolve([]),
      hasQueue: (key) => floor.queues.has(key),
      reachable: (address) => this.#reachable(address),
      hours: (queue) => hours.of(queue),
      keptUntil: (row) => hours.keptUntil(row),
      onTheLine: (number) => [...floor.serving.values()].some(({ session }) => bareNumber(citizenNumber(session)) === number),
      enter: (row, member) => this.#entrance.enterPlace(row, member),
      serve: (session, request, entered) => this.#entrance.serve(session, request, entered),
    });
    this.#announcements = new Announcements({ settings: deps.config.announcements, prompts: deps.prompts, today: () => deps.calendars.get("default").dateOf(deps.clock.now()) });
    this.desk = new AgentDesk({
      control: deps.control,
      pipeline: deps.pipeline,
      clock: deps.clock,
      ids: deps.ids,
      log: deps.log,
      music: () => deps.music.sources("", "melody", "zh-CN"),
      audit: deps.audit,
      emergencyContacts: deps.config.emergencyContacts,
      pickup: {
        code: deps.config.pickupCode,
        hasGroups: () => this.#states.groups().length > 0,
        take: (reservationId, agentId) => floor.engine.dispatch({ type: "offer.picked-up", reservationId, agentId }),
      },
      announcements: this.#announcements,
      conferenceMost: deps.config.conferenceMaxMembers,
      flows: deps.flows,
      agentAt: (address) => [...floor.agents.values()].find((agent) => sameAddress(agent.address, address))?.number,
      movedTo: (number, interactionId) => this.#occupations.movedTo(number, interactionId),
      redirect: (interactionId, queue) => this.#entrance.redirect(interactionId, queue),
      publish: deps.publish,
      screens: deps.screens,
      talks: (number, { interaction }, queue) => this.#wrapUps.had(number, { interactionId: interaction.id, queue, record: interaction }),
      agent: (number) => this.agent(number),
      occupy: (number, interactionId, options) => this.occupy(number, { interactionId, ...options }),
    });
  }

  /** Whatever remembers a moment goes along; what is shown is told anew. */
  #clockStepped(ms: number): void {
    const { facts, agentChanged, queueChanged } = this.#deps;
    facts.clockStepped(ms);
    this.#wrapUps.clockStepped();
    this.#closing.clockStepped();
    this.#states.clockStepped(ms);
    this.places.clockStepped(ms);
    this.desk.clockStepped(ms);
    for (const number of this.#floor.agents.keys()) agentChanged(number);
    for (const key of this.#floor.queues.keys()) queueChanged(key);
  }

  /** Seeds, loads and puts everything into the engine; nobody is reachable yet. */
  async prepare(): Promise<void> {
    const { store, config, log, calendars, clock } = this.#deps;
    const before = clock.now();
    this.#announcements.prepare();
    await this.#check.configured();
    for (const { kind, key, settings } of await store.seed(config)) {
      // Agents and profiles are changed by supervisors, too.
      log[kind === "queue" ? "warn" : "info"]({ [kind]: key, settings }, `the configuration has a${kind === "agent" ? "n" : ""} ${kind} otherwise than the database, which counts; managed: "code" lets the configuration count`);
    }
    // First what an earlier process knew: what is open after that was open when it ended.
    await this.#deps.writer.replay();
    const places = await this.#deps.past.close();
    const { queues, agents, profiles } = await store.load();
    await this.#rules.load(queues);
    await this.#check.stored({ queues, agents, profiles });
    if (config.callback.calendar !== undefined) calendars.get(config.callback.calendar);
    for (const agent of agents) this.#floor.agents.set(agent.number, agent);
    this.#states.load(profiles);
    this.#check.agents(agents);
    await this.#day.load(before);
    for (const place of places) this.#floor.engine.dispatch({ type: "place.restored", ...place });
  }

  /** Asks the adapters which phones are there, and prepares the music. */
  async start(): Promise<void> {
    // Before anybody could be given something else.
    this.#wrapUps.restore(await this.#deps.store.wrapUps(), this.#deps.past.lived, this.#deps.clock.now());
    this.#deps.past.alive();
    for (const agent of this.#floor.agents.values()) this.#reach(agent, this.#reachable(agent.address));
    this.#states.start();
    for (const { key, settings } of this.#floor.queues.values()) {
      if (settings.calendar === undefined || settings.atClosing === "serve") continue;
      this.#closing.watch(key, this.#deps.calendars.get(settings.calendar), () => this.#close(key));
    }
    this.#checkLater();
    for (const queue of this.#floor.queues.values()) void this.#deps.music.sources(queue.key, queue.settings.music, "zh-CN");
    await this.places.start();
  }

  /** Closing time. */
  #close(queue: string): void {
    this.places.closing(queue);
    this.#floor.engine.dispatch({ type: "queue.closing", queue });
  }

  #checkLater(nth = 1): void {
    this.#checkTimer = this.#deps.clock.setTimeout(() => {
      this.reconcile();
      this.#deps.past.alive();
      if (nth % BOOK_EVERY === 0) {
        this.#deps.facts.bookStates();
        this.#deps.booked();
      }
      this.#checkLater(nth + 1);
    }, CHECK_MS);
  }

  /**
   * No state outlives its call: what an agent or caller stands in without anything behind it, at two checks in a row, is ended.
   * Should never find anything; it is the lease that keeps a lost event from taking an agent for the day.
   */
  reconcile(): void {
    this.#floor.engine.checkClock();
    this.#day.turn();
    const before = new Set(this.#suspects);
    this.#suspects.clear();
    endStrandedEntries(this.#floor, this.#deps.log, before, this.#suspects);
    this.#occupations.check(before, this.#suspects);
  }

  /** A phone has signed on or off. */
  endpoint(address: string, reachable: boolean): void {
    for (const agent of this.#floor.agents.values()) {
      if (!sameAddress(agent.address, address)) continue;
      this.#reach(agent, reachable);
      if (reachable) this.desk.arrived(agent.number);
    }
  }

  /** No new entries from here on; those inside are served. */
  freeze(): void {
    for (const key of this.#floor.queues.keys()) this.#floor.engine.dispatch({ type: "queue.frozen", queue: key, frozen: true });
  }

  /** Lets go of everything; what is open settles. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#checkTimer?.cancel();
    this.#states.stop();
    this.#closing.stop();
    await this.places.stop();
    this.#floor.engine.checkClock();
    this.#deps.facts.bookStates();
    this.#deps.past.stop();
    this.#floor.engine.close();
    for (const entry of this.#floor.entries.values()) {
      entry.call.stop();
      if (entry.kept === undefined) this.#deps.facts.cut(entry.owner);
    }
    this.#floor.entries.clear();
    await this.#deps.writer.flush();
  }

  /** Figures for health. */
  get health(): { waiting: number; agents: number; available: number; factsPending: number; rulesLeftOut: readonly string[] } {
    return { ...this.#live.counts(), factsPending: this.#deps.writer.pending, rulesLeftOut: this.#rules.leftOut };
  }

  async serve(session: CallSession, request: QueueRequest): Promise<QueueResult> {
    checked(INPUTS.request, request, "The request to a queue");
    return this.#entrance.serve(session, request);
  }

  async offerCallback(session: CallSession, offer: CallbackOffer): Promise<"kept" | "declined" | "gone"> {
    checked(INPUTS.callback, offer, "The offer of a callback");
    this.#floor.queue(offer.queue);
    if (!(await answered(session))) return "gone";
    return this.places.offer(session, offer);
  }

  canCallBack(session: CallSession): boolean {
    return this.places.possible(session);
  }

  handOverPlaces(): void {
    this.places.handOver();
  }

  keptPlaces(): Promise<readonly KeptPlace[]> {
    return this.places.open();
  }

  keptPlace(id: string): Promise<KeptPlace | undefined> {
    return this.places.find(id);
  }

  dropPlace(id: string, { result, actor }: { readonly result: KeptPlaceResult; readonly actor: string }): Promise<KeptPlace> {
    return this.places.drop(id, result, actor);
  }

  async serveWork(work: QueueWork, request: WorkRequest): Promise<QueueResult> {
    checked(INPUTS.work, work, "The work for a queue");
    checked(INPUTS.request, request, "The request to a queue");
    return this.#entrance.serveWork(work, request);
  }

  agents(): readonly AgentSnapshot[] {
    return this.#live.agents();
  }

  agent(number: string): AgentSnapshot | undefined {
    return this.#live.agent(number);
  }

  colleagues(number: string, channel: string): readonly Colleague[] {
    return this.#live.colleagues(number, channel);
  }

  wanted(number: string): boolean {
    this.#floor.agent(number);
    return isWanted(this.#floor.engine.state, number);
  }

  queues(): readonly QueueSnapshot[] {
    return this.#live.queues();
  }

  queue(key: string): QueueSnapshot | undefined {
    return this.#live.queue(key);
  }

  queueRules(key: string): QueueRulesView {
    return this.#rules.of(key);
  }

  changeQueueRules(key: string, change: QueueRulesChange, { actor }: { readonly actor: string }): Promise<QueueRulesView> {
    return this.#rules.change(key, change, actor);
  }

  async figures(where: Parameters<Acd["figures"]>[0]): Promise<FiguresReport> {
    checked(INPUTS.span, where, "The span of the figures");
    return this.#figures.queues(where);
  }

  async agentFigures(where: Parameters<Acd["agentFigures"]>[0]): Promise<AgentFiguresReport> {
    checked(INPUTS.span, where, "The span of the figures");
    return this.#figures.agents(where);
  }

  waiting(key: string): readonly WaitingCaller[] {
    return this.#steering.waiting(key);
  }

  move(interactionId: string, queue: string, { actor }: { readonly actor: string }): Promise<WaitingCaller> {
    return this.#steering.move(interactionId, queue, actor);
  }

  async setPriority(interactionId: string, priority: number, { actor }: { readonly actor: string }): Promise<WaitingCaller> {
    checked(INPUTS.priority, priority, `The priority of ${interactionId}`);
    return this.#steering.setPriority(interactionId, priority, actor);
  }

  async setAgentState(number: string, choice: AgentChoice, options: Parameters<Acd["setAgentState"]>[2]): Promise<AgentSnapshot> {
    await this.#states.choose(number, choice, options);
    return this.#known(number);
  }

  async signOut(number: string, { actor, endCall = false }: { readonly actor: string; readonly endCall?: boolean }): Promise<AgentSnapshot> {
    await this.#states.force(number, actor);
    if (endCall) await this.desk.drop(number);
    return this.#known(number);
  }

  reasons(): readonly AgentReason[] {
    return this.#states.reasons.all();
  }

  groups(): ReturnType<Acd["groups"]> {
    return this.#states.groups();
  }

  profiles(): readonly AgentProfile[] {
    return this.#states.profiles();
  }

  async assign(number: string, change: Parameters<Acd["assign"]>[1], { actor }: { readonly actor: string }): Promise<AgentSnapshot> {
    await this.#states.assign(number, change, actor);
    return this.#known(number);
  }

  setProfile(profile: AgentProfile, { actor }: { readonly actor: string }): Promise<AgentProfile> {
    return this.#states.setProfile(profile, actor);
  }

  wrapUpCodes(): readonly WrapUpCode[] {
    return this.#wrapUps.all();
  }

  setWrapUpCode(number: string, code: string): AgentSnapshot {
    this.#floor.agent(number);
    checked(INPUTS.wrapUpCode, code, `The wrap-up code of agent ${number}`);
    this.#wrapUps.set(number, code);
    this.#deps.agentChanged(number);
    return this.#known(number);
  }

  finishWrapUp(number: string, { code }: { readonly code?: string } = {}): AgentSnapshot {
    this.#floor.agent(number);
    if (code !== undefined) this.setWrapUpCode(number, code);
    this.#wrapUps.end(number);
    return this.#known(number);
  }

  occupy(number: string, options: { readonly interactionId: string; readonly free?: boolean; readonly signedOut?: boolean; readonly beside?: boolean }): Occupation | undefined {
    this.#floor.agent(number);
    return this.#stopped ? undefined : this.#occupations.occupy(number, options);
  }

  extendWrapUp(number: string, ms: number): AgentSnapshot {
    this.#floor.agent(number);
    checked(INPUTS.wrapUpMs, ms, `The time for after-call work of agent ${number}, in ms,`);
    this.#wrapUps.extend(number, ms);
    return this.#known(number);
  }

  #known(number: string): AgentSnapshot {
    const agent = this.agent(number);
    if (agent === undefined) throw acdErrors.UNKNOWN_AGENT(number);
    return agent;
  }

  #reach(agent: StoredAgent, reachable: boolean): void {
    const before = this.agent(agent.number)?.reachable;
    this.#floor.engine.dispatch({ type: "agent.reachable", agentId: agent.number, reachable });
    // On a break the state stays as it is: what the phone allows does not.
    if (before !== reachable) this.#deps.agentChanged(agent.number);
  }

  /** Where no adapter can tell (an outside number), the agent is taken to be there. */
  #reachable(address: string): boolean {
    const scheme = addressScheme(address);
    const answers = this.#deps.pipeline.adapters.filter((adapter) => adapter.schemes.includes(scheme)).map((adapter) => adapter.reachable(address));
    return answers.length > 0 && answers.some((answer) => answer !== false);
  }
}
