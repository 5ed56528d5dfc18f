import { useEffect } from "react";
import { api, createStore, onResync, onTopic, useStore, type ApiError } from "@hotlinejs/plugin-console/sdk";
import type { AgentCall, Watching } from "../../src/contract.js";

export interface LiveCalls {
  /** By agent. */
  readonly calls: ReadonlyMap<string, AgentCall>;
  /** The call I am in, or am being rung for. */
  readonly watching: Watching | null;
  readonly loaded: boolean;
  readonly error: ApiError | undefined;
}

const store = createStore<LiveCalls>({ calls: new Map(), watching: null, loaded: false, error: undefined });

export async function loadCalls(): Promise<void> {
  try {
    const { calls, watching } = await api.get<{ calls: AgentCall[]; watching: Watching | null }>("/api/supervision");
    store.set({ calls: new Map(calls.map((call) => [call.agent, call])), watching, loaded: true, error: undefined });
  } catch (error) {
    store.set({ ...store.get(), error: error as ApiError });
  }
}

function putCall(agent: string, call: AgentCall | null): void {
  const calls = new Map(store.get().calls);
  if (call === null) calls.delete(agent);
  else calls.set(agent, call);
  store.set({ ...store.get(), calls });
}

/** What agents have on the phone and what I listen to: loaded once, then told by events. */
export function useLiveCalls(): LiveCalls {
  useEffect(() => {
    void loadCalls();
    const stops = [
      onTopic("acd.calls", (data) => {
        const { agent, call } = data as { agent: string; call: AgentCall | null };
        putCall(agent, call);
      }),
      onTopic("acd.watch", (data) => store.set({ ...store.get(), watching: (data as { watching: Watching | null }).watching })),
      onResync(() => void loadCalls()),
    ];
    return () => stops.forEach((stop) => stop());
  }, []);
  return useStore(store);
}
