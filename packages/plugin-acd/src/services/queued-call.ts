import type { AudioSource, CallControl, CallSession, Clock, Connection, Logger, OutboundCall, PromptRef, Prompts, Timer } from "@hotlinejs/core";
import type { AcdEvent } from "@hotlinejs/queueing";
import type { QueueSettings } from "../config.js";
import type { QueueOutcome, QueueRequest, QueueResult } from "../contract.js";
import { defaultPrompt, toldMinutes, withValues } from "../domain/queue-prompts.js";
import type { AgentDesk } from "./agent-desk.js";
import type { AgentTalk } from "./agent-talk.js";
import { AgentOffer } from "./agent-offer.js";
import { placeOf, type Effect, type Place, type QueueMember } from "./queue-member.js";
import { brokeOff } from "./reattachment.js";
import { WaitingSound } from "./waiting-sound.js";

/** How long a collect waits for an exit key before it is asked anew. */
const KEY_WAIT_MS = 3_600_000;

export interface QueuedCallDeps {
  readonly control: CallControl;
  readonly prompts: Prompts | undefined;
  readonly log: Logger;
  readonly clock: Pick<Clock, "setTimeout" | "sleep">;
  readonly dispatch: (event: AcdEvent) => void;
  readonly music: Promise<readonly AudioSource[]>;
  readonly desk: AgentDesk;
  /** How long this caller has waited so far. */
  readonly waited: () => number;
  /** Name and settings of a queue. */
  readonly queue: (key: string) => CalledQueue | undefined;
  readonly addressOf: (agent: string) => string | undefined;
  /** The hotline takes no more calls. */
  readonly stopping: () => boolean;
  /** Was here before and lost the agent. */
  readonly back: boolean;
}

export interface CalledQueue {
  readonly key: string;
  readonly name: string;
  readonly settings: QueueSettings;
}

/** Why an agent is no longer rung who has missed nothing. */
export const NOBODYS_FAULT: ReadonlySet<Effect<"rescind">["reason"]> = new Set<Effect<"rescind">["reason"]>(["answered-elsewhere", "picked-up", "caller-gone", "moved"]);

/**
 * One caller's stay in a queue:
 * ```
 * entered -> waiting <-> ringing an agent -> joining -> talking -> done
 *               \____________\________________\__________________^  (hung up, exit key, limits)
 * ```
 * The reducer decides; this class carries out what concerns the caller's and the agent's leg and
 * tells the reducer what became of it. `result` always settles.
 */
export class QueuedCall implements QueueMember {
  /** Id of the entry; also the reducer's id for it. */
  readonly id: string;
  readonly result: Promise<QueueResult>;
  readonly #deps: QueuedCallDeps;
  readonly #session: CallSession;
  readonly #request: QueueRequest;
  readonly #sound: WaitingSound;
  readonly #keys = new AbortController();
  #settle: (result: QueueResult) => void = () => undefined;
  /** Agents being rung, by reservation. */
  readonly #offers = new Map<string, AgentOffer>();
  #queue: CalledQueue;
  #place: Place | undefined;
  #conversation: Promise<unknown> = Promise.resolve();
  #exitKey: string | undefined;
  #agent: string | undefined;
  #waitMs = 0;
  /** The agent who has answered and is being joined with the caller. */
  #joining: string | undefined;
  #closing: "callback" | "voicemail" | undefined;
  #lostAgent = false;
  #cut = false;
  #brokenOff = false;
  #done = false;
  #messageTimer: Timer | undefined;
  #messages = 0;

  constructor(id: string, session: CallSession, request: QueueRequest, queue: CalledQueue, deps: QueuedCallDeps) {
    this.id = id;
    this.#queue = queue;
    this.#session = session;
    this.#request = request;
    this.#deps = deps;
    this.#sound = new WaitingSound(session.call, deps.music, deps.log, deps.clock);
    this.result = new Promise((resolve) => (this.#settle = resolve));
  }

  /** As it counts by the clock of now, once the stay is over. */
  get place(): Place | undefined {
    return this.#place;
  }

  /** The queue in which the caller goes on after the talk. */
  next: string | undefined;

  get session(): CallSession {
    return this.#session;
  }

  /** The agent's phone broke off in the talk and did not come back; also that of an agent to whom the caller was given on. */
  get lostAgent(): boolean {
    return this.#lostAgent;
  }

  /** The hotline itself ended the caller's leg (stop, supervisor): not the caller's giving up. */
  get cut(): boolean {
    return this.#cut;
  }

  /** The caller's line broke off in the talk. */
  get brokenOff(): boolean {
    return this.#brokenOff;
  }

  get over(): boolean {
    return this.#session.call.signal.aborted && [...this.#offers.values()].every(({ call }) => call === undefined || call.signal.aborted);
  }

  /** Watches the caller. Called once, before the event that enqueues. */
  watch(): void {
    const { signal, call } = this.#session;
    const gone = (): void => {
      // Taken over while an agent talks: the talk itself goes on, its end is told by the legs.
      if (this.#agent !== undefined) {
        if (!call.signal.aborted) this.#finish("answered", 0);
        return;
      }
      if (call.signal.aborted) {
        void call.ended.then(({ by }) => {
          this.#cut = by === "local";
          this.#deps.dispatch({ type: "interaction.ended", interactionId: this.id });
        });
      } else this.#deps.dispatch({ type: "interaction.ended", interactionId: this.id });
    };
    if (signal.aborted) gone();
    else signal.addEventListener("abort", gone, { once: true });
    // A flow's signal also fires when the caller has gone, perhaps before the session's own.
    const back = (): void => (signal.aborted || call.signal.aborted ? gone() : this.#deps.dispatch({ type: "interaction.exited", interactionId: this.id }));
    const { signal: request } = this.#request;
    if (request?.aborted === true) back();
    else request?.addEventListener("abort", back, { once: true });
    void this.result.then(() => {
      signal.removeEventListener("abort", gone);
      request?.removeEventListener("abort", back);
    });
  }

  /** The hotline stops: everything begun is let go of. */
  stop(): void {
    for (const offer of this.#offers.values()) offer.cancel();
    this.#finish("abandoned", 0);
  }

  /** Told once, and again after the caller was moved into another queue: music and keys go on then. */
  entered(effect: Effect<"entered">): void {
    const moved = this.#place !== undefined;
    this.#place = placeOf(effect);
    this.#queue = this.#deps.queue(effect.queue) ?? this.#queue;
    this.#session.interaction.update({ queue: effect.queue });
    this.#session.interaction.event("queue.entered", { queue: effect.queue, ahead: effect.ahead, ...(effect.regained ? { regained: true } : {}) });
    const { messagesFirstSeconds, messagesEverySeconds } = this.#queue.settings.announce;
    this.#messageLater(messagesFirstSeconds ?? messagesEverySeconds);
    if (moved) return;
    void this.#welcome();
    if (this.#request.exitKeys !== undefined && this.#request.exitKeys !== "") void this.#listenForKeys(this.#request.exitKeys);
  }

  offered(effect: Effect<"offer">): void {
    const address = this.#deps.addressOf(effect.agentId);
    const offer = new AgentOffer({
      reservationId: effect.reservationId,
      session: this.#session,
      control: this.#deps.control,
      agent: effect.agentId,
      address: address ?? "",
      ringMs: effect.ringMs,
      log: this.#deps.log,
      ...(effect.pickedUp === undefined ? {} : { answerByItself: true }),
      accepted: () => this.#deps.dispatch({ type: "offer.accepted", reservationId: effect.reservationId }),
      rejected: (cause) => this.#deps.dispatch({ type: "offer.rejected", reservationId: effect.reservationId, cause }),
    });
    this.#offers.set(effect.reservationId, offer);
    this.#session.interaction.event("queue.offered", { queue: effect.queue, agent: effect.agentId, attempt: effect.attempt });
    this.#deps.desk.offered(offer, this.#session, { queue: { key: effect.queue, name: this.#queue.name }, waitMs: this.#deps.waited(), ringMs: effect.ringMs, music: this.#deps.music });
    void offer.run();
    // The words for the answer are prepared while the phone rings.
    const words = this.#connectWords(effect.agentId);
    if (words !== false) this.#resolve(words).catch((error: unknown) => this.#deps.log.debug({ err: error }, "the connect prompt is not ready"));
  }

  rescinded(effect: Effect<"rescind">): void {
    this.#offers.get(effect.reservationId)?.cancel(effect.reason === "answered-elsewhere" || effect.reason === "picked-up");
    this.#offers.delete(effect.reservationId);
    // Of the others `requeued` tells next.
    if (NOBODYS_FAULT.has(effect.reason)) this.#session.interaction.event("queue.withdrawn", { agent: effect.agentId, reason: effect.reason });
    this.#deps.desk.withdrawn(effect.agentId, this.#session.interaction.id);
  }

  requeued(effect: Effect<"requeued">): void {
    for (const [id, offer] of this.#offers) if (offer.agent === effect.agentId) this.#offers.delete(id);
    this.#deps.desk.withdrawn(effect.agentId, this.#session.interaction.id);
    this.#session.interaction.event("queue.requeued", { agent: effect.agentId, cause: effect.cause, ...(effect.ringing === 0 ? {} : { ringing: effect.ringing }) });
    // Only the agent's answer had cut the music.
    if (this.#joining !== effect.agentId) return;
    this.#sound.music();
    this.#joining = undefined;
  }

  /** The agent is there: a word to the caller, a sign to the agent, then both are joined. */
  async connect(effect: Effect<"connect">): Promise<void> {
    const offer = this.#offers.get(effect.reservationId);
    const agentCall = offer?.call;
    if (offer === undefined || agentCall === undefined) return;
    this.#joining = effect.agentId;
    this.#deps.desk.answered(effect.agentId, this.#session.interaction.id);
    const { settings, name } = this.#queue;
    const { call } = this.#session;
    const spoken = this.#connectWords(effect.agentId);
    const words = spoken === false ? Promise.resolve(this.#sound.stop()) : this.#sound.sayOnly(() => this.#resolve(spoken));
    const sign = this.#whisper(agentCall, settings.whisper, { queueName: name, waited: Math.round(effect.waitMs / 1000), agentNo: effect.agentId });
    await Promise.race([Promise.all([words, sign]), agentCall.ended, call.ended]);
    if (offer.signal.aborted || agentCall.signal.aborted || call.signal.aborted) return;
    this.#sound.stop();
    let connection: Connection;
    try {
      connection = await this.#deps.control.connect(this.#session.interaction.id, call, agentCall);
    } catch (error) {
      // One of them hung up in that moment: the offer tells of the agent, the session of the caller.
      if (offer.signal.aborted || call.signal.aborted || agentCall.signal.aborted) return;
      this.#deps.log.error({ err: error, interactionId: this.#session.interaction.id, agent: effect.agentId }, "caller and agent could not be joined; the next agent is tried");
      offer.settle();
      this.#deps.dispatch({ type: "offer.rejected", reservationId: effect.reservationId, cause: "failed" });
      await agentCall.hangup();
      return;
    }
    if (offer.signal.aborted) return connection.separate();
    this.#agent = effect.agentId;
    offer.settle();
    this.#deps.dispatch({ type: "offer.connected", reservationId: effect.reservationId });
    const talk = this.#deps.desk.connected(effect.agentId, this.#session, connection, agentCall);
    await this.#talk(connection, agentCall, talk);
  }

  announce(effect: Effect<"announce">): void {
    const { announce: words } = this.#queue.settings;
    const { language } = this.#session;
    const waitMinutes = toldMinutes(effect.expectedWaitMs);
    // Whoever is next waits all the same where talks are long: nobody is told «at once» for minutes.
    const ref = effect.ahead === 0 ? (words.next ?? defaultPrompt(waitMinutes > 1 ? "nextWait" : "next", language)) : (words.position ?? defaultPrompt("position", language));
    const spoken = [withValues(ref, { position: effect.ahead, waitMinutes })];
    const message = words.messagesEverySeconds === undefined ? words.messages[(effect.nth - 1) % Math.max(1, words.messages.length)] : undefined;
    if (message !== undefined) spoken.push(message);
    const { exitHint } = this.#request;
    if (exitHint !== undefined) spoken.push(exitHint);
    void this.#sound.say(() => this.#resolveAll(spoken));
  }

  /** Messages by their own clock. `undefined`: none. */
  #messageLater(afterSeconds: number | undefined): void {
    this.#messageTimer?.cancel();
    const { messages, messagesEverySeconds } = this.#queue.settings.announce;
    if (messages.length === 0 || messagesEverySeconds === undefined || afterSeconds === undefined) return;
    this.#messageTimer = this.#deps.clock.setTimeout(() => {
      const message = messages[this.#messages % messages.length];
      // While an agent is being rung the caller just hears the music: the answer may come any moment.
      if (message !== undefined && this.#offers.size === 0 && this.#joining === undefined) {
        this.#messages += 1;
        void this.#sound.say(() => this.#resolve(message));
      }
      this.#messageLater(messagesEverySeconds);
    }, afterSeconds * 1000);
  }

  left(effect: Effect<"left">): void {
    const { interaction } = this.#session;
    this.#waitMs = effect.waitMs;
    this.#place = placeOf(effect) ?? this.#place;
    if (effect.outcome === "moved") return interaction.event("queue.moved", { queue: effect.queue, waitMs: effect.waitMs });
    this.#keys.abort();
    this.#messageTimer?.cancel();
    if (effect.outcome === "answered") {
      interaction.update({ queue: effect.queue, agentId: effect.agentId ?? null });
      interaction.event("queue.answered", { queue: effect.queue, agent: effect.agentId, waitMs: effect.waitMs });
      return;
    }
    const { atClosing } = this.#queue.settings;
    // Who had been let in was there until closing time; others are turned away because the hotline drains.
    if (effect.outcome === "closed" && this.#place !== undefined && atClosing !== "serve") this.#closing = atClosing;
    const outcome = (effect.outcome === "closed" && this.#closing === undefined) || effect.outcome === "unknown-queue" ? "no-agents" : effect.outcome;
    // Also of who was not let in: a caller who asked for a person is no self-service.
    if (effect.outcome !== "unknown-queue") interaction.update({ queue: effect.queue });
    interaction.event("queue.left", { queue: effect.queue, outcome: effect.outcome, waitMs: effect.waitMs });
    this.#finish(outcome, 0);
  }

  ended(effect: Effect<"ended">): void {
    this.#place = placeOf(effect);
    this.#session.interaction.event("queue.ended", { queue: effect.queue, agent: effect.agentId, talkMs: effect.talkMs });
    void this.#conversation.then(() => {
      if (this.#deps.desk.wasLost(this.#session)) this.#lostAgent = true;
      this.#finish("answered", effect.talkMs);
    });
  }

  overflowed(effect: Effect<"overflowed">): void {
    this.#session.interaction.event("queue.overflowed", { queues: effect.queues });
  }

  async #talk(connection: Connection, agentCall: OutboundCall, talk: AgentTalk | undefined): Promise<void> {
    // A transferred caller talks on with somebody else: the agent is free, the queue's part ends with the conversation.
    this.#conversation = connection.ended;
    // A phone that breaks off may come back: then the agent has not left.
    const left = talk?.left ?? agentCall.ended.then(() => undefined);
    const first = await Promise.race([connection.ended, left.then(() => undefined)]);
    // Parted without an end: the agent is taken until one of the legs is gone.
    if (first?.by === "separate") await Promise.race([left, this.#session.call.ended]);
    // The caller, a phone, has joined the agent with somebody else: the agent is taken until that is over.
    if (first?.by === "moved") await agentCall.ended;
    this.#lostAgent = talk?.lost === true;
    const { call } = this.#session;
    // Nobody hung up: who rings back soon goes on with this agent, or first in line.
    this.#brokenOff = await this.#wasCutOff(agentCall);
    this.#deps.dispatch({ type: "interaction.ended", interactionId: this.id, broken: this.#brokenOff });
    if (call.signal.aborted) await agentCall.hangup();
  }

  /** Neither caller nor agent ended the talk: the line did, or the hotline that stops. */
  async #wasCutOff(agentCall: OutboundCall): Promise<boolean> {
    const { call } = this.#session;
    if (!call.signal.aborted) return false;
    const end = await call.ended;
    if (brokeOff(end)) return true;
    if (end.by !== "local" || !this.#deps.stopping()) return false;
    return !agentCall.signal.aborted || (await agentCall.ended).by !== "remote";
  }

  #connectWords(agent: string): PromptRef | false {
    const spoken = this.#queue.settings.connectPrompt ?? defaultPrompt("connect", this.#session.language);
    return spoken === false ? false : withValues(spoken, { agentNo: agent });
  }

  async #welcome(): Promise<void> {
    const { welcome } = this.#queue.settings.announce;
    const words: PromptRef[] = [];
    if (welcome !== false) words.push(this.#deps.back ? defaultPrompt("lost", this.#session.language) : (welcome ?? defaultPrompt("welcome", this.#session.language)));
    if (this.#request.exitHint !== undefined) words.push(this.#request.exitHint);
    if (words.length === 0) return this.#sound.music();
    await this.#sound.greet(() => this.#resolveAll(words));
  }

  async #whisper(call: OutboundCall, whisper: QueueSettings["whisper"], values: Record<string, unknown>): Promise<void> {
    if (whisper === false) return;
    try {
      const sources: readonly AudioSource[] = whisper === "beep" ? [{ kind: "tone", tone: "beep" }] : await this.#resolve(withValues(whisper, values));
      if (sources.length > 0 && !call.signal.aborted) await call.play(sources).done;
    } catch (error) {
      this.#deps.log.warn({ err: error, callId: call.id }, "the sign to the agent cannot be played and is left out");
    }
  }

  /** Keys pressed before entering were for the menu; from here on only the exit keys count. */
  async #listenForKeys(exitKeys: string): Promise<void> {
    let flush = true;
    while (!this.#keys.signal.aborted) {
      let pressed;
      try {
        pressed = await this.#session.call.collect({ min: 1, max: 1, flush, firstDigitTimeoutMs: KEY_WAIT_MS, signal: this.#keys.signal });
      } catch (error) {
        this.#deps.log.debug({ err: error, callId: this.#session.call.id }, "keys are no longer heard in the queue");
        return;
      }
      flush = false;
      if (pressed.reason === "ended" || this.#keys.signal.aborted) return;
      if (pressed.digits !== "" && exitKeys.includes(pressed.digits)) {
        this.#exitKey = pressed.digits;
        this.#deps.dispatch({ type: "interaction.exited", interactionId: this.id });
        return;
      }
    }
  }

  async #resolveAll(refs: readonly PromptRef[]): Promise<readonly AudioSource[]> {
    return (await Promise.all(refs.map((each) => this.#resolve(each)))).flat();
  }

  #resolve(ref: PromptRef): Promise<readonly AudioSource[]> {
    return this.#deps.prompts?.resolve(ref, { language: this.#session.language, signal: this.#session.signal }) ?? Promise.resolve([]);
  }

  #finish(outcome: QueueOutcome, talkMs: number): void {
    if (this.#done) return;
    this.#done = true;
    this.#keys.abort();
    this.#messageTimer?.cancel();
    this.#sound.stop();
    this.#settle({
      outcome,
      ...(this.#closing === undefined ? {} : { closing: this.#closing }),
      ...(outcome === "exit" && this.#exitKey !== undefined ? { key: this.#exitKey } : {}),
      ...(this.#agent === undefined ? {} : { agent: this.#agent }),
      waitMs: this.#waitMs,
      talkMs,
      ...(outcome === "answered" ? {} : this.#place),
      callerGone: this.#session.signal.aborted,
    });
  }
}
