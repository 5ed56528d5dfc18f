import { api, startOfDay, titleIn, useLanguage, useLoad, type Loaded } from "@hotlinejs/plugin-console/sdk";
import type { AuditWords } from "@hotlinejs/core";
import type { AuditView } from "../src/services/audit-reads.js";

export interface AuditRow extends AuditView {
  readonly actorName: string | null;
}

export interface AuditPageOfRows {
  readonly items: readonly AuditRow[];
  readonly next: string | null;
}

export interface SealCheck {
  readonly ok: boolean;
  readonly rows: number;
  readonly brokenAt: number | null;
  readonly broken: AuditRow | null;
  readonly unsealed: number;
  readonly checkedAt: number;
}

export interface Vocabulary extends Required<AuditWords> {
  readonly actors: readonly { readonly id: string; readonly name: string }[];
}

/** What the address says, as it is written there. */
export interface AuditFilter {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly subjectType?: string | undefined;
  readonly subjectId?: string | undefined;
  readonly outcome?: string | undefined;
  /** Days of the hotline, both included. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export const FILTERS = ["actor", "action", "subjectType", "subjectId", "outcome", "from", "to"] as const;

export function filterOf(query: URLSearchParams): AuditFilter {
  return Object.fromEntries(FILTERS.flatMap((name) => (query.get(name) === null ? [] : [[name, query.get(name) ?? ""]])));
}

const moment = (date: string | undefined, days: number): number | undefined => {
  const at = date === undefined ? Number.NaN : startOfDay(date, days);
  return Number.isNaN(at) ? undefined : at;
};

export function loadRows({ from, to, ...filter }: AuditFilter, limit: number, cursor: string | undefined, signal: AbortSignal): Promise<AuditPageOfRows> {
  return api.get("/api/audit", { ...filter, from: moment(from, 0), to: moment(to, 1), limit, cursor }, { signal });
}

export function useVocabulary(): Loaded<Vocabulary> {
  return useLoad("audit words", (signal) => api.get<Vocabulary>("/api/audit/words", {}, { signal }));
}

/** A code in the language chosen; `undefined` where nobody gave it words. */
export function useWord(): (terms: Vocabulary["actions"] | undefined, name: string) => string | undefined {
  const language = useLanguage();
  return (terms, name) => {
    const term = terms?.find((each) => each.name === name);
    return term === undefined ? undefined : titleIn(language, term);
  };
}
