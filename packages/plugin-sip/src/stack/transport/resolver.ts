import { promises as dns } from "node:dns";
import { SipError } from "../errors.js";
import { isNumeric, plainAddress } from "./addresses.js";
import type { Destination, Resolver } from "./types.js";

const SRV_PREFIX: Readonly<Record<string, string>> = { udp: "_sip._udp.", tcp: "_sip._tcp.", tls: "_sips._tcp." };

/** Addresses tried for one host. */
const MOST = 8;

/**
 * RFC 3263 without NAPTR: numeric hosts at once; with a port A and AAAA records; without one SRV records
 * by priority and weight first.
 */
export const defaultResolver: Resolver = ({ host, port, kind }) => {
  const bare = plainAddress(host);
  const fallback = port ?? (kind === "tls" || kind === "wss" ? 5061 : 5060);
  if (isNumeric(bare)) return [{ kind, host: bare, port: fallback }];
  return resolveName(bare, port, fallback, kind);
};

async function resolveName(host: string, port: number | undefined, fallback: number, kind: Destination["kind"]): Promise<Destination[]> {
  const prefix = SRV_PREFIX[kind];
  if (port === undefined && prefix !== undefined && host !== "localhost") {
    const records = await dns.resolveSrv(prefix + host).catch(() => []);
    records.sort((a, b) => a.priority - b.priority || b.weight - a.weight);
    const found: Destination[] = [];
    for (const record of records) {
      if (found.length >= MOST) break;
      found.push(...(await addresses(record.name, record.port, kind)));
    }
    if (found.length > 0) return found.slice(0, MOST);
  }
  const found = await addresses(host, fallback, kind);
  if (found.length === 0) throw new SipError("SIP_UNRESOLVED", `host ${host} has no address`, { host });
  return found.slice(0, MOST);
}

async function addresses(host: string, port: number, kind: Destination["kind"]): Promise<Destination[]> {
  const found = await dns.lookup(host, { all: true, verbatim: true }).catch(() => []);
  return found.map(({ address }) => ({ kind, host: address, port }));
}
