import type { AttemptCause, Call, EndReason, HangupOptions, MediaLeg, OutboundCall as OutboundCallContract, Party, Timer } from "@hotlinejs/core";
import { errorText, isHotlineError } from "@hotlinejs/core";
import { ELSEWHERE, isReliable, SipParseError } from "../stack/index.js";
import { callEnded, notSupported } from "../errors.js";
import type { ChallengeHandler, Destination, Dialog, ExtraHeaders, IncomingInvite, IncomingReoffer, InviteOutcome, OutgoingInvite, Replaces, SipResponse, UserAgent } from "../stack/index.js";
import type { CallEnvironment } from "./call-environment.js";
import { bestStatus, q850Of, reasonHeader, reasonOfCause, reasonOfStatus } from "./end-reasons.js";
import { failsOver, retryAfterOf } from "./fail-over.js";
import type { CallMedia } from "./call-media.js";
import { sdpBodyOf } from "./message-body.js";
import { admitReplacement } from "./replacement.js";
import { SipCall } from "./sip-call.js";
import type { SipCallIdentity } from "./sip-call.js";

/** One place where the called side may be: a registered phone or a trunk. */
export interface DialTarget {
  /** Request-URI. */
  readonly uri: string;
  readonly destination?: Destination;
  readonly route?: readonly string[];
  readonly transport?: "udp" | "tcp" | "tls";
  readonly onChallenge?: ChallengeHandler;
  /** A browser: it is offered WebRTC, and phones at the same time plain RTP. */
  readonly webRtc?: boolean;
  /** Where a redirection (3xx) of this place may be followed to; `undefined`: not. */
  redirected?(contact: string): string | undefined;
  /** The place could not be reached at all (its connection is gone). */
  unreachable?(): void;
}

/** One way to the called side: all that differs from trunk to trunk. */
export interface DialWay {
  /** From: name-addr or URI. */
  readonly from: string;
  /** To: name-addr or URI. */
  readonly to: string;
  /** User part of our Contact. */
  readonly contactUser: string;
  /** Rung at once; the first that answers gets the call. */
  readonly targets: readonly DialTarget[];
  readonly headers?: ExtraHeaders;
  readonly via: Call["via"];
  /** The caller on this way, as the hotline knows it; a trunk may have a number of its own for calls that name none. */
  readonly caller: Party;
  /** The INVITE waits for so long, ms (call rate of the trunk). */
  readonly delayMs?: number;
  /** Nothing heard for so long, ms: the next way, if there is one. */
  readonly tryMs?: number;
  /** The way is done with: gives its channel back. Idempotent. */
  release?(): void;
  /** The far end asks to be left alone for so many seconds. */
  rest?(seconds: number): void;
  /** The way did not take the call, for its own part. */
  failed?(status: number): void;
}

export interface DialPlan extends DialWay {
  /** Takes the next way; `undefined`: there is none, or none free. */
  next?(): DialWay | undefined;
  /** Ways passed over since this was last asked. */
  passed?(): readonly { readonly via: Call["via"]; readonly why: "full" | "limited" }[];
  readonly timeoutMs?: number;
  readonly near?: MediaLeg;
  /** Default 70. */
  readonly maxForwards?: number;
  readonly signal?: AbortSignal;
}

interface Branch {
  readonly target: DialTarget;
  readonly invite: OutgoingInvite;
  readonly sound: CallMedia;
  readonly body: string;
  /** One for each phone that rings behind it. */
  readonly early: Set<Dialog>;
  settled: boolean;
}

/** A call of ours, forked to every target in parallel. */
export class OutboundCall extends SipCall implements OutboundCallContract {
  readonly answered: Promise<boolean>;
  readonly #agent: UserAgent;
  readonly #plan: DialPlan;
  readonly #environmentOf: (via: Call["via"]) => CallEnvironment;
  /** The way that is tried now. */
  #way: DialWay;
  #tried = 0;
  /** It rang on this way. */
  #rang = false;
  #tryTimer: Timer | undefined;
  #branches: Branch[] = [];
  #statuses: number[] = [];
  /** What a Reason beside a status says. */
  readonly #told = new Map<number, EndReason>();
  #settleAnswered: (answered: boolean) => void = () => undefined;
  #timer: Timer | undefined;
  #won = false;
  /** The offer was answered in a response that we acknowledged (RFC 3262). */
  #settledEarly = false;
  /** Of the kinds of places that ring: browsers, others. */
  readonly #sounds = new Map<boolean, CallMedia>();

  constructor(environment: CallEnvironment, identity: SipCallIdentity, agent: UserAgent, plan: DialPlan, environmentOf: (via: Call["via"]) => CallEnvironment = () => environment) {
    super(environment, identity);
    this.#agent = agent;
    this.#plan = plan;
    this.#way = plan;
    this.#environmentOf = environmentOf;
    this.answered = new Promise((resolve) => (this.#settleAnswered = resolve));
    const { signal } = plan;
    const abort = (): void => void this.hangup({ reason: "cancelled" });
    signal?.addEventListener("abort", abort, { once: true });
    // It cancels the ringing: once answered the call is its own, whatever becomes of who made it (a consultation completed, a talk taken over).
    void this.answered.then(() => signal?.removeEventListener("abort", abort));
    void this.ended.then(() => {
      signal?.removeEventListener("abort", abort);
      this.#timer?.cancel();
      this.#tryTimer?.cancel();
      this.#way.release?.();
      for (const sound of this.#sounds.values()) sound.close();
      this.#settleAnswered(false);
    });
  }

  /** Begins to ring. Never rejects: what goes wrong ends the call. */
  async start(): Promise<void> {
    const { clock, ringTimeoutMs } = this.environment;
    if (this.#plan.signal?.aborted === true) return this.finish({ reason: "cancelled", by: "local" });
    if (this.#plan.targets.length === 0) return this.finish({ reason: "unreachable", by: "system", status: 480 });
    this.#timer = clock.setTimeout(() => this.#timedOut(), this.#plan.timeoutMs ?? ringTimeoutMs);
    await this.#begin(this.#way);
  }

  /** Rings on one way. Never rejects. */
  async #begin(way: DialWay): Promise<void> {
    const left = (): boolean => this.over() !== undefined || this.#way !== way;
    try {
      if (way.delayMs !== undefined && way.delayMs > 0) await this.environment.clock.sleep(way.delayMs, this.signal);
      if (left()) return;
      for (const webRtc of new Set(way.targets.map((target) => target.webRtc === true))) {
        const sound = this.#sounds.size === 0 ? this.sound : this.newSound();
        this.#sounds.set(webRtc, sound);
        await sound.open({ webRtc, ...(this.#plan.near === undefined ? {} : { near: this.#plan.near }) });
      }
    } catch (error) {
      if (left()) return;
      this.environment.log.warn({ callId: this.id, error: errorText(error) }, "an outgoing call got no media");
      return this.finish({ reason: "failed", by: "system", status: isHotlineError(error) ? (error.sip ?? 503) : 503 });
    }
    if (left()) return;
    this.#tellPassed();
    const offers = new Map([...this.#sounds].map(([webRtc, sound]) => [webRtc, { sound, body: sound.sdp.offer(sound.local()) }]));
    for (const target of way.targets) {
      const offer = offers.get(target.webRtc === true);
      if (offer !== undefined) this.#fork(target, offer.sound, offer.body);
    }
    this.#concludeIfLost();
  }

  async ring(): Promise<void> {
    // An outgoing call rings when its far end says so.
  }

  async answer(): Promise<void> {
    if (!(await this.answered)) throw callEnded(this.over() ?? "failed");
  }

  async redirect(to: string): Promise<void> {
    this.requireAlive();
    if (this.session === undefined) throw notSupported("sending an outgoing call elsewhere before its answer");
    return this.refer(this.session, to);
  }

  override ringsThere({ callId, localTag, remoteTag }: Replaces): boolean {
    if (this.#won) return false;
    return this.#branches.some(({ settled, early }) => !settled && [...early].some((dialog) => dialog.callId === callId && dialog.localTag === localTag && dialog.remoteTag === remoteTag));
  }

  override pickUp(invite: IncomingInvite): void {
    admitReplacement({
      invite,
      wanted: "sendrecv",
      sound: (webRtc) => this.#sounds.get(webRtc) ?? this.sound,
      proceed: (newcomer) => {
        if (this.#won || this.over() !== undefined) return invite.reject({ status: 603 });
        const before = this.sound;
        this.sound = newcomer.sound;
        const settled = this.seat(invite, newcomer, () => this.#open());
        if (settled === undefined) {
          this.sound = before;
          return;
        }
        this.#win(newcomer.sound);
      },
    });
  }

  protected override giveUp(_options: HangupOptions, reason: EndReason): void {
    this.#cancelAll(reasonHeader(reason));
  }

  #fork(target: DialTarget, sound: CallMedia, body: string): void {
    const way = this.#way;
    const early = new Set<Dialog>();
    let invite: OutgoingInvite;
    try {
      invite = this.#agent.invite({
        uri: target.uri,
        from: way.from,
        to: way.to,
        contactUser: way.contactUser,
        body,
        ...(this.#plan.maxForwards === undefined ? {} : { maxForwards: this.#plan.maxForwards }),
        ...(way.headers === undefined ? {} : { headers: way.headers }),
        ...(target.destination === undefined ? {} : { destination: target.destination }),
        ...(target.route === undefined || target.route.length === 0 ? {} : { route: target.route }),
        ...(target.transport === undefined ? {} : { transport: target.transport }),
        ...(target.onChallenge === undefined ? {} : { onChallenge: target.onChallenge }),
        provisional: (response, dialog) => {
          if (dialog !== undefined) early.add(dialog);
          if (this.#way === way) this.#provisional(response, dialog);
        },
        trying: (last) => {
          if (this.#way === way) this.#watchSilence(last);
        },
        heard: () => {
          if (this.#way === way) this.#tryTimer?.cancel();
        },
        reoffer: (offer) => (this.#way === way ? this.#earlyReoffer(offer) : offer.respond({ status: 488 })),
      });
    } catch (error) {
      // A header or address that cannot be written.
      this.environment.log.warn({ callId: this.id, error: errorText(error) }, "an outgoing call could not be written");
      this.#statuses.push(400);
      return;
    }
    const branch: Branch = { target, invite, sound, body, early, settled: false };
    this.#branches.push(branch);
    void invite.outcome.then((outcome) => {
      branch.settled = true;
      for (const dialog of early) if (!outcome.answered || outcome.session.dialog !== dialog) this.environment.dialogEnded(dialog, way.via);
      if (outcome.answered) this.#takeAnswer(branch, outcome, this.#way === way);
      else if (this.#way === way) this.#takeRefusal(branch, outcome);
    });
  }

  #provisional(response: SipResponse, dialog: Dialog | undefined): void {
    if (this.over() !== undefined || this.#won || response.status < 180) return;
    this.#rang = true;
    // Early media is heard only where one phone rings: with several nobody could say which.
    const body = sdpBodyOf(response);
    if (body.kind === "sdp" && this.#way.targets.length === 1 && this.#earlyAnswer(body.text, isReliable(response))) {
      this.mediaOpen = true;
      this.sound.signalsFrom(dialog?.destination.host);
      this.agreed();
    }
    this.enter("ringing");
  }

  /** An answer that a PRACK acknowledges is the answer; others may still change (RFC 3261 section 13.2.1). */
  #earlyAnswer(text: string, reliable: boolean): boolean {
    if (this.#settledEarly) return false;
    const { ok } = this.sound.sdp.receiveAnswer(text, reliable);
    this.#settledEarly = ok && reliable;
    return ok;
  }

  /** The called side changes its early media (RFC 3311). */
  #earlyReoffer(offer: IncomingReoffer): void {
    if (this.#won || this.over() !== undefined || this.#way.targets.length !== 1 || !this.#settledEarly) return offer.respond({ status: 488 });
    this.reoffered(offer);
  }

  #takeAnswer(branch: Branch, outcome: Extract<InviteOutcome, { answered: true }>, current: boolean): void {
    const { session, response } = outcome;
    if (this.#won || this.over() !== undefined || !current) {
      // Two phones were lifted at once, or one after we gave up.
      void session.bye({ headers: { Reason: ELSEWHERE } });
      return;
    }
    if (this.#tried > 0) this.attempted(this.via, response.status, "answered");
    this.#win(branch.sound);
    this.attach(session);
    const body = sdpBodyOf(response);
    const { sdp } = this.sound;
    const answer = body.kind === "sdp" ? sdp.receiveAnswer(body.text) : undefined;
    // What is written into the 200 after that only repeats it.
    if (this.#settledEarly && sdp.audio !== undefined) sdp.abandonOffer();
    else if (body.kind === "none" && sdp.audio !== undefined) sdp.abandonOffer();
    else if (answer?.ok !== true) {
      this.environment.log.warn({ callId: this.id, reason: answer?.reason ?? "no description" }, "the answer to an outgoing call could not be used");
      this.finish({ reason: "failed", by: "system", status: 488 });
      void session.bye({ headers: { Reason: 'SIP;cause=488;text="Not Acceptable Here"' } });
      return;
    }
    this.agreed();
    this.#open();
  }

  /** Somebody has the call: all else that rings is let go. */
  #win(winner: CallMedia): void {
    this.#won = true;
    this.#timer?.cancel();
    this.#tryTimer?.cancel();
    this.#cancelAll(ELSEWHERE);
    this.sound = winner;
    for (const sound of this.#sounds.values()) if (sound !== winner) sound.close();
  }

  #open(): void {
    this.mediaOpen = true;
    this.confirmed();
    this.#settleAnswered(true);
  }

  #takeRefusal(branch: Branch, outcome: Extract<InviteOutcome, { answered: false }>): void {
    if (outcome.cause === "transport") branch.target.unreachable?.();
    if (this.over() !== undefined || this.#won) return;
    if (outcome.status >= 300 && outcome.status < 400 && outcome.response !== undefined && this.#followed(branch, outcome.response)) return;
    const pause = retryAfterOf(outcome.response);
    if (pause > 0) this.#way.rest?.(pause);
    const lost = failsOver(outcome, this.#rang);
    if (lost) this.#way.failed?.(outcome.status);
    if (lost && this.#failOver(outcome.status, outcome.cause === "response" ? "response" : outcome.cause === "timeout" ? "timeout" : "transport")) return;
    if (this.#tried > 0) this.attempted(this.via, outcome.status, outcome.cause === "response" ? "response" : outcome.cause === "timeout" ? "timeout" : "transport");
    // No answer at all, not even a ring, means that nothing is there.
    const silent = (outcome.cause === "timeout" || outcome.cause === "transport") && this.state === "new";
    const status = silent ? 503 : outcome.status;
    this.#statuses.push(status);
    const told = reasonOfCause(q850Of(outcome.response));
    if (told !== undefined && !this.#told.has(status)) this.#told.set(status, told);
    if (outcome.status >= 600) this.#cancelAll(undefined);
    this.#concludeIfLost();
  }

  /** From here on a carrier that is silent is given up for the next. Where its name leads to further places the stack tries them first. */
  #watchSilence(last: boolean): void {
    const { tryMs } = this.#way;
    this.#tryTimer?.cancel();
    if (!last || tryMs === undefined || this.#plan.next === undefined || this.over() !== undefined) return;
    this.#tryTimer = this.environment.clock.setTimeout(() => {
      if (this.#won || this.over() !== undefined || this.#rang) return;
      this.#way.failed?.(408);
      this.#failOver(408, "timeout");
    }, tryMs);
  }

  /** Turns to the next way, if there is one; not after early media, whose listener has heard how it went. */
  #failOver(status: number, cause: AttemptCause): boolean {
    if (this.mediaOpen || this.#plan.next === undefined) return false;
    const way = this.#plan.next();
    this.#tellPassed();
    if (way === undefined) return false;
    this.#tryTimer?.cancel();
    const old = this.#way;
    this.environment.log.warn({ callId: this.id, trunk: old.via.key, next: way.via.key, status, cause }, "a trunk did not take a call; the next is tried");
    this.attempted(old.via, status, cause);
    this.#tried++;
    const branches = this.#branches;
    this.#branches = [];
    this.#statuses = [];
    this.#told.clear();
    this.#rang = false;
    this.#settledEarly = false;
    this.#way = way;
    for (const { settled, invite } of branches) if (!settled) invite.cancel();
    old.release?.();
    for (const sound of this.#sounds.values()) sound.close();
    this.#sounds.clear();
    this.reroute(way.via, way.caller, this.#environmentOf(way.via));
    this.sound.close();
    this.sound = this.newSound();
    void this.#begin(way);
    return true;
  }

  /** Trunks that had no channel or no call of their rate left. */
  #tellPassed(): void {
    for (const { via, why } of this.#plan.passed?.() ?? []) {
      this.#tried++;
      this.attempted(via, 0, why);
    }
  }

  /** Rings where the place says, if that may be. What was agreed with it early is no offer any more. */
  #followed(branch: Branch, response: SipResponse): boolean {
    if (this.#settledEarly || branch.target.redirected === undefined) return false;
    for (const contact of contactsOf(response)) {
      const uri = branch.target.redirected(contact);
      if (uri === undefined) continue;
      this.environment.log.info({ callId: this.id, status: response.status }, "a carrier's redirection is followed");
      this.#fork({ ...branch.target, uri }, branch.sound, branch.body);
      return true;
    }
    return false;
  }

  #concludeIfLost(): void {
    if (this.#won || this.#branches.some((b) => !b.settled) || this.#statuses.length < this.#way.targets.length) return;
    const status = bestStatus(this.#statuses);
    this.finish({ reason: this.#told.get(status) ?? reasonOfStatus(status), by: "remote", status });
  }

  #timedOut(): void {
    if (this.#won || this.over() !== undefined) return;
    this.finish({ reason: "no-answer", by: "local", status: 408 });
    this.#cancelAll(reasonHeader("no-answer"));
  }

  #cancelAll(reason: string | undefined): void {
    for (const branch of this.#branches) if (!branch.settled) branch.invite.cancel(reason === undefined ? {} : { headers: { Reason: reason } });
  }
}

/** Contacts of a redirection, best first (RFC 3261 section 8.1.3.4). */
function contactsOf(response: SipResponse): string[] {
  try {
    const q = (text: string | undefined): number => (text !== undefined && /^[01](?:\.\d{0,3})?$/.test(text) ? Number(text) : 1);
    return response
      .contacts()
      .map((contact) => ({ uri: contact.uri, q: q(contact.params.get("q")) }))
      .sort((a, b) => b.q - a.q)
      .map(({ uri }) => uri);
  } catch (error) {
    if (error instanceof SipParseError) return [];
    throw error;
  }
}
