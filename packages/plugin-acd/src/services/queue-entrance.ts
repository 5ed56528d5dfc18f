import type { Calendars, CallControl, CallPipeline, CallSession, Clock, Ids, Interactions, Logger, Prompts, Secrets, Timer } from "@hotlinejs/core";
import { interactionView } from "@hotlinejs/queueing";
import type { QueueRequest, QueueResult, QueueWork, WorkRequest } from "../contract.js";
import { citizenNumber } from "../domain/citizen-number.js";
import { serviceLevelOf, serviceLevels } from "../domain/service-level.js";
import type { KeptPlaceRow } from "../entities/kept-place.entity.js";
import { acdErrors } from "../errors.js";
import type { AcdStore, StoredQueue } from "./acd-store.js";
import type { AgentDesk } from "./agent-desk.js";
import { answered } from "./answered.js";
import type { Entry, Floor } from "./floor.js";
import type { HoldMusic } from "./hold-music.js";
import type { EntryOwner, QueueFacts } from "./queue-facts.js";
import { QueuedCall } from "./queued-call.js";
import type { Place } from "./queue-member.js";
import type { QueuedPlace } from "./queued-place.js";
import { QueuedWork } from "./queued-work.js";

export interface QueueEntranceDeps {
  readonly floor: Floor;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly store: AcdStore;
  readonly facts: QueueFacts;
  readonly music: HoldMusic;
  readonly prompts: Prompts | undefined;
  readonly secrets: Secrets | undefined;
  readonly calendars: Calendars;
  readonly control: CallControl;
  readonly pipeline: CallPipeline;
  /** Records of what is no call. */
  readonly interactions: Interactions;
  readonly desk: () => AgentDesk;
  /** Distribution has stopped: nobody is let in any more. */
  readonly stopped: () => boolean;
}

/** How long a caller waits for the database to say who spoke to them last, ms. */
const LAST_AGENT_MS = 1_000;
/** Longest reservation of an agent for a citizen who is dialled; the call itself ends long before. */
const DIALLING_MS = 600_000;

/** Lets callers, written work and kept places into the queues. */
export class QueueEntrance {
  readonly #deps: QueueEntranceDeps;
  readonly #floor: Floor;

  constructor(deps: QueueEntranceDeps) {
    this.#deps = deps;
    this.#floor = deps.floor;
  }

  /**
   * See `Acd.serve`.
   *
   * @param entered for who keeps a place: told in the same breath in which the caller stands in the line; opening hours do not count any more
   * @throws HTL_ACD_UNKNOWN_QUEUE, HTL_ACD_STOPPED, HTL_ACD_SERVED_ALREADY
   */
  async serve(session: CallSession, request: QueueRequest, entered?: () => void): Promise<QueueResult> {
    const queue = this.#floor.queue(request.queue);
    if (this.#deps.stopped()) throw acdErrors.STOPPED();
    // A flow to which an agent has sent the caller leads back to that agent, not into a queue.
    if (this.#floor.serving.has(session.interaction.id)) throw acdErrors.SERVED_ALREADY(session.interaction.id);
    if (!(await answered(session))) return { outcome: "abandoned", waitMs: 0, talkMs: 0, callerGone: true };
    if (this.#deps.stopped()) throw acdErrors.STOPPED();
    let talkMs = 0;
    for (let back: Place | undefined; ; ) {
      const { result, lostAgent, next, place } = await this.#wait(session, request, queue, back, back === undefined ? entered : undefined, entered !== undefined);
      talkMs += result.talkMs;
      if (next !== undefined && !result.callerGone && !this.#deps.stopped()) {
        const further = await this.serve(session, { queue: next, priority: request.priority, exitKeys: request.exitKeys, exitHint: request.exitHint, signal: request.signal });
        return { ...further, talkMs: talkMs + further.talkMs };
      }
      // Who lost the agent to a broken phone is first in line again, before all who came later.
      if (!lostAgent || result.callerGone || place === undefined || this.#deps.stopped()) return { ...result, talkMs };
      back = place;
    }
  }

  /** One stay in the queue, with the talk that comes of it. @param patient called back, and came: is not sent away for the length of the wait, nor because all are away */
  async #wait(session: CallSession, request: QueueRequest, queue: StoredQueue, back: Place | undefined, entered: (() => void) | undefined, patient: boolean): Promise<{ readonly result: QueueResult; readonly lostAgent: boolean; /** The queue to which the agent gave the caller. */ readonly next?: string | undefined; readonly place?: Place | undefined }> {
    const { ids, clock, control, prompts, log, music, secrets, desk } = this.#deps;
    const { id: interactionId } = session.interaction;
    const callerNumber = citizenNumber(session);
    const callerKey = callerNumber === "" ? undefined : (secrets?.blindIndex(callerNumber) ?? callerNumber);
    const priority = queue.settings.priority + (request.priority ?? 0);
    const id = ids.next();
    // The number itself is never stored in the queue's rows.
    const stored = secrets === undefined ? null : (callerKey ?? null);
    const owner = this.#owner(id, interactionId, queue, { channel: "voice", priority, callerKey: stored, record: session.interaction });
    // Whoever was in before the queue closed is served.
    if (back === undefined && entered === undefined && this.#outOfHours(queue)) {
      this.#refuse(owner, session);
      return { result: { outcome: "closed", waitMs: 0, talkMs: 0, callerGone: false }, lostAgent: false };
    }
    const preferredAgent = request.preferredAgent ?? (await this.#lastAgent(queue, stored));
    if (this.#deps.stopped()) throw acdErrors.STOPPED();
    if (session.signal.aborted) return { result: { outcome: "abandoned", waitMs: 0, talkMs: 0, callerGone: true }, lostAgent: false };
    // Asked for a second time while the first was still on its way in.
    if (this.#floor.serving.has(interactionId)) throw acdErrors.SERVED_ALREADY(interactionId);
    const enteredAt = clock.monotonic();
    const call = new QueuedCall(id, session, request, queue, {
      control,
      prompts,
      log,
      clock,
      dispatch: (event) => this.#floor.engine.dispatch(event),
      music: music.sources(queue.key, queue.settings.music, session.language),
      queue: (key) => this.#floor.queues.get(key),
      addressOf: (agent) => this.#floor.agents.get(agent)?.address,
      desk: desk(),
      waited: () => clock.monotonic() - enteredAt,
      stopping: () => this.#deps.pipeline.admission() !== undefined,
      back: back !== undefined,
    });
    this.#floor.entries.set(id, { call, owner, entered: false });
    this.#floor.engine.dispatch({ type: "interaction.enqueued", interactionId: id, queue: queue.key, priority, skills: request.skills, callerKey, ...directed(back === undefined ? preferredAgent : undefined, request), patient, placeAt: back?.placeAt ?? request.placeAt, placeSeq: back === undefined ? request.placeSeq : back.placeSeq, raisedBy: back === undefined ? request.raisedBy : back.raisedBy });
    entered?.();
    if (this.#floor.entries.has(id)) call.watch();
    this.#floor.serving.set(interactionId, call);
    const result = await call.result;
    this.#floor.serving.delete(interactionId);
    // A talk that went on after a take-over is followed to its end; everything else is over.
    if (result.outcome !== "answered") this.#floor.entries.delete(id);
    else if (!result.callerGone) await forgetKeys(session, log);
    return { result, lostAgent: call.lostAgent, next: call.next, place: call.place };
  }

  /** The place of a citizen who is to be called; call what comes back to take it out of the line. */
  enterPlace({ queue: key, interactionId, number, priority: own, skills, placeAt, placeSeq }: KeptPlaceRow, member: QueuedPlace): () => void {
    const queue = this.#floor.queue(key);
    const id = this.#deps.ids.next();
    const priority = queue.settings.priority + own;
    this.#floor.entries.set(id, { call: member, owner: this.#owner(id, interactionId, queue, { channel: "callback", priority, callerKey: null }), entered: false, kept: number });
    this.#floor.engine.dispatch({ type: "interaction.enqueued", interactionId: id, queue: key, priority, skills, placeAt, placeSeq, patient: true, ringMs: DIALLING_MS });
    return () => this.#floor.engine.dispatch({ type: "interaction.exited", interactionId: id });
  }
  /** The queue the caller goes to once the agent lets go; `undefined` for who no queue gave. @throws HTL_ACD_UNKNOWN_QUEUE, HTL_ACD_QUEUE_FROZEN */
  redirect(interactionId: string, queue: string): (() => void) | undefined {
    this.#floor.open(queue);
    const call = this.#floor.serving.get(interactionId);
    return call === undefined ? undefined : () => (call.next = queue);
  }
  /** See `Acd.serveWork`. @throws HTL_ACD_UNKNOWN_QUEUE, HTL_ACD_STOPPED, HTL_ACD_UNKNOWN_AGENT, HTL_ACD_AGENT_NOT_IN_QUEUE */
  async serveWork(work: QueueWork, request: WorkRequest): Promise<QueueResult> {
    const queue = this.#floor.queue(request.queue);
    if (this.#deps.stopped()) throw acdErrors.STOPPED();
    const { ids, log, secrets } = this.#deps;
    const { interactionId, callerKey: key } = work;
    const callerKey = key === undefined ? undefined : (secrets?.blindIndex(key) ?? key);
    const priority = queue.settings.priority + (request.priority ?? 0);
    const id = ids.next();
    const owner = this.#owner(id, interactionId, queue, { channel: work.channel, priority, callerKey: secrets === undefined ? null : (callerKey ?? null), record: this.#deps.interactions.live(interactionId) });
    const { onlyAgent, exceptAgent, patient = false, yields } = request;
    if (onlyAgent !== undefined) this.#floor.server(onlyAgent, queue.key);
    if (!patient && this.#outOfHours(queue)) {
      this.#refuse(owner);
      return { outcome: "closed", waitMs: 0, talkMs: 0, callerGone: false };
    }
    const member = new QueuedWork(id, work, { log, dispatch: (event) => this.#floor.engine.dispatch(event) }, request.signal);
    this.#floor.entries.set(id, { call: member, owner, entered: false });
    this.#floor.engine.dispatch({ type: "interaction.enqueued", interactionId: id, queue: queue.key, priority, skills: request.skills, callerKey, channel: work.channel, ...directed(request.preferredAgent, request), onlyAgent, exceptAgent, patient, yields, placeAt: request.placeAt ?? (patient ? this.#deps.clock.now() : undefined), placeSeq: request.placeSeq, raisedBy: request.raisedBy });
    if (this.#floor.entries.has(id)) member.watch();
    const result = await member.result;
    if (result.outcome !== "answered") this.#floor.entries.delete(id);
    return result;
  }

  #owner(entryId: string, interactionId: string, queue: StoredQueue, more: Pick<EntryOwner, "channel" | "priority" | "callerKey" | "record">): EntryOwner {
    const { serviceLevelSeconds, shortAbandonSeconds } = queue.settings;
    const { channel, priority, callerKey, record } = more;
    return { entryId, interactionId, queue: queue.key, serviceLevelMs: serviceLevelOf(serviceLevels(serviceLevelSeconds), channel) * 1000, shortAbandonMs: shortAbandonSeconds * 1000, channel, priority, callerKey, record };
  }

  #outOfHours({ settings: { calendar } }: StoredQueue): boolean {
    return calendar !== undefined && !this.#deps.calendars.get(calendar).isOpen(this.#deps.clock.now());
  }

  /** Out of hours: counted, told, not let in. */
  #refuse(owner: EntryOwner, session?: CallSession): void {
    this.#deps.facts.left(owner, { type: "left", interactionId: owner.entryId, queue: owner.queue, outcome: "closed", waitMs: 0 }, { at: this.#deps.clock.now(), entered: false, cut: false });
    session?.interaction.update({ queue: owner.queue });
    session?.interaction.event("queue.left", { queue: owner.queue, outcome: "closed", waitMs: 0 });
  }

  /** Who spoke to this caller last, where the queue wants to know. A database that does not answer keeps nobody waiting. */
  async #lastAgent(queue: StoredQueue, callerKey: string | null): Promise<string | undefined> {
    const { stickyDays } = queue.settings;
    if (stickyDays === 0 || callerKey === null) return undefined;
    const { clock, log, store } = this.#deps;
    let late: Timer | undefined;
    const tooLate = new Promise<undefined>((resolve) => {
      late = clock.setTimeout(() => {
        log.warn({ queue: queue.key }, "the database takes long to tell the caller's last agent; any agent will do");
        resolve(undefined);
      }, LAST_AGENT_MS);
    });
    try {
      return await Promise.race([store.lastAgent(callerKey, clock.now() - stickyDays * 86_400_000), tooLate]);
    } catch (error) {
      log.warn({ err: error, queue: queue.key }, "the caller's last agent could not be looked up; any agent will do");
      return undefined;
    } finally {
      late?.cancel();
    }
  }

  /** The stay in the next queue is an entry of its own. */
  moved(entry: Entry, id: string): void {
    const there = interactionView(this.#floor.engine.state, id);
    const queue = this.#floor.queues.get(there?.queue ?? "");
    if (queue === undefined) return;
    entry.entered = false;
    entry.owner = this.#owner(this.#deps.ids.next(), entry.owner.interactionId, queue, { ...entry.owner, priority: there?.priority ?? entry.owner.priority });
  }
}

/** At whom the request is directed, and how long it is kept for that agent. */
function directed(preferredAgent: string | undefined, { preferredSeconds }: Pick<QueueRequest, "preferredSeconds">): { preferredAgent: string | undefined; preferredMs?: number } {
  return { preferredAgent, ...(preferredSeconds === undefined ? {} : { preferredMs: preferredSeconds * 1000 }) };
}

/** What the caller keyed while talking was for the agent, not for what comes after. */
async function forgetKeys(session: CallSession, log: Logger): Promise<void> {
  try {
    await session.call.collect({ flush: true, max: 1, firstDigitTimeoutMs: 1, signal: session.signal });
  } catch (error) {
    log.debug({ err: error, interactionId: session.interaction.id }, "keys of the talk could not be cleared");
  }
}
