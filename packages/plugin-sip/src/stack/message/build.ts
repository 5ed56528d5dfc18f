import type { SipRequest } from "./message.js";
import { SipResponse } from "./message.js";
import { reasonPhrase } from "./reason-phrases.js";

/** A response to a request with the headers RFC 3261 section 8.2.6.2 wants; `toTag` is added when the request has none. */
export function buildResponse(request: SipRequest, status: number, reason: string | undefined, toTag: string | undefined): SipResponse {
  const response = new SipResponse(status, reason ?? reasonPhrase(status));
  response.latin1 = request.latin1;
  const { headers } = response;
  const asked = request.headers;
  headers.copyFrom(asked, "via");
  headers.append("from", asked.get("from") ?? "");
  const to = asked.get("to") ?? "";
  headers.append("to", toTag === undefined || hasTag(request) ? to : `${to};tag=${toTag}`);
  headers.append("call-id", asked.get("call-id") ?? "");
  headers.append("cseq", asked.get("cseq") ?? "");
  if (status === 100 && asked.has("timestamp")) headers.append("timestamp", asked.get("timestamp") as string);
  return response;
}

/** A To that cannot be read has no tag we know of. */
function hasTag(request: SipRequest): boolean {
  try {
    return request.to.tag !== undefined;
  } catch {
    return true;
  }
}
