import type { EndReason, HangupOptions } from "@hotlinejs/core";
import { isHotlineError } from "@hotlinejs/core";
import { callEnded, sipErrors } from "../errors.js";
import type { NegotiatedAudio } from "../sdp/index.js";
import type { AcceptOutcome, BodyOptions, IncomingInvite, Replaces } from "../stack/index.js";
import { isBrowser } from "./browsers.js";
import type { Setup } from "../edge/setup-gate.js";
import type { CallEnvironment } from "./call-environment.js";
import { reasonHeader } from "./end-reasons.js";
import { acceptsSdp, sdpBodyOf, warning } from "./message-body.js";
import { MEDIA_RETRY_AFTER, SipCall } from "./sip-call.js";
import type { SipCallIdentity } from "./sip-call.js";

/** A call that came in. */
export class InboundCall extends SipCall {
  readonly #invite: IncomingInvite;
  readonly #setup: Setup;
  #answering: Promise<void> | undefined;
  /** The INVITE had no description: we offer in the 200, the ACK answers. */
  #late = false;
  /** Our offer was answered in a PRACK: the 200 carries none. */
  #settledEarly = false;
  #ringing: Promise<void> | undefined;
  /** What our answer to the offer will agree on. */
  #expected: NegotiatedAudio | undefined;

  constructor(environment: CallEnvironment, identity: SipCallIdentity, invite: IncomingInvite, setup: Setup) {
    super(environment, identity, invite.source.local.address);
    this.#invite = invite;
    this.sound.signalsFrom(invite.source.address);
    this.#setup = setup;
    void this.ended.then(() => {
      if (this.session === undefined) environment.dialogEnded({ callId: invite.request.callId, localTag: invite.localTag, remoteTag: invite.request.from.tag ?? "0" }, this.via);
    });
    void invite.closed.then(({ cause }) => {
      if (cause === "cancelled") this.finish({ reason: "cancelled", by: "remote", status: 487 });
      else if (cause === "expired") this.finish({ reason: "no-answer", by: "system", status: 487 });
      else if (cause === "unacknowledged") this.finish({ reason: "failed", by: "system", status: 504 });
      else if (cause === "stopped") this.finish({ reason: "hangup", by: "system", status: 503 });
    });
  }

  get hopsLeft(): number | undefined {
    const value = this.#invite.request.headers.get("max-forwards");
    return value === undefined ? undefined : Number(value);
  }

  /** Reads the offer and refuses at once what could never be answered. `false`: refused (400, 406, 415, 488). */
  negotiate(): boolean {
    if (!acceptsSdp(this.#invite.request)) {
      this.#invite.reject({ status: 406 });
      return false;
    }
    const body = sdpBodyOf(this.#invite.request);
    if (body.kind === "none") {
      this.#late = true;
      return true;
    }
    if (body.kind === "other") {
      this.#invite.reject({ status: 415, headers: { Accept: "application/sdp" } });
      return false;
    }
    const negotiation = this.sound.sdp.receiveOffer(body.text);
    if (negotiation.ok) {
      this.#expected = negotiation.audio;
      this.sound.prepare(negotiation.audio);
      return true;
    }
    this.#invite.reject({ status: negotiation.status, headers: warning(negotiation.reason) });
    return false;
  }

  override ringsAs({ callId, localTag, remoteTag }: Replaces): boolean {
    const { request, localTag: own, state } = this.#invite;
    return (state === "trying" || state === "ringing") && request.callId === callId && own === localTag && (request.from.tag ?? "0") === remoteTag;
  }

  async ring(): Promise<void> {
    if (this.state !== "new") return;
    if (this.#late && this.#invite.reliable) return (this.#ringing ??= this.#ringWithOffer());
    this.#invite.ring();
    this.#setup.done();
    this.enter("ringing");
  }

  /** The first reliable response to an INVITE without an offer has to carry ours (RFC 3262 section 5). */
  async #ringWithOffer(): Promise<void> {
    await this.#open();
    if (this.over() !== undefined) return;
    this.#invite.handle({ reoffer: (offer) => this.reoffered(offer) });
    this.#invite.ring({
      body: this.sound.sdp.offer(this.sound.local()),
      prack: (prack) => {
        const body = sdpBodyOf(prack.request);
        const answer = body.kind === "sdp" ? this.sound.sdp.receiveAnswer(body.text) : undefined;
        if (answer?.ok !== true) return prack.respond({ status: body.kind === "other" ? 415 : 488 });
        this.#settledEarly = true;
        prack.respond({ status: 200 });
        this.agreed();
      },
    });
    this.#setup.done();
    this.enter("ringing");
  }

  answer(): Promise<void> {
    const over = this.over();
    if (over !== undefined) return Promise.reject(callEnded(over));
    this.#answering ??= this.#answer();
    return this.#answering;
  }

  async redirect(to: string): Promise<void> {
    this.requireAlive();
    if (this.session !== undefined) {
      if (this.state !== "answered") await this.answer();
      return this.refer(this.session, to);
    }
    const contact = `<${this.environment.absoluteUri(to)}>`;
    this.finish({ reason: "redirected", by: "local", status: 302 });
    this.#invite.reject({ status: 302, headers: { Contact: contact } });
  }

  protected override giveUp(options: HangupOptions, reason: EndReason): void {
    const cause = reason === "hangup" ? undefined : reasonHeader(reason);
    this.#invite.reject({ status: options.status ?? 603, ...(cause === undefined ? {} : { headers: { Reason: cause } }), ...(options.retryAfter === undefined ? {} : { retryAfter: options.retryAfter }) });
  }

  async #open(): Promise<void> {
    try {
      await this.sound.open(this.#expected === undefined ? { webRtc: isBrowser(this.#invite.source.kind) } : { expected: this.#expected });
    } catch (error) {
      const status = isHotlineError(error) ? (error.sip ?? 503) : 503;
      // A port of the range may be free again at any moment.
      if (this.over() === undefined) await this.hangup({ reason: "failed", status, ...(status === 503 ? { retryAfter: MEDIA_RETRY_AFTER } : {}) });
      throw error;
    }
    this.requireAlive();
  }

  async #answer(): Promise<void> {
    // Nothing may be answered before the caller has acknowledged the offer it demanded.
    if (this.#late && this.#invite.reliable) await this.ring();
    this.#setup.again();
    try {
      await this.#open();
    } finally {
      // What follows may wait for the caller, which is no matter of ours.
      this.#setup.done();
    }
    const { sdp } = this.sound;
    if (this.#ringing !== undefined) return this.#confirm({});
    const body = this.#late ? sdp.offer(this.sound.local()) : sdp.answer(this.sound.local()).sdp;
    // The caller may send before its ACK is here.
    this.agreed();
    return this.#confirm({ body });
  }

  async #confirm(answer: BodyOptions): Promise<void> {
    const accepted = this.#invite.accept(answer);
    if (this.#invite.session !== undefined) this.attach(this.#invite.session);
    const outcome = await accepted;
    if (!outcome.ok) {
      this.#lost(outcome);
      throw callEnded(this.over() ?? "failed");
    }
    this.requireAlive();
    if (this.session === undefined) this.attach(outcome.session);
    if (this.#late && !this.#settledEarly) await this.#takeLateAnswer(outcome.ack);
    this.mediaOpen = true;
    this.confirmed();
  }

  async #takeLateAnswer(ack: Extract<AcceptOutcome, { ok: true }>["ack"]): Promise<void> {
    const body = sdpBodyOf(ack);
    const answer = body.kind === "sdp" ? this.sound.sdp.receiveAnswer(body.text) : undefined;
    if (answer?.ok !== true) {
      // An ACK cannot be refused; what is left is to end the call (RFC 3261 section 13.2.1).
      await this.hangup({ reason: "failed" });
      throw sipErrors.OFFER_REFUSED(answer?.reason ?? "the ACK had no description");
    }
    this.agreed();
  }

  #lost(outcome: Extract<AcceptOutcome, { ok: false }>): void {
    switch (outcome.cause) {
      case "cancelled":
        return this.finish({ reason: "cancelled", by: "remote", status: 487 });
      case "remote-bye":
        return this.finish({ reason: "remote-hangup", by: "remote" });
      case "local-bye":
        return this.finish({ reason: "hangup", by: "local" });
      case "stopped":
        return this.finish({ reason: "hangup", by: "system" });
      case "no-prack":
        return this.finish({ reason: "failed", by: "system", status: 504 });
      case "no-ack":
        return this.finish({ reason: "failed", by: "system", status: 408 });
      default:
        return this.finish({ reason: "failed", by: "system" });
    }
  }
}
