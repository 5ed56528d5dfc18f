import type { CallPipeline, Clock, Page, UnitOfWork } from "@hotlinejs/core";
import { errorText, isHotlineError, storable } from "@hotlinejs/core";
import type { CallbacksConfig } from "../config.js";
import type { Campaign, CampaignAttempt, CampaignCheck, CampaignPerson, Campaigns, CampaignSettings, CampaignStatus, DoNotCallEntry, NewPerson, PeopleAdded, PersonResult, PersonStatus } from "../contract.js";
import { firstCall, openSeconds } from "../domain/calling-hours.js";
import type { CallingHours } from "../domain/calling-hours.js";
import { fits } from "../domain/people-list.js";
import { callableNumber, telephoneOf } from "../domain/phone-number.js";
import { CampaignPersonEntity } from "../entities/campaign-person.entity.js";
import type { CampaignPersonRow } from "../entities/campaign-person.entity.js";
import type { CampaignRow } from "../entities/campaign.entity.js";
import { errors } from "../errors.js";
import { spokenTo } from "./campaign-caller.js";
import type { CampaignCaller } from "./campaign-caller.js";
import type { CampaignPlan } from "./campaign-plan.js";
import { checkedSettings, missingOf } from "./campaign-settings.js";
import type { SettingsDeps } from "./campaign-settings.js";
import { CAMPAIGN_CLOSE_JOB } from "./campaign-store.js";
import type { CampaignStore, ListedNumber, OpenPeople } from "./campaign-store.js";
import { campaignAttemptView, campaignView, countsOf, personView, settingsOf } from "./campaign-views.js";
import type { DoNotCallList, NewEntry } from "./do-not-call-list.js";

/** People handed in together. */
export const MOST_PEOPLE = 10_000;
/** People in one unit of work. */
const BATCH = 500;
/** Lines named of a list. */
const LINES = 100;
const PAGE = 50;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
const YEAR_MS = 366 * DAY_MS;

export interface DefaultCampaignsDeps extends SettingsDeps {
  readonly config: CallbacksConfig;
  readonly store: CampaignStore;
  readonly plan: CampaignPlan;
  readonly caller: CampaignCaller;
  readonly doNotCall: DoNotCallList;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly pipeline: CallPipeline;
  /** `undefined`: its calendar is gone. */
  readonly hours: (settings: CampaignSettings) => CallingHours | undefined;
  /** Something of the lists has changed that no event tells. */
  readonly changed: () => void;
}

export class DefaultCampaigns implements Campaigns {
  constructor(private readonly deps: DefaultCampaignsDeps) {}

  async list({ status, limit = PAGE, cursor }: { status?: readonly CampaignStatus[]; limit?: number; cursor?: string } = {}): Promise<Page<Campaign>> {
    const { store } = this.deps;
    const { items, next } = await store.page({ limit, ...(status === undefined ? {} : { status }), ...(cursor === undefined ? {} : { cursor }) });
    const counts = await store.counts(items.map(({ id }) => id));
    return { items: items.map((row) => campaignView(row, counts.get(row.id) ?? countsOf([]))), next };
  }

  async get(id: string): Promise<Campaign | undefined> {
    const row = await this.deps.store.find(id);
    return row === null ? undefined : this.#view(row);
  }

  async create(settings: Partial<CampaignSettings> & Pick<CampaignSettings, "name" | "kind">, actor: string): Promise<Campaign> {
    const { config, store, unitOfWork } = this.deps;
    const checked = checkedSettings({ calendar: config.calendar, ...settings }, this.deps);
    const row = await unitOfWork.run(async (uow) => {
      const made = await store.insert(uow, checked, actor);
      uow.audit({ actor, action: "callbacks.campaign-create", subject: { type: "campaign", id: made.id }, details: { name: made.name, kind: made.kind } });
      return made;
    });
    this.deps.changed();
    return this.#view(row);
  }

  async change(id: string, patch: Partial<CampaignSettings>, { version, actor }: { version: number; actor: string }): Promise<Campaign> {
    const { store, unitOfWork } = this.deps;
    const row = await unitOfWork.run(async (uow) => {
      const campaign = await store.present(uow, id);
      if (campaign.status === "running") throw errors.CAMPAIGN_RUNNING();
      this.#notOver(campaign);
      if (campaign.version !== version) throw errors.CONFLICT();
      if (campaign.status !== "draft" && patch.kind !== undefined && patch.kind !== campaign.kind) throw errors.CAMPAIGN_INVALID("what happens on its calls can be changed in a draft only");
      const { name, kind, queue, ...settings } = checkedSettings({ ...settingsOf(campaign), ...patch }, this.deps);
      await store.change(uow, campaign, { name, kind, queue, settings });
      uow.audit({ actor, action: "callbacks.campaign-change", subject: { type: "campaign", id }, details: { changed: Object.keys(patch) } });
      return campaign;
    });
    this.deps.changed();
    return this.#view(row);
  }

  async add(id: string, people: readonly NewPerson[], actor: string): Promise<PeopleAdded> {
    const { config, plan, store, unitOfWork } = this.deps;
    if (people.length > MOST_PEOPLE) throw errors.TOO_MANY_PEOPLE(MOST_PEOPLE);
    const row = await store.find(id);
    if (row === null) throw errors.CAMPAIGN_NOT_FOUND(id);
    this.#notOver(row);
    const wanted = new Map<string, ListedNumber>();
    const invalidLines: number[] = [];
    for (const [index, { number, name, values }] of people.entries()) {
      const called = callableNumber(number, config.minDigits);
      if (called === undefined || !fits({ ...(name === undefined ? {} : { name }), values: values ?? {} })) invalidLines.push(index + 1);
      else if (!wanted.has(telephoneOf(called))) wanted.set(telephoneOf(called), { number: called, name: name === undefined ? null : storable(name), given: storableValues(values) });
    }
    const sums = { added: 0, duplicate: people.length - invalidLines.length - wanted.size, doNotCall: 0 };
    const listed = [...wanted.values()];
    // In parts, so that nobody waits long for the database. A list that is handed in again after a crash adds the rest.
    for (let from = 0; from < listed.length; from += BATCH) {
      const part = listed.slice(from, from + BATCH);
      const { added, duplicate, doNotCall } = await unitOfWork.run(async (uow) => {
        this.#notOver(await store.present(uow, id));
        const counted = await store.add(uow, id, part);
        if (counted.added > 0) uow.audit({ actor, action: "callbacks.campaign-people", subject: { type: "campaign", id }, details: { added: counted.added } });
        return counted;
      });
      sums.added += added;
      sums.duplicate += duplicate;
      sums.doNotCall += doNotCall;
    }
    plan.kick();
    this.deps.changed();
    return { ...sums, invalid: invalidLines.length, invalidLines: invalidLines.slice(0, LINES) };
  }

  async people(id: string, { status, result, limit = PAGE, cursor }: { status?: readonly PersonStatus[]; result?: PersonResult; limit?: number; cursor?: string } = {}): Promise<Page<CampaignPerson>> {
    const { store } = this.deps;
    if ((await store.find(id)) === null) throw errors.CAMPAIGN_NOT_FOUND(id);
    const { items, next } = await store.people(id, { limit, ...(status === undefined ? {} : { status }), ...(result === undefined ? {} : { result }), ...(cursor === undefined ? {} : { cursor }) });
    return { items: items.map(personView), next };
  }

  async attempts(id: string, personId: string): Promise<readonly CampaignAttempt[]> {
    const { store } = this.deps;
    if ((await store.person(personId))?.campaignId !== id) throw errors.PERSON_NOT_FOUND(personId);
    return (await store.attempts(personId)).map(campaignAttemptView);
  }

  async closePerson(id: string, personId: string, { result, note, actor }: { result: PersonResult; note?: string; actor: string }): Promise<CampaignPerson> {
    const { doNotCall, plan, store, unitOfWork } = this.deps;
    const person = await unitOfWork.run(async (uow) => {
      const found = await uow.em.findOne(CampaignPersonEntity, { id: personId, campaignId: id });
      if (found === null) throw errors.PERSON_NOT_FOUND(personId);
      if (found.status === "calling") throw errors.PERSON_CALLING();
      if (found.status === "closed") throw errors.PERSON_CLOSED(found.result ?? "closed");
      // They told somebody, by whatever way. The list first, as everywhere: two who do it at once wait for each other, not crosswise.
      if (result === "refused-by-person") await doNotCall.addWithin(uow, found.number, { source: "person", actor }, personId);
      await store.closePerson(uow, found, result, note === undefined ? {} : { note });
      uow.audit({ actor, action: "callbacks.campaign-person-close", subject: { type: "campaign", id }, details: { personId, result } });
      return personView(found);
    });
    plan.kick();
    return person;
  }

  async refuse(id: string, personId: string, actor: string): Promise<DoNotCallEntry> {
    const person = await this.deps.store.person(personId);
    if (person?.campaignId !== id) throw errors.PERSON_NOT_FOUND(personId);
    return this.addDoNotCall(person.number, { source: "person", actor });
  }

  async check(id: string): Promise<CampaignCheck> {
    const { acd, clock, config, store } = this.deps;
    const row = await store.find(id);
    if (row === null) throw errors.CAMPAIGN_NOT_FOUND(id);
    const settings = settingsOf(row);
    const { retry, atOnce, queue } = settings;
    const ahead = await store.outlook(id);
    const callable = ahead.people - ahead.doNotCall;
    const attemptsAtMost = Math.max(0, callable * retry.maxAttempts - ahead.attempts);
    const hours = this.deps.hours(settings);
    const firstCallAt = hours === undefined ? null : firstCall(hours, clock.now());
    return {
      people: ahead.people,
      doNotCall: ahead.doNotCall,
      elsewhere: ahead.elsewhere,
      numberShown: settings.callerId ?? config.callerId ?? null,
      firstCallAt,
      openSeconds: hours === undefined || firstCallAt === null ? 0 : openSeconds(hours.calendar, firstCallAt, Math.min(hours.until ?? firstCallAt + WEEK_MS, firstCallAt + YEAR_MS)),
      attemptsAtMost,
      attemptsAtLeast: callable,
      hoursAtMost: (attemptsAtMost * config.ringSeconds) / atOnce / 3_600,
      agents: settings.kind !== "agent" && queue === null ? null : (acd?.agents() ?? []).filter(({ queues, state }) => queues.includes(queue ?? "") && state !== "offline" && state !== "unreachable").length,
      obstacles: (await this.#obstacles(row, ahead, firstCallAt)).flatMap((error) => (isHotlineError(error) ? [error.code] : [])),
    };
  }

  async start(id: string, actor: string): Promise<Campaign> {
    const { clock, pipeline, plan, store, unitOfWork } = this.deps;
    const found = await store.find(id);
    if (found === null) throw errors.CAMPAIGN_NOT_FOUND(id);
    if (pipeline.admission() !== undefined) throw errors.DRAINING();
    const hours = this.deps.hours(settingsOf(found));
    const [obstacle] = await this.#obstacles(found, await store.outlook(id), hours === undefined ? null : firstCall(hours, clock.now()));
    if (obstacle !== undefined) throw obstacle;
    const row = await unitOfWork.run(async (uow) => {
      const campaign = await store.present(uow, id);
      // What was looked at above is what is started.
      if (campaign.version !== found.version) throw errors.CONFLICT();
      await store.turn(uow, campaign, "running");
      uow.audit({ actor, action: "callbacks.campaign-start", subject: { type: "campaign", id }, details: { resumed: found.status === "paused" } });
      return campaign;
    });
    plan.run(row);
    return this.#view(row);
  }

  async pause(id: string, actor: string): Promise<{ campaign: Campaign; ringing: number; talking: number }> {
    const { caller, plan, store, unitOfWork } = this.deps;
    const row = await plan.halt(id, () =>
      unitOfWork.run(async (uow) => {
        const campaign = await store.present(uow, id);
        if (campaign.status !== "running") throw errors.CAMPAIGN_STATE(campaign.status);
        await store.turn(uow, campaign, "paused");
        uow.audit({ actor, action: "callbacks.campaign-pause", subject: { type: "campaign", id } });
        return campaign;
      }),
    );
    // An agent's phone that rings before the person's leads nowhere any more.
    const dialled = caller.activeOf(id).filter(({ dialledAt }) => dialledAt !== null);
    const talking = dialled.filter(({ answeredAt }) => answeredAt !== null).length;
    return { campaign: await this.#view(row), ringing: dialled.length - talking, talking };
  }

  async cancel(id: string, actor: string): Promise<Campaign> {
    const { plan, store, unitOfWork } = this.deps;
    const row = await plan.halt(id, () =>
      unitOfWork.run(async (uow) => {
        const campaign = await store.present(uow, id);
        this.#notOver(campaign);
        await store.turn(uow, campaign, "cancelled");
        uow.audit({ actor, action: "callbacks.campaign-cancel", subject: { type: "campaign", id } });
        // The first part with it; the rest in the background, whatever happens to this process.
        if ((await store.closeOpen(uow, id, BATCH)) === BATCH) uow.enqueue({ name: CAMPAIGN_CLOSE_JOB, key: id, payload: { campaignId: id } });
        return campaign;
      }),
    );
    return this.#view(row);
  }

  /** Closes who is still open in a campaign that was cancelled. Safe to do twice. */
  async closeRest(id: string, signal: AbortSignal): Promise<void> {
    const { store, unitOfWork } = this.deps;
    for (;;) {
      signal.throwIfAborted();
      const closed = await unitOfWork.run(async (uow) => {
        await store.present(uow, id);
        return store.closeOpen(uow, id, BATCH);
      });
      if (closed < BATCH) return;
    }
  }

  doNotCall({ number, limit = PAGE, cursor }: { number?: string; limit?: number; cursor?: string } = {}): Promise<Page<DoNotCallEntry>> {
    return this.deps.doNotCall.page({ limit, ...(number === undefined ? {} : { number }), ...(cursor === undefined ? {} : { cursor }) });
  }

  async addDoNotCall(number: string, entry: NewEntry): Promise<DoNotCallEntry> {
    const added = await this.deps.doNotCall.add(number, entry);
    this.deps.plan.kick();
    this.deps.changed();
    return added;
  }

  async removeDoNotCall(number: string, actor: string): Promise<void> {
    await this.deps.doNotCall.remove(number, actor);
    this.deps.changed();
  }

  async #obstacles(row: CampaignRow, { people }: OpenPeople, firstCallAt: number | null): Promise<readonly Error[]> {
    const { acd, prompts } = this.deps;
    const settings = settingsOf(row);
    const missing = missingOf(settings, this.deps);
    const found: Error[] = [...missing];
    if (row.status === "done" || row.status === "cancelled") found.push(errors.CAMPAIGN_OVER(row.status));
    if (row.status === "running") found.push(errors.CAMPAIGN_STATE(row.status));
    // One that was paused and has nobody left is done as soon as it goes on.
    if (people === 0 && row.status !== "paused") found.push(errors.CAMPAIGN_EMPTY());
    if (settings.kind === "agent" && acd === undefined) found.push(errors.NO_AGENTS());
    if (settings.kind === "announcement" && prompts === undefined) found.push(errors.NO_SPEECH());
    if (firstCallAt === null && this.deps.calendars.has(settings.calendar)) found.push(errors.CAMPAIGN_NEVER_OPEN());
    const [first] = (await this.deps.store.people(row.id, { status: ["open"], limit: 1 })).items;
    if (first !== undefined && !this.#leadsOut(first.number)) found.push(errors.NO_LINE());
    const silent = missing.length > 0 || first === undefined ? undefined : await this.#unspeakable(first, settings);
    if (silent !== undefined) found.push(silent);
    return found;
  }

  /** Without a line everybody would be called in vain as often as the rule says, and be done with as `failed`. */
  #leadsOut(number: string): boolean {
    const { config, pipeline } = this.deps;
    const address = config.address.replace("{number}", number);
    return pipeline.adapters.some((adapter) => adapter.schemes.includes(address.slice(0, address.indexOf(":"))) && adapter.reachable(address) !== false);
  }

  /** The announcement is tried with the first who would hear it: a column that the list lacks is found before anybody's telephone rings. */
  async #unspeakable(first: CampaignPersonRow, { kind, prompt }: CampaignSettings): Promise<Error | undefined> {
    const { prompts } = this.deps;
    if (kind !== "announcement" || prompt === null || prompts === undefined) return undefined;
    try {
      return (await prompts.resolve(spokenTo(prompt, first))).length > 0 ? undefined : errors.UNSPEAKABLE("nothing is said");
    } catch (error) {
      return errors.UNSPEAKABLE(errorText(error));
    }
  }

  #notOver({ status }: CampaignRow): void {
    if (status === "done" || status === "cancelled") throw errors.CAMPAIGN_OVER(status);
  }

  async #view(row: CampaignRow): Promise<Campaign> {
    return campaignView(row, (await this.deps.store.counts([row.id])).get(row.id) ?? countsOf([]));
  }
}

/** Files and requests may hold what no database keeps. */
function storableValues(values: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [storable(key), storable(value)] as const).filter(([key]) => key !== ""));
}
