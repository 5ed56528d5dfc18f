import { api, useLoad, type Loaded } from "@hotlinejs/plugin-console/sdk";
import type { QueuedMessage } from "../src/contract.js";

/** Written messages I have, or am asked to take; kept up to date by pushed events. */
export function useQueuedMessages(name: string): Loaded<{ readonly items: readonly QueuedMessage[] }> {
  return useLoad(name, (signal) => api.get<{ items: readonly QueuedMessage[] }>("/api/queued-messages", {}, { signal }), { topics: ["tickets.message-queue"] });
}
