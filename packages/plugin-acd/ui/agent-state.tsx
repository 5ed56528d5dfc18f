import type { ReactElement } from "react";
import { Button } from "antd";
import { ClockCircleOutlined, DownOutlined } from "@ant-design/icons";
import { agentStatus, announce, api, DropMenu, formatDuration, StatusTag, useLanguage, useServerSeconds, useTexts, type Language, type Status } from "@hotlinejs/plugin-console/sdk";
import type { AgentChoice, AgentSnapshot, AgentState } from "../src/contract.js";
import { useReasons } from "./agent-reasons.js";
import { breakAfter, isAtWork, isBreakAhead, noBreakAfter } from "./break-after.js";
import { agentNews, putAgent } from "./desk-store.js";
import { takeBrowser } from "./phone/phone-control.js";
import { settingsStore } from "./phone/phone-state.js";
import { limitOf } from "./reason-limit.js";
import { texts } from "./texts.js";

/** What an agent is at, for others to see. */
export function statusOf(agent: Pick<AgentSnapshot, "state" | "work" | "reasonName" | "reasonNameEn">, language: Language): readonly [Status, string] {
  return agentStatus({ ...agent, channels: agent.work.map(({ channel }) => channel) }, language);
}

/** My state with its time, by the server's clock, and the choice of another. */
export function AgentStateMenu({ agent }: { readonly agent: AgentSnapshot }): ReactElement {
  const text = useTexts(texts);
  const language = useLanguage();
  const now = useServerSeconds();
  const reasons = useReasons();
  const choose = async (state: AgentChoice, reason?: string, label?: string): Promise<void> => {
    // The click that signs in is the one that may unlock sound and ask for the microphone.
    if (agent.choice === "offline" && settingsStore.get().mode === "browser") void takeBrowser();
    const asked = agentNews(agent.number);
    const after = await api.post<AgentSnapshot>(`/api/agents/${agent.number}/state`, { state, ...(reason === undefined ? {} : { reason }) });
    putAgent(after, asked);
    announce(state === "available" ? text.said.ready : state === "on-demand" ? text.said.onDemand : state === "offline" ? text.said.signedOut : text.said.notReady(label ?? text.notReady));
  };
  if (agent.choice === "offline") {
    return (
      <div className="acd-state">
        <StatusTag status="after">{text.offline}</StatusTag>
        <Button type="primary" size="small" onClick={() => void choose("available")}>
          {text.signIn}
        </Button>
      </div>
    );
  }
  const ahead = isBreakAhead(agent);
  const items = [
    ...(ahead ? [{ key: "no-break", label: text.revokeBreak, onClick: () => void noBreakAfter(agent, text) }, { type: "divider" as const }] : []),
    { key: "available", label: text.ready, disabled: agent.choice === "available", onClick: () => void choose("available") },
    { key: "on-demand", label: text.onDemand, title: text.onDemandMeans, disabled: agent.choice === "on-demand", onClick: () => void choose("on-demand") },
    { type: "divider" as const },
    ...reasons.map(({ code, label }) => (isAtWork(agent) ? { key: code, label: text.breakAhead(label), title: text.breakAfterMeans, disabled: ahead && agent.reason === code, onClick: () => void breakAfter(agent, code, label, text) } : { key: code, label, onClick: () => void choose("not-ready", code, label) })),
    { type: "divider" as const },
    { key: "offline", label: text.signOut, onClick: () => void choose("offline") },
  ];
  // The call's own state stands beside it: here is what the agent has chosen, and will be in again afterwards.
  const state: AgentState = agent.choice === "not-ready" ? "not-ready" : agent.state === "unreachable" ? "unreachable" : agent.choice === "on-demand" ? "on-demand" : "available";
  const [status, chosen] = agentStatus({ ...agent, state, channels: [] }, language);
  const word = ahead ? text.breakAhead(chosen) : chosen;
  const limit = limitOf(agent, reasons);
  const over = limit !== null && now - agent.since > limit;
  return (
    <DropMenu items={items}>
      <button type="button" className="acd-state acd-state-button" title={state === "unreachable" ? text.noPhone : limit === null ? word : over ? text.overLimit(word, formatDuration(limit)) : text.limit(word, formatDuration(limit))}>
        <StatusTag status={status}>{word}</StatusTag>
        <span hidden={ahead} className={`acd-state-time${over ? " acd-state-over" : ""}`}>
          {over ? <ClockCircleOutlined aria-hidden /> : null} {formatDuration(now - agent.since)}
        </span>
        <DownOutlined aria-hidden />
      </button>
    </DropMenu>
  );
}
