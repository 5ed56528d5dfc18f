import { useEffect, useRef } from "react";
import { api, ApiError, linkStore, useLoad, useStore, useTopic, withQuery, type Loaded } from "@hotlinejs/plugin-console/sdk";
import type { Page } from "@hotlinejs/core";
import type { Campaign, CampaignPerson, DoNotCallEntry } from "../../src/contract.js";
import type { CampaignChoices } from "../../src/http/campaign-choices.js";

/** Told while campaigns run, about twice a second, and whenever one changes. */
export const TOPIC = "campaigns.changed";

/** Who may change campaigns and the list of those who are not called. */
export const MANAGE = "callbacks.campaigns";

/** Who can be called within so long can be called now. */
export const SOON_MS = 60_000;

export const pathOf = (id: string): string => `/api/campaigns/${encodeURIComponent(id)}`;

/**
 * Follows the topic without starving: what is told while an answer is on its way is asked for after it, not instead of it.
 * `active` false: not now.
 */
export function useFollow({ loading, reload }: Pick<Loaded<unknown>, "loading" | "reload">, active = true): void {
  const missed = useRef(false);
  useTopic(active ? TOPIC : [], () => {
    if (loading) missed.current = true;
    else reload();
  });
  useEffect(() => {
    if (loading || !missed.current) return;
    missed.current = false;
    reload();
  }, [loading, reload]);
}

export function useCampaign(id: string): Loaded<Campaign> {
  const loaded = useLoad(`campaign ${id}`, (signal) => api.get<Campaign>(pathOf(id), {}, { signal }));
  useFollow(loaded);
  return loaded;
}

export function useChoices(): Loaded<CampaignChoices> {
  return useLoad("campaign choices", (signal) => api.get<CampaignChoices>("/api/campaigns/choices", {}, { signal }));
}

/** Several pages of a list as one, from its beginning: what was shown stays in order, what is new is there. `next`: whether there are more. */
export async function firstPages<T extends Campaign | CampaignPerson | DoNotCallEntry>(path: string, query: Readonly<Record<string, string | undefined>>, pages: number, limit: number, signal: AbortSignal): Promise<Page<T>> {
  const items: T[] = [];
  let cursor: string | null = null;
  for (let left = pages; left > 0; left--) {
    const page: Page<T> = await api.get<Page<T>>(withQuery(path, { ...query, limit, cursor }), {}, { signal });
    items.push(...page.items);
    cursor = page.next;
    if (cursor === null) break;
  }
  return { items, next: cursor };
}

/** Commands cannot be given while the server is not heard. */
export function useOffline(): boolean {
  return useStore(linkStore).state === "offline";
}

export const codeOf = (error: unknown): string => (error instanceof ApiError ? error.code : "ERROR");
