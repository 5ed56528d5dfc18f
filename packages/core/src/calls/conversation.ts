import type { Call, CallPipeline, Connection, LegRole, OutboundCall, OutboundRequest } from "../contracts/call.js";
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
}

interface Member {
  readonly call: Call;
  readonly leg: MediaLeg;
  readonly role: BridgeRole;
  readonly whisperTo: readonly Call[];
  /** The journal's row while it is in the bridge. */
  membership: string | undefined;
  music: Playback | undefined;
}

type End = { by: "a" | "b" | "separate" };

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

  async transfer(from: Call, to: string, options: { role?: LegRole; timeoutMs?: number; actor?: string } = {}): Promise<boolean> {
    this.#requireLive();
    this.#awaited++;
    try {
      const back = from.direction === "outbound" ? from.to.uri : from.from.uri;
      await this.#move(() => this.#exit(from));
      void from.hangup();
      this.#deps.journal.event(this.#interactionId, "leg.transferring", { from: from.id });
      const answered = await this.#ring(to, options);
      if (answered || this.#first.signal.aborted) return answered;
      await this.#ring(back, { ...options, role: "agent" });
      return false;
    } finally {
      this.#awaited--;
      this.#checkAlone();
    }
  }

  /** Rings an address while the first leg hears ring-back, and takes it in when it answers. */
  async #ring(to: string, options: { role?: LegRole; timeoutMs?: number; actor?: string }): Promise<boolean> {
    const { journal, log, originate } = this.#deps;
    const ringback = this.#members.size <= 1 && !this.#first.signal.aborted ? this.#first.play({ kind: "tone", tone: "ringback" }) : undefined;
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
      });
      const answered = await call.answered;
      ringback?.stop();
      if (!answered || this.#over !== undefined) {
        await call.hangup();
        journal.event(this.#interactionId, "leg.transfer-failed", { legId: call.id });
        return false;
      }
      const reached = call;
      this.#transferred.add(reached);
      await this.#move(() => this.#enter(reached, "talk", []));
      this.#tell("bridge.joined", call);
      journal.event(this.#interactionId, "leg.transferred", { to: call.id, attended: false });
      return true;
    } catch (error) {
      await call?.hangup();
      journal.event(this.#interactionId, "leg.transfer-failed", { error: isHotlineError(error) ? error.code : "error" });
      log.warn({ interactionId: this.#interactionId, error: errorText(error) }, "a transfer did not come about");
      return false;
    } finally {
      ringback?.stop();
    }
  }

  async #enter(call: Call, role: BridgeRole, whisperTo: readonly Call[]): Promise<void> {
    const member: Member = { call, leg: soundOf(call), role, whisperTo, membership: undefined, music: undefined };
    this.#members.set(call, member);
    try {
      await this.#open(member);
    } catch (error) {
      this.#members.delete(call);
      throw error;
    }
    const unsubscribe = call.subscribe((event) => {
      if (event.type !== "transfer-request") return;
      // The citizen's phone cannot send the citizen elsewhere at our expense.
      const target = call === this.#first ? undefined : this.#dialable(event.to);
      if (target === undefined || this.#over !== undefined) {
        event.reject(603);
        return;
      }
      event.accept();
      void this.transfer(call, target, { actor: call.to.number }).catch((error: unknown) => this.#deps.log.error({ err: error, interactionId: this.#interactionId }, "a transfer failed"));
    });
    void call.ended.then(() => {
      unsubscribe();
      void this.#gone(call);
    });
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
    this.#members.delete(call);
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

  async #end(end: End): Promise<void> {
    if (this.#over !== undefined) return;
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
    this.#members.clear();
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
    if (user === undefined || /replaces=/i.test(referTo)) return undefined;
    const extension = `sip:${user}`;
    const known = this.#deps.pipeline().adapters.some((adapter) => adapter.schemes.includes("sip") && adapter.reachable(extension) === true);
    if (known) return extension;
    return /^\+?\d{2,20}$/.test(user) ? `tel:${user}` : undefined;
  }
}

function soundOf(call: Call): MediaLeg {
  if (call.signal.aborted) throw coreErrors.CALL_ENDED("it has hung up");
  if (call.media === undefined) throw coreErrors.CALL_ENDED("it has no sound yet");
  return call.media;
}
