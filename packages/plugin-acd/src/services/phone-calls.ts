import type { AudioSource, Call, CallControl, CallEnd, CallSession, Clock, Connection, Logger, OutboundCall, RoutePlan } from "@hotlinejs/core";
import { errorText, isHotlineError } from "@hotlinejs/core";
import type { AgentState, FollowedCall, Occupation } from "../contract.js";
import { targetDigits } from "../domain/call-target.js";
import type { AgentTalk } from "./agent-talk.js";
import { awaitPhone, brokeOff, reattach } from "./reattachment.js";
import type { AgentTalkDeps, Target } from "./talk-parts.js";

export interface PhoneCallsDeps {
  readonly control: CallControl;
  readonly clock: Pick<Clock, "now" | "setTimeout">;
  readonly log: Logger;
  readonly music: () => Promise<readonly AudioSource[]>;
  /** Of a colleague, for calling back one that broke off. */
  readonly phones: (agent: string) => AgentTalkDeps["phones"];
  /** 工号 of the agent with this phone. */
  readonly agentAt: (address: string) => string | undefined;
  readonly agent: (number: string) => { readonly state: AgentState } | undefined;
  readonly occupy: (agent: string, interactionId: string, options?: { readonly signedOut?: boolean; readonly beside?: boolean }) => Occupation | undefined;
  /** A call no queue gave, for which the agent is taken, is another interaction's now. */
  readonly movedTo: (agent: string, interactionId: string) => void;
  readonly target: (agent: string, to: string) => Target;
  readonly follow: (agent: string, call: FollowedCall, from: Call) => AgentTalk;
}

/** Handler of calls that agents' phones make. */
export const PHONE_HANDLER = "agent-phone";

/** In these an agent cannot be rung for one more call. */
export const TAKEN: ReadonlySet<AgentState | undefined> = new Set<AgentState>(["busy", "reserved", "occupied"]);

/**
 * What agents dial at their telephones: a colleague or somebody else to be asked, beside the call they have or without one. An attended
 * transfer by the phone (REFER with Replaces) then joins the caller with who was asked; the consultation's own interaction ends.
 * A colleague's phone that breaks off is waited for.
 */
export class PhoneCalls {
  readonly #deps: PhoneCallsDeps;
  /** Colleagues who were called, with their legs. */
  readonly #called = new Map<string, OutboundCall>();
  /** What became of legs that were taken along into another call. */
  readonly #joined = new WeakMap<OutboundCall, AgentTalk>();

  constructor(deps: PhoneCallsDeps) {
    this.#deps = deps;
  }

  /** Where a call of an agent's phone leads: to colleagues and extensions, and to numbers nobody else has a use for. `undefined`: as it was. */
  route(plan: RoutePlan, call: Pick<Call, "via" | "to">): RoutePlan | undefined {
    const agent = call.via.kind === "account" ? this.#deps.agentAt(`sip:${call.via.key}`) : undefined;
    const digits = targetDigits(call.to.number);
    if (agent === undefined || digits === undefined || digits === agent) return undefined;
    const inside = this.#deps.target(agent, digits).address.startsWith("sip:");
    return inside || plan.handler === "none" ? { ...plan, handler: PHONE_HANDLER, target: agent, params: { ...plan.params, to: digits } } : undefined;
  }

  /** Rings whom the phone has dialled; then both talk. */
  async serve(session: CallSession, plan: RoutePlan): Promise<void> {
    const { log, occupy, agent: agentOf, target: targetOf } = this.#deps;
    const { call, interaction } = session;
    const agent = plan.target;
    const target = targetOf(agent, String(plan.params?.to));
    const colleague = target.role === "agent" ? target.number : undefined;
    // A colleague who is on a call, or has one offered, is not rung into it; one who is signed out may be.
    if (colleague !== undefined && TAKEN.has(agentOf(colleague)?.state)) return call.hangup({ status: 486, reason: "busy" });
    // Also who is signed out: signed in during the call, a queue would ring the same phone. And beside another call: when that is over the agent is still on the telephone.
    const own = occupy(agent, interaction.id, { signedOut: true, beside: true });
    const others = colleague === undefined ? undefined : occupy(colleague, interaction.id, { signedOut: true });
    let leg: OutboundCall | undefined;
    let moved = false;
    try {
      leg = await this.#reach(session, agent, target);
      if (leg !== undefined) moved = await this.#talk(session, leg, colleague, (another) => (leg = another));
    } catch (error) {
      if (!call.signal.aborted) log.warn({ agent, interactionId: interaction.id, error: errorText(error) }, "what an agent's phone dialled could not be reached");
      await call.hangup({ status: isHotlineError(error) ? (error.sip ?? 403) : 500, reason: "failed" });
    } finally {
      own?.release();
      if (!moved) await leg?.hangup();
      // Who was taken along into another call is taken until that is over, and has after-call work then.
      if (leg !== undefined && moved) this.#after(colleague, leg, others);
      else this.#over(colleague, leg, others, false);
    }
  }

  /** A transfer has taken a colleague's leg into another call: the colleague has that call now, with what is known of it. */
  joined(session: CallSession, connection: Connection, legs: readonly Call[], from: Call): void {
    for (const [agent, call] of this.#called) {
      if (!legs.includes(call)) continue;
      this.#deps.movedTo(agent, session.interaction.id);
      session.interaction.update({ agentId: agent });
      this.#joined.set(call, this.#deps.follow(agent, { session, connection, call }, from));
    }
  }

  /** The leg once answered; `undefined`: nobody was reached, and the phone was told why. */
  async #reach({ call, interaction, signal }: CallSession, agent: string, target: Target): Promise<OutboundCall | undefined> {
    await call.ring();
    const leg = await this.#deps.control.originate({ to: target.address, interactionId: interaction.id, purpose: "consult", role: target.role, actor: `agent:${agent}`, from: { number: agent } });
    // Not by the leg's own signal: answered, it may outlive this call.
    const giveUp = (): void => void (leg.state === "answered" ? undefined : leg.hangup({ reason: "cancelled" }));
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    const answered = await leg.answered;
    signal.removeEventListener("abort", giveUp);
    if (answered) return leg;
    const { reason, status } = await leg.ended;
    await call.hangup({ reason, status: status !== undefined && status >= 400 ? status : 480 });
    return undefined;
  }

  /** Whether the leg talks on in another call. */
  async #talk(session: CallSession, leg: OutboundCall, colleague: string | undefined, replaced: (leg: OutboundCall) => void): Promise<boolean> {
    const { call, interaction } = session;
    try {
      await call.answer();
      const connection = await this.#deps.control.connect(interaction.id, call, leg);
      if (colleague !== undefined) this.#follow(session, connection, leg, colleague, replaced);
      return (await connection.ended).by === "moved";
    } catch (error) {
      await leg.hangup();
      throw error;
    }
  }

  /** The colleague's leg, and whichever comes in its place. */
  #follow(session: CallSession, connection: Connection, leg: OutboundCall, colleague: string, replaced: (leg: OutboundCall) => void): void {
    this.#called.set(colleague, leg);
    void leg.ended.then((end: CallEnd) => {
      // Taken along into another call it is that one's to wait for.
      if (this.#joined.has(leg) || session.call.signal.aborted || !brokeOff(end)) return;
      const back = this.#reattach(session, connection, colleague).then((another) => {
        if (another === undefined) return;
        replaced(another);
        this.#follow(session, connection, another, colleague, replaced);
      });
      void connection.keepOpen(back).catch((error: unknown) => this.#deps.log.error({ err: error, agent: colleague, interactionId: session.interaction.id }, "the phone of a colleague who was called broke off and could not be called back in order"));
    });
  }

  /** Who called hears music until the colleague's phone is back, or the time is up. */
  async #reattach(session: CallSession, connection: Connection, colleague: string): Promise<OutboundCall | undefined> {
    const { control, clock, log, music, phones } = this.#deps;
    const { call, interaction } = session;
    const wait = awaitPhone(clock, call.signal);
    interaction.event("leg.lost", { agent: colleague });
    try {
      await connection.hold(call, await music());
      const leg = await reattach(colleague, session, wait.controller.signal, { control, log, ...phones(colleague), asking: session.plan.target });
      if (leg === undefined) return undefined;
      await connection.join(leg);
      await connection.retrieve(call);
      interaction.event("leg.reattached", { agent: colleague, legId: leg.id });
      return leg;
    } finally {
      wait.done();
    }
  }

  /** Also where the phone breaks off and comes back. */
  #after(colleague: string | undefined, leg: OutboundCall, others: Occupation | undefined): void {
    void leg.ended.then(() => this.#joined.get(leg)?.left).then(() => this.#over(colleague, leg, others, true));
  }

  #over(colleague: string | undefined, leg: OutboundCall | undefined, occupation: Occupation | undefined, wrapUp: boolean): void {
    if (colleague !== undefined && this.#called.get(colleague) === leg) this.#called.delete(colleague);
    occupation?.release({ wrapUp });
  }
}
