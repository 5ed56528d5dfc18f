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
  // Missing ones are why the request is refused.
  for (const name of ["from", "to", "call-id", "cseq"]) {
    const value = asked.get(name);
    if (value === undefined) continue;
    headers.append(name, name !== "to" || toTag === undefined || hasTag(request) ? value : `${value};tag=${toTag}`);
  }
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
