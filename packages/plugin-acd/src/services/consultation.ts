import type { CallControl, CallEnd, CallSession, Clock, Connection, Logger, OutboundCall } from "@hotlinejs/core";
import type { CallMember } from "../contract.js";
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
  readonly control: CallControl;
  readonly clock: Clock;
  readonly log: Logger;
  readonly steps: StepQueue;
  /** Who asks is out of it. */
  readonly over: () => boolean;
  /** Everybody hears those they are to hear now. A step. */
  readonly arrange: () => Promise<void>;
  /** The leg is the conversation's to look after from now on. */
  readonly brought: (leg: OutboundCall) => void;
  /** Who was asked has answered, and talks with who asks. */
  readonly answered: () => void;
  readonly changed: () => void;
  /** Nobody is asked any more: did not answer, has hung up, or broke off for good. A step. */
  readonly lost: (consultation: Consultation) => Promise<void>;
  /** Who asks is out of it, and a phone that was waited for is back: the caller may be that agent's. A step. */
  readonly returned: () => Promise<void>;
  /** Nobody is left to take the caller of an agent who has hung up. */
  readonly abandoned: () => void;
}

/**
 * Somebody is asked about a caller who is kept apart meanwhile, and may talk along afterwards:
 * ```
 * rung --answered--> asked apart --joined--> in the conference      (each but `rung`: <--the phone breaks off / comes back--> awaited)
 *   \__________________\______________________\__ hung up, removed, or not back in time __> lost
 * ```
 * Only agents' phones are awaited, as long as the caller's own agent's would be; whoever is alone hears music, in a conference the
 * others talk on.
 */
export class Consultation {
  /** Of the member, whatever leg it has. */
  readonly id: string;
  readonly number: string;
  readonly name: string | null;
  /** When it is an agent who is asked. */
  readonly colleague: Invitation | undefined;
  answeredAt: number | null = null;
  /** Asked apart: the agent talks with this one, not with the caller. */
  talking = true;
  /** Talks along with all the others. */
  joined = false;
  /** Is not heard by the others. */
  muted = false;
  #host: ConsultationHost;
  #call: OutboundCall;
  #until: number | null = null;
  #wait: AbortController | undefined;
  #ended = false;

  private constructor(call: OutboundCall, { number, name }: Target, colleague: Invitation | undefined, host: ConsultationHost) {
    this.id = call.id;
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

  /** In the conversation at this moment. */
  get there(): boolean {
    return this.answeredAt !== null && this.#until === null && !this.#ended && !this.#call.signal.aborted;
  }

  member(): CallMember {
    const { id, number, name, muted, colleague } = this;
    return { id, kind: colleague === undefined ? "other" : "agent", number, name, since: this.answeredAt ?? this.#host.clock.now(), muted, until: this.#until };
  }

  /** The clock was set. */
  clockStepped(ms: number): void {
    if (this.answeredAt !== null) this.answeredAt += ms;
    if (this.#until !== null) this.#until += ms;
  }

  /** Another agent has the caller from now on. */
  moveTo(host: ConsultationHost): void {
    this.#host = host;
  }

  /** What becomes of the ringing is followed from now on. */
  begin(): void {
    void this.#call.answered.then((answered) => {
      if (!answered) return this.#lost();
      this.#host.steps.then(() => this.#answered());
      this.#follow(this.#call);
    });
  }

  /** Into the conversation, for who has just answered. */
  async enter(): Promise<void> {
    const { connection, brought, clock } = this.#host;
    await connection.join(this.#call);
    brought(this.#call);
    this.answeredAt = clock.now();
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

  /** The colleague's screen shows where the colleague is. */
  tell(): void {
    if (this.#until === null) this.colleague?.at(this.joined ? "conference" : "consulting", this.#call, this.joined || this.talking);
  }

  #stop(): void {
    this.#ended = true;
    this.#wait?.abort(new Error("nobody is asked any more"));
  }

  async #answered(): Promise<void> {
    const { session, over, arrange, answered } = this.#host;
    if (this.#ended) return void this.#call.hangup();
    // The agent has hung up meanwhile: it goes on as a transfer.
    if (over()) return session.call.signal.aborted ? void this.#call.hangup() : undefined;
    await this.enter();
    await arrange();
    answered();
    this.tell();
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
    const { session, control, clock, log, agent } = this.#host;
    const wait = awaitPhone(clock, session.call.signal);
    this.#wait = wait.controller;
    this.#until = wait.until;
    session.interaction.event("leg.lost", { agent: this.number });
    colleague.awaited(wait.until, wait.controller);
    this.#host.changed();
    try {
      await this.#host.steps.run(() => this.#host.arrange());
      const leg = await reattach(this.number, session, wait.controller.signal, { control, log, ...colleague.phones, asking: agent });
      await this.#host.steps.run(() => (leg === undefined ? this.#notBack() : this.#back(leg, colleague)));
    } finally {
      wait.done();
      this.#wait = undefined;
      this.#until = null;
    }
  }

  async #back(leg: OutboundCall, colleague: Invitation): Promise<void> {
    const { connection, session, over, brought, arrange, changed, returned } = this.#host;
    if (this.#ended || session.call.signal.aborted || leg.signal.aborted) {
      await leg.hangup();
      return this.#notBack();
    }
    this.#until = null;
    await connection.join(leg);
    this.#call = leg;
    brought(leg);
    session.interaction.event("leg.reattached", { agent: this.number, legId: leg.id });
    await arrange();
    if (over()) await returned();
    else colleague.at(this.joined ? "conference" : "consulting", leg, this.joined || this.talking);
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
