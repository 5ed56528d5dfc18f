import type { AgentSnapshot } from "../src/contract.js";

/** Why an agent can be not ready. */
export interface Reason {
  readonly code: string;
  readonly label: string;
  /** So long at most, ms; `null`: no limit. */
  readonly limitMs: number | null;
}

/** How long this agent may be not ready for the reason given, ms; `null`: no limit, or ready. */
export function limitOf({ state, reason }: Pick<AgentSnapshot, "state" | "reason">, reasons: readonly Reason[]): number | null {
  return state !== "not-ready" || reason === null ? null : (reasons.find(({ code }) => code === reason)?.limitMs ?? null);
}
