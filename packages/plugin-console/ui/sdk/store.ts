import { useEffect, useSyncExternalStore } from "react";

/** A value outside of React that components can follow. */
export interface Store<T> {
  get(): T;
  set(value: T): void;
  subscribe(listener: () => void): () => void;
}

export function createStore<T>(initial: T): Store<T> {
  let current = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => current,
    set: (value) => {
      if (Object.is(value, current)) return;
      current = value;
      for (const listener of [...listeners]) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}

/**
 * A hook that keeps something up to date as long as any component uses it: `start` runs for the first of them, and what it returns when the last is gone.
 *
 * ```ts
 * const useNews = whileUsed(() => onTopic("vip.called", put));
 * ```
 */
export function whileUsed(start: () => () => void): () => void {
  let users = 0;
  let stop: (() => void) | undefined;
  return () => {
    useEffect(() => {
      users++;
      stop ??= start();
      return () => {
        users--;
        if (users > 0) return;
        stop?.();
        stop = undefined;
      };
    }, []);
  };
}
