import type { WorkerPartRef } from "@hotlinejs/core";

/** Loads a plugin's part into this worker and finds its opener. */
export async function loadPart<T>(ref: WorkerPartRef, name: "openLine" | "openDatagrams"): Promise<T> {
  const loaded = (await import(ref.module)) as Readonly<Record<string, unknown>>;
  const opener = loaded[name];
  if (typeof opener !== "function") throw new Error(`${ref.module} exports no ${name}`);
  return opener as T;
}
