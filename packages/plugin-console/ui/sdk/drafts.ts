import { useCallback, useEffect, useRef, useState } from "react";
import { sessionStore } from "./session.js";
import { serverNow } from "./clock.js";

/** Local copies are kept this long. */
const KEEP_MS = 24 * 3_600_000;
const SAVE_AFTER_MS = 400;
const PREFIX = "hotline.draft.";

interface Stored<T> {
  readonly at: number;
  readonly values: T;
}

export interface Draft<T> {
  readonly values: T;
  set(patch: Partial<T>): void;
  /** When it was last put by, epoch ms of the server's clock. */
  readonly savedAt: number | undefined;
  /** Values come from an earlier visit: told in a line, with the choice to drop them. */
  readonly restored: boolean;
  /** Throws the draft away: the submit was acknowledged, or the user said so. */
  clear(): void;
}

/**
 * A form whose values survive reload, another page and the end of the session. The key names object and form; the user is
 * added. Put by 400 ms after the last key and when the page is hidden; gone after 24 h, at sign-out and with the window.
 */
export function useDraft<T extends object>(key: string, initial: T): Draft<T> {
  const full = `${PREFIX}${sessionStore.get()?.user.id ?? ""}.${key}`;
  const first = useRef(initial);
  const [state, setState] = useState(() => {
    const stored = read<T>(full);
    return { values: stored === undefined ? initial : { ...initial, ...stored.values }, savedAt: stored?.at, restored: stored !== undefined };
  });
  const dirty = useRef<T>(undefined);

  const save = useCallback(() => {
    const values = dirty.current;
    if (values === undefined) return;
    dirty.current = undefined;
    const at = serverNow();
    withStorage((storage) => storage.setItem(full, JSON.stringify({ at, values } satisfies Stored<T>)));
    setState((before) => ({ ...before, savedAt: at }));
  }, [full]);

  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const set = useCallback(
    (patch: Partial<T>) => {
      setState((before) => {
        const values = { ...before.values, ...patch };
        dirty.current = values;
        return { ...before, values };
      });
      clearTimeout(timer.current);
      timer.current = setTimeout(save, SAVE_AFTER_MS);
    },
    [save],
  );
  const clear = useCallback(() => {
    clearTimeout(timer.current);
    dirty.current = undefined;
    withStorage((storage) => storage.removeItem(full));
    setState({ values: first.current, savedAt: undefined, restored: false });
  }, [full]);

  useEffect(() => {
    document.addEventListener("visibilitychange", save);
    window.addEventListener("pagehide", save);
    return () => {
      save();
      clearTimeout(timer.current);
      document.removeEventListener("visibilitychange", save);
      window.removeEventListener("pagehide", save);
    };
  }, [save]);
  return { values: state.values, set, savedAt: state.savedAt, restored: state.restored, clear };
}

/** At sign-out nothing of anybody's stays on this computer. */
export function forgetDrafts(): void {
  withStorage((storage) => {
    for (const key of Object.keys(storage)) if (key.startsWith(PREFIX)) storage.removeItem(key);
  });
}

/** Whether something typed is kept about an object, whatever the form. */
export function hasDraftAbout(id: string): boolean {
  let found = false;
  withStorage((storage) => {
    for (let index = 0; index < storage.length; index++) {
      const key = storage.key(index);
      if (key?.startsWith(PREFIX) === true && key.includes(id)) found = true;
    }
  });
  return found;
}

function read<T>(key: string): Stored<T> | undefined {
  let found: Stored<T> | undefined;
  withStorage((storage) => {
    const text = storage.getItem(key);
    if (text === null) return;
    const stored = JSON.parse(text) as Stored<T>;
    if (serverNow() - stored.at < KEEP_MS) found = stored;
    else storage.removeItem(key);
  });
  return found;
}

/** Storage may be forbidden or full; the form works without. */
function withStorage(use: (storage: Storage) => void): void {
  try {
    use(sessionStorage);
  } catch (error) {
    console.warn("draft not kept", error);
  }
}
