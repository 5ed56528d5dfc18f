import { promises as dns } from "node:dns";
import { SipError } from "../errors.js";
import type { RandomSource } from "../random.js";
import { isNumeric, plainAddress } from "./addresses.js";
import type { Destination, Resolver, ResolveTarget, TransportKind } from "./types.js";

/** The records asked for. Each rejects, or is empty, where there are none. */
export interface DnsRecords {
  naptr(name: string): Promise<readonly { readonly order: number; readonly preference: number; readonly flags: string; readonly service: string; readonly replacement: string }[]>;
  srv(name: string): Promise<readonly { readonly priority: number; readonly weight: number; readonly port: number; readonly name: string }[]>;
  /** `ttl` in seconds, where it is known. */
  addresses(name: string): Promise<readonly { readonly address: string; readonly ttl: number | undefined }[]>;
}

export interface DnsResolverOptions {
  readonly records: DnsRecords;
  /** Transports that can be used, best first where DNS has no opinion. */
  kinds(): readonly TransportKind[];
  /** Monotonic ms. */
  now(): number;
  readonly random: RandomSource;
}

/** NAPTR services (RFC 3263 section 4.1; RFC 7118 has none for WebSocket towards servers that we use). */
const SERVICES: Readonly<Record<string, TransportKind>> = { "SIP+D2U": "udp", "SIP+D2T": "tcp", "SIPS+D2T": "tls" };
const SRV_PREFIX: Readonly<Partial<Record<TransportKind, string>>> = { udp: "_sip._udp.", tcp: "_sip._tcp.", tls: "_sips._tcp." };
/** Addresses tried for one host. */
const MOST = 8;
/** Node tells the lifetime of addresses, not of SRV and NAPTR; so nothing is believed for longer than this. */
const LONGEST_MS = 60_000;
const SHORTEST_MS = 1_000;
const MAX_CACHED = 1_000;

const defaultPort = (kind: TransportKind): number => (kind === "tls" || kind === "wss" ? 5061 : 5060);

/**
 * RFC 3263: numeric hosts at once; with a port addresses; with a transport SRV of it; with neither NAPTR, then SRV of every
 * transport; and addresses where there is nothing else. SRV targets come by priority, within it by weighted chance (RFC 2782),
 * drawn anew for each request. Answers are kept for the life of their addresses, at most a minute.
 */
export function dnsResolver(options: DnsResolverOptions): Resolver {
  const cache = new Map<string, { readonly until: number; readonly lists: Looked["lists"] }>();
  return (target) => {
    const bare = plainAddress(target.host);
    if (isNumeric(bare)) return [{ kind: target.kind, host: bare, port: target.port ?? defaultPort(target.kind) }];
    const key = `${bare.toLowerCase()} ${target.port ?? ""} ${target.kind} ${target.given === true} ${target.secure === true}`;
    const known = cache.get(key);
    if (known !== undefined && known.until > options.now()) return flat(known.lists, options.random);
    return look(options, bare, target).then(({ lists, ttlMs }) => {
      cache.delete(key);
      cache.set(key, { until: options.now() + ttlMs, lists });
      const oldest = cache.size > MAX_CACHED ? cache.keys().next() : undefined;
      if (oldest !== undefined && oldest.done !== true) cache.delete(oldest.value);
      return flat(lists, options.random);
    });
  };
}

/** Addresses of one SRV target. */
interface Weighted {
  readonly priority: number;
  readonly weight: number;
  readonly destinations: readonly Destination[];
}

interface Looked {
  /** In the order to try; within a list by priority and weight. */
  readonly lists: readonly (readonly Weighted[])[];
  readonly ttlMs: number;
}

async function look(options: DnsResolverOptions, host: string, target: ResolveTarget): Promise<Looked> {
  const { records } = options;
  let ttl = LONGEST_MS;
  const usable = options.kinds().filter((kind) => (target.secure === true ? kind === "tls" : kind === "udp" || kind === "tcp" || kind === "tls"));
  const at = async (name: string, port: number, kind: TransportKind): Promise<Destination[]> => {
    const found = await records.addresses(name).catch(() => []);
    for (const each of found) ttl = Math.min(ttl, each.ttl === undefined ? LONGEST_MS / 2 : each.ttl * 1000);
    return found.map(({ address }) => ({ kind, host: address, port, name: host }));
  };
  const viaSrv = async (name: string, kind: TransportKind): Promise<Weighted[]> => {
    const found = await records.srv(name).catch(() => []);
    const targets = await Promise.all(found.slice(0, 4 * MOST).map(async ({ priority, weight, port, name: to }) => ({ priority, weight, destinations: to === "" || to === "." ? [] : await at(to, port, kind) })));
    return targets.filter((each) => each.destinations.length > 0);
  };
  const done = (lists: readonly (readonly Weighted[])[]): Looked => ({ lists, ttlMs: Math.max(SHORTEST_MS, ttl) });

  if (target.port === undefined && host !== "localhost") {
    const lists: Weighted[][] = [];
    if (target.given !== true) {
      const naptr = (await records.naptr(host).catch(() => [])).filter(({ flags, service }) => flags.toLowerCase() === "s" && usable.includes(SERVICES[service.toUpperCase()] as TransportKind));
      const sorted = [...naptr].sort((a, b) => a.order - b.order || a.preference - b.preference);
      for (const { service, replacement } of sorted) lists.push(await viaSrv(replacement, SERVICES[service.toUpperCase()] as TransportKind));
    }
    if (lists.every((list) => list.length === 0)) {
      for (const kind of target.given === true ? [target.kind] : usable) {
        const prefix = SRV_PREFIX[kind];
        if (prefix !== undefined) lists.push(await viaSrv(prefix + host, kind));
      }
    }
    if (lists.some((list) => list.length > 0)) return done(lists);
  }
  const destinations = await at(host, target.port ?? defaultPort(target.kind), target.kind);
  if (destinations.length > 0) return done([[{ priority: 0, weight: 0, destinations }]]);
  throw new SipError("SIP_UNRESOLVED", `host ${host} has no address`, { host });
}

function flat(lists: readonly (readonly Weighted[])[], random: RandomSource): Destination[] {
  const out: Destination[] = [];
  for (const list of lists) for (const { destinations } of inOrder(list, random)) out.push(...destinations);
  return out.slice(0, MOST);
}

/** RFC 2782: by priority; within one by chance in proportion to the weight, those of weight 0 hardly ever first. */
function inOrder(list: readonly Weighted[], random: RandomSource): Weighted[] {
  const left = [...list].sort((a, b) => a.priority - b.priority || a.weight - b.weight);
  const out: Weighted[] = [];
  while (left.length > 0) {
    const { priority } = left[0] as Weighted;
    const group = left.filter((each) => each.priority === priority);
    const sum = group.reduce((total, each) => total + each.weight, 0);
    let mark = random.number() * sum;
    const drawn = group.find((each) => (mark -= each.weight) < 0) ?? (group[0] as Weighted);
    out.push(drawn);
    left.splice(left.indexOf(drawn), 1);
  }
  return out;
}

/** Node's resolver; `servers` (`127.0.0.1`, `[::1]:5353`) instead of the system's. Names of the hosts file are found too. */
export function nodeRecords(servers?: readonly string[]): DnsRecords {
  const resolver = new dns.Resolver({ timeout: 2_000, tries: 2 });
  if (servers !== undefined && servers.length > 0) resolver.setServers([...servers]);
  return {
    naptr: (name) => resolver.resolveNaptr(name),
    srv: (name) => resolver.resolveSrv(name),
    async addresses(name) {
      const [four, six] = await Promise.all([resolver.resolve4(name, { ttl: true }).catch(() => []), resolver.resolve6(name, { ttl: true }).catch(() => [])]);
      const found = [...four, ...six].map(({ address, ttl }) => ({ address, ttl }));
      if (found.length > 0 || servers !== undefined) return found;
      return (await dns.lookup(name, { all: true, verbatim: true })).map(({ address }) => ({ address, ttl: undefined }));
    },
  };
}
