import { announce, api } from "@hotlinejs/plugin-console/sdk";
import type { AgentSnapshot } from "../src/contract.js";
import { agentNews, putAgent } from "./desk-store.js";
import type { Texts } from "./texts.js";

/** One more of these each time. */
const EXTEND_SECONDS = 60;

/** The wrap-up is done. Never rejects: what went wrong is said. */
export function finishWrapUp(agent: string, text: Texts): Promise<void> {
  return send(agent, "done", {}, text);
}

/** A minute more. Never rejects: what went wrong is said. */
export function extendWrapUp(agent: string, text: Texts): Promise<void> {
  return send(agent, "extend", { seconds: EXTEND_SECONDS }, text);
}

async function send(agent: string, path: string, body: object, text: Texts): Promise<void> {
  try {
    const asked = agentNews(agent);
    putAgent(await api.post<AgentSnapshot>(`/api/agents/${agent}/wrap-up/${path}`, body), asked);
  } catch (error) {
    console.warn("the wrap-up could not be changed", error);
    announce(text.network, "assertive");
  }
}
