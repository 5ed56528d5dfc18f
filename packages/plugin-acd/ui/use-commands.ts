import { useCallback, useEffect, useRef, useState } from "react";
import { announce, api, type ApiError } from "@hotlinejs/plugin-console/sdk";
import type { AgentCall } from "../src/contract.js";
import { callNews, deskStore, putCall } from "./desk-store.js";
import { giveScreen } from "./screen-store.js";
import type { Texts } from "./texts.js";

/** Without an event for so long, a command counts as not confirmed. */
const PATIENCE_MS = 3000;

/** With these the caller leaves this agent: what was typed for them goes first, so that it is there with the voice. */
const GIVING: ReadonlySet<string> = new Set(["transfer", "to-queue", "complete"]);

export interface Commands {
  /** The command on its way, with its word. */
  readonly pending: { readonly name: string; readonly word: string } | undefined;
  /** Why the last one did not come about. */
  readonly problem: string | undefined;
  run(name: string, word: string, body?: object): Promise<boolean>;
  dismiss(): void;
}

/** Commands to the agent's call. What they change is shown when the server says so. */
export function useCommands(agent: string, text: Texts): Commands {
  const [pending, setPending] = useState<Commands["pending"]>();
  const [problem, setProblem] = useState<string>();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  const run = useCallback(
    async (name: string, word: string, body: object = {}) => {
      setPending({ name, word });
      setProblem(undefined);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setProblem(text.unconfirmed), name === "dial" ? 25_000 : PATIENCE_MS);
      try {
        const current = deskStore.get().call;
        if (GIVING.has(name) && current !== null) await giveScreen(agent, current.interactionId);
        const asked = callNews();
        const { call } = await api.post<{ call: AgentCall | null }>(`/api/agents/${agent}/call/${name}`, body);
        putCall(call, asked);
        setProblem(undefined);
        return true;
      } catch (error) {
        const words = `${text.failed(word)}${reason(name, error as ApiError, text)}`;
        setProblem(words);
        announce(words, "assertive");
        return false;
      } finally {
        clearTimeout(timer.current);
        setPending(undefined);
      }
    },
    [agent, text],
  );
  return { pending, problem, run, dismiss: () => setProblem(undefined) };
}

function reason(command: string, { code }: ApiError, text: Texts): string {
  switch (code) {
    case "HTL_ACD_TARGET_UNKNOWN":
    case "HTL_ACD_TARGET_SELF":
      return text.targetUnknown;
    case "HTL_CORE_OUTBOUND_REFUSED":
    case "HTL_CORE_NO_ADAPTER":
      return text.refused;
    case "HTL_ACD_NO_CALL":
    case "HTL_ACD_CALL_STATE":
    case "HTL_CORE_CALL_ENDED":
      return text.stateChanged;
    case "HTL_ACD_CONFERENCE_FULL":
      return text.members.full;
    case "HTL_ACD_UNKNOWN_MEMBER":
      return text.members.gone;
    case "HTL_ACD_UNKNOWN_QUEUE":
    case "HTL_ACD_UNKNOWN_FLOW":
      return text.targetGone;
    case "HTL_ACD_NOTHING_TO_PICK_UP":
      return text.nothingToPickUp;
    case "HTL_ACD_PICKUP_NOT_ALLOWED":
      return text.notColleagues;
    case "HTL_ACD_UNKNOWN_ANNOUNCEMENT":
      return text.announcementGone;
    case "HTL_ACD_AGENT_UNREACHABLE":
      return text.agentUnreachable;
    case "HTL_ACD_AGENT_BUSY":
      return command === "transfer" || command === "consult" ? text.colleagueBusy : text.agentBusy;
    case "NETWORK":
      return text.network;
    default:
      return `${text.other}（${code}）`;
  }
}
