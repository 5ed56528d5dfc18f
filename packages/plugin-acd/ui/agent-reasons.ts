import { api, useLanguage, useLoad } from "@hotlinejs/plugin-console/sdk";
import type { AgentReason } from "../src/contract.js";
import type { Reason } from "./reason-limit.js";

const MINUTE_MS = 60_000;

/** Reasons for not being ready as configured, in the language of the page; those only the hotline gives are left out. */
export function useReasons(): readonly Reason[] {
  const language = useLanguage();
  const { data } = useLoad("agent-states", (signal) => api.get<{ reasons: AgentReason[] }>("/api/agent-states", {}, { signal }));
  return (data?.reasons ?? []).filter(({ own, choice }) => !own && choice === "not-ready").map(({ code, name, nameEn, maxMinutes }) => ({ code, label: language === "en" ? nameEn : name, limitMs: maxMinutes === null ? null : maxMinutes * MINUTE_MS }));
}
