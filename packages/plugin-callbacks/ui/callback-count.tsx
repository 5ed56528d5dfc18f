import type { ReactElement } from "react";
import { api, useLoad } from "@hotlinejs/plugin-console/sdk";
import type { Page } from "@hotlinejs/core";
import type { CallbackTask } from "../src/contract.js";

/** As many as are asked for at once; more are `99+`. */
const MOST = 100;

/** How many are to be called back, beside the menu's word. */
export function CallbackCount(): ReactElement | null {
  const { data } = useLoad("callbacks-count", (signal) => api.get<Page<CallbackTask>>("/api/callbacks", { limit: MOST }, { signal }), { topics: ["callbacks.changed"] });
  const count = data?.items.length ?? 0;
  return count === 0 ? null : <span className="hl-count">{count >= MOST ? "99+" : count}</span>;
}
