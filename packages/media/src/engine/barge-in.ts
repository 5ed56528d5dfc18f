import type { PlayOptions } from "@hotlinejs/core";

const ALL = "0123456789*#ABCD";

/** The keys that stop a play-out, as a string; empty for none. */
export function bargeInKeys(option: PlayOptions["bargeIn"]): string {
  if (option === true) return ALL;
  return option === undefined || option === false ? "" : option;
}
