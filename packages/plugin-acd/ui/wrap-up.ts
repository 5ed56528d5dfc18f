import { announce, api, type ApiError } from "@hotlinejs/plugin-console/sdk";
import type { AgentSnapshot } from "../src/contract.js";
import { focusWrapUpCode } from "./wrap-up-focus.js";
import { agentNews, putAgent } from "./desk-store.js";
import type { Texts } from "./texts.js";

/** One more of these each time. */
const EXTEND_SECONDS = 60;

/** The wrap-up is done. Never rejects: what went wrong is said. */
export function finishWrapUp(agent: string, text: Texts): Promise<void> {
  return send(agent, "done", {}, text);
}

/** What the conversation was about. Never rejects: what went wrong is said. */
export function setWrapUpCode(agent: string, code: string, text: Texts): Promise<void> {
  return send(agent, "code", { code }, text);
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
    // One code is to be chosen first: there it is.
    if ((error as ApiError).code === "HTL_ACD_WRAP_UP_CODE_NEEDED") {
      announce(text.wrapUpMissing, "assertive");
      return focusWrapUpCode();
    }
    console.warn("the wrap-up could not be changed", error);
    announce(text.network, "assertive");
  }
}
