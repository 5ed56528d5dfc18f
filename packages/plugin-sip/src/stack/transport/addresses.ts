import { isIP } from "node:net";
import { networkInterfaces } from "node:os";

/** Numeric host without IPv6 brackets and without the `::ffff:` of mapped IPv4. */
export function plainAddress(host: string): string {
  const bare = host.charCodeAt(0) === 0x5b ? host.slice(1, -1) : host;
  return bare.startsWith("::ffff:") && bare.indexOf(".") > 0 ? bare.slice(7) : bare;
}

/** Host as it stands in URIs and Via: IPv6 in brackets. */
export function bracketed(address: string): string {
  return address.indexOf(":") >= 0 && address.charCodeAt(0) !== 0x5b ? `[${address}]` : address;
}

export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1" || address === "localhost";
}

export function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

export function isNumeric(host: string): boolean {
  return isIP(host) !== 0;
}

/** The family a bound address serves: 4, 6, or both for `::`. */
export function sameFamily(bound: string, host: string): boolean {
  if (bound === "::") return true;
  return (bound.indexOf(":") >= 0) === (host.indexOf(":") >= 0);
}

/** Whether a socket bound to `bound` can send to `host`. */
export function reachableFrom(bound: string, host: string): boolean {
  return sameFamily(bound, host) && (!isLoopback(bound) || isLoopback(host));
}

function ipv4Number(address: string): number {
  let value = 0;
  for (const part of address.split(".")) value = value * 256 + Number(part);
  return value;
}

/**
 * The local address a peer is most likely to reach us at when we listen on all: loopback for loopback, an
 * interface in the peer's subnet, else the first that is not loopback.
 */
export function localAddressTowards(host: string): string {
  const six = host.indexOf(":") >= 0;
  if (isLoopback(host)) return six ? "::1" : "127.0.0.1";
  let first: string | undefined;
  for (const addresses of Object.values(networkInterfaces())) {
    for (const entry of addresses ?? []) {
      if (entry.internal || (entry.family === "IPv6") !== six || entry.address.startsWith("fe80:")) continue;
      first ??= entry.address;
      if (six) continue;
      const mask = ipv4Number(entry.netmask);
      const bits = 2 ** 32 - mask;
      if (Math.floor(ipv4Number(entry.address) / bits) === Math.floor(ipv4Number(host) / bits)) return entry.address;
    }
  }
  return first ?? (six ? "::1" : "127.0.0.1");
}
