import { formatDuration, formatPhone } from "@hotlinejs/plugin-console/sdk";
import type { AgentCall, CallMember } from "../src/contract.js";
import type { Texts } from "./texts.js";

/** How many talk in a conference, the agent included; 0: there is none. */
export function talkers({ members }: Pick<AgentCall, "members">): number {
  return members.length === 0 ? 0 : members.length + 1;
}

/** How a member is called: a name, or the number; the citizen is the caller. */
export function memberName({ kind, name, number }: Pick<CallMember, "kind" | "name" | "number">, text: Texts): string {
  if (kind === "citizen") return text.members.citizen;
  return name ?? (number === "" ? text.unknownNumber : formatPhone(number));
}

/** What a member is at, in words. @param now epoch ms by the server's clock */
export function memberState({ muted, until, since }: Pick<CallMember, "muted" | "until" | "since">, now: number, text: Texts): string {
  if (until !== null) return text.members.awaited(Math.max(0, Math.ceil((until - now) / 1000)));
  return muted ? text.members.muted : text.members.talking(formatDuration(Math.max(0, now - since)));
}

/** The same where there is little room. */
export function memberStateShort({ muted, until, since }: Pick<CallMember, "muted" | "until" | "since">, now: number, text: Texts): string {
  if (until !== null) return text.members.lost;
  return muted ? text.members.muted : formatDuration(Math.max(0, now - since));
}

/** Words for what has changed among those who talk; `undefined`: nothing that is to be said. */
export function membersSaid(before: readonly CallMember[], after: readonly CallMember[], text: Texts): string | undefined {
  const count = after.length + 1;
  const come = after.find(({ id }) => !before.some((each) => each.id === id));
  if (come !== undefined) return text.members.said.joined(memberName(come, text), count);
  const gone = before.find(({ id }) => !after.some((each) => each.id === id));
  if (gone !== undefined) return text.members.said.left(memberName(gone, text), count);
  for (const member of after) {
    const was = before.find(({ id }) => id === member.id);
    if (was === undefined) continue;
    if (member.until !== null && was.until === null) return text.said.brokeOff(memberName(member, text));
    if (member.until === null && was.until !== null) return text.members.said.back(memberName(member, text));
    if (member.muted !== was.muted) return member.muted ? text.members.said.muted(memberName(member, text)) : text.members.said.unmuted(memberName(member, text));
  }
  return undefined;
}

/** How many pills fit beside each other; where not all do, room is left for the button that shows the others. */
export function pillsThatFit(width: number, count: number): number {
  const fit = (room: number): number => Math.max(0, Math.floor((room + PILL_GAP) / (PILL_WIDTH + PILL_GAP)));
  return fit(width) >= count ? count : Math.min(count - 1, fit(width - MORE_WIDTH - PILL_GAP));
}

/** As in desk.css, px. */
const PILL_WIDTH = 100;
const PILL_GAP = 4;
const MORE_WIDTH = 36;
