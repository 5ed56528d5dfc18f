import { useCallback, useEffect, useRef, useState } from "react";
import { serverNow } from "./clock.js";
import { draftPlace, joinDrafts, joinPage, readDraft, removeDraft, writeDraft, type StoredDraft } from "./draft-store.js";

const SAVE_AFTER_MS = 400;

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
 * added. Put by 400 ms after the last key and when the page is hidden; gone after 24 h, at sign-out and with the window. A form of
 * a call, whose key holds the id of the interaction, goes with the caller to the next agent.
 */
export function useDraft<T extends object>(key: string, initial: T): Draft<T> {
  const full = draftPlace(key);
  const first = useRef(initial);
  const [state, setState] = useState(() => {
    const stored = readDraft<T>(full);
    return { values: stored === undefined ? initial : { ...initial, ...stored.values }, savedAt: stored?.at, restored: stored !== undefined };
  });
  /** What the form holds, also what React has not drawn yet. */
  const held = useRef(state);
  const dirty = useRef(false);
  const hold = useCallback((change: Partial<typeof state>) => {
    held.current = { ...held.current, ...change };
    setState(held.current);
  }, []);

  const save = useCallback(() => {
    if (!dirty.current) return;
    dirty.current = false;
    const at = serverNow();
    writeDraft(full, { at, values: held.current.values });
    hold({ savedAt: at });
  }, [full, hold]);

  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const set = useCallback(
    (patch: Partial<T>) => {
      dirty.current = true;
      hold({ values: { ...held.current.values, ...patch } });
      clearTimeout(timer.current);
      timer.current = setTimeout(save, SAVE_AFTER_MS);
    },
    [save, hold],
  );
  const clear = useCallback(() => {
    clearTimeout(timer.current);
    dirty.current = false;
    removeDraft(full);
    hold({ values: first.current, savedAt: undefined, restored: false });
  }, [full, hold]);
  const take = useCallback(
    (given: StoredDraft) => {
      clearTimeout(timer.current);
      const { values, savedAt } = held.current;
      const own = dirty.current ? { at: serverNow(), values } : savedAt === undefined ? undefined : { at: savedAt, values };
      dirty.current = false;
      const joined = joinDrafts(given as StoredDraft<T>, own, first.current);
      writeDraft(full, joined);
      hold({ values: joined.values, savedAt: joined.at, restored: false });
    },
    [full, hold],
  );

  useEffect(() => {
    const leave = joinPage(full, { save, take });
    // What a colleague gave between the first drawing of the form and now was laid down where the form had looked already.
    const stored = readDraft<StoredDraft["values"]>(full);
    if (stored !== undefined && stored.at !== held.current.savedAt) take(stored);
    document.addEventListener("visibilitychange", save);
    window.addEventListener("pagehide", save);
    return () => {
      save();
      clearTimeout(timer.current);
      leave();
      document.removeEventListener("visibilitychange", save);
      window.removeEventListener("pagehide", save);
    };
  }, [full, save, take]);
  return { values: state.values, set, savedAt: state.savedAt, restored: state.restored, clear };
}
