import type { ReactElement } from "react";
import { api, StatusTag, useLoad, useTexts, type InteractionContext } from "@hotlinejs/plugin-console/sdk";
import type { RecordingView } from "../src/contract.js";
import { texts } from "./texts.js";

/** Whether this call is being recorded, in words. */
export function RecordingState({ interactionId }: InteractionContext): ReactElement | null {
  const text = useTexts(texts);
  const recordings = useLoad(`state ${interactionId}`, (signal) => api.get<{ items: RecordingView[] }>("/api/recordings", { interactionId }, { signal }), { topics: ["recording.changed"] });
  if (recordings.data === undefined) return null;
  const live = recordings.data.items.some(({ kind, state }) => kind === "call" && state === "capturing");
  return <StatusTag status={live ? "recording" : "fault"}>{live ? text.recording : text.notRecorded}</StatusTag>;
}
