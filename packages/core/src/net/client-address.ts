import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import { plainAddress, type Networks } from "./networks.js";

/** The header in which the proxies tell where a request came from. */
export type ProxyHeader = "x-forwarded-for" | "forwarded";

/**
 * Who makes a request. The header is believed of trusted proxies only, and read from its end: each trusted proxy vouches for the
 * hop before it, and what stands before the first hop that is no trusted proxy is that client's own invention. Where the header is
 * missing, unreadable or names nobody (`unknown`, RFC 7239 section 6), it is the address of the last proxy known.
 *
 * @param peer the other end of the connection
 */
export function clientAddress(peer: string, headers: IncomingHttpHeaders, trusted: Networks, header: ProxyHeader): string {
  let address = plainAddress(peer);
  if (!trusted.has(address)) return address;
  const value = headers[header];
  // Several fields of one name are one list (RFC 9110 section 5.3).
  const text = Array.isArray(value) ? value.join(",") : (value ?? "");
  // Cut at every comma, quoted or not: no address has one, and a quote that a client leaves open must not swallow what the proxy adds.
  const hops = text === "" ? [] : text.split(",").map(header === "forwarded" ? forwardedFor : addressOf);
  for (const hop of hops.reverse()) {
    if (hop === undefined) return address;
    address = hop;
    if (!trusted.has(address)) return address;
  }
  return address;
}

/** The `for` of a forwarded-element (RFC 7239 section 4); `undefined` where it names no address, or the element cannot be read. */
function forwardedFor(element: string): string | undefined {
  let hop: string | undefined;
  for (const pair of element.trim().split(";")) {
    const found = /^([!#$%&'*+.^_`|~\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^_`|~\w-]+))$/.exec(pair);
    if (found === null) return undefined;
    const [, name = "", quoted, token = ""] = found;
    if (name.toLowerCase() === "for") hop = addressOf(quoted === undefined ? token : quoted.replace(/\\(.)/g, "$1"));
  }
  return hop;
}

/** An address, with or without a port: `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::1`, `[2001:db8::1]:4711`. */
function addressOf(text: string): string | undefined {
  const bare = text.trim();
  const address = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(bare)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(bare)?.[1] ?? bare;
  return isIP(address) === 0 || address.includes("%") ? undefined : plainAddress(address).toLowerCase();
}
