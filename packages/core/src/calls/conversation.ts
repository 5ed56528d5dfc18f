import type { Call, CallEnd, CallEvent, CallPipeline, Connection, ConnectionEvent, LegRole, OutboundCall, OutboundRequest, TransferReport } from "../contracts/call.js";
import type { AudioSource, BridgeRole, MediaBridge, MediaEngine, MediaLeg, Playback } from "../contracts/media.js";
import { coreErrors } from "../errors/core-errors.js";
import { citizenParty } from "./citizen-party.js";
import { errorText, isHotlineError } from "../errors/define-errors.js";
import type { EventBus } from "../events/event-bus.js";
import type { Logger } from "../log/logger.js";
import type { InteractionJournal } from "./interaction-journal.js";

export interface ConversationDeps {
  readonly journal: InteractionJournal;
  readonly events: EventBus;
  readonly log: Logger;
  readonly media: () => MediaEngine;
  readonly pipeline: () => CallPipeline;
  readonly originate: (request: OutboundRequest) => Promise<OutboundCall>;
  /** In which conversation a leg is. */
  readonly seats: Map<Call, Conversation>;
  /** A leg belongs to this interaction from now on. */
  readonly moved: (call: Call, interactionId: string) => void;
}

interface Member {
  readonly call: Call;
  readonly leg: MediaLeg;
  readonly role: BridgeRole;
  readonly whisperTo: readonly Call[];
  /** The journal's row while it is in the bridge. */
  membership: string | undefined;
  music: Playback | undefined;
  readonly unsubscribe: () => void;
}

type End = { by: "a" | "b" | "separate" | "moved" };
type TransferRequest = Extract<CallEvent, { type: "transfer-request" }>;

interface RingOptions {
  readonly role?: LegRole;
  readonly timeoutMs?: number;
  readonly actor?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly ringing?: () => void;
  readonly dialled?: (call: OutboundCall) => void;
}

const TRANSFER_RING_MS = 30_000;

/**
 * A conversation around one leg, the citizen's. Moves are made one after the other, so that a hang-up
 * in the middle of a transfer finds the legs in a state it knows.
 */
export class Conversation implements Connection {
  readonly ended: Promise<End>;
  readonly #interactionId: string;
  readonly #first: Call;
  readonly #deps: ConversationDeps;
  readonly #members = new Map<Call, Member>();
  #bridge: MediaBridge | undefined;
  #moves: Promise<unknown> = Promise.resolve();
  #over: End | undefined;
  readonly #transferred = new Set<Call>();
  /** Somebody is being brought in: being alone is no end. */
  #awaited = 0;
  /** Legs whose phones have a transfer under way. */
  readonly #passing = new Set<Call>();
  /** The others are on their way into another conversation. */
  #giving = false;
  readonly #listeners = new Set<(event: ConnectionEvent) => void>();
  #settle: (end: End) => void = () => undefined;

  constructor(interactionId: string, first: Call, deps: ConversationDeps) {
    this.#interactionId = interactionId;
    this.#first = first;
    this.#deps = deps;
    this.ended = new Promise((resolve) => (this.#settle = resolve));
  }

  get bridgeId(): string {
    return this.#bridge?.id ?? "";
  }

  get members(): readonly { call: Call; role: BridgeRole; held: boolean }[] {
    return [...this.#members.values()].map(({ call, role, membership }) => ({ call, role, held: membership === undefined }));
  }

  /** Joins the two legs it begins with. Rejects with HTL_CORE_CALL_ENDED; then both are as they were. */
  async begin(second: Call): Promise<void> {
    const legs = [this.#first, second].map((call) => soundOf(call));
    this.#bridge = await this.#deps.media().createBridge({ near: legs[0] });
    try {
      await this.#enter(this.#first, "talk", []);
      await this.#enter(second, "talk", []);
    } catch (error) {
      await this.#end({ by: "separate" });
      throw error;
    }
    this.#deps.events.publish("bridge.joined", { interactionId: this.#interactionId, bridgeId: this.bridgeId, legIds: [this.#first.id, second.id] });
  }

  subscribe(listener: (event: ConnectionEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  separate(): Promise<void> {
    return this.#end({ by: "separate" });
  }

  join(call: Call, options: { role?: BridgeRole; whisperTo?: readonly Call[] } = {}): Promise<void> {
    return this.#move(async () => {
      this.#requireLive();
      if (this.#members.has(call)) return;
      await this.#enter(call, options.role ?? "talk", options.whisperTo ?? []);
      this.#tell("bridge.joined", call);
    });
  }

  leave(call: Call): Promise<void> {
    return this.#move(async () => {
      await this.#exit(call);
      this.#tell("bridge.left", call);
      this.#checkAlone();
    });
  }

  hold(call: Call, music?: AudioSource | readonly AudioSource[]): Promise<void> {
    return this.#move(async () => {
      const member = this.#members.get(call);
      if (member === undefined) return;
      const held = member.membership === undefined;
      if (!held) {
        await this.#bridge?.leave(member.leg);
        this.#close(member);
      }
      member.music?.stop();
      member.music = music !== undefined && !call.signal.aborted ? call.play(music, { loop: true }) : undefined;
      if (!held) this.#deps.journal.event(this.#interactionId, "leg.held", { legId: call.id });
    });
  }

  retrieve(call: Call): Promise<void> {
    return this.#move(async () => {
      const member = this.#members.get(call);
      if (member === undefined || member.membership !== undefined) return;
      member.music?.stop();
      member.music = undefined;
      await this.#open(member);
      this.#deps.journal.event(this.#interactionId, "leg.retrieved", { legId: call.id });
    });
  }

  replace(old: Call, by: Call): Promise<void> {
    return this.#move(async () => {
      this.#requireLive();
      this.#awaited++;
      try {
        await this.#enter(by, "talk", []);
        this.#transferred.add(by);
        await this.#exit(old);
        this.#tell("bridge.joined", by);
        this.#deps.journal.event(this.#interactionId, "leg.transferred", { from: old.id, to: by.id, attended: true });
        void old.hangup();
      } finally {
        this.#awaited--;
        this.#checkAlone();
      }
    });
  }

  async keepOpen<T>(work: Promise<T>): Promise<T> {
    this.#awaited++;
    try {
      return await work;
    } finally {
      this.#awaited--;
      this.#checkAlone();
    }
  }

  async transfer(from: Call, to: string, { dialled, ...options }: { role?: LegRole; timeoutMs?: number; actor?: string; dialled?: (call: OutboundCall) => void } = {}): Promise<boolean> {
    this.#requireLive();
    this.#awaited++;
    try {
      const back = addressOf(from);
      await this.#move(() => this.#exit(from));
      void from.hangup();
      this.#deps.journal.event(this.#interactionId, "leg.transferring", { from: from.id });
      const answered = (await this.#ring(to, { ...options, ...(dialled === undefined ? {} : { dialled }) })).call !== undefined;
      if (answered || this.#first.signal.aborted) return answered;
      await this.#ring(back, { ...options, role: "agent" });
      return false;
    } finally {
      this.#awaited--;
      this.#checkAlone();
    }
  }

  /** What a phone wishes (REFER). */
  #requested(call: Call, event: TransferRequest): void {
    if (this.#over !== undefined) return event.reject(481);
    if (this.#passing.has(call)) return event.reject(491);
    if (event.replaces?.state === "answered") return this.#attended(call, event.replaces, event);
    // The citizen's phone cannot send the citizen elsewhere at our expense.
    const target = call === this.#first ? undefined : this.#dialable(event.to);
    if (target === undefined) return event.reject(603);
    // Only a phone here can know the call that is to be taken over.
    if (event.headers !== undefined && target.startsWith("tel:")) return event.reject(481);
    // The other call only rings yet (RFC 5589 section 7.4 lets it go): the address is rung anew, for the one who stays.
    void event.replaces?.hangup({ reason: "cancelled", status: 487 });
    void this.#pass(call, target, event.headers, event.accept()).catch((error: unknown) => this.#deps.log.error({ err: error, interactionId: this.#interactionId }, "a transfer failed"));
  }

  /** Blind, by the phone: it waits outside until somebody has answered, and has the call again when nobody did. */
  async #pass(from: Call, to: string, headers: Readonly<Record<string, string>> | undefined, report: TransferReport): Promise<void> {
    const { journal } = this.#deps;
    const back = addressOf(from);
    const actor = partyOf(from);
    this.#awaited++;
    this.#passing.add(from);
    try {
      await this.#move(async () => {
        await this.#part(from);
        await this.#reopen(this.#first);
      });
      this.#say({ type: "transferring", from });
      journal.event(this.#interactionId, "leg.transferring", { from: from.id });
      const { call, status } = await this.#ring(to, { actor, ringing: () => report.progress(180), ...(headers === undefined ? {} : { headers }) });
      if (call !== undefined) {
        this.#say({ type: "transferred", from, to: [call], attended: false });
        await report.finish(200);
        await this.#move(() => this.#exit(from));
        return void from.hangup();
      }
      const home = this.#over !== undefined ? undefined : await this.#takeBack(from, back, actor);
      await report.finish(status);
      this.#say({ type: "transfer-failed", from, call: home });
    } finally {
      this.#passing.delete(from);
      this.#awaited--;
      this.#checkAlone();
    }
  }

  /** Nobody was reached: the phone that wished it has the call again; one that has hung up meanwhile is rung. */
  async #takeBack(from: Call, back: string, actor: string): Promise<Call | undefined> {
    const kept = await this.#move(() => this.#reopen(from)).catch(() => false);
    if (kept) return from;
    return this.#first.signal.aborted ? undefined : (await this.#ring(back, { role: "agent", actor })).call;
  }

  /** Attended, by the phone: who talks with it in the one call is joined with who talks with it in the other. */
  #attended(call: Call, replaced: Call, event: TransferRequest): void {
    const other = this.#deps.seats.get(replaced);
    if (other === undefined || other === this) return event.reject(481);
    if (other.#passing.has(replaced)) return event.reject(491);
    // What stays is the conversation that is about somebody else than the phone; its own call is given up.
    const own = other.#first === replaced && this.#first !== call;
    if (!own && !(this.#first === call && other.#first !== replaced)) return event.reject(603);
    const report = event.accept();
    const joining = own ? this.#takeIn(call, other, replaced, report) : other.#takeIn(replaced, this, call, report);
    void joining.catch((error: unknown) => this.#deps.log.error({ err: error, interactionId: this.#interactionId }, "an attended transfer failed"));
  }

  async #takeIn(from: Call, given: Conversation, own: Call, report: TransferReport): Promise<void> {
    const { journal, log, moved } = this.#deps;
    const taken: Call[] = [];
    this.#awaited++;
    given.#awaited++;
    this.#passing.add(from);
    given.#passing.add(own);
    try {
      taken.push(...(await given.#move(() => given.#giveUp(own))));
      await this.#move(async () => {
        this.#requireLive();
        for (const call of taken) await this.#enter(call, "talk", []);
        await this.#reopen(this.#first);
        await this.#exit(from);
      });
      for (const call of taken) {
        this.#transferred.add(call);
        moved(call, this.#interactionId);
        this.#tell("bridge.joined", call);
      }
      journal.event(this.#interactionId, "leg.transferred", { from: from.id, to: taken.map(({ id }) => id), attended: true, interactionId: given.#interactionId });
      journal.event(given.#interactionId, "interaction.joined", { interactionId: this.#interactionId });
      await report.finish(200);
      await given.#end({ by: "moved" });
      this.#say({ type: "transferred", from, to: taken, attended: true });
      void from.hangup();
      void own.hangup();
    } catch (error) {
      log.warn({ interactionId: this.#interactionId, error: errorText(error) }, "an attended transfer did not come about");
      journal.event(this.#interactionId, "leg.transfer-failed", { error: isHotlineError(error) ? error.code : "error", attended: true });
      await this.#move(async () => {
        for (const call of taken) await this.#exit(call);
      });
      await given.#giveBack(taken);
      await report.finish(480);
    } finally {
      this.#passing.delete(from);
      given.#passing.delete(own);
      given.#giving = false;
      this.#awaited--;
      given.#awaited--;
      this.#checkAlone();
      given.#checkAlone();
    }
  }

  /** Who talks here with `own` leaves. */
  async #giveUp(own: Call): Promise<readonly Call[]> {
    this.#requireLive();
    const taken = [...this.#members.values()].filter(({ call, role }) => call !== own && role === "talk" && !call.signal.aborted).map(({ call }) => call);
    if (taken.length === 0) throw coreErrors.CALL_ENDED("nobody is there to be joined with");
    this.#giving = true;
    for (const call of taken) {
      await this.#exit(call);
      this.#transferred.delete(call);
    }
    return taken;
  }

  /** They could not be joined with the others: all is as it was. Who has nobody here any more is hung up. */
  async #giveBack(taken: readonly Call[]): Promise<void> {
    await this.#move(async () => {
      for (const call of taken) {
        if (this.#over !== undefined) void call.hangup();
        else if (!call.signal.aborted) await this.#enter(call, "talk", []).catch(() => call.hangup());
      }
    });
  }

  /** Out of the bridge, as on hold. */
  async #part(call: Call): Promise<void> {
    const member = this.#members.get(call);
    if (member?.membership === undefined) return;
    await this.#bridge?.leave(member.leg);
    this.#close(member);
  }

  /** Into the bridge again, whatever was heard outside. `false`: it is not here any more. */
  async #reopen(call: Call): Promise<boolean> {
    const member = this.#members.get(call);
    if (member === undefined || call.signal.aborted) return false;
    member.music?.stop();
    member.music = undefined;
    if (member.membership === undefined) await this.#open(member);
    return true;
  }

  #say(event: ConnectionEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        this.#deps.log.error({ err: error, interactionId: this.#interactionId }, "a listener of a conversation failed");
      }
    }
  }

  /** Rings an address while the first leg hears ring-back, and takes it in when it answers. `status` says why nobody came. */
  async #ring(to: string, options: RingOptions): Promise<{ readonly call: OutboundCall | undefined; readonly status: number }> {
    const { journal, log, originate } = this.#deps;
    const talkers = [...this.#members.values()].filter(({ call, membership }) => call !== this.#first && membership !== undefined);
    const ringback = talkers.length === 0 && !this.#first.signal.aborted ? this.#first.play({ kind: "tone", tone: "ringback" }) : undefined;
    let call: OutboundCall | undefined;
    try {
      call = await originate({
        to,
        interactionId: this.#interactionId,
        purpose: "transfer",
        role: options.role ?? "department",
        timeoutMs: options.timeoutMs ?? TRANSFER_RING_MS,
        near: this.#first.media,
        from: { number: citizenParty(this.#first).number },
        signal: this.#first.signal,
        ...(options.actor === undefined ? {} : { actor: options.actor }),
        ...(options.headers === undefined ? {} : { headers: options.headers }),
      });
      options.dialled?.(call);
      const { ringing } = options;
      if (ringing !== undefined && call.state === "ringing") ringing();
      else if (ringing !== undefined) call.subscribe((event) => event.type === "state" && event.state === "ringing" && ringing());
      const answered = await call.answered;
      ringback?.stop();
      if (!answered || this.#over !== undefined) {
        await call.hangup();
        journal.event(this.#interactionId, "leg.transfer-failed", { legId: call.id });
        return { call: undefined, status: statusOf(await call.ended) };
      }
      const reached = call;
      this.#transferred.add(reached);
      await this.#move(() => this.#enter(reached, "talk", []));
      this.#tell("bridge.joined", call);
      journal.event(this.#interactionId, "leg.transferred", { to: call.id, attended: false });
      return { call: reached, status: 200 };
    } catch (error) {
      await call?.hangup();
      journal.event(this.#interactionId, "leg.transfer-failed", { error: isHotlineError(error) ? error.code : "error" });
      log.warn({ interactionId: this.#interactionId, error: errorText(error) }, "a transfer did not come about");
      return { call: undefined, status: isHotlineError(error, coreErrors.OUTBOUND_REFUSED.code) ? 403 : isHotlineError(error) ? (error.sip ?? 503) : 503 };
    } finally {
      ringback?.stop();
    }
  }

  async #enter(call: Call, role: BridgeRole, whisperTo: readonly Call[]): Promise<void> {
    const leg = soundOf(call);
    const unsubscribe = call.subscribe((event) => {
      if (event.type === "transfer-request") this.#requested(call, event);
    });
    const member: Member = { call, leg, role, whisperTo, membership: undefined, music: undefined, unsubscribe };
    this.#members.set(call, member);
    this.#deps.seats.set(call, this);
    try {
      await this.#open(member);
    } catch (error) {
      this.#unseat(member);
      throw error;
    }
    void call.ended.then(() => this.#gone(call));
  }

  #unseat(member: Member): void {
    member.unsubscribe();
    this.#members.delete(member.call);
    if (this.#deps.seats.get(member.call) === this) this.#deps.seats.delete(member.call);
  }

  async #open(member: Member): Promise<void> {
    if (this.#bridge === undefined) throw coreErrors.CALL_ENDED("the conversation is over");
    const whisperTo = member.whisperTo.map((call) => call.media).filter((leg) => leg !== undefined);
    await this.#bridge.join(member.leg, { role: member.role, ...(member.role === "whisper" ? { whisperTo } : {}) });
    member.membership = this.#deps.journal.joined(this.#interactionId, this.#bridge.id, member.call.id, member.role);
  }

  async #exit(call: Call): Promise<void> {
    const member = this.#members.get(call);
    if (member === undefined) return;
    this.#unseat(member);
    member.music?.stop();
    if (member.membership !== undefined) {
      this.#close(member);
      if (!member.leg.ended) await this.#bridge?.leave(member.leg);
    }
  }

  #close(member: Member): void {
    if (member.membership !== undefined) this.#deps.journal.left(member.membership);
    member.membership = undefined;
  }

  /** A leg has ended by itself. */
  async #gone(call: Call): Promise<void> {
    if (call === this.#first) return this.#end({ by: "a" });
    await this.#move(() => this.#exit(call)).catch((error: unknown) => this.#deps.log.warn({ err: error, interactionId: this.#interactionId }, "a leg that ended could not be taken out in order"));
    this.#checkAlone();
  }

  #checkAlone(): void {
    if (this.#awaited > 0 || this.#over !== undefined) return;
    const talking = [...this.#members.values()].some((member) => member.call !== this.#first && member.role === "talk" && !member.call.signal.aborted);
    if (!talking) void this.#end({ by: this.#first.signal.aborted ? "a" : "b" });
  }

  async #end(how: End): Promise<void> {
    if (this.#over !== undefined) return;
    // The phone may let go as soon as the others are on their way: they are somebody else's then.
    const end: End = this.#giving ? { by: "moved" } : how;
    this.#over = end;
    const { journal, events, log } = this.#deps;
    const legIds = [...this.#members.keys()].map((call) => call.id);
    for (const member of this.#members.values()) {
      if (member.membership !== undefined) journal.left(member.membership);
      member.membership = undefined;
      member.music?.stop();
    }
    const bridge = this.#bridge;
    await bridge?.close().catch((error: unknown) => log.warn({ err: error, interactionId: this.#interactionId }, "a bridge could not be closed in order"));
    if (bridge !== undefined) events.publish("bridge.left", { interactionId: this.#interactionId, bridgeId: bridge.id, legIds });
    // Who came in by a transfer has nobody else to look after the leg; the others have those who brought them.
    if (end.by === "a") for (const call of this.#transferred) void call.hangup();
    for (const member of [...this.#members.values()]) this.#unseat(member);
    this.#settle(end);
  }

  #requireLive(): void {
    if (this.#over !== undefined || this.#bridge === undefined) throw coreErrors.CALL_ENDED("the conversation is over");
  }

  #tell(name: "bridge.joined" | "bridge.left", call: Call): void {
    this.#deps.events.publish(name, { interactionId: this.#interactionId, bridgeId: this.bridgeId, legIds: [call.id] });
  }

  /** One move at a time. */
  #move<T>(fn: () => Promise<T>): Promise<T> {
    const done = this.#moves.then(fn, fn);
    this.#moves = done.catch(() => undefined);
    return done;
  }

  /** What a Refer-To means here: an extension that an adapter knows, else a telephone number. */
  #dialable(referTo: string): string | undefined {
    const user = /^(?:sips?|tel):(\+?[\w.*#-]+)/i.exec(referTo)?.[1];
    if (user === undefined) return undefined;
    const extension = `sip:${user}`;
    const known = this.#deps.pipeline().adapters.some((adapter) => adapter.schemes.includes("sip") && adapter.reachable(extension) === true);
    if (known) return extension;
    return /^\+?\d{2,20}$/.test(user) ? `tel:${user}` : undefined;
  }
}

/** Where a leg's phone is rung. */
function addressOf(call: Call): string {
  return call.direction === "outbound" ? call.to.uri : call.from.uri;
}

function partyOf(call: Call): string {
  return call.direction === "outbound" ? call.to.number : call.from.number;
}

/** SIP status of a leg that was not answered. */
function statusOf({ status, reason }: CallEnd): number {
  if (status !== undefined && status >= 300) return status;
  return reason === "busy" ? 486 : reason === "declined" ? 603 : reason === "no-answer" ? 408 : reason === "not-found" ? 404 : 480;
}

function soundOf(call: Call): MediaLeg {
  if (call.signal.aborted) throw coreErrors.CALL_ENDED("it has hung up");
  if (call.media === undefined) throw coreErrors.CALL_ENDED("it has no sound yet");
  return call.media;
}
