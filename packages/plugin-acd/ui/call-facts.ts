import type { AgentCall } from "../src/contract.js";

/** After so long on hold the agent is reminded of the caller, and again each time as long has gone by. */
export const HELD_LONG_MS = 60_000;

/** @param now epoch ms by the server's clock */
export function isHeldLong({ state, since }: Pick<AgentCall, "state" | "since">, now: number): boolean {
  return state === "held" && now - since >= HELD_LONG_MS;
}

/** The agent has answered, and their phone is there: another ring is only hinted at. */
export function isTalking(call: Pick<AgentCall, "state" | "answeredAt"> | null): boolean {
  return call !== null && call.answeredAt !== null && call.state !== "ringing" && call.state !== "reconnecting";
}
