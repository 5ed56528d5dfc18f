import { maskPhone } from "@hotlinejs/core";

/** What the other machine calls itself (TSI, CSI), which is mostly its number: that is masked as numbers are, however it is written. */
export function shownStation(id: string): string {
  return /\d{8}/.test(id.replace(/[\s()./+-]/g, "")) ? maskPhone(id) : id;
}
