import { citizenParty } from "@hotlinejs/core";
import type { AudioSource, Call, CallControl, CallSession, Clock, Connection, Logger, OutboundCall } from "@hotlinejs/core";
import type { AgentCallState, CallMember, ConferenceChange } from "../contract.js";
import { acdErrors } from "../errors.js";
import type { AgentTalk } from "./agent-talk.js";
import { Consultation, type ConsultationHost } from "./consultation.js";
import type { Invitation } from "./invitation.js";
import type { StepQueue } from "./step-queue.js";
import type { Target } from "./talk-parts.js";

/** What is told of a conference. */
export interface ConferenceNews {
  readonly change: ConferenceChange;
  /** `null`: it is about all. */
  readonly member: CallMember | null;
  /** Who is in it afterwards, citizen and agent included. */
  readonly members: number;
}

/** The talk it belongs to. */
export interface ConferenceHost {
  /** 工号. */
  readonly agent: string;
  readonly name: string;
  readonly session: CallSession;
  readonly music: Promise<readonly AudioSource[]>;
  readonly control: CallControl;
  readonly clock: Clock;
  readonly log: Logger;
  readonly steps: StepQueue;
  /** Most who may be in it, citizen and agent included. */
  readonly most: number;
  readonly talk: () => AgentTalk;
  readonly connection: () => Connection | undefined;
  /** The agent's leg; it may have ended. */
  readonly agentCall: () => OutboundCall | undefined;
  readonly state: () => AgentCallState;
  /** The agent is out of it. */
  readonly over: () => boolean;
  readonly enter: (state: AgentCallState) => void;
  /** The agent's phone is waited for; this is what the agent comes back to. */
  readonly resume: (state: AgentCallState) => void;
  readonly changed: () => void;
  readonly brought: (leg: OutboundCall) => void;
  readonly abandoned: () => void;
  readonly told: (news: ConferenceNews) => void;
}

/** The citizen's id among the members. */
const CITIZEN = "citizen";
const RINGBACK: AudioSource = { kind: "tone", tone: "ringback" };

/**
 * Whom an agent has brought into a call: one who is asked apart (`asked`), and those who talk along (`members`).
 *
 * While somebody is asked, citizen and members stay together without the agent and hear each other; who is alone hears music. Swapping
 * changes with whom the agent is. All who change something do so in the talk's steps, one after the other.
 */
export class Conference {
  readonly #host: ConferenceHost;
  #asked: Consultation | undefined;
  #members: Consultation[] = [];
  #citizenMuted = false;
  #citizenSince = 0;
  /** The caller is another agent's, who was in it. */
  #heir: AgentTalk | undefined;
  /** Somebody is taking the agent's place. */
  #coming: Promise<AgentTalk | undefined> | undefined;

  constructor(host: ConferenceHost) {
    this.#host = host;
  }

  get asked(): Consultation | undefined {
    return this.#asked;
  }

  /** Whether anybody is there besides citizen and agent. */
  get any(): boolean {
    return this.#asked !== undefined || this.#members.length > 0;
  }

  /** What the agent is in when nobody is asked. */
  get state(): "talking" | "conference" {
    return this.#members.length > 0 ? "conference" : "talking";
  }

  /** Nobody else fits in. */
  get full(): boolean {
    return this.#size >= this.#host.most;
  }

  /** Somebody is there whom the caller could be given to. */
  get canBeLeft(): boolean {
    return this.#everybody().some(({ there }) => there);
  }

  /** All in the conference but the agent, the citizen first; nobody where there is none. */
  members(): readonly CallMember[] {
    return this.#members.length === 0 ? [] : [this.#citizen(), ...this.#members.map((each) => each.member())];
  }

  /** The clock was set. */
  clockStepped(ms: number): void {
    this.#citizenSince += ms;
    for (const each of this.#everybody()) each.clockStepped(ms);
  }

  /** Rings somebody. Rejects as `originate` does; then all is as before. A step. */
  async ask(target: Target, actor: string, colleague: Invitation | undefined): Promise<void> {
    const { agentCall, agent, session } = this.#host;
    if (this.full) throw acdErrors.CONFERENCE_FULL(agent, String(this.#size));
    const own = agentCall() as OutboundCall;
    await this.#part([session.call, ...this.#members.map(({ call }) => call)]);
    await this.#connection.hold(own, [RINGBACK]);
    let asked: Consultation;
    try {
      asked = await Consultation.dial(target, actor, colleague, this.#hosting());
    } catch (error) {
      await this.#settle();
      throw error;
    }
    if (own.signal.aborted) {
      asked.cut();
      throw acdErrors.CALL_STATE(agent, this.#host.state());
    }
    this.#asked = asked;
    this.#host.enter("consult-ringing");
    asked.begin();
  }

  /** Whom the agent talks with changes. A step. */
  async swap(): Promise<void> {
    const asked = this.#asked as Consultation;
    asked.talking = !asked.talking;
    try {
      await this.arrange();
    } catch (error) {
      asked.talking = !asked.talking;
      throw error;
    }
    this.#host.enter("consulting");
    asked.tell();
  }

  /** Who is asked talks along. A step. */
  async join(): Promise<void> {
    const asked = this.#asked as Consultation;
    this.#takeIn(asked);
    this.#asked = undefined;
    await this.arrange();
    this.#host.enter("conference");
    this.#tell("joined", asked);
    this.#tellColleagues();
  }

  /** Nobody is asked any more; the agent goes on with the others. A step. */
  async unask(): Promise<void> {
    const asked = this.#asked;
    this.#asked = undefined;
    await asked?.end();
    await this.#settle();
  }

  /** Who only rings is let go at once: the agent cannot wait for an answer. */
  cutRinging(): void {
    this.#asked?.cut();
    this.#asked = undefined;
  }

  /** Out of the conference, hung up. A step. @throws HTL_ACD_CALLER_STAYS, HTL_ACD_UNKNOWN_MEMBER */
  async remove(id: string): Promise<void> {
    if (id === CITIZEN) throw acdErrors.CALLER_STAYS();
    const member = this.#find(id);
    this.#members = this.#members.filter((each) => each !== member);
    await member.end();
    await this.#settle();
    this.#tell("removed", member);
  }

  /** A member is not heard by the others, or heard again. A step. @throws HTL_ACD_UNKNOWN_MEMBER */
  async mute(id: string, muted: boolean): Promise<void> {
    const member = id === CITIZEN ? undefined : this.#find(id);
    if ((member?.muted ?? this.#citizenMuted) === muted) return;
    const call = member?.call ?? this.#host.session.call;
    await this.#quietly(call, this.#connection.mute(call, muted));
    // Hung up at that moment.
    if (call.signal.aborted && (member === undefined || member.until === null)) throw acdErrors.UNKNOWN_MEMBER(id.slice(0, 60), this.#host.agent);
    if (member === undefined) this.#citizenMuted = muted;
    else member.muted = muted;
    this.#tell(muted ? "muted" : "unmuted", member);
    this.#host.changed();
    this.#tellColleagues();
  }

  /** All are let go; agent and citizen are the talk's to part. A step. */
  async end(): Promise<void> {
    const all = this.#everybody();
    this.#asked = undefined;
    this.#members = [];
    this.#tell("ended", null);
    for (const each of all) await each.end();
  }

  /** The agent leaves: the others talk on, and a colleague among them has the caller. A step. */
  async leave(): Promise<void> {
    if (this.#asked !== undefined) {
      this.#takeIn(this.#asked, true);
      this.#asked = undefined;
    }
    this.#heir ??= await this.#coming;
    await this.arrange();
    await this.#giveOn();
  }

  /**
   * The agent has hung up: who is there has the caller. One who only rings yet is rung on, and comes to the others, or, where the citizen
   * has nobody else, is rung for the citizen as by a transfer. One whose phone broke off is waited for. A step.
   */
  async handOver(): Promise<void> {
    const ringing = this.#asked?.answeredAt === null ? this.#asked : undefined;
    if (ringing === undefined) {
      await this.leave();
      if (!this.#everybody().some(({ until }) => until !== null)) this.#host.abandoned();
      return;
    }
    this.#asked = undefined;
    if ((await this.#coming) !== undefined) {
      await ringing.end();
      return this.leave();
    }
    if (this.#members.length === 0) return this.#ringOn(ringing);
    await this.arrange();
    await this.#giveOn();
    // The others' steps go on meanwhile.
    void this.#connection.keepOpen(ringing.call.answered.then((answered) => this.#host.steps.run(() => (answered ? this.#late(ringing) : Promise.resolve(this.#host.abandoned()))))).catch((error: unknown) => {
      this.#host.log.warn({ err: error, agent: this.#host.agent, interactionId: this.#host.session.interaction.id }, "who was rung for a conference could not be taken into it");
    });
  }

  /** Somebody takes the agent's place, and has the others too; `undefined`: it did not come about. */
  expect(heir: Promise<AgentTalk | undefined>): void {
    this.#coming = heir;
  }

  /** The conversation is over: who is asked apart is nobody's. */
  close(): void {
    this.#asked?.cut();
  }

  /** These are in a call that is this agent's from now on; the agent may be out of it again. */
  adopt(members: readonly Consultation[], citizen: { readonly muted: boolean; readonly since: number }): void {
    if (members.length === 0) return;
    const { agent, name, brought, enter, over, state, steps } = this.#host;
    if (this.#members.length === 0) {
      this.#citizenMuted = citizen.muted;
      this.#citizenSince = citizen.since;
    }
    for (const member of members) {
      member.moveTo(this.#hosting());
      member.colleague?.hostedBy({ by: agent, name });
      if (member.there) brought(member.call);
      this.#members.push(member);
    }
    if (over()) return steps.then(() => this.leave());
    if (state() === "talking") enter("conference");
    else steps.then(() => this.#settle());
    this.#tellColleagues();
  }

  /** Everybody hears those they are to hear now. A step. */
  async arrange(): Promise<void> {
    const { session, over, agentCall } = this.#host;
    const asked = this.#asked;
    const others: (Call | undefined)[] = [session.call, ...this.#members.map(({ call }) => call)];
    const apart = asked === undefined || over() ? [] : asked.talking ? others : [asked.call];
    const together = [over() ? this.#heir?.parts?.agentCall : agentCall(), ...(apart === others ? [] : others), ...(apart.length === 0 || apart === others ? [asked?.call] : [])];
    // Out first: nobody hears what is not for them.
    await this.#part(apart);
    const group = this.#present(together);
    if (group.length > 1) for (const { call } of group) await this.#quietly(call, this.#connection.retrieve(call));
    else await this.#part(together);
    for (const { call, muted } of [{ call: session.call, muted: this.#citizenMuted }, ...this.#everybody()]) await this.#quietly(call, this.#connection.mute(call, muted));
  }

  /** Apart from the rest: two and more hear each other, one alone hears music. */
  async #part(calls: readonly (Call | undefined)[]): Promise<void> {
    const music = await this.#host.music;
    const group = this.#present(calls);
    for (const { call, held } of group) {
      if (group.length > 1) await this.#quietly(call, this.#connection.aside(call));
      else if (!held) await this.#quietly(call, this.#connection.hold(call, music));
    }
  }

  /** One who hangs up at that moment is seen to by the end of the leg. */
  async #quietly(call: Call, move: Promise<void>): Promise<void> {
    try {
      await move;
    } catch (error) {
      if (!call.signal.aborted) throw error;
    }
  }

  #present(calls: readonly (Call | undefined)[]): Connection["members"] {
    return this.#connection.members.filter(({ call }) => calls.includes(call) && !call.signal.aborted);
  }

  /** After somebody has come or gone. */
  async #settle(): Promise<void> {
    const { over, state, enter, resume, changed } = this.#host;
    if (over()) return;
    if (this.#members.length === 0) this.#citizenMuted = false;
    await this.arrange();
    const now = state();
    if (now === "reconnecting") resume(this.#asked === undefined ? this.state : "consulting");
    else if (this.#asked === undefined && now !== "transferring" && now !== this.state) enter(this.state);
    changed();
    this.#tellColleagues();
  }

  /** Did not answer, has hung up, or is gone for good. */
  async #lost(party: Consultation): Promise<void> {
    if (this.#host.over()) return;
    if (party === this.#asked) return this.unask();
    if (!this.#members.includes(party)) return;
    this.#members = this.#members.filter((each) => each !== party);
    await party.end();
    await this.#settle();
    this.#tell("left", party);
  }

  /** Rung for a citizen who has nobody else. */
  async #ringOn(ringing: Consultation): Promise<void> {
    const { session, abandoned } = this.#host;
    const { call } = session;
    await this.#connection.retrieve(call);
    const ringback = call.signal.aborted ? undefined : call.play(RINGBACK, { loop: true });
    const answered = await ringing.call.answered;
    ringback?.stop();
    if (!answered || call.signal.aborted) {
      await ringing.call.hangup();
      return abandoned();
    }
    await ringing.enter();
    this.#takeIn(ringing, true);
    await this.leave();
    if (!ringing.there) abandoned();
  }

  /** Was rung when the agent hung up, and has answered. */
  async #late(party: Consultation): Promise<void> {
    if (this.#host.session.call.signal.aborted || party.call.signal.aborted) return void party.call.hangup();
    await party.enter();
    this.#takeIn(party, true);
    await this.arrange();
    await this.#giveOn();
  }

  #takeIn(party: Consultation, first = false): void {
    party.joined = true;
    if (this.#members.length === 0) this.#citizenSince = this.#host.clock.now();
    if (first) this.#members.unshift(party);
    else this.#members.push(party);
  }

  /** The caller is a colleague's who is there, and so are the others; where there is none, nobody is left who could let them be heard again. */
  async #giveOn(): Promise<void> {
    const first = this.#heir === undefined ? this.#members.find(({ colleague, there }) => colleague !== undefined && there) : undefined;
    if (first !== undefined) {
      this.#heir = first.colleague?.has(this.#connection, first.call, this.#host.talk());
      this.#members = this.#members.filter((each) => each !== first);
    }
    if (this.#heir !== undefined) {
      this.#heir.adopt(this.#members.splice(0), { muted: this.#citizenMuted, since: this.#citizenSince });
      // Nobody else could undo it.
      if (first !== undefined) await this.#quietly(first.call, this.#connection.mute(first.call, false));
      return;
    }
    this.#citizenMuted = false;
    for (const each of this.#members) each.muted = false;
    await this.arrange();
  }

  #hosting(): ConsultationHost {
    const { agent, session, control, clock, log, steps, over, brought, changed, enter, abandoned } = this.#host;
    return {
      agent,
      session,
      connection: this.#connection,
      control,
      clock,
      log,
      steps,
      over,
      brought,
      abandoned,
      arrange: () => this.arrange(),
      answered: () => enter("consulting"),
      changed: () => {
        changed();
        this.#tellColleagues();
      },
      lost: (party) => this.#lost(party),
      returned: () => this.#giveOn(),
    };
  }

  #find(id: string): Consultation {
    const member = this.#members.find((each) => each.id === id);
    if (member === undefined) throw acdErrors.UNKNOWN_MEMBER(id.slice(0, 60), this.#host.agent);
    return member;
  }

  #everybody(): readonly Consultation[] {
    return this.#asked === undefined ? this.#members : [this.#asked, ...this.#members];
  }

  #citizen(): CallMember {
    return { id: CITIZEN, kind: "citizen", number: citizenParty(this.#host.session.call).number, name: null, since: this.#citizenSince, muted: this.#citizenMuted, until: null };
  }

  /** Colleagues see who else is there. */
  #tellColleagues(): void {
    for (const each of this.#members) {
      each.tell();
      each.colleague?.knows(this.members().filter(({ id }) => id !== each.id));
    }
  }

  #tell(change: ConferenceChange, party: Consultation | undefined | null): void {
    this.#host.told({ change, member: party === null ? null : party === undefined ? this.#citizen() : party.member(), members: party === null ? 0 : this.#size });
  }

  /** Citizen and agent are in it in any case. */
  get #size(): number {
    return 2 + this.#everybody().length;
  }

  get #connection(): Connection {
    const connection = this.#host.connection();
    if (connection === undefined) throw acdErrors.CALL_STATE(this.#host.agent, this.#host.state());
    return connection;
  }
}
