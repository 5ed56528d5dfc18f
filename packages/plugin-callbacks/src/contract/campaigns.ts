import { token } from "@hotlinejs/core";
import type { Page, PromptRef } from "@hotlinejs/core";
import type { AttemptResult } from "./callbacks.js";

/**
 * What happens on a call of a campaign.
 * - `agent`: an agent of the queue is rung first and reads the script, then the person is dialled: whoever answers never waits.
 * - `announcement`: the prompt is played; key 1 plays it again, 0 leads to the queue (an agent), 9 is «never call me again».
 * - `flow`: the person goes through a flow of plugin-ivr (a poll with its questions, for example).
 */
export type CampaignKind = "agent" | "announcement" | "flow";

/**
 * ```
 * draft --start--> running <--pause / resume--> paused
 *   |                 | \--nobody is open or being called--> done
 *   \--cancel--> cancelled <--cancel--/ (from running and paused)
 * ```
 * `paused`: nobody new is dialled from that instant on; phones that ring go on ringing (they are told), talks go on. Who is `uncertain` may
 * still be closed by hand once it is done or cancelled.
 */
export type CampaignStatus = "draft" | "running" | "paused" | "done" | "cancelled";

/** `uncertain`: the process died after the dial; never dialled again by itself. `skipped`: taken out by hand, or the campaign was cancelled. */
export type PersonStatus = "open" | "calling" | "uncertain" | "closed";

/**
 * How a person was done with. `completed`: talked with an agent, heard the announcement to its end, or went through the flow; `incomplete`: answered
 * and hung up before that; `abandoned`: answered, and no agent was there, as often as people are called again for that; `refused-by-person`: pressed 9
 * or told the agent so, and is on the do-not-call list now.
 */
export type PersonResult = "completed" | "incomplete" | "abandoned" | "refused-by-person" | "no-answer" | "busy" | "declined" | "unreachable" | "refused" | "failed" | "do-not-call" | "skipped";

/** How an attempt ended. `abandoned`: the person answered, and no agent of ours was there to talk with them; only in campaigns of the kind `agent`. */
export type CampaignAttemptResult = AttemptResult | "abandoned";

/** When somebody who was not reached is called again. */
export interface CampaignRetry {
  /** Attempts in all, 1 to 20. Default 3. */
  readonly maxAttempts: number;
  /** Waits after the first, second ... attempt, minutes; the last holds for all that follow. Default `[30, 120]`. */
  readonly waitMinutes: readonly number[];
  /** Never twice within the same opening of the calendar (morning, afternoon): the next attempt is in another one. Default true. */
  readonly otherSlot: boolean;
}

export interface CampaignSettings {
  readonly name: string;
  readonly kind: CampaignKind;
  /** Whose agents call (`agent`), or where key 0 leads; `null`: nobody (not with `agent`). */
  readonly queue: string | null;
  /** Shown to agents while they talk. */
  readonly script: string | null;
  /** What is played (`announcement`). */
  readonly prompt: PromptRef | null;
  /** Id of the flow (`flow`). */
  readonly flow: string | null;
  /** Number shown to the people; `null`: the plugin's `callerId`. */
  readonly callerId: string | null;
  /** Calendar in whose hours people are called. */
  readonly calendar: string;
  /** Nobody is called before / after, epoch ms; `null`: open. Who is open when `until` has passed is closed with how the last attempt ended, or `skipped`. */
  readonly from: number | null;
  readonly until: number | null;
  readonly retry: CampaignRetry;
  /** Calls at once, 1 to 1,000. Default 10. */
  readonly atOnce: number;
}

export interface CampaignCounts {
  readonly people: number;
  readonly open: number;
  readonly calling: number;
  readonly uncertain: number;
  readonly closed: number;
  readonly attempts: number;
  /** Of the attempts: abandoned by us. Who is called again for it is among the open ones. */
  readonly abandoned: number;
  /** Closed, by result. */
  readonly results: Readonly<Partial<Record<PersonResult, number>>>;
}

export interface Campaign extends CampaignSettings {
  readonly id: string;
  readonly status: CampaignStatus;
  readonly counts: CampaignCounts;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Changes with each change; sent back with it. */
  readonly version: number;
}

export interface CampaignPerson {
  readonly id: string;
  readonly campaignId: string;
  /** As it is dialled. */
  readonly number: string;
  readonly name: string | null;
  /** Values for the script and the prompt. */
  readonly values: Readonly<Record<string, string>>;
  readonly status: PersonStatus;
  readonly result: PersonResult | null;
  readonly attempts: number;
  /** Of the attempts: answered, and no agent was there. They do not count for `maxAttempts`; called again twice for that. */
  readonly abandoned: number;
  readonly lastAttemptAt: number | null;
  /** Not before, epoch ms. */
  readonly nextAt: number;
  readonly interactionId: string | null;
  readonly note: string | null;
  readonly closedAt: number | null;
}

export interface CampaignAttempt {
  readonly id: string;
  readonly personId: string;
  readonly interactionId: string;
  /** `null`: no agent (announcement, flow). */
  readonly agent: string | null;
  readonly startedAt: number;
  readonly dialledAt: number | null;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  /** `null` while it goes on. */
  readonly result: CampaignAttemptResult | null;
}

export interface NewPerson {
  readonly number: string;
  readonly name?: string;
  readonly values?: Readonly<Record<string, string>>;
}

/** What became of a list that was handed in. Nothing of it is lost silently: every line is counted once. */
export interface PeopleAdded {
  readonly added: number;
  /** The number is in this campaign already, or stood twice in the list. */
  readonly duplicate: number;
  readonly doNotCall: number;
  /** No number that can be called, with the lines (from 1), at most 100 of them. */
  readonly invalid: number;
  readonly invalidLines: readonly number[];
}

/** What would happen, before it is started. */
export interface CampaignCheck {
  readonly people: number;
  /** On the do-not-call list since they were added: they are closed with `do-not-call`. */
  readonly doNotCall: number;
  /** In another campaign that runs, and not done with there. */
  readonly elsewhere: number;
  readonly numberShown: string | null;
  /** First instant at which somebody can be called; `null`: never within `from` to `until`. */
  readonly firstCallAt: number | null;
  /** Open seconds of the calendar from the first call on until `until`, or within the next 7 days. */
  readonly openSeconds: number;
  /** Calls if everybody has to be called `maxAttempts` times, and if everybody answers at once. */
  readonly attemptsAtMost: number;
  readonly attemptsAtLeast: number;
  /** Hours of ringing at most: `attemptsAtMost` times the time a phone rings, divided by `atOnce`. */
  readonly hoursAtMost: number;
  /** Agents of the queue that are signed in now; `null` where none is needed. */
  readonly agents: number | null;
  /** Why it cannot be started, as error codes; empty: it can. */
  readonly obstacles: readonly string[];
}

export interface DoNotCallEntry {
  readonly number: string;
  /** `person`: asked for it on the phone. */
  readonly source: "person" | "staff";
  readonly note: string | null;
  readonly createdBy: string;
  readonly createdAt: number;
}

/** Lists of people who are called, one after the other. Each change carries the `actor`, who stands in the audit. */
export interface Campaigns {
  list(filter?: { readonly status?: readonly CampaignStatus[]; readonly limit?: number; readonly cursor?: string }): Promise<Page<Campaign>>;
  get(id: string): Promise<Campaign | undefined>;
  /** A draft. `HTL_CALLBACKS_CAMPAIGN_INVALID`, `_CAMPAIGN_INCOMPLETE`, `_UNKNOWN_QUEUE`, `_UNKNOWN_CALENDAR`, `_UNKNOWN_FLOW`, `_UNKNOWN_PROMPT`, `_BAD_PROMPT_TEXT`. */
  create(settings: Partial<CampaignSettings> & Pick<CampaignSettings, "name" | "kind">, actor: string): Promise<Campaign>;
  /** While it is a draft or paused (`HTL_CALLBACKS_CAMPAIGN_RUNNING`, `_CAMPAIGN_OVER`); the kind only in a draft. `HTL_CALLBACKS_CONFLICT` when `version` is not the present one; else as `create`. */
  change(id: string, patch: Partial<CampaignSettings>, options: { readonly version: number; readonly actor: string }): Promise<Campaign>;
  /** At most 10,000 at a time (`HTL_CALLBACKS_TOO_MANY_PEOPLE`), also while it runs. Handed in again it adds the rest. */
  add(id: string, people: readonly NewPerson[], actor: string): Promise<PeopleAdded>;
  people(id: string, filter?: { readonly status?: readonly PersonStatus[]; readonly result?: PersonResult; readonly limit?: number; readonly cursor?: string }): Promise<Page<CampaignPerson>>;
  attempts(id: string, personId: string): Promise<readonly CampaignAttempt[]>;
  /**
   * Takes a person out (`skipped`), or tells how an `uncertain` one ended; `refused-by-person` puts the number on the do-not-call list.
   * `HTL_CALLBACKS_PERSON_NOT_FOUND`; `_PERSON_CALLING` while the phone rings, `_PERSON_CLOSED`.
   */
  closePerson(id: string, personId: string, options: { readonly result: PersonResult; readonly note?: string; readonly actor: string }): Promise<CampaignPerson>;
  /** The person has said not to be called again: their number is on the do-not-call list from then on, also while they talk. A talk that goes on counts as `refused-by-person`. */
  refuse(id: string, personId: string, actor: string): Promise<DoNotCallEntry>;
  check(id: string): Promise<CampaignCheck>;
  /** From `draft`, or `paused`. `HTL_CALLBACKS_CAMPAIGN_EMPTY`, `_CAMPAIGN_OVER` and what `check` names. */
  start(id: string, actor: string): Promise<Campaign>;
  /** Resolves when nobody new is dialled; `ringing` and `talking` are calls still under way. */
  pause(id: string, actor: string): Promise<{ readonly campaign: Campaign; readonly ringing: number; readonly talking: number }>;
  /** Open people are `skipped` (those of a long list in the background); calls under way end by themselves. */
  cancel(id: string, actor: string): Promise<Campaign>;
  doNotCall(filter?: { readonly number?: string; readonly limit?: number; readonly cursor?: string }): Promise<Page<DoNotCallEntry>>;
  /** Nobody calls the number any more: neither a campaign nor the plan of callbacks. What the citizen asks for (a wish) still may be done. */
  addDoNotCall(number: string, options: { readonly source?: "person" | "staff"; readonly note?: string; readonly actor: string }): Promise<DoNotCallEntry>;
  removeDoNotCall(number: string, actor: string): Promise<void>;
}

export const CAMPAIGNS = token<Campaigns>("callbacks.campaigns");

declare module "@hotlinejs/core" {
  interface EventMap {
    /** Durable. A campaign has been started, paused, cancelled, or is done. */
    "campaign.changed": { /** Id of the campaign. */ campaignId: string; /** `running`, `paused`, `done` or `cancelled`. */ status: string; at: number };
    /** Durable. A person of a campaign is done with. */
    "campaign.person-closed": { /** Id of the campaign. */ campaignId: string; /** Id of the person in it. */ personId: string; /** `completed`, `incomplete`, `no-answer` ... */ result: string; interactionId: string | null; at: number };
    /** Durable. An attempt to reach a person is over. */
    "campaign.attempted": { /** Id of the campaign. */ campaignId: string; /** Id of the person in it. */ personId: string; /** Id of the attempt. */ attemptId: string; interactionId: string; /** As of `callback.attempted`, or `abandoned`. */ result: string; at: number };
  }
}
