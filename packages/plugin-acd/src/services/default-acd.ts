import type { Audit, Calendars, CallControl, CallPipeline, CallSession, Clock, EventMap, EventName, FlowVisits, Ids, Logger, NewNotification, Prompts, Secrets, Timer } from "@hotlinejs/core";
import { agentView, aheadOf, interactionView, queueView } from "@hotlinejs/queueing";
import type { AcdEffect, AcdEvent } from "@hotlinejs/queueing";
import type { AcdConfig } from "../config.js";
import type { Acd, CallbackOffer, KeptPlace, KeptPlaceResult, AgentFiguresReport, AgentProfile, AgentReason, FiguresReport, AgentChoice, AgentSnapshot, AgentState, Occupation, QueueRequest, QueueResult, QueueSnapshot, QueueWork, WaitingCaller, WorkRequest } from "../contract.js";
import { addressScheme, sameAddress } from "../domain/agent-address.js";
import { bareNumber } from "../domain/callback-number.js";
import { engineQueue } from "../domain/engine-config.js";
import { addAgentSums, addSums, agentFigures, emptyAgentSums, emptySums, occupancy, queueFigures, type AgentSums } from "../domain/queue-figures.js";
import type { KeptPlaceRow } from "../entities/kept-place.entity.js";
import { acdErrors } from "../errors.js";
import type { AcdStore, StoredAgent, StoredQueue } from "./acd-store.js";
import type { FactWriter } from "./fact-writer.js";
import type { HoldMusic } from "./hold-music.js";
import { QueueEngine } from "./queue-engine.js";
import type { EntryOwner, QueueFacts } from "./queue-facts.js";
import { AgentDesk, type AgentDeskDeps } from "./agent-desk.js";
import { AgentStates } from "./agent-states.js";
import { Announcements } from "./announcements.js";
import { ClosingTimes } from "./closing-times.js";
import type { KeptPlaceStore } from "./kept-place-store.js";
import { KeptPlaces } from "./kept-places.js";
import type { QueueMember } from "./queue-member.js";
import { QueuedCall } from "./queued-call.js";
import type { QueuedPlace } from "./queued-place.js";
import { QueuedWork } from "./queued-work.js";

export interface DefaultAcdDeps {
  readonly config: AcdConfig;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly store: AcdStore;
  readonly places: KeptPlaceStore;
  readonly writer: FactWriter;
  readonly facts: QueueFacts;
  readonly music: HoldMusic;
  readonly prompts: Prompts | undefined;
  readonly secrets: Secrets | undefined;
  readonly calendars: Calendars;
  readonly audit: () => Audit;
  readonly flows: () => FlowVisits | undefined;
  readonly control: CallControl;
  readonly pipeline: CallPipeline;
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

interface Entry {
  readonly call: QueueMember;
  /** Of the stay in the present queue. */
  owner: EntryOwner;
  entered: boolean;
  /** The number of a place that is kept: it is in no figures, the call that comes of it is. */
  readonly kept?: string;
}

/** So often states are held against the calls they stand for: what looks wrong twice is put right. */
const CHECK_MS = 15_000;
/** Longest reservation of an agent for a citizen who is dialled; the call itself ends long before. */
const DIALLING_MS = 600_000;
/** States that last are booked at every so manieth check. */
const BOOK_EVERY = 4;

const WORKING: ReadonlySet<AgentState> = new Set<AgentState>(["reserved", "busy", "occupied", "wrap-up"]);
/** From these an agent may take up a call of another kind by own wish. */
const OCCUPIABLE: ReadonlySet<AgentState> = new Set<AgentState>(["available", "on-demand", "not-ready", "held", "wrap-up"]);

/** Owns the engine and gives each of its decisions to whom it concerns. */
export class DefaultAcd implements Acd {
  readonly #deps: DefaultAcdDeps;
  readonly #engine: QueueEngine;
  readonly #announcements: Announcements;
  readonly #queues = new Map<string, StoredQueue>();
  readonly #agents = new Map<string, StoredAgent>();
  readonly #entries = new Map<string, Entry>();
  /** Calls of callers in a queue or talking through one, by interaction. */
  readonly #serving = new Map<string, QueuedCall>();
  /** Agents on a call no queue gave. */
  readonly #occupied = new Map<string, { interactionId: string; readonly release: () => void; /** Legs of it were there at a check. */ seen: boolean }>();
  /** What the agents have on the phone. */
  readonly desk: AgentDesk;
  readonly #states: AgentStates;
  /** Citizens who are called when it is their turn. */
  readonly places: KeptPlaces;
  readonly #closing: ClosingTimes;
  #checkTimer: Timer | undefined;
  /** Wrong at the last check. */
  readonly #suspects = new Set<string>();
  #frozen = false;
  #stopped = false;

  constructor(deps: DefaultAcdDeps) {
    this.#deps = deps;
    const { priorityWorthSeconds: worth, weightWorthSeconds: weightWorth, wrapUpMaxSeconds } = deps.config;
    this.#engine = new QueueEngine({
      clock: deps.clock,
      log: deps.log,
      priorityWorthMs: worth === undefined ? undefined : worth * 1000,
      weightWorthMs: weightWorth === undefined ? undefined : weightWorth * 1000,
      ...(wrapUpMaxSeconds === undefined ? {} : { wrapUpMaxMs: wrapUpMaxSeconds * 1000 }),
      perform: (effect, at) => this.#perform(effect, at),
      stepped: (ms) => {
        deps.facts.clockStepped(ms);
        this.#closing.clockStepped();
      },
    });
    this.#closing = new ClosingTimes(deps.clock);
    this.#states = new AgentStates({
      config: deps.config,
      store: deps.store,
      clock: deps.clock,
      log: deps.log,
      agents: this.#agents,
      hasQueue: (key) => this.#queues.has(key),
      dispatch: (event) => this.#engine.dispatch(event),
      moved: (agent) => this.#reach(agent, this.#reachable(agent.address)),
      changed: deps.agentChanged,
      signedOut: (agent, reason) => deps.publish("acd.agent-signed-out", { agent, reason, at: deps.clock.now() }),
      overdue: (about) => deps.publish("acd.agent-overdue", { ...about, at: deps.clock.now() }),
      notify: deps.notify,
    });
    const { callback } = deps.config;
    this.places = new KeptPlaces({
      config: callback,
      store: deps.places,
      clock: deps.clock,
      ids: deps.ids,
      log: deps.log,
      pipeline: deps.pipeline,
      resolve: (ref, session) => deps.prompts?.resolve(ref, { language: session.language, signal: session.signal }) ?? Promise.resolve([]),
      hasQueue: (key) => this.#queues.has(key),
      reachable: (address) => this.#reachable(address),
      hours: (key) => {
        const own = this.#queues.get(key)?.settings.calendar;
        return { queue: own === undefined ? undefined : deps.calendars.get(own), citizens: callback.calendar === undefined ? undefined : deps.calendars.get(callback.calendar) };
      },
      onTheLine: (number) => [...this.#serving.values()].some(({ session }) => bareNumber(session.interaction.callerNumber) === number),
      enter: (row, member) => this.#enterPlace(row, member),
      serve: (session, request, entered) => this.#serve(session, request, entered),
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
        take: (reservationId, agentId) => this.#engine.dispatch({ type: "offer.picked-up", reservationId, agentId }),
      },
      announcements: this.#announcements,
      flows: deps.flows,
      agentAt: (address) => [...this.#agents.values()].find((agent) => sameAddress(agent.address, address))?.number,
      movedTo: (number, interactionId) => {
        const occupied = this.#occupied.get(number);
        if (occupied !== undefined) Object.assign(occupied, { interactionId, seen: false });
      },
      redirect: (interactionId, queue) => this.#redirect(interactionId, queue),
      publish: deps.publish,
      screens: deps.screens,
      agent: (number) => this.agent(number),
      occupy: (number, interactionId) => this.occupy(number, { interactionId }),
    });
  }

  /** Seeds, loads and puts everything into the engine; nobody is reachable yet. */
  async prepare(): Promise<void> {
    const { store, config } = this.#deps;
    this.#announcements.prepare();
    await store.seed(config);
    const { queues, agents, profiles } = await store.load();
    for (const queue of queues) {
      const { calendar } = queue.settings;
      if (calendar !== undefined && !this.#deps.calendars.has(calendar)) throw acdErrors.QUEUE_UNUSABLE(queue.key, `calendar: there is no calendar ${calendar}; known: ${this.#deps.calendars.keys().join(", ")}`);
      this.#queues.set(queue.key, queue);
      this.#engine.dispatch({ type: "queue.configured", queue: engineQueue(queue.key, queue.settings, config.wrapUp) });
    }
    const { calendar: citizenHours } = config.callback;
    if (citizenHours !== undefined) this.#deps.calendars.get(citizenHours);
    for (const agent of agents) this.#agents.set(agent.number, agent);
    this.#states.load(profiles);
    const places = await store.closeLeftovers();
    const { facts, calendars, clock } = this.#deps;
    const today = calendars.get("default").dateOf(clock.now());
    for (const row of await store.queueDay(today)) facts.today.add(row.queue, row.startsAt, row);
    for (const row of await store.agentDay(today)) facts.today.addAgent(row.agent, row.startsAt, row);
    for (const place of places) this.#engine.dispatch({ type: "place.restored", ...place });
  }

  /** Asks the adapters which phones are there, and prepares the music. */
  async start(): Promise<void> {
    for (const agent of this.#agents.values()) this.#reach(agent, this.#reachable(agent.address));
    this.#states.start();
    for (const { key, settings } of this.#queues.values()) {
      if (settings.calendar === undefined || settings.atClosing === "serve") continue;
      this.#closing.watch(key, this.#deps.calendars.get(settings.calendar), () => this.#engine.dispatch({ type: "queue.closing", queue: key }));
    }
    this.#checkLater();
    for (const queue of this.#queues.values()) void this.#deps.music.sources(queue.key, queue.settings.music, "zh-CN");
    await this.places.start();
  }

  #checkLater(nth = 1): void {
    this.#checkTimer = this.#deps.clock.setTimeout(() => {
      this.reconcile();
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
    const { control, log } = this.#deps;
    this.#engine.checkClock();
    const before = new Set(this.#suspects);
    this.#suspects.clear();
    for (const [id, { call, owner }] of this.#entries) {
      if (!call.over || interactionView(this.#engine.state, id) === undefined) continue;
      if (before.has(id)) {
        log.error({ interactionId: owner.interactionId, queue: owner.queue }, "a caller stood in a queue though the call has ended; the place is given up");
        this.#engine.dispatch({ type: "interaction.ended", interactionId: id });
      } else this.#suspects.add(id);
    }
    for (const [number, occupied] of this.#occupied) {
      const live = control.legs(occupied.interactionId).length > 0;
      if (live) occupied.seen = true;
      // Before its first leg a call may take its time.
      if (live || !occupied.seen) continue;
      const key = `${number}\n${occupied.interactionId}`;
      if (before.has(key)) {
        log.error({ agent: number, interactionId: occupied.interactionId }, "an agent was held for a call that has ended; released");
        occupied.release();
      } else this.#suspects.add(key);
    }
  }

  /** A phone has signed on or off. */
  endpoint(address: string, reachable: boolean): void {
    for (const agent of this.#agents.values()) {
      if (!sameAddress(agent.address, address)) continue;
      this.#reach(agent, reachable);
      if (reachable) this.desk.arrived(agent.number);
    }
  }

  /** No new entries from here on; those inside are served. */
  freeze(): void {
    this.#frozen = true;
    for (const key of this.#queues.keys()) this.#engine.dispatch({ type: "queue.frozen", queue: key, frozen: true });
  }

  /** Lets go of everything; what is open settles. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#checkTimer?.cancel();
    this.#states.stop();
    this.#closing.stop();
    await this.places.stop();
    this.#deps.facts.bookStates();
    this.#engine.close();
    for (const entry of this.#entries.values()) {
      entry.call.stop();
      if (entry.kept === undefined) this.#deps.facts.cut(entry.owner);
    }
    this.#entries.clear();
    await this.#deps.writer.flush();
  }

  /** Figures for health. */
  get health(): { waiting: number; agents: number; available: number; factsPending: number } {
    let waiting = 0;
    for (const key of this.#queues.keys()) waiting += queueView(this.#engine.state, key)?.waiting ?? 0;
    const states = [...this.#agents.keys()].map((number) => agentView(this.#engine.state, number)?.status);
    return { waiting, agents: states.length, available: states.filter((state) => state === "available").length, factsPending: this.#deps.writer.pending };
  }

  serve(session: CallSession, request: QueueRequest): Promise<QueueResult> {
    return this.#serve(session, request);
  }

  /** @param entered for who keeps a place: told in the same breath in which the caller stands in the line; opening hours do not count any more */
  async #serve(session: CallSession, request: QueueRequest, entered?: () => void): Promise<QueueResult> {
    const queue = this.#queues.get(request.queue);
    if (queue === undefined) throw acdErrors.UNKNOWN_QUEUE(request.queue, [...this.#queues.keys()].join(", "));
    if (this.#stopped) throw acdErrors.STOPPED();
    // A flow to which an agent has sent the caller leads back to that agent, not into a queue.
    if (this.#serving.has(session.interaction.id)) throw acdErrors.SERVED_ALREADY(session.interaction.id);
    if (!(await answered(session))) return { outcome: "abandoned", waitMs: 0, talkMs: 0, callerGone: true };
    if (this.#isStopped()) throw acdErrors.STOPPED();
    const since = Math.min(this.#deps.clock.now(), request.placeAt ?? Number.POSITIVE_INFINITY);
    let talkMs = 0;
    for (let back = false; ; back = true) {
      const { result, lostAgent, next } = await this.#wait(session, request, queue, back ? since : undefined, back ? undefined : entered);
      talkMs += result.talkMs;
      if (next !== undefined && !result.callerGone && !this.#isStopped()) {
        const further = await this.serve(session, { queue: next, priority: request.priority, exitKeys: request.exitKeys, exitHint: request.exitHint, signal: request.signal });
        return { ...further, talkMs: talkMs + further.talkMs };
      }
      // Who lost the agent to a broken phone is first in line again, before all who came later.
      if (!lostAgent || result.callerGone || this.#isStopped()) return { ...result, talkMs };
    }
  }

  /** One stay in the queue, with the talk that comes of it. */
  async #wait(session: CallSession, request: QueueRequest, queue: StoredQueue, placeAt: number | undefined, entered: (() => void) | undefined): Promise<{ readonly result: QueueResult; readonly lostAgent: boolean; /** The queue to which the agent gave the caller. */ readonly next?: string | undefined }> {
    const { ids, clock, control, prompts, log, music, secrets } = this.#deps;
    const { callerNumber, id: interactionId } = session.interaction;
    const callerKey = callerNumber === "" ? undefined : (secrets?.blindIndex(callerNumber) ?? callerNumber);
    const priority = queue.settings.priority + (request.priority ?? 0);
    const id = ids.next();
    // The number itself is never stored in the queue's rows.
    const stored = secrets === undefined ? null : (callerKey ?? null);
    const owner = this.#owner(id, interactionId, queue, { channel: "voice", priority, callerKey: stored });
    // Whoever was in before the queue closed is served.
    if (placeAt === undefined && entered === undefined && this.#outOfHours(queue)) {
      this.#refuse(owner, session);
      return { result: { outcome: "closed", waitMs: 0, talkMs: 0, callerGone: false }, lostAgent: false };
    }
    const preferredAgent = request.preferredAgent ?? (await this.#lastAgent(queue, stored));
    if (this.#isStopped()) throw acdErrors.STOPPED();
    if (session.signal.aborted) return { result: { outcome: "abandoned", waitMs: 0, talkMs: 0, callerGone: true }, lostAgent: false };
    const enteredAt = clock.monotonic();
    const call = new QueuedCall(id, session, request, queue, {
      control,
      prompts,
      log,
      clock,
      dispatch: (event) => this.#engine.dispatch(event),
      music: music.sources(queue.key, queue.settings.music, session.language),
      queue: (key) => this.#queues.get(key),
      addressOf: (agent) => this.#agents.get(agent)?.address,
      desk: this.desk,
      waited: () => clock.monotonic() - enteredAt,
      stopping: () => this.#deps.pipeline.admission() !== undefined,
      back: placeAt !== undefined,
    });
    this.#entries.set(id, { call, owner, entered: false });
    this.#engine.dispatch({ type: "interaction.enqueued", interactionId: id, queue: queue.key, priority, skills: request.skills, callerKey, ...directed(placeAt === undefined ? preferredAgent : undefined, request), placeAt: placeAt ?? request.placeAt });
    entered?.();
    if (this.#entries.has(id)) call.watch();
    this.#serving.set(interactionId, call);
    const result = await call.result;
    this.#serving.delete(interactionId);
    // A talk that went on after a take-over is followed to its end; everything else is over.
    if (result.outcome !== "answered") this.#entries.delete(id);
    else if (!result.callerGone) await forgetKeys(session, log);
    return { result, lostAgent: call.lostAgent, next: call.next };
  }

  async offerCallback(session: CallSession, offer: CallbackOffer): Promise<"kept" | "declined" | "gone"> {
    if (!this.#queues.has(offer.queue)) throw acdErrors.UNKNOWN_QUEUE(offer.queue, [...this.#queues.keys()].join(", "));
    if (!(await answered(session))) return "gone";
    return this.places.offer(session, offer);
  }

  canCallBack(session: CallSession): boolean {
    return this.places.possible(session);
  }

  keptPlaces(): Promise<readonly KeptPlace[]> {
    return this.places.open();
  }

  keptPlace(id: string): Promise<KeptPlace | undefined> {
    return this.places.find(id);
  }

  dropPlace(id: string, { result, actor }: { readonly result: KeptPlaceResult; readonly actor: string }): Promise<void> {
    return this.places.drop(id, result, actor);
  }

  #enterPlace({ queue: key, interactionId, number, priority: own, skills, placeAt }: KeptPlaceRow, member: QueuedPlace): () => void {
    const queue = this.#queues.get(key);
    if (queue === undefined) throw acdErrors.UNKNOWN_QUEUE(key, [...this.#queues.keys()].join(", "));
    const id = this.#deps.ids.next();
    const priority = queue.settings.priority + own;
    this.#entries.set(id, { call: member, owner: this.#owner(id, interactionId, queue, { channel: "callback", priority, callerKey: null }), entered: false, kept: number });
    this.#engine.dispatch({ type: "interaction.enqueued", interactionId: id, queue: key, priority, skills, placeAt, patient: true, ringMs: DIALLING_MS });
    return () => this.#engine.dispatch({ type: "interaction.exited", interactionId: id });
  }

  #redirect(interactionId: string, queue: string): (() => void) | undefined {
    if (!this.#queues.has(queue)) throw acdErrors.UNKNOWN_QUEUE(queue, [...this.#queues.keys()].join(", "));
    const call = this.#serving.get(interactionId);
    return call === undefined ? undefined : () => (call.next = queue);
  }

  async serveWork(work: QueueWork, request: WorkRequest): Promise<QueueResult> {
    const queue = this.#queues.get(request.queue);
    if (queue === undefined) throw acdErrors.UNKNOWN_QUEUE(request.queue, [...this.#queues.keys()].join(", "));
    if (this.#stopped) throw acdErrors.STOPPED();
    const { ids, log, secrets } = this.#deps;
    const { interactionId, callerKey: key } = work;
    const callerKey = key === undefined ? undefined : (secrets?.blindIndex(key) ?? key);
    const priority = queue.settings.priority + (request.priority ?? 0);
    const id = ids.next();
    const owner = this.#owner(id, interactionId, queue, { channel: work.channel, priority, callerKey: secrets === undefined ? null : (callerKey ?? null) });
    const { onlyAgent, exceptAgent, patient = false, yields } = request;
    if (!patient && this.#outOfHours(queue)) {
      this.#refuse(owner);
      return { outcome: "closed", waitMs: 0, talkMs: 0, callerGone: false };
    }
    const member = new QueuedWork(id, work, { log, dispatch: (event) => this.#engine.dispatch(event) }, request.signal);
    this.#entries.set(id, { call: member, owner, entered: false });
    this.#engine.dispatch({ type: "interaction.enqueued", interactionId: id, queue: queue.key, priority, skills: request.skills, callerKey, channel: work.channel, ...directed(request.preferredAgent, request), onlyAgent, exceptAgent, patient, yields, placeAt: request.placeAt ?? (patient ? this.#deps.clock.now() : undefined) });
    if (this.#entries.has(id)) member.watch();
    const result = await member.result;
    if (result.outcome !== "answered") this.#entries.delete(id);
    return result;
  }

  #owner(entryId: string, interactionId: string, queue: StoredQueue, more: Pick<EntryOwner, "channel" | "priority" | "callerKey">): EntryOwner {
    const { serviceLevelSeconds, shortAbandonSeconds } = queue.settings;
    const { channel, priority, callerKey } = more;
    return { entryId, interactionId, queue: queue.key, serviceLevelMs: serviceLevelSeconds * 1000, shortAbandonMs: shortAbandonSeconds * 1000, channel, priority, callerKey };
  }

  #outOfHours({ settings: { calendar } }: StoredQueue): boolean {
    return calendar !== undefined && !this.#deps.calendars.get(calendar).isOpen(this.#deps.clock.now());
  }

  /** Out of hours: counted, told, not let in. */
  #refuse(owner: EntryOwner, session?: CallSession): void {
    this.#deps.facts.left(owner, { type: "left", interactionId: owner.entryId, queue: owner.queue, outcome: "closed", waitMs: 0 }, { at: this.#deps.clock.now(), entered: false, cut: false });
    session?.interaction.update({ queue: owner.queue });
    session?.interaction.event("queue.left", { queue: owner.queue, outcome: "closed", waitMs: 0 });
  }

  /** Who spoke to this caller last, where the queue wants to know. A database that does not answer keeps nobody waiting. */
  async #lastAgent(queue: StoredQueue, callerKey: string | null): Promise<string | undefined> {
    const { stickyDays } = queue.settings;
    if (stickyDays === 0 || callerKey === null) return undefined;
    try {
      return await this.#deps.store.lastAgent(callerKey, this.#deps.clock.now() - stickyDays * 86_400_000);
    } catch (error) {
      this.#deps.log.warn({ err: error, queue: queue.key }, "the caller's last agent could not be looked up; any agent will do");
      return undefined;
    }
  }

  agents(): readonly AgentSnapshot[] {
    return [...this.#agents.keys()].flatMap((number) => this.agent(number) ?? []);
  }

  agent(number: string): AgentSnapshot | undefined {
    const agent = this.#agents.get(number);
    const view = agentView(this.#engine.state, number);
    if (agent === undefined || view === undefined) return undefined;
    return {
      number,
      name: agent.name,
      address: agent.address,
      state: view.status,
      since: view.statusSince,
      choice: view.choice,
      reason: view.reason ?? null,
      reasonName: this.#states.reasons.find(view.reason)?.name ?? view.reason ?? null,
      reachable: view.reachable,
      queues: view.queues,
      groups: agent.own.groups,
      profile: agent.own.profile ?? null,
      work: view.interactions.flatMap(({ id, channel }) => {
        const owner = this.#entries.get(id)?.owner;
        return owner === undefined ? [] : [{ interactionId: owner.interactionId, channel }];
      }),
      interactionId: view.interactionId === undefined ? (this.#occupied.get(number)?.interactionId ?? null) : (this.#entries.get(view.interactionId)?.owner.interactionId ?? null),
      wrapUpUntil: view.wrapUntil ?? null,
      callsTaken: view.callsTaken,
      talkMs: view.talkMs,
      today: agentFigures(this.#deps.facts.agentDay(number)),
    };
  }

  queues(): readonly QueueSnapshot[] {
    return [...this.#queues.keys()].flatMap((key) => this.queue(key) ?? []);
  }

  queue(key: string): QueueSnapshot | undefined {
    const queue = this.#queues.get(key);
    const view = queueView(this.#engine.state, key);
    if (queue === undefined || view === undefined) return undefined;
    const spent = emptyAgentSums();
    let working = 0;
    for (const number of this.#membersOf(key)) {
      addAgentSums(spent, this.#deps.facts.agentDay(number));
      const status = agentView(this.#engine.state, number)?.status;
      if (status !== undefined && WORKING.has(status)) working += 1;
    }
    return {
      key,
      name: queue.name,
      strategy: view.strategy,
      waiting: view.waiting,
      ringing: view.offered,
      oldestWaitMs: view.oldestAt === undefined ? 0 : Math.max(0, this.#deps.clock.now() - view.oldestAt),
      oldestAt: view.oldestAt ?? null,
      expectedWaitMs: view.expectedWaitMs,
      agents: view.members,
      staffed: view.staffed,
      available: view.available,
      working,
      occupancy: occupancy(spent),
      frozen: this.#frozen || view.frozen,
      serviceLevelSeconds: queue.settings.serviceLevelSeconds,
      onDemandAfterMs: queue.settings.onDemandAfterSeconds === null ? null : queue.settings.onDemandAfterSeconds * 1000,
      today: this.#deps.facts.today.of(key),
    };
  }

  async figures(where: { readonly queue?: string; readonly from: number; readonly to: number }): Promise<FiguresReport> {
    if (where.queue !== undefined && !this.#queues.has(where.queue)) throw acdErrors.UNKNOWN_QUEUE(where.queue, [...this.#queues.keys()].join(", "));
    await this.#deps.writer.flush();
    const rows = await this.#deps.store.queueIntervals(where);
    const total = emptySums();
    for (const row of rows) addSums(total, row);
    return { total: queueFigures(total), intervals: rows.map((row) => ({ queue: row.queue, channel: row.channel, startsAt: row.startsAt, ...queueFigures(row) })) };
  }

  async agentFigures(where: { readonly agent?: string; readonly queue?: string; readonly from: number; readonly to: number }): Promise<AgentFiguresReport> {
    const { agent, queue, from, to } = where;
    if (agent !== undefined && !this.#agents.has(agent)) throw acdErrors.UNKNOWN_AGENT(agent);
    if (queue !== undefined && !this.#queues.has(queue)) throw acdErrors.UNKNOWN_QUEUE(queue, [...this.#queues.keys()].join(", "));
    // States that last are in the figures up to this moment.
    this.#deps.facts.bookStates();
    await this.#deps.writer.flush();
    const wanted = (queue === undefined ? [...this.#agents.keys()] : this.#membersOf(queue)).filter((number) => agent === undefined || number === agent);
    const sums = new Map<string, AgentSums>(wanted.map((number) => [number, emptyAgentSums()]));
    const total = emptyAgentSums();
    for (const row of await this.#deps.store.agentIntervals({ agents: wanted, from, to })) {
      const own = sums.get(row.agent);
      if (own === undefined) continue;
      addAgentSums(own, row);
      addAgentSums(total, row);
    }
    return { total: { ...total, ...agentFigures(total) }, agents: [...sums].map(([number, own]) => ({ agent: number, name: this.#agents.get(number)?.name ?? number, ...own, ...agentFigures(own) })) };
  }

  #membersOf(key: string): string[] {
    return [...this.#agents.keys()].filter((number) => agentView(this.#engine.state, number)?.queues.includes(key) === true);
  }

  waiting(key: string): readonly WaitingCaller[] {
    if (!this.#queues.has(key)) throw acdErrors.UNKNOWN_QUEUE(key, [...this.#queues.keys()].join(", "));
    return [...this.#entries].flatMap(([id, { owner }]) => (owner.queue === key ? (this.#waiting(id) ?? []) : [])).sort((a, b) => a.ahead - b.ahead || a.placeAt - b.placeAt);
  }

  async move(interactionId: string, queue: string, { actor }: { readonly actor: string }): Promise<WaitingCaller> {
    if (!this.#queues.has(queue)) throw acdErrors.UNKNOWN_QUEUE(queue, [...this.#queues.keys()].join(", "));
    return this.#steer(interactionId, actor, "acd.caller-moved", { queue }, (id) => ({ type: "interaction.moved", interactionId: id, queue }));
  }

  async setPriority(interactionId: string, priority: number, { actor }: { readonly actor: string }): Promise<WaitingCaller> {
    return this.#steer(interactionId, actor, "acd.caller-priority", { priority }, (id) => ({ type: "interaction.priority", interactionId: id, priority }));
  }

  async #steer(interactionId: string, actor: string, action: string, details: Readonly<Record<string, string | number>>, event: (id: string) => AcdEvent): Promise<WaitingCaller> {
    const find = (): string => {
      const [id] = [...this.#entries].find(([id, { owner }]) => owner.interactionId === interactionId && this.#waiting(id) !== undefined) ?? [];
      if (id === undefined) throw acdErrors.NOT_WAITING(interactionId);
      return id;
    };
    const before = this.#waiting(find());
    await this.#deps.audit().record({ actor, action, subject: { type: "interaction", id: interactionId }, details: { ...details, from: before?.queue ?? "" } });
    // An agent may have answered meanwhile.
    const id = find();
    this.#engine.dispatch(event(id));
    const now = this.#waiting(id);
    if (now === undefined) throw acdErrors.NOT_WAITING(interactionId);
    this.#deps.queueChanged(now.queue);
    return now;
  }

  #waiting(id: string): WaitingCaller | undefined {
    const view = interactionView(this.#engine.state, id);
    const owner = this.#entries.get(id)?.owner;
    if (view === undefined || owner === undefined || view.state === "connected") return undefined;
    const { queue, priority, enteredAt, placeAt } = view;
    const callerNumber = this.#entries.get(id)?.kept ?? this.#serving.get(owner.interactionId)?.session.interaction.callerNumber ?? "";
    return { interactionId: owner.interactionId, queue, channel: owner.channel, callerNumber, priority, enteredAt, placeAt, ahead: aheadOf(this.#engine.state, id) ?? 0, ringing: view.agentId ?? null };
  }

  async setAgentState(number: string, choice: AgentChoice, options: { readonly actor: string; readonly reason?: string }): Promise<AgentSnapshot> {
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

  finishWrapUp(number: string): AgentSnapshot {
    if (!this.#agents.has(number)) throw acdErrors.UNKNOWN_AGENT(number);
    this.#engine.dispatch({ type: "agent.wrap-up-done", agentId: number });
    return this.#known(number);
  }

  occupy(number: string, { interactionId, free = false }: { readonly interactionId: string; readonly free?: boolean }): Occupation | undefined {
    const { state, reachable, queues } = this.#known(number);
    // Whoever writes with citizens may telephone too, where the capacity allows it.
    const writing = state === "busy" && agentView(this.#engine.state, number)?.roomForCall === true && !this.#occupied.has(number);
    const possible = free ? state === "available" || state === "on-demand" : reachable && (OCCUPIABLE.has(state) || writing);
    if (!possible || this.#stopped) return undefined;
    const [first] = queues;
    const settings = first === undefined ? undefined : this.#queues.get(first)?.settings;
    const wrapUp = this.#agents.get(number)?.settings.wrapUpSeconds ?? settings?.wrapUpSeconds ?? this.#deps.config.wrapUp;
    let released = false;
    const occupation: Occupation = {
      release: (options = {}) => {
        if (released) return;
        released = true;
        this.#occupied.delete(number);
        this.#engine.dispatch({ type: "agent.occupied", agentId: number, occupied: false, wrapUpMs: options.wrapUp === true ? wrapUp * 1000 : 0 });
      },
    };
    this.#occupied.set(number, { interactionId, release: () => occupation.release(), seen: false });
    this.#engine.dispatch({ type: "agent.occupied", agentId: number, occupied: true });
    return occupation;
  }

  extendWrapUp(number: string, ms: number): AgentSnapshot {
    if (!this.#agents.has(number)) throw acdErrors.UNKNOWN_AGENT(number);
    this.#engine.dispatch({ type: "agent.wrap-up-extended", agentId: number, ms });
    return this.#known(number);
  }

  #known(number: string): AgentSnapshot {
    const agent = this.agent(number);
    if (agent === undefined) throw acdErrors.UNKNOWN_AGENT(number);
    return agent;
  }

  // Read anew after an await; the compiler would take the earlier answer.
  #isStopped(): boolean {
    return this.#stopped;
  }

  #reach(agent: StoredAgent, reachable: boolean): void {
    this.#engine.dispatch({ type: "agent.reachable", agentId: agent.number, reachable });
  }

  /** Where no adapter can tell (an outside number), the agent is taken to be there. */
  #reachable(address: string): boolean {
    const scheme = addressScheme(address);
    const answers = this.#deps.pipeline.adapters.filter((adapter) => adapter.schemes.includes(scheme)).map((adapter) => adapter.reachable(address));
    return answers.length > 0 && answers.some((answer) => answer !== false);
  }

  #perform(effect: Exclude<AcdEffect, { type: "timer" | "timer-cancel" }>, at: number): void {
    const { facts, publish } = this.#deps;
    switch (effect.type) {
      case "queue-length":
        return this.#deps.queueChanged(effect.queue);
      case "agent-status":
        facts.agentStatus(effect, at);
        // Who is there and free, and how long talks are taken care of, are figures of the queues too.
        for (const key of agentView(this.#engine.state, effect.agentId)?.queues ?? []) this.#deps.queueChanged(key);
        return publish("acd.agent-state", { agent: effect.agentId, from: effect.from, to: effect.to, reason: effect.reason ?? null, at });
      case "auto-paused":
        return this.#states.autoPaused(effect);
    }
    const entry = this.#entries.get(effect.interactionId);
    if (entry === undefined) return;
    const { call, owner } = entry;
    const { interactionId } = owner;
    if (entry.kept !== undefined) return this.#performKept(entry, effect);
    switch (effect.type) {
      case "entered":
        entry.entered = true;
        facts.entered(owner, effect, at);
        publish("acd.queued", { interactionId, queue: effect.queue, ahead: effect.ahead, at });
        return call.entered(effect);
      case "offer":
        facts.offered(owner, effect, at);
        publish("acd.offered", { interactionId, queue: effect.queue, agent: effect.agentId, attempt: effect.attempt, at });
        return call.offered(effect);
      case "rescind":
        return call.rescinded(effect);
      case "requeued":
        publish("acd.requeued", { interactionId, queue: owner.queue, agent: effect.agentId, cause: effect.cause, ringing: effect.ringing, at });
        return call.requeued(effect);
      case "connect":
        void call.connect(effect).catch((error: unknown) => {
          this.#deps.log.error({ err: error, interactionId, agent: effect.agentId }, "joining caller and agent failed");
          this.#engine.dispatch({ type: "offer.rejected", reservationId: effect.reservationId, cause: "failed" });
        });
        return;
      case "announce":
        return call.announce(effect);
      case "overflowed":
        return call.overflowed(effect);
      case "left":
        facts.left(owner, effect, { at, entered: entry.entered, cut: call.cut });
        if (effect.outcome === "moved") this.#moved(entry, effect.interactionId);
        else if (effect.outcome !== "answered") this.#entries.delete(effect.interactionId);
        return call.left(effect);
      case "ended":
        facts.ended(owner, effect, at, call.brokenOff);
        this.#entries.delete(effect.interactionId);
        return call.ended(effect);
    }
  }

  /** Of a place whose citizen is not on the line: no facts, nothing to tell of a call. */
  #performKept(entry: Entry, effect: Exclude<AcdEffect, { type: "timer" | "timer-cancel" | "queue-length" | "agent-status" | "auto-paused" }>): void {
    const { call } = entry;
    if (effect.type === "entered") call.entered(effect);
    else if (effect.type === "offer") call.offered(effect);
    else if (effect.type === "rescind") call.rescinded(effect);
    else if (effect.type === "left") {
      if (effect.outcome === "moved") this.#moved(entry, effect.interactionId);
      else this.#entries.delete(effect.interactionId);
      call.left(effect);
    }
  }

  /** The stay in the next queue is an entry of its own. */
  #moved(entry: Entry, id: string): void {
    const queue = this.#queues.get(interactionView(this.#engine.state, id)?.queue ?? "");
    if (queue === undefined) return;
    entry.entered = false;
    entry.owner = this.#owner(this.#deps.ids.next(), entry.owner.interactionId, queue, entry.owner);
  }
}

/** At whom the request is directed, and how long it is kept for that agent. */
function directed(preferredAgent: string | undefined, { preferredSeconds }: Pick<QueueRequest, "preferredSeconds">): { preferredAgent: string | undefined; preferredMs?: number } {
  return { preferredAgent, ...(preferredSeconds === undefined ? {} : { preferredMs: preferredSeconds * 1000 }) };
}

/** What the caller keyed while talking was for the agent, not for what comes after. */
async function forgetKeys(session: CallSession, log: Logger): Promise<void> {
  try {
    await session.call.collect({ flush: true, max: 1, firstDigitTimeoutMs: 1, signal: session.signal });
  } catch (error) {
    log.debug({ err: error, interactionId: session.interaction.id }, "keys of the talk could not be cleared");
  }
}

/** Answers the citizen's leg; `false` when the caller is gone. */
async function answered(session: CallSession): Promise<boolean> {
  if (session.signal.aborted) return false;
  try {
    await session.call.answer();
  } catch (error) {
    if (session.call.signal.aborted) return false;
    throw error;
  }
  return !session.signal.aborted;
}
