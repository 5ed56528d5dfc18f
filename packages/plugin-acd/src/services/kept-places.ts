import type { AudioSource, BusinessCalendar, CallPipeline, CallSession, Clock, Ids, LaunchedCall, Logger, PromptRef, Timer } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import type { CallbackConfig } from "../config.js";
import type { CallbackOffer, KeptPlace, KeptPlaceResult, QueueRequest, QueueResult } from "../contract.js";
import { callbackNumber } from "../domain/callback-number.js";
import { afterCall, unansweredOutcome, undialledOutcome, type AttemptOutcome } from "../domain/kept-place-rule.js";
import type { KeptPlaceRow } from "../entities/kept-place.entity.js";
import { acdErrors } from "../errors.js";
import { askForCallback, askToAccept, say, type WishDeps } from "./callback-wish.js";
import { placeView, type KeptPlaceStore } from "./kept-place-store.js";
import type { Place } from "./queue-member.js";
import { QueuedPlace } from "./queued-place.js";

/** Name of the call handler that speaks with the citizen who is called. */
export const KEPT_PLACE_HANDLER = "acd.kept-place";

const ACTOR = "plugin:acd";
/** What came to nothing through no fault of the citizen is tried again after this. */
const SHORT_WAIT_MS = 60_000;
/** A citizen who is on the line right now is looked at again after this. */
const ON_THE_LINE_MS = 5 * 60_000;
/** Longest timer; then the calendar is asked anew. */
const LONGEST_TIMER_MS = 86_400_000;
/** Waits between tries to commit how an attempt ended, while the database does not take it. */
const RETRY_MS = [1_000, 10_000, 60_000];

export interface KeptPlacesDeps {
  readonly config: CallbackConfig;
  readonly store: KeptPlaceStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly pipeline: CallPipeline;
  readonly resolve: (ref: PromptRef, session: CallSession) => Promise<readonly AudioSource[]>;
  readonly hasQueue: (queue: string) => boolean;
  /** Whether there is a way to an address; what nobody knows of is taken to have one. */
  readonly reachable: (address: string) => boolean;
  /** Opening hours of the queue, and hours in which citizens are called again. */
  readonly hours: (queue: string) => { readonly queue: BusinessCalendar | undefined; readonly citizens: BusinessCalendar | undefined };
  /** When it has been kept long enough, epoch ms; `Infinity`: never. */
  readonly keptUntil: (row: Pick<KeptPlaceRow, "queue" | "placeAt">) => number;
  /** Whether this number waits in a queue, or talks with an agent. */
  readonly onTheLine: (number: string) => boolean;
  /** Puts it into its queue, without limit of time. Returns how to take it out; idempotent. */
  readonly enter: (row: KeptPlaceRow, member: QueuedPlace) => () => void;
  /** As `Acd.serve`; `entered` is called in the same breath in which the caller stands in the line. */
  readonly serve: (session: CallSession, request: QueueRequest, entered: () => void) => Promise<QueueResult>;
}

interface Held {
  row: KeptPlaceRow;
  member: QueuedPlace | undefined;
  leave: () => void;
  timer: Timer | undefined;
  /** Not in the line before then, epoch ms. */
  notBefore: number;
  /** Given over then, epoch ms. */
  keptUntil: number;
  age: Timer | undefined;
  /** The call to the citizen. */
  attempt: { readonly callId: string; readonly giveUp: AbortController; outcome: AttemptOutcome | undefined } | undefined;
}

/**
 * Citizens who have hung up and keep their place:
 * ```
 * waiting --their turn: an agent is reserved, intent committed--> calling --key pressed--> first in line, with the agent reserved so far --> closed
 *    ^                                                              |
 *    \---- nobody, busy, a machine, no line: after a wait ----------/---- last try, declined, not needed --> closed
 *    \---- as old as the queue allows --> closed, given over to the list of callbacks
 * ```
 */
export class KeptPlaces {
  readonly #deps: KeptPlacesDeps;
  readonly #held = new Map<string, Held>();
  readonly #running = new Set<Promise<void>>();
  readonly #takingBack = new Set<Timer>();
  readonly #wish: WishDeps;
  #begun = false;
  /** Somebody lists who is given over. */
  #handsOver = false;
  #stopped = false;

  constructor(deps: KeptPlacesDeps) {
    this.#deps = deps;
    this.#wish = { allowed: deps.config.numbers.map((pattern) => new RegExp(`^(?:${pattern})$`)), leadsTo: (number) => deps.reachable(this.#address(number)), words: deps.config.words, resolve: deps.resolve };
  }

  /** Reads what earlier processes have left; they come into the line with `begin`. */
  async start(): Promise<void> {
    const { store, clock, log } = this.#deps;
    for (const found of await store.open()) {
      let row = found;
      if (row.state === "calling" && typeof row.callId === "string") {
        const reached = await store.reachedBy(row.callId);
        // Came into the queue and was cut off there: it is the hotline's turn again. Otherwise nobody knows whether the phone rang.
        const after = reached === "talked" ? ({ state: "closed", result: "reached" } as const) : reached === "came" ? ({ state: "waiting", nextAt: clock.now() } as const) : afterCall("failed", row.attempts, clock.now(), this.#deps.config);
        row = await store.settled(row, after, ACTOR);
        log.warn({ placeId: row.id, state: row.state }, "a callback of the last process was cut off");
      }
      if (row.state !== "closed") this.#take(row);
    }
  }

  /** The hotline takes and makes calls from now on: a turn that came before could not be used, and who came later would be served. */
  begin(): void {
    this.#begun = true;
    for (const held of this.#held.values()) this.#resume(held);
  }

  /** See `Acd.handOverPlaces`. */
  handOver(): void {
    this.#handsOver = true;
    for (const held of [...this.#held.values()]) this.#tooOld(held);
  }

  /** Rules of the queue were changed: its places may be kept longer, or less long. */
  ruled(queue: string): void {
    for (const held of [...this.#held.values()]) {
      if (held.row.queue !== queue) continue;
      held.keptUntil = this.#deps.keptUntil(held.row);
      this.#tooOld(held);
    }
  }

  /** The queue's hours are over: who waits is called from the next opening on. A callback that has begun goes on. */
  closing(queue: string): void {
    for (const held of this.#held.values()) {
      if (held.row.queue !== queue || held.member === undefined || held.attempt !== undefined) continue;
      held.leave();
      this.#resume(held, this.#deps.clock.now() + SHORT_WAIT_MS);
    }
  }

  /** The clock was set: places and waits go along with it; hours are those of the clock. */
  clockStepped(ms: number): void {
    for (const held of [...this.#held.values()]) {
      held.row = { ...held.row, placeAt: held.row.placeAt + ms, nextAt: held.row.nextAt + ms };
      this.#keep(held.row);
      held.keptUntil = this.#deps.keptUntil(held.row);
      if (this.#tooOld(held)) continue;
      if (held.timer !== undefined) this.#resume(held, held.notBefore === 0 ? 0 : held.notBefore + ms);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#takingBack) timer.cancel();
    for (const held of this.#held.values()) {
      held.timer?.cancel();
      held.age?.cancel();
      held.attempt?.giveUp.abort(new Error("the hotline stops"));
    }
    await Promise.all(this.#running);
    this.#held.clear();
  }

  /** Whether the caller's own number can be called or, where there is none that may be, some other. */
  possible({ call }: CallSession): boolean {
    const own = callbackNumber(call.from.number, this.#wish.allowed);
    return own === undefined || this.#wish.leadsTo(own);
  }

  #address(number: string): string {
    return this.#deps.config.address.replace("{number}", number);
  }

  /** Asks the caller, then keeps the place. */
  async offer(session: CallSession, { queue, placeAt, placeSeq, priority = 0, skills = {}, signal = session.signal }: CallbackOffer): Promise<"kept" | "declined" | "gone"> {
    const { store, clock, log } = this.#deps;
    const { interaction, language } = session;
    interaction.event("queue.callback-asked", { queue });
    const wish = await askForCallback(session, this.#wish, signal);
    if (typeof wish === "string") return wish;
    let row: KeptPlaceRow;
    try {
      row = await store.put({ queue, number: wish.number, interactionId: interaction.id, language, priority, skills, placeAt: Math.min(placeAt ?? clock.now(), clock.now()), placeSeq: placeAt === undefined ? 0 : (placeSeq ?? 0) });
    } catch (error) {
      log.error({ err: error, interactionId: interaction.id }, "a place could not be kept; the caller is told");
      this.#takeBack(wish.number, interaction.id);
      await say(session, this.#wish, "failed", {}, signal);
      return "declined";
    }
    interaction.event("queue.place-kept", { queue, placeId: row.id });
    this.#take(row);
    await say(session, this.#wish, "kept", { number: wish.number }, signal);
    return "kept";
  }

  /** Where the connection broke at the commit the place may be there all the same: nobody is called who was told that it is not. */
  #takeBack(number: string, interactionId: string, tries = 0): void {
    const { clock, store, log } = this.#deps;
    const timer = clock.setTimeout(
      () => {
        this.#takingBack.delete(timer);
        const closed = store.openOf(number).then(async (row) => {
          if (row?.interactionId === interactionId && !this.#held.has(row.id)) await store.closed(row, "failed", ACTOR);
        });
        closed.catch((error: unknown) => {
          log.debug({ err: error, interactionId }, "whether a place was kept all the same is not known yet");
          if (!this.#stopped) this.#takeBack(number, interactionId, tries + 1);
        });
      },
      RETRY_MS[Math.min(tries, RETRY_MS.length - 1)] ?? SHORT_WAIT_MS,
    );
    this.#takingBack.add(timer);
  }

  async find(id: string): Promise<KeptPlace | undefined> {
    const row = await this.#deps.store.find(id);
    return row === undefined ? undefined : placeView(row);
  }

  async open(): Promise<readonly KeptPlace[]> {
    return (await this.#deps.store.open()).map(placeView);
  }

  /** Nobody needs to be called any more. @throws HTL_ACD_UNKNOWN_PLACE, HTL_ACD_PLACE_CALLING */
  async drop(id: string, result: KeptPlaceResult, actor: string): Promise<KeptPlace> {
    const { store } = this.#deps;
    const held = this.#held.get(id);
    if (held?.attempt !== undefined) throw acdErrors.PLACE_CALLING(id);
    const row = held?.row ?? (await store.find(id));
    if (row === undefined) throw acdErrors.UNKNOWN_PLACE(id);
    if (isClosed(row)) return placeView(row);
    // First out of the line: nobody is dialled while it is being written.
    if (held !== undefined) this.#let(held);
    try {
      return placeView(await store.closed(row, result, actor));
    } catch (error) {
      if (held !== undefined) this.#take(row);
      throw error;
    }
  }

  /** The citizen has answered: a person, who wants it, goes before all who came later. */
  async connect(session: CallSession, id: string): Promise<void> {
    const held = this.#held.get(id);
    const attempt = held?.attempt;
    if (held === undefined || attempt === undefined || attempt.callId !== session.interaction.id) return;
    try {
      session.language = held.row.language;
      const answer = await askToAccept(session, this.#wish, this.#deps.config.acceptSeconds * 1000, session.signal);
      if (answer !== "accepted") {
        attempt.outcome = answer === "nobody" ? "no-answer" : answer;
        held.leave();
        if (answer === "not-needed") await say(session, this.#wish, "bye", {}, session.signal);
        return;
      }
      session.interaction.event("callback.accepted", { queue: held.row.queue, placeId: id });
      attempt.outcome = "given-up";
      attempt.outcome = await this.#serve(session, held);
    } finally {
      held.leave();
    }
  }

  async #serve(session: CallSession, held: Held): Promise<AttemptOutcome> {
    const { queue, priority, skills, placeAt, placeSeq } = held.row;
    const agent = held.member?.agent;
    // The agent kept so far is free only once the caller stands in the line, so that nobody else gets there first.
    const result = await this.#deps.serve(session, { queue, priority, skills, placeAt, ...(placeSeq > 0 ? { placeSeq } : {}), signal: session.signal, ...(agent === undefined ? {} : { preferredAgent: agent, preferredSeconds: 0 }) }, held.leave);
    if (result.outcome === "answered") return "reached";
    if (!result.callerGone) {
      await say(session, this.#wish, "later", {}, session.signal);
      return "no-agents";
    }
    return (await session.call.ended).by === "remote" ? "given-up" : "no-agents";
  }

  #take(row: KeptPlaceRow, keptUntil = this.#deps.keptUntil(row)): void {
    const before = this.#held.get(row.id);
    if (before?.attempt !== undefined) return;
    if (before !== undefined) this.#let(before);
    const held: Held = { row, member: undefined, leave: () => undefined, timer: undefined, notBefore: 0, keptUntil, age: undefined, attempt: undefined };
    this.#held.set(row.id, held);
    this.#resume(held);
  }

  #let(held: Held): void {
    held.timer?.cancel();
    held.age?.cancel();
    held.leave();
    this.#held.delete(held.row.id);
  }

  /** Whether it has been kept long enough, and is given over; if not, that is seen to when it will be. Who is being called is let come first. */
  #tooOld(held: Held): boolean {
    held.age?.cancel();
    held.age = undefined;
    if (!this.#handsOver || !this.#begun || this.#stopped || held.attempt !== undefined) return false;
    const left = held.keptUntil - this.#deps.clock.now();
    if (left > 0) {
      if (left !== Infinity) held.age = this.#deps.clock.setTimeout(() => void this.#tooOld(held), Math.min(left, LONGEST_TIMER_MS));
      return false;
    }
    const run: Promise<void> = this.#giveOver(held).finally(() => this.#running.delete(run));
    this.#running.add(run);
    return true;
  }

  /** Never rejects. */
  async #giveOver(held: Held): Promise<void> {
    const { clock, log, store } = this.#deps;
    const { row } = held;
    // First out of the line: nobody is dialled while it is being written.
    this.#let(held);
    try {
      await store.closed(row, "expired", ACTOR);
      log.info({ placeId: row.id, queue: row.queue }, "a place was kept as long as the queue allows; the citizen is in the list of callbacks");
    } catch (error) {
      log.error({ err: error, placeId: row.id }, "a place that was kept long enough could not be given over; it stays, and that is tried again");
      if (!this.#stopped) this.#take(row, clock.now() + SHORT_WAIT_MS);
    }
  }

  /** Into the line when the time has come. */
  #resume(held: Held, notBefore = 0): void {
    if (this.#stopped || !this.#begun) return;
    if (this.#tooOld(held)) return;
    held.timer?.cancel();
    held.timer = undefined;
    held.notBefore = notBefore;
    if (!this.#deps.hasQueue(held.row.queue)) {
      // The others come into the line all the same.
      this.#deps.log.error({ placeId: held.row.id, queue: held.row.queue }, "a kept place stands in a queue that is no longer there; it stays in the list of callbacks, for somebody to call");
      return;
    }
    const now = this.#deps.clock.now();
    const due = this.#dueAt(held.row, Math.max(now, notBefore));
    if (due > now) {
      held.timer = this.#deps.clock.setTimeout(() => this.#wake(), Math.min(due - now, LONGEST_TIMER_MS));
      return;
    }
    const member = new QueuedPlace({
      turn: () => this.#call(held),
      placed: (place) => this.#placed(held, place),
      prioritized: (priority) => {
        held.row = { ...held.row, priority };
        this.#keep(held.row);
      },
      moved: (queue) => void this.#moved(held, queue),
      left: (outcome) => {
        if (held.member !== member) return;
        held.member = undefined;
        // Closing time, or the hotline drains: from the next opening on, or in the next process.
        if (outcome !== "exit" && held.attempt === undefined) this.#resume(held, this.#deps.clock.now() + SHORT_WAIT_MS);
      },
    });
    held.member = member;
    held.leave = this.#deps.enter(held.row, member);
  }

  /** Its order is given once and kept, however often it comes into the line. */
  #placed(held: Held, { placeAt, placeSeq }: Place): void {
    if (held.row.placeSeq > 0) return;
    held.row = { ...held.row, placeAt, placeSeq };
    this.#keep(held.row);
  }

  /** Stored in the background: after a crash before that it would stand among those of the same moment as it came, no worse. */
  #keep(row: KeptPlaceRow): void {
    this.#deps.store.placed(row.id, row).catch((error: unknown) => this.#deps.log.warn({ err: error, placeId: row.id }, "where a kept place stands could not be stored"));
  }

  /** Several may be due in one moment, an opening: the earliest place comes into the line first. */
  #wake(): void {
    const now = this.#deps.clock.now();
    const due = [...this.#held.values()].filter((held) => held.timer !== undefined && this.#dueAt(held.row, Math.max(now, held.notBefore)) <= now);
    for (const held of due.sort(({ row: a }, { row: b }) => a.placeAt - b.placeAt || a.placeSeq - b.placeSeq)) this.#resume(held, held.notBefore);
  }

  #dueAt({ queue, nextAt, attempts }: KeptPlaceRow, from: number): number {
    const hours = this.#deps.hours(queue);
    let due = Math.max(from, nextAt);
    if (hours.queue !== undefined) due = hours.queue.nextOpening(due) ?? due;
    // Asked for a moment ago it is welcome at any time; later only in the hours of citizens.
    if (attempts > 0 && hours.citizens !== undefined) due = hours.citizens.nextOpening(due) ?? due;
    return due;
  }

  async #moved(held: Held, queue: string): Promise<void> {
    held.row = { ...held.row, queue };
    held.keptUntil = this.#deps.keptUntil(held.row);
    if (this.#tooOld(held)) return;
    try {
      await this.#deps.store.moved(held.row, queue);
    } catch (error) {
      this.#deps.log.error({ err: error, placeId: held.row.id, queue }, "that a kept place was moved could not be stored; after a restart it stands in the old queue");
    }
  }

  #call(held: Held): void {
    if (held.attempt !== undefined || this.#stopped) return;
    held.attempt = { callId: this.#deps.ids.next(), giveUp: new AbortController(), outcome: undefined };
    const run: Promise<void> = this.#run(held, held.attempt).finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  /** Never rejects. */
  async #run(held: Held, attempt: NonNullable<Held["attempt"]>): Promise<void> {
    const { store, log, clock, onTheLine } = this.#deps;
    // What the line has just decided is carried out first.
    await Promise.resolve();
    if (onTheLine(held.row.number)) {
      held.attempt = undefined;
      held.leave();
      return this.#resume(held, clock.now() + ON_THE_LINE_MS);
    }
    try {
      held.row = await store.began(held.row, attempt.callId);
    } catch (error) {
      log.error({ err: error, placeId: held.row.id }, "a callback could not be begun; it is tried again");
      held.attempt = undefined;
      held.leave();
      return this.#resume(held, clock.now() + SHORT_WAIT_MS);
    }
    // Closed by somebody meanwhile.
    if (isClosed(held.row)) {
      held.attempt = undefined;
      return this.#let(held);
    }
    let outcome: AttemptOutcome;
    try {
      outcome = await this.#attempt(held.row, attempt);
    } catch (error) {
      log.error({ err: error, placeId: held.row.id }, "a callback failed");
      outcome = "failed";
    }
    held.leave();
    await this.#settle(held, outcome);
    held.attempt = undefined;
    this.#goOn(held);
  }

  #goOn(held: Held): void {
    if (isClosed(held.row)) this.#let(held);
    else this.#resume(held);
  }

  async #attempt(row: KeptPlaceRow, attempt: NonNullable<Held["attempt"]>): Promise<AttemptOutcome> {
    const { config, pipeline, log } = this.#deps;
    let launched: LaunchedCall;
    try {
      launched = await pipeline.launch({
        to: this.#address(row.number),
        ...(config.callerId === undefined ? {} : { from: { number: config.callerId } }),
        purpose: "callback",
        plan: { handler: KEPT_PLACE_HANDLER, target: row.id, language: row.language },
        actor: ACTOR,
        data: { keptPlace: { v: 1, placeId: row.id, queue: row.queue, interactionId: row.interactionId } },
        timeoutMs: config.ringSeconds * 1000,
        signal: attempt.giveUp.signal,
        interactionId: attempt.callId,
      });
    } catch (error) {
      const outcome = undialledOutcome(error);
      log.warn({ placeId: row.id, outcome, error: errorText(error) }, "a citizen could not be called back");
      return outcome;
    }
    const answered = await launched.answered;
    const end = await launched.finished;
    return answered ? (attempt.outcome ?? "failed") : unansweredOutcome(end.reason);
  }

  /** Commits how it ended; keeps trying while the process lives. What stays open is found at the next start. */
  async #settle(held: Held, outcome: AttemptOutcome): Promise<void> {
    const { clock, config, log, store } = this.#deps;
    const after = afterCall(outcome, held.row.attempts, clock.now(), config);
    for (let tries = 0; ; tries++) {
      try {
        held.row = await store.settled(held.row, after, ACTOR);
        return;
      } catch (error) {
        log.error({ err: error, placeId: held.row.id }, "how a callback ended could not be stored");
        const wait = RETRY_MS[tries];
        if (wait === undefined || this.#stopped) break;
        await clock.sleep(wait);
      }
    }
    // Not dialled again by this process where it was over.
    held.row = after.state === "closed" ? { ...held.row, state: "closed" } : { ...held.row, state: "waiting", nextAt: after.nextAt };
  }
}

function isClosed({ state }: KeptPlaceRow): boolean {
  return state === "closed";
}
