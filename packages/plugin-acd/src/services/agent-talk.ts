import type { CallEnd, CallSession, Connection, FlowVisitResult, OutboundCall } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import type { AgentCall, AgentCallState, AnnouncedTo, CallMember, LiveAnnouncementView } from "../contract.js";
import { acdErrors } from "../errors.js";
import type { Announcements } from "./announcements.js";
import { CallerInFlow } from "./caller-in-flow.js";
import { Conference } from "./conference.js";
import type { Invitation } from "./invitation.js";
import { PhoneHold } from "./phone-hold.js";
import { AWAITED, awaitPhone, brokeOff, reattach } from "./reattachment.js";
import { StepQueue } from "./step-queue.js";
import { TalkAnnouncements } from "./talk-announcements.js";
import type { AgentTalkDeps, TalkFacts, Target } from "./talk-parts.js";
import { talkView } from "./talk-view.js";

const GIVEN_UP = new Error("given up from the screen");

/**
 * One call on one agent's phone, from the first ring. Commands are carried out one after the other; each looks
 * at the state first, so that a hang-up in between finds nothing half done.
 */
export class AgentTalk {
  readonly agent: string;
  readonly session: CallSession;
  /** Resolves when the agent's part is over for good: hung up, or broken off and not come back. */
  readonly left: Promise<void>;
  #leave: () => void = () => undefined;
  #lost = false;
  #until: number | null = null;
  #ringUntil: number | null;
  #waiting: AbortController | undefined;
  /** What the agent goes on with once the phone is back. */
  #resume: AgentCallState = "talking";
  #facts: TalkFacts;
  readonly #deps: AgentTalkDeps;
  #state: AgentCallState;
  #since: number;
  #answeredAt: number | null = null;
  #joining = false;
  #connection: Connection | undefined;
  #agentCall: OutboundCall | undefined;
  readonly #conference: Conference;
  readonly #inFlow: CallerInFlow;
  readonly #announcements: TalkAnnouncements;
  /** Legs of others that were taken into the conversation from here. */
  readonly #brought = new Set<OutboundCall>();
  readonly #steps: StepQueue;
  readonly #phoneHold: PhoneHold;
  #over = false;
  #supervisor: AgentCall["supervisor"] = null;
  /** The other agent talks with this one, not with the caller. */
  #asked = false;
  /** Who else is in another agent's conference. */
  #company: readonly CallMember[] = [];

  constructor(facts: TalkFacts, deps: AgentTalkDeps) {
    this.agent = facts.agent;
    this.session = facts.session;
    this.#facts = facts;
    this.#deps = deps;
    this.#state = facts.state;
    this.#ringUntil = facts.ringUntil;
    this.#since = deps.clock.now();
    const { clock, log, announcements: offered } = deps;
    const told = (view: LiveAnnouncementView): void => {
      deps.announced(this, view);
      deps.changed(this);
    };
    this.#announcements = new TalkAnnouncements({ agent: facts.agent, session: facts.session, clock, log, offered, told });
    this.#steps = new StepQueue((error) => log.warn({ error: errorText(error), agent: this.agent, interactionId: this.session.interaction.id }, "a step of a consultation failed"));
    this.#inFlow = new CallerInFlow({ agent: facts.agent, session: facts.session, log, music: facts.music, state: () => this.#state, over: () => this.#over, enter: (state) => this.#enter(state) });
    this.#conference = this.#conferenceOf(facts, deps);
    this.#phoneHold = new PhoneHold({ state: () => (this.#over ? undefined : this.#state), hold: () => this.hold(), retrieve: () => this.retrieve(), log });
    this.left = new Promise((resolve) => (this.#leave = resolve));
  }

  /** The agent's phone broke off and did not come back: the caller is somebody else's now. */
  get lost(): boolean {
    return this.#lost;
  }

  get over(): boolean {
    return this.#over;
  }

  get state(): AgentCallState {
    return this.#state;
  }

  /** The conversation and the agent's leg in it; `undefined` while nobody talks. */
  get parts(): { readonly connection: Connection; readonly agentCall: OutboundCall } | undefined {
    const connection = this.#connection;
    const agentCall = this.#agentCall;
    return this.#over || connection === undefined || agentCall === undefined ? undefined : { connection, agentCall };
  }

  view(): AgentCall {
    return talkView({ facts: this.#facts, state: this.#state, since: this.#since, ringUntil: this.#ringUntil, until: this.#until, answeredAt: this.#answeredAt, joining: this.#joining, supervisor: this.#supervisor, conference: this.#conference, company: this.#company, visit: this.#inFlow.visit, guest: this.#guest, asked: this.#asked, over: this.#over, announcements: this.#announcements });
  }

  /** The agent has answered; the caller still hears by whom. */
  answered(): void {
    if (this.#over || this.#joining || this.#state !== "ringing") return;
    this.#joining = true;
    this.#deps.changed(this);
  }

  /** Citizen and agent talk. */
  connected(connection: Connection, agentCall: OutboundCall): void {
    this.#connection = connection;
    this.#agentCall = agentCall;
    this.#answeredAt ??= this.#deps.clock.now();
    this.#enter("talking");
    this.#follow(agentCall);
    void connection.ended.then(({ by }) => this.#conversationOver(by));
    connection.subscribe((event) => {
      if (event.from !== this.#agentCall) return;
      if (event.type === "transferring") this.#enter("transferring");
      else if (event.type === "transfer-failed" && event.call === event.from) {
        this.#enter(this.#conference.state);
        this.#phoneHold.settle();
      }
    });
  }

  /** The clock was set: what is shown as having lasted has lasted as long as it did. */
  clockStepped(ms: number): void {
    this.#since += ms;
    if (this.#answeredAt !== null) this.#answeredAt += ms;
    if (this.#until !== null) this.#until += ms;
    if (this.#ringUntil !== null) this.#ringUntil += ms;
    this.#conference.clockStepped(ms);
    this.#deps.changed(this);
  }

  /** However the agent's part ends, by the phone or from here, it is told by the legs. */
  #follow(leg: OutboundCall): void {
    void leg.ended.then((end) => this.#agentEnded(leg, end));
    this.#phoneHold.follow(leg);
  }

  /** The agent's leg is being rung, or the citizen's by the agent. */
  progress(state: AgentCallState, agentCall?: OutboundCall): void {
    if (agentCall !== undefined) this.#agentCall = agentCall;
    this.#enter(state);
  }

  /** Rung for another agent's caller, or asked about one. */
  guest(state: "ringing" | "consulting" | "conference", agentCall: OutboundCall, talking: boolean): void {
    if (state === this.#state && agentCall === this.#agentCall && talking === this.#asked) return;
    this.#asked = talking;
    this.#waiting = undefined;
    if (state !== "ringing") this.#answeredAt ??= this.#deps.clock.now();
    this.progress(state, agentCall);
  }

  /** A guest's: the other agent's part is another one's now. */
  hostedBy({ by, name }: { readonly by: string; readonly name: string }): void {
    this.#facts = { ...this.#facts, given: { by, name, asked: true } };
    this.#deps.changed(this);
  }

  /** A guest's: who else is in the conference. */
  knows(members: readonly CallMember[]): void {
    this.#company = members;
    this.#deps.changed(this);
  }

  /** A guest's phone broke off. @param until epoch ms; @param waiting ends the waiting */
  awaited(until: number, waiting: AbortController): void {
    this.#waiting = waiting;
    this.#until = until;
    this.#enter("reconnecting");
  }

  /** The agent does not take what another agent's call rings for. */
  async decline(): Promise<void> {
    if (!this.#guest || this.#state !== "ringing") throw acdErrors.CALL_STATE(this.agent, this.#state);
    await this.#agentCall?.hangup({ reason: "declined" });
  }

  /** A supervisor is heard in it, or no more. */
  supervised(mode: AgentCall["supervisor"]): void {
    if (this.#over || mode === this.#supervisor) return;
    this.#supervisor = mode;
    this.#deps.changed(this);
  }

  /** Nothing more will happen. Idempotent. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#announcements.stop("cut");
    this.#deps.changed(this);
  }

  hold(): Promise<void> {
    return this.#move(["talking"], async ({ connection }) => {
      await connection.hold(this.session.call, await this.#facts.music);
      this.#enter("held");
    });
  }

  retrieve(): Promise<void> {
    return this.#move(["held"], async ({ connection }) => {
      await connection.retrieve(this.session.call);
      this.#enter("talking");
    });
  }

  /** Resolves when the agent is free. `colleague`: an agent is rung. */
  transfer(target: Target, actor: string, colleague?: Invitation): Promise<void> {
    return this.#move(["talking", "held"], async ({ connection, agentCall }) => {
      if (this.#state === "held") await connection.retrieve(this.session.call);
      let leg: OutboundCall | undefined;
      const dialled = (call: OutboundCall): void => {
        leg = call;
        colleague?.at("ringing", call, false);
      };
      const transferred = connection.transfer(agentCall, target.address, { role: target.role, actor, dialled });
      this.close();
      void transferred.then(
        (answered) => {
          if (!answered || leg === undefined) colleague?.over();
          else colleague?.has(connection, leg);
        },
        (error: unknown) => {
          colleague?.over();
          this.#deps.log.warn({ error: errorText(error), interactionId: this.session.interaction.id }, "a transfer did not come about");
        },
      );
      await agentCall.ended;
    });
  }

  /** The agent leaves, the caller stays with whoever handles the call. `before` runs while they still talk. */
  handBack(before: () => void): Promise<void> {
    return this.#move(["talking", "held"], async ({ connection, agentCall }) => {
      if (this.#state === "held") await connection.retrieve(this.session.call);
      before();
      this.close();
      await connection.leave(agentCall);
      await agentCall.hangup();
    });
  }

  consult(target: Target, actor: string, colleague?: Invitation): Promise<void> {
    return this.#move(["talking", "held", "conference"], () => this.#conference.ask(target, actor, colleague));
  }

  swap(): Promise<void> {
    return this.#move(["consulting"], () => this.#conference.swap());
  }

  complete(): Promise<void> {
    return this.#move(["consulting", "conference"], async ({ connection, agentCall }) => {
      // Nobody is there whom the caller could be given to.
      if (!this.#conference.canBeLeft) throw acdErrors.CALL_STATE(this.agent, this.#state);
      await connection.leave(agentCall);
      this.close();
      await this.#conference.leave();
      await agentCall.hangup();
    });
  }

  conference(): Promise<void> {
    return this.#move(["consulting"], () => this.#conference.join());
  }

  remove(member: string): Promise<void> {
    return this.#move(["conference"], () => this.#conference.remove(member));
  }

  mute(member: string, muted: boolean): Promise<void> {
    return this.#move(["conference"], () => this.#conference.mute(member, muted));
  }

  /** The conversation is over for all; the caller goes on as after any other. */
  end(): Promise<void> {
    return this.#move(["conference"], async ({ agentCall }) => {
      this.close();
      await this.#conference.end();
      await agentCall.hangup();
    });
  }

  /** Somebody is taking the agent's place. */
  expectHeir(heir: Promise<AgentTalk | undefined>): void {
    this.#conference.expect(heir);
  }

  /** Who talked along in a call that is this agent's from now on. */
  adopt(...those: Parameters<Conference["adopt"]>): void {
    this.#conference.adopt(...those);
  }

  /** The caller goes through a flow and comes back. @param begin takes the caller through it; the signal takes the caller back */
  toFlow(flow: { readonly id: string; readonly title: string }, begin: (signal: AbortSignal) => Promise<FlowVisitResult>): Promise<void> {
    return this.#move(["talking", "held"], ({ connection }) => this.#inFlow.begin(flow, begin, connection));
  }

  cancel(): Promise<void> {
    if (this.#state === "in-flow") return this.#takeBack();
    return this.#move(["consult-ringing", "consulting"], () => this.#conference.unask());
  }

  /** Plays something to the caller; what runs is cut. Resolves when it is being prepared. */
  announce(what: ReturnType<Announcements["take"]>, to: AnnouncedTo): Promise<void> {
    return this.#move(["talking"], ({ connection, agentCall }) => {
      this.#announcements.play(what, { connection, except: to === "both" ? undefined : agentCall });
      this.#deps.changed(this);
      return Promise.resolve();
    });
  }

  /** Resolves when it is over. */
  async stopAnnouncement(): Promise<void> {
    this.#announcements.stop("stopped");
    await this.#announcements.done();
  }

  dtmf(digits: string): Promise<void> {
    return this.#move(["talking", "consulting", "conference"], () => {
      const { asked } = this.#conference;
      return (asked?.talking === true && this.#state === "consulting" ? asked.call : this.session.call).sendDtmf(digits);
    }, false);
  }

  hangup(): Promise<void> {
    if (this.#state === "reconnecting") {
      this.#waiting?.abort(GIVEN_UP);
      return this.#guest ? Promise.resolve() : this.left;
    }
    if (this.#guest && this.#state !== "ringing" && this.#agentCall !== undefined) return this.#agentCall.hangup();
    if (this.#state === "in-flow") return this.#takeBack();
    if (this.#state === "consult-ringing" || this.#state === "consulting") return this.cancel();
    if (this.#state === "ringing" || this.#agentCall === undefined) throw acdErrors.CALL_STATE(this.agent, this.#state);
    return this.#agentCall.hangup().then(() => undefined);
  }

  /** The caller is another agent's. */
  get #guest(): boolean {
    return this.#facts.given !== undefined && this.#connection === undefined;
  }

  #enter(state: AgentCallState): void {
    if (this.#over) return;
    if (state !== "talking") this.#announcements.stop("cut");
    this.#state = state;
    this.#since = this.#deps.clock.now();
    this.#deps.changed(this);
  }

  /** One command at a time, and only from a state in which it means something. */
  #move(from: readonly AgentCallState[], fn: (parts: { connection: Connection; agentCall: OutboundCall }) => Promise<void>, exclusive = true): Promise<void> {
    const run = async (): Promise<void> => {
      const connection = this.#connection;
      const agentCall = this.#agentCall;
      if (this.#over || connection === undefined || agentCall === undefined || !from.includes(this.#state)) throw acdErrors.CALL_STATE(this.agent, this.#over ? "over" : this.#state);
      if (exclusive) this.#announcements.stop("cut");
      await fn({ connection, agentCall });
    };
    if (!exclusive) return run();
    return this.#steps.run(run);
  }

  #conferenceOf({ agent, session, music }: TalkFacts, { control, clock, log, name, conferenceMost, changed, conferred }: AgentTalkDeps): Conference {
    return new Conference({
      agent,
      name,
      session,
      music,
      control,
      clock,
      log,
      steps: this.#steps,
      most: conferenceMost,
      talk: () => this,
      connection: () => this.#connection,
      agentCall: () => this.#agentCall,
      state: () => this.#state,
      over: () => this.#over,
      enter: (state) => this.#enter(state),
      resume: (state) => (this.#resume = state),
      changed: () => changed(this),
      brought: (leg) => void this.#brought.add(leg),
      abandoned: () => this.#abandon(),
      told: (news) => conferred(this, news),
    });
  }

  /** Also of a leg that came in the place of one that broke off. */
  #agentEnded(call: OutboundCall, end: CallEnd): void {
    const connection = this.#connection;
    if (call !== this.#agentCall) return;
    if (!this.#over && connection !== undefined && brokeOff(end) && AWAITED.has(this.#state) && !this.session.call.signal.aborted) {
      void connection.keepOpen(this.#reattach(connection)).catch((error: unknown) => {
        this.#deps.log.error({ err: error, agent: this.agent, interactionId: this.session.interaction.id }, "an agent's phone that broke off could not be called back in order");
        this.#giveUp();
      });
      return;
    }
    this.#agentGone();
    this.#leave();
  }

  /** Whoever talked with the agent hears music until the agent's phone is back, or another one of the agent's, or the time is up; in a conference the others talk on. */
  async #reattach(connection: Connection): Promise<void> {
    const { control, clock, log, phones } = this.#deps;
    const { call, interaction } = this.session;
    const before = this.#state;
    const conference = this.#conference;
    this.#resume = before === "consult-ringing" ? conference.state : before;
    const wait = awaitPhone(clock, call.signal);
    const waiting = wait.controller;
    this.#waiting = waiting;
    this.#until = wait.until;
    this.#enter("reconnecting");
    interaction.event("leg.lost", { agent: this.agent });
    try {
      if (before === "consult-ringing") conference.cutRinging();
      if (conference.any) await this.#steps.run(() => conference.arrange());
      else if (!this.#inFlow.going) await connection.hold(call, await this.#facts.music);
      const leg = await reattach(this.agent, this.session, waiting.signal, { control, log, ...phones });
      // Who was asked may hang up at any moment: one step after the other.
      await this.#steps.run(() => (leg === undefined ? this.#notBack(waiting.signal.reason) : this.#back(connection, leg)));
    } finally {
      wait.done();
      this.#waiting = undefined;
    }
  }

  async #back(connection: Connection, leg: OutboundCall): Promise<void> {
    const { call, interaction } = this.session;
    await connection.join(leg);
    this.#agentCall = leg;
    this.#brought.add(leg);
    this.#follow(leg);
    interaction.event("leg.reattached", { agent: this.agent, legId: leg.id });
    if (this.#inFlow.going) return this.#enter("in-flow");
    // The flow may be through by now.
    const state = this.#resume === "in-flow" ? "talking" : this.#resume;
    if (state === "talking") await connection.retrieve(call);
    else await this.#conference.arrange();
    this.#enter(state);
  }

  /** Who was asked and the caller talk, as when the agent hangs up; a caller who has nobody goes back to the queue. */
  #notBack(why: unknown): Promise<void> {
    if (this.#conference.any) this.#agentGone();
    // From the screen it is a hang-up like any other.
    else if (why === GIVEN_UP) this.close();
    else {
      this.#giveUp();
      return Promise.resolve();
    }
    this.#leave();
    return Promise.resolve();
  }

  /** Nobody has taken the caller: unless others are there to talk with, the caller waits for the next agent. */
  #abandon(): void {
    const { session } = this;
    if (!session.call.signal.aborted && this.#connection?.members.some(({ call, role }) => call !== session.call && role === "talk" && !call.signal.aborted) !== true) this.#deps.abandoned(session);
  }

  #giveUp(): void {
    this.#lost = true;
    this.#inFlow.abandon();
    this.close();
    this.#leave();
  }

  #takeBack(): Promise<void> {
    return this.#move(["in-flow"], ({ connection }) => this.#inFlow.takeBack(connection));
  }

  /** The agent's phone has hung up, or was. In the middle of a consultation that means: you two talk. */
  #agentGone(): void {
    const connection = this.#connection;
    this.close();
    if (!this.#conference.any || connection === undefined) return;
    void connection.keepOpen(this.#steps.run(() => this.#conference.handOver())).catch((error: unknown) => this.#deps.log.warn({ error: errorText(error), agent: this.agent, interactionId: this.session.interaction.id }, "a caller could not be handed over to who was asked"));
  }

  /** Who was brought in has nobody else to look after the leg. */
  #conversationOver(by: "a" | "b" | "separate" | "moved"): void {
    if (by !== "moved") for (const call of this.#brought) void call.hangup();
    this.#conference.close();
    this.close();
  }
}
