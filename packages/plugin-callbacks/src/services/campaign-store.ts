import { LockMode } from "@mikro-orm/core";
import type { BusinessCalendar, Clock, Ids, Page, ReadPool, UnitOfWork, Uow } from "@hotlinejs/core";
import type { CampaignCounts, CampaignSettings, CampaignStatus, PersonResult, PersonStatus } from "../contract.js";
import { spellings, telephoneOf } from "../domain/phone-number.js";
import { CampaignAttemptEntity } from "../entities/campaign-attempt.entity.js";
import type { CampaignAttemptRow } from "../entities/campaign-attempt.entity.js";
import { CampaignPersonEntity } from "../entities/campaign-person.entity.js";
import type { CampaignPersonRow } from "../entities/campaign-person.entity.js";
import { CampaignEntity } from "../entities/campaign.entity.js";
import type { CampaignRow } from "../entities/campaign.entity.js";
import { errors } from "../errors.js";
import { countsOf } from "./campaign-views.js";
import type { CountRow } from "./campaign-views.js";
import { decodeCursor, encodeCursor } from "./cursor.js";

/** Wakes the plan of campaigns. */
export const CAMPAIGN_DUE_JOB = "callbacks.campaign-due";
/** Closes who is still open in a campaign that was cancelled. */
export const CAMPAIGN_CLOSE_JOB = "callbacks.campaign-close";

const PERSON = "callbacks_campaign_person";
const CAMPAIGN = "callbacks_campaign";
const DO_NOT_CALL = "callbacks_do_not_call";

export interface CampaignStoreDeps {
  readonly unitOfWork: UnitOfWork;
  readonly readPool: ReadPool;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Whose dates are kept with the rows. */
  readonly calendar: () => BusinessCalendar;
}

/** Somebody to be added, with a number that can be dialled. */
export interface ListedNumber {
  readonly number: string;
  readonly name: string | null;
  readonly given: Record<string, string>;
}

/** People who are still to be called, and what stands against it. */
export interface OpenPeople {
  readonly people: number;
  /** They have had, together, of those that count for `maxAttempts`. */
  readonly attempts: number;
  readonly doNotCall: number;
  /** In another campaign that runs, and not done with there. */
  readonly elsewhere: number;
}

type Query = ReturnType<ReturnType<Uow["em"]["getKnex"]>>;
type CampaignPatch = Partial<Omit<CampaignRow, "id" | "version">>;
type PersonPatch = Partial<Omit<CampaignPersonRow, "id" | "version">>;

/** Rows of campaigns and their people. Whoever changes one names the version that was read. */
export class CampaignStore {
  constructor(private readonly deps: CampaignStoreDeps) {}

  async insert(uow: Uow, { name, kind, queue, ...settings }: CampaignSettings, createdBy: string): Promise<CampaignRow> {
    const { clock, ids } = this.deps;
    const row = { id: ids.next(), name, kind, status: "draft", queue, settings, createdBy, createdAt: clock.now(), startedAt: null, endedAt: null, version: 1 } as CampaignRow;
    await uow.em.insert(CampaignEntity, row);
    return row;
  }

  find(id: string): Promise<CampaignRow | null> {
    return this.deps.readPool.read((em) => em.findOne(CampaignEntity, { id }));
  }

  /**
   * As it stands, and stays until this unit of work ends: who moves a campaign to another state and who adds or takes up people of it
   * wait for each other here, on PostgreSQL too. Asked for before any of its people is changed, so that no two wait crosswise.
   *
   * @throws HTL_CALLBACKS_CAMPAIGN_NOT_FOUND
   */
  async present(uow: Uow, id: string): Promise<CampaignRow> {
    const row = await uow.em.findOne(CampaignEntity, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (row === null) throw errors.CAMPAIGN_NOT_FOUND(id);
    return plainCampaign(row);
  }

  /** @throws HTL_CALLBACKS_CONFLICT when it has changed since it was read */
  async change(uow: Uow, campaign: CampaignRow, patch: CampaignPatch): Promise<void> {
    const changed = await uow.em.nativeUpdate(CampaignEntity, { id: campaign.id, version: campaign.version }, { ...patch, version: campaign.version + 1 });
    if (changed === 0) throw errors.CONFLICT();
    Object.assign(campaign, patch, { version: campaign.version + 1 });
  }

  /** Moves it to another state and tells so. */
  async turn(uow: Uow, campaign: CampaignRow, status: CampaignStatus): Promise<void> {
    const at = this.deps.clock.now();
    const ends = status === "done" || status === "cancelled";
    await this.change(uow, campaign, { status, ...(status === "running" && (campaign.startedAt ?? null) === null ? { startedAt: at } : {}), ...(ends ? { endedAt: at } : {}) });
    uow.publish("campaign.changed", { campaignId: campaign.id, status, at }, { aggregate: campaign.id });
  }

  running(): Promise<CampaignRow[]> {
    return this.deps.readPool.read((em) => em.find(CampaignEntity, { status: "running" }, { orderBy: { startedAt: "asc", id: "asc" } }));
  }

  /** Newest first. */
  async page(filter: { readonly status?: readonly CampaignStatus[]; readonly limit: number; readonly cursor?: string }): Promise<Page<CampaignRow>> {
    const after = filter.cursor === undefined ? undefined : decodeCursor(filter.cursor);
    const where = { ...(filter.status === undefined ? {} : { status: { $in: [...filter.status] } }), ...(after === undefined ? {} : { id: { $lt: after.id } }) };
    const rows = await this.deps.readPool.read((em) => em.find(CampaignEntity, where, { orderBy: { id: "desc" }, limit: filter.limit + 1 }));
    return pageOf(rows, filter.limit, ({ createdAt, id }) => ({ at: createdAt, id }));
  }

  async counts(ids: readonly string[]): Promise<ReadonlyMap<string, CampaignCounts>> {
    if (ids.length === 0) return new Map();
    const rows = await this.deps.readPool.read((em) => {
      const knex = em.getKnex();
      return em.execute<(CountRow & { readonly campaign_id: string })[]>(knex(PERSON).select("campaign_id", "status", "result", knex.raw("count(*) as people"), knex.raw("sum(attempts) as attempts"), knex.raw("sum(abandoned) as abandoned")).whereIn("campaign_id", [...ids]).groupBy("campaign_id", "status", "result"));
    });
    return new Map(ids.map((id) => [id, countsOf(rows.filter((row) => row.campaign_id === id))]));
  }

  /** Date and hour that facts are counted by. */
  businessTime(at: number): { readonly businessDate: string; readonly businessHour: number } {
    const calendar = this.deps.calendar();
    return { businessDate: calendar.dateOf(at), businessHour: calendar.hourOf(at) };
  }

  /** Inserts those whose telephone is neither in the campaign, which is `present`, nor on the do-not-call list, and counts. Each of `people` is another one. */
  async add(uow: Uow, campaignId: string, people: readonly ListedNumber[]): Promise<{ readonly added: number; readonly duplicate: number; readonly doNotCall: number }> {
    const { clock, ids } = this.deps;
    const knex = uow.em.getKnex();
    const written = people.flatMap(({ number }) => spellings(number));
    const among = async (query: Query): Promise<ReadonlySet<string>> => new Set((await uow.em.execute<{ number: string }[]>(query.select("number").whereIn("number", written))).map(({ number }) => telephoneOf(number)));
    const forbidden = await among(knex(DO_NOT_CALL));
    const known = await among(knex(PERSON).where({ campaign_id: campaignId }));
    const allowed = people.filter(({ number }) => !forbidden.has(telephoneOf(number)));
    const wanted = allowed.filter(({ number }) => !known.has(telephoneOf(number)));
    const counted = { added: wanted.length, duplicate: allowed.length - wanted.length, doNotCall: people.length - allowed.length };
    if (wanted.length === 0) return counted;
    const nextAt = clock.now();
    const rows = wanted.map(({ number, name, given }) => ({ id: ids.next(), campaign_id: campaignId, number, name, given: JSON.stringify(given), status: "open", attempts: 0, next_at: nextAt, version: 1 }));
    await uow.em.execute(knex(PERSON).insert(rows));
    return counted;
  }

  person(id: string): Promise<CampaignPersonRow | null> {
    return this.deps.readPool.read((em) => em.findOne(CampaignPersonEntity, { id }));
  }

  /** In the order of the list. */
  async people(campaignId: string, filter: { readonly status?: readonly PersonStatus[]; readonly result?: PersonResult; readonly limit: number; readonly cursor?: string }): Promise<Page<CampaignPersonRow>> {
    const after = filter.cursor === undefined ? undefined : decodeCursor(filter.cursor);
    const where = {
      campaignId,
      ...(filter.status === undefined ? {} : { status: { $in: [...filter.status] } }),
      ...(filter.result === undefined ? {} : { result: filter.result }),
      ...(after === undefined ? {} : { id: { $gt: after.id } }),
    };
    const rows = await this.deps.readPool.read((em) => em.find(CampaignPersonEntity, where, { orderBy: { id: "asc" }, limit: filter.limit + 1 }));
    return pageOf(rows, filter.limit, ({ nextAt, id }) => ({ at: nextAt, id }));
  }

  attempts(personId: string): Promise<CampaignAttemptRow[]> {
    return this.deps.readPool.read((em) => em.find(CampaignAttemptEntity, { personId }, { orderBy: { startedAt: "asc", id: "asc" } }));
  }

  async changePerson(uow: Uow, person: CampaignPersonRow, patch: PersonPatch): Promise<void> {
    const changed = await uow.em.nativeUpdate(CampaignPersonEntity, { id: person.id, version: person.version }, { ...patch, version: person.version + 1 });
    if (changed === 0) throw errors.CONFLICT();
    Object.assign(person, patch, { version: person.version + 1 });
  }

  async closePerson(uow: Uow, person: CampaignPersonRow, result: PersonResult, patch: PersonPatch = {}): Promise<void> {
    const at = this.deps.clock.now();
    await this.changePerson(uow, person, { ...patch, status: "closed", result, closedAt: at, businessDate: this.deps.calendar().dateOf(at) });
    uow.publish("campaign.person-closed", { campaignId: person.campaignId, personId: person.id, result, interactionId: person.interactionId ?? null, at }, { aggregate: person.campaignId });
  }

  /**
   * Closes so many open people at once: with how their last attempt ended, or as `skipped`. The campaign is `present` in this unit of work.
   *
   * @returns how many there were
   */
  async closeOpen(uow: Uow, campaignId: string, limit: number): Promise<number> {
    const open = await uow.em.execute<{ id: string; last_result: PersonResult | null }[]>(uow.em.getKnex()(PERSON).select("id", "last_result").where({ campaign_id: campaignId, status: "open" }).limit(limit));
    const by = new Map<PersonResult, string[]>();
    for (const { id, last_result } of open) by.set(last_result ?? "skipped", [...(by.get(last_result ?? "skipped") ?? []), id]);
    for (const [result, ids] of by) await this.#closeAll(uow, result, (people) => people.whereIn("id", ids));
    return open.length;
  }

  /** Whoever of that number waits for a call of a campaign under way is not called any more. @param but a person who is closed otherwise */
  async forbid(uow: Uow, number: string, but?: string): Promise<void> {
    const knex = uow.em.getKnex();
    // Who is about to dial one of them is waited for, or waits and finds the entry: see `dialling` of the caller.
    await uow.em.execute(knex(PERSON).select("id").whereIn("number", spellings(number)).whereIn("status", ["open", "calling"]).orderBy("id").forUpdate());
    const theirs = (people: Query): Query => people.whereIn("number", spellings(number)).whereIn("campaign_id", knex(CAMPAIGN).select("id").whereIn("status", ["running", "paused"]));
    await this.#closeAll(uow, "do-not-call", (people) => (but === undefined ? theirs(people) : theirs(people).whereNot({ id: but })));
  }

  /** Held until the unit of work ends. */
  async hold(uow: Uow, personId: string): Promise<void> {
    await uow.em.findOne(CampaignPersonEntity, { id: personId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  }

  async #closeAll(uow: Uow, result: PersonResult, which: (people: Query) => Query): Promise<void> {
    const at = this.deps.clock.now();
    const knex = uow.em.getKnex();
    const people = knex(PERSON).update({ status: "closed", result, closed_at: at, business_date: this.deps.calendar().dateOf(at), version: knex.raw("version + 1") }).where({ status: "open" });
    const closed = await uow.em.execute<{ id: string; campaign_id: string; interaction_id: string | null }[]>(which(people).returning(["id", "campaign_id", "interaction_id"]));
    for (const { id, campaign_id, interaction_id } of closed) uow.publish("campaign.person-closed", { campaignId: campaign_id, personId: id, result, interactionId: interaction_id, at }, { aggregate: campaign_id });
  }

  /** Whether the number was dialled since then, by any campaign but `but`. */
  async dialledSince(number: string, since: number, but: string | null): Promise<boolean> {
    const found = await this.deps.readPool.read((em) => em.find(CampaignAttemptEntity, { number: { $in: [...spellings(number)] }, dialledAt: { $gte: since }, ...(but === null ? {} : { campaignId: { $ne: but } }) }, { fields: ["id"], limit: 1 }));
    return found.length > 0;
  }

  /** Not before then, unless somebody was faster. */
  async postpone(person: CampaignPersonRow, nextAt: number): Promise<void> {
    await this.deps.unitOfWork.run(async ({ em }) => void (await em.nativeUpdate(CampaignPersonEntity, { id: person.id, version: person.version, status: "open" }, { nextAt, version: person.version + 1 })));
  }

  /** Who may be called now, the longest due first. */
  ready(campaignId: string, now: number, limit: number): Promise<CampaignPersonRow[]> {
    return this.deps.readPool.read((em) => em.find(CampaignPersonEntity, { campaignId, status: "open", nextAt: { $lte: now } }, { orderBy: { nextAt: "asc", id: "asc" }, limit }));
  }

  /** When the next one is due (`null`: nobody is open), and whether anybody is being called. */
  async ahead(campaignId: string): Promise<{ readonly nextAt: number | null; readonly calling: boolean }> {
    return this.deps.readPool.read(async (em) => {
      const [next] = await em.find(CampaignPersonEntity, { campaignId, status: "open" }, { fields: ["nextAt"], orderBy: { nextAt: "asc", id: "asc" }, limit: 1 });
      const [calling] = await em.find(CampaignPersonEntity, { campaignId, status: "calling" }, { fields: ["id"], limit: 1 });
      return { nextAt: next?.nextAt ?? null, calling: calling !== undefined };
    });
  }

  /** Whether somebody is still to be called, or is being called, as it stands in this unit of work. */
  async anybodyLeft(uow: Uow, campaignId: string): Promise<boolean> {
    return (await uow.em.find(CampaignPersonEntity, { campaignId, status: { $in: ["open", "calling"] } }, { fields: ["id"], limit: 1 })).length > 0;
  }

  /** Counted by the database, whatever the length of the list. */
  async outlook(campaignId: string): Promise<OpenPeople> {
    const [row] = await this.deps.readPool.read((em) =>
      em.execute<{ people: number | string; attempts: number | string | null; listed: number | string | null; elsewhere: number | string | null }[]>(
        `select count(*) as people, sum(p.attempts - p.abandoned) as attempts,
          sum(case when exists (select 1 from ${DO_NOT_CALL} d where d.number = p.number) then 1 else 0 end) as listed,
          sum(case when exists (select 1 from ${PERSON} o join ${CAMPAIGN} c on c.id = o.campaign_id where o.number = p.number and o.campaign_id <> p.campaign_id and o.status <> 'closed' and c.status = 'running') then 1 else 0 end) as elsewhere
        from ${PERSON} p where p.campaign_id = ? and p.status = 'open'`,
        [campaignId],
      ),
    );
    return { people: Number(row?.people ?? 0), attempts: Number(row?.attempts ?? 0), doNotCall: Number(row?.listed ?? 0), elsewhere: Number(row?.elsewhere ?? 0) };
  }
}

/** A copy that is kept beyond its unit of work. */
function plainCampaign(row: CampaignRow): CampaignRow {
  const { id, name, kind, status, queue, settings, createdBy, createdAt, startedAt, endedAt, version } = row;
  return { id, name, kind, status, queue, settings, createdBy, createdAt, startedAt, endedAt, version } as CampaignRow;
}

function pageOf<T>(rows: readonly T[], limit: number, cursor: (last: T) => { at: number; id: string }): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? encodeCursor(cursor(last)) : null };
}
