import type { ReactElement } from "react";
import { Button } from "antd";
import { announce, api, DropMenu, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { AgentChoice, AgentSnapshot, AgentState } from "../src/contract.js";
import { useReasons } from "./agent-reasons.js";
import { agentNews, putAgent } from "./desk-store.js";
import { texts, type Texts } from "./texts.js";

const AT_WORK: ReadonlySet<AgentState> = new Set<AgentState>(["reserved", "busy", "wrap-up", "occupied"]);

/** The agent is at work: what is chosen now begins afterwards. */
export function isAtWork({ state }: Pick<AgentSnapshot, "state">): boolean {
  return AT_WORK.has(state);
}

/** A break follows the work at hand. */
export function isBreakAhead(agent: Pick<AgentSnapshot, "state" | "choice">): boolean {
  return agent.choice === "not-ready" && isAtWork(agent);
}

/** What the agent was before a break was chosen, to be that again when it is taken back. */
let before: AgentChoice = "available";

/** After this call, and its wrap-up, the agent is on a break. Never rejects: what went wrong is said. */
export async function breakAfter(agent: AgentSnapshot, reason: string, label: string, text: Texts): Promise<void> {
  if (agent.choice !== "not-ready") before = agent.choice;
  await choose(agent.number, { state: "not-ready", reason }, text.said.breakAfter(label), text);
}

/** The break that was to follow is taken back; a wrap-up goes on. Never rejects. */
export async function noBreakAfter(agent: AgentSnapshot, text: Texts): Promise<void> {
  await choose(agent.number, { state: before === "on-demand" ? before : "available", keepWrapUp: true }, text.said.noBreakAfter, text);
}

async function choose(agent: string, body: object, said: string, text: Texts): Promise<void> {
  try {
    const asked = agentNews(agent);
    putAgent(await api.post<AgentSnapshot>(`/api/agents/${agent}/state`, body), asked);
    announce(said);
  } catch (error) {
    console.warn("the state could not be changed", error);
    announce(text.network, "assertive");
  }
}

/** In the wrap-up: chooses a break that follows it, and takes it back; which one it is stands in the agent's own state. */
export function BreakAfter({ agent }: { readonly agent: AgentSnapshot }): ReactElement {
  const text = useTexts(texts);
  const reasons = useReasons();
  if (isBreakAhead(agent)) {
    return (
      <Button size="small" className="acd-break-ahead" aria-pressed title={text.revokeBreak} onClick={() => void noBreakAfter(agent, text)}>
        {text.breakAfter}
      </Button>
    );
  }
  return (
    <DropMenu items={reasons.map(({ code, label }) => ({ key: code, label, onClick: () => void breakAfter(agent, code, label, text) }))} placement="bottomRight">
      <Button size="small" type="text" title={text.breakAfterMeans}>
        {text.breakAfter}
      </Button>
    </DropMenu>
  );
}
