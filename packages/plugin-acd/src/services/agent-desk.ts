import type { AudioSource, Call, CallSession, Connection, OutboundCall, RoutePlan } from "@hotlinejs/core";
import { errorText, maskPhone } from "@hotlinejs/core";
import type { AgentCall, AgentCalls, AgentScreen, Announcement, AnnouncedTo, EmergencyContact, FollowedCall, FollowedTalk, LiveAnnouncementView, PickupOptions, ScreenHandover, Occupation, Watching, WatchMode, WatchOptions } from "../contract.js";
import { acdErrors } from "../errors.js";
import type { AgentDeskDeps } from "./agent-desk-deps.js";
import { AgentDialling } from "./agent-dialling.js";
import type { AgentOffer } from "./agent-offer.js";
import { CallPickup, PICKUP_HANDLER } from "./call-pickup.js";
import { CallTargets } from "./call-targets.js";
import { AgentTalk } from "./agent-talk.js";
import { checked, INPUTS } from "./checked.js";
import type { ConferenceNews } from "./conference.js";
import { Invitation } from "./invitation.js";
import { PHONE_HANDLER, PhoneCalls, TAKEN } from "./phone-calls.js";
import { PhoneTransfers } from "./phone-transfers.js";
import { ScreenHandovers } from "./screen-handovers.js";
import { Supervision } from "./supervision.js";
import type { AgentTalkDeps, Target } from "./talk-parts.js";

/** The agents' telephones: who has what call, and what they do with it. */
export class AgentDesk implements AgentCalls {
  readonly #deps: AgentDeskDeps;
  readonly #talks = new Map<string, AgentTalk>();
  readonly #offers = new Map<string, AgentOffer>();
  /** Who waits for a phone of an agent to register. */
  readonly #arrivals = new Map<string, (() => void)[]>();

  readonly #phones: PhoneCalls;
  readonly #holding = new WeakSet<AgentTalk>();
  /** Whose leg it is, or was. */
  readonly #owners = new WeakMap<Call, AgentTalk>();
  /** Callers whose agent broke off for good, or could not be given back. */
  readonly #lost = new WeakSet<CallSession>();
  readonly #screens: ScreenHandovers;
  readonly #supervision: Supervision;
  readonly #pickup: CallPickup;
  readonly #targets: CallTargets;
  readonly #dialling: AgentDialling;
  readonly #transfers: PhoneTransfers;

  constructor(deps: AgentDeskDeps) {
    this.#deps = deps;
    this.#targets = new CallTargets(deps);
    this.#supervision = new Supervision({
      control: deps.control,
      audit: { record: (entry) => deps.audit().record(entry) },
      log: deps.log,
      talk: (agent) => this.#of(agent),
      agent: deps.agent,
      occupy: deps.occupy,
      follow: (agent, call) => this.#keep(agent, call, undefined),
      clock: deps.clock,
      changed: ({ by, agent, interactionId }, now) => deps.publish("acd.watched", { by, agent, interactionId, mode: now?.mode ?? null, at: deps.clock.now() }),
    });
    this.#pickup = new CallPickup({ ...deps, ...deps.pickup, offers: this.#offers, talk: (agent) => this.#talks.get(agent) });
    this.#phones = new PhoneCalls({ ...deps, phones: (agent) => this.#phonesOf(agent), target: (agent, to) => this.#targets.find(agent, to), follow: (agent, call, from) => this.#inPlaceOf(from, agent, call) });
    this.#dialling = new AgentDialling({
      ...deps,
      targets: this.#targets,
      take: (agent, interactionId) => (this.#talks.has(agent) ? undefined : deps.occupy(agent, interactionId)),
      takeColleague: (agent, interactionId) => this.#takeFree(agent, interactionId),
      begin: (agent, session, agentCall) => this.#dials(agent, session, agentCall),
      listen: (session, connection) => this.#transfers.listen(session, connection),
      phones: (agent) => this.#phonesOf(agent),
    });
    this.#transfers = new PhoneTransfers({
      ...deps,
      targets: this.#targets,
      phones: this.#phones,
      has: (agent) => this.#talks.has(agent),
      talkOf: (leg) => this.#talkOf(leg),
      ownerOf: (leg) => this.#owners.get(leg),
      invite: (talk, target) => this.#invite(talk, target, false),
      takeFree: (agent, interactionId) => this.#takeFree(agent, interactionId),
      keep: (agent, call, from) => this.#keep(agent, call, from),
      begin: (facts) => this.#put(this.#talk(facts)),
      lost: (session) => void this.#lost.add(session),
    });
    this.#screens = new ScreenHandovers({ ...deps.screens, clock: deps.clock, nameOf: (agent) => this.#nameOf(agent) });
  }

  /** Registers how calls that agents dial go on once the citizen has answered. */
  prepare(): void {
    this.#dialling.prepare();
    this.#deps.pipeline.handler(PICKUP_HANDLER, (session, plan) => this.#pickup.serve(session, plan));
    this.#deps.pipeline.handler(PHONE_HANDLER, (session, plan) => this.#phones.serve(session, plan));
  }

  /** A queue rings an agent. */
  offered(offer: AgentOffer, session: CallSession, facts: { readonly queue: { key: string; name: string }; readonly waitMs: number; readonly ringMs: number; readonly music: Promise<readonly AudioSource[]> }): void {
    const talk = this.#talk({ agent: offer.agent, session, direction: session.call.direction, queue: facts.queue, waitMs: facts.waitMs, ringUntil: this.#deps.clock.now() + facts.ringMs, state: "ringing", music: facts.music });
    this.#offers.set(offer.agent, offer);
    this.#put(talk);
  }

  /** Where a call of a phone leads; `undefined`: not our business. */
  phoneRoute(plan: RoutePlan, call: Pick<Call, "via" | "to">): RoutePlan | undefined {
    return this.#pickup.route(plan, call) ?? this.#phones.route(plan, call);
  }

  /** The offer is over without a talk. */
  withdrawn(agent: string, interactionId: string): void {
    const talk = this.#talks.get(agent);
    if (talk?.session.interaction.id !== interactionId || talk.state !== "ringing") return;
    this.#offers.delete(agent);
    talk.close();
  }

  /** The agent has answered; words are spoken before both talk. */
  answered(agent: string, interactionId: string): void {
    const talk = this.#talks.get(agent);
    if (talk?.session.interaction.id === interactionId) talk.answered();
  }

  /** Citizen and agent talk. */
  connected(agent: string, session: CallSession, connection: Connection, agentCall: OutboundCall): AgentTalk | undefined {
    this.#offers.delete(agent);
    const talk = this.#talks.get(agent);
    if (talk?.session !== session) return undefined;
    this.#transfers.listen(session, connection);
    talk.connected(connection, agentCall);
    return talk;
  }

  /** A phone of the agent has registered. */
  arrived(agent: string): void {
    const waiting = this.#arrivals.get(agent);
    this.#arrivals.delete(agent);
    for (const resolve of waiting ?? []) resolve();
  }

  /** The clock was set. */
  clockStepped(ms: number): void {
    for (const talk of this.#talks.values()) talk.clockStepped(ms);
  }

  current(agent: string): AgentCall | undefined {
    return this.#talks.get(agent)?.view();
  }

  async reject(agent: string): Promise<void> {
    const offer = this.#offers.get(agent);
    await (offer ?? this.#of(agent)).decline();
  }

  async pickUp(agent: string, options: PickupOptions): Promise<AgentCall> {
    return this.#pickup.pickUp(agent, options);
  }

  async hold(agent: string): Promise<void> {
    await this.#of(agent).hold();
  }

  async retrieve(agent: string): Promise<void> {
    await this.#of(agent).retrieve();
  }

  emergencyContacts(): readonly EmergencyContact[] {
    return this.#deps.emergencyContacts;
  }

  async transfer(agent: string, to: string, actor: string): Promise<void> {
    const talk = this.#of(agent);
    const target = this.#targets.find(agent, to);
    await this.#targets.note(agent, to, actor);
    const colleague = this.#invite(talk, target, false);
    try {
      await talk.transfer(target, actor, colleague);
    } catch (error) {
      colleague?.over();
      throw error;
    }
  }

  async toQueue(agent: string, queue: string, actor: string): Promise<void> {
    const talk = this.#of(agent);
    const redirect = this.#deps.redirect(talk.session.interaction.id, queue);
    if (redirect === undefined) throw acdErrors.CALL_STATE(agent, talk.state);
    await this.#deps.audit().record({ actor, action: "acd.given-to-queue", subject: { type: "interaction", id: talk.session.interaction.id }, details: { agent, queue } });
    await talk.handBack(redirect);
  }

  async consult(agent: string, to: string, actor: string): Promise<void> {
    const talk = this.#of(agent);
    const target = this.#targets.find(agent, to);
    await this.#targets.note(agent, to, actor);
    const colleague = this.#invite(talk, target, true);
    try {
      await talk.consult(target, actor, colleague);
    } catch (error) {
      colleague?.over();
      throw error;
    }
  }

  async swap(agent: string): Promise<void> {
    await this.#of(agent).swap();
  }

  async complete(agent: string): Promise<void> {
    await this.#of(agent).complete();
  }

  async conference(agent: string): Promise<void> {
    await this.#of(agent).conference();
  }

  async remove(agent: string, member: string, actor: string): Promise<void> {
    const talk = await this.#confers(agent, actor, "acd.member-removed", { member: memberOf(this.#of(agent), member) });
    await talk.remove(member);
  }

  async mute(agent: string, member: string, { muted, actor }: { readonly muted: boolean; readonly actor: string }): Promise<void> {
    const talk = await this.#confers(agent, actor, muted ? "acd.member-muted" : "acd.member-unmuted", { member: memberOf(this.#of(agent), member) });
    await talk.mute(member, muted);
  }

  async end(agent: string, actor: string): Promise<void> {
    const talk = await this.#confers(agent, actor, "acd.conference-ended", {});
    await talk.end();
  }

  async cancel(agent: string): Promise<void> {
    await this.#of(agent).cancel();
  }

  flows(): readonly { readonly id: string; readonly title: string }[] {
    return this.#deps.flows()?.list() ?? [];
  }

  async toFlow(agent: string, id: string, actor: string): Promise<void> {
    const talk = this.#of(agent);
    const visits = this.#deps.flows();
    const offered = this.flows();
    const flow = offered.find((each) => each.id === id);
    if (visits === undefined || flow === undefined) throw acdErrors.UNKNOWN_FLOW(id, offered.map((each) => each.id).join(", "));
    await this.#deps.audit().record({ actor, action: "acd.sent-to-flow", subject: { type: "interaction", id: talk.session.interaction.id }, details: { agent, flow: id } });
    await talk.toFlow(flow, (signal) => visits.visit(talk.session, id, { signal }));
  }

  announcements(search?: string): readonly Announcement[] {
    return this.#deps.announcements.list(search);
  }

  async announce(agent: string, key: string, { to, actor }: { readonly to: AnnouncedTo; readonly actor: string }): Promise<void> {
    const talk = this.#of(agent);
    checked(INPUTS.announcedTo, to, "To whom is announced");
    const what = this.#deps.announcements.take(key);
    await this.#deps.audit().record({ actor, action: "acd.announced", subject: { type: "interaction", id: talk.session.interaction.id }, details: { agent, announcement: key, title: what.announcement.title, to } });
    await talk.announce(what, to);
  }

  async stopAnnouncement(agent: string): Promise<void> {
    await this.#of(agent).stopAnnouncement();
  }

  async dtmf(agent: string, digits: string): Promise<void> {
    checked(INPUTS.keys, digits, "What is keyed");
    await this.#of(agent).dtmf(digits);
  }

  async hangup(agent: string): Promise<void> {
    await this.#of(agent).hangup();
  }

  /** Whatever the agent has on the phone is over for the agent. */
  async drop(agent: string): Promise<void> {
    // In a consultation the first hang-up ends only that.
    for (let tries = 0; tries < 2; tries++) {
      const talk = this.#talks.get(agent);
      if (talk !== undefined && talk.state !== "ringing") await talk.hangup().catch((error: unknown) => this.#deps.log.debug({ agent, error: errorText(error) }, "the call was over already"));
    }
  }

  async watch(agent: string, mode: WatchMode, options: WatchOptions): Promise<void> {
    checked(INPUTS.watchMode, mode, "How a call is watched");
    await this.#supervision.watch(agent, mode, options);
  }

  async takeOver(agent: string, options: WatchOptions): Promise<void> {
    await this.#supervision.takeOver(agent, options);
  }

  async unwatch(by: string): Promise<void> {
    await this.#supervision.unwatch(by);
  }

  watching(by: string): Watching | undefined {
    return this.#supervision.watching(by);
  }

  async dial(agent: string, to: string, actor: string): Promise<AgentCall> {
    return (await this.#dialling.dial(agent, to, actor)).view();
  }

  #dials(agent: string, session: CallSession, agentCall: OutboundCall): AgentTalk {
    const talk = this.#talk({ agent, session, direction: "outbound", queue: null, waitMs: null, ringUntil: null, state: "dialling", music: this.#deps.music() });
    talk.progress("dialling", agentCall);
    return this.#put(talk);
  }

  follow(agent: string, call: FollowedCall): FollowedTalk {
    return this.#keep(agent, call, undefined);
  }

  /** Whether the last agent of this caller broke off and did not come back; asked once. */
  wasLost(session: CallSession): boolean {
    return this.#lost.delete(session);
  }

  giveScreen(agent: string, interactionId: string, screen: AgentScreen): void {
    this.#screens.put(agent, interactionId, screen);
  }

  screen(agent: string, interactionId: string): ScreenHandover | undefined {
    return this.#screens.read(agent, interactionId);
  }

  /** The agent's conference; what is done to it is in the audit first. @throws HTL_ACD_NO_CALL, HTL_ACD_CALL_STATE */
  async #confers(agent: string, actor: string, action: string, details: Readonly<Record<string, unknown>>): Promise<AgentTalk> {
    const talk = this.#of(agent);
    if (talk.state !== "conference") throw acdErrors.CALL_STATE(agent, talk.state);
    await this.#deps.audit().record({ actor, action, subject: { type: "interaction", id: talk.session.interaction.id }, details: { agent, ...details } });
    return talk;
  }

  #conferred({ agent, session: { interaction } }: AgentTalk, { change, member, members }: ConferenceNews): void {
    const who = member === null ? null : { id: member.id, kind: member.kind, number: member.number, name: member.name };
    // The citizen's number stands in the record already.
    interaction.event(`conference.${change}`, { agent, ...(member === null ? {} : member.kind === "citizen" ? { kind: member.kind } : { kind: member.kind, number: maskPhone(member.number), legId: member.id }), members });
    this.#deps.publish("acd.conference", { interactionId: interaction.id, agent, change, member: who, members, at: this.#deps.clock.now() });
  }

  /** A colleague is to be rung for the caller, or asked; `undefined`: it is no agent. @throws HTL_ACD_AGENT_BUSY */
  #invite(talk: AgentTalk, { role, number }: Target, asked: boolean): Invitation | undefined {
    if (role !== "agent") return undefined;
    const { session } = talk;
    const occupation = this.#takeFree(number, session.interaction.id);
    const { direction, queue, queueName, waitMs } = talk.view();
    const show = (): AgentTalk => {
      const guest = this.#talk({ agent: number, session, direction, queue: queue === null ? null : { key: queue, name: queueName ?? queue }, waitMs, ringUntil: null, state: "ringing", music: this.#deps.music(), given: { by: talk.agent, name: this.#nameOf(talk.agent), asked } });
      this.#talks.set(number, guest);
      return guest;
    };
    return new Invitation({ show, keep: (connection, call, from = talk) => this.#keep(number, { session, connection, call }, from), phones: this.#phonesOf(number) }, occupation);
  }

  /**
   * The agent is to be rung and offered nothing else meanwhile; also one who is signed out, who may be rung all the same. `undefined`: there is no phone.
   *
   * @throws HTL_ACD_AGENT_BUSY nobody is rung into other work
   */
  #takeFree(agent: string, interactionId: string): Occupation | undefined {
    const occupation = this.#talks.has(agent) ? undefined : this.#deps.occupy(agent, interactionId, { signedOut: true });
    if (occupation === undefined && (this.#talks.has(agent) || TAKEN.has(this.#deps.agent(agent)?.state))) throw acdErrors.AGENT_BUSY(agent);
    return occupation;
  }

  /** The caller is this agent's from now on. `from`: who has given the caller on. */
  #keep(agent: string, { session, connection, call }: FollowedCall, from: AgentTalk | undefined): AgentTalk {
    const before = from?.view();
    const queue = before?.queue ?? null;
    const given = from === undefined ? undefined : { by: from.agent, name: this.#nameOf(from.agent), asked: false };
    const talk = this.#talk({ agent, session, direction: session.call.direction, queue: queue === null ? null : { key: queue, name: before?.queueName ?? queue }, waitMs: before?.waitMs ?? null, ringUntil: null, state: "talking", music: this.#deps.music(), ...(given === undefined ? {} : { given }) });
    if (from !== undefined) session.interaction.update({ agentId: agent });
    this.#transfers.listen(session, connection);
    this.#talks.set(agent, talk);
    talk.connected(connection, call);
    return talk;
  }

  /** By an attended transfer of the telephone; whoever talks along in a conference stays in it. */
  #inPlaceOf(leg: Call, agent: string, call: FollowedCall): AgentTalk {
    const before = this.#talkOf(leg);
    const talk = this.#keep(agent, call, before);
    before?.expectHeir(Promise.resolve(talk));
    return talk;
  }

  /** Of whom this is the leg. */
  #talkOf(leg: Call): AgentTalk | undefined {
    return [...this.#talks.values()].find(({ parts }) => parts?.agentCall === leg);
  }

  #nameOf(agent: string): string {
    return this.#deps.agent(agent)?.name ?? agent;
  }

  #talk(facts: ConstructorParameters<typeof AgentTalk>[0]): AgentTalk {
    const { control, clock, log } = this.#deps;
    const { agent } = facts;
    this.#deps.talks(agent, facts.session, facts.queue?.key ?? null);
    return new AgentTalk(facts, { control, clock, log, phones: this.#phonesOf(agent), abandoned: (lost) => void this.#lost.add(lost), changed: (talk) => this.#changed(talk), announcements: this.#deps.announcements, announced: (talk, view) => this.#announced(talk, view), name: this.#nameOf(agent), conferenceMost: this.#deps.conferenceMost, conferred: (talk, news) => this.#conferred(talk, news) });
  }

  #phonesOf(agent: string): AgentTalkDeps["phones"] {
    return {
      address: this.#deps.agent(agent)?.address ?? "",
      reachable: () => this.#deps.agent(agent)?.reachable === true,
      arrival: () => new Promise<void>((resolve) => this.#arrivals.set(agent, [...(this.#arrivals.get(agent) ?? []), resolve])),
    };
  }

  #put(talk: AgentTalk): AgentTalk {
    this.#talks.set(talk.agent, talk);
    this.#changed(talk);
    return talk;
  }

  #announced({ agent, session }: AgentTalk, { key, title, to, result, playedMs }: LiveAnnouncementView): void {
    this.#deps.publish("acd.announcement", { interactionId: session.interaction.id, agent, announcement: key, title, to, result, playedMs, at: this.#deps.clock.now() });
  }

  #changed(talk: AgentTalk): void {
    if (this.#talks.get(talk.agent) !== talk) return;
    if (talk.parts !== undefined) this.#owners.set(talk.parts.agentCall, talk);
    if (talk.over) this.#talks.delete(talk.agent);
    if (talk.lost) this.#lost.add(talk.session);
    else if (talk.state === "talking") this.#lost.delete(talk.session);
    this.#holds(talk);
    this.#deps.publish("acd.agent-call", { agent: talk.agent, call: talk.over ? null : talk.view(), at: this.#deps.clock.now() });
  }

  /** Each talk once: a later change of one that gives its caller away takes nothing back. */
  #holds(talk: AgentTalk): void {
    if (talk.parts === undefined || this.#holding.has(talk)) return;
    this.#holding.add(talk);
    const { id } = talk.session.interaction;
    this.#screens.has(talk.agent, id);
    void talk.session.call.ended.then(() => this.#screens.end(id));
  }

  #of(agent: string): AgentTalk {
    const talk = this.#talks.get(agent);
    if (talk === undefined) throw this.#mismatch(agent);
    return talk;
  }

  #mismatch(agent: string): Error {
    const talk = this.#talks.get(agent);
    if (talk !== undefined) return acdErrors.CALL_STATE(agent, talk.state);
    return this.#deps.agent(agent) === undefined ? acdErrors.UNKNOWN_AGENT(agent) : acdErrors.NO_CALL(agent);
  }
}

/** What the audit says of a member: who it is, not only the id. */
function memberOf(talk: AgentTalk, id: string): string {
  const member = talk.view().members.find((each) => each.id === id);
  return member === undefined ? id : member.kind === "citizen" ? "citizen" : maskPhone(member.number);
}
