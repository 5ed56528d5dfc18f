import { api, useLanguage, useLoad } from "@hotlinejs/plugin-console/sdk";
import type { AgentReason } from "../src/contract.js";

/** Reasons for not being ready as configured, in the language of the page; those only the hotline gives are left out. */
export function useReasons(): readonly { readonly code: string; readonly label: string }[] {
  const language = useLanguage();
  const { data } = useLoad("agent-states", (signal) => api.get<{ reasons: AgentReason[] }>("/api/agent-states", {}, { signal }));
  return (data?.reasons ?? []).filter(({ own, choice }) => !own && choice === "not-ready").map(({ code, name, nameEn }) => ({ code, label: language === "en" ? nameEn : name }));
}
