import { useMemo } from "react";
import { api, useLanguage, useLoad } from "@hotlinejs/plugin-console/sdk";
import type { AgentReason, WrapUpCode } from "../src/contract.js";
import type { Reason } from "./reason-limit.js";

const MINUTE_MS = 60_000;

interface AgentStates {
  readonly reasons: readonly AgentReason[];
  readonly wrapUpCodes: readonly WrapUpCode[];
}

const load = (signal: AbortSignal): Promise<AgentStates> => api.get<AgentStates>("/api/agent-states", {}, { signal });

/** Reasons for not being ready as configured, in the language of the page; those only the hotline gives are left out. */
export function useReasons(): readonly Reason[] {
  const language = useLanguage();
  const { data } = useLoad("agent-states", load);
  return (data?.reasons ?? []).filter(({ own, choice }) => !own && choice === "not-ready").map(({ code, name, nameEn, maxMinutes }) => ({ code, label: language === "en" ? nameEn : name, limitMs: maxMinutes === null ? null : maxMinutes * MINUTE_MS }));
}

/** Code -> name, in the language of the page, of what can be said of a conversation. */
export function useWrapUpCodes(): ReadonlyMap<string, string> {
  const language = useLanguage();
  const { data } = useLoad("agent-states", load);
  return useMemo(() => new Map((data?.wrapUpCodes ?? []).map(({ code, name, nameEn }) => [code, language === "en" ? nameEn : name])), [data, language]);
}
