import type { Campaign, CampaignAttempt, CampaignCounts, CampaignPerson, CampaignSettings, PersonResult, PersonStatus } from "../contract.js";
import type { CampaignAttemptRow } from "../entities/campaign-attempt.entity.js";
import type { CampaignPersonRow } from "../entities/campaign-person.entity.js";
import type { CampaignRow } from "../entities/campaign.entity.js";

/** People of one campaign, status and result. Databases give large counts as text. */
export interface CountRow {
  readonly status: PersonStatus;
  readonly result: PersonResult | null;
  readonly people: number | string;
  readonly attempts: number | string;
  readonly abandoned: number | string;
}

export function countsOf(rows: readonly CountRow[]): CampaignCounts {
  const by: Record<PersonStatus, number> = { open: 0, calling: 0, uncertain: 0, closed: 0 };
  const results: Partial<Record<PersonResult, number>> = {};
  let people = 0;
  let attempts = 0;
  let abandoned = 0;
  for (const row of rows) {
    const count = Number(row.people);
    people += count;
    attempts += Number(row.attempts);
    abandoned += Number(row.abandoned);
    by[row.status] += count;
    if (row.status === "closed" && row.result !== null) results[row.result] = (results[row.result] ?? 0) + count;
  }
  return { people, ...by, attempts, abandoned, results };
}

export function settingsOf({ name, kind, queue, settings }: CampaignRow): CampaignSettings {
  return { ...settings, name, kind, queue: queue ?? null };
}

export function campaignView(row: CampaignRow, counts: CampaignCounts): Campaign {
  const { id, status, createdBy, createdAt, version } = row;
  return { ...settingsOf(row), id, status, counts, createdBy, createdAt, startedAt: row.startedAt ?? null, endedAt: row.endedAt ?? null, version };
}

export function personView(row: CampaignPersonRow): CampaignPerson {
  const { id, campaignId, number, given, status, attempts, abandoned, nextAt } = row;
  return {
    id, campaignId, number, status, attempts, abandoned, nextAt,
    name: row.name ?? null,
    values: given,
    result: row.result ?? null,
    lastAttemptAt: row.lastAttemptAt ?? null,
    interactionId: row.interactionId ?? null,
    note: row.note ?? null,
    closedAt: row.closedAt ?? null,
  };
}

export function campaignAttemptView(row: CampaignAttemptRow): CampaignAttempt {
  const { id, personId, interactionId, startedAt } = row;
  return { id, personId, interactionId, startedAt, agent: row.agent ?? null, dialledAt: row.dialledAt ?? null, answeredAt: row.answeredAt ?? null, endedAt: row.endedAt ?? null, result: row.result ?? null };
}
