import { createStore } from "@hotlinejs/plugin-console/sdk";

/** Chat -> number of the last message that was on the screen. */
export const seenStore = createStore<ReadonlyMap<string, number>>(new Map());

export function markSeen(id: string, seq: number): void {
  const seen = seenStore.get();
  if ((seen.get(id) ?? 0) < seq) seenStore.set(new Map([...seen, [id, seq]]));
}
