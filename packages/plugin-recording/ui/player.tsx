import { useRef, useState, type KeyboardEvent, type ReactElement } from "react";
import { Button } from "antd";
import { api, DropMenu, ErrorState, formatDateTime, formatDuration, LoadingState, useLoad, useMay, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { RecordingView } from "../src/contract.js";
import { leftOut } from "./left-out.js";
import { texts } from "./texts.js";

const SPEEDS = [0.75, 1, 1.25, 1.5, 2] as const;

type Shown = Omit<RecordingView, "interactionId" | "legId">;

/** One recording, played from the server by ranges. Keys while it has the focus: space, arrows 5 s, brackets speed. */
export function RecordingPlayer({ recordingId }: { readonly recordingId: string }): ReactElement {
  const text = useTexts(texts);
  const mayListen = useMay("recording.listen");
  const mayConfidential = useMay("recording.confidential");
  const [speed, setSpeed] = useState<number>(1);
  const audio = useRef<HTMLAudioElement>(null);
  const view = useLoad(`recording ${recordingId}`, (signal) => api.get<Shown>(`/api/recordings/${recordingId}`, {}, { signal }), { topics: ["recording.changed"] });
  if (view.error !== undefined) return <ErrorState error={view.error} what={text.what} onRetry={view.reload} />;
  if (view.data === undefined) return <LoadingState rows={1} />;
  const { state, durationMs, startedAt, truncated, partOf, confidential } = view.data;
  const why = state === "capturing" ? text.capturing : state === "failed" ? text.failed : !mayListen ? text.mayNot : confidential && !mayConfidential ? text.confidential : undefined;
  const silent = leftOut(view.data);
  const change = (to: number): void => {
    setSpeed(to);
    if (audio.current !== null) audio.current.playbackRate = to;
  };
  const onKey = (event: KeyboardEvent): void => {
    const player = audio.current;
    if (player === null || event.target instanceof HTMLButtonElement) return;
    if (event.key === " ") void (player.paused ? player.play() : player.pause());
    else if (event.key === "ArrowLeft" || event.key === "ArrowRight") player.currentTime += event.key === "ArrowLeft" ? -5 : 5;
    else if (event.key === "[" || event.key === "]") change(SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, SPEEDS.indexOf(speed as (typeof SPEEDS)[number]) + (event.key === "]" ? 1 : -1)))] ?? 1);
    else return;
    event.preventDefault();
  };
  return (
    <div className="rec-player" onKeyDown={onKey}>
      <span className="hl-meta">
        {text.player(durationMs === null ? "–" : formatDuration(durationMs))} · {formatDateTime(startedAt)}
        {partOf === null ? "" : ` · ${text.part}`}
        {truncated ? ` · ${text.truncated}` : ""}
      </span>
      {silent.length === 0 ? null : (
        <ul className="rec-left-out hl-meta">
          {silent.map(({ from, to, agent }) => (
            <li key={from}>{agent === null ? text.byFlow(formatDuration(from), formatDuration(to)) : text.byAgent(formatDuration(from), formatDuration(to), agent)}</li>
          ))}
        </ul>
      )}
      {why !== undefined ? (
        <p className="hl-meta">{why}</p>
      ) : (
        <div className="rec-controls">
          <audio ref={audio} controls preload="none" src={`/api/recordings/${recordingId}/audio?format=wav`} title={text.left} />
          <DropMenu items={SPEEDS.map((each) => ({ key: String(each), label: `${each}x`, onClick: () => change(each) }))}>
            <Button size="small" aria-label={text.speed}>
              {speed}x
            </Button>
          </DropMenu>
        </div>
      )}
    </div>
  );
}
