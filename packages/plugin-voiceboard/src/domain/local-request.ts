import { isLoopback, type HttpRequest } from "@hotlinejs/core";

/** What proxies add to a request, whoever is behind them. */
const PASSED_ON = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-server", "x-real-ip"] as const;

/**
 * Whether a request was made on this machine, straight to the hotline. A proxy on this machine has a loopback address too, so that address
 * alone proves nothing: what shows that a request was passed on is taken for one from elsewhere, and so is one to another host name than
 * that of this machine (a proxy that keeps it, or a page of a name that was rebound to 127.0.0.1).
 *
 * @param isProxy whether an address is a trusted proxy's: then it stands for many people
 */
export function isLocal({ remoteAddress, headers }: Pick<HttpRequest, "remoteAddress" | "headers">, isProxy: (address: string) => boolean): boolean {
  if (!isLoopback(remoteAddress) || isProxy(remoteAddress) || PASSED_ON.some((name) => headers[name] !== undefined)) return false;
  const host = (headers.host ?? "").toLowerCase();
  return isLoopback(/^\[([^\]]*)\](?::\d{1,5})?$/.exec(host)?.[1] ?? host.replace(/:\d{1,5}$/, ""));
}
