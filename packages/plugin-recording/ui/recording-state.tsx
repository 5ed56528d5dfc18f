import { useEffect, useRef, useState, type ReactElement } from "react";
import { announce, api, formatDuration, StatusTag, useLoad, useMay, useServerSeconds, useTexts, useTopic, useUser, type ApiError, type InteractionContext } from "@hotlinejs/plugin-console/sdk";
import type { RecordingPause } from "../src/contract.js";
import type { PauseNews } from "./pauses-store.js";
import { texts, type Texts } from "./texts.js";

interface CallRecording {
  readonly interactionId: string | null;
  readonly recorded: boolean;
  readonly pause: RecordingPause | null;
  readonly longestMs: number;
}

/** Without an answer for so long, a command counts as not confirmed. */
const PATIENCE_MS = 3_000;
/** So near its end a pause is marked. */
const SOON_MS = 15_000;

/** Whether this call is being recorded, in words, and the way to leave out what nobody is to keep. */
export function RecordingState({ interactionId }: InteractionContext): ReactElement | null {
  const text = useTexts(texts);
  const may = useMay("recording.pause");
  const { agentNumber } = useUser();
  const path = `/api/agents/${agentNumber ?? ""}/call/recording`;
  const { data, put, reload } = useLoad(agentNumber === null ? undefined : `${path} ${interactionId}`, (signal) => api.get<CallRecording>(path, {}, { signal }), { topics: ["recording.changed", "recording.pause"] });
  const command = useCommand(interactionId, text, reload);
  usePauseSaid(interactionId, data?.longestMs, text);
  if (data === undefined || data.interactionId !== interactionId) return null;
  const { pause, recorded, longestMs } = data;
  const word = pause === null ? text.pause : text.resume;
  const toggle = (): Promise<void> => command.run(word, async () => {
    const now = await api.post<CallRecording>(path, { paused: pause === null });
    put(() => now);
  });
  return (
    <>
      <span className="rec-state">
        {pause !== null ? <Paused pause={pause} text={text} /> : <StatusTag status={recorded ? "recording" : "fault"}>{recorded ? text.recording : text.notRecorded}</StatusTag>}
        {may && (recorded || pause !== null) ? (
          // One button in one place: what it does is said by its word, what is so by the state above.
          <button type="button" className="rec-pause" data-paused={pause !== null || undefined} aria-disabled={command.pending !== undefined || undefined} title={pause === null ? text.pauseMeans(formatDuration(longestMs)) : text.resumeMeans} onClick={() => (command.pending === undefined ? void toggle() : undefined)}>
            {command.pending === undefined ? word : text.pending(command.pending)}
          </button>
        ) : null}
      </span>
      {command.problem === undefined ? null : (
        <button type="button" className="rec-problem" title={command.problem} onClick={command.dismiss}>
          {command.problem}
        </button>
      )}
    </>
  );
}

/** How long it still lasts: nobody forgets it, and it ends by itself. */
function Paused({ pause, text }: { readonly pause: RecordingPause; readonly text: Texts }): ReactElement {
  const left = Math.max(0, pause.until - useServerSeconds());
  return (
    <StatusTag status={left <= SOON_MS ? "due" : "held"} title={text.endsIn(formatDuration(left))}>
      {text.paused}
      <span className="rec-left">{formatDuration(left)}</span>
    </StatusTag>
  );
}

interface Command {
  /** The word of the one on its way. */
  readonly pending: string | undefined;
  /** Why the last one did not come about. */
  readonly problem: string | undefined;
  run(word: string, act: () => Promise<void>): Promise<void>;
  dismiss(): void;
}

/** What it changes is shown when the server says so. */
function useCommand(interactionId: string, text: Texts, onFailed: () => void): Command {
  const [pending, setPending] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => setProblem(undefined), [interactionId]);
  const run = async (word: string, act: () => Promise<void>): Promise<void> => {
    setPending(word);
    setProblem(undefined);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setProblem(text.unconfirmed), PATIENCE_MS);
    try {
      await act();
      setProblem(undefined);
    } catch (error) {
      const words = `${text.failedTo(word)}${reason(error as ApiError, text)}`;
      setProblem(words);
      announce(words, "assertive");
      onFailed();
    } finally {
      clearTimeout(timer.current);
      setPending(undefined);
    }
  };
  return { pending, problem, run, dismiss: () => setProblem(undefined) };
}

/** What has happened is told where eyes are not on the bar; what ended by itself at once. */
function usePauseSaid(interactionId: string, longestMs: number | undefined, text: Texts): void {
  useTopic<PauseNews>("recording.pause", (news) => {
    if (news.interactionId !== interactionId) return;
    if (news.ended === null) announce(text.said.paused(formatDuration(longestMs ?? 0)));
    else if (news.ended === "limit") announce(text.said.limit, "assertive");
    else if (news.ended === "resumed") announce(text.said.resumed);
  });
}

function reason({ code }: ApiError, text: Texts): string {
  switch (code) {
    case "HTL_RECORDING_NO_CALL":
      return text.why.noCall;
    case "HTL_RECORDING_NOT_RECORDED":
      return text.why.notRecorded;
    case "NETWORK":
      return text.why.network;
    default:
      return `${text.why.other}（${code}）`;
  }
}
