import { useState } from "react";
import { App } from "antd";
import { announce, api, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { Campaign } from "../../src/contract.js";
import { codeOf, pathOf } from "./campaign-api.js";
import { texts } from "./texts.js";
import { problemWords } from "./words.js";

/** Calls that went on when a campaign was paused. */
export interface StillGoing {
  readonly ringing: number;
  readonly talking: number;
}

export interface Commands {
  /** A command is on its way. */
  readonly busy: boolean;
  pause(): Promise<StillGoing | undefined>;
  start(): Promise<boolean>;
  cancel(): Promise<boolean>;
}

/** Commands of one campaign; what came of them is said, what went wrong too. `changed` follows each. `pauseShown`: the page itself shows what a pause told. */
export function useCommands(id: string, changed: () => void, { pauseShown = false } = {}): Commands {
  const text = useTexts(texts);
  const { message } = App.useApp();
  const [busy, setBusy] = useState(false);
  const give = async <T>(command: string, said: (answer: T) => string): Promise<T | undefined> => {
    setBusy(true);
    try {
      const answer = await api.post<T>(`${pathOf(id)}/${command}`);
      const words = said(answer);
      if (command !== "pause" || !pauseShown) void message.success(words);
      announce(words);
      return answer;
    } catch (error) {
      void message.warning(problemWords(text, codeOf(error)));
      return undefined;
    } finally {
      setBusy(false);
      changed();
    }
  };
  return {
    busy,
    pause: () => give<StillGoing & { readonly campaign: Campaign }>("pause", ({ ringing, talking }) => text.paused(ringing, talking)),
    start: async () => (await give<Campaign>("start", ({ startedAt }) => (startedAt === null ? text.resumed : text.started))) !== undefined,
    cancel: async () => (await give<Campaign>("cancel", () => text.cancelled)) !== undefined,
  };
}
