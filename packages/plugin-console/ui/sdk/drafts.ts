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
  const dirty = useRef<T>(undefined);
  const latest = useRef(state);
  latest.current = state;

  const save = useCallback(() => {
    const values = dirty.current;
    if (values === undefined) return;
    dirty.current = undefined;
    const at = serverNow();
    writeDraft(full, { at, values });
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
    removeDraft(full);
    setState({ values: first.current, savedAt: undefined, restored: false });
  }, [full]);
  const take = useCallback(
    (given: StoredDraft) => {
      clearTimeout(timer.current);
      const { values, savedAt } = latest.current;
      const own = dirty.current !== undefined ? { at: serverNow(), values: dirty.current } : savedAt === undefined ? undefined : { at: savedAt, values };
      dirty.current = undefined;
      const joined = joinDrafts(given as StoredDraft<T>, own, first.current);
      writeDraft(full, joined);
      setState({ values: joined.values, savedAt: joined.at, restored: false });
    },
    [full],
  );

  useEffect(() => {
    const leave = joinPage(full, { save, take });
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
