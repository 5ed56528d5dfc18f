import type {
  AttemptCause, AudioSource, Call, CallEnd, CallEvent, CallState, Collected, CollectOptions, EndReason, HangupOptions, MediaLeg, Party, Playback, PlayOptions, T38Port, T38Request,
} from "@hotlinejs/core";
import { errorText, LazySignal } from "@hotlinejs/core";
import { callEnded, sipErrors } from "../errors.js";
import { ELSEWHERE } from "../stack/index.js";
import type { DialogSnapshot, ExtraHeaders, IncomingInvite, IncomingReoffer, IncomingRequest, Replaces, Session, SessionEnd } from "../stack/index.js";
import type { CallEnvironment } from "./call-environment.js";
import { CallListeners } from "./call-listeners.js";
import { CallMedia } from "./call-media.js";
import { InfoKeys } from "./info-keys.js";
import { causeOf, reasonHeader } from "./end-reasons.js";
import { sdpBodyOf, warning } from "./message-body.js";
import { referAway, takeReferral } from "./referral.js";
import { admitReplacement, takeLateAnswer } from "./replacement.js";
import type { Replacement } from "./replacement.js";
import { T38Switch } from "./t38-switch.js";

/** What is known of a call before it is made. */
export interface SipCallIdentity {
  readonly id: string;
  readonly direction: "inbound" | "outbound";
  readonly from: Party;
  readonly to: Party;
  readonly via: Call["via"];
  readonly attributes: Readonly<Record<string, string>>;
}

const abortReasons = new Map<EndReason, Error>();

/** One error per reason: a stack trace made for each call that ends would cost more than the ending. */
function abortReason(reason: EndReason): Error {
  const known = abortReasons.get(reason);
  if (known !== undefined) return known;
  const made = callEnded(reason);
  abortReasons.set(reason, made);
  return made;
}

/** Seconds after which a caller for whom there was no media, or not any more, may try again. */
export const MEDIA_RETRY_AFTER = 5;
const UNSUPPORTED_TYPE = { status: 415, headers: { Accept: "application/sdp" } };

/**
 * A leg over SIP in the terms of the `Call` contract: what is common to calls in and out. Everything
 * that ends a call passes through `finish`, which runs once.
 */
export abstract class SipCall implements Call {
  readonly adapter = "sip";
  readonly id: string;
  readonly direction: "inbound" | "outbound";
  #from: Party;
  readonly to: Party;
  #via: Call["via"];
  readonly attributes: Readonly<Record<string, string>>;
  readonly ended: Promise<CallEnd>;
  protected environment: CallEnvironment;
  /** Of a call to phones of several kinds: the one of whoever answered. */
  protected sound: CallMedia;
  readonly #signallingAddress: string | undefined;
  /** The answered dialog. */
  protected session: Session | undefined;
  /** Whether the leg may be used: from early media or the answer on. */
  protected mediaOpen = false;
  #state: CallState = "new";
  #settle: (end: CallEnd) => void = () => undefined;
  readonly #gone = new LazySignal();
  readonly #listeners: CallListeners;
  #end: CallEnd | undefined;
  #holding = false;
  /** The far end has accepted a REFER of ours: that it hangs up now means that it has gone there. */
  #leaving = false;
  readonly #keys: InfoKeys;
  #heldByPeer = false;
  /** An offer of ours met one of the peer's and is sent again in a moment. */
  #collided = false;
  readonly #t38: T38Switch;
  /** Offers of ours go out one after the other. */
  #offers: Promise<unknown> = Promise.resolve();

  constructor(environment: CallEnvironment, identity: SipCallIdentity, signallingAddress?: string) {
    this.environment = environment;
    this.id = identity.id;
    this.direction = identity.direction;
    this.#from = identity.from;
    this.to = identity.to;
    this.#via = identity.via;
    this.attributes = identity.attributes;
    this.ended = new Promise((resolve) => (this.#settle = resolve));
    this.#listeners = new CallListeners(this.id, environment);
    this.#keys = new InfoKeys({ callId: this.id, log: environment.log, clock: environment.clock, session: () => this.#answeredSession(), requireAlive: () => this.requireAlive() });
    this.#t38 = new T38Switch({
      environment,
      sound: () => this.sound,
      session: () => this.#answeredSession(),
      over: () => this.over(),
      soundAgain: () => this.#offerSound(this.#holding),
      inTurn: (offer) => this.#inTurn(offer),
      askListeners: (refuse, event) => this.#listeners.ask(refuse, event),
      storeDialog: () => this.#storeDialog(),
    });
    this.#signallingAddress = signallingAddress;
    this.sound = this.newSound();
  }

  protected newSound(): CallMedia {
    const sound: CallMedia = new CallMedia(
      this.environment,
      {
        timedOut: (ms) => {
          if (sound === this.sound) this.#mediaTimedOut(ms);
        },
        failed: (cause) => {
          if (sound === this.sound) this.#mediaFailed(cause);
        },
        keyFor: (digit) => {
          if (sound === this.sound) this.#keys.pass(digit);
        },
      },
      this.#signallingAddress,
    );
    return sound;
  }

  get from(): Party {
    return this.#from;
  }

  get via(): Call["via"] {
    return this.#via;
  }

  /** The call goes another way than it began: what is said from now on is said there. */
  protected reroute(via: Call["via"], from: Party, environment: CallEnvironment): void {
    this.#via = via;
    this.#from = from;
    this.environment = environment;
  }

  /** Tells how one of several ways ended, or that it took the call. */
  protected attempted(via: Call["via"], status: number, cause: AttemptCause): void {
    this.#listeners.tell({ type: "attempt", via, status, cause, at: this.environment.clock.now() });
  }

  get state(): CallState {
    return this.#state;
  }

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  get media(): MediaLeg | undefined {
    return this.mediaOpen ? this.sound.leg : undefined;
  }

  subscribe(listener: (event: CallEvent) => void): () => void {
    return this.#listeners.add(listener);
  }

  abstract ring(): Promise<void>;
  abstract answer(): Promise<void>;
  abstract redirect(to: string): Promise<void>;
  /** Refuses or cancels what is not answered yet. `finish` has run. */
  protected abstract giveUp(options: HangupOptions, reason: EndReason): void;

  async hangup(options: HangupOptions = {}): Promise<void> {
    if (this.#end !== undefined) return;
    const reason = options.reason ?? "hangup";
    const session = this.session;
    this.finish({ reason, by: "local", ...(session === undefined && options.status !== undefined ? { status: options.status } : {}) });
    try {
      if (session === undefined) this.giveUp(options, reason);
      else void session.bye(reasonHeaders(reason));
    } catch (error) {
      this.environment.log.error({ callId: this.id, error: errorText(error) }, "the end of a call could not be told to its peer");
    }
  }

  play(source: AudioSource | readonly AudioSource[], options?: PlayOptions): Playback {
    const leg = this.media;
    if (leg !== undefined) return leg.play(source, options);
    if (this.#end === undefined) throw sipErrors.NO_MEDIA();
    return { id: `${this.id}/ended`, done: Promise.resolve({ reason: "leg-ended", playedMs: 0 }), stop: () => undefined };
  }

  async collect(options?: CollectOptions): Promise<Collected> {
    const leg = this.media;
    if (leg !== undefined) return leg.collect(options);
    if (this.#end === undefined) throw sipErrors.NO_MEDIA();
    return { digits: "", reason: "ended" };
  }

  async sendDtmf(digits: string): Promise<void> {
    const leg = this.media;
    this.requireAlive();
    if (leg === undefined) throw sipErrors.NO_MEDIA();
    if (this.environment.dtmf === "media") await leg.sendDtmf(digits);
    else await this.#keys.send(digits);
  }

  hold(): Promise<void> {
    return this.#offer(true);
  }

  unhold(): Promise<void> {
    return this.#offer(false);
  }

  mediaPort(kind: "audio"): Promise<MediaLeg>;
  mediaPort(kind: "t38", request: T38Request): Promise<T38Port>;
  async mediaPort(kind: "audio" | "t38", request?: T38Request): Promise<MediaLeg | T38Port> {
    this.requireAlive();
    if (kind === "t38" && request !== undefined) return this.#inTurn(() => this.#t38.ask(request));
    if (this.media === undefined) throw sipErrors.NO_MEDIA();
    return this.media;
  }

  /** Enters `ringing` or `answered`; never goes back. */
  protected enter(state: "ringing" | "answered"): void {
    if (this.#state === "ended" || this.#state === state || this.#state === "answered") return;
    this.#state = state;
    this.#listeners.tell({ type: "state", state, at: this.environment.clock.now() });
  }

  /** Ends the call for everybody who looks at it. Only the first call counts. */
  protected finish(end: Omit<CallEnd, "at">): void {
    if (this.#end !== undefined) return;
    const whole: CallEnd = { ...end, at: this.environment.clock.now() };
    this.#end = whole;
    this.#state = "ended";
    this.sound.close();
    this.#t38.end("ended");
    if (this.session !== undefined) {
      this.#journal(null);
      this.environment.dialogEnded(this.session.dialog, this.via);
    }
    this.#gone.abort(abortReason(whole.reason));
    this.#settle(whole);
    this.#listeners.tell({ type: "state", state: "ended", at: whole.at });
    this.#listeners.clear();
  }

  /** Why it has ended, if it has. A method, since every await may change the answer. */
  protected over(): EndReason | undefined {
    return this.#end?.reason;
  }

  protected requireAlive(): void {
    const over = this.over();
    if (over !== undefined) throw callEnded(over);
  }

  /** Takes over an answered dialog. Must be called before anything can arrive on it. */
  protected attach(session: Session): void {
    this.session = session;
    session.handle({
      reoffer: (offer) => this.reoffered(offer),
      refer: (refer) => takeReferral(refer, { via: this.via, environment: this.environment, ask: (refuse, event) => this.#listeners.ask(refuse, event) }),
      request: (request) => this.#request(request),
      refresh: () => this.#refresh(),
      ended: (end) => {
        if (session === this.session) this.#sessionEnded(end);
        else this.environment.dialogEnded(session.dialog, this.via);
      },
    });
  }

  /** Whether this call is that dialog. */
  owns(session: Session): boolean {
    return this.session === session;
  }

  /** Whether this call is that dialog, which its far end has begun and we have not answered yet. */
  ringsAs(_dialog: Replaces): boolean {
    return false;
  }

  /** Whether this call is that dialog, which we have begun and its far end has not answered yet. */
  ringsThere(_dialog: Replaces): boolean {
    return false;
  }

  /** Another place answers in the stead of the one that rings (RFC 3891 section 3). Only early dialogs that we have begun. */
  pickUp(invite: IncomingInvite): void {
    invite.reject({ status: 481 });
  }

  /**
   * Another place, phone or browser, takes over the far end of this answered call (RFC 3891): the INVITE is answered with the sound as
   * it is, and the old dialog gets a BYE. To the hotline it stays the same call, on the same leg. A fax under way (T.38) is not taken
   * over, nor does one begin so: what was sent of a page is known to the machine that sent it. That is 488, and the dialog stays (section 3).
   */
  takeOver(invite: IncomingInvite): void {
    const old = this.session;
    if (old === undefined || this.#state !== "answered") return invite.reject({ status: 481 });
    const busy = (): boolean => this.#t38.active || this.#collided || this.sound.sdp.offering;
    const notNow = { status: 488, headers: warning("the call is a fax, or about to change its sound") };
    if (busy()) return invite.reject(notNow);
    admitReplacement({
      invite,
      wanted: this.#holding ? "sendonly" : "sendrecv",
      sound: () => this.sound,
      proceed: (newcomer) => {
        // Where the leg had to be made ready first, anything may have come between.
        if (this.#state !== "answered" || this.session !== old) return invite.reject({ status: 603 });
        if (busy()) return invite.reject(notNow);
        const settled = this.seat(invite, newcomer, () => this.#storeDialog());
        if (settled === undefined) return;
        void old.bye({ headers: { Reason: ELSEWHERE } });
        // Offers of ours to the newcomer wait until the first description is agreed.
        this.#offers = Promise.all([this.#offers, settled]);
      },
    });
  }

  /**
   * Answers an INVITE with Replaces and makes its dialog that of this call. `ready` runs when the newcomer has acknowledged and the
   * sound is agreed; otherwise the call ends. `undefined`: the INVITE was over already.
   */
  protected seat(invite: IncomingInvite, { sound, sdp, webRtc, late, describe }: Replacement, ready: () => void): Promise<void> | undefined {
    const accepted = invite.accept({ body: describe() });
    const { session } = invite;
    if (session === undefined) return undefined;
    sound.follow(sdp, webRtc);
    this.attach(session);
    if (!late) this.agreed();
    return accepted.then(async (outcome) => {
      // Without an ACK the session ends, and by its end the call.
      if (this.over() !== undefined || !outcome.ok) return;
      const why = late ? takeLateAnswer(sdp, outcome.ack) : undefined;
      if (why !== undefined) {
        this.environment.log.warn({ callId: this.id, reason: why }, "the answer of who took over a call could not be used");
        return this.hangup({ reason: "failed" });
      }
      if (late) this.agreed();
      ready();
    });
  }

  /** The dialog is confirmed and the sound flows. */
  protected confirmed(): void {
    this.enter("answered");
    this.#storeDialog();
  }

  protected agreed(): void {
    const audio = this.sound.sdp.audio;
    if (audio === undefined) return;
    if (this.session !== undefined) this.sound.signalsFrom(this.session.dialog.destination.host);
    this.sound.apply(audio);
    if (audio.heldByPeer === this.#heldByPeer) return;
    this.#heldByPeer = audio.heldByPeer;
    this.#listeners.tell({ type: "remote-hold", held: audio.heldByPeer });
  }

  /** Sends the far end of an answered call elsewhere and lets it go when it has arrived there. */
  protected async refer(session: Session, to: string): Promise<void> {
    try {
      await referAway(session, to, this.environment, { requireAlive: () => this.requireAlive(), accepted: () => (this.#leaving = true) });
    } finally {
      this.#leaving = false;
    }
    await this.hangup({ reason: "redirected" });
  }

  /** The sound as it is, once more; while the call is T.38 the stack repeats that. */
  #refresh(): boolean {
    if (this.#state !== "answered" || this.#t38.active) return false;
    this.#inTurn(() => this.#offerSound(this.#holding)).catch((error: unknown) => this.environment.log.info({ callId: this.id, error: errorText(error) }, "a call could not be refreshed"));
    return true;
  }

  #offer(hold: boolean): Promise<void> {
    return this.#inTurn(() => (this.#holding === hold ? Promise.resolve() : this.#offerSound(hold)));
  }

  /** Offers of ours go out one after the other. */
  #inTurn<T>(offer: () => Promise<T>): Promise<T> {
    const turn = this.#offers.then(() => {
      this.requireAlive();
      return offer();
    });
    this.#offers = turn.catch(() => undefined);
    return turn;
  }

  /** The dialog, once answered. */
  #answeredSession(): Session {
    if (this.session === undefined || this.#state !== "answered") throw sipErrors.NO_MEDIA();
    return this.session;
  }

  async #offerSound(hold: boolean): Promise<void> {
    const session = this.#answeredSession();
    const { sdp } = this.sound;
    const write = (): string => {
      this.#collided = false;
      return sdp.offer(this.sound.local(), hold ? "sendonly" : "sendrecv");
    };
    const outcome = await session.reinvite({
      body: write(),
      collided: () => {
        // The peer's turn may come first (RFC 3261 section 14.1).
        sdp.abandonOffer();
        this.#collided = true;
        return write;
      },
    });
    this.#collided = false;
    const over = this.over();
    if (over !== undefined) {
      sdp.abandonOffer();
      throw callEnded(over);
    }
    const body = outcome.response !== undefined && outcome.status < 300 ? sdpBodyOf(outcome.response) : { kind: "none" as const };
    const answer = body.kind === "sdp" ? sdp.receiveAnswer(body.text) : undefined;
    if (answer?.ok !== true) {
      sdp.abandonOffer();
      throw sipErrors.OFFER_REFUSED(answer?.reason ?? outcome.status, { details: { status: outcome.status } });
    }
    this.#holding = hold;
    this.agreed();
    this.#storeDialog();
  }

  /** Re-INVITE or UPDATE of the peer: hold, unhold, another address or codec (RFC 3264 section 8). */
  protected reoffered(offer: IncomingReoffer): void {
    const { sdp } = this.sound;
    // Ours is not answered yet.
    if (sdp.offering) return offer.respond({ status: 491 });
    const body = sdpBodyOf(offer.request);
    // Sound of ours is about to be offered: no fax begins before it.
    if (this.#collided && body.kind === "sdp" && sdp.receiveImageOffer(body.text) !== undefined) return offer.respond({ status: 491 });
    if (body.kind === "other") return offer.respond(UNSUPPORTED_TYPE);
    const wanted = this.#holding ? "sendonly" : "sendrecv";
    if (body.kind === "sdp" && this.#t38.offered(offer, body.text)) return;
    if (body.kind === "none") return this.#lateReoffer(offer, wanted);
    const negotiation = sdp.receiveOffer(body.text, wanted);
    if (!negotiation.ok) return offer.respond({ status: negotiation.status, headers: warning(negotiation.reason) });
    this.sound.meet(negotiation.audio);
    const { sdp: answer } = sdp.answer(this.sound.local(), wanted);
    this.agreed();
    this.#t38.end("remote");
    void offer.accept({ body: answer }).then(() => this.#storeDialog());
  }

  /** A re-INVITE without a body asks for our offer; its ACK brings the answer. */
  #lateReoffer(offer: IncomingReoffer, wanted: "sendonly" | "sendrecv"): void {
    const { sdp } = this.sound;
    const body = sdp.offer(this.sound.local(), wanted);
    void offer.accept({ body }).then((ack) => {
      const answer = ack === undefined ? { kind: "none" as const } : sdpBodyOf(ack);
      if (answer.kind === "sdp" && sdp.receiveAnswer(answer.text).ok) this.agreed();
      else sdp.abandonOffer();
      this.#storeDialog();
    });
  }

  #request(request: IncomingRequest): void {
    const { method } = request.request;
    if (method === "MESSAGE" && this.environment.messageArrived !== undefined) return this.environment.messageArrived(request);
    if (method !== "INFO") return request.respond(method === "OPTIONS" ? { status: 200 } : { status: 405 });
    const digit = this.#keys.take(request);
    if (digit !== undefined) this.media?.injectDtmf(digit);
  }

  #sessionEnded(end: SessionEnd): void {
    if (end.cause === "bye") {
      const status = causeOf(end.request);
      this.finish({ reason: end.by !== "remote" ? "hangup" : this.#leaving ? "redirected" : "remote-hangup", by: end.by, ...(status === undefined ? {} : { status }) });
    } else if (end.cause === "stopped") this.finish({ reason: "hangup", by: "system" });
    else this.finish({ reason: end.cause === "transport" ? "unreachable" : "failed", by: "system", ...(end.cause === "no-ack" || end.cause === "session-expired" ? { status: 408 } : {}) });
  }

  #mediaTimedOut(silentMs: number): void {
    if (this.#state !== "answered") return;
    this.environment.log.info({ callId: this.id, silentMs }, "no sound has come for too long; the call is ended");
    void this.hangup({ reason: "media-timeout" });
  }

  #mediaFailed(cause: "lost" | "closed" | "unusable"): void {
    const { log } = this.environment;
    if (cause === "lost") log.error({ callId: this.id }, "the media of a call failed; the call is ended");
    else log.info({ callId: this.id, cause }, "the peer gives no sound for a call; the call is ended");
    void this.hangup({ reason: "failed", ...(cause === "unusable" ? { status: 488 } : { status: 503, retryAfter: MEDIA_RETRY_AFTER }) });
  }

  #storeDialog(): void {
    if (this.#end === undefined && this.session !== undefined && this.session.state === "confirmed") this.#journal(this.session.dialog.snapshot());
  }

  /** A journal that fails must not take the call along. */
  #journal(snapshot: DialogSnapshot | null): void {
    try {
      this.environment.onDialog(this.id, snapshot);
    } catch (error) {
      this.environment.log.error({ err: error, callId: this.id }, "the dialog of a call could not be stored");
    }
  }
}

function reasonHeaders(reason: EndReason): { headers?: ExtraHeaders } {
  const value = reasonHeader(reason);
  return value === undefined ? {} : { headers: { Reason: value } };
}
