import type { WorkerPartRef } from "@hotlinejs/core";

/** How long a part may take to be loaded and opened, ms. */
const OPEN_MS = 10_000;

/** A part that is being opened, unless that takes too long: whoever waits for the line is told, and what comes of it later is closed at once. */
export async function inTime<T extends { close(): void }>(opening: Promise<T>, limitMs = OPEN_MS): Promise<T> {
  let late = false;
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      late = true;
      reject(new Error(`it was not open after ${limitMs / 1_000} s`));
    }, limitMs);
  });
  opening.then(
    (part) => {
      if (late) part.close();
    },
    () => undefined, // told below, or nobody waits any more
  );
  try {
    return await Promise.race([opening, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Loads a plugin's part into this worker and finds its opener. */
export async function loadPart<T>(ref: WorkerPartRef, name: "openLine" | "openDatagrams"): Promise<T> {
  const loaded = (await import(ref.module)) as Readonly<Record<string, unknown>>;
  const opener = loaded[name];
  if (typeof opener !== "function") throw new Error(`${ref.module} exports no ${name}`);
  return opener as T;
}
