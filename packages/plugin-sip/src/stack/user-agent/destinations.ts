import { SipError } from "../errors.js";
import { requireNameAddr } from "../grammar/name-addr.js";
import { requireUri, type SipUri } from "../grammar/uri.js";
import type { Destination, TransportKind } from "../transport/types.js";
import type { UaContext } from "./context.js";

/** Where a request outside of a dialog may go, in the order to try. Throws `SipError` for a URI that leads nowhere. */
export function destinationsFor(
  context: UaContext,
  target: { readonly uri: string; readonly route?: readonly string[]; readonly destination?: Destination; readonly transport?: TransportKind },
): readonly Destination[] | Promise<readonly Destination[]> {
  requireUri(target.uri);
  if (target.destination !== undefined) return [target.destination];
  const first = target.route?.[0];
  const hop: SipUri = first === undefined ? requireUri(target.uri) : requireNameAddr(first).parsedUri();
  if (hop.opaque !== undefined) throw new SipError("SIP_INVALID_URI", `${hop.scheme} URI needs a route or a destination`);
  const asked = hop.params.get("transport")?.toLowerCase() as TransportKind | undefined;
  const secure = hop.scheme === "sips";
  // RFC 3261 section 26.2.2: sips is TLS, whatever transport it names.
  const kind = secure && asked !== "wss" ? "tls" : (target.transport ?? asked ?? context.defaultKind());
  return context.resolver({ host: hop.params.get("maddr") ?? hop.host, port: hop.port, kind, given: secure ? false : (target.transport ?? asked) !== undefined, secure });
}
