import type { Call, CallControl, CallPipeline, CallSession, Connection, ForwardedCall, OutboundCall, OutboundRequest, TelephonyAdapter } from "../contracts/call.js";
import type { MediaEngine } from "../contracts/media.js";
import type { Audit } from "../contracts/data.js";
import type { Clock, Ids } from "../contracts/time.js";
import type { EventBus } from "../events/event-bus.js";
import { coreErrors } from "../errors/core-errors.js";
import { errorText, isHotlineError } from "../errors/define-errors.js";
import type { HookRunner } from "../hooks/hook-runner.js";
import type { Logger } from "../log/logger.js";
import { maskPhone } from "../log/mask-phone.js";
import type { InteractionJournal } from "./interaction-journal.js";
import { Conversation } from "./conversation.js";
import { watchLeg } from "./leg-watch.js";

export interface CallControlDeps {
  readonly hooks: HookRunner;
  readonly journal: InteractionJournal;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  /** Looked up late: the media plugin may come after core. */
  readonly media: () => MediaEngine;
  readonly pipeline: () => CallPipeline;
  readonly audit: () => Audit;
}

/** See CallControl: every bridge move of a leg and every outgoing call passes here. */
export class DefaultCallControl implements CallControl {
  readonly #deps: CallControlDeps;
  readonly #sessions = new Map<string, CallSession>();
  readonly #legs = new Map<string, Set<Call>>();
  /** The interaction of each leg. */
  readonly #homes = new WeakMap<Call, string>();
  readonly #seats = new Map<Call, Conversation>();

  constructor(deps: CallControlDeps) {
    this.#deps = deps;
  }

  /** The pipeline hands over a session it has begun. */
  adopt(session: CallSession): void {
    this.#sessions.set(session.interaction.id, session);
    this.#add(session.interaction.id, session.call);
  }

  /** The interaction is over: legs that are left are hung up. */
  release(interactionId: string): void {
    for (const leg of this.legs(interactionId)) void leg.hangup();
    this.#sessions.delete(interactionId);
    this.#legs.delete(interactionId);
  }

  session(interactionId: string): CallSession | undefined {
    return this.#sessions.get(interactionId);
  }

  /** Every session in progress. */
  sessions(): readonly CallSession[] {
    return [...this.#sessions.values()];
  }

  legs(interactionId: string): readonly Call[] {
    return [...(this.#legs.get(interactionId) ?? [])];
  }

  async originate(request: OutboundRequest): Promise<OutboundCall> {
    return this.dial(request, await this.permit(request));
  }

  /** The adapter that dials it, once nobody has refused. Rejects as `originate` does. */
  async permit(request: OutboundRequest): Promise<TelephonyAdapter> {
    const { pipeline } = this.#deps;
    const closed = pipeline().admission();
    // While draining, an agent may still be rung for a caller who is already in; nothing else goes out.
    if (closed !== undefined && request.purpose !== "agent" && request.purpose !== "transfer" && request.purpose !== "consult") throw coreErrors.DRAINING();
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(request.to)?.[1]?.toLowerCase();
    const adapter = pipeline().adapters.find((each) => scheme !== undefined && each.schemes.includes(scheme));
    if (adapter === undefined) throw coreErrors.NO_ADAPTER(scheme === undefined ? "an address without a scheme" : `addresses of the kind ${scheme}:`, { details: { scheme } });
    await this.#mayGoTo(request);
    return adapter;
  }

  /** Rejects with HTL_CORE_OUTBOUND_REFUSED where a tap of `callOutbound` forbids it. */
  async #mayGoTo(request: OutboundRequest): Promise<void> {
    const refusal = await this.#deps.hooks.callOutbound(request);
    if (refusal === undefined) return;
    this.#deps.journal.event(request.interactionId, "outbound.refused", { purpose: request.purpose, code: refusal.code });
    throw coreErrors.OUTBOUND_REFUSED(request.to, refusal.message, { details: { code: refusal.code } });
  }

  async redirect(interactionId: string, to: string, { actor }: { readonly actor?: string } = {}): Promise<void> {
    const { journal, pipeline } = this.#deps;
    const call = this.#sessions.get(interactionId)?.call;
    if (call === undefined || call.state === "ended") throw coreErrors.CALL_ENDED("nobody is left to be sent elsewhere");
    const adapter = pipeline().adapters.find((each) => each.name === call.adapter);
    // Asked first: a day's calls are not counted for what cannot be.
    if (adapter?.capabilities.redirect === false) throw coreErrors.NOT_SUPPORTED(adapter.name, "sending a call elsewhere");
    await this.#mayGoTo({ to, interactionId, purpose: "transfer", role: "other", caller: call.from.number, redirect: true, ...(actor === undefined ? {} : { actor }) });
    const answered = call.state === "answered";
    // Intent before act: what the carrier was asked for stands there even if we do not live to hear its answer.
    journal.event(interactionId, "call.redirecting", { to, answered });
    try {
      await call.redirect(to);
    } catch (error) {
      const why = isHotlineError(error) ? error.code : errorText(error);
      journal.event(interactionId, "call.redirect-failed", { to, error: why });
      this.#auditRedirect(interactionId, actor, { to: masked(to), answered, error: why }, "failed");
      throw error;
    }
    journal.event(interactionId, "call.redirected", { to, answered });
    this.#auditRedirect(interactionId, actor, { to: masked(to), answered }, "done");
  }

  /** In the background: the caller's way does not wait for the database. */
  #auditRedirect(interactionId: string, actor: string | undefined, details: Record<string, unknown>, outcome: "done" | "failed"): void {
    this.#deps
      .audit()
      .record({ actor: actor ?? "system", action: "core.call-redirected", subject: { type: "interaction", id: interactionId }, details, outcome })
      .catch((error: unknown) => this.#deps.log.error({ err: error, interactionId }, "a call that was sent elsewhere could not be written into the audit"));
  }

  /** Dials what was permitted. */
  async dial(request: OutboundRequest, adapter: TelephonyAdapter): Promise<OutboundCall> {
    const { journal, events, ids, log } = this.#deps;
    // Intent before act: the leg's row exists before the INVITE leaves.
    const id = request.id ?? ids.next();
    journal.leg({ id, interactionId: request.interactionId, adapter: adapter.name, direction: "outbound", role: request.role, from: request.from?.number ?? "", to: request.to });
    let call: OutboundCall;
    try {
      const caller = this.#sessions.get(request.interactionId)?.call;
      const hops = caller?.hopsLeft;
      const forwarded = request.purpose === "transfer" && caller?.direction === "inbound" ? forwardedCall(caller) : undefined;
      call = await adapter.originate(request.to, { ...(hops === undefined ? {} : { hopsLeft: hops - 1 }), ...(forwarded === undefined ? {} : { forwarded }), ...request, id });
    } catch (error) {
      journal.legState(id, { endedAt: this.#deps.clock.now(), endReason: "failed" });
      throw error;
    }
    this.#add(request.interactionId, call);
    watchLeg(call, { journal, events, interactionId: () => this.#homes.get(call) ?? request.interactionId, role: request.role, log });
    return call;
  }

  async connect(interactionId: string, a: Call, b: Call): Promise<Connection> {
    const conversation = new Conversation(interactionId, a, {
      ...this.#deps,
      originate: (request) => this.originate(request),
      seats: this.#seats,
      moved: (call, to) => this.#moveLeg(call, to),
    });
    await conversation.begin(b);
    return conversation;
  }

  /** The leg is another interaction's from now on: there it is hung up in the end, and there its row stands. */
  #moveLeg(call: Call, interactionId: string): void {
    const from = this.#homes.get(call) ?? "";
    this.#legs.get(from)?.delete(call);
    this.#add(interactionId, call);
    this.#deps.journal.moveLeg(call.id, interactionId);
    this.#deps.events.publish("leg.moved", { interactionId, legId: call.id, from });
  }

  #add(interactionId: string, call: Call): void {
    this.#homes.set(call, interactionId);
    const legs = this.#legs.get(interactionId) ?? new Set<Call>();
    legs.add(call);
    this.#legs.set(interactionId, legs);
    void call.ended.then(() => legs.delete(call));
  }
}

/** What is known of a call that is sent on (see `Call.attributes`). */
function forwardedCall({ to, attributes }: Call): ForwardedCall {
  const { "diverted-from": from, "diverted-by": by = "", "diversion-reason": reason = "unknown", "diversion-count": count } = attributes;
  return { called: to.number, ...(from === undefined ? {} : { before: { from, by, reason, count: Math.max(1, Number(count) || 1) } }) };
}

/** An address whose number is masked. */
function masked(address: string): string {
  return address.replace(/\+?\d{8,}/g, maskPhone);
}
