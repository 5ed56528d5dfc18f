import { cleanNumber, withoutControls } from "./numbers.js";
import { parseNameAddr, SipParseError, unescapeUri, uriUser } from "./stack/index.js";
import type { NameAddr, SipRequest } from "./stack/index.js";

/** How a call came to be sent here by somebody else. */
export interface Diverted {
  /** The number first called. */
  readonly from: string;
  /** The number that sent the call here. Differs from `from` where it was sent on more than once. */
  readonly by: string;
  /** In the words of RFC 5806: `user-busy`, `no-answer`, `unconditional`, `deflection`, `unavailable`, `unknown` ... */
  readonly reason: string;
  readonly count: number;
}

/** Most stations believed in; a list that is longer only serves to exhaust. */
const MOST = 20;

/** What the cause in a History-Info URI means (RFC 4458 section 2), in the words of Diversion. */
const CAUSES: Readonly<Record<string, string>> = { 302: "unconditional", 404: "unknown", 408: "no-answer", 480: "deflection", 486: "user-busy", 487: "deflection", 503: "unavailable" };

/** Read from Diversion (RFC 5806), else from History-Info (RFC 7044). What cannot be read counts as missing. */
export function diverted(request: SipRequest): Diverted | undefined {
  return fromDiversion(request) ?? fromHistory(request);
}

function addresses(request: SipRequest, header: string): NameAddr[] {
  try {
    return request.headers.list(header).slice(0, MOST).map(parseNameAddr);
  } catch (error) {
    if (error instanceof SipParseError) return [];
    throw error;
  }
}

function numberOf(address: NameAddr | undefined): string {
  try {
    return address === undefined ? "" : cleanNumber(uriUser(address.parsedUri()));
  } catch (error) {
    if (error instanceof SipParseError) return "";
    throw error;
  }
}

/** The newest entry stands first (RFC 5806 section 5). */
function fromDiversion(request: SipRequest): Diverted | undefined {
  const all = addresses(request, "diversion");
  const [newest] = all;
  if (newest === undefined) return undefined;
  const counted = all.reduce((sum, each) => sum + Math.min(MOST, Number(/^\d{1,2}$/.exec(each.params.get("counter") ?? "")?.[0] ?? 1)), 0);
  return { from: numberOf(all.at(-1)), by: numberOf(newest), reason: word(newest.params.get("reason")), count: counted };
}

/** Entries are in the order of their index (RFC 7044 section 10.3); the last is where the call is now. */
function fromHistory(request: SipRequest): Diverted | undefined {
  const all = addresses(request, "history-info");
  const last = all.at(-1);
  const by = all.at(-2);
  if (last === undefined || by === undefined) return undefined;
  const cause = /[;?&]cause=(\d{3})/i.exec(last.uri)?.[1] ?? /cause=(\d{3})/i.exec(unescapeUri(/[?&]reason=([^&]*)/i.exec(by.uri)?.[1] ?? ""))?.[1];
  return { from: numberOf(all[0]), by: numberOf(by), reason: CAUSES[cause ?? ""] ?? "unknown", count: all.length - 1 };
}

function word(reason: string | undefined): string {
  const text = withoutControls(reason ?? "").trim().toLowerCase();
  return text === "" ? "unknown" : text.slice(0, 40);
}
