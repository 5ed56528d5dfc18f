import { api, createStore, onResync, onTopic, useStore, whileUsed } from "@hotlinejs/plugin-console/sdk";
import type { RecordingPause } from "../src/contract.js";

/** Pushed when a pause begins (`ended` null) or is over. */
export interface PauseNews {
  readonly interactionId: string;
  readonly agent: string;
  readonly ended: string | null;
}

type LivePause = RecordingPause & { readonly interactionId: string };

/** Pauses going on, by interaction: one list for all rows of a page. */
const store = createStore<ReadonlyMap<string, LivePause>>(new Map());
let asked = 0;

async function load(): Promise<void> {
  const mine = ++asked;
  try {
    const { items } = await api.get<{ items: LivePause[] }>("/api/recording-pauses");
    if (mine === asked) store.set(new Map(items.map((pause) => [pause.interactionId, pause])));
  } catch (error) {
    // What was known stays; the next event asks again.
    console.warn("pauses of recordings could not be loaded", error);
  }
}

function start(): () => void {
  void load();
  const stops = [onTopic("recording.pause", () => void load()), onResync(() => void load())];
  return () => stops.forEach((each) => each());
}

const useNews = whileUsed(start);

/** The pause of a call's recording, kept up to date as long as anybody looks. */
export function usePause(interactionId: string): LivePause | undefined {
  useNews();
  return useStore(store).get(interactionId);
}
