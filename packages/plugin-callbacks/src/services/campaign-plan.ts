import type { Clock, Timer, UnitOfWork } from "@hotlinejs/core";
import { isHotlineError } from "@hotlinejs/core";
import type { CampaignSettings } from "../contract.js";
import { afterThisOpening, firstCall, isCallable, openingAt } from "../domain/calling-hours.js";
import type { CallingHours } from "../domain/calling-hours.js";
import type { CampaignPersonRow } from "../entities/campaign-person.entity.js";
import type { CampaignRow } from "../entities/campaign.entity.js";
import { errors } from "../errors.js";
import { ON_THE_LINE_MS, PLAN_ACTOR } from "./callback-plan.js";
import type { CampaignCaller } from "./campaign-caller.js";
import { CAMPAIGN_DUE_JOB } from "./campaign-store.js";
import type { CampaignStore } from "./campaign-store.js";
import { settingsOf } from "./campaign-views.js";
import type { DoNotCallList } from "./do-not-call-list.js";
import type { FreeAgents } from "./free-agents.js";
import type { OnTheLine } from "./on-the-line.js";
import { Rounds } from "./rounds.js";
import type { RoundsDeps } from "./rounds.js";

/** People looked at together. */
const BATCH = 50;
/** People who are closed in one unit of work. */
const CLOSE_BATCH = 500;
/** Wait after nobody could be dialled, unless a call ends meanwhile; doubled each time until somebody can be. */
const FULL_MS = 10_000;
const FULL_AT_MOST_MS = 5 * 60_000;
/** Reminders of one campaign are this far apart at least. */
const REMIND_MS = 10_000;

export interface CampaignPlanDeps extends Omit<RoundsDeps, "name" | "round"> {
  readonly caller: CampaignCaller;
  readonly store: CampaignStore;
  readonly doNotCall: DoNotCallList;
  readonly agents: FreeAgents;
  readonly line: OnTheLine;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  /** `undefined`: its calendar is gone. */
  readonly hours: (settings: CampaignSettings) => CallingHours | undefined;
  /** Resolves when callbacks have had their choice of the free agents. */
  readonly callbacksFirst: () => Promise<void>;
}

/**
 * Calls the people of the campaigns that run, as far as there is room: in their hours, up to so many at once, agents' campaigns while
 * agents are free whom neither a caller nor a callback needs. Woken by what may change its mind, and by durable jobs; never by polling.
 */
export class CampaignPlan {
  readonly #rounds: Rounds;
  readonly #running = new Map<string, CampaignRow>();
  /** About to be paused or cancelled: from this instant on nobody of them is dialled. */
  readonly #held = new Map<string, number>();
  /** Reminders that are set, epoch ms. */
  readonly #reminders = new Map<string, number>();
  #full: Timer | undefined;
  /** After that: whether there is room is not known yet. */
  #trying = false;
  #fullMs = FULL_MS;

  constructor(private readonly deps: CampaignPlanDeps) {
    this.#rounds = new Rounds({ ...deps, name: "campaigns", round: () => this.#round() });
  }

  /** Campaigns that run. */
  get running(): number {
    return this.#running.size;
  }

  async start(): Promise<void> {
    for (const campaign of await this.deps.store.running()) this.#running.set(campaign.id, campaign);
    this.#rounds.start();
  }

  /** Begins nothing more; what is under way goes on. */
  stop(): Promise<void> {
    this.#full?.cancel();
    this.#full = undefined;
    return this.#rounds.stop();
  }

  kick(): void {
    this.#rounds.kick();
  }

  run(campaign: CampaignRow): void {
    this.#running.set(campaign.id, campaign);
    this.kick();
  }

  mayDial(campaignId: string): boolean {
    return this.#running.has(campaignId) && !this.#held.has(campaignId) && !this.#rounds.stopped;
  }

  /** Nobody of the campaign is dialled while `work` commits that it runs no longer, nor after; when that fails it goes on. */
  async halt<T>(campaignId: string, work: () => Promise<T>): Promise<T> {
    this.#held.set(campaignId, (this.#held.get(campaignId) ?? 0) + 1);
    try {
      const result = await work();
      this.#running.delete(campaignId);
      return result;
    } finally {
      const holds = (this.#held.get(campaignId) ?? 1) - 1;
      if (holds > 0) this.#held.set(campaignId, holds);
      else this.#held.delete(campaignId);
      this.kick();
    }
  }

  /** Nobody can be dialled until a call ends, or for a while; then one is tried before the others are. */
  full(): void {
    this.#trying = true;
    if (this.#full !== undefined) return;
    this.#full = this.deps.clock.setTimeout(() => this.freed(), this.#fullMs);
    this.#fullMs = Math.min(this.#fullMs * 2, FULL_AT_MOST_MS);
  }

  /** Somebody could be dialled: there is room. */
  dialled(): void {
    if (!this.#trying) return;
    this.#trying = false;
    this.#fullMs = FULL_MS;
    this.kick();
  }

  /** A call has ended: there may be room again. */
  freed(): void {
    if (this.#full === undefined) return;
    this.#full.cancel();
    this.#full = undefined;
    this.kick();
  }

  /** One that cannot be gone on with holds up none of the others. */
  async #round(): Promise<void> {
    const failed: unknown[] = [];
    for (const campaign of this.#running.values()) {
      if (this.#rounds.stopped) return;
      try {
        await this.#serve(campaign);
      } catch (error) {
        this.deps.log.error({ err: error, campaignId: campaign.id }, "a campaign could not be gone on with");
        failed.push(error);
      }
    }
    if (failed.length > 0) throw failed[0];
  }

  async #serve(campaign: CampaignRow): Promise<void> {
    const { clock, store } = this.deps;
    const settings = settingsOf(campaign);
    const hours = this.deps.hours(settings);
    if (hours === undefined) throw errors.UNKNOWN_CALENDAR(settings.calendar);
    const now = clock.now();
    if (hours.until !== null && now >= hours.until) return this.#expire(campaign);
    if (hours.until !== null) await this.#remind(campaign.id, "until", hours.until);
    if (!isCallable(hours, now)) {
      const opening = firstCall(hours, now);
      if (opening !== null) await this.#remind(campaign.id, "next", opening);
      return;
    }
    await this.#callAll(campaign, settings, hours);
    const { nextAt, calling } = await store.ahead(campaign.id);
    if (nextAt === null && !calling) await this.#finish(campaign);
    else if (nextAt !== null && nextAt > clock.now()) await this.#remind(campaign.id, "next", nextAt);
  }

  async #callAll(campaign: CampaignRow, settings: CampaignSettings, hours: CallingHours): Promise<void> {
    const { clock, store } = this.deps;
    for (;;) {
      const room = this.#room(campaign.id, settings);
      const people = room === 0 ? [] : await store.ready(campaign.id, clock.now(), Math.min(room, BATCH));
      if (people.length === 0) return;
      for (const person of people) if (this.#room(campaign.id, settings) === 0 || !(await this.#call(person, settings, hours))) return;
    }
  }

  #room(campaignId: string, { kind, queue, atOnce }: CampaignSettings): number {
    const { agents, caller } = this.deps;
    if (!this.mayDial(campaignId) || this.#full !== undefined) return 0;
    if (this.#trying && caller.active.some(({ dialledAt }) => dialledAt === null)) return 0;
    if (kind === "agent" && !agents.all().some(({ queues }) => queue !== null && queues.includes(queue))) return 0;
    return Math.max(0, atOnce - caller.activeOf(campaignId).length);
  }

  /** Whether the next one may be looked at. */
  async #call(person: CampaignPersonRow, settings: CampaignSettings, { calendar }: CallingHours): Promise<boolean> {
    const { agents, callbacksFirst, caller, clock, doNotCall, line, store, unitOfWork } = this.deps;
    const { id, number, campaignId } = person;
    const now = clock.now();
    if (await doNotCall.has(number)) await this.#unlessTaken(() => unitOfWork.run((uow) => store.closePerson(uow, person, "do-not-call")));
    else if (await line.has(number)) await store.postpone(person, now + ON_THE_LINE_MS);
    // Nobody is called twice in one opening: not by two campaigns, and not by this one where it says so.
    else if (await store.dialledSince(number, openingAt(calendar, now)?.from ?? now, settings.retry.otherSlot ? null : campaignId)) await store.postpone(person, afterThisOpening(calendar, now));
    else {
      if (settings.kind === "agent") await callbacksFirst();
      const agent = settings.kind === "agent" ? agents.for({ queue: settings.queue, dueAt: person.nextAt }) : null;
      if (agent === undefined) return false;
      return this.#unlessTaken(() => caller.begin(id, agent?.number ?? null));
    }
    return true;
  }

  /** False where there is no way for the next one either. */
  async #unlessTaken(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (isHotlineError(error, errors.NOT_OPEN.code) || isHotlineError(error, errors.CONFLICT.code)) return true;
      // The agent was needed elsewhere, the campaign was paused, the hotline stops: the event of that wakes the plan.
      if (isHotlineError(error) && [errors.AGENT_NOT_FREE, errors.CAMPAIGN_STATE, errors.DRAINING].some(({ code }) => code === error.code)) return false;
      throw error;
    }
  }

  /** Its time is over: who is still open is done with. */
  async #expire(campaign: CampaignRow): Promise<void> {
    const { store, unitOfWork } = this.deps;
    const closeSome = () =>
      unitOfWork.run(async (uow) => {
        // Paused meanwhile, it may get more time.
        if ((await store.present(uow, campaign.id)).version !== campaign.version) return 0;
        return store.closeOpen(uow, campaign.id, CLOSE_BATCH);
      });
    while ((await closeSome()) > 0 && !this.#rounds.stopped);
    const { nextAt, calling } = await store.ahead(campaign.id);
    if (nextAt === null && !calling) await this.#finish(campaign);
  }

  async #finish({ id }: CampaignRow): Promise<void> {
    const { store, unitOfWork } = this.deps;
    const done = await unitOfWork.run(async (uow) => {
      const campaign = await store.present(uow, id);
      if (campaign.status !== "running" || (await store.anybodyLeft(uow, id))) return false;
      await store.turn(uow, campaign, "done");
      uow.audit({ actor: PLAN_ACTOR, action: "callbacks.campaign-done", subject: { type: "campaign", id } });
      return true;
    });
    if (done) this.#running.delete(id);
  }

  /** A durable reminder; one that is set already is not set again. */
  async #remind(campaignId: string, what: "next" | "until", at: number): Promise<void> {
    const runAt = Math.ceil(at / REMIND_MS) * REMIND_MS;
    const key = `${campaignId}:${what}`;
    if (this.#reminders.get(key) === runAt) return;
    await this.deps.unitOfWork.run((uow) => {
      uow.enqueue({ name: CAMPAIGN_DUE_JOB, key: `${key}:${runAt}`, payload: { campaignId }, runAt });
      return Promise.resolve();
    });
    this.#reminders.set(key, runAt);
  }
}
