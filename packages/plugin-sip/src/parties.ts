import type { Party } from "@hotlinejs/core";
import { dialledUser, fromUser } from "./caller-policy.js";
import { diverted } from "./diversion.js";
import { cleanNumber, MOST_TEXT, withoutControls } from "./numbers.js";
import { parseNameAddr, SipParseError, uriUser } from "./stack/index.js";
import type { NameAddr, SipRequest } from "./stack/index.js";
import { rewritten } from "./trunk/rewrite.js";
import type { RewriteRule } from "./trunk/rewrite.js";

/** A caller without a number. */
export const NOBODY: Party = { number: "", uri: "sip:anonymous@anonymous.invalid" };

/** The caller. A trunk's P-Asserted-Identity (RFC 3325) counts for more than From, which the caller may have chosen. */
export function callingParty(request: SipRequest, trusted: boolean): Party {
  const asserted = trusted ? assertedIdentity(request) : undefined;
  const { from } = request;
  const privacy = (request.headers.get("privacy") ?? "").toLowerCase();
  const withheld = /\b(id|user|header)\b/.test(privacy) && !/\bnone\b/.test(privacy);
  const user = asserted === undefined ? fromUser(request) : userOf(asserted);
  const anonymous = withheld || user.toLowerCase() === "anonymous" || user.toLowerCase() === "restricted";
  const displayName = (asserted?.displayName ?? "") || from.displayName;
  if (anonymous) return NOBODY;
  return { number: cleanNumber(user), uri: (asserted ?? from).uri, ...(displayName === "" ? {} : { displayName: withoutControls(displayName).slice(0, MOST_TEXT) }) };
}

export function calledParty(request: SipRequest): Party {
  const displayName = request.to.displayName;
  return { number: cleanNumber(dialledUser(request)), uri: request.uri, ...(displayName === "" ? {} : { displayName: withoutControls(displayName).slice(0, MOST_TEXT) }) };
}

/**
 * Facts of the signalling for records and routing (see Call.attributes).
 *
 * @param rules of the trunk: who diverted a call is a subscriber as the caller is, and is written alike. The headers stay as they came.
 */
export function attributesOf(request: SipRequest, source: { kind: string; address: string; port: number }, rules: readonly RewriteRule[] = []): Record<string, string> {
  const attributes: Record<string, string> = { "call-id": request.callId.slice(0, 256), source: `${source.kind}:${source.address}:${source.port}` };
  for (const name of ["user-agent", "diversion", "subject", "call-info", "alert-info", "history-info"]) {
    const value = request.headers.get(name);
    if (value !== undefined) attributes[name] = withoutControls(value).slice(0, 500);
  }
  const sent = diverted(request);
  if (sent !== undefined) {
    attributes["diverted-from"] = rewritten(rules, "caller", sent.from);
    attributes["diverted-by"] = rewritten(rules, "caller", sent.by);
    attributes["diversion-reason"] = sent.reason;
    attributes["diversion-count"] = String(sent.count);
  }
  return attributes;
}

function assertedIdentity(request: SipRequest): NameAddr | undefined {
  try {
    for (const element of request.headers.list("p-asserted-identity")) {
      const address = parseNameAddr(element);
      if (userOf(address) !== "") return address;
    }
  } catch (error) {
    if (!(error instanceof SipParseError)) throw error;
  }
  return undefined;
}

function userOf(address: NameAddr): string {
  try {
    return uriUser(address.parsedUri());
  } catch (error) {
    if (error instanceof SipParseError) return "";
    throw error;
  }
}

/** A carrier's number as the hotline writes it. The URI stays what the carrier wrote. */
export function ours(party: Party, rules: readonly RewriteRule[], of: RewriteRule["of"]): Party {
  return rules.length === 0 ? party : { ...party, number: rewritten(rules, of, party.number) };
}
