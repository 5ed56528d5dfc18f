import type { AudioSource, CallEnd, CallSession, PromptRef, UnitOfWork, Uow } from "@hotlinejs/core";
import { errorText, isHotlineError } from "@hotlinejs/core";
import type { AttemptResult, CampaignAttemptResult, CampaignSettings, PersonResult } from "../contract.js";
import { afterThisOpening, isCallable } from "../domain/calling-hours.js";
import type { CallingHours } from "../domain/calling-hours.js";
import { afterAbandoned, afterAttempt } from "../domain/retry-rule.js";
import { CampaignAttemptEntity } from "../entities/campaign-attempt.entity.js";
import { CampaignPersonEntity } from "../entities/campaign-person.entity.js";
import type { CampaignPersonRow } from "../entities/campaign-person.entity.js";
import type { CampaignRow } from "../entities/campaign.entity.js";
import { errors } from "../errors.js";
import { ON_THE_LINE_MS, PLAN_ACTOR } from "./callback-plan.js";
import type { CampaignStore } from "./campaign-store.js";
import { settingsOf } from "./campaign-views.js";
import { DO_NOT_CALL } from "./do-not-call-list.js";
import type { DoNotCallList } from "./do-not-call-list.js";
import { NotNow } from "./not-now.js";
import type { Hindrance } from "./not-now.js";
import type { OnTheLine } from "./on-the-line.js";
import { isPassing, OutboundCalls } from "./outbound-calls.js";
import type { Attempt, CallList, Dial, Intent, OutboundCallsDeps } from "./outbound-calls.js";

/** Name of the call handler that carries out calls of campaigns, but those that go through a flow. */
export const CAMPAIGN_HANDLER = "campaign";
/** Characters of a note, as for those that people write. */
const NOTE = 500;

/** Errors of plugin-tts that are about one person's values: a cell that is empty, or that is no date where the words want one. */
const OF_THE_VALUES = new Set(["HTL_TTS_MISSING_VALUE", "HTL_TTS_BAD_VALUE"]);

/** Somebody who is called. */
export interface CalledPerson {
  readonly campaign: CampaignRow;
  readonly settings: CampaignSettings;
  readonly person: CampaignPersonRow;
  /** Of an announcement: made before the person is dialled. */
  sound: readonly AudioSource[];
  /** Why the person was not dialled after all. */
  hindrance: Hindrance | undefined;
  /** What is told of it with the person, where it is for good. */
  note: string | undefined;
}

export interface CampaignCallerDeps extends OutboundCallsDeps {
  readonly store: CampaignStore;
  readonly unitOfWork: UnitOfWork;
  readonly doNotCall: DoNotCallList;
  readonly line: OnTheLine;
  /** `undefined`: its calendar is gone. */
  readonly hours: (settings: CampaignSettings) => CallingHours | undefined;
  /** The campaign runs, as far as is known in this very moment. */
  readonly mayDial: (campaignId: string) => boolean;
  /** Nobody can be dialled for a while: all trunks are full, or no sound can be made. */
  readonly full: () => void;
  /** Somebody could be dialled. */
  readonly dialled: () => void;
  readonly began: () => void;
  readonly ended: (attempt: Attempt<CalledPerson>, result: AttemptResult) => void;
}

/** An attempt that is over, of this process or the last. */
type Ended = Pick<Attempt<unknown>, "id" | "interactionId" | "startedAt" | "dialledAt" | "answeredAt" | "completedAt"> & { readonly campaignId: string; readonly personId: string };

/** Calls of campaigns, from the plan to the committed result; see OutboundCalls. */
export class CampaignCaller implements CallList<CalledPerson> {
  readonly #calls: OutboundCalls<CalledPerson>;

  constructor(private readonly deps: CampaignCallerDeps) {
    this.#calls = new OutboundCalls(deps, this);
  }

  /** Calls under way. */
  get active(): readonly Attempt<CalledPerson>[] {
    return this.#calls.active;
  }

  activeOf(campaignId: string): readonly Attempt<CalledPerson>[] {
    return this.active.filter(({ entry }) => entry.campaign.id === campaignId);
  }

  /** @param agent who is rung first; `null`: nobody */
  async begin(personId: string, agent: string | null): Promise<void> {
    await this.#calls.begin(personId, { agent, actor: PLAN_ACTOR, free: true });
  }

  attempt(id: string): Attempt<CalledPerson> | undefined {
    return this.#calls.attempt(id);
  }

  connect(session: CallSession, attemptId: string): Promise<void> {
    return this.#calls.connect(session, attemptId);
  }

  completed(attempt: Attempt<CalledPerson>): void {
    this.#calls.completed(attempt);
  }

  /** An agent has the person on the line: by a queue that the call was led to. */
  talks(interactionId: string): void {
    const attempt = this.active.find((each) => each.interactionId === interactionId);
    if (attempt !== undefined) this.completed(attempt);
  }

  intend(personId: string, { attemptId, interactionId, agent }: Intent): Promise<CalledPerson> {
    const { clock, store, unitOfWork } = this.deps;
    return unitOfWork.run(async (uow) => {
      const found = await uow.em.findOne(CampaignPersonEntity, { id: personId });
      if (found === null || found.status !== "open") throw errors.NOT_OPEN(found?.status ?? "gone");
      const campaign = await store.present(uow, found.campaignId);
      if (campaign.status !== "running") throw errors.CAMPAIGN_STATE(campaign.status);
      const now = clock.now();
      await store.changePerson(uow, found, { status: "calling", interactionId });
      await uow.em.insert(CampaignAttemptEntity, { id: attemptId, campaignId: campaign.id, personId, number: found.number, interactionId, agent, startedAt: now, dialledAt: null, answeredAt: null, completedAt: null, endedAt: null, result: null, ...store.businessTime(now) });
      return { campaign, settings: settingsOf(campaign), person: { ...found } as CampaignPersonRow, sound: [], hindrance: undefined, note: undefined };
    });
  }

  dial({ id: attemptId, entry: { settings, person } }: Attempt<CalledPerson>): Dial {
    const { agentPrompt, callerId } = this.deps.config;
    const { number, campaignId, given } = person;
    const { kind, queue, flow, script, name: campaignName } = settings;
    const name = person.name ?? null;
    return {
      number,
      callerId: settings.callerId ?? callerId,
      purpose: "campaign",
      plan: kind === "flow" ? { handler: "flow", target: flow ?? "", params: { ...given, name: name ?? "", campaign: campaignName } } : { handler: CAMPAIGN_HANDLER, target: attemptId },
      data: { campaign: { v: 1, campaignId, campaignName, personId: person.id, name, values: given, script } },
      queue,
      agentWords: agentPrompt === false ? false : { id: "callbacks.campaign-agent", values: { number } },
    };
  }

  async dialling(attempt: Attempt<CalledPerson>): Promise<void> {
    const { clock, doNotCall, hours, line, mayDial, store, unitOfWork } = this.deps;
    const { entry, interactionId } = attempt;
    const { person, settings, campaign } = entry;
    if (settings.kind === "announcement") entry.sound = await this.#sound(entry);
    if (await line.has(person.number, interactionId)) throw new NotNow("on-the-line");
    const open = hours(settings);
    if (open === undefined || !isCallable(open, clock.now())) throw new NotNow("closed");
    await unitOfWork.run(async (uow) => {
      // Here, so that an entry that is committed first counts, and one that comes after finds the call. An entry holds the person too.
      await store.hold(uow, person.id);
      if ((await doNotCall.since(uow, person.number)) !== undefined) throw new NotNow("listed");
      attempt.dialledAt = clock.now();
      await uow.em.nativeUpdate(CampaignAttemptEntity, { id: attempt.id }, { dialledAt: attempt.dialledAt });
    });
    // Last: a pause holds from its first instant on, and counts who is past this.
    if (!mayDial(campaign.id)) throw new NotNow("stopped");
  }

  notDialled(attempt: Attempt<CalledPerson>, error: unknown): AttemptResult | undefined {
    const { full, log } = this.deps;
    const { entry } = attempt;
    attempt.dialledAt = null;
    entry.hindrance = hindranceOf(error);
    if (entry.hindrance === "no-words") entry.note = errorText((error as NotNow).cause).slice(0, NOTE);
    if (entry.hindrance === "full") log.warn({ err: error, campaignId: entry.campaign.id }, "a campaign waits: nobody can be dialled now");
    if (entry.hindrance === "full" || entry.hindrance === "no-speech") full();
    return entry.hindrance === undefined ? undefined : entry.hindrance === "listed" ? "refused" : "cancelled";
  }

  async noted({ id, answeredAt, completedAt }: Attempt<CalledPerson>): Promise<void> {
    await this.deps.unitOfWork.run(async ({ em }) => void (await em.nativeUpdate(CampaignAttemptEntity, { id }, { answeredAt, completedAt })));
  }

  settle(attempt: Attempt<CalledPerson>, result: AttemptResult, end: CallEnd | undefined): Promise<void> {
    const { entry } = attempt;
    // A flow that came to its end ends the call; who had enough of it has hung up before.
    if (entry.settings.kind === "flow" && result === "answered" && (end?.by === "local" || end?.reason === "redirected")) attempt.completedAt ??= end.at;
    return this.deps.unitOfWork.run((uow) => this.#conclude(uow, { ...attempt, campaignId: entry.campaign.id, personId: entry.person.id }, result, entry));
  }

  dialled(): void {
    this.deps.dialled();
  }

  began(): void {
    this.deps.began();
  }

  ended(attempt: Attempt<CalledPerson>, result: AttemptResult): void {
    this.deps.ended(attempt, result);
  }

  /** Attempts of a process that died. Those never dialled are taken back; of those that rang nobody knows. */
  async recover(): Promise<void> {
    const { log, unitOfWork } = this.deps;
    await unitOfWork.run(async (uow) => {
      for (const row of await uow.em.find(CampaignAttemptEntity, { result: null })) {
        const { id, campaignId, personId, interactionId, startedAt } = row;
        const attempt = { id, campaignId, personId, interactionId, startedAt, dialledAt: row.dialledAt ?? null, answeredAt: row.answeredAt ?? null, completedAt: row.completedAt ?? null };
        const result = attempt.answeredAt !== null ? "answered" : attempt.dialledAt !== null ? "uncertain" : "cancelled";
        await this.#conclude(uow, attempt, result);
        log.warn({ personId, attemptId: id, result }, "a call of a campaign of the last process was cut off");
      }
    });
  }

  /** How an attempt ended, and what becomes of the person. */
  async #conclude(uow: Uow, attempt: Ended, result: AttemptResult, { hindrance, note }: Partial<Pick<CalledPerson, "hindrance" | "note">> = {}): Promise<void> {
    const { clock, store } = this.deps;
    const at = clock.now();
    const { id, campaignId, personId, interactionId, dialledAt, answeredAt, completedAt } = attempt;
    // Before the person: cancelled in this moment, it is seen here, or finds the person open.
    const campaign = await store.present(uow, campaignId);
    const settings = settingsOf(campaign);
    const abandoned = result === "answered" && settings.kind === "agent" && completedAt === null;
    const ended: CampaignAttemptResult = abandoned ? "abandoned" : result;
    await uow.em.nativeUpdate(CampaignAttemptEntity, { id }, { result: ended, endedAt: at, dialledAt, answeredAt, completedAt });
    const person = await uow.em.findOne(CampaignPersonEntity, { id: personId });
    if (person === null || person.status !== "calling") return;
    uow.publish("campaign.attempted", { campaignId, personId, attemptId: id, interactionId, result: ended, at }, { aggregate: campaignId });
    const after = afterAttempt(result, person.attempts - person.abandoned, at, { ...settings.retry, shortWaitMs: 0 });
    const counted = after.attempts > person.attempts - person.abandoned;
    const made = { attempts: person.attempts + (counted ? 1 : 0), abandoned: person.abandoned + (abandoned ? 1 : 0), ...(counted ? { lastResult: ended } : {}), ...(dialledAt === null ? {} : { lastAttemptAt: dialledAt }) };
    const open = (soonest: number): Promise<void> =>
      // A campaign that was cancelled calls nobody again.
      campaign.status === "cancelled"
        ? store.closePerson(uow, person, (counted ? ended : (person.lastResult ?? "skipped")) as PersonResult, made)
        : store.changePerson(uow, person, { ...made, status: "open", nextAt: this.#nextAt(settings, soonest, dialledAt, hindrance) });
    if (hindrance === "listed") return store.closePerson(uow, person, "do-not-call");
    // The next try would fail alike: who was never dialled says by the note what the list lacks.
    if (hindrance === "no-words") return store.closePerson(uow, person, (person.lastResult ?? "skipped") as PersonResult, { ...made, ...(note === undefined ? {} : { note }) });
    if (result === "answered") {
      const outcome = await this.#resultOf(uow, person, attempt);
      // Nobody was there to talk with them: that is ours to make good.
      const again = abandoned && outcome !== "refused-by-person" ? afterAbandoned(made.abandoned, at, settings.retry) : undefined;
      return again === undefined ? store.closePerson(uow, person, abandoned && outcome === "incomplete" ? "abandoned" : outcome, made) : open(again);
    }
    if (after.status === "closed") return store.closePerson(uow, person, after.result as PersonResult, made);
    if (after.status === "uncertain") return store.changePerson(uow, person, { ...made, status: "uncertain" });
    return open(after.nextAt);
  }

  /** An answered call: what the person has done with it. */
  async #resultOf(uow: Uow, { number }: CampaignPersonRow, { startedAt, completedAt }: { readonly startedAt: number; readonly completedAt: number | null }): Promise<PersonResult> {
    const listedAt = await this.deps.doNotCall.since(uow, number);
    if (listedAt !== undefined && listedAt >= startedAt) return "refused-by-person";
    return completedAt === null ? "incomplete" : "completed";
  }

  #nextAt(settings: CampaignSettings, soonest: number, dialledAt: number | null, hindrance: Hindrance | undefined): number {
    const calendar = this.deps.hours(settings)?.calendar;
    const from = hindrance === "on-the-line" ? soonest + ON_THE_LINE_MS : soonest;
    // A phone that rang, whoever gave it up, does not ring again in this opening.
    if (calendar === undefined) return from;
    const next = dialledAt !== null && settings.retry.otherSlot ? Math.max(from, afterThisOpening(calendar, dialledAt)) : from;
    return calendar.nextOpening(next) ?? next;
  }

  async #sound({ settings, person }: CalledPerson): Promise<readonly AudioSource[]> {
    const { log, prompts } = this.deps;
    const { prompt } = settings;
    try {
      const sound = prompt === null ? [] : await prompts?.resolve(spokenTo(prompt, person));
      if (sound !== undefined && sound.length > 0) return sound;
    } catch (error) {
      if (isHotlineError(error) && OF_THE_VALUES.has(error.code)) {
        log.warn({ err: error, campaignId: person.campaignId, personId: person.id }, "the announcement of a campaign cannot be spoken with what the list says of a person: they are passed over");
        throw new NotNow("no-words", { cause: error });
      }
      log.error({ err: error, campaignId: person.campaignId }, "the announcement of a campaign cannot be spoken: nobody is called with it for now");
    }
    throw new NotNow("no-speech");
  }
}

/** `undefined`: the attempt has failed, or is refused for good. */
function hindranceOf(error: unknown): Hindrance | undefined {
  if (error instanceof NotNow) return error.why;
  if (!isHotlineError(error)) return undefined;
  if (error.code === "HTL_CORE_DRAINING") return "stopped";
  if (error.code === "HTL_CORE_OUTBOUND_REFUSED" && error.details?.["code"] === DO_NOT_CALL) return "listed";
  return isPassing(error) ? "full" : undefined;
}

/** The prompt with what the list says of this person. Whoever wrote the list calls the name by the name of its column. */
export function spokenTo(prompt: PromptRef, { given, name }: Pick<CampaignPersonRow, "given" | "name">): PromptRef {
  const values = { 姓名: name ?? "", ...given, name: name ?? "" };
  return typeof prompt === "string" ? { id: prompt, values } : { ...prompt, values: { ...prompt.values, ...values } };
}
