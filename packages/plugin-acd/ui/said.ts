import type { AgentCall } from "../src/contract.js";
import { membersSaid, talkers } from "./member-words.js";
import type { Texts } from "./texts.js";

/** What the bar tells of, as the server said it last. */
export interface Told {
  readonly call: AgentCall | null;
  /** End of wrap-up, epoch ms by the server's clock; `null` while there is none. */
  readonly wrapUpUntil: number | null;
}

/**
 * Words for the live region after a change; `undefined` when nothing new is to be said.
 *
 * @param now epoch ms by the server's clock
 * @param here the call can be answered in this browser
 */
export function saidFor(before: Told, after: Told, now: number, text: Texts, here: boolean): string | undefined {
  return after.call === null ? saidWithout(before, after, now, text) : saidOf(before.call, after.call, text, here);
}

/** The end of the call and the wrap-up come by two events, in either order: whichever is second says it all. */
function saidWithout(before: Told, { wrapUpUntil }: Told, now: number, text: Texts): string | undefined {
  const seconds = Math.max(0, Math.round(((wrapUpUntil ?? now) - now) / 1000));
  if (before.call !== null) return wrapUpUntil === null ? text.said.over : text.finishWithin(seconds);
  if (wrapUpUntil === null || wrapUpUntil === before.wrapUpUntil) return undefined;
  return before.wrapUpUntil === null ? text.finishWithin(seconds) : text.said.extended(seconds);
}

function saidOf(before: AgentCall | null, call: AgentCall, text: Texts, here: boolean): string | undefined {
  if (call.supervisor !== null && call.supervisor !== before?.supervisor) return text.supervised[call.supervisor];
  const who = call.consult?.name ?? call.consult?.number ?? "";
  const broke = call.consult !== null && call.consult.until !== null && (before?.consult?.until ?? null) === null;
  if (broke) return text.said.brokeOff(who);
  const back = call.consult?.until === null && (before?.consult?.until ?? null) !== null;
  if (!back && before?.interactionId === call.interactionId && before.state === call.state) return call.state === "conference" ? membersSaid(before.members, call.members, text) : undefined;
  switch (call.state) {
    case "ringing":
      return text.said.ringing(call.queueName ?? "", Math.round((call.waitMs ?? 0) / 1000), here);
    case "dialling":
      return text.said.dialling;
    case "talking":
      return text.said.talking;
    case "held":
      return text.said.held;
    case "consult-ringing":
      return text.consultRinging(who);
    case "consulting":
      return call.members.length > 0 ? text.members.said.consulting(who) : text.said.consulting(who);
    case "conference":
      return text.said.conference(talkers(call));
    case "reconnecting":
      return text.phone.said.broken;
    default:
      return undefined;
  }
}
