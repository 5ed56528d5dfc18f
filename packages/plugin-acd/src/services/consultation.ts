import type { AudioSource, CallControl, CallEnd, CallSession, Clock, Connection, Logger, OutboundCall } from "@hotlinejs/core";
import type { Invitation } from "./invitation.js";
import { awaitPhone, brokeOff, reattach } from "./reattachment.js";
import type { StepQueue } from "./step-queue.js";
import type { Target } from "./talk-parts.js";

/** The talk of the agent who asks. */
export interface ConsultationHost {
  /** 工号 of who asks. */
  readonly agent: string;
  readonly session: CallSession;
  readonly connection: Connection;
  readonly music: Promise<readonly AudioSource[]>;
  readonly control: CallControl;
  readonly clock: Clock;
  readonly log: Logger;
  readonly steps: StepQueue;
  /** The leg of who asks; it may have ended. */
  readonly agentCall: () => OutboundCall | undefined;
  /** All three talk, or would if all were there. */
  readonly conference: () => boolean;
  /** Who asks is out of it. */
  readonly over: () => boolean;
  /** The leg is the conversation's to look after from now on. */
  readonly brought: (leg: OutboundCall) => void;
  /** Who was asked has answered, and talks with who asks. */
  readonly answered: () => void;
  readonly changed: () => void;
  /** Nobody is asked any more: did not answer, has hung up, or broke off for good. A step. */
  readonly lost: (consultation: Consultation) => Promise<void>;
  /** Nobody is left to take the caller of an agent who has hung up. */
  readonly abandoned: () => void;
}

/**
 * Somebody is asked about a caller who is held meanwhile:
 * ```
 * rung --answered--> there <--the phone breaks off / comes back--> awaited
 *   \__________________\_____ hung up, or not back in time ___________\---> lost
 * ```
 * Only agents' phones are awaited, as long as the caller's own agent's would be; whoever is alone hears music, in a conference the
 * others talk on.
 */
export class Consultation {
  readonly number: string;
  readonly name: string | null;
  /** When it is an agent who is asked. */
  readonly colleague: Invitation | undefined;
  answeredAt: number | null = null;
  /** Whom the agent talks with. */
  talking = true;
  readonly #host: ConsultationHost;
  #call: OutboundCall;
  #until: number | null = null;
  #wait: AbortController | undefined;
  #ended = false;

  private constructor(call: OutboundCall, { number, name }: Target, colleague: Invitation | undefined, host: ConsultationHost) {
    this.#call = call;
    this.number = number;
    this.name = name;
    this.colleague = colleague;
    this.#host = host;
  }

  /** Rings. Rejects as `originate` does. */
  static async dial(target: Target, actor: string, colleague: Invitation | undefined, host: ConsultationHost): Promise<Consultation> {
    const { call, interaction } = host.session;
    const leg = await host.control.originate({ to: target.address, interactionId: interaction.id, purpose: "consult", role: target.role, actor, near: call.media, from: { number: host.agent }, signal: call.signal });
    colleague?.at("ringing", leg, true);
    return new Consultation(leg, target, colleague, host);
  }

  get call(): OutboundCall {
    return this.#call;
  }

  /** The phone broke off and is waited for until then, epoch ms. */
  get until(): number | null {
    return this.#until;
  }

  /** The clock was set. */
  clockStepped(ms: number): void {
    if (this.answeredAt !== null) this.answeredAt += ms;
    if (this.#until !== null) this.#until += ms;
  }

  /** What becomes of the ringing is followed from now on. */
  begin(): void {
    void this.#call.answered.then((answered) => {
      if (!answered) return this.#lost();
      this.#host.steps.then(() => this.#joined());
      this.#follow(this.#call);
    });
  }

  /** The agent talks with the one, and the other hears music; in a conference, or where the agent has left, all talk who are there. */
  async arrange(conference = this.#host.conference()): Promise<void> {
    const { connection, session, agentCall, over } = this.#host;
    const music = await this.#host.music;
    const agent = agentCall();
    const ours = [agent, session.call, this.#call];
    const others = conference || over() ? [session.call, this.#call] : [this.talking ? this.#call : session.call];
    const there = connection.members.filter(({ call }) => ours.includes(call as OutboundCall) && !call.signal.aborted);
    const group = there.filter(({ call }) => call === agent || others.includes(call as OutboundCall));
    // Out first: nobody hears what is not for them.
    for (const member of there) if (!member.held && (group.length < 2 || !group.includes(member))) await connection.hold(member.call, music);
    if (group.length > 1) for (const { call } of group) await connection.retrieve(call);
  }

  /** Whom the agent talks with changes. */
  async swap(): Promise<void> {
    this.talking = !this.talking;
    try {
      await this.arrange();
    } catch (error) {
      this.talking = !this.talking;
      throw error;
    }
  }

  /** The agent's doing: nobody is asked any more. */
  async end(): Promise<void> {
    this.#stop();
    await this.#host.connection.leave(this.#call);
    await this.#call.hangup();
  }

  /** The conversation is over, or who asks cannot wait for an answer. */
  cut(): void {
    this.#stop();
    void this.#call.hangup();
  }

  #stop(): void {
    this.#ended = true;
    this.#wait?.abort(new Error("nobody is asked any more"));
  }

  /** The agent has hung up: who was asked has the caller. One who only rings yet is rung for the caller, as by a transfer; one whose phone broke off is waited for. A step. */
  async handOver(): Promise<void> {
    if (this.#until !== null) return this.arrange();
    const { connection, abandoned, brought } = this.#host;
    const { call } = this.#host.session;
    if (this.answeredAt === null) {
      await connection.retrieve(call);
      const ringback = call.signal.aborted ? undefined : call.play({ kind: "tone", tone: "ringback" }, { loop: true });
      const answered = await this.#call.answered;
      ringback?.stop();
      if (!answered || call.signal.aborted) {
        await this.#call.hangup();
        return abandoned();
      }
      brought(this.#call);
      await connection.join(this.#call);
    }
    await connection.retrieve(this.#call);
    await connection.retrieve(call);
    if (call.signal.aborted) return;
    if (this.#call.signal.aborted) abandoned();
    else this.colleague?.has(connection, this.#call);
  }

  /** In the conversation while the caller is out of it, on hold. */
  async #joined(): Promise<void> {
    const { connection, session, over, agentCall, brought, clock, answered } = this.#host;
    if (this.#ended) return void this.#call.hangup();
    // The agent has hung up meanwhile: it goes on as a transfer.
    if (over()) return session.call.signal.aborted ? void this.#call.hangup() : undefined;
    await connection.join(this.#call);
    brought(this.#call);
    const agent = agentCall();
    if (agent !== undefined) await connection.retrieve(agent);
    this.answeredAt = clock.now();
    answered();
    this.colleague?.at("consulting", this.#call, true);
  }

  #follow(leg: OutboundCall): void {
    void leg.ended.then((end) => this.#legEnded(leg, end));
  }

  #legEnded(leg: OutboundCall, end: CallEnd): void {
    const { connection, session, over, log, agent } = this.#host;
    if (leg !== this.#call || this.#ended) return;
    // The caller is whose leg it was: that one's own talk sees to it.
    if (over()) return this.colleague?.gone();
    if (this.colleague === undefined || this.answeredAt === null || !brokeOff(end) || session.call.signal.aborted) return this.#lost();
    void connection.keepOpen(this.#reattach(this.colleague)).catch((error: unknown) => {
      log.error({ err: error, agent, asked: this.number, interactionId: session.interaction.id }, "the phone of an agent who was asked broke off and could not be called back in order");
      this.#lost();
    });
  }

  #lost(): void {
    this.colleague?.gone();
    this.#host.steps.then(() => this.#host.lost(this));
  }

  async #reattach(colleague: Invitation): Promise<void> {
    const { session, control, clock, log, steps, agent, changed } = this.#host;
    const wait = awaitPhone(clock, session.call.signal);
    this.#wait = wait.controller;
    this.#until = wait.until;
    session.interaction.event("leg.lost", { agent: this.number });
    colleague.awaited(wait.until, wait.controller);
    changed();
    try {
      await steps.run(() => this.arrange());
      const leg = await reattach(this.number, session, wait.controller.signal, { control, log, ...colleague.phones, asking: agent });
      await steps.run(() => (leg === undefined ? this.#notBack() : this.#back(leg, colleague)));
    } finally {
      wait.done();
      this.#wait = undefined;
      this.#until = null;
    }
  }

  async #back(leg: OutboundCall, colleague: Invitation): Promise<void> {
    const { connection, session, conference, over, brought, changed } = this.#host;
    if (this.#ended || session.call.signal.aborted || leg.signal.aborted) {
      await leg.hangup();
      return this.#notBack();
    }
    this.#until = null;
    await connection.join(leg);
    this.#call = leg;
    brought(leg);
    session.interaction.event("leg.reattached", { agent: this.number, legId: leg.id });
    await this.arrange();
    if (over()) colleague.has(connection, leg);
    else colleague.at(conference() ? "conference" : "consulting", leg, this.talking);
    // Not before the colleague has the caller: one that breaks off again is then the colleague's own.
    this.#follow(leg);
    changed();
  }

  async #notBack(): Promise<void> {
    this.#until = null;
    this.colleague?.gone();
    if (this.#ended) return;
    if (this.#host.over()) this.#host.abandoned();
    else await this.#host.lost(this);
  }
}

