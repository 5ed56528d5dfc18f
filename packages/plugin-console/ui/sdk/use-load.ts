import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError } from "./api.js";
import { onResync, useTopic } from "./live.js";

export interface Loaded<T> {
  /** What was there stays while it is loaded anew. */
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
  readonly loading: boolean;
  /** Loads again; what is shown stays until the answer. */
  reload(): void;
  /** Puts something newer in place (an answer to a command, a pushed event). */
  put(update: (data: T) => T): void;
}

/** After so long a load to which nobody answered is tried once more: a computer that changes its network breaks off all that is on its way. */
const AGAIN_MS = 1_000;

/**
 * Loads when the key changes, after a reconnect with a gap, and when one of the topics is told. `undefined` as key: not yet.
 * The key names what is loaded; the function may close over anything the key says.
 */
export function useLoad<T>(key: string | undefined, load: (signal: AbortSignal) => Promise<T>, options: { readonly topics?: readonly string[] } = {}): Loaded<T> {
  const [state, setState] = useState<{ key: string | undefined; data: T | undefined; error: ApiError | undefined; loading: boolean }>({ key, data: undefined, error: undefined, loading: key !== undefined });
  const latest = useRef(load);
  latest.current = load;
  const running = useRef<AbortController>(undefined);

  const run = useCallback(() => {
    if (key === undefined) return;
    running.current?.abort();
    const abort = new AbortController();
    running.current = abort;
    setState((before) => ({ key, data: before.key === key ? before.data : undefined, error: before.key === key ? before.error : undefined, loading: true }));
    withSecondTry(latest.current, abort.signal).then(
      (data) => {
        if (!abort.signal.aborted) setState({ key, data, error: undefined, loading: false });
      },
      (error: unknown) => {
        if (!abort.signal.aborted) setState((before) => ({ ...before, error: error as ApiError, loading: false }));
      },
    );
  }, [key]);

  useEffect(() => {
    run();
    return () => running.current?.abort();
  }, [run]);
  useEffect(() => onResync(run), [run]);
  useTopic(options.topics ?? [], run);

  const put = useCallback((update: (data: T) => T) => setState((before) => (before.data === undefined ? before : { ...before, data: update(before.data) })), []);
  return { data: state.key === key ? state.data : undefined, error: state.error, loading: state.loading, reload: run, put };
}

async function withSecondTry<T>(load: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await load(signal);
  } catch (error) {
    if (signal.aborted || !(error instanceof ApiError && error.code === "NETWORK")) throw error;
  }
  await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  signal.throwIfAborted();
  return load(signal);
}
