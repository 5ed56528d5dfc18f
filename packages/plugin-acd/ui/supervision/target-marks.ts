import type { Status } from "@hotlinejs/plugin-console/sdk";

/** With fewer cases a share says little: it is marked as something to watch, not as a failure. */
const ENOUGH = 30;

/** How a share stands to what it is held against; `undefined`: nothing to mark. Shares are 0 to 1. */
export function targetMark(share: number | null, base: number, target: number | null): Status | undefined {
  // What is shown has one decimal: what reads as reached is reached.
  if (share === null || target === null || base === 0 || Math.round(share * 1000) >= Math.round(target * 1000)) return undefined;
  return base < ENOUGH ? "due" : "fault";
}

/** `95%`, `97.5%`. */
export function targetWords(target: number): string {
  return `${Math.round(target * 1000) / 10}%`;
}
