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
  /** Calls back after so many ms. */
  later(ms: number, run: () => void): { cancel(): void };
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
/** RFC 8767 section 5: how long a caller waits for DNS where an answer that has run out is at hand, and how long such answers are kept. */
const PATIENCE_MS = 1_800;
const STALE_MS = 86_400_000;
/** How long the old answer then serves at once. */
const RECHECK_MS = 10_000;
/** Answers that say that there is no such record. Any other failure says nothing of the records. */
const NO_RECORDS: ReadonlySet<unknown> = new Set([undefined, "ENOTFOUND", "ENODATA"]);

const defaultPort = (kind: TransportKind): number => (kind === "tls" || kind === "wss" ? 5061 : 5060);

/**
 * RFC 3263: numeric hosts at once; with a port addresses; with a transport SRV of it; with neither NAPTR, then SRV of every
 * transport; and addresses where there is nothing else. SRV targets come by priority, within it by weighted chance (RFC 2782),
 * drawn anew for each request. Answers are kept for the life of their addresses, at most a minute; where DNS then does not answer,
 * or not in time, the last answer serves for up to a day (RFC 8767), and calls go on. Who asks for the same meanwhile waits for the same answer.
 */
export function dnsResolver(options: DnsResolverOptions): Resolver {
  const cache = new Map<string, { readonly until: number; readonly staleUntil: number; readonly lists: Looked["lists"] }>();
  const asked = new Map<string, Promise<Looked["lists"]>>();
  return (target) => {
    const bare = plainAddress(target.host);
    if (isNumeric(bare)) return [{ kind: target.kind, host: bare, port: target.port ?? defaultPort(target.kind) }];
    const key = `${bare.toLowerCase()} ${target.port ?? ""} ${target.kind} ${target.given === true} ${target.secure === true}`;
    const known = cache.get(key);
    if (known !== undefined && known.until > options.now()) return flat(known.lists, options.random);
    const stale = known !== undefined && known.staleUntil > options.now() ? known : undefined;
    const answer = asked.get(key) ?? fresh(key, bare, target, stale);
    if (stale === undefined) return answer.then((lists) => flat(lists, options.random));
    // Those who come next need not wait as well.
    const tired = (): void => void (cache.get(key) === stale && cache.set(key, { ...stale, until: options.now() + RECHECK_MS }));
    return patient(options, answer, stale.lists, tired).then((lists) => flat(lists, options.random));
  };

  function fresh(key: string, host: string, target: ResolveTarget, stale: { readonly staleUntil: number; readonly lists: Looked["lists"] } | undefined): Promise<Looked["lists"]> {
    const answer = look(options, host, target)
      .catch((error: unknown): Looked => {
        if (stale === undefined) throw error;
        return { lists: [], ttlMs: SHORTEST_MS, broken: true };
      })
      .then(({ lists, ttlMs, broken }) => {
        const now = options.now();
        // What DNS could not be asked for is not gone.
        const kept = broken && stale !== undefined;
        const found = kept ? stale.lists : lists;
        cache.delete(key);
        cache.set(key, { until: now + (kept ? RECHECK_MS : ttlMs), staleUntil: kept ? stale.staleUntil : now + STALE_MS, lists: found });
        const oldest = cache.size > MAX_CACHED ? cache.keys().next() : undefined;
        if (oldest !== undefined && oldest.done !== true) cache.delete(oldest.value);
        return found;
      })
      .finally(() => asked.delete(key));
    asked.set(key, answer);
    return answer;
  }
}

/** The new answer where it comes soon, else the old one; the new one then serves the next. */
function patient(options: DnsResolverOptions, answer: Promise<Looked["lists"]>, old: Looked["lists"], tired: () => void): Promise<Looked["lists"]> {
  return new Promise((resolve) => {
    const timer = options.later(PATIENCE_MS, () => {
      tired();
      resolve(old);
    });
    const settle = (lists: Looked["lists"]): void => {
      timer.cancel();
      resolve(lists);
    };
    answer.then(settle, () => settle(old));
  });
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
  /** Something asked for was not answered: there may be more, or other, records. */
  readonly broken: boolean;
}

async function look(options: DnsResolverOptions, host: string, target: ResolveTarget): Promise<Looked> {
  const { records } = options;
  let ttl = LONGEST_MS;
  let broken = false;
  const none = (error: unknown): never[] => {
    if (!NO_RECORDS.has((error as NodeJS.ErrnoException | undefined)?.code)) broken = true;
    return [];
  };
  const usable = options.kinds().filter((kind) => (target.secure === true ? kind === "tls" : kind === "udp" || kind === "tcp" || kind === "tls"));
  const at = async (name: string, port: number, kind: TransportKind): Promise<Destination[]> => {
    const found = await records.addresses(name).catch(none);
    for (const each of found) ttl = Math.min(ttl, each.ttl === undefined ? LONGEST_MS / 2 : each.ttl * 1000);
    return found.map(({ address }) => ({ kind, host: address, port, name: host }));
  };
  const viaSrv = async (name: string, kind: TransportKind): Promise<Weighted[]> => {
    const found = await records.srv(name).catch(none);
    const targets = await Promise.all(found.slice(0, 4 * MOST).map(async ({ priority, weight, port, name: to }) => ({ priority, weight, destinations: to === "" || to === "." ? [] : await at(to, port, kind) })));
    return targets.filter((each) => each.destinations.length > 0);
  };
  const done = (lists: readonly (readonly Weighted[])[]): Looked => ({ lists, ttlMs: broken ? SHORTEST_MS : Math.max(SHORTEST_MS, ttl), broken });

  if (target.port === undefined && host !== "localhost") {
    const lists: Weighted[][] = [];
    if (target.given !== true) {
      const naptr = (await records.naptr(host).catch(none)).filter(({ flags, service }) => flags.toLowerCase() === "s" && usable.includes(SERVICES[service.toUpperCase()] as TransportKind));
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
  // That a known host has lost all its addresses is hard to tell from a server that does not know; the former ones do no harm.
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
  // The system's own look-up occupies a thread that files and the database need as well, for as long as DNS is silent: one at a time.
  let last: Promise<unknown> = Promise.resolve();
  const bySystem = (name: string): Promise<readonly { readonly address: string }[]> => {
    const found = last.then(() => dns.lookup(name, { all: true, verbatim: true }));
    last = found.catch(() => undefined);
    return found;
  };
  return {
    naptr: (name) => resolver.resolveNaptr(name),
    srv: (name) => resolver.resolveSrv(name),
    async addresses(name) {
      let failure: unknown;
      const none = (error: unknown): never[] => {
        if (!NO_RECORDS.has((error as NodeJS.ErrnoException).code)) failure = error;
        return [];
      };
      const [four, six] = await Promise.all([resolver.resolve4(name, { ttl: true }).catch(none), resolver.resolve6(name, { ttl: true }).catch(none)]);
      const found = [...four, ...six].map(({ address, ttl }) => ({ address, ttl }));
      if (found.length > 0) return found;
      if (servers !== undefined) {
        if (failure !== undefined) throw failure;
        return found;
      }
      return (await bySystem(name)).map(({ address }) => ({ address, ttl: undefined }));
    },
  };
}
