import type { ReactElement } from "react";
import { formatTime, StatusTag, useTexts, type ConsoleSlots } from "@hotlinejs/plugin-console/sdk";
import { usePause } from "./pauses-store.js";
import { texts } from "./texts.js";

/** A supervisor sees which calls are not being recorded at the moment. */
export function PausedMark({ interactionId }: ConsoleSlots["supervision.call"]): ReactElement | null {
  const text = useTexts(texts);
  const pause = usePause(interactionId);
  if (pause === undefined) return null;
  return (
    <StatusTag status="held" title={text.pausedSince(formatTime(pause.from))}>
      {text.paused}
    </StatusTag>
  );
}
