import { Networks } from "@hotlinejs/core";
import type { Clock, Logger } from "@hotlinejs/core";
import type { SipConfig } from "../config.js";
import type { SipEdgeCounters } from "../contract.js";
import type { MessageSource, Refusal, SipRequest } from "../stack/index.js";
import type { BanList } from "./ban-list.js";
import { Suspects } from "./suspects.js";
import { TokenBuckets } from "./token-buckets.js";

/** How programs that look for accounts and for calls at others' cost name themselves, when they do not care to hide it. */
const SCANNERS = /friendly-scanner|sipvicious|sipcli|sip-scan|sipscan|siparmyknife|sundayddr|iwar\b|vaxsipuseragent|pplsip|smap\b|sipsak|scan(?:ner)?\b.*\bsip|gulp\b|sip call flood|friendly-request/i;

/** Purposes of a request for access rules. */
type Purpose = "register" | "call" | "other";

interface Rule {
  readonly transports: ReadonlySet<string> | undefined;
  readonly purposes: ReadonlySet<Purpose> | undefined;
  readonly allow: Networks;
  readonly deny: Networks;
}

interface Seen {
  /** When counting began. */
  since: number;
  readonly names: Set<string>;
}

export interface EdgeGuardDeps {
  readonly config: SipConfig["edge"];
  readonly clock: Clock;
  readonly log: Logger;
  readonly bans: BanList;
  /** Addresses that are never banned nor slowed down: configured trunks. */
  isTrunk(address: string): boolean;
  /** Addresses that stand for many: trusted proxies in front of the web server. Never banned. */
  isProxy(address: string): boolean;
  /** Addresses of phones that are registered now: never banned, since anybody can forge a source over UDP. */
  isRegistered(address: string): boolean;
  /** Whether a request answers a challenge that was sent to this address: its sender sees what is sent there. */
  answersChallenge(request: SipRequest, address: string): boolean;
  /** An address is slowed down from now on; not told of each where they are very many. */
  suspected?(address: string, reason: string): void;
  /** Something is not served, for the audit. Told of each: must be fast. */
  turnedAway?(reason: "access" | "rate" | "account-rate" | "connections", address: string, account?: string): void;
}

/** What a suspect may still send without having answered a challenge: enough for a phone to be challenged. */
const SUSPECT_RATE = { perSecond: 5, burst: 20 };
/** Of suspects told in log and audit: a flood of forged sources must fill neither. */
const TELL_RATE = { perSecond: 0.2, burst: 20 };

/** What this guard counts; the rest is the stack's and the gate's. */
export type GuardCounters = Omit<SipEdgeCounters, "toll" | "overloads" | "strangers" | "unread" | "silent" | "shed" | "forgotten">;

const MAX_SOURCES = 10_000;

/**
 * Stands before the user agent: who may knock at all, how often, and who has knocked in a way that only
 * scanners do. It counts what it turned away.
 */
export class EdgeGuard {
  readonly #deps: EdgeGuardDeps;
  readonly #rules: readonly Rule[];
  readonly #exempt: Networks;
  readonly #sources: TokenBuckets;
  readonly #accounts: TokenBuckets;
  readonly #unknown = new Map<string, Seen>();
  readonly suspects: Suspects;
  readonly #suspectRate: TokenBuckets;
  readonly #telling: TokenBuckets;
  readonly counters: { -readonly [K in keyof GuardCounters]: number } = { banned: 0, denied: 0, limited: 0, scanners: 0, unknownAccounts: 0, bans: 0, suspects: 0 };

  constructor(deps: EdgeGuardDeps) {
    this.#deps = deps;
    const { config, clock } = deps;
    this.#rules = config.access.map((rule) => ({
      transports: rule.transports === undefined ? undefined : new Set<string>(rule.transports),
      purposes: rule.purposes === undefined ? undefined : new Set<Purpose>(rule.purposes),
      allow: new Networks(rule.allow),
      deny: new Networks(rule.deny),
    }));
    this.#exempt = new Networks(config.neverBan);
    this.suspects = new Suspects(clock);
    this.#suspectRate = new TokenBuckets(SUSPECT_RATE, () => clock.monotonic());
    this.#telling = new TokenBuckets(TELL_RATE, () => clock.monotonic());
    this.#sources = new TokenBuckets(config.perSource, () => clock.monotonic());
    this.#accounts = new TokenBuckets(config.perAccount, () => clock.monotonic());
  }

  /** Asked for each message and connection before anything is read: whether this address is banned. */
  blocked(address: string): boolean {
    if (!this.#deps.bans.has(address)) return false;
    this.counters.banned++;
    return true;
  }

  /** Asked for each connection: whether one more of this address is taken, which has `open` of this kind, `silent` of them without a message yet. */
  mayConnect(address: string, open: number, silent = 0): boolean {
    const { config, isTrunk, isProxy } = this.#deps;
    if ((open < config.perSource.connections && silent < config.perSource.silent) || this.#exempt.has(address) || isTrunk(address) || isProxy(address)) return true;
    this.counters.limited++;
    this.#deps.turnedAway?.("connections", address);
    return false;
  }

  /** A connection of this address was closed before anybody was asked: there were too many of all addresses. */
  crowded(address: string): void {
    this.counters.limited++;
    this.#deps.turnedAway?.("connections", address);
  }

  /** Asked for each new request outside of a dialog. */
  check(request: SipRequest, source: MessageSource): "drop" | Refusal | undefined {
    const { address, kind } = source;
    if (this.#rules.length > 0 && !this.#allowed(address, kind, purposeOf(request.method))) {
      this.counters.denied++;
      this.#deps.turnedAway?.("access", address);
      return "drop";
    }
    if (this.#deps.isTrunk(address)) return undefined;
    const agent = request.headers.get("user-agent");
    if (this.#deps.config.fingerprints && agent !== undefined && SCANNERS.test(agent)) {
      this.counters.scanners++;
      this.#ban(address, "scanner", this.#proven(request, source));
      return "drop";
    }
    const slowed = kind === "udp" && this.suspects.has(address) && !this.#deps.isRegistered(address) && !this.#deps.answersChallenge(request, address);
    if ((slowed && !this.#suspectRate.take(address)) || !this.#sources.take(address)) {
      this.counters.limited++;
      this.#deps.turnedAway?.("rate", address);
      return "drop";
    }
    return undefined;
  }

  /** Whether this account may send one more request now, from this address. */
  accountMay(account: string, address: string): boolean {
    if (this.#accounts.take(account)) return true;
    this.counters.limited++;
    this.#deps.turnedAway?.("account-rate", address, account);
    return false;
  }

  /** Somebody at this address claims an account that there is not. Some are typing errors, many are a scan. */
  unknownAccount(request: SipRequest, source: MessageSource, account: string): void {
    const { address } = source;
    if (this.#deps.isTrunk(address)) return;
    const proven = this.#proven(request, source);
    // What is forged must not bring those nearer to a ban who have proved where they are.
    const key = proven ? address : `? ${address}`;
    this.counters.unknownAccounts++;
    const { unknownAccounts, banSeconds } = this.#deps.config;
    const now = this.#deps.clock.monotonic();
    let seen = this.#unknown.get(key);
    if (seen === undefined || now - seen.since > banSeconds * 1000) {
      seen = { since: now, names: new Set() };
      this.#unknown.delete(key);
      this.#unknown.set(key, seen);
      const oldest = this.#unknown.size > MAX_SOURCES ? this.#unknown.keys().next() : undefined;
      if (oldest !== undefined && oldest.done !== true) this.#unknown.delete(oldest.value);
    }
    seen.names.add(account.slice(0, 64));
    if (seen.names.size < unknownAccounts) return;
    this.#unknown.delete(key);
    this.#ban(address, "unknown-accounts", proven);
  }

  /** Guessing of passwords went on until the source had to wait. Only answers to challenges count as guesses, so it is there. */
  guessing(address: string): void {
    this.#ban(address, "passwords", true);
  }

  /** Whether the sender is where it says: over a connection, or since it has read what was sent there. */
  #proven(request: SipRequest, { kind, address }: MessageSource): boolean {
    return kind !== "udp" || this.#deps.answersChallenge(request, address);
  }

  #allowed(address: string, transport: string, purpose: Purpose): boolean {
    for (const rule of this.#rules) {
      if (rule.transports?.has(transport) === false || rule.purposes?.has(purpose) === false) continue;
      if (rule.deny.has(address) || (!rule.allow.empty && !rule.allow.has(address))) return false;
    }
    return true;
  }

  #ban(address: string, reason: string, proven: boolean): void {
    const { config, bans, log, isTrunk, isProxy, isRegistered } = this.#deps;
    if (config.banSeconds === 0 || this.#exempt.has(address) || isTrunk(address) || isProxy(address) || isRegistered(address) || bans.has(address)) return;
    if (!proven) {
      if (!this.suspects.add(address, reason, config.banSeconds)) return;
      this.counters.suspects++;
      if (!this.#telling.take("")) return;
      log.warn({ source: address, reason, seconds: config.banSeconds }, "a source of SIP over UDP behaves like a scanner and is slowed down; it may be forged, so it is not banned");
      this.#deps.suspected?.(address, reason);
      return;
    }
    this.suspects.lift(address);
    this.counters.bans++;
    bans.ban(address, reason, config.banSeconds, "plugin:sip").then(
      () => log.warn({ source: address, reason, seconds: config.banSeconds }, "a source of SIP was banned"),
      (error: unknown) => log.error({ err: error, source: address }, "a ban could not be stored; it holds until the hotline stops"),
    );
  }
}

function purposeOf(method: string): Purpose {
  return method === "REGISTER" ? "register" : method === "INVITE" ? "call" : "other";
}
