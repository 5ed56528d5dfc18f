import type { Call, CallEvent, CallPipeline, Connection, ConnectionEvent, LegRole, OutboundCall, OutboundRequest, Successor, TransferDirector, TransferReport, TransferTarget } from "../contracts/call.js";
import type { AudioSource, BridgeRole, MediaEngine, Playback } from "../contracts/media.js";
import { coreErrors } from "../errors/core-errors.js";
import { errorText, isHotlineError } from "../errors/define-errors.js";
import type { EventBus } from "../events/event-bus.js";
import type { Logger } from "../log/logger.js";
import { BridgeSeats, soundOf } from "./bridge-seats.js";
import type { InteractionJournal } from "./interaction-journal.js";
import { ringParty } from "./ring-party.js";
import type { RingOptions } from "./ring-party.js";
import { addressOf, dialableTarget, numberIn, partyOf } from "./transfer-target.js";

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

type End = { by: "a" | "b" | "separate" | "moved" };
type Homecoming = Parameters<Connection["whenReturned"]>[0];
type TransferRequest = Extract<CallEvent, { type: "transfer-request" }>;

/**
 * A conversation around one leg, the citizen's. Moves are made one after the other, so that a hang-up
 * in the middle of a transfer finds the legs in a state it knows.
 */
export class Conversation implements Connection {
  readonly ended: Promise<End>;
  readonly #interactionId: string;
  #first: Call;
  readonly #deps: ConversationDeps;
  readonly #seats: BridgeSeats;
  #moves: Promise<unknown> = Promise.resolve();
  #over: End | undefined;
  readonly #transferred = new Set<Call>();
  /** Somebody is being brought in: being alone is no end. */
  #awaited = 0;
  /** Legs whose phones have a transfer under way. */
  readonly #passing = new Set<Call>();
  /** The others are on their way into another conversation; resolves when they are there, or here again. */
  #giving: Promise<void> | undefined;
  readonly #listeners = new Set<(event: ConnectionEvent) => void>();
  #returned: Homecoming | undefined;
  #successor: Successor = () => undefined;
  #director: TransferDirector = () => undefined;
  #settle: (end: End) => void = () => undefined;

  constructor(interactionId: string, first: Call, deps: ConversationDeps) {
    this.#interactionId = interactionId;
    this.#first = first;
    this.#deps = deps;
    this.#seats = new BridgeSeats({ interactionId, journal: deps.journal, taken: (call) => this.#seated(call), room: (near) => deps.media().createBridge({ near }) });
    this.ended = new Promise((resolve) => (this.#settle = resolve));
  }

  get bridgeId(): string {
    return this.#seats.bridgeId;
  }

  get members(): Connection["members"] {
    return this.#seats.members;
  }

  /** Joins the two legs it begins with. Rejects with HTL_CORE_CALL_ENDED; then both are as they were. */
  async begin(second: Call): Promise<void> {
    const legs = [this.#first, second].map((call) => soundOf(call));
    this.#seats.build(await this.#deps.media().createBridge({ near: legs[0] }));
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

  directTransfers(director: TransferDirector): void {
    this.#director = director;
  }

  separate(): Promise<void> {
    return this.#end({ by: "separate" });
  }

  join(call: Call, options: { role?: BridgeRole; whisperTo?: readonly Call[] } = {}): Promise<void> {
    return this.#move(async () => {
      this.#requireLive();
      if (this.#seats.has(call)) return this.#offHold(call);
      this.#requireHere(call);
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
      if (await this.#seats.hold(call, music)) this.#deps.journal.event(this.#interactionId, "leg.held", { legId: call.id });
    });
  }

  aside(call: Call): Promise<void> {
    return this.#move(async () => {
      this.#requireLive();
      if (await this.#seats.aside(call)) this.#deps.journal.event(this.#interactionId, "leg.aside", { legId: call.id });
    });
  }

  mute(call: Call, muted: boolean): Promise<void> {
    return this.#move(async () => {
      if (await this.#seats.mute(call, muted)) this.#deps.journal.event(this.#interactionId, muted ? "leg.muted" : "leg.unmuted", { legId: call.id });
    });
  }

  retrieve(call: Call): Promise<void> {
    return this.#move(() => this.#offHold(call));
  }

  async #offHold(call: Call): Promise<void> {
    if (await this.#seats.retrieve(call)) this.#deps.journal.event(this.#interactionId, "leg.retrieved", { legId: call.id });
  }

  whenFirstEnds(successor: Successor): void {
    this.#successor = successor;
  }

  whenReturned(handler: Homecoming): void {
    this.#returned = handler;
  }

  play(source: AudioSource | readonly AudioSource[], { except = [] }: { readonly except?: readonly Call[] } = {}): Playback {
    this.#requireLive();
    return this.#seats.play(source, except);
  }

  replace(old: Call, by: Call): Promise<void> {
    return this.#move(async () => {
      this.#requireLive();
      this.#requireHere(by);
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
      await this.#ringHome(from, back, options);
      return false;
    } finally {
      this.#awaited--;
      this.#checkAlone();
    }
  }

  /** What a phone wishes (REFER). Refused by anything but 481: that ends the phone's call (RFC 5057 section 5.1), and the caller would be alone. */
  #requested(call: Call, event: TransferRequest): void {
    if (this.#over !== undefined) return event.reject(603);
    if (this.#passing.has(call)) return event.reject(491);
    if (event.replaces?.state === "answered") return this.#attended(call, event.replaces, event);
    const target = this.#directed(call, event);
    if (target === undefined) return event.reject(603);
    if ("refuse" in target) return event.reject(target.refuse);
    // Only a phone here can know the call that is to be taken over.
    if (event.headers !== undefined && target.to.startsWith("tel:")) return event.reject(603);
    // The other call only rings yet (RFC 5589 section 7.4 lets it go): the address is rung anew, for the one who stays.
    void event.replaces?.hangup({ reason: "cancelled", status: 487 });
    void this.#pass(call, target, event.headers, event.accept()).catch((error: unknown) => this.#deps.log.error({ err: error, interactionId: this.#interactionId }, "a transfer failed"));
  }

  /** Where a phone's blind transfer leads; `undefined`: nowhere. */
  #directed(from: Call, event: TransferRequest): TransferTarget | { readonly refuse: number } | undefined {
    const number = numberIn(event.to);
    // The citizen's phone cannot send the citizen elsewhere at our expense.
    if (from === this.#first || number === undefined) return undefined;
    if (event.replaces === undefined && event.headers === undefined) {
      const directed = this.#director(from, number);
      if (directed !== undefined) return directed;
    }
    const to = dialableTarget(number, this.#deps.pipeline());
    return to === undefined ? undefined : { to, role: "department" };
  }

  /** Blind, by the phone: it waits outside until somebody has answered, and has the call again when nobody did. */
  async #pass(from: Call, target: TransferTarget, headers: Readonly<Record<string, string>> | undefined, report: TransferReport): Promise<void> {
    const { journal } = this.#deps;
    const back = addressOf(from);
    const actor = partyOf(from);
    let settled = false;
    const settle = (call: OutboundCall | undefined): void => {
      if (!settled) target.settled?.(call);
      settled = true;
    };
    this.#awaited++;
    this.#passing.add(from);
    try {
      await this.#move(async () => {
        await this.#seats.part(from);
        await this.#seats.reopen(this.#first);
      });
      this.#say({ type: "transferring", from });
      journal.event(this.#interactionId, "leg.transferring", { from: from.id });
      const { call, status } = await this.#ring(target.to, { role: target.role, actor, ringing: () => report.progress(180), dialled: (leg) => target.dialled?.(leg), ...(headers === undefined ? {} : { headers }) });
      settle(call);
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
      settle(undefined);
      this.#passing.delete(from);
      this.#awaited--;
      this.#checkAlone();
    }
  }

  /** Nobody was reached: the phone that wished it has the call again; one that has hung up meanwhile is rung. */
  async #takeBack(from: Call, back: string, actor: string): Promise<Call | undefined> {
    const kept = await this.#move(() => this.#seats.reopen(from)).catch(() => false);
    if (kept) return from;
    return this.#first.signal.aborted ? undefined : this.#ringHome(from, back, { actor });
  }

  async #ringHome(from: Call, back: string, options: RingOptions): Promise<OutboundCall | undefined> {
    const ring = async (): Promise<OutboundCall | undefined> => (await this.#ring(back, { ...options, role: "agent" })).call;
    if (this.#returned === undefined) return ring();
    try {
      return await this.#returned(from, ring);
    } catch (error) {
      this.#deps.log.error({ err: error, interactionId: this.#interactionId }, "who has the call after a transfer that failed could not be found out");
      return undefined;
    }
  }

  /** Attended, by the phone: who talks with it in the one call is joined with who talks with it in the other. */
  #attended(call: Call, replaced: Call, event: TransferRequest): void {
    const other = this.#deps.seats.get(replaced);
    if (other === undefined || other === this) return event.reject(603);
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
    let settle = (): void => undefined;
    given.#giving = new Promise((resolve) => (settle = resolve));
    try {
      taken.push(...(await given.#move(() => given.#giveUp(own))));
      await this.#move(async () => {
        this.#requireLive();
        for (const call of taken) await this.#enter(call, "talk", []);
        await this.#seats.reopen(this.#first);
        await this.#exit(from);
        // Whoever would have been joined with them may have hung up meanwhile. From here on their end is that of this conversation.
        this.#requireLive();
        for (const call of taken) {
          this.#transferred.add(call);
          moved(call, this.#interactionId);
          this.#tell("bridge.joined", call);
        }
      });
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
      given.#giving = undefined;
      settle();
      this.#awaited--;
      given.#awaited--;
      this.#checkAlone();
      given.#checkAlone();
    }
  }

  /** Who talks here with `own` leaves. */
  async #giveUp(own: Call): Promise<readonly Call[]> {
    this.#requireLive();
    const taken = this.#seats.members.filter(({ call, role }) => call !== own && role === "talk" && !call.signal.aborted).map(({ call }) => call);
    if (taken.length === 0) throw coreErrors.CALL_ENDED("nobody is there to be joined with");
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

  #say(event: ConnectionEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        this.#deps.log.error({ err: error, interactionId: this.#interactionId }, "a listener of a conversation failed");
      }
    }
  }

  #ring(to: string, options: RingOptions): ReturnType<typeof ringParty> {
    const { journal, log, originate } = this.#deps;
    return ringParty(to, options, {
      interactionId: this.#interactionId,
      first: this.#first,
      alone: this.#seats.members.every(({ call, held, aside }) => call === this.#first || held || aside),
      journal,
      log,
      originate,
      over: () => this.#over !== undefined,
      takeIn: async (call) => {
        this.#transferred.add(call);
        await this.#move(() => this.#enter(call, "talk", []));
        this.#tell("bridge.joined", call);
      },
    });
  }

  async #enter(call: Call, role: BridgeRole, whisperTo: readonly Call[]): Promise<void> {
    await this.#seats.enter(call, role, whisperTo);
    void call.ended.then(() => this.#gone(call));
  }

  /** Its phone may wish something while it is here, and others find it here. */
  #seated(call: Call): () => void {
    const { seats } = this.#deps;
    const unsubscribe = call.subscribe((event) => {
      if (event.type === "transfer-request") this.#requested(call, event);
    });
    seats.set(call, this);
    return () => {
      unsubscribe();
      if (seats.get(call) === this) seats.delete(call);
    };
  }

  #exit(call: Call): Promise<void> {
    return this.#seats.exit(call);
  }

  /** A leg has ended by itself. */
  async #gone(call: Call): Promise<void> {
    if (call === this.#first) return this.#firstGone(call);
    await this.#move(() => this.#exit(call)).catch((error: unknown) => this.#deps.log.warn({ err: error, interactionId: this.#interactionId }, "a leg that ended could not be taken out in order"));
    this.#checkAlone();
  }

  /** Without a successor that is the end. */
  async #firstGone(call: Call): Promise<void> {
    const coming = this.#successor(await call.ended);
    if (coming === undefined) return this.#end({ by: "a" });
    this.#awaited++;
    try {
      await this.#move(() => this.#exit(call));
      const next = await coming;
      if (next === undefined || this.#over !== undefined) return await this.#end({ by: "a" });
      this.#first = next;
      await this.#move(() => this.#enter(next, "talk", []));
    } catch (error) {
      this.#deps.log.warn({ interactionId: this.#interactionId, error: errorText(error) }, "the leg that came in another's place could not be taken in");
      await this.#end({ by: "a" });
    } finally {
      this.#awaited--;
      this.#checkAlone();
    }
  }

  #checkAlone(): void {
    if (this.#awaited > 0 || this.#over !== undefined) return;
    const talking = this.#seats.members.some((member) => member.call !== this.#first && member.role === "talk" && !member.call.signal.aborted);
    if (!talking) void this.#end({ by: this.#first.signal.aborted ? "a" : "b" });
  }

  async #end(end: End): Promise<void> {
    // The phone may let go as soon as the others are on their way. Who handles this call would hang them up: not before it is known whose they are.
    if (end.by !== "moved" && this.#giving !== undefined) await this.#giving;
    if (this.#over !== undefined) return;
    this.#over = end;
    const { events, log } = this.#deps;
    const legIds = this.#seats.members.map(({ call }) => call.id);
    await this.#seats.close().catch((error: unknown) => log.warn({ err: error, interactionId: this.#interactionId }, "a bridge could not be closed in order"));
    if (this.#seats.built) events.publish("bridge.left", { interactionId: this.#interactionId, bridgeId: this.bridgeId, legIds });
    // Who came in by a transfer has nobody else to look after the leg; the others have those who brought them.
    if (end.by === "a") for (const call of this.#transferred) void call.hangup();
    this.#seats.clear();
    this.#settle(end);
  }

  #requireLive(): void {
    if (this.#over !== undefined || !this.#seats.built) throw coreErrors.CALL_ENDED("the conversation is over");
  }

  /** The engine would take it out of the other bridge, and those there would go on counting on it. */
  #requireHere(call: Call): void {
    const other = this.#deps.seats.get(call);
    if (other !== undefined && other !== this && other.#over === undefined) throw coreErrors.CALL_ELSEWHERE(call.id);
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
}
