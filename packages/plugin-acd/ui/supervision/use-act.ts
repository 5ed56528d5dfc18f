import { useCallback, useState } from "react";
import { App } from "antd";
import { announce, ApiError, useTexts } from "@hotlinejs/plugin-console/sdk";
import { texts, type SupervisionTexts } from "./texts.js";

export type Act = (what: string, key: string, work: () => Promise<unknown>) => Promise<boolean>;

/** Carries out commands of the page and says, in words, why one did not come about. */
export function useAct(): { readonly act: Act; /** The commands on their way. */ readonly pending: ReadonlySet<string> } {
  const text = useTexts(texts);
  const { message } = App.useApp();
  const [pending, setPending] = useState<ReadonlySet<string>>(new Set());
  const act = useCallback<Act>(
    async (what, key, work) => {
      setPending((before) => new Set(before).add(key));
      try {
        await work();
        return true;
      } catch (error) {
        const words = `${text.failed(what)}${problemWords(error, text)}`;
        void message.warning(words);
        announce(words, "assertive");
        return false;
      } finally {
        setPending((before) => new Set([...before].filter((each) => each !== key)));
      }
    },
    [message, text],
  );
  return { act, pending };
}

/** Why, as the supervisor would say it. */
export function problemWords(error: unknown, text: SupervisionTexts): string {
  if (!(error instanceof ApiError)) throw error;
  const { code, status } = error;
  if (code === "NETWORK") return text.network;
  return text.problems[code.replace(/^HTL_ACD_/, "")] ?? (status === 403 ? text.forbidden : text.other(code));
}
