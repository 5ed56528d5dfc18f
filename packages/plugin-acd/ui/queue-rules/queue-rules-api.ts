import { useMemo } from "react";
import { api, formatDateTime, serverNow, useLoad, type Loaded } from "@hotlinejs/plugin-console/sdk";
import type { ChangedRule, QueueRules } from "../../src/contract.js";
import type { Texts } from "./texts.js";

/** Told whenever somebody has changed the rules of a queue. */
const TOPIC = "acd.queue-rules";

/** As the route gives it: with the name of who it was, where the directory has one. */
interface Named {
  readonly byName: string | null;
}

export type MadeRule = ChangedRule & Named;

export type RulesOfQueue = Omit<QueueRules, "changed" | "leftOut"> & { readonly changed: readonly MadeRule[]; readonly leftOut: readonly (QueueRules["leftOut"][number] & Named)[] };

export const pathOf = (queue: string): string => `/api/queues/${encodeURIComponent(queue)}/rules`;

/** The rules of all queues, by key: few, and the list tells which differ from the configuration. */
export function useRules(queues: readonly string[] | undefined): Loaded<ReadonlyMap<string, RulesOfQueue>> {
  const key = useMemo(() => queues?.join(" "), [queues]);
  return useLoad(key === undefined ? undefined : `queue-rules ${key}`, async (signal) => new Map((await Promise.all((queues ?? []).map((queue) => api.get<RulesOfQueue>(pathOf(queue), {}, { signal })))).map((rules) => [rules.queue, rules])), { topics: [TOPIC] });
}

export function whoOf({ byName }: Named, text: Texts): string {
  return byName ?? text.someone;
}

export const whenOf = (at: number): string => formatDateTime(at, serverNow());
