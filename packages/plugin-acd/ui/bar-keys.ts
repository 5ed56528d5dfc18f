import type { AgentCall, AgentSnapshot } from "../src/contract.js";

/** What a letter in the focused bar does: a place of the bar, or what stands beside the places. */
export type LetterAction = { readonly slot: string } | "pick-up" | "dial" | "flow" | "finish" | "extend" | "code";

/** What is there to be done now. */
export interface LetterScene {
  readonly slots: readonly { readonly key: string; readonly hotkey?: string; readonly enabled: boolean }[];
  readonly agent: Pick<AgentSnapshot, "state" | "wrapUpUntil" | "wrapUp" | "reachable">;
  readonly call: Pick<AgentCall, "commands"> | null;
  /** A colleague's phone rings whose call can be taken. */
  readonly canPickUp: boolean;
}

/** `undefined`: the key means nothing now. Without a call some letters are of the buttons beside the places. */
export function letterAction(key: string, { slots, agent, call, canPickUp }: LetterScene): LetterAction | undefined {
  const letter = key.toUpperCase();
  const slot = slots.find(({ enabled, hotkey }) => enabled && hotkey?.length === 1 && hotkey === letter);
  if (slot !== undefined) return { slot: slot.key };
  if (call !== null) return letter === "I" && call.commands.includes("to-flow") ? "flow" : undefined;
  // As the bar shows it: in the wrap-up its two buttons stand where dialling and picking up stand otherwise.
  if (isWrappingUp(agent)) return letter === "W" ? "finish" : letter === "+" ? "extend" : letter === "N" && agent.wrapUp !== null ? "code" : undefined;
  if (letter === "P" && canPickUp) return "pick-up";
  return letter === "D" && agent.reachable ? "dial" : undefined;
}

/** There is a wrap-up that can be ended, or given more time. */
export function isWrappingUp({ state, wrapUpUntil }: Pick<AgentSnapshot, "state" | "wrapUpUntil">): boolean {
  return state === "wrap-up" && wrapUpUntil !== null;
}
