import type { Dialog } from "../dialog/types.js";
import { SipParseError } from "../errors.js";
import { isToken } from "../grammar/chars.js";
import { parseParams } from "../grammar/params.js";
import type { SipRequest } from "../message/message.js";

/** The dialog an INVITE wants to take the place of, as its receiver sees it (RFC 3891 section 6.1). */
export interface Replaces {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** Only if that one is not answered yet. */
  readonly earlyOnly: boolean;
}

/** The Replaces of an INVITE; `undefined`: it has none. Throws `SipParseError` where it has several, one that cannot be read, or a Join beside it (400). */
export function replacesOf(request: SipRequest): Replaces | undefined {
  const values = request.headers.all("replaces");
  const [value] = values;
  if (value === undefined) return undefined;
  if (values.length > 1 || request.headers.has("join")) throw new SipParseError("more than one dialog to replace");
  return parseReplaces(value);
}

/** The value of a Replaces. Throws `SipParseError`. */
export function parseReplaces(value: string): Replaces {
  const end = value.indexOf(";");
  const params = parseParams(value, end < 0 ? value.length : end);
  const callId = (end < 0 ? value : value.slice(0, end)).trim();
  const localTag = params.get("to-tag");
  const remoteTag = params.get("from-tag");
  if (callId === "" || localTag === undefined || remoteTag === undefined) throw new SipParseError("bad Replaces");
  return { callId, localTag, remoteTag, earlyOnly: params.has("early-only") };
}

/** What the other side of a dialog of ours is told to replace it by: the value of Replaces in an INVITE to it. */
export function replacesValue({ callId, localTag, remoteTag }: Dialog): string {
  // A peer of RFC 2543 has no tag; it is written as 0 (section 6.1).
  return `${callId};to-tag=${isToken(remoteTag) ? remoteTag : "0"};from-tag=${localTag}`;
}
